"""Fragmented MP4 (ISO/IEC 14496-12, 8.8): where the fragments begin."""

import struct

from yingbi.errors import ReadWriteError


def init_section(segment: bytes | bytearray | memoryview) -> bytes:
    """Return what stands before the first fragment: what a player needs to begin anywhere.

    Raises: ReadWriteError where the bytes are not boxes of MP4.
    """
    place = 0
    while place + 8 <= len(segment):
        size, kind = struct.unpack_from(">I4s", segment, place)
        if kind == b"moof":
            return bytes(segment[:place])
        if size < 8:
            break
        place += size
    raise ReadWriteError(path="-", reason="the film has no fragments")
