"""Key schedule: everything a segment needs, derived from its DEK by HKDF.

A label tells the uses apart and names the suite; the salt binds each key to its header.
"""

from yingbi.crypto.contract import Octets, Suite

DEK_BYTES = 32
COMMIT_BYTES = 32


def meta_key(suite: Suite, dek: Octets, clear_header: bytes) -> bytes:
    """Return K_meta, for the private metadata.

    It cannot be bound to hh, since hh covers what it seals; it is bound to the
    digest of all header bytes before the private metadata.
    """
    return _derive(suite, dek, suite.hash(clear_header), b"meta", suite.key_bytes)


def payload_key(suite: Suite, dek: Octets, hh: bytes) -> bytes:
    """Return K_payload, for the chunks, bound to the whole header."""
    return _derive(suite, dek, hh, b"payload", suite.key_bytes)


def commitment(suite: Suite, dek: Octets, hh: bytes) -> bytes:
    """Return COMMIT: no other DEK gives it, while GCM alone opens under several keys."""
    return _derive(suite, dek, hh, b"commit", COMMIT_BYTES)


def lock_mac(suite: Suite, dek: Octets, context: bytes, recipients: bytes) -> bytes:
    """Return the MAC of a lock over its bytes, bound to the lock's context."""
    key = _derive(suite, dek, suite.hash(context), b"lock", COMMIT_BYTES)
    return suite.hmac(key, recipients)


def _derive(suite: Suite, dek: Octets, salt: bytes, label: bytes, length: int) -> bytes:
    if len(dek) != DEK_BYTES:
        raise ValueError(f"a DEK has {DEK_BYTES} bytes, not {len(dek)}")
    info = b"YBV1 " + label + b" " + suite.name.encode()
    return suite.hkdf(dek, salt=salt, info=info, length=length)
