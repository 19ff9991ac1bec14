"""From a passphrase to a key: Argon2id, as RFC 9106 describes it."""

from dataclasses import dataclass

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

KEY_BYTES = 32
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs. The default is RFC 9106's second recommended choice."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        """Refuse what is out of range: a file must not make its reader use all memory."""
        if not 1 <= self.lanes <= 64 or not 1 <= self.passes <= 64:
            raise ValueError("passes and lanes must lie from 1 to 64")
        if not 8 * self.lanes <= self.memory_kib <= 1024 * 1024:
            raise ValueError("memory must lie from 8 KiB a lane to 1 GiB")


def stretch(passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    """Return 32 bytes that only this passphrase and salt of 16 bytes give.

    Raises: MemoryError where the memory that it costs cannot be had.

    Clause: 6.2.4.b.1.
    """
    try:
        return hash_secret_raw(
            passphrase, salt, cost.passes, cost.memory_kib, cost.lanes, KEY_BYTES, Type.ID
        )
    except HashingError as error:
        raise MemoryError(str(error)) from None
