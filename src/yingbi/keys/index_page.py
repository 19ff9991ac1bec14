"""What stands in a page of the index: one entry for each object, padded to a size that tells nothing.

length 4 | entries | zeros;  an entry: object id 16 | room 4 | first 8 | last 8 | length 4 | content

A page's size follows from how much the records of its objects take, which the
catalogue says in clear anyway, and not from what they tell: an empty day and a busy
one are alike. Only where far more happened than there is room for does it double.

Clause: 6.2.3-1.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from yingbi.errors import SealBrokenError

INDEX = "the index of events"
PAGE_BYTES = 32 * 1024
STEP_BYTES = 16 * 1024
"""A page is a multiple of this long, or the double of one."""
PAGE_OBJECTS = 32
PAGE_ROOM = 256 * 1024
"""A page takes no further object beyond so much room, so that writing it stays quick."""
NO_TIME = (2**63 - 1, -(2**63))
"""The span of what has no time: it begins after it ends, and lies between no two moments."""

_ENTRY = struct.Struct(">16sIqqI")
_LENGTH = struct.Struct(">I")


class PageGroup(NamedTuple):
    """What shares pages: a box's epoch and retention class, as the catalogue says them in clear."""

    box_id: UUID
    epoch: int
    retention: int


class IndexEntry(NamedTuple):
    """What one object adds to the index; ids as bytes, since a year has a hundred thousand.

    room: bytes that it is given, whatever it needs. first_us, last_us: microseconds since 1970
    between which it tells something, `NO_TIME` where that is unknown.
    """

    object_id: bytes
    room: int
    first_us: int
    last_us: int
    content: bytes

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<an entry of the index>"


def packed(entries: Sequence[IndexEntry]) -> bytes:
    """Return a page's content in the size that its objects have room for."""
    pieces = (_ENTRY.pack(*entry[:4], len(entry.content)) + entry.content for entry in entries)
    content = b"".join(pieces)
    needed, room = _LENGTH.size + len(content), sum(entry.room for entry in entries)
    size = max(PAGE_BYTES, -(-room // STEP_BYTES) * STEP_BYTES)
    while size < needed:
        size *= 2
    return (_LENGTH.pack(len(content)) + content).ljust(size, b"\0")


def unpacked(page: bytes) -> list[IndexEntry]:
    """Return a page's entries; raises SealBrokenError where one is cut short."""
    entries, at = list[IndexEntry](), _LENGTH.size
    try:
        end = at + _LENGTH.unpack_from(page)[0]
        while at < end:
            object_id, room, first, last, length = _ENTRY.unpack_from(page, at)
            at += _ENTRY.size + length
            entries.append(IndexEntry(object_id, room, first, last, page[at - length : at]))
    except struct.error:
        raise SealBrokenError(what=INDEX, reason="an entry is cut short") from None
    if at != end or at > len(page):
        raise SealBrokenError(what=INDEX, reason="an entry is cut short")
    return entries


def takes(entries: Sequence[IndexEntry], more: IndexEntry) -> bool:
    """Return whether a page of these entries takes another."""
    room = sum(entry.room for entry in entries) + more.room
    return not entries or (len(entries) < PAGE_OBJECTS and room <= PAGE_ROOM)


def span_of(entries: Iterable[IndexEntry]) -> tuple[int, int]:
    """Return from when to when the entries tell something, in microseconds since 1970."""
    first, last = NO_TIME
    for entry in entries:
        first, last = min(first, entry.first_us), max(last, entry.last_us)
    return first, last
