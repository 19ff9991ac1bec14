"""The elements of a Matroska or WebM file (RFC 8794, RFC 9559), walked before libav opens it."""

from pathlib import Path
from typing import BinaryIO

from yingbi.domain.messages import say
from yingbi.errors import CutOffError

SEGMENT, CLUSTER = 0x18538067, 0x1F43B675

LONGEST_HEAD = 12


def check_elements(file: BinaryIO, path: Path) -> None:
    """Raise CutOffError where an element ends behind the file's end, or there is no segment.

    A live recording states no sizes for its segment and clusters; its blocks do, and each
    must be whole.
    """
    end = file.seek(0, 2)
    place, segment = 0, False
    while place < end:
        file.seek(place)
        name, size, length = _head(file.read(LONGEST_HEAD))
        if name is None:
            raise _cut_off(path)
        segment |= name == SEGMENT
        place += length
        if name == SEGMENT:
            if size is not None and place + size > end:
                raise _cut_off(path)
            end = end if size is None else place + size
            continue  # its children follow
        if size is None and name != CLUSTER:
            raise _cut_off(path)
        if size is not None:
            place += size
        if place > end:
            raise _cut_off(path)
    if not segment:
        raise _cut_off(path)


def states_length(file: BinaryIO) -> bool:
    """Return whether the segment states its size, as it does once a recording has ended.

    The file is left at its start.
    """
    file.seek(0)
    _, size, length = _head(file.read(LONGEST_HEAD))
    file.seek(length + (size or 0))
    name, size, _ = _head(file.read(LONGEST_HEAD))
    file.seek(0)
    return name == SEGMENT and size is not None


def _cut_off(path: Path) -> CutOffError:
    return CutOffError(path=path, reason=say("it ends before its content does"))


def _head(data: bytes) -> tuple[int | None, int | None, int]:
    """Return an element's name, its content's size (None: unknown), and its head's length.

    The name is None where there is no whole head.
    """
    width = _width(data, 4)
    if not width:
        return None, None, 0
    size_width = _width(data[width:], 8)
    length = width + size_width
    if not size_width or len(data) < length:
        return None, None, 0
    bits = 7 * size_width
    size = int.from_bytes(data[width:length]) & ((1 << bits) - 1)
    return int.from_bytes(data[:width]), None if size == (1 << bits) - 1 else size, length


def _width(data: bytes, most: int) -> int:
    """Return how many bytes a number of variable size takes, 0 where that is not known."""
    width = 9 - data[0].bit_length() if data else 9
    return width if width <= min(most, len(data)) else 0
