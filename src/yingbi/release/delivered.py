"""Showing that what a door sealed will open, before the vault answers for it.

Clause: 6.2.4-1.
"""

from yingbi.envelope.reader import VerifiedHead
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import EpochPublic


def must_open(head: VerifiedHead, lock: bytes, epoch: EpochPublic, private_key: bytes) -> None:
    """Open the lock and the private metadata, and forget both.

    A door whose file was altered may have locked it to a key that is not the box's.

    Raises: NoKeyError, SealBrokenError where the box's key does not open this segment.
    """
    dek = unwrap(head.suite, lock, epoch, private_key, head.lock_context)
    try:
        head.open_metadata(dek)
    finally:
        dek[:] = bytes(len(dek))
