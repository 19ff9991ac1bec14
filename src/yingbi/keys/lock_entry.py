"""One entry of a page of the lock table: whose it is, which segment's, and the lock.

object id 16 | segment id 16 (an info key has the object's) | length 4 | lock
"""

import struct
from typing import NamedTuple

from yingbi.errors import SealBrokenError

LOCK_TABLE = "the lock table"
_ENTRY = struct.Struct(">16s16sI")


class Entry(NamedTuple):
    """One lock, ids as bytes: a page holds a thousand, and most are only passed over."""

    object_id: bytes
    segment_id: bytes
    lock: bytes

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<an entry of the lock table>"

    def packed(self) -> bytes:
        """Return it as it stands in a page."""
        return _ENTRY.pack(self.object_id, self.segment_id, len(self.lock)) + self.lock


def parsed(content: bytearray) -> list[Entry]:
    """Return a page's entries; raises SealBrokenError where one is cut short."""
    entries, at, whole = [], 0, bytes(content)
    while at < len(whole):
        try:
            object_id, segment_id, length = _ENTRY.unpack_from(whole, at)
        except struct.error:
            raise SealBrokenError(what=LOCK_TABLE, reason="an entry is cut short") from None
        start = at + _ENTRY.size
        at = start + length
        entries.append(Entry(object_id, segment_id, whole[start:at]))
    return entries
