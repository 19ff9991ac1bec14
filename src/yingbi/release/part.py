"""Opening a part: permission first, then every seal, then every key, then the first byte."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import SEEK_END, BufferedIOBase, BytesIO
from uuid import UUID

from yingbi.crypto.suite import Octets, Suite
from yingbi.domain.grant import Grant
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.header import MAX_BODY_BYTES, Header
from yingbi.envelope.lock import lock_key_ids
from yingbi.envelope.part import PartEnd, read_segment
from yingbi.envelope.reader import VerifiedHead, VerifiedSegment
from yingbi.errors import NoKeyError, SealBrokenError, UsageError
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import EpochPublic
from yingbi.release.verify import verified_segments

EpochKeyOf = Callable[[Header, tuple[bytes, ...]], tuple[EpochPublic, bytes]]
"""From a header and the ids of the keys that its lock names to the box's key pair."""

_HELD_BYTES = MAX_BODY_BYTES + (1 << 20)


@dataclass(frozen=True, slots=True)
class _Part:
    """A verified part, and where to find what opens it."""

    file: BufferedIOBase
    segments: list["_Sealed"]
    locks: Mapping[UUID, bytes] = field(repr=False)
    epoch_key_of: EpochKeyOf
    device_public_key: bytes


@dataclass(slots=True)
class _Sealed:
    """A segment that was verified: where it lies, and its body where it is held in memory."""

    head: VerifiedHead
    offset: int
    size: int
    held: VerifiedSegment | None
    dek: bytearray = field(default_factory=bytearray, repr=False)


def open_part(
    suite: Suite,
    source: BufferedIOBase | Octets,
    *,
    locks: Mapping[UUID, bytes],
    epoch_key_of: EpochKeyOf,
    device_public_key: bytes,
    grant: Grant,
    object_id: UUID,
    part: PartKind,
    now: datetime,
    end: PartEnd | None,
    from_s: float | None = None,
    to_s: float | None = None,
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    """Return the part's segments, opened one by one while iterated.

    The grant and every seal are checked before this returns; every lock, key and
    private metadata before the first content comes out. A file over 65 MiB is read
    twice, and each segment verified again right before it is opened.

    locks: by segment id; a lock in the file is used where there is none here.
    epoch_key_of: the box's key pair for a header and the keys that its lock names, or raises;
        after a rotation or a hold that is another key than the one it was sealed to.
    end: see `verify_part`. from_s, to_s: only segments that reach into that span,
        and always the first one, which carries a film's init section.
    Raises: NotAuthorisedError without leave; SealBrokenError on anything altered;
        NoKeyError where a segment has no lock or another box's (whether it was erased is
        known to the catalogue alone, so ObjectErasedError is the caller's to raise);
        UsageError where a span of an original is asked for.
    Clause: A.3.a-2; A.3.a-3; 6.2.4-2.
    """
    grant.must_cover(object_id, part, at=now)
    if part is PartKind.RAW and not (from_s is None and to_s is None):
        raise UsageError(problem="an original is opened whole, not from one time to another")
    file = BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
    hold = file.seek(0, SEEK_END) <= _HELD_BYTES
    sealed: list[_Sealed] = []
    offset = 0
    for segment, size in verified_segments(
        suite, file, device_public_key, object_id=object_id, part=part, end=end
    ):
        sealed.append(_Sealed(segment.head, offset, size, segment if hold else None))
        offset += size
    opened = _Part(file, sealed, locks, epoch_key_of, device_public_key)
    return _opened(
        opened, -math.inf if from_s is None else from_s, math.inf if to_s is None else to_s
    )


def _opened(part: _Part, from_s: float, to_s: float) -> Iterator[tuple[PrivateMetadata, Octets]]:
    try:
        wanted = []
        for one in part.segments:
            one.dek = _dek(part, one.head)
            private = one.head.open_metadata(one.dek)
            reaches_in = private.from_s <= to_s and private.to_s >= from_s
            if one.head.header.number == 0 or reaches_in:
                wanted.append(one)
        for one in wanted:
            yield _again(part, one).open(one.dek)
    finally:
        for one in part.segments:
            one.dek[:] = bytes(len(one.dek))


def _dek(part: _Part, head: VerifiedHead) -> bytearray:
    header = head.header
    lock = part.locks.get(header.segment_id, head.lock)
    if lock is None:
        raise NoKeyError(what=header.what)
    epoch, private_key = part.epoch_key_of(header, lock_key_ids(lock))
    if epoch.box_id != header.box_id:
        raise NoKeyError(what=header.what)
    return unwrap(head.suite, lock, epoch, private_key, head.lock_context)


def _again(part: _Part, one: _Sealed) -> VerifiedSegment:
    """Return the segment with its body; what is read a second time is verified a second time."""
    if one.held is not None:
        return one.held
    segment = read_segment(one.head.suite, part.file, one.offset, one.offset + one.size)
    if segment.seal_digest != one.head.seal_digest:
        raise SealBrokenError(what=one.head.header.what, reason="it changed while it was read")
    return segment.verify(part.device_public_key)
