"""What a suite of ciphers can do, whatever its ciphers are called."""

from typing import Protocol

NONCE_BYTES = 12
TAG_BYTES = 16
DIGEST_BYTES = 32
HYBRID_PUBLIC_BYTES = 1216
"""Length of a long-kept recipient's public key; no other kind of key has it."""

Octets = bytes | bytearray | memoryview
"""Bytes to read; a secret is best held in a bytearray, which can be zeroed."""


class InvalidTagError(Exception):
    """A tag, signature or wrapped key does not verify; nothing comes out."""


class Hasher(Protocol):
    """A hash that is fed piece by piece, by one thread."""

    def update(self, data: Octets, /) -> None:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """Return the 32-byte digest of what was taken in so far."""


class Cipher(Protocol):
    """An AEAD under one key, for many messages, used by one thread at a time."""

    def seal(self, nonce: bytes, plaintext: Octets, aad: bytes = b"") -> bytes:
        """Return ciphertext and 16-byte tag; a nonce is 12 bytes and never used twice."""

    def open(self, nonce: bytes, ciphertext: Octets, aad: bytes = b"") -> bytes:
        """Return the plaintext, or raise InvalidTagError."""

    def seal_into(self, nonce: bytes, plaintext: Octets, out: memoryview) -> None:
        """Write ciphertext and tag to `out`, which is 16 bytes longer than the plaintext."""

    def open_into(self, nonce: bytes, ciphertext: Octets, out: memoryview) -> None:
        """Write the plaintext to `out`, 16 bytes shorter than the ciphertext.

        Raises: InvalidTagError; what `out` then holds is not to be used.
        """


class Suite(Protocol):
    """One family of ciphers. All keys, digests and signatures are raw bytes.

    Clause: 6.2.3-1.
    """

    @property
    def name(self) -> str:
        """The suite's name in settings and commands: "intl" or "sm"."""

    @property
    def code(self) -> int:
        """The suite's number in sealed files."""

    @property
    def key_bytes(self) -> int:
        """Length of an AEAD key."""

    @property
    def signature_bytes(self) -> int:
        """Length of a signature."""

    @property
    def public_bytes(self) -> int:
        """Length of a public key of a recipient that is not long kept."""

    def hash(self, data: Octets) -> bytes:
        """Return the 32-byte digest."""

    def hasher(self) -> Hasher:
        """Return a fresh hash to feed piece by piece."""

    def hmac(self, key: bytes, data: Octets) -> bytes:
        """Return the 32-byte HMAC."""

    def hkdf(self, secret: Octets, *, salt: bytes = b"", info: bytes, length: int) -> bytes:
        """Return `length` bytes derived after RFC 5869."""

    def cipher(self, key: bytes) -> Cipher:
        """Return the AEAD under a key, set up once for many messages."""

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Return ciphertext and 16-byte tag of one message."""

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
        """Return the plaintext of one message, or raise InvalidTagError."""

    def new_recipient(self, *, long_kept: bool = False) -> tuple[bytes, bytes]:
        """Return a fresh private and public key for `wrap`; their lengths tell their kind.

        long_kept: what is wrapped will be kept for years, so that a suite with a hybrid
            KEM uses it; "sm" has none and gives its usual kind.
        """

    def wrap(self, public: bytes, secret: Octets, info: bytes) -> bytes:
        """Return the secret encrypted to the public key and bound to `info`.

        Raises: InvalidTagError where the public key is none.
        """

    def unwrap(self, private: bytes, wrapped: bytes, info: bytes) -> bytes:
        """Return the secret, or raise InvalidTagError."""

    def new_signer(self) -> tuple[bytes, bytes]:
        """Return a fresh private and public key for `sign`."""

    def sign(self, private: bytes, message: bytes) -> bytes:
        """Return the signature of the message."""

    def verify(self, public: bytes, signature: bytes, message: bytes) -> None:
        """Raise InvalidTagError unless the signature is of this message by this key."""
