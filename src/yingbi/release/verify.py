"""Checking a part without any key: seals, chain, order, end."""

from collections.abc import Iterator
from io import SEEK_END, BufferedIOBase, BytesIO
from uuid import UUID

from yingbi.crypto.suite import Octets, Suite
from yingbi.domain.part import PartKind
from yingbi.envelope.part import PartEnd, check_end, check_follows, read_part
from yingbi.envelope.reader import SegmentReader, VerifiedHead, VerifiedSegment
from yingbi.envelope.seek import SeekableSegment, seekable_at

_ELSEWHERE = "it stands in the place of another part"


def verify_part(
    suite: Suite,
    source: BufferedIOBase | Octets,
    device_public_key: bytes,
    *,
    object_id: UUID,
    part: PartKind,
    end: PartEnd | None,
) -> list[VerifiedHead]:
    """Return the heads of all segments of the part that the caller names.

    end: what catalogue or log say of the part's end; with None, segments that were
        cut off the end as a whole are not noticed.
    Raises: SealBrokenError on any altered byte, a part of another object, a wrong
        order, an incomplete segment, or a wrong end. A lock in the file is not
        covered by the seal; opening checks it.
    Clause: 6.2.3-2.
    """
    file = BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
    verified = proven_segments(
        suite, file, device_public_key, object_id=object_id, part=part, end=end
    )
    return [segment.head for segment in verified]


def proven_segments(
    suite: Suite,
    file: BufferedIOBase,
    device_public_key: bytes,
    *,
    object_id: UUID,
    part: PartKind,
    end: PartEnd | None,
) -> Iterator[SeekableSegment]:
    """Yield each segment, verified to its last byte; the end is checked after the last one.

    No body is held, however long it is; whoever opens one reads and proves it again.
    """
    size, offset = file.seek(0, SEEK_END), 0
    before: VerifiedHead | None = None
    while offset < size or before is None:
        segment = seekable_at(suite, file, offset, size, device_public_key)
        check_follows(before, segment.head)
        before = segment.head
        if (before.header.object_id, before.header.part) != (object_id, part):
            raise before.broken(_ELSEWHERE)
        segment.check_body()
        yield segment
        offset += segment.size
    if end is not None:
        check_end(before, end)


def held_segments(
    suite: Suite,
    file: BufferedIOBase,
    device_public_key: bytes,
    *,
    object_id: UUID,
    part: PartKind,
    end: PartEnd | None,
) -> Iterator[VerifiedSegment]:
    """Yield what `proven_segments` does, each with its body in memory: it is read once."""
    segment: SegmentReader | None = None
    for segment in read_part(suite, file):
        if (segment.header.object_id, segment.header.part) != (object_id, part):
            raise segment.broken(_ELSEWHERE)
        yield segment.verify(device_public_key)
    if segment is not None and end is not None:
        check_end(segment, end)
