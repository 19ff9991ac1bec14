"""Find the file that was dropped on a page: a browser tells what it is, and not where it lies.

The page sends name, size and two digests; the file itself stays where it is. To send it
would make a second clear copy of a film on the disk.
"""

import hashlib
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from yingbi.usecases.places import usual_places

ENDS = 1 << 20
"""Bytes at each end of a file that its digests are of."""
DEEPEST = 6
MOST = 200_000
LONGEST_S = 20.0
ROUNDED_MS = 2000
"""Some disks keep times of writing to two seconds only."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a page knows of a file.

    name: without a folder. size: in bytes. modified_ms: when it was last written to, since 1970.
    first, last: SHA-256 of its first and of its last MiB, hexadecimal.
    """

    name: str
    size: int
    modified_ms: int
    first: str
    last: str


def find_dropped(dropped: Dropped, places: Sequence[Path] | None = None) -> Path | None:
    """Return where the file lies, None where it was not found in the places or below.

    Folders are searched to a depth of `DEEPEST`, `MOST` entries and `LONGEST_S` seconds in all;
    hidden ones and links are left out. Of several that are alike, the one that was written
    to at the same time comes first, then the one nearest to the top.
    """
    alike: Path | None = None
    for entry in _entries(usual_places() if places is None else places):
        try:
            if _named(entry.name, dropped.name) and _is_it(entry, dropped):
                written_ms = entry.stat(follow_symlinks=False).st_mtime_ns // 1_000_000
                if abs(written_ms - dropped.modified_ms) <= ROUNDED_MS:
                    return Path(entry.path)
                alike = alike or Path(entry.path)
        except OSError:  # it went, or may not be read: not this one
            continue
    return alike


def ends_of(path: Path) -> tuple[str, str]:
    """Return SHA-256 of a file's first and last MiB, hexadecimal, as a page reckons them."""
    with path.open("rb") as file:
        first = file.read(ENDS)
        file.seek(max(0, os.fstat(file.fileno()).st_size - ENDS))
        last = file.read(ENDS)
    return hashlib.sha256(first).hexdigest(), hashlib.sha256(last).hexdigest()


def _named(name: str, wanted: str) -> bool:
    """Return whether two names are one: systems write letters with marks in two ways."""
    return name == wanted or normalize("NFC", name) == normalize("NFC", wanted)


def _is_it(entry: os.DirEntry[str], dropped: Dropped) -> bool:
    if not entry.is_file(follow_symlinks=False):
        return False
    if entry.stat(follow_symlinks=False).st_size != dropped.size:
        return False
    return ends_of(Path(entry.path)) == (dropped.first, dropped.last)


def _entries(places: Sequence[Path]) -> Iterator[os.DirEntry[str]]:
    """Yield what lies in the places, those near their tops before those below; each folder once."""
    end, left, seen = time.monotonic() + LONGEST_S, MOST, set[tuple[int, int]]()
    for place in places:
        waiting = deque([(place, 0)])
        while waiting:
            folder, depth = waiting.popleft()
            for entry in _in(folder, seen):
                left -= 1
                if left < 0 or time.monotonic() > end:
                    return
                yield entry
                if depth < DEEPEST and _goes_on(entry):
                    waiting.append((Path(entry.path), depth + 1))


def _in(folder: Path, seen: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    try:
        status = folder.stat()
        identity = status.st_dev, status.st_ino
        if identity in seen:
            return []
        seen.add(identity)
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.name.startswith(".")]
    except OSError:
        return []


def _goes_on(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
