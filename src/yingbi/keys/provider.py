"""What a vault needs of whatever holds its root, so that the root may stand elsewhere.

Today that is the keystore, a file under a passphrase. A PKCS#11 token, a TPM or
a key service takes its place by offering the same.

Clause: 6.2.3.e-1; 6.2.4.b.1.
"""

from typing import Protocol

from yingbi.crypto.suite import Suite
from yingbi.keys.device import Device
from yingbi.keys.lock_store import LockStoreKey, LockStores


class RootProvider(Protocol):
    """The root of one vault's keys; whoever holds it open may use them all."""

    @property
    def kind(self) -> str:
        """What it is: "keystore"."""

    @property
    def suite(self) -> Suite:
        """The ciphers of the vault."""

    @property
    def is_open(self) -> bool:
        """Whether it can be used: a passphrase, PIN or permission was given, and not taken back."""

    @property
    def device(self) -> Device:
        """The device that signs what this vault writes."""

    @property
    def lock_store_key(self) -> LockStoreKey:
        """The key over the page keys of the lock table that wraps from now on."""

    @property
    def lock_stores(self) -> LockStores:
        """All lock-store keys that are there."""

    def keep_lock_stores(self, stores: LockStores) -> None:
        """Put these lock-store keys in place of those that were there; others are gone then."""

    def subkey(self, label: str) -> bytes:
        """Return the key for one use of the root."""

    def former_subkey(self, label: str) -> bytes | None:
        """Return that key of the root before, while a rotation of the root is unfinished."""

    def kept_subkeys(self, label: str) -> list[bytes]:
        """Return that key of every former root that a backup needs, for a restore alone."""

    def catalogue_key(self, label: str) -> bytes:
        """Return the key for one use over the catalogue; it outlives a change of root."""

    def begin_root(self, made_at_s: int) -> None:
        """Put a fresh root in force; the former one opens until `finish_root`."""

    def finish_root(self) -> None:
        """Let go of the former root, unless a backup needs it."""

    def close(self) -> None:
        """Let go of every secret."""
