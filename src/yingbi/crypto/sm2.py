"""SM2 encryption after GB/T 32918.4, on the points of libgcrypt.

libgcrypt's own SM2 encryption is not used. Where a coordinate of the shared point begins with
a zero byte, which is so for 1 message of 128, its C3 is the digest of other bytes than the
standard's: nobody else opens such a message, and it opens nobody else's. Messages that were
made so are still opened here.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hmac import compare_digest
from typing import Any

from yingbi.crypto.contract import DIGEST_BYTES, InvalidTagError, Octets
from yingbi.crypto.gcrypt import check, ffi, library, view

POINT_BYTES = 65
NUMBER_BYTES = 32
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_CURVE = b"sm2p256v1"
_UNSIGNED, _SECRET = 5, 1
_BITS = 8 * NUMBER_BYTES

Hash = Callable[[Octets], bytes]

ffi.cdef("""
gcry_error_t gcry_mpi_scan(handle_t *number, int format, const void *data, size_t length,
                           size_t *used);
gcry_error_t gcry_mpi_print(int format, void *out, size_t size, size_t *written, handle_t number);
handle_t gcry_mpi_new(unsigned int bits);
void gcry_mpi_release(handle_t number);
void gcry_mpi_set_flag(handle_t number, int flag);
handle_t gcry_mpi_set_ui(handle_t number, unsigned long value);
handle_t gcry_mpi_point_new(unsigned int bits);
void gcry_mpi_point_release(handle_t point);
handle_t gcry_mpi_point_set(handle_t point, handle_t x, handle_t y, handle_t z);
handle_t gcry_mpi_ec_get_point(const char *name, handle_t context, int copy);
void gcry_mpi_ec_mul(handle_t product, handle_t number, handle_t point, handle_t context);
int gcry_mpi_ec_get_affine(handle_t x, handle_t y, handle_t point, handle_t context);
""")


def check_point(public: bytes) -> None:
    """Raise InvalidTagError unless this is a point of the curve, written as 4, x, y."""
    if len(public) != POINT_BYTES or public[0] != 4:
        raise InvalidTagError
    x, y = int.from_bytes(public[1:33]), int.from_bytes(public[33:])
    on_curve = (y * y - (x * x * x - 3 * x + B)) % PRIME == 0
    if not on_curve or max(x, y) >= PRIME:
        raise InvalidTagError


def encrypt(sm3: Hash, public: bytes, message: bytes) -> bytes:
    """Return C1 (65 bytes), C3 (32) and C2, as long as the message.

    Raises: InvalidTagError where the public key is no point of the curve.
    """
    check_point(public)
    scalar = (1 + secrets.randbelow(ORDER - 1)).to_bytes(NUMBER_BYTES)
    with _curve() as context:
        sent, shared = _times(context, scalar, None), _times(context, scalar, public)
    x, y = shared[:NUMBER_BYTES], shared[NUMBER_BYTES:]
    return b"".join((b"\x04", sent, sm3(x + message + y), _masked(sm3, shared, message)))


def decrypt(sm3: Hash, private: bytes, wrapped: bytes) -> bytes:
    """Return the message of C1, C3, C2, or raise InvalidTagError."""
    point, rest = wrapped[:POINT_BYTES], wrapped[POINT_BYTES:]
    digest, hidden = rest[:DIGEST_BYTES], rest[DIGEST_BYTES:]
    check_point(point)
    if len(private) != NUMBER_BYTES or not 0 < int.from_bytes(private) < ORDER:
        raise InvalidTagError  # libgcrypt ends the whole process over some
    with _curve() as context:
        shared = _times(context, private, point)
    message = _masked(sm3, shared, hidden)
    x, y = shared[:NUMBER_BYTES], shared[NUMBER_BYTES:]
    if compare_digest(sm3(x + message + y), digest):
        return message
    # As libgcrypt 1.10 makes it: each length without leading zeros, both counted from the start.
    split = len(x.lstrip(b"\0"))
    x, y = shared[:split], shared[split : split + len(y.lstrip(b"\0"))]
    if compare_digest(sm3(x + message + y), digest):
        return message
    raise InvalidTagError


def _masked(sm3: Hash, shared: bytes, message: bytes) -> bytes:
    """Return the message under the key stream of the shared point; the way back is the same."""
    blocks = range(1, len(message) // DIGEST_BYTES + 2)
    stream = b"".join(sm3(shared + number.to_bytes(4)) for number in blocks)[: len(message)]
    return (int.from_bytes(message) ^ int.from_bytes(stream)).to_bytes(len(message))


@contextmanager
def _curve() -> Iterator[Any]:
    """Give the curve; it holds room for its reckoning, so it is one thread's own."""
    made = ffi.new("handle_t *")
    check(library().gcry_mpi_ec_new(made, ffi.NULL, _CURVE))
    try:
        yield made[0]
    finally:
        library().gcry_ctx_release(made[0])


def _times(context: Any, scalar: bytes, point: bytes | None) -> bytes:
    """Return x and y of scalar times point, 64 bytes; of the base point where it is None.

    The scalar is marked as a secret: then libgcrypt's steps do not depend on its bits.
    Raises: InvalidTagError where nothing but the point at infinity comes out.
    """
    product = _owned(library().gcry_mpi_point_new(_BITS), library().gcry_mpi_point_release)
    number = _number(scalar)
    library().gcry_mpi_set_flag(number, _SECRET)
    library().gcry_mpi_ec_mul(product, number, _point(context, point), context)
    x, y = _number(bytes(NUMBER_BYTES)), _number(bytes(NUMBER_BYTES))
    if library().gcry_mpi_ec_get_affine(x, y, product, context):
        raise InvalidTagError
    return _written(x) + _written(y)


def _point(context: Any, point: bytes | None) -> Any:
    release = library().gcry_mpi_point_release
    if point is None:
        return _owned(library().gcry_mpi_ec_get_point(b"g", context, 1), release)
    x, y, z = _number(point[1:33]), _number(point[33:]), _number(b"\x01")
    return _owned(library().gcry_mpi_point_set(ffi.NULL, x, y, z), release)


def _number(data: bytes) -> Any:
    made = ffi.new("handle_t *")
    check(library().gcry_mpi_scan(made, _UNSIGNED, view(data), len(data), ffi.NULL))
    return _owned(made[0], library().gcry_mpi_release)


def _owned(handle: Any, release: Any) -> Any:
    return ffi.gc(handle, release)


def _written(number: Any) -> bytes:
    """Return a number of the curve at its full length; libgcrypt leaves leading zeros out."""
    out, used = bytearray(NUMBER_BYTES), ffi.new("size_t *")
    size = NUMBER_BYTES
    check(library().gcry_mpi_print(_UNSIGNED, ffi.from_buffer(out), size, used, number))
    return bytes(NUMBER_BYTES - used[0]) + bytes(out[: used[0]])
