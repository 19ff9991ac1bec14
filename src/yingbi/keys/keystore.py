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
from dataclasses import dataclass, field
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
    WeakPassphraseError,
    WrongPassphraseError,
)
from yingbi.keys.device import Device, device_id_of
from yingbi.keys.slots import (
    Place,
    fields_of,
    opened_slot,
    overwrite,
    prepared,
    read_slots,
    sealed_slot,
)

MINIMUM_CHARACTERS = 8

_ROOT, _CATALOGUE, _LOCK_STORE, _DEVICE_ID, _DEVICE_PRIVATE, _DEVICE_PUBLIC, _BOUND_TO = range(1, 8)


@dataclass(frozen=True, slots=True)
class LockStoreKey:
    """The key over all page keys of the lock table.

    key_id: 16 bytes that name it, so that receipts and backups can.
    """

    key_id: bytes
    key: bytes = field(repr=False)


class Keystore:
    """An open keystore. Whoever holds one knew the passphrase.

    Its own copies of secrets are zeroed by `close`; what the ciphers' libraries
    copied is beyond it.
    """

    def __init__(
        self, path: Path, suite: Suite, secrets: Mapping[int, bytes], place: Place, disk: Disk
    ) -> None:
        self.suite, self._disk = suite, disk
        self._path, self._place = path, place
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
        crossing: Crossing = no_crossing,
    ) -> Self:
        """Make the file with fresh secrets and return it open.

        bound_to: what names the vault; a keystore moved to another vault is refused.

        Raises: WeakPassphraseError under 8 characters; ReadWriteError.
        """
        _strong(passphrase)
        private, public = suite.new_signer()
        secrets = {
            _ROOT: os.urandom(32),
            _CATALOGUE: os.urandom(32),
            _LOCK_STORE: os.urandom(16 + suite.key_bytes),
            _DEVICE_ID: device_id_of(suite, public),
            _DEVICE_PRIVATE: private,
            _DEVICE_PUBLIC: public,
            _BOUND_TO: bound_to,
        }
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
        slots, disk = read_slots(path, suite), Disk("keystore", crossing)
        for slot in slots:
            with _enough_memory(path):
                content = opened_slot(slot, prepared(passphrase), suite)
            if content is not None:
                break
        else:
            raise WrongPassphraseError
        if slot is slots[0] and len(slots) > 1:
            # A change of passphrase broke off midway: the old one must not live on.
            with contextlib.suppress(ReadWriteError):
                overwrite(disk, path, slot.whole)
        secrets = fields_of(content)
        if secrets.get(_BOUND_TO, b"") != bound_to:
            raise SealBrokenError(what="the keystore", reason="it belongs to another vault")
        return cls(path, suite, secrets, slot.place, disk)

    def replace_passphrase(self, passphrase: bytes) -> None:
        """Write the secrets again, in place, under this passphrase and a fresh salt.

        Raises: WeakPassphraseError; ReadWriteError.
        """
        chosen = _strong(passphrase)
        self._secret(_ROOT)
        place = Place(self._place.generation + 1, self._place.cost)
        with _enough_memory(self._path):
            slot = sealed_slot(chosen, self.suite, place, self._secrets)
        overwrite(self._disk, self._path, slot)
        self._place = place

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
        """The key over the page keys of the lock table."""
        value = self._secret(_LOCK_STORE)
        return LockStoreKey(bytes(value[:16]), bytes(value[16:]))

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
        self._secrets = {}

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
