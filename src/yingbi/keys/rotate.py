"""Locking a segment's key to another epoch key; no DEK leaves this module.

Bodies stay as they are: they are sealed under DEKs, and only the DEKs' wrapping
changes. Beside `release` this is the only room that may open a lock. It works in
one thread: a second one was measured to gain nothing, with either suite.

Clause: 6.2.3.b-2; 6.2.3.e-2.
"""

from dataclasses import dataclass, field

from yingbi.crypto.suite import Suite
from yingbi.envelope.lock import lock_key_ids
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import EpochPublic, wrap


@dataclass(frozen=True, slots=True)
class Rewrapping:
    """From one key of a box to another of the same box.

    old, private_key: the halves of the key that opens. new: the key that is to open from now on.
    """

    suite: Suite
    old: EpochPublic
    private_key: bytes = field(repr=False)
    new: EpochPublic

    def __post_init__(self) -> None:
        """Refuse another box's key: rotating is no way out of a box."""
        if self.old.box_id != self.new.box_id:
            raise ValueError("a lock stays in its box")

    def concerns(self, lock: bytes) -> bool:
        """Return whether the lock names the old key; SealBrokenError where it is no lock."""
        return self.old.key_id in lock_key_ids(lock)

    def lock(self, lock: bytes, context: bytes) -> bytes:
        """Return the lock for the new key; raises as `unwrap` does.

        context: of the lock's segment; with another one it does not open.
        """
        dek = unwrap(self.suite, lock, self.old, self.private_key, context)
        try:
            return wrap(self.suite, dek, self.new, context)
        finally:
            dek[:] = bytes(len(dek))
