"""Locking a segment's key to a box: needs public halves only, and can open nothing."""

from dataclasses import dataclass
from uuid import UUID

from yingbi.crypto.contract import HYBRID_PUBLIC_BYTES
from yingbi.crypto.suite import Octets, Suite
from yingbi.envelope.lock import BOX_TYPES, Lock, Recipient, RecipientType
from yingbi.envelope.schedule import lock_mac
from yingbi.errors import NotAuthorisedError


@dataclass(frozen=True, slots=True)
class EpochPublic:
    """The public half of a box's key for one epoch and retention class.

    key_id: 16 bytes, names the key in locks. public_key: raw, as the suite writes it; its
        length tells the KEM.
    """

    box_id: UUID
    epoch: int
    retention: int
    key_id: bytes
    public_key: bytes

    @property
    def recipient_type(self) -> RecipientType:
        """How a DEK is wrapped for this key."""
        hybrid = len(self.public_key) == HYBRID_PUBLIC_BYTES
        return RecipientType.BOX_EPOCH_HYBRID if hybrid else RecipientType.BOX_EPOCH


def wrap(suite: Suite, dek: Octets, to: EpochPublic, context: bytes) -> bytes:
    """Return the LOCK: the DEK for one box's epoch, bound to its context.

    Raises: NotAuthorisedError where `to` is no box's key (a device may hold keys of
        its own, and box data must never be locked to one).
    Clause: 6.2.3.b-2; 6.2.3-2.
    """
    if to.recipient_type not in BOX_TYPES:
        raise NotAuthorisedError(reason="what belongs to a box is locked to boxes only")
    wrapped = suite.wrap(to.public_key, dek, context)
    lock = Lock(suite.code, (Recipient(to.recipient_type, to.key_id, wrapped),))
    mac = lock_mac(suite, dek, context, lock.without_mac())
    return Lock(lock.suite_code, lock.recipients, mac).encode()
