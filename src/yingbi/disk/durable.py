"""Writing so that a crash or a lost supply leaves the old state or the new one.

Every step that changes a vault's files outside its databases passes here, and
announces itself to the crossing first. What a method did is on the disk only
after the step that says so: a file's bytes after `sync`, a name after
`sync_folder`.

Clause: 6.2.3-2.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.errors import ReadWriteError


class NewFile:
    """A file that is being written; nobody finds it under its later name before `Disk.rename`."""

    def __init__(self, disk: "Disk", path: Path) -> None:
        self.path = path
        self._disk = disk
        with disk.step("create", path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._file = os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0)

    def write(self, content: bytes | bytearray | memoryview) -> int:
        """Add bytes at the end; return how many."""
        with self._disk.step("write", self.path):
            view = memoryview(content).cast("B")
            while view:
                view = view[self._file.write(view) :]
        return len(content)

    def sync(self, moment: datetime | None = None) -> None:
        """Put the bytes on the disk, dated to the moment, and let go of the file."""
        with self._disk.step("fsync", self.path):
            if moment is not None:
                os.utime(self._file.fileno(), (moment.timestamp(), moment.timestamp()))
            os.fsync(self._file.fileno())
            self._file.close()

    def close(self) -> None:
        """Let go of the file as it is."""
        self._file.close()


class Disk:
    """The steps on files of one area of a vault; all raise ReadWriteError where the disk fails.

    area: names the boundaries, such as "shelf".
    """

    def __init__(self, area: str, crossing: Crossing = no_crossing) -> None:
        self._area, self._crossing = area, crossing

    def create(self, path: Path) -> NewFile:
        """Begin a file, readable by its owner alone, that is not there yet."""
        return NewFile(self, path)

    def make_folder(self, path: Path) -> None:
        """Make a folder, closed to all but its owner, where it is not there yet."""
        with self.step("folder", path):
            path.mkdir(mode=0o700, exist_ok=True)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its name; another of that name is replaced in the same instant."""
        with self.step("rename", old, new):
            old.replace(new)

    def unlink(self, path: Path) -> None:
        """Remove a name; nothing happens where it is gone already."""
        with self.step("unlink", path):
            path.unlink(missing_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Put a folder's names on the disk."""
        with self.step("fsync folder", path):
            sync_folder(path)

    def write_new(self, path: Path, content: bytes) -> None:
        """Write a whole file that is not there yet, name and all, onto the disk."""
        file = self.create(path)
        try:
            file.write(content)
            file.sync()
        finally:
            file.close()
        self.sync_folder(path.parent)

    def replace(self, path: Path, content: bytes) -> None:
        """Replace a small file: after a crash it holds all of the old or all of the new."""
        temporary = path.with_name(f".{path.name}.new")
        self.unlink(temporary)
        file = self.create(temporary)
        try:
            file.write(content)
            file.sync()
        finally:
            file.close()
        self.rename(temporary, path)
        self.sync_folder(path.parent)

    def overwrite(self, path: Path, at: int, content: bytes) -> None:
        """Write over bytes of a file in place and put them on the disk."""
        with self.step("overwrite", path), path.open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), content, at)
            os.fsync(file.fileno())

    @contextmanager
    def step(self, name: str, *paths: Path) -> Iterator[None]:
        """Announce one step, and say of a failing disk what it touched."""
        self._crossing(f"{self._area}: {name}", *paths)
        try:
            yield
        except OSError as error:
            raise ReadWriteError(path=paths[0], reason=error.strerror or str(error)) from None


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
