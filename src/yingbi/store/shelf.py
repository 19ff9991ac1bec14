"""Where bodies lie: files under random names, whole on the disk or not there.

Nothing here knows what a body is. Times are set to the UTC day, names say
nothing, and a mark stands beside the bodies for as long as a writer is at work:
where none is left, the last writer ended well and nothing needs to be looked for.

Clause: 6.2.3-2.
"""

import contextlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import BinaryIO

from yingbi.db.database import Crossing, no_crossing
from yingbi.errors import ReadWriteError, SealBrokenError

_BODY, _UNFINISHED, _MARK = ".yb", ".part", ".open"
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.(yb|part)")


class Body:
    """A body that is being written; nobody sees it before `finish`."""

    def __init__(self, folder: Path, day: date, crossing: Crossing) -> None:
        name = secrets.token_hex(15)
        self.name = f"{folder.name}/{name}{_BODY}"
        self.size = 0
        self._day, self._crossing = day, crossing
        self._temporary = folder / (name + _UNFINISHED)
        self._final = folder / (name + _BODY)
        with _failing(self._temporary):
            folder.mkdir(mode=0o700, exist_ok=True)
            crossing("shelf: create")
            descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb", buffering=0)

    def write(self, content: bytes) -> None:
        """Add bytes at the end; raises ReadWriteError."""
        with _failing(self._temporary):
            self._crossing("shelf: write")
            view = memoryview(content)
            while view:
                view = view[self._file.write(view) :]
        self.size += len(content)

    def finish(self) -> None:
        """Put the body on the disk under its name; raises ReadWriteError."""
        moment = _midnight(self._day)
        with _failing(self._temporary):
            self._crossing("shelf: fsync")
            os.fsync(self._file.fileno())
            os.utime(self._file.fileno(), (moment, moment))
            self._file.close()
            self._crossing("shelf: rename")
            self._temporary.rename(self._final)
            self._crossing("shelf: fsync folder")
            os.utime(self._final.parent, (moment, moment))
            fsync_folder(self._final.parent)
            fsync_folder(self._final.parent.parent)  # the folder may be new as well

    def close(self) -> None:
        """Let go of the file; what is unfinished stays unfinished."""
        self._file.close()

    def discard(self) -> None:
        """Remove whatever of it is there; raises ReadWriteError."""
        with _failing(self._temporary):
            self._file.close()
            self._temporary.unlink(missing_ok=True)
            self._final.unlink(missing_ok=True)


class ObjectShelf:
    """The folder `objects` of a vault."""

    def __init__(self, root: Path, crossing: Crossing = no_crossing) -> None:
        self._root, self._crossing = root, crossing

    def begin(self, day: date) -> Body:
        """Return a new body, dated to the UTC day; raises ReadWriteError."""
        return Body(self._root / secrets.token_hex(1), day, self._crossing)

    def open(self, name: str) -> BinaryIO:
        """Return a body for reading at any offset.

        Raises: SealBrokenError where its bytes are gone; ReadWriteError.
        """
        path = self._path(name)
        with _failing(path):
            try:
                return path.open("rb")
            except FileNotFoundError:
                raise SealBrokenError(what="an object", reason="its bytes are missing") from None

    def remove(self, names: Iterable[str]) -> None:
        """Unlink bodies, those already gone as well, and put that on the disk."""
        folders = set()
        for name in names:
            path = self._path(name)
            with _failing(path):
                self._crossing("shelf: unlink")
                path.unlink(missing_ok=True)
                folders.add(path.parent)
        for folder in folders:
            with _failing(folder):
                self._crossing("shelf: fsync folder")
                if folder.is_dir():
                    fsync_folder(folder)

    def names(self) -> Iterator[str]:
        """Return every file, finished or not, as `remove` takes it."""
        with _failing(self._root):
            for path in self._root.glob("??/*"):
                if _NAME.fullmatch(name := f"{path.parent.name}/{path.name}"):
                    yield name

    def mark(self) -> Path:
        """Leave a mark on the disk: a writer is at work; `clear` takes it away."""
        mark = self._root / (secrets.token_hex(8) + _MARK)
        with _failing(mark):
            self._crossing("shelf: mark")
            mark.touch(mode=0o600)
            fsync_folder(self._root)
        return mark

    def marks(self) -> list[Path]:
        """Return the marks of writers that never ended, or still run."""
        with _failing(self._root):
            return list(self._root.glob("*" + _MARK))

    def clear(self, marks: Iterable[Path]) -> None:
        """Remove marks."""
        for mark in marks:
            with _failing(mark):
                self._crossing("shelf: unmark")
                mark.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SealBrokenError(what="the catalogue", reason="a file's name is not one of ours")
        return self._root / name


def fsync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _midnight(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


@contextlib.contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or str(error)) from None
