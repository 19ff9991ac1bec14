"""What is remembered of a watched folder, so that each file is done once, whatever happens.

    memory     one JSON a line: all that is known of one file; the last line of a file counts.
               Each line bears a digest of itself and all before it.
    lock       held by the one process that works with the folder

A line is on the disk before what it announces is done. One that was cut by a crash is not there.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from yingbi.disk.durable import sync_folder
from yingbi.domain.canonical_json import canonical
from yingbi.domain.watch_errors import WatchInUseError, WatchMemoryError
from yingbi.errors import CannotCreateError, ReadWriteError
from yingbi.usecases.watch_arrivals import Stamp

FIRST = hashlib.sha256(b"yingbi watch memory 1\n").hexdigest()
"""What stands in the place of a line before the first."""


class State(StrEnum):
    """How far a file has come."""

    BEGUN = "begun"
    LEAVING = "leaving"
    """Sealed, and perhaps at the vault's door already."""
    DONE = "done"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of one file.

    tries: how often work on it was begun since it last came to an end. output: its place
    below OUT; written: that file's SHA-256. object_id: in the vault. whole: whether the
    output holds all of the source.
    """

    state: State
    size: int
    written_ns: int
    sha256: str
    tries: int = 0
    output: str = ""
    written: str = ""
    object_id: str = ""
    whole: bool = True

    @property
    def stamp(self) -> Stamp:
        """The stamp that the file had."""
        return Stamp(self.size, self.written_ns)


class Memory:
    """All files of one folder by their places; whatever is noted is on the disk."""

    def __init__(self, file: FileIO, path: Path) -> None:
        """Read what lies there. file: open for writing, without a buffer: a full disk leaves none.

        Raises: WatchMemoryError, ReadWriteError.
        """
        self._file, self._path = file, path
        self._known: dict[str, Known] = {}
        self._last, self._end = FIRST, 0
        with self._failing(), path.open("rb") as written:
            self._read(written)

    def get(self, place: Path) -> Known | None:
        """Return what is known of a file, None where it was never begun."""
        return self._known.get(place.as_posix())

    def of(self, *states: State) -> dict[Path, Known]:
        """Return the files in one of these states."""
        return {Path(place): one for place, one in self._known.items() if one.state in states}

    def note(self, place: Path, known: Known) -> Known:
        """Remember it; on the disk when this returns. Raises: ReadWriteError; then nothing is."""
        body = {"place": place.as_posix()} | asdict(known)
        digest = _chained(self._last, body)
        line = canonical(body | {"chain": digest}) + b"\n"
        with self._failing():
            self._file.seek(self._end)
            self._file.truncate()  # of a line that a full disk or an interrupt cut
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        self._last, self._end = digest, self._end + len(line)
        self._known[place.as_posix()] = known
        return known

    def _read(self, written: BinaryIO) -> None:
        for number, content in enumerate(written, 1):
            body = self._line(content)
            if body is None:
                if written.read(1):
                    raise WatchMemoryError(path=self._path, line=number)
                return
            place = body.pop("place")
            self._known[place] = Known(**body | {"state": State(body["state"])})
            self._end += len(content)

    def _line(self, content: bytes) -> dict[str, Any] | None:
        """Return what a line says, None where it is not the whole one that was written."""
        try:
            body = json.loads(content)
            digest = body.pop("chain")
            if not content.endswith(b"\n") or digest != _chained(self._last, body):
                return None
        except (ValueError, KeyError, AttributeError, RecursionError):
            return None
        self._last = digest
        return dict(body)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ReadWriteError(path=self._path, reason=error.strerror) from error


def _chained(last: str, body: Mapping[str, Any]) -> str:
    return hashlib.sha256(last.encode() + canonical(dict(body))).hexdigest()


@contextmanager
def opened_memory(folder: Path) -> Iterator[Memory]:
    """Yield the memory that lies in the folder, for as long as the block lasts; made where there is none.

    Raises: WatchInUseError, WatchMemoryError, CannotCreateError, ReadWriteError.
    """
    with only_one(folder):
        path = folder / "memory"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o600)
        except OSError as error:
            raise CannotCreateError(path=path, reason=error.strerror) from error
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            synced(folder)
            yield Memory(file, path)


_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it is not there; the system lets go of it however we end.

    Raises: WatchInUseError where another process holds it; CannotCreateError.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | _PLAIN, 0o600)
    except OSError as error:
        raise CannotCreateError(path=folder, reason=error.strerror) from error
    with os.fdopen(descriptor, "r+b") as file:
        try:
            _hold(file)
        except OSError:
            raise WatchInUseError(path=folder) from None
        yield


if sys.platform == "win32":

    def _hold(file: BinaryIO) -> None:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _hold(file: BinaryIO) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def synced(folder: Path) -> None:
    """Put a folder's names on the disk, where the system can."""
    with suppress(OSError, AttributeError):
        sync_folder(folder)
