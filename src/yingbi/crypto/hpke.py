"""Recipients of the suite `intl`: HPKE (RFC 9180), base mode, single shot, with two KEMs.

X25519 for what is soon erased; MLKEM768_X25519 for what is kept so long that a quantum
computer might come before the erasing. A key's length tells its KEM, public or private.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from yingbi.crypto.contract import HYBRID_PUBLIC_BYTES, InvalidTagError, Octets

PUBLIC_BYTES = 32
_PRIVATE_BYTES = 32
_SEED_BYTES = 64
_HYBRID_PRIVATE_BYTES = _SEED_BYTES + _PRIVATE_BYTES
_LATTICE_PUBLIC_BYTES = HYBRID_PUBLIC_BYTES - PUBLIC_BYTES
_PLAIN = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_HYBRID = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)

_PublicKey = X25519PublicKey | hpke.MLKEM768X25519PublicKey
_PrivateKey = X25519PrivateKey | hpke.MLKEM768X25519PrivateKey


def new_recipient(*, long_kept: bool) -> tuple[bytes, bytes]:
    """Return a fresh private and public key.

    X25519: 32 bytes each. long_kept: MLKEM768_X25519, private: the ML-KEM seed d, z (64) and
    the X25519 key (32); public: the ML-KEM key (1184) and the X25519 key (32).
    """
    curve = X25519PrivateKey.generate()
    private, public = curve.private_bytes_raw(), curve.public_key().public_bytes_raw()
    if not long_kept:
        return private, public
    lattice = MLKEM768PrivateKey.generate()
    seed, lattice_public = lattice.private_bytes_raw(), lattice.public_key().public_bytes_raw()
    return seed + private, lattice_public + public


def wrap(public: bytes, secret: Octets, info: bytes) -> bytes:
    """Return encapsulated key (32 or 1120 bytes), ciphertext, tag; raises InvalidTagError."""
    try:
        suite, key = _public_key(public)
        return suite.encrypt(secret, key, info)
    except ValueError:
        raise InvalidTagError from None


def unwrap(private: bytes, wrapped: bytes, info: bytes) -> bytes:
    """Return the secret, or raise InvalidTagError."""
    try:
        suite, key = _private_key(private)
        return suite.decrypt(wrapped, key, info)
    except (InvalidTag, ValueError):
        raise InvalidTagError from None


def _public_key(public: bytes) -> tuple[hpke.Suite, _PublicKey]:
    if len(public) != HYBRID_PUBLIC_BYTES:
        return _PLAIN, X25519PublicKey.from_public_bytes(public)
    lattice = MLKEM768PublicKey.from_public_bytes(public[:_LATTICE_PUBLIC_BYTES])
    curve = X25519PublicKey.from_public_bytes(public[_LATTICE_PUBLIC_BYTES:])
    return _HYBRID, hpke.MLKEM768X25519PublicKey(lattice, curve)


def _private_key(private: bytes) -> tuple[hpke.Suite, _PrivateKey]:
    if len(private) != _HYBRID_PRIVATE_BYTES:
        return _PLAIN, X25519PrivateKey.from_private_bytes(private)
    lattice = MLKEM768PrivateKey.from_seed_bytes(private[:_SEED_BYTES])
    curve = X25519PrivateKey.from_private_bytes(private[_SEED_BYTES:])
    return _HYBRID, hpke.MLKEM768X25519PrivateKey(lattice, curve)
