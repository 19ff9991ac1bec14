"""The keystore's file: two slots of the same content, overwritten one after the other.

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

from yingbi.crypto.passphrase import SALT_BYTES, Cost, stretch
from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.disk.durable import Disk
from yingbi.errors import ReadWriteError, SealBrokenError

SLOT_BYTES = 4096
CONTENT_BYTES = 1536
_MAGIC = b"YBK1"
_ARGON2ID = 1
_HEADER = struct.Struct(">4sBB2xQIII16s12s")
_FIELD = struct.Struct(">BH")


@dataclass(frozen=True, slots=True)
class Place:
    """Which writing of the keystore this is, and what a guess at it costs."""

    generation: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot as it lies in the file, taken apart."""

    place: Place
    salt: bytes
    nonce: bytes
    header: bytes
    ciphertext: bytes
    whole: bytes


@dataclass(frozen=True, slots=True)
class SlotKey:
    """What a passphrase became with one salt: it opens and writes slots without being asked again.

    The caller zeroes it.
    """

    salt: bytes
    key: bytearray = field(repr=False)


def prepared(passphrase: bytes) -> bytes:
    """Return the passphrase in one form, however a keyboard composed its letters."""
    try:
        return unicodedata.normalize("NFC", passphrase.decode()).encode()
    except UnicodeDecodeError:
        return passphrase


def slot_key(suite: Suite, passphrase: bytes, cost: Cost, salt: bytes | None = None) -> SlotKey:
    """Return the key of the passphrase with this salt, or with a fresh one."""
    drawn = os.urandom(SALT_BYTES) if salt is None else salt
    stretched = stretch(passphrase, drawn, cost)
    info = b"yingbi 1 keystore slot"
    return SlotKey(drawn, bytearray(suite.hkdf(stretched, info=info, length=suite.key_bytes)))


def sealed_slot(
    key: SlotKey, suite: Suite, place: Place, secrets: Mapping[int, bytes | bytearray]
) -> bytes:
    """Return a slot's 4096 bytes: the secrets under the key and a fresh nonce.

    Raises: ValueError where they have no room; nothing may be cut off.
    """
    nonce, cost = os.urandom(12), place.cost
    header = _HEADER.pack(
        _MAGIC,
        suite.code,
        _ARGON2ID,
        place.generation,
        cost.memory_kib,
        cost.passes,
        cost.lanes,
        key.salt,
        nonce,
    )
    ciphertext = suite.seal(bytes(key.key), nonce, content_of(secrets), header)
    return (header + ciphertext).ljust(SLOT_BYTES, b"\0")


def content_of(secrets: Mapping[int, bytes | bytearray]) -> bytes:
    """Return the secrets as one text of 1536 bytes, which `fields_of` takes apart.

    Raises: ValueError where they have no room; nothing may be cut off.
    """
    content = b"".join(
        _FIELD.pack(tag, len(value)) + bytes(value) for tag, value in sorted(secrets.items())
    )
    if len(content) >= CONTENT_BYTES:
        raise ValueError("the secrets have no room in a slot")
    return content.ljust(CONTENT_BYTES, b"\0")


def opened_slot(slot: Slot, key: SlotKey, suite: Suite) -> bytes | None:
    """Return the slot's content, or None where the passphrase is another."""
    if slot.salt != key.salt:
        return None
    try:
        return suite.open(bytes(key.key), slot.nonce, slot.ciphertext, slot.header)
    except InvalidTagError:
        return None


def read_slots(path: Path, suite: Suite) -> list[Slot]:
    """Return the slots that differ, the newest first.

    Raises: SealBrokenError where the file is no keystore of this suite; ReadWriteError.
    """
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


def _parsed(slot: bytes, suite: Suite) -> Slot | None:
    header = slot[: _HEADER.size]
    magic, code, kind, generation, memory, passes, lanes, salt, nonce = _HEADER.unpack(header)
    if (magic, code, kind) != (_MAGIC, suite.code, _ARGON2ID):
        return None
    try:
        place = Place(generation, Cost(memory, passes, lanes))
    except ValueError:
        return None
    ciphertext = slot[_HEADER.size : _HEADER.size + CONTENT_BYTES + 16]
    return Slot(place, salt, nonce, header, ciphertext, slot)


def fields_of(content: bytes) -> dict[int, bytes]:
    """Return the secrets of a slot's content by their tags."""
    fields, at = {}, 0
    while content[at] != 0:
        tag, length = _FIELD.unpack_from(content, at)
        at += _FIELD.size
        fields[tag] = content[at : at + length]
        at += length
    return fields


def overwrite(disk: Disk, path: Path, slot: bytes) -> None:
    """Write both slots in place, the second when the first is on the disk; raises ReadWriteError."""
    for start in (0, SLOT_BYTES):
        disk.overwrite(path, start, slot)
