"""The provider of a vault that stands alone: its secrets in one small file.

The file has a fixed size and is overwritten in place, so that a replaced secret
does not linger in free blocks (a wear-levelled medium may keep it: a named
limit). It holds the same content twice, so that a crash between the two writes
loses neither: the first slot is on the disk before the second is touched.

    slot, 4096 bytes:  HEADER 56 | ciphertext and tag | zeros
    HEADER  "YBK1" | suite 1 | kind 1 | zeros 2 | generation 8 | memory KiB 4 |
            passes 4 | lanes 4 | salt 16 | nonce 12; the AEAD covers it
    kind 1  Argon2id of the passphrase, HKDF to the suite's key length
    content fields (tag 1 | length 2 | bytes), padded to 1536 bytes

Clause: 6.2.3.e-1; 6.2.4.b.1.
"""

import os
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from yingbi.crypto.passphrase import SALT_BYTES, Cost, stretch
from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.errors import (
    NoKeyError,
    ReadWriteError,
    SealBrokenError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from yingbi.keys.device import Device, device_id_of

MINIMUM_CHARACTERS = 8
SLOT_BYTES = 4096
CONTENT_BYTES = 1536
_MAGIC = b"YBK1"
_ARGON2ID = 1
_HEADER = struct.Struct(">4sBB2xQIII16s12s")
_FIELD = struct.Struct(">BH")

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

    def __init__(self, path: Path, suite: Suite, secrets: Mapping[int, bytes], place: "_Place"):
        self.suite = suite
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
    ) -> Self:
        """Make the file with fresh secrets and return it open.

        bound_to: what names the vault; a keystore moved to another vault is refused.

        Raises: WeakPassphraseError under 8 characters; ReadWriteError.
        """
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
        keystore = cls(path, suite, secrets, _Place(0, cost or Cost()))
        try:
            path.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise ReadWriteError(path=path, reason=error.strerror or error) from None
        keystore.replace_passphrase(passphrase)
        return keystore

    @classmethod
    def open(cls, path: Path, passphrase: bytes, suite: Suite, *, bound_to: bytes = b"") -> Self:
        """Return the keystore open.

        Raises: WrongPassphraseError, whatever it is that does not fit;
            SealBrokenError on a file that is no keystore, or of another vault.
        """
        slots = _slots(path, suite)
        for slot in slots:
            content = _opened(slot, _prepared(passphrase), suite)
            if content is not None:
                break
        else:
            raise WrongPassphraseError
        secrets = _fields(content)
        if secrets.get(_BOUND_TO, b"") != bound_to:
            raise SealBrokenError(what="the keystore", reason="it belongs to another vault")
        return cls(path, suite, secrets, slot.place)

    def replace_passphrase(self, passphrase: bytes) -> None:
        """Write the secrets again, in place, under this passphrase and a fresh salt.

        Raises: WeakPassphraseError; ReadWriteError.
        """
        prepared = _prepared(passphrase)
        if len(prepared.decode("utf-8", "replace")) < MINIMUM_CHARACTERS:
            raise WeakPassphraseError(minimum=MINIMUM_CHARACTERS)
        self._secret(_ROOT)
        place = _Place(self._place.generation + 1, self._place.cost)
        slot = _sealed(prepared, self.suite, place, self._secrets)
        try:
            _overwrite(self._path, slot)
        except OSError as error:
            raise ReadWriteError(path=self._path, reason=error.strerror or error) from None
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


@dataclass(frozen=True, slots=True)
class _Place:
    generation: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class _Slot:
    place: _Place
    salt: bytes
    nonce: bytes
    header: bytes
    ciphertext: bytes


def _prepared(passphrase: bytes) -> bytes:
    """Return the passphrase in one form, however a keyboard composed its letters."""
    try:
        return unicodedata.normalize("NFC", passphrase.decode()).encode()
    except UnicodeDecodeError:
        return passphrase


def _sealed(
    passphrase: bytes, suite: Suite, place: _Place, secrets: Mapping[int, bytearray]
) -> bytes:
    salt, nonce, cost = os.urandom(SALT_BYTES), os.urandom(12), place.cost
    header = _HEADER.pack(
        _MAGIC,
        suite.code,
        _ARGON2ID,
        place.generation,
        cost.memory_kib,
        cost.passes,
        cost.lanes,
        salt,
        nonce,
    )
    content = b"".join(
        _FIELD.pack(tag, len(value)) + bytes(value) for tag, value in sorted(secrets.items())
    )
    key = _slot_key(suite, passphrase, salt, cost)
    ciphertext = suite.seal(key, nonce, content.ljust(CONTENT_BYTES, b"\0"), header)
    return (header + ciphertext).ljust(SLOT_BYTES, b"\0")


def _opened(slot: _Slot, passphrase: bytes, suite: Suite) -> bytes | None:
    key = _slot_key(suite, passphrase, slot.salt, slot.place.cost)
    try:
        return suite.open(key, slot.nonce, slot.ciphertext, slot.header)
    except InvalidTagError:
        return None


def _slot_key(suite: Suite, passphrase: bytes, salt: bytes, cost: Cost) -> bytes:
    stretched = stretch(passphrase, salt, cost)
    return suite.hkdf(stretched, info=b"yingbi 1 keystore slot", length=suite.key_bytes)


def _slots(path: Path, suite: Suite) -> list[_Slot]:
    """Return the slots that differ, the newest first."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SealBrokenError(what="the keystore", reason="the file is missing") from None
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or error) from None
    if len(data) != 2 * SLOT_BYTES:
        raise SealBrokenError(what="the keystore", reason="its size is wrong")
    halves = {data[:SLOT_BYTES], data[SLOT_BYTES:]}
    slots = [slot for half in halves if (slot := _parsed(half, suite)) is not None]
    if not slots:
        raise SealBrokenError(what="the keystore", reason="it holds no slot of this vault's suite")
    return sorted(slots, key=lambda slot: -slot.place.generation)


def _parsed(slot: bytes, suite: Suite) -> _Slot | None:
    header = slot[: _HEADER.size]
    magic, code, kind, generation, memory, passes, lanes, salt, nonce = _HEADER.unpack(header)
    if (magic, code, kind) != (_MAGIC, suite.code, _ARGON2ID):
        return None
    try:
        place = _Place(generation, Cost(memory, passes, lanes))
    except ValueError:
        return None
    ciphertext = slot[_HEADER.size : _HEADER.size + CONTENT_BYTES + 16]
    return _Slot(place, salt, nonce, header, ciphertext)


def _fields(content: bytes) -> dict[int, bytes]:
    fields, at = {}, 0
    while content[at] != 0:
        tag, length = _FIELD.unpack_from(content, at)
        at += _FIELD.size
        fields[tag] = content[at : at + length]
        at += length
    return fields


def _overwrite(path: Path, slot: bytes) -> None:
    with path.open("r+b", buffering=0) as file:
        for start in (0, SLOT_BYTES):
            os.pwrite(file.fileno(), slot, start)
            os.fsync(file.fileno())
