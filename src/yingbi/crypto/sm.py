"""The suite `sm`: SM4-GCM, SM3, SM2 encryption and SM2 signatures, by libgcrypt."""

import hmac as hmac_module
import secrets
from typing import Any

from yingbi.crypto import gcrypt, sm2
from yingbi.crypto.contract import (
    DIGEST_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    Cipher,
    Hasher,
    InvalidTagError,
    Octets,
)
from yingbi.crypto.gcrypt import GcryptError, check, ffi, library, result, sexp, value_of, view
from yingbi.crypto.hkdf import hkdf

KEY_BYTES = 16
_PUBLIC_BYTES = sm2.POINT_BYTES
_SCALAR_BYTES = sm2.NUMBER_BYTES
_IDENTITY = b"1234567812345678"
# GB/T 32918.5: a, b and the base point of the recommended curve, as the signer's digest takes them.
_CURVE = bytes.fromhex(
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
    "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)
# libgcrypt's own encryption, used at first, took the message as a number: without this byte it
# would have dropped leading zeros unseen.
_FIRST = b"\x01"
_PUBLIC = "(public-key (ecc (curve sm2p256v1)(flags sm2)(q %b)))"
_PRIVATE = "(private-key (ecc (curve sm2p256v1)(flags sm2)(d %b)))"


class Sm4Gcm:
    """SM4-GCM under one key; the key schedule is made once, one thread at a time uses it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes, not {len(key)}")
        self._library = library()
        made = ffi.new("handle_t *")
        check(self._library.gcry_cipher_open(made, gcrypt.SM4, gcrypt.GCM, 0))
        self._handle = ffi.gc(made[0], self._library.gcry_cipher_close)
        check(self._library.gcry_cipher_setkey(self._handle, view(key), KEY_BYTES))

    def seal(self, nonce: bytes, plaintext: Octets, aad: bytes = b"") -> bytes:
        """Return ciphertext and tag."""
        sealed = bytearray(len(plaintext) + TAG_BYTES)
        self._seal(nonce, plaintext, sealed, aad)
        return bytes(sealed)

    def open(self, nonce: bytes, ciphertext: Octets, aad: bytes = b"") -> bytes:
        """Return the plaintext, or raise InvalidTagError; what failed is wiped first."""
        if len(ciphertext) < TAG_BYTES:
            raise InvalidTagError
        plaintext = bytearray(len(ciphertext) - TAG_BYTES)
        self._open(nonce, ciphertext, plaintext, aad)
        return bytes(plaintext)

    def seal_into(self, nonce: bytes, plaintext: Octets, out: memoryview) -> None:
        """Write ciphertext and tag to `out`."""
        self._seal(nonce, plaintext, out, b"")

    def open_into(self, nonce: bytes, ciphertext: Octets, out: memoryview) -> None:
        """Write the plaintext to `out`, or raise InvalidTagError; what failed is wiped first."""
        if len(ciphertext) < TAG_BYTES:
            raise InvalidTagError
        self._open(nonce, ciphertext, out, b"")

    def _seal(
        self, nonce: bytes, plaintext: Octets, sealed: bytearray | memoryview, aad: bytes
    ) -> None:
        length = len(plaintext)
        if len(sealed) != length + TAG_BYTES:
            raise ValueError("the buffer for the ciphertext has a wrong length")
        self._start(nonce, aad)
        out = ffi.from_buffer(sealed, require_writable=True)
        encrypt = self._library.gcry_cipher_encrypt
        check(encrypt(self._handle, out, length, view(plaintext), length))
        check(self._library.gcry_cipher_gettag(self._handle, out + length, TAG_BYTES))

    def _open(
        self, nonce: bytes, ciphertext: Octets, plaintext: bytearray | memoryview, aad: bytes
    ) -> None:
        length, given = len(plaintext), view(ciphertext)
        if len(ciphertext) != length + TAG_BYTES:
            raise ValueError("the buffer for the plaintext has a wrong length")
        self._start(nonce, aad)
        out = ffi.from_buffer(plaintext, require_writable=True)
        check(self._library.gcry_cipher_decrypt(self._handle, out, length, given, length))
        try:
            check(self._library.gcry_cipher_checktag(self._handle, given + length, TAG_BYTES))
        except GcryptError:
            ffi.memmove(out, bytes(length), length)
            raise InvalidTagError from None

    def _start(self, nonce: bytes, aad: bytes) -> None:
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"the nonce must have {NONCE_BYTES} bytes, not {len(nonce)}")
        check(self._library.gcry_cipher_setiv(self._handle, view(nonce), NONCE_BYTES))
        if aad:
            check(self._library.gcry_cipher_authenticate(self._handle, view(aad), len(aad)))


class Sm3:
    """SM3, or HMAC-SM3 under a key, fed piece by piece."""

    def __init__(self, key: bytes | None = None) -> None:
        self._library = library()
        made = ffi.new("handle_t *")
        flags = 0 if key is None else gcrypt.HMAC_FLAG
        check(self._library.gcry_md_open(made, gcrypt.SM3, flags))
        self._handle = ffi.gc(made[0], self._library.gcry_md_close)
        if key is not None:
            check(self._library.gcry_md_setkey(self._handle, view(key), len(key)))

    def update(self, data: Octets, /) -> None:
        """Take in more bytes."""
        self._library.gcry_md_write(self._handle, view(data), len(data))

    def digest(self) -> bytes:
        """Return the digest so far; reading closes a handle, so a copy is read."""
        copy = ffi.new("handle_t *")
        check(self._library.gcry_md_copy(copy, self._handle))
        try:
            read = self._library.gcry_md_read(copy[0], gcrypt.SM3)
            return bytes(ffi.buffer(read, DIGEST_BYTES))
        finally:
            self._library.gcry_md_close(copy[0])


class Sm:
    """The suite of Chinese commercial cryptography; needs libgcrypt 1.10 or newer.

    Making one raises LibraryMissingError where the library is not there.
    Clause: 6.2.3-1.
    """

    name = "sm"
    code = 2
    key_bytes = KEY_BYTES
    signature_bytes = 2 * _SCALAR_BYTES
    public_bytes = _PUBLIC_BYTES

    def __init__(self) -> None:
        self._library = library()

    def hash(self, data: Octets) -> bytes:
        """Return SM3 of the data."""
        digest = bytearray(DIGEST_BYTES)
        out = ffi.from_buffer(digest)
        self._library.gcry_md_hash_buffer(gcrypt.SM3, out, view(data), len(data))
        return bytes(digest)

    def hasher(self) -> Hasher:
        """Return a fresh SM3."""
        return Sm3()

    def hmac(self, key: bytes, data: Octets) -> bytes:
        """Return HMAC-SM3."""
        keyed = Sm3(key)
        keyed.update(data)
        return keyed.digest()

    def hkdf(self, secret: Octets, *, salt: bytes = b"", info: bytes, length: int) -> bytes:
        """Return bytes derived by HKDF over HMAC-SM3."""
        return hkdf(self.hmac, secret, salt=salt, info=info, length=length)

    def cipher(self, key: bytes) -> Cipher:
        """Return SM4-GCM under the key."""
        return Sm4Gcm(key)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Return ciphertext and tag of one message."""
        return Sm4Gcm(key).seal(nonce, plaintext, aad)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        """Return the plaintext of one message, or raise InvalidTagError."""
        return Sm4Gcm(key).open(nonce, ciphertext, aad)

    def new_recipient(self, *, long_kept: bool = False) -> tuple[bytes, bytes]:
        """Return an SM2 key pair: 32-byte scalar, and point as 4, x, y (65 bytes).

        long_kept changes nothing: no hybrid with SM2 is standardised yet.
        """
        private = (1 + secrets.randbelow(sm2.ORDER - 2)).to_bytes(_SCALAR_BYTES)
        return private, self._public(private)

    def wrap(self, public: bytes, secret: Octets, info: bytes) -> bytes:
        """Return C1 (65 bytes), C3 (32), C2 of SM2 over 1, the secret and SM3 of `info`."""
        return sm2.encrypt(self.hash, public, b"".join((_FIRST, secret, self.hash(info))))

    def unwrap(self, private: bytes, wrapped: bytes, info: bytes) -> bytes:
        """Return the secret, or raise InvalidTagError."""
        message = sm2.decrypt(self.hash, private, wrapped)
        if len(message) <= DIGEST_BYTES:
            raise InvalidTagError
        secret, bound_to = message[1:-DIGEST_BYTES], message[-DIGEST_BYTES:]
        bound = hmac_module.compare_digest(bound_to, self.hash(info))
        if not bound or message[:1] != _FIRST:
            raise InvalidTagError
        return secret

    def new_signer(self) -> tuple[bytes, bytes]:
        """Return an SM2 key pair as `new_recipient` does."""
        return self.new_recipient()

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Return r and s, 32 bytes each, for the usual identity 1234567812345678."""
        digest = self._signed_digest(self._public(private), message)
        with (
            sexp(_PRIVATE, private) as key,
            sexp("(data (flags sm2)(hash sm3 %b))", digest) as data,
            result(self._library.gcry_pk_sign, data, key) as signature,
        ):
            return b"".join(_fixed(signature, name, _SCALAR_BYTES) for name in ("r", "s"))

    def verify(self, public: bytes, signature: bytes, message: bytes) -> None:
        """Raise InvalidTagError unless the signature holds."""
        if len(signature) != self.signature_bytes:
            raise InvalidTagError
        sm2.check_point(public)
        r, s = signature[:_SCALAR_BYTES], signature[_SCALAR_BYTES:]
        try:
            with (
                sexp(_PUBLIC, public) as key,
                sexp("(data (flags sm2)(hash sm3 %b))", self._signed_digest(public, message)) as e,
                sexp("(sig-val (sm2 (r %b)(s %b)))", b"\0" + r, b"\0" + s) as value,
            ):
                check(self._library.gcry_pk_verify(value, e, key))
        except GcryptError:
            raise InvalidTagError from None

    def _public(self, private: bytes) -> bytes:
        with (
            sexp(_PRIVATE, private) as key,
            gcrypt.curve_context(key) as context,
            result(self._library.gcry_pubkey_get_sexp, 0, context) as public,
        ):
            return value_of(public, "q")

    def _signed_digest(self, public: bytes, message: bytes) -> bytes:
        """Return e of GB/T 32918.2: it binds the message to signer, identity and curve."""
        bits = (8 * len(_IDENTITY)).to_bytes(2)
        signer = self.hash(bits + _IDENTITY + _CURVE + public[1:])
        return self.hash(signer + message)


def _fixed(expression: Any, name: str, length: int) -> bytes:
    """Return a value at its full length: libgcrypt writes numbers without leading zeros."""
    return int.from_bytes(value_of(expression, name)).to_bytes(length)
