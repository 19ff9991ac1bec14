"""The provider of a vault that stands alone: its secrets in one small file.

The file has a fixed size and is overwritten in place, so that a replaced secret
does not linger in free blocks (a wear-levelled medium may keep it: a named
limit). It holds the same content twice, so that a crash between the two writes
loses neither: the first slot is on the disk before the second is touched.

Clause: 6.2.3.e-1; 6.2.4.b.1.
"""

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from yingbi.crypto.passphrase import Cost
from yingbi.crypto.suite import Suite
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.errors import (
    NoKeyError,
    ReadWriteError,
    SealBrokenError,
    VaultLockedError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from yingbi.keys import lock_store
from yingbi.keys.device import Device, device_id_of
from yingbi.keys.lock_store import LockStoreKey, LockStores
from yingbi.keys.slots import (
    Place,
    Slot,
    SlotKey,
    fields_of,
    opened_slot,
    overwrite,
    prepared,
    read_slots,
    sealed_slot,
    slot_key,
)

MINIMUM_CHARACTERS = 8

_ROOT, _CATALOGUE = 1, 2  # 3 and 16 to 18 are the lock-store keys
_DEVICE_ID, _DEVICE_PRIVATE, _DEVICE_PUBLIC, _BOUND_TO = 4, 5, 6, 7


class Keystore:
    """An open keystore. Whoever holds one knew the passphrase.

    Its own copies of secrets are zeroed by `close`; what the ciphers' libraries
    copied is beyond it.
    """

    def __init__(
        self,
        path: Path,
        suite: Suite,
        secrets: Mapping[int, bytes],
        place: Place,
        disk: Disk,
        *,
        key: SlotKey | None = None,
    ) -> None:
        self.suite, self._disk = suite, disk
        self._path, self._place, self._slot_key = path, place, key
        self._secrets = {tag: bytearray(value) for tag, value in secrets.items()}

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: bytes,
        suite: Suite,
        *,
        bound_to: bytes = b"",
        cost: Cost | None = None,
        now: datetime | None = None,
        crossing: Crossing = no_crossing,
    ) -> Self:
        """Make the file with fresh secrets and return it open.

        bound_to: what names the vault; a keystore moved to another vault is refused.
        now: when its first lock-store key was made; unknown is as good as long ago.

        Raises: WeakPassphraseError under 8 characters; ReadWriteError.
        """
        _strong(passphrase)
        private, public = suite.new_signer()
        secrets = {
            _ROOT: os.urandom(32),
            _CATALOGUE: os.urandom(32),
            _DEVICE_ID: device_id_of(suite, public),
            _DEVICE_PRIVATE: private,
            _DEVICE_PUBLIC: public,
            _BOUND_TO: bound_to,
        } | lock_store.written(lock_store.first(suite.key_bytes, now))
        disk = Disk("keystore", crossing)
        keystore = cls(path, suite, secrets, Place(0, cost or Cost()), disk)
        try:
            path.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise ReadWriteError(path=path, reason=error.strerror or error) from None
        keystore.replace_passphrase(passphrase)
        return keystore

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: bytes,
        suite: Suite,
        *,
        bound_to: bytes = b"",
        crossing: Crossing = no_crossing,
    ) -> Self:
        """Return the keystore open.

        Raises: WrongPassphraseError, whatever it is that does not fit;
            SealBrokenError on a file that is no keystore, or of another vault;
            ReadWriteError, also where there is too little memory for a passphrase.
        """
        for slot in read_slots(path, suite):
            with _enough_memory(path):
                key = slot_key(suite, prepared(passphrase), slot.place.cost, slot.salt)
            content = opened_slot(slot, key, suite)
            if content is not None:
                break
        else:
            raise WrongPassphraseError
        secrets = fields_of(content)
        if secrets.get(_BOUND_TO, b"") != bound_to:
            raise SealBrokenError(what="the keystore", reason="it belongs to another vault")
        return cls(path, suite, secrets, slot.place, Disk("keystore", crossing), key=key)

    def refresh(self) -> None:
        """Take over what another process wrote since this one opened the file.

        Raises: VaultLockedError where its passphrase was changed meanwhile: open it again.
        """
        slots = read_slots(self._path, self.suite)
        if slots[0].place.generation == self._place.generation:
            return
        for slot in slots:
            content = self._opened(slot)
            if content is not None:
                self._take(fields_of(content), slot.place)
                return
        raise VaultLockedError

    def complete(self) -> None:
        """Finish a writing that broke off between the slots: what it replaced must not live on.

        The caller holds the vault alone. Raises: ReadWriteError.
        """
        self.refresh()
        slots = read_slots(self._path, self.suite)
        mine = next((slot for slot in slots if self._opened(slot) is not None), None)
        if mine is None:
            raise VaultLockedError
        if self._path.read_bytes() != mine.whole * 2:
            overwrite(self._disk, self._path, mine.whole)

    @property
    def is_whole(self) -> bool:
        """Whether both slots hold what this keystore holds: no writing broke off between them."""
        slots = read_slots(self._path, self.suite)
        twice = self._path.read_bytes() == slots[0].whole * 2
        return twice and slots[0].place == self._place

    def replace_passphrase(self, passphrase: bytes) -> None:
        """Write the secrets again, in place, under this passphrase and a fresh salt.

        Raises: WeakPassphraseError; ReadWriteError.
        """
        chosen = _strong(passphrase)
        self._secret(_ROOT)
        with _enough_memory(self._path):
            key = slot_key(self.suite, chosen, self._place.cost)
        self._write(self._secrets, key)

    @property
    def lock_stores(self) -> LockStores:
        """The lock-store keys that are there: in force, next, and kept for backups."""
        self._secret(lock_store.CURRENT)
        return lock_store.read_from(self._secrets)

    def keep_lock_stores(self, stores: LockStores) -> None:
        """Write these lock-store keys in place of those that were there.

        When this returns, a key that is not among them is gone from the file. The
        caller holds the vault alone, and saw to it that nothing needs that key.

        Raises: ReadWriteError.
        """
        fields = {tag: bytearray(value) for tag, value in lock_store.written(stores).items()}
        if self._slot_key is None:
            raise NoKeyError(what="this vault: its keystore is closed")
        self._write(self._secrets | fields, self._slot_key)

    def subkey(self, label: str) -> bytes:
        """Return the key for one use of the root: wrapping the keys of boxes.

        Replacing the root replaces it; what it wraps must be wrapped again.
        """
        return self._derived(_ROOT, label)

    def catalogue_key(self, label: str) -> bytes:
        """Return the key for one use over the catalogue; it outlives a change of root."""
        return self._derived(_CATALOGUE, label)

    @property
    def lock_store_key(self) -> LockStoreKey:
        """The key over the page keys of the lock table that wraps from now on."""
        return self.lock_stores.in_force

    @property
    def device(self) -> Device:
        """The device that signs what this vault writes."""
        return Device(
            device_id=bytes(self._secret(_DEVICE_ID)),
            public_key=bytes(self._secret(_DEVICE_PUBLIC)),
            sign=lambda message: self.suite.sign(bytes(self._secret(_DEVICE_PRIVATE)), message),
        )

    @property
    def is_open(self) -> bool:
        """Whether its secrets are still there."""
        return bool(self._secrets)

    def close(self) -> None:
        """Zero the secrets; nothing can be derived any more."""
        for secret in self._secrets.values():
            secret[:] = bytes(len(secret))
        if self._slot_key is not None:
            self._slot_key.key[:] = bytes(len(self._slot_key.key))
        self._secrets, self._slot_key = {}, None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Keystore {'open' if self.is_open else 'closed'}>"

    def _write(self, secrets: Mapping[int, bytes | bytearray], key: SlotKey) -> None:
        """Put these secrets on the disk, then make them this keystore's.

        One slot is whole at every moment: the first is touched only while the second is.
        """
        if self._place.generation:
            self.complete()
        place = Place(self._place.generation + 1, self._place.cost)
        overwrite(self._disk, self._path, sealed_slot(key, self.suite, place, secrets))
        if self._slot_key is not None and self._slot_key is not key:
            self._slot_key.key[:] = bytes(len(self._slot_key.key))
        self._slot_key = key
        self._take(secrets, place)

    def _take(self, secrets: Mapping[int, bytes | bytearray], place: Place) -> None:
        fresh = {tag: bytearray(value) for tag, value in secrets.items()}
        for old in self._secrets.values():
            old[:] = bytes(len(old))
        self._secrets, self._place = fresh, place

    def _opened(self, slot: Slot) -> bytes | None:
        return None if self._slot_key is None else opened_slot(slot, self._slot_key, self.suite)

    def _derived(self, tag: int, label: str) -> bytes:
        secret, info = bytes(self._secret(tag)), f"yingbi 1 {label}".encode()
        return self.suite.hkdf(secret, info=info, length=self.suite.key_bytes)

    def _secret(self, tag: int) -> bytearray:
        if tag not in self._secrets:
            raise NoKeyError(what="this vault: its keystore is closed")
        return self._secrets[tag]


@contextlib.contextmanager
def _enough_memory(path: Path) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise ReadWriteError(path=path, reason=os.strerror(errno.ENOMEM)) from None


def _strong(passphrase: bytes) -> bytes:
    """Return the passphrase in one form, or raise WeakPassphraseError."""
    chosen = prepared(passphrase)
    if len(chosen.decode("utf-8", "replace")) < MINIMUM_CHARACTERS:
        raise WeakPassphraseError(minimum=MINIMUM_CHARACTERS)
    return chosen
