"""HKDF (RFC 5869) over whatever HMAC a suite has."""

from collections.abc import Callable

from yingbi.crypto.contract import DIGEST_BYTES, Octets


def hkdf(
    hmac: Callable[[bytes, Octets], bytes], secret: Octets, *, salt: bytes, info: bytes, length: int
) -> bytes:
    """Return `length` bytes, at most 255 digests of them.

    hmac: takes key and data, returns 32 bytes.
    Raises: ValueError on a length out of range.
    """
    if not 0 < length <= 255 * DIGEST_BYTES:
        raise ValueError(f"HKDF gives 1 to {255 * DIGEST_BYTES} bytes, not {length}")
    inner = hmac(salt or bytes(DIGEST_BYTES), secret)
    block, derived = b"", b""
    for counter in range(1, -(-length // DIGEST_BYTES) + 1):
        block = hmac(inner, block + info + bytes([counter]))
        derived += block
    return derived[:length]
