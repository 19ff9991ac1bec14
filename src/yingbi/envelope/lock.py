"""LOCK: a segment's key, wrapped for its recipients. Layout only; `keys` holds the ciphers.

version 1 | suite | number of recipients | recipients | MAC (32 bytes)
recipient: type | key id (16) | length (2) | wrapped key
"""

from dataclasses import dataclass, field
from enum import IntEnum

from yingbi.envelope.cursor import Cursor

KEY_ID_BYTES = 16
MAC_BYTES = 32
MAX_RECIPIENTS = 8
MAX_WRAPPED_BYTES = 2048
MAX_LOCK_BYTES = 3 + MAX_RECIPIENTS * (1 + KEY_ID_BYTES + 2 + MAX_WRAPPED_BYTES) + MAC_BYTES
_VERSION = 1


class RecipientType(IntEnum):
    """Whose key a DEK is wrapped for, and how: X25519 or SM2, MLKEM768_X25519, a device's own."""

    BOX_EPOCH = 1
    BOX_EPOCH_HYBRID = 2
    DEVICE = 16


BOX_TYPES = frozenset({RecipientType.BOX_EPOCH, RecipientType.BOX_EPOCH_HYBRID})


@dataclass(frozen=True, slots=True)
class Recipient:
    """One holder of the key: kind, key id, and the DEK wrapped to that key."""

    kind: RecipientType
    key_id: bytes
    wrapped: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what could not be written."""
        if len(self.key_id) != KEY_ID_BYTES:
            raise ValueError(f"a key id has {KEY_ID_BYTES} bytes, not {len(self.key_id)}")
        if not 0 < len(self.wrapped) <= MAX_WRAPPED_BYTES:
            raise ValueError(f"a wrapped key has 1 to {MAX_WRAPPED_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as written: recipients, and a MAC that only holders of the DEK can make."""

    suite_code: int
    recipients: tuple[Recipient, ...]
    mac: bytes = field(repr=False, default=bytes(MAC_BYTES))

    def without_mac(self) -> bytes:
        """Return what the MAC is made over."""
        if not 0 < len(self.recipients) <= MAX_RECIPIENTS:
            raise ValueError(f"a lock has 1 to {MAX_RECIPIENTS} recipients")
        written = bytearray((_VERSION, self.suite_code, len(self.recipients)))
        for recipient in self.recipients:
            written.append(recipient.kind)
            written += recipient.key_id
            written += len(recipient.wrapped).to_bytes(2) + recipient.wrapped
        return bytes(written)

    def encode(self) -> bytes:
        """Return the lock's bytes."""
        return self.without_mac() + self.mac


def parse_lock(data: bytes | memoryview) -> Lock:
    """Return the lock that fills the data; raises SealBrokenError where it is none."""
    cursor = Cursor(memoryview(data), "a lock")
    lock = take_lock(cursor)
    cursor.end()
    return lock


def lock_key_ids(lock: bytes | memoryview) -> tuple[bytes, ...]:
    """Return the ids of the box keys that a lock names, in its order; it is only parsed.

    After a rotation or a hold they are other keys than that of the header's epoch.
    Raises: SealBrokenError where it is no lock.
    """
    return tuple(one.key_id for one in parse_lock(lock).recipients if one.kind in BOX_TYPES)


def take_lock(cursor: Cursor) -> Lock:
    """Return the lock at the cursor, which moves to its end; raises SealBrokenError."""
    if cursor.number(1) != _VERSION:
        raise cursor.broken("the version of its lock is not known")
    suite_code, count = cursor.number(1), cursor.number(1)
    if suite_code not in (1, 2):
        raise cursor.broken("the suite of its lock is not known")
    if not 0 < count <= MAX_RECIPIENTS:
        raise cursor.broken("its lock has no or too many recipients")
    recipients = tuple(_take_recipient(cursor) for _ in range(count))
    return Lock(suite_code, recipients, cursor.octets(MAC_BYTES))


def _take_recipient(cursor: Cursor) -> Recipient:
    try:
        kind = RecipientType(cursor.number(1))
    except ValueError:
        raise cursor.broken("a recipient of its lock is of an unknown type") from None
    key_id, length = cursor.octets(KEY_ID_BYTES), cursor.number(2)
    if not 0 < length <= MAX_WRAPPED_BYTES:
        raise cursor.broken("a wrapped key in its lock has an impossible length")
    return Recipient(kind, key_id, cursor.octets(length))
