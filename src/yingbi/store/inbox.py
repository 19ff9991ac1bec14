"""Where doors leave their deliveries until the owner takes them in.

    inbox/<30 hex>.yd           a delivery: its name is the acknowledgement on the door's side
    inbox/<30 hex>.part         one that is being written
    inbox/refused/<30 hex>.yd   what the owner's vault did not take, kept for him to look at
    inbox/lock                  held by the one process that takes in

A file here is a claim by anybody who can write to the folder.

Clause: 6.2.3-2; 6.2.4-1.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import UUID

from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.envelope.delivery import MAX_DELIVERY_BYTES, first_slip
from yingbi.errors import ReadWriteError, SealBrokenError

_READY, _UNFINISHED = ".yd", ".part"
_NAME = re.compile(r"[0-9a-f]{30}\.yd")
_UNFINISHED_NAME = re.compile(r"[0-9a-f]{30}\.part")


class Outgoing:
    """A delivery that is being left: nobody finds it before `finish`, and then all of it."""

    def __init__(self, root: Path, disk: Disk) -> None:
        name = secrets.token_hex(15)
        self._disk = disk
        self._temporary, self._final = root / (name + _UNFINISHED), root / (name + _READY)
        self._file = disk.create(self._temporary)

    def finish(self, content: bytes, day: date) -> None:
        """Put the delivery on the disk under its name, dated to the UTC day."""
        self._file.write(content)
        self._file.sync(datetime.combine(day, time(), UTC))
        self._disk.rename(self._temporary, self._final)
        self._disk.sync_folder(self._final.parent)

    def discard(self) -> bool:
        """Remove it where it has no name yet; return whether that is so.

        Once it has its name another process may have taken it in already.
        """
        self._file.close()
        if not self._temporary.exists():
            return False
        self._disk.unlink(self._temporary)
        return True


class Inbox:
    """The folder `inbox` of a vault."""

    def __init__(self, root: Path, crossing: Crossing = no_crossing) -> None:
        self._root, self._disk = root, Disk("inbox", crossing)

    def begin(self) -> Outgoing:
        """Return a new delivery to be filled; raises ReadWriteError."""
        if not self._root.is_dir():
            self._disk.make_folder(self._root)
            self._disk.sync_folder(self._root.parent)
        return Outgoing(self._root, self._disk)

    def waiting(self) -> list[str]:
        """Return the names of the deliveries that wait, in a stable order."""
        return self._named(self._root)

    def refused(self) -> list[str]:
        """Return the names of the deliveries that were refused."""
        return self._named(self._refused)

    def read(self, name: str, *, refused: bool = False) -> bytes:
        """Return the bytes of a delivery that waits, or of one that was refused.

        Raises: SealBrokenError on what is no file or too long; ReadWriteError.
        """
        return self._read((self._refused if refused else self._root) / name)

    def remove(self, name: str) -> None:
        """Unlink a delivery that was taken in, and put that on the disk."""
        self._disk.unlink(self._root / name)
        self._disk.sync_folder(self._root)

    def refuse(self, name: str) -> None:
        """Move a delivery aside; its bodies stay where they are."""
        if not self._refused.is_dir():
            self._disk.make_folder(self._refused)
        self._disk.rename(self._root / name, self._refused / name)
        self._disk.sync_folder(self._refused)
        self._disk.sync_folder(self._root)

    def claimed(self) -> set[str]:
        """Return the bodies that any delivery here names, waiting or refused.

        What is no delivery claims nothing. Raises: ReadWriteError.
        """
        found: set[str] = set()
        for folder in (self._root, self._refused):
            for name in self._named(folder):
                try:
                    found |= set(first_slip(self._read(folder / name)).bodies)
                except SealBrokenError:
                    continue
        return found

    def waits_for(self, box_id: UUID) -> set[int]:
        """Return the epochs of what waits for a box; raises as `claimed` does."""
        found: set[int] = set()
        for name in self.waiting():
            try:
                slip = first_slip(self.read(name))
            except SealBrokenError:
                continue
            if slip.box_id == box_id:
                found.add(slip.epoch)
        return found

    def remove_unfinished(self) -> None:
        """Unlink what doors began and never finished; the caller holds the vault alone."""
        for name in self._entries(self._root):
            if _UNFINISHED_NAME.fullmatch(name):
                self._disk.unlink(self._root / name)

    @property
    def _refused(self) -> Path:
        return self._root / "refused"

    def _named(self, folder: Path) -> list[str]:
        return sorted(name for name in self._entries(folder) if _NAME.fullmatch(name))

    def _entries(self, folder: Path) -> list[str]:
        with _failing(folder):
            try:
                return [entry.name for entry in folder.iterdir()]
            except (FileNotFoundError, NotADirectoryError):
                return []

    def _read(self, path: Path) -> bytes:
        with _failing(path):
            if path.is_symlink() or not path.is_file():
                raise SealBrokenError(what="a delivery", reason="it is no file")
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                content = file.read(MAX_DELIVERY_BYTES + 1)
        if len(content) > MAX_DELIVERY_BYTES:
            raise SealBrokenError(what="a delivery", reason="it is longer than one may be")
        return content


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or str(error)) from None
