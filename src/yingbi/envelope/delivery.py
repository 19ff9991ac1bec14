"""DELIVERY: what a door leaves of an object besides its bodies. Layout only; `keys` has the ciphers.

    SLIP      "YBI1" | suite 1 | controller id 16 | vault id 16 | box id 16 | device id 16 |
              epoch 4 | key id 16 | number of bodies 2 | their names, 36 each |
              length 2 | wrapped key
    CONTENT   length 4 | AEAD under that key, bound to the SLIP
    SIGNATURE of the device, over all before it

The names of bodies stand in clear, as they do in the folder: so that a start that
clears away what nobody knows can leave alone what waits, without any key.
"""

import re
from dataclasses import dataclass, field
from uuid import UUID

from yingbi.crypto.contract import Suite
from yingbi.envelope.cursor import Cursor
from yingbi.envelope.lock import KEY_ID_BYTES, MAX_WRAPPED_BYTES

MAGIC = b"YBI1"
MAX_DELIVERY_BYTES = 64 << 20
MAX_BODIES = 1024
_NAME_BYTES = 36
_NAME = re.compile(rb"[0-9a-f]{2}/[0-9a-f]{30}\.yb")
_WHAT = "a delivery"


@dataclass(frozen=True, slots=True)
class Slip:
    """What everybody may see of a delivery.

    device_id, key_id: 16 bytes; the key is the box's for what waits in the inbox.
    bodies: names on the shelf. wrapped: the content's key, wrapped to that key.
    """

    suite_code: int
    controller_id: UUID
    vault_id: UUID
    box_id: UUID
    device_id: bytes
    epoch: int
    key_id: bytes
    bodies: tuple[str, ...]
    wrapped: bytes = field(repr=False, default=b"")

    def names(self) -> bytes:
        """Return all before the wrapped key: what that is bound to."""
        if not 0 < len(self.bodies) <= MAX_BODIES:
            raise ValueError(f"a delivery has 1 to {MAX_BODIES} bodies")
        ids = (self.controller_id, self.vault_id, self.box_id)
        return b"".join(
            (
                MAGIC,
                bytes((self.suite_code,)),
                *(one.bytes for one in ids),
                self.device_id,
                self.epoch.to_bytes(4),
                self.key_id,
                len(self.bodies).to_bytes(2),
                *(name.encode() for name in self.bodies),
            )
        )

    def encode(self) -> bytes:
        """Return the slip's bytes."""
        return self.names() + len(self.wrapped).to_bytes(2) + self.wrapped


@dataclass(frozen=True, slots=True)
class SealedDelivery:
    """A parsed delivery; nothing in it is to be believed before its signature is verified."""

    slip: Slip
    sealed: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def first_slip(data: bytes) -> Slip:
    """Return the slip at the start of a delivery; raises SealBrokenError."""
    return _take_slip(Cursor(memoryview(data), _WHAT))


def parse_delivery(suite: Suite, data: bytes) -> SealedDelivery:
    """Return the delivery that fills the data; raises SealBrokenError where it is none."""
    cursor = Cursor(memoryview(data), _WHAT)
    slip = _take_slip(cursor)
    if slip.suite_code != suite.code:
        raise cursor.broken("it is of another cipher suite")
    sealed = cursor.octets(cursor.number(4))
    signed = bytes(cursor.since(0))
    signature = cursor.octets(suite.signature_bytes)
    cursor.end()
    return SealedDelivery(slip, sealed, signed, signature)


def _take_slip(cursor: Cursor) -> Slip:
    if cursor.octets(len(MAGIC)) != MAGIC:
        raise cursor.broken("it does not begin with YBI1")
    suite_code = cursor.number(1)
    controller, vault, box = (UUID(bytes=cursor.octets(16)) for _ in range(3))
    device_id, epoch = cursor.octets(16), cursor.number(4)
    key_id, bodies = cursor.octets(KEY_ID_BYTES), _take_names(cursor)
    length = cursor.number(2)
    if not 0 < length <= MAX_WRAPPED_BYTES:
        raise cursor.broken("its wrapped key has an impossible length")
    wrapped = cursor.octets(length)
    return Slip(suite_code, controller, vault, box, device_id, epoch, key_id, bodies, wrapped)


def _take_names(cursor: Cursor) -> tuple[str, ...]:
    count = cursor.number(2)
    if not 0 < count <= MAX_BODIES:
        raise cursor.broken("it has no or too many bodies")
    names = [cursor.octets(_NAME_BYTES) for _ in range(count)]
    if not all(_NAME.fullmatch(name) for name in names) or len(set(names)) != count:
        raise cursor.broken("a body's name is not one of ours")
    return tuple(name.decode() for name in names)
