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
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from yingbi.crypto.passphrase import Cost
from yingbi.crypto.suite import Suite
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.key_errors import BadSharesError
from yingbi.errors import (
    ReadWriteError,
    SealBrokenError,
    UsageError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from yingbi.keys import lock_store
from yingbi.keys.device import Device, device_id_of
from yingbi.keys.lock_store import LockStoreKey, LockStores
from yingbi.keys.recovery import Copy, RecoveryFile, new_anchor, opened_copy
from yingbi.keys.safe import RECOVERY, Safe
from yingbi.keys.slots import (
    SLOT_BYTES,
    Place,
    fields_of,
    opened_slot,
    prepared,
    read_slots,
    slot_key,
)

MINIMUM_CHARACTERS = 8

_ROOT, _CATALOGUE = 1, 2  # 3 and 16 to 18 are the lock-store keys
_DEVICE_ID, _DEVICE_PRIVATE, _DEVICE_PUBLIC, _BOUND_TO = 4, 5, 6, 7
_FORMER_ROOT, _ROOT_MADE, _RECOVERY_MADE, _KEPT_ROOTS = 8, 9, 11, 12  # 10 is RECOVERY
_ROOT_BYTES = 32
MOST_ROOTS = 4
"""So many former roots have room in the keystore beside all else."""


class Keystore(Safe):
    """An open keystore, a `RootProvider`. Whoever holds one knew the passphrase, or had the shares.

    Its own copies of secrets are zeroed by `close`; what the ciphers' libraries
    copied is beyond it.
    """

    kind = "keystore"

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
            _ROOT_MADE: _packed(0 if now is None else int(now.timestamp())),
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
        foreign = False
        for slot in read_slots(path, suite):
            with _enough_memory(path):
                key = slot_key(suite, prepared(passphrase), slot.place.cost, slot.salt)
            content = opened_slot(slot, key, suite)
            if content is None:
                continue
            secrets = fields_of(content)
            if secrets.get(_BOUND_TO, b"") == bound_to:
                return cls(path, suite, secrets, slot.place, Disk("keystore", crossing), key=key)
            foreign = True
        if foreign:
            raise SealBrokenError(what="the keystore", reason="it belongs to another vault")
        raise WrongPassphraseError

    @classmethod
    def recover(
        cls,
        path: Path,
        secret: bytes | bytearray,
        passphrase: bytes,
        suite: Suite,
        *,
        bound_to: bytes = b"",
        crossing: Crossing = no_crossing,
    ) -> Self:
        """Return the keystore open by its recovery secret, under a new passphrase from now on.

        The caller holds the vault alone. The keystore's own file may be damaged or missing.

        Raises: BadSharesError; WeakPassphraseError; SealBrokenError where there is no
            recovery file, or it is of another vault; ReadWriteError.
        """
        _strong(passphrase)
        disk = Disk("keystore", crossing)
        copies = RecoveryFile(path, suite, disk).copies()
        if not copies:
            reason = "there is none: no shares were ever made, or it was lost"
            raise SealBrokenError(what="the recovery file", reason=reason)
        copy, content = _first_opened(suite, copies, secret)
        secrets = fields_of(content)
        if secrets.get(_BOUND_TO, b"") != bound_to:
            raise SealBrokenError(what="the recovery file", reason="it belongs to another vault")
        place = Place(max(copy.place.generation, _newest(path, suite)), copy.place.cost)
        keystore = cls(path, suite, secrets, place, disk)
        if not path.exists():
            disk.write_new(path, bytes(2 * SLOT_BYTES))
        keystore.replace_passphrase(passphrase)
        return keystore

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
        written = {**lock_store.written(stores), _KEPT_ROOTS: self._roots_needed(stores)}
        fields = {tag: bytearray(value) for tag, value in written.items()}
        self._write(self._secrets | fields, self._own_key())

    def begin_root(self, made_at_s: int) -> None:
        """Put a fresh root in force; both are in the file until `finish_root`.

        Where a rotation broke off the one that it began stays. The caller holds the vault alone.

        Raises: ReadWriteError; UsageError where the one before would find no room.
        """
        if self.former_root:
            return
        needed = self._roots_needed(self.lock_stores)
        if len(needed) >= MOST_ROOTS * (lock_store.ID_BYTES + _ROOT_BYTES):
            raise UsageError(
                problem="too many backups need a former root; delete old backups first"
            )
        changed: dict[int, bytes | bytearray] = {
            _FORMER_ROOT: self._secret(_ROOT),
            _ROOT: os.urandom(32),
            _ROOT_MADE: _packed(made_at_s),
        }
        self._write({**self._secrets, **changed}, self._own_key())

    def finish_root(self) -> None:
        """Overwrite the former root, unless a backup needs it: then only a restore asks for it.

        The caller holds the vault alone. Raises: ReadWriteError.
        """
        if not self.former_root:
            return
        left = {tag: value for tag, value in self._secrets.items() if tag != _FORMER_ROOT}
        stores = self.lock_stores
        latest = stores.in_force.key_id + bytes(self._secret(_FORMER_ROOT))
        left[_KEPT_ROOTS] = bytearray(self._roots_needed(stores, latest))
        self._write(left, self._own_key())

    def _roots_needed(self, stores: LockStores, latest: bytes = b"") -> bytes:
        """Return the former roots that a backup of the key database needs, the latest last.

        Each follows the name of the lock-store key that was in force when it was replaced:
        a backup that was made under that root names this key or one before it.
        """
        records = bytes(self._secrets.get(_KEPT_ROOTS, b"")) + latest
        backups = [
            lock_store.number_of(key.key_id) for key in stores.all if key.kept_until is not None
        ]
        step = lock_store.ID_BYTES + _ROOT_BYTES
        return b"".join(
            record
            for at in range(0, len(records), step)
            if (record := records[at : at + step])
            and any(one <= lock_store.number_of(record[: lock_store.ID_BYTES]) for one in backups)
        )

    @property
    def former_root(self) -> bool:
        """Whether a rotation of the root is unfinished."""
        return _FORMER_ROOT in self._secrets

    @property
    def made_at_s(self) -> tuple[int, int]:
        """Seconds since 1970 at which root and recovery shares were made; 0 is unknown or none."""
        return _unpacked(self._secrets.get(_ROOT_MADE)), _unpacked(
            self._secrets.get(_RECOVERY_MADE)
        )

    @property
    def recovery_is_there(self) -> bool:
        """Whether shares were made, and the file that they open is still there."""
        digest = self._recovery_digest
        return digest is not None and self._recovery.anchor(digest) is not None

    def make_recovery(self, made_at_s: int) -> bytearray:
        """Return a fresh recovery secret, for the caller to zero; older shares open nothing more.

        The caller holds the vault alone. Raises: ReadWriteError.
        """
        secret, anchor = new_anchor(self.suite)
        changed: dict[int, bytes | bytearray] = {
            RECOVERY: anchor.digest(self.suite),
            _RECOVERY_MADE: _packed(made_at_s),
        }
        self._write({**self._secrets, **changed}, self._own_key(), anchor)
        return secret

    def former_subkey(self, label: str) -> bytes | None:
        """Return the key for one use of the former root, or None where there is none."""
        return self._derived(_FORMER_ROOT, label) if self.former_root else None

    def kept_subkeys(self, label: str) -> list[bytes]:
        """Return the keys for one use of the roots that backups need, the latest root first."""
        records, step = (
            bytes(self._secrets.get(_KEPT_ROOTS, b"")),
            lock_store.ID_BYTES + _ROOT_BYTES,
        )
        roots = [
            records[at + lock_store.ID_BYTES : at + step] for at in range(0, len(records), step)
        ]
        return [self._from(root, label) for root in reversed(roots)]

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
        return self._from(bytes(self._secret(tag)), label)

    def _from(self, secret: bytes, label: str) -> bytes:
        info = f"yingbi 1 {label}".encode()
        return self.suite.hkdf(secret, info=info, length=self.suite.key_bytes)


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


def _first_opened(
    suite: Suite, copies: list[Copy], secret: bytes | bytearray
) -> tuple[Copy, bytes]:
    """Return the newest copy that the secret opens, with its content."""
    for copy in copies[:-1]:
        with contextlib.suppress(BadSharesError):
            return copy, opened_copy(suite, copy, secret)
    return copies[-1], opened_copy(suite, copies[-1], secret)


def _newest(path: Path, suite: Suite) -> int:
    """Return the newest generation in the keystore's own file, 0 where it is damaged."""
    try:
        return read_slots(path, suite)[0].place.generation
    except SealBrokenError:
        return 0


def _packed(seconds: int) -> bytes:
    return seconds.to_bytes(8)


def _unpacked(value: bytearray | None) -> int:
    return 0 if value is None else int.from_bytes(value)
