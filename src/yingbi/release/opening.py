"""What every way of opening shares: keys for verified segments, all of them before the first byte."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from yingbi.crypto.suite import Octets
from yingbi.domain.part import PrivateMetadata
from yingbi.envelope.header import MAX_BODY_BYTES, Header
from yingbi.envelope.lock import lock_key_ids
from yingbi.envelope.reader import VerifiedHead, VerifiedSegment
from yingbi.envelope.room import room
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
    segments: list[Found], keys: Keys, device_public_key: bytes, *, passing: bool = False
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    """Yield private metadata and content of each segment; every key comes before the first.

    Keys are zeroed when the iteration ends or is left.
    passing: each content may be looked at until the next one is asked for, and no longer:
        it is written over. Fresh memory for 64 MiB costs as much time as hashing half of them.
    Raises: NoKeyError; SealBrokenError.
    """
    try:
        for one in segments:
            one.dek = keys.dek(one.segment.head)
            one.segment.head.open_metadata(one.dek)
        longest = max((one.segment.head.header.body_bytes for one in segments), default=0)
        held = all(isinstance(one.segment, VerifiedSegment) for one in segments)
        spare = room(longest) if passing and not held else None
        for one in segments:
            yield _open(one, device_public_key, spare)
    finally:
        for one in segments:
            one.dek[:] = bytes(len(one.dek))


def _open(
    one: Found, device_public_key: bytes, spare: memoryview | None
) -> tuple[PrivateMetadata, Octets]:
    """Open the segment; what is read a second time is verified a second time."""
    if isinstance(one.segment, VerifiedSegment):
        return one.segment.open(one.dek)
    again = one.segment.again(device_public_key)
    if again.head.seal_digest != one.segment.head.seal_digest:
        raise again.head.broken("it changed while it was read")
    return again.open(one.dek, spare)
