"""The suite `intl`: AES-256-GCM, SHA-256, HPKE with X25519 or MLKEM768_X25519, Ed25519."""

import hashlib
import hmac as hmac_module

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yingbi.crypto import hpke
from yingbi.crypto.contract import NONCE_BYTES, Cipher, Hasher, InvalidTagError, Octets
from yingbi.crypto.hkdf import hkdf

KEY_BYTES = 32


class AesGcm:
    """AES-256-GCM under one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes, not {len(key)}")
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, plaintext: Octets, aad: bytes = b"") -> bytes:
        """Return ciphertext and tag."""
        _check_nonce(nonce)
        return self._aead.encrypt(nonce, plaintext, aad)

    def open(self, nonce: bytes, ciphertext: Octets, aad: bytes = b"") -> bytes:
        """Return the plaintext, or raise InvalidTagError."""
        _check_nonce(nonce)
        try:
            return self._aead.decrypt(nonce, ciphertext, aad)
        except InvalidTag:
            raise InvalidTagError from None

    def seal_into(self, nonce: bytes, plaintext: Octets, out: memoryview) -> None:
        """Write ciphertext and tag to `out`."""
        _check_nonce(nonce)
        self._aead.encrypt_into(nonce, plaintext, None, out)

    def open_into(self, nonce: bytes, ciphertext: Octets, out: memoryview) -> None:
        """Write the plaintext to `out`, or raise InvalidTagError."""
        _check_nonce(nonce)
        try:
            self._aead.decrypt_into(nonce, ciphertext, None, out)
        except InvalidTag:
            raise InvalidTagError from None


class Intl:
    """The suite of the wider world; needs nothing but the `cryptography` package.

    Clause: 6.2.3-1.
    """

    name = "intl"
    code = 1
    key_bytes = KEY_BYTES
    signature_bytes = 64
    public_bytes = hpke.PUBLIC_BYTES

    def hash(self, data: Octets) -> bytes:
        """Return SHA-256 of the data."""
        return hashlib.sha256(data).digest()

    def hasher(self) -> Hasher:
        """Return a fresh SHA-256."""
        return hashlib.sha256()

    def hmac(self, key: bytes, data: Octets) -> bytes:
        """Return HMAC-SHA-256."""
        return hmac_module.digest(key, data, "sha256")

    def hkdf(self, secret: Octets, *, salt: bytes = b"", info: bytes, length: int) -> bytes:
        """Return bytes derived by HKDF-SHA-256."""
        return hkdf(self.hmac, secret, salt=salt, info=info, length=length)

    def cipher(self, key: bytes) -> Cipher:
        """Return AES-256-GCM under the key."""
        return AesGcm(key)

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Return ciphertext and tag of one message."""
        return AesGcm(key).seal(nonce, plaintext, aad)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        """Return the plaintext of one message, or raise InvalidTagError."""
        return AesGcm(key).open(nonce, ciphertext, aad)

    def new_recipient(self, *, long_kept: bool = False) -> tuple[bytes, bytes]:
        """Return an X25519 key pair (32 bytes each), or an MLKEM768_X25519 one (96 and 1216)."""
        return hpke.new_recipient(long_kept=long_kept)

    def wrap(self, public: bytes, secret: Octets, info: bytes) -> bytes:
        """Return encapsulated key (32 or 1120 bytes), ciphertext, tag; the key tells the KEM."""
        return hpke.wrap(public, secret, info)

    def unwrap(self, private: bytes, wrapped: bytes, info: bytes) -> bytes:
        """Return the secret, or raise InvalidTagError."""
        return hpke.unwrap(private, wrapped, info)

    def new_signer(self) -> tuple[bytes, bytes]:
        """Return an Ed25519 key pair, 32 bytes each."""
        private = Ed25519PrivateKey.generate()
        return private.private_bytes_raw(), private.public_key().public_bytes_raw()

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature."""
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)

    def verify(self, public: bytes, signature: bytes, message: bytes) -> None:
        """Raise InvalidTagError unless the signature holds."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise InvalidTagError from None


def _check_nonce(nonce: bytes) -> None:
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"the nonce must have {NONCE_BYTES} bytes, not {len(nonce)}")
