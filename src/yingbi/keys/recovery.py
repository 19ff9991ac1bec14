"""Recovery: a second way into the keystore, for whoever brings enough shares.

The shares give 32 bytes, the recovery secret. It opens a private key, and that
opens what the recovery file holds: the keystore's content, sealed to the public
half. So an open keystore rewrites the file whenever a secret of its own changes
without having the shares, and a replaced secret does not live on in it. The
keystore keeps a digest of the public half: nobody can put one of his own there.

    file    two copies of 8192 bytes, overwritten in place, the second after the keystore
    copy    "YBR1" | suite 1 | zeros 3 | generation 8 | memory KiB 4 | passes 4 | lanes 4 |
            lengths 2, 2, 2 | public key | private key under the secret | wrapped key |
            content under the wrapped key | zeros

Clause: 6.2.4.b.1.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from yingbi.crypto.passphrase import Cost
from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.disk.durable import Disk
from yingbi.domain.key_errors import BadSharesError
from yingbi.errors import SealBrokenError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.slots import CONTENT_BYTES, Place

COPY_BYTES = 8192
SECRET_BYTES = 32
MOST_SHARES = 16
_MAGIC = b"YBR1"
_HEADER = struct.Struct(">4sB3xQIIIHHH")
_CELL_EXTRA = 12 + 16
_WHAT = "the recovery file"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The public key that the file is sealed to, and its private half under the secret."""

    public: bytes
    sealed_private: bytes = field(repr=False)

    def digest(self, suite: Suite) -> bytes:
        """Return what the keystore remembers of it, 32 bytes."""
        return suite.hash(b"yingbi 1 recovery" + len(self.public).to_bytes(2) + self.public)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy as it lies in the file, taken apart."""

    place: Place
    anchor: Anchor
    wrapped: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    clear: bytes = field(repr=False)


def new_anchor(suite: Suite) -> tuple[bytearray, Anchor]:
    """Return a fresh recovery secret, for the caller to zero, and its anchor."""
    secret = bytearray(os.urandom(SECRET_BYTES))
    private, public = suite.new_recipient(long_kept=True)
    cell = seal_cell(suite, _secret_key(suite, secret), private, _at_private(public))
    return secret, Anchor(public, cell)


def sealed_copy(suite: Suite, at: Place, anchor: Anchor, content: bytes) -> bytes:
    """Return a copy's 8192 bytes: the keystore's padded content, sealed to the anchor."""
    key, cost = os.urandom(suite.key_bytes), at.cost
    wrapped = suite.wrap(anchor.public, key, _at_key(at))
    clear = _HEADER.pack(
        _MAGIC,
        suite.code,
        at.generation,
        cost.memory_kib,
        cost.passes,
        cost.lanes,
        len(anchor.public),
        len(anchor.sealed_private),
        len(wrapped),
    )
    clear += anchor.public + anchor.sealed_private + wrapped
    return (clear + seal_cell(suite, key, content, clear)).ljust(COPY_BYTES, b"\0")


def opened_copy(suite: Suite, copy: Copy, secret: bytes | bytearray) -> bytes:
    """Return the keystore's content; raises BadSharesError where the secret is another."""
    anchor = copy.anchor
    try:
        private = open_cell(
            suite,
            _secret_key(suite, secret),
            anchor.sealed_private,
            _at_private(anchor.public),
            what=_WHAT,
        )
        key = suite.unwrap(private, copy.wrapped, _at_key(copy.place))
        return open_cell(suite, key, copy.sealed, copy.clear, what=_WHAT)
    except (SealBrokenError, InvalidTagError):
        raise BadSharesError(reason="they are of another vault, or of shares made anew") from None


class RecoveryFile:
    """The file beside the keystore."""

    def __init__(self, keystore: Path, suite: Suite, disk: Disk) -> None:
        self._path, self._suite, self._disk = keystore.with_name("keystore.recovery"), suite, disk

    def copies(self) -> list[Copy]:
        """Return the copies that are whole, the newest first; none where there is no file."""
        return sorted(self.in_order(), key=lambda copy: -copy.place.generation)

    def in_order(self) -> list[Copy]:
        """Return the copies that are whole as they lie in the file."""
        try:
            data = self._path.read_bytes()
        except OSError:
            return []
        found = (self._parsed(data[at : at + COPY_BYTES]) for at in (0, COPY_BYTES))
        return [copy for copy in found if copy is not None]

    def anchor(self, digest: bytes) -> Anchor | None:
        """Return the anchor that the keystore remembers, where the file still has it."""
        anchors = (copy.anchor for copy in self.copies())
        return next((a for a in anchors if a.digest(self._suite) == digest), None)

    def is_fresh(self, digest: bytes | None, generation: int) -> bool:
        """Return whether the file holds what the keystore holds, or can never hold it again."""
        if digest is None:
            return not self._path.exists()
        copies = self.copies()
        mine = [c for c in copies if c.anchor.digest(self._suite) == digest]
        return not mine or [c.place.generation for c in mine] == [generation] * 2

    def write(self, number: int, copy: bytes) -> None:
        """Write copy 0 or 1 in place and put it on the disk; raises ReadWriteError."""
        if not self._path.exists():
            self._disk.write_new(self._path, copy + bytes(COPY_BYTES))
        else:
            self._disk.overwrite(self._path, number * COPY_BYTES, copy)

    def remove(self) -> None:
        """Remove the file, which no shares open."""
        self._disk.unlink(self._path)
        self._disk.sync_folder(self._path.parent)

    def _parsed(self, data: bytes) -> Copy | None:
        if len(data) != COPY_BYTES:
            return None
        magic, code, generation, *cost, public, private, wrapped = _HEADER.unpack_from(data)
        if (magic, code) != (_MAGIC, self._suite.code):
            return None
        ends = [_HEADER.size]
        for length in (public, private, wrapped, CONTENT_BYTES + _CELL_EXTRA):
            ends.append(ends[-1] + length)
        if ends[-1] > COPY_BYTES:
            return None
        try:
            at = Place(generation, Cost(*cost))
        except ValueError:
            return None
        pieces = [data[start:end] for start, end in pairwise(ends)]
        return Copy(at, Anchor(pieces[0], pieces[1]), pieces[2], pieces[3], data[: ends[3]])


def shares_of(secret: bytes | bytearray, threshold: int, shares: int) -> list[str]:
    """Return SLIP-39 shares, 33 words each: any `threshold` of them give the secret.

    Raises: ValueError unless 1 <= threshold <= shares <= 16, and 1 only of 1: a
        second share would be a copy of the first.
    """
    from shamir_mnemonic import generate_mnemonics

    if not 1 <= threshold <= shares <= MOST_SHARES or (threshold == 1 < shares):
        raise ValueError("no such shares")
    made: list[str] = generate_mnemonics(1, [(threshold, shares)], bytes(secret))[0]
    return made


def secret_of(shares: Sequence[str]) -> bytearray:
    """Return the secret of enough shares, for the caller to zero.

    Raises: BadSharesError on a word that is none, too few, or shares that do not belong together.
    """
    from shamir_mnemonic import MnemonicError, Share, combine_mnemonics

    given = dict.fromkeys(" ".join(share.lower().split()) for share in shares if share.strip())
    if not given:
        raise BadSharesError(reason="there are too few of them")
    try:
        parsed = [Share.from_mnemonic(share) for share in given]
    except MnemonicError:
        raise BadSharesError(reason="a share has a wrong word, or is cut short") from None
    first = parsed[0]
    if any(share.identifier != first.identifier for share in parsed):
        raise BadSharesError(reason="they do not belong together")
    if len(given) < first.member_threshold:
        raise BadSharesError(reason="there are too few of them")
    try:
        return bytearray(combine_mnemonics(list(given)[: first.member_threshold]))
    except MnemonicError:
        raise BadSharesError(reason="they do not belong together") from None


def _secret_key(suite: Suite, secret: bytes | bytearray) -> bytes:
    return suite.hkdf(secret, info=b"yingbi 1 recovery secret", length=suite.key_bytes)


def _at_private(public: bytes) -> bytes:
    return place("recovery private", public)


def _at_key(at: Place) -> bytes:
    return place("recovery key", at.generation.to_bytes(8))
