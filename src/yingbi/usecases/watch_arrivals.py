"""What lies in a watched folder, and whether it is at rest.

The folder is looked through again and again, which every system can do. Until its turn
comes nothing is asked of a file but its size and when it was last written to.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from yingbi.capture.inputs import ENDINGS
from yingbi.errors import EmptyInputError, UnreadableInputError, YingbiError
from yingbi.media.containers import HEAD as FILM_HEAD
from yingbi.media.containers import looks_like_film
from yingbi.media.source_file import open_source
from yingbi.media.still_kind import HEAD as STILL_HEAD
from yingbi.media.still_kind import still_kind

UNFINISHED = (
    *(".part", ".partial", ".filepart", ".crdownload", ".download", ".opdownload"),
    *(".tmp", ".temp", "~"),
)
"""How names end that programs give to what they are still writing."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when somebody writes to a file: its size in bytes and the time of writing."""

    size: int
    written_ns: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A plain file in the folder, and its place below it."""

    path: Path
    place: Path
    stamp: Stamp


def arrivals(folder: Path, unread: Callable[[Path, OSError], None]) -> list[Arrival]:
    """Return the plain files below the folder, in a stable order.

    Links are not followed. What is hidden, or named as unfinished, is left out until it
    is renamed. unread: is told of a folder below it that cannot be read.

    Raises: UnreadableInputError where the folder itself cannot be read.
    """
    found: list[Arrival] = []
    waiting = [(folder, Path())]
    while waiting:
        here, place = waiting.pop()
        try:
            with os.scandir(here) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if here == folder:
                raise UnreadableInputError(path=folder, reason=error.strerror) from error
            unread(here, error)
            continue
        for entry in inside:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append((here / entry.name, place / entry.name))
            elif not entry.name.lower().endswith(UNFINISHED):
                found += _plain(entry, place)
    return found


def _plain(entry: os.DirEntry[str], place: Path) -> Iterator[Arrival]:
    with suppress(OSError):  # gone meanwhile
        stamp = _stamp(entry.stat(follow_symlinks=False))
        if stamp is not None:
            yield Arrival(Path(entry.path), place / entry.name, stamp)


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a plain file; None for a link, for what is no file, or gone."""
    with suppress(OSError):
        return _stamp(path.lstat())
    return None


def _stamp(found: os.stat_result) -> Stamp | None:
    return Stamp(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


class Rest:
    """How long each file has not been written to."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._since: dict[Path, tuple[Stamp, float]] = {}

    def of(self, found: Sequence[Arrival], now: float) -> list[Arrival]:
        """Return those whose stamps stayed the same for long enough.

        now: in seconds, of a clock that is never set. What is not among them is forgotten.
        """
        before, self._since = self._since, {}
        for one in found:
            stamp, since = before.get(one.place, (None, now))
            self._since[one.place] = one.stamp, since if stamp == one.stamp else now
        return [one for one in found if now - self._since[one.place][1] >= self._settle_s]


def looks_like_media(path: Path) -> bool:
    """Return whether a file is meant as a film or picture, by its name or its first bytes.

    One that cannot be read is: so it is told of, and not forgotten.
    """
    if path.suffix.lower() in ENDINGS:
        return True
    try:
        with open_source(path) as file:
            head = file.read(max(STILL_HEAD, FILM_HEAD))
    except EmptyInputError:
        return False
    except (YingbiError, OSError):
        return True
    return still_kind(head[:STILL_HEAD]) is not None or looks_like_film(head)


def being_written(path: Path, processes: Path = Path("/proc")) -> bool:
    """Return whether a process has the file open for writing, as far as the system tells.

    Linux tells a user of his own processes, and root of all. Where nobody tells, the answer is no.
    """
    place = path.resolve()
    for open_file in _open_files(processes):
        with suppress(OSError, ValueError, StopIteration):  # it ended while it was looked at
            if open_file.readlink() == place and _writes(open_file):
                return True
    return False


def _open_files(processes: Path) -> Iterator[Path]:
    for process in _entries(processes):
        if process.name.isdecimal():
            yield from _entries(process / "fd")


def _entries(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []


def _writes(open_file: Path) -> bool:
    told = open_file.parent.with_name("fdinfo") / open_file.name
    lines = told.read_text("ascii").splitlines()
    flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
    return bool(int(flags, 8) & (os.O_WRONLY | os.O_RDWR))
