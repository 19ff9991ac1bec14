"""Which files a user means: named ones as they are, folders searched by content.

Clause: 6.2.1-1.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from yingbi.errors import NoSuchInputError, NothingToDoError, UnreadableInputError
from yingbi.media.containers import HEAD as FILM_HEAD
from yingbi.media.containers import looks_like_film
from yingbi.media.still_kind import ENDINGS as STILL_ENDINGS
from yingbi.media.still_kind import HEAD as STILL_HEAD
from yingbi.media.still_kind import still_kind

ENDINGS = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".ts", ".heic", ".heif"}
ENDINGS |= {".m2ts", ".mts", ".mpg", ".mpeg", ".vob", ".3gp"}
ENDINGS |= {ending for endings in STILL_ENDINGS.values() for ending in endings}


class Why(StrEnum):
    """Why a file of a folder is no input."""

    NOT_MEDIA = "not-media"
    HIDDEN = "hidden"
    LINK = "link"
    NOT_A_FILE = "not-a-file"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in a folder that nobody works on. A hidden folder counts once."""

    path: Path
    why: Why


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
            files = [one.path for one in _walk(path) if isinstance(one, Input)]
            if not files:
                raise NothingToDoError(path=path)
            found += [Input(file, file.relative_to(path)) for file in files]
        elif path.exists() or path.is_symlink():
            found.append(Input(path, Path(path.name)))
        else:
            raise NoSuchInputError(path=path)
    return found


def left_out(paths: Sequence[Path]) -> list[LeftOut]:
    """Return what lies in the folders among the paths and is no input, in a stable order."""
    folders = [path for path in paths if is_folder(path)]
    return [one for path in folders for one in _walk(path) if isinstance(one, LeftOut)]


def is_folder(path: Path) -> bool:
    """Return whether the path is a folder; raise UnreadableInputError where that stays unknown."""
    try:
        return path.is_dir()
    except OSError as error:  # a name too long, a folder above it that may not be searched
        raise UnreadableInputError(path=path, reason=error.strerror) from error


def _walk(folder: Path) -> Iterator[Input | LeftOut]:
    for root, folders, files in os.walk(folder):
        for name in sorted(folders):
            path = Path(root, name)
            if name.startswith(".") or path.is_symlink():
                yield LeftOut(path, Why.HIDDEN if name.startswith(".") else Why.LINK)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            why = _unwanted(path)
            yield Input(path, Path(name)) if why is None else LeftOut(path, why)


def _unwanted(path: Path) -> Why | None:
    """Return why a file found in a folder is no input, None where it is one."""
    if path.name.startswith("."):
        return Why.HIDDEN
    if path.is_symlink():
        return Why.LINK
    if not path.is_file():
        return Why.NOT_A_FILE
    return None if _wanted(path) else Why.NOT_MEDIA


def _wanted(path: Path) -> bool:
    if path.suffix.lower() in ENDINGS:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(max(STILL_HEAD, FILM_HEAD))
    except OSError:
        return True
    return still_kind(head[:STILL_HEAD]) is not None or looks_like_film(head)
