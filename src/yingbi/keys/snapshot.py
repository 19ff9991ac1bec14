"""A sealed file of a backup: bound to its vault, its backup and its kind.

    HEAD    "YBB1" | suite 1 | kind 1 | zeros 2 | controller 16 | vault 16 | backup 16 |
            lock-store key 16 | salt 16
    chunks  1 MiB of content each under AEAD, nonce = number 11 | last 1, then tags of 16 bytes

The key comes of the keystore's key for backups, the salt and the whole head. That
of a copy of the key database comes of its lock-store key as well: when that key is
gone, the copy is noise to whoever holds all the others.

Clause: 6.2.3.e-1; 6.2.3.e-2.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO
from uuid import UUID

from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.errors import ReadWriteError, SealBrokenError
from yingbi.keys.provider import RootProvider

CHUNK = 1 << 20
_TAG, _SALT = 16, 16
_MAGIC = b"YBB1"
_HEAD = struct.Struct(">4sBB2x16s16s16s16s16s")
_NO_KEY = bytes(16)


class Kind(IntEnum):
    """What a file of a backup holds."""

    CATALOGUE = 1
    KEYS = 2
    MANIFEST = 3
    LEDGER = 4


@dataclass(frozen=True, slots=True)
class Label:
    """What a sealed file says of itself. lock_store_id: for a copy of the key database alone."""

    kind: Kind
    controller_id: UUID
    vault_id: UUID
    backup_id: UUID
    lock_store_id: bytes = _NO_KEY

    def packed(self, suite: Suite, salt: bytes) -> bytes:
        """Return the head of its file."""
        ids = self.controller_id.bytes, self.vault_id.bytes, self.backup_id.bytes
        return _HEAD.pack(_MAGIC, suite.code, int(self.kind), *ids, self.lock_store_id, salt)


def seal(keystore: RootProvider, label: Label, content: Iterable[bytes]) -> Iterator[bytes]:
    """Return a sealed file piece by piece. Raises: NoKeyError where its lock-store key is gone."""
    suite = keystore.suite
    head = label.packed(suite, os.urandom(_SALT))
    cipher = suite.cipher(_key(keystore, label, head))
    yield head
    number, held = 0, bytearray()
    for piece in content:
        held += piece
        while len(held) > CHUNK:
            yield cipher.seal(_nonce(number, last=False), bytes(held[:CHUNK]))
            del held[:CHUNK]
            number += 1
    yield cipher.seal(_nonce(number, last=True), bytes(held))


def label_of(source: BinaryIO, what: str) -> Label:
    """Return what the file says of itself, unproven; it is read up to its first chunk.

    Raises: SealBrokenError where it is no file of a backup.
    """
    return _label(source.read(_HEAD.size), what)


def open_sealed(
    keystore: RootProvider, label: Label, source: BinaryIO, what: str
) -> Iterator[bytes]:
    """Return the content of the file chunk by chunk, each verified.

    Whoever takes it uses nothing of it before the end: a cut shows there.

    Raises: SealBrokenError where it was altered or cut, or is another file than the one
        that was asked for; NoKeyError where its lock-store key is gone.
    """
    head = source.read(_HEAD.size)
    if _label(head, what) != label or head[4] != keystore.suite.code:
        raise SealBrokenError(what=what, reason="it is of another vault or another backup")
    cipher = keystore.suite.cipher(_key(keystore, label, head))
    number, chunk = 0, source.read(CHUNK + _TAG)
    while True:
        following = source.read(CHUNK + _TAG)
        try:
            content = cipher.open(_nonce(number, last=not following), chunk)
        except (InvalidTagError, ValueError):
            raise SealBrokenError(what=what, reason="it was altered or cut") from None
        yield content
        if not following:
            return
        number, chunk = number + 1, following


def read_sealed(keystore: RootProvider, label: Label, source: BinaryIO, what: str) -> bytes:
    """Return the whole content, or raise as `open_sealed` does."""
    try:
        return b"".join(open_sealed(keystore, label, source, what))
    except OSError as error:
        raise ReadWriteError(path=what, reason=error.strerror or error) from None


def _label(head: bytes, what: str) -> Label:
    broken = SealBrokenError(what=what, reason="it is no file of a backup")
    if len(head) != _HEAD.size or not head.startswith(_MAGIC):
        raise broken
    _magic, _suite, kind, controller, vault, backup, store, _salt = _HEAD.unpack(head)
    ids = UUID(bytes=controller), UUID(bytes=vault), UUID(bytes=backup)
    try:
        return Label(Kind(kind), *ids, store)
    except ValueError:
        raise broken from None


def _key(keystore: RootProvider, label: Label, head: bytes) -> bytes:
    suite, secret = keystore.suite, keystore.catalogue_key("backup")
    if label.kind is Kind.KEYS:
        secret += keystore.lock_stores.named(label.lock_store_id).key
    salt = head[-_SALT:]
    return suite.hkdf(secret, salt=salt, info=b"yingbi 1 backup" + head, length=suite.key_bytes)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
