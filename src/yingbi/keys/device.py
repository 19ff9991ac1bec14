"""The identity of a device: it signs what it seals, and opens nothing of a box."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from yingbi.crypto.suite import Suite
from yingbi.envelope.lock import KEY_ID_BYTES, RecipientType


@dataclass(frozen=True, slots=True)
class Device:
    """Who seals: a signing key behind a function, so that its private half stays where it is.

    device_id: 16 bytes, in every header. public_key: raw, verifies seals.
    sign: returns the suite's signature of a message.
    Clause: 6.2.4-1.
    """

    device_id: bytes
    public_key: bytes
    sign: Callable[[bytes], bytes] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an id of another length."""
        if len(self.device_id) != KEY_ID_BYTES:
            raise ValueError(f"a device id has {KEY_ID_BYTES} bytes, not {len(self.device_id)}")


@dataclass(frozen=True, slots=True)
class DevicePublic:
    """The key to which models and settings are sealed for one device; never a box's data."""

    recipient_type: ClassVar[RecipientType] = RecipientType.DEVICE

    key_id: bytes
    public_key: bytes


def device_id_of(suite: Suite, public_key: bytes) -> bytes:
    """Return the 16-byte id of a device: the start of its public key's digest."""
    return suite.hash(b"YBV1 device" + public_key)[:KEY_ID_BYTES]
