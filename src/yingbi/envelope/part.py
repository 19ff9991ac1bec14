"""Reading a part: its segments, one after another in one file, as one chain.

A file can lose whole segments at its end without showing it: the chain binds
each segment to those before it. How many there are, and the digest of the last
SEAL, are kept outside the file (catalogue and log), and `PartEnd` carries them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END, BufferedIOBase, BytesIO
from uuid import UUID

from yingbi.crypto.contract import Octets, Suite
from yingbi.envelope.cursor import Cursor
from yingbi.envelope.header import MAX_HEADER_BYTES, NO_PREVIOUS, Header, take_header
from yingbi.envelope.layout import bytes_after_lock
from yingbi.envelope.lock import MAX_LOCK_BYTES
from yingbi.envelope.reader import SegmentReader, VerifiedHead, take_lock_bytes
from yingbi.envelope.room import room
from yingbi.envelope.schedule import COMMIT_BYTES
from yingbi.errors import SealBrokenError

_WHAT = "a sealed part"
USUAL_PREFIX_BYTES = 4096
PREFIX_BYTES = MAX_HEADER_BYTES + COMMIT_BYTES + MAX_LOCK_BYTES


@dataclass(frozen=True, slots=True)
class PartEnd:
    """How many segments a part has, and the digest of the last one's SEAL."""

    count: int
    seal_digest: bytes


def read_part(suite: Suite, source: BufferedIOBase | Octets) -> Iterator[SegmentReader]:
    """Yield the segments of a part, parsed and in order, but not verified.

    source: bytes, or a file that can seek; it is read from its start to its end, one
        segment in memory at a time.
    Raises: SealBrokenError on anything that is no whole segment, of another part or
        object, out of order, or not chained to the segment before; also where
        there is no segment at all.
    """
    file = BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
    size, offset = file.seek(0, SEEK_END), 0
    previous: SegmentReader | None = None
    while offset < size or previous is None:
        segment = read_segment(suite, file, offset, size)
        check_follows(previous, segment)
        yield segment
        offset, previous = offset + segment.size, segment


def read_segment(suite: Suite, file: BufferedIOBase, offset: int, end: int) -> SegmentReader:
    """Return the segment at the offset of a file that ends at `end`.

    Raises: SealBrokenError; no more is read or held than the header proves to be there.
    """
    cursor = Cursor(read_exactly(file, offset, max(0, min(end - offset, PREFIX_BYTES))), _WHAT)
    header = take_header(cursor)
    if header.suite_code != suite.code:
        raise cursor.broken("it is of another cipher suite")
    cursor.take(COMMIT_BYTES)
    take_lock_bytes(cursor, header)
    size = cursor.position + bytes_after_lock(suite, header)
    if size > end - offset:
        raise cursor.broken("it ends before it should: it is incomplete")
    return SegmentReader.parse(suite, read_exactly(file, offset, size))


def read_exactly(file: BufferedIOBase, offset: int, size: int) -> memoryview:
    """Return `size` bytes from the offset on; raises SealBrokenError where there are fewer."""
    data = room(size)
    read_into(file, offset, data)
    return data


def read_into(file: BufferedIOBase, offset: int, out: memoryview) -> None:
    """Fill `out` from the offset on; raises SealBrokenError where there are fewer bytes."""
    filled = 0
    file.seek(offset)
    while filled < len(out):
        count = file.readinto(out[filled:])
        if not count:
            raise Cursor(out, _WHAT).broken("it ends before it should: it is incomplete")
        filled += count


def first_header(source: BufferedIOBase | Octets) -> Header:
    """Return the header of a part's first segment, unverified, to look up what opens it."""
    file = BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
    file.seek(0)
    return take_header(Cursor(memoryview(file.read(MAX_HEADER_BYTES)), _WHAT))


def check_follows(
    previous: SegmentReader | VerifiedHead | None, segment: SegmentReader | VerifiedHead
) -> None:
    """Raise SealBrokenError unless the segment is chained to the one before, or is the first."""
    number = 0 if previous is None else previous.header.number + 1
    chained_to = NO_PREVIOUS if previous is None else previous.seal_digest
    if (segment.header.number, segment.header.previous) != (number, chained_to):
        raise segment.broken("it does not follow the segment before it")
    if previous is not None and _identity(previous.header) != _identity(segment.header):
        raise segment.broken("it belongs to another part")


def contexts_of(suite: Suite, file: BufferedIOBase) -> dict[UUID, bytes]:
    """Return what each segment's lock must be bound to, by segment id, from headers alone.

    Nothing is verified: a header that was altered gives a context with which no lock opens.
    No body is read, however long it is. Raises: SealBrokenError where it is no part.
    """
    size, offset, found = file.seek(0, SEEK_END), 0, dict[UUID, bytes]()
    while offset < size:
        header, hh, length = _head_at(suite, file, offset, min(size - offset, PREFIX_BYTES))
        found[header.segment_id] = header.lock_context(hh)
        offset += length
    return found


def _head_at(
    suite: Suite, file: BufferedIOBase, offset: int, available: int
) -> tuple[Header, bytes, int]:
    """Return a segment's header, its digest, and the length of the whole segment."""
    for step in (min(available, USUAL_PREFIX_BYTES), available):
        file.seek(offset)
        cursor = Cursor(memoryview(file.read(step)), _WHAT)
        try:
            header = take_header(cursor)
            hh = suite.hash(cursor.since(0))
            cursor.take(COMMIT_BYTES)
            take_lock_bytes(cursor, header)
        except SealBrokenError:
            if step == available:
                raise
        else:
            break
    return header, hh, cursor.position + bytes_after_lock(suite, header)


def check_end(last: SegmentReader | VerifiedHead, end: PartEnd) -> None:
    """Raise SealBrokenError unless this segment is the part's last one."""
    if last.header.number + 1 != end.count or last.seal_digest != end.seal_digest:
        raise last.broken("segments are missing at its end, or are not those that were stored")


def _identity(header: Header) -> tuple[object, ...]:
    ids = (header.controller_id, header.box_id, header.object_id)
    return (*ids, header.level, header.part, header.device_id)
