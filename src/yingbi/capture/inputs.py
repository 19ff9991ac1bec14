"""Which files a user means: named ones as they are, folders searched by content.

Clause: 6.2.1-1.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from yingbi.errors import NoSuchInputError, NothingToDoError, UnreadableInputError

ENDINGS = {".mp4", ".m4v", ".mov", ".jpg", ".jpeg", ".png", ".avi", ".mkv", ".webm", ".ts"}


@dataclass(frozen=True, slots=True)
class Input:
    """A file to work on, and its place below the folder that it was found in."""

    path: Path
    place: Path


def find_inputs(paths: Sequence[Path]) -> list[Input]:
    """Return every file meant by the paths, in a stable order.

    A folder is walked without following links, hidden files are left out, and what
    neither looks like a film or picture nor is named like one is passed over. What
    cannot be read stays in the list, so that it is reported and not forgotten.

    Raises: NoSuchInputError, NothingToDoError, UnreadableInputError.
    """
    found: list[Input] = []
    for path in paths:
        if is_folder(path):
            below = [Input(file, file.relative_to(path)) for file in _walk(path)]
            if not below:
                raise NothingToDoError(path=path)
            found += below
        elif path.exists() or path.is_symlink():
            found.append(Input(path, Path(path.name)))
        else:
            raise NoSuchInputError(path=path)
    return found


def is_folder(path: Path) -> bool:
    """Return whether the path is a folder; raise UnreadableInputError where that stays unknown."""
    try:
        return path.is_dir()
    except OSError as error:  # a name too long, a folder above it that may not be searched
        raise UnreadableInputError(path=path, reason=error.strerror) from error


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            regular = path.is_file() and not path.is_symlink()
            if regular and not name.startswith(".") and _wanted(path):
                yield path


def _wanted(path: Path) -> bool:
    if path.suffix.lower() in ENDINGS:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return True
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or head[4:8] == b"ftyp"
