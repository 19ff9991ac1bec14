"""What every way of opening shares: keys for verified segments, all of them before the first byte."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from yingbi.crypto.suite import Octets
from yingbi.domain.part import PrivateMetadata
from yingbi.envelope.header import MAX_BODY_BYTES, Header
from yingbi.envelope.lock import lock_key_ids
from yingbi.envelope.reader import VerifiedHead, VerifiedSegment
from yingbi.envelope.seek import SeekableSegment
from yingbi.errors import NoKeyError
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import EpochPublic

EpochKeyOf = Callable[[Header, tuple[bytes, ...]], tuple[EpochPublic, bytes]]
"""From a header and the ids of the keys that its lock names to the box's key pair."""

HELD_BYTES = MAX_BODY_BYTES + (1 << 20)


@dataclass(frozen=True, slots=True)
class Keys:
    """Where to find what opens a segment.

    locks: by segment id; a lock in the file is used where there is none here.
    epoch_key_of: the box's key pair for a header and the keys that its lock names, or raises;
        after a rotation or a hold that is another key than the one it was sealed to.
    """

    locks: Mapping[UUID, bytes] = field(repr=False)
    epoch_key_of: EpochKeyOf

    def dek(self, head: VerifiedHead) -> bytearray:
        """Return the segment's key, to be zeroed by the caller.

        Raises: NoKeyError where there is no lock or it is another box's; SealBrokenError.
        """
        header = head.header
        lock = self.locks.get(header.segment_id, head.lock)
        if lock is None:
            raise NoKeyError(what=header.what)
        epoch, private_key = self.epoch_key_of(header, lock_key_ids(lock))
        if epoch.box_id != header.box_id:
            raise NoKeyError(what=header.what)
        return unwrap(head.suite, lock, epoch, private_key, head.lock_context)


@dataclass(slots=True)
class Found:
    """A segment that was verified: its body is held in memory, or is read a second time."""

    segment: VerifiedSegment | SeekableSegment
    dek: bytearray = field(default_factory=bytearray, repr=False)


def opened(
    segments: list[Found], keys: Keys, device_public_key: bytes
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    """Yield private metadata and content of each segment; every key comes before the first.

    Keys are zeroed when the iteration ends or is left. Raises: NoKeyError; SealBrokenError.
    """
    try:
        for one in segments:
            one.dek = keys.dek(one.segment.head)
            one.segment.head.open_metadata(one.dek)
        for one in segments:
            yield _again(one.segment, device_public_key).open(one.dek)
    finally:
        for one in segments:
            one.dek[:] = bytes(len(one.dek))


def _again(
    segment: VerifiedSegment | SeekableSegment, device_public_key: bytes
) -> VerifiedSegment | SeekableSegment:
    """Return the segment; what is read a second time is verified a second time."""
    if isinstance(segment, VerifiedSegment):
        return segment
    again = segment.again(device_public_key)
    if again.head.seal_digest != segment.head.seal_digest:
        raise segment.head.broken("it changed while it was read")
    return again
