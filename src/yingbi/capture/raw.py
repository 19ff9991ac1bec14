"""The original, bit for bit, in slices that can be sealed; level 3 only.

Clause: A.3-2; A.3.c-1.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from yingbi.domain.part import RawFilm
from yingbi.envelope.room import read_up_to
from yingbi.errors import ReadWriteError, SourceChangedError

SLICE = 64 << 20


def fingerprint(path: Path) -> bytes:
    """Return the SHA-256 of the file, to know it again in a second pass."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror) from error


def made_again(content: bytes, media_type: str, labels: tuple[str, ...]) -> Iterator[RawFilm]:
    """Yield an original that was written again in memory, in slices of 64 MiB."""
    for start in range(0, len(content), SLICE):
        yield RawFilm(content[start : start + SLICE], media_type, labels)


def slices(
    path: Path, media_type: str, expected: bytes, labels: tuple[str, ...]
) -> Iterator[RawFilm]:
    """Yield the file in slices of 64 MiB.

    Raises: SourceChangedError after the last slice where the file is not the one
        that was fingerprinted; what was sealed of it must then be thrown away.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb", buffering=0) as file:
            while content := read_up_to(file, SLICE):
                digest.update(content)
                yield RawFilm(content, media_type, labels)
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror) from error
    if digest.digest() != expected:
        raise SourceChangedError(path=path)
