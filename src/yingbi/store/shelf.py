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
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from io import BufferedReader
from pathlib import Path

from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.errors import ReadWriteError, SealBrokenError

_BODY, _UNFINISHED, _MARK = ".yb", ".part", ".open"
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.(yb|part)")


class Body:
    """A body that is being written; nobody sees it before `finish`."""

    def __init__(self, disk: Disk, folder: Path, day: date) -> None:
        name = secrets.token_hex(15)
        self.name = f"{folder.name}/{name}{_BODY}"
        self.size = 0
        self._disk, self._day = disk, day
        self._temporary = folder / (name + _UNFINISHED)
        self._final = folder / (name + _BODY)
        disk.make_folder(folder)
        self._file = disk.create(self._temporary)

    def write(self, content: bytes | bytearray | memoryview) -> None:
        """Add bytes at the end; raises ReadWriteError."""
        self.size += self._file.write(content)

    def finish(self) -> None:
        """Put the body on the disk under its name; raises ReadWriteError."""
        moment = datetime.combine(self._day, time(), UTC)
        self._file.sync(moment)
        self._disk.rename(self._temporary, self._final)
        folder = self._final.parent
        with _failing(folder):
            os.utime(folder, (moment.timestamp(), moment.timestamp()))
        self._disk.sync_folder(folder)
        self._disk.sync_folder(folder.parent)  # the folder may be new as well

    def close(self) -> None:
        """Let go of the file; what is unfinished stays unfinished."""
        self._file.close()

    def discard(self) -> None:
        """Remove whatever of it is there; raises ReadWriteError."""
        self._file.close()
        self._disk.unlink(self._temporary)
        self._disk.unlink(self._final)


class ObjectShelf:
    """The folder `objects` of a vault."""

    def __init__(self, root: Path, crossing: Crossing = no_crossing) -> None:
        self._root = root
        self._disk, self._marks = Disk("shelf", crossing), Disk("mark", crossing)

    def begin(self, day: date) -> Body:
        """Return a new body, dated to the UTC day; raises ReadWriteError."""
        return Body(self._disk, self._root / secrets.token_hex(1), day)

    def open(self, name: str) -> BufferedReader:
        """Return a body for reading at any offset.

        Raises: SealBrokenError where its bytes are gone, or what lies there is no file;
            ReadWriteError.
        """
        path = self._path(name)
        with _failing(path):
            try:
                # A pipe that was put in its place would keep who opens it waiting for ever.
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                raise SealBrokenError(what="an object", reason="its bytes are missing") from None
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise SealBrokenError(what="an object", reason="it is no file")
            return os.fdopen(descriptor, "rb")

    def remove(self, names: Iterable[str]) -> None:
        """Unlink bodies, those already gone as well, and put that on the disk."""
        folders = set()
        for name in names:
            path = self._path(name)
            self._disk.unlink(path)
            folders.add(path.parent)
        for folder in sorted(folders):
            if folder.is_dir():
                self._disk.sync_folder(folder)

    def names(self) -> Iterator[str]:
        """Return every file, finished or not, as `remove` takes it."""
        with _failing(self._root):
            for path in self._root.glob("??/*"):
                if _NAME.fullmatch(name := f"{path.parent.name}/{path.name}"):
                    yield name

    def mark(self) -> Path:
        """Leave a mark on the disk: a writer is at work; `clear` takes it away."""
        mark = self._root / (secrets.token_hex(8) + _MARK)
        self._marks.create(mark).close()
        self._marks.sync_folder(self._root)
        return mark

    def marks(self) -> list[Path]:
        """Return the marks of writers that never ended, or still run."""
        with _failing(self._root):
            return list(self._root.glob("*" + _MARK))

    def clear(self, marks: Iterable[Path]) -> None:
        """Remove marks."""
        for mark in marks:
            self._marks.unlink(mark)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SealBrokenError(what="the catalogue", reason="a file's name is not one of ours")
        return self._root / name


@contextlib.contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or str(error)) from None
