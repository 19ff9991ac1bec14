"""Checking a part without any key: seals, chain, order, end."""

from collections.abc import Iterator
from io import BufferedIOBase
from uuid import UUID

from yingbi.crypto.suite import Octets, Suite
from yingbi.domain.part import PartKind
from yingbi.envelope.part import PartEnd, check_end, read_part
from yingbi.envelope.reader import SegmentReader, VerifiedHead, VerifiedSegment


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
    verified = verified_segments(
        suite, source, device_public_key, object_id=object_id, part=part, end=end
    )
    return [segment.head for segment, _ in verified]


def verified_segments(
    suite: Suite,
    source: BufferedIOBase | Octets,
    device_public_key: bytes,
    *,
    object_id: UUID,
    part: PartKind,
    end: PartEnd | None,
) -> Iterator[tuple[VerifiedSegment, int]]:
    """Yield each verified segment and its size; the end is checked after the last one."""
    segment: SegmentReader | None = None
    for segment in read_part(suite, source):
        if (segment.header.object_id, segment.header.part) != (object_id, part):
            raise segment.broken("it stands in the place of another part")
        yield segment.verify(device_public_key), segment.size
    if segment is not None and end is not None:
        check_end(segment, end)
