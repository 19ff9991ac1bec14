"""Opening some bytes of an original, and reading little more than these.

Clause: A.3.a-2; A.3.a-3; 6.2.4-2.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from io import BufferedIOBase
from uuid import UUID

from yingbi.crypto.suite import Suite
from yingbi.domain.grant import Grant
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.header import MAX_BODY_BYTES, NO_PREVIOUS
from yingbi.envelope.part import PartEnd
from yingbi.envelope.room import wipe
from yingbi.envelope.seek import SeekableSegment, seekable
from yingbi.errors import SealBrokenError, UsageError
from yingbi.release.index import Indexed, must_be_named
from yingbi.release.opening import EpochKeyOf, Keys

SLICE_BYTES = MAX_BODY_BYTES
"""An import's original is cut into slices of this length; the last one alone is shorter."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A segment that was verified and unlocked, all but its body."""

    segment: SeekableSegment
    dek: bytearray = field(repr=False)
    private: PrivateMetadata


def open_span(
    suite: Suite,
    file: BufferedIOBase,
    index: Sequence[Indexed],
    *,
    locks: Mapping[UUID, bytes],
    epoch_key_of: EpochKeyOf,
    device_public_key: bytes,
    grant: Grant,
    object_id: UUID,
    now: datetime,
    end: PartEnd,
    start: int,
    length: int,
) -> bytes:
    """Return `length` bytes of the part `raw` from byte `start` on, whole and proven, or nothing.

    Of the one or two segments that the span touches, HEADER, COMMIT, leaf digests and
    SEAL are read and verified, then only the chunks that hold the span, each against
    its leaf digest. So what comes out is, byte for byte, what the device sealed there;
    two segments are chained, and the last one of the part is the one stored last.
    Not proven: any other chunk or segment, and the padding.
    Where a byte stands follows from the slices of 64 MiB; a part that is cut
    otherwise is refused.

    index: all segments of the part, as the catalogue keeps them, in order.
    length: at most 64 MiB.
    Raises: as `open_part`; UsageError on a span that the original does not have.
    Clause: A.3.a-2; A.3.a-3; 6.2.4-2.
    """
    grant.must_cover(object_id, PartKind.RAW, at=now)
    check_span(start, length)
    if len(index) != end.count:
        what = f"{object_id}/{PartKind.RAW}"
        raise SealBrokenError(what=what, reason="its index names other segments")
    numbers = range(start // SLICE_BYTES, (start + length - 1) // SLICE_BYTES + 1)
    if numbers[-1] >= len(index):
        raise UsageError(problem="the original ends before the span does")
    segments = _verified(
        suite,
        file,
        index,
        numbers,
        device_public_key=device_public_key,
        object_id=object_id,
        end=end,
    )
    with ExitStack() as keys:
        opener = Keys(locks, epoch_key_of)
        ready = [_unlocked(segment, opener, keys) for segment in segments]
        _check_slices(ready, len(index))
        return _joined([one for one in ready if _number(one) in numbers], start, length)


def check_span(start: int, length: int) -> None:
    """Raise UsageError on a span that no original has, or over 64 MiB."""
    if start < 0 or not 0 < length <= SLICE_BYTES:
        raise UsageError(problem="a span has 1 byte to 64 MiB and starts at 0 or behind it")


def _verified(
    suite: Suite,
    file: BufferedIOBase,
    index: Sequence[Indexed],
    numbers: range,
    *,
    device_public_key: bytes,
    object_id: UUID,
    end: PartEnd,
) -> list[SeekableSegment]:
    """Return the segments of the numbers, and before the last one alone also its neighbour.

    The last slice may be of any length, so it cannot tell that those before it are whole.
    """
    first = numbers[0] - 1 if numbers[0] == len(index) - 1 > 0 else numbers[0]
    found: list[SeekableSegment] = []
    for number in range(first, numbers[-1] + 1):
        one = index[number]
        segment = seekable(suite, file, one.offset, one.length, device_public_key)
        header = segment.head.header
        must_be_named(header, one, number, object_id, PartKind.RAW)
        if found or number == 0:
            before = found[-1].head.seal_digest if found else NO_PREVIOUS
            if header.previous != before:
                reason = "it does not follow the segment before it"
                raise SealBrokenError(what=header.what, reason=reason)
        if number + 1 == end.count and segment.head.seal_digest != end.seal_digest:
            reason = "segments are missing at its end, or are not those that were stored"
            raise SealBrokenError(what=header.what, reason=reason)
        found.append(segment)
    return found


def _unlocked(segment: SeekableSegment, opener: Keys, keys: ExitStack) -> _Ready:
    dek = opener.dek(segment.head)
    keys.callback(wipe, memoryview(dek))
    return _Ready(segment, dek, segment.head.open_metadata(dek))


def _check_slices(ready: Sequence[_Ready], count: int) -> None:
    for one in ready:
        if _number(one) + 1 < count and one.private.true_length != SLICE_BYTES:
            raise UsageError(
                problem="this original is not cut into slices of 64 MiB: open it whole"
            )


def _joined(ready: Sequence[_Ready], start: int, length: int) -> bytes:
    pieces: list[memoryview] = []
    try:
        for one in ready:
            begin = max(start - _number(one) * SLICE_BYTES, 0)
            count = min(start + length - _number(one) * SLICE_BYTES, SLICE_BYTES) - begin
            if begin + count > one.private.true_length:
                raise UsageError(problem="the original ends before the span does")
            pieces.append(one.segment.open_span(one.dek, one.private, begin, count))
        return b"".join(pieces)
    finally:
        for piece in pieces:
            wipe(piece)


def _number(one: _Ready) -> int:
    return one.segment.head.header.number
