"""Opening the segments of a span of time, and reading no others.

Clause: A.3.a-2; A.3.a-3; 6.2.4-2.
"""

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from io import BufferedIOBase
from uuid import UUID

from yingbi.crypto.suite import Octets, Suite
from yingbi.domain.grant import Grant
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.part import PartEnd, check_end, check_follows, read_segment
from yingbi.envelope.reader import VerifiedHead, VerifiedSegment
from yingbi.envelope.seek import SeekableSegment, seekable
from yingbi.errors import SealBrokenError, UsageError
from yingbi.release import opening
from yingbi.release.index import Indexed, must_be_named
from yingbi.release.opening import EpochKeyOf, Found, Keys, opened


def open_range(
    suite: Suite,
    file: BufferedIOBase,
    index: Sequence[Indexed],
    *,
    locks: Mapping[UUID, bytes],
    epoch_key_of: EpochKeyOf,
    device_public_key: bytes,
    grant: Grant,
    object_id: UUID,
    part: PartKind,
    now: datetime,
    end: PartEnd,
    from_s: float | None = None,
    to_s: float | None = None,
    first: bool = True,
    of: Container[UUID] | None = None,
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    """Return the segments that reach into the span, opened one by one while iterated.

    No byte of the file outside these segments is read. The grant and the seals of
    all of them are checked before this returns, every key before the first content
    comes out; more than 65 MiB are read twice, as by `open_part`.

    What comes out is proven: each segment is the one that the index names at its
    place, of this object and part, every byte as the device signed it; two that are
    neighbours are chained; the last one of the part, where it is reached, is the one
    that was stored last. Not proven: anything of the segments left out, the chain across
    them, and the times of the index (sealed by the object's own key).

    index: all segments of the part, as the catalogue keeps them, in order.
    first: also open the first segment, which carries a film's init section.
    of: only segments of these ids, such as one person's.
    Raises: as `open_part`; UsageError where a span of an original is asked for.
    Clause: A.3.a-2; A.3.a-3; 6.2.4-2.
    """
    grant.must_cover(object_id, part, at=now)
    if part is PartKind.RAW:
        raise UsageError(problem="an original is opened whole, not from one time to another")
    if len(index) != end.count:
        raise SealBrokenError(what=f"{object_id}/{part}", reason="its index names other segments")
    start, stop = -math.inf if from_s is None else from_s, math.inf if to_s is None else to_s
    wanted = _wanted(index, start, stop, first=first, of=of)
    hold = sum(one.length for one in wanted.values()) <= opening.HELD_BYTES
    read = _held if hold else _proven
    found: list[Found] = []
    before: VerifiedHead | None = None
    for number, one in wanted.items():
        segment = read(suite, file, one, device_public_key)
        must_be_named(segment.head.header, one, number, object_id, part)
        if number == 0 or number - 1 in wanted:
            check_follows(before, segment.head)
        if number + 1 == end.count:
            check_end(segment.head, end)
        found.append(Found(segment))
        before = segment.head
    return opened(found, Keys(locks, epoch_key_of), device_public_key)


def _wanted(
    index: Sequence[Indexed], start: float, stop: float, *, first: bool, of: Container[UUID] | None
) -> dict[int, Indexed]:
    return {
        number: one
        for number, one in enumerate(index)
        if (of is None or one.segment_id in of)
        and ((one.from_s <= stop and one.to_s >= start) or (first and number == 0))
    }


def _held(suite: Suite, file: BufferedIOBase, one: Indexed, key: bytes) -> VerifiedSegment:
    segment = read_segment(suite, file, one.offset, one.offset + one.length)
    if segment.size != one.length:
        raise segment.broken("it is shorter than the catalogue says")
    return segment.verify(key)


def _proven(suite: Suite, file: BufferedIOBase, one: Indexed, key: bytes) -> SeekableSegment:
    segment = seekable(suite, file, one.offset, one.length, key)
    segment.check_body()
    return segment
