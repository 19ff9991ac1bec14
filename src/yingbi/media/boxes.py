"""The outermost boxes of an MP4 or MOV file, walked before libav opens it.

libav plays what is left of a cut-off film and says nothing; the boxes' own sizes tell.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from yingbi.domain.messages import say
from yingbi.errors import CutOffError

FIRST_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"))
LARGE, TO_THE_END = 1, 0


def check_boxes(file: BinaryIO, path: Path) -> None:
    """Raise CutOffError unless every outermost box is whole and an index (moov) is there.

    The file is left at its start.
    """
    names = set(_boxes(file, path))
    file.seek(0)
    if b"moov" not in names:
        raise CutOffError(path=path, reason=say("its index is missing"))


def _boxes(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield the name of each outermost box."""
    end = file.seek(0, 2)
    place = 0
    while place < end:
        file.seek(place)
        head = file.read(16)
        size, name = int.from_bytes(head[:4]), head[4:8]
        if size == LARGE and len(head) == 16:
            size = int.from_bytes(head[8:])
        if size == TO_THE_END:
            if name.strip(b"\0"):
                yield name
            return  # zeros after the last box are padding that some cameras write
        if size < 8 or place + size > end:
            raise CutOffError(path=path, reason=say("it ends before its content does"))
        yield name
        place += size
