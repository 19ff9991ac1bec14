"""A sealed cell: one small value encrypted in a database, bound to its place."""

import os

from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.errors import SealBrokenError

_NONCE = 12


def place(use: str, *ids: bytes) -> bytes:
    """Return the name of a cell's place; a cell moved elsewhere does not open."""
    parts = [use.encode(), *ids]
    return b"yingbi 1" + b"".join(len(part).to_bytes(4) + part for part in parts)


def seal_cell(suite: Suite, key: bytes, content: bytes, at: bytes) -> bytes:
    """Return nonce, ciphertext and tag under a nonce drawn at random."""
    nonce = os.urandom(_NONCE)
    return nonce + suite.seal(key, nonce, content, at)


def open_cell(suite: Suite, key: bytes, cell: bytes, at: bytes, *, what: str) -> bytes:
    """Return the content, or raise SealBrokenError naming `what`."""
    broken = SealBrokenError(what=what, reason="its row was altered or moved")
    if len(cell) < _NONCE:
        raise broken
    try:
        return suite.open(key, bytes(cell[:_NONCE]), bytes(cell[_NONCE:]), at)
    except InvalidTagError:
        raise broken from None
