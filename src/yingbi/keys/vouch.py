"""A box vouches for its epochs' public keys: whoever seals can check it without any secret.

Clause: 6.2.3.b-2; 6.2.3.e-2.
"""

from dataclasses import dataclass, field
from uuid import UUID

from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.errors import SealBrokenError
from yingbi.keys.cell import place
from yingbi.keys.wrap import EpochPublic


@dataclass(frozen=True, slots=True)
class Vouched:
    """An epoch's public key with the signature of its box's signer."""

    public: EpochPublic
    signature: bytes = field(repr=False)


def epoch_place(controller_id: UUID, public: EpochPublic) -> bytes:
    """Return what the box's signer signs of an epoch, and where its private half is sealed."""
    return place(
        "epoch",
        controller_id.bytes,
        public.box_id.bytes,
        public.epoch.to_bytes(8, signed=True),
        public.retention.to_bytes(2),
        public.key_id,
        public.public_key,
    )


def vouched(suite: Suite, controller_id: UUID, signer_public: bytes, given: Vouched) -> EpochPublic:
    """Return the public key, or raise SealBrokenError where the box's signer did not sign it."""
    try:
        suite.verify(signer_public, given.signature, epoch_place(controller_id, given.public))
    except InvalidTagError:
        raise SealBrokenError(what="an epoch key", reason="its box does not sign it") from None
    return given.public
