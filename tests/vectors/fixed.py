"""The two suites with their randomness fixed, so that vectors come out the same each time.

HPKE and SM2 are written here a second time, plainly and slowly, from RFC 9180 and
GB/T 32918: what they make is opened by the real suites, which checks both.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from mlkem import encapsulate

from yingbi.crypto.intl import Intl
from yingbi.crypto.sm import Sm

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)


class Stream:
    """Bytes that only the seed decides."""

    def __init__(self, seed):
        self.seed, self.count = seed.encode(), 0

    def __call__(self, length):
        out = b""
        while len(out) < length:
            self.count += 1
            out += hashlib.sha256(self.seed + self.count.to_bytes(8)).digest()
        return out[:length]

    def scalar(self):
        return 1 + int.from_bytes(self(40)) % (N - 2)


class FixedIntl(Intl):
    """`intl` with ephemeral keys from a stream."""

    def __init__(self, stream):
        self.stream = stream

    def new_recipient(self, *, long_kept=False):
        curve = X25519PrivateKey.from_private_bytes(self.stream(32))
        private, public = curve.private_bytes_raw(), curve.public_key().public_bytes_raw()
        if long_kept:
            lattice = MLKEM768PrivateKey.from_seed_bytes(self.stream(64))
            private = lattice.private_bytes_raw() + private
            public = lattice.public_key().public_bytes_raw() + public
        return private, public

    def new_signer(self):
        private = Ed25519PrivateKey.from_private_bytes(self.stream(32))
        return private.private_bytes_raw(), private.public_key().public_bytes_raw()

    def wrap(self, public, secret, info):
        """HPKE base mode, single shot, with HKDF-SHA256 and AES-256-GCM."""
        kem, encapsulated, shared = self._hybrid(public) if len(public) > 32 else self._dh(public)
        whole = b"HPKE" + kem.to_bytes(2) + b"\x00\x01\x00\x02"
        context = b"\x00" + self._extract(whole, b"", b"psk_id_hash", b"")
        context += self._extract(whole, b"", b"info_hash", info)
        pseudo = self._extract(whole, shared, b"secret", b"")
        key = self._expand(whole, pseudo, b"key", context, 32)
        nonce = self._expand(whole, pseudo, b"base_nonce", context, 12)
        return encapsulated + AESGCM(key).encrypt(nonce, secret, b"")

    def _exchange(self, public):
        ephemeral = X25519PrivateKey.from_private_bytes(self.stream(32))
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
        return ephemeral.public_key().public_bytes_raw(), shared

    def _dh(self, public):
        """DHKEM(X25519, HKDF-SHA256)."""
        kem, (encapsulated, shared) = b"KEM\x00\x20", self._exchange(public)
        pseudo = self._extract(kem, b"", b"eae_prk", shared)
        bound = encapsulated + public
        return 0x20, encapsulated, self._expand(kem, pseudo, b"shared_secret", bound, 32)

    def _hybrid(self, public):
        """MLKEM768-X25519: both secrets, and what binds them, through SHA3-256."""
        secret, lattice = encapsulate(public[:1184], self.stream(32))
        encapsulated, shared = self._exchange(public[1184:])
        bound = secret + shared + encapsulated + public[1184:] + b"\\.//^\\"
        return 0x647A, lattice + encapsulated, hashlib.sha3_256(bound).digest()

    def _extract(self, suite_id, salt, label, key):
        return self.hmac(salt or bytes(32), b"HPKE-v1" + suite_id + label + key)

    def _expand(self, suite_id, pseudo, label, info, length):
        labelled = length.to_bytes(2) + b"HPKE-v1" + suite_id + label + info
        return self.hmac(pseudo, labelled + b"\x01")[:length]


def add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    if one == other:
        slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) % P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P) % P
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def times(k, point):
    total = None
    while k:
        total = add(total, point) if k & 1 else total
        point, k = add(point, point), k >> 1
    return total


def octets(point):
    return b"\x04" + point[0].to_bytes(32) + point[1].to_bytes(32)


class FixedSm(Sm):
    """`sm` with the numbers k from a stream."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream

    def new_recipient(self, *, long_kept=False):
        private = self.stream.scalar()
        return private.to_bytes(32), octets(times(private, G))

    def new_signer(self):
        return self.new_recipient()

    def wrap(self, public, secret, info):
        message, k = b"\x01" + bytes(secret) + self.hash(info), self.stream.scalar()
        point = int.from_bytes(public[1:33]), int.from_bytes(public[33:])
        x, y = (n.to_bytes(32) for n in times(k, point))
        mask = b"".join(self.hash(x + y + n.to_bytes(4)) for n in range(1, len(message) // 32 + 2))
        hidden = bytes(a ^ b for a, b in zip(message, mask, strict=False))
        return octets(times(k, G)) + self.hash(x + message + y) + hidden

    def sign(self, private, message):
        d, k = int.from_bytes(private), self.stream.scalar()
        curve = b"".join(n.to_bytes(32) for n in (A, B, *G, *times(d, G)))
        signer = self.hash((128).to_bytes(2) + b"1234567812345678" + curve)
        e = int.from_bytes(self.hash(signer + message))
        r = (e + times(k, G)[0]) % N
        s = pow(1 + d, -1, N) * (k - r * d) % N
        return r.to_bytes(32) + s.to_bytes(32)


class OpensslSm(FixedSm):
    """`sm` whose keys are wrapped by somebody else.

    encrypt: takes message and point, returns the ciphertext as OpenSSL writes it, DER:
        SEQUENCE of the numbers x and y of C1, and the strings C3 and C2.
    """

    def __init__(self, stream, encrypt):
        super().__init__(stream)
        self.encrypt = encrypt

    def wrap(self, public, secret, info):
        message = b"\x01" + bytes(secret) + self.hash(info)
        x, y, digest, hidden = der_values(self.encrypt(message, public))
        point = octets((int.from_bytes(x), int.from_bytes(y)))
        return point + digest + hidden


def der_values(sequence):
    """Return the contents of what stands in a DER sequence of less than 256 bytes."""
    rest = sequence[3:] if sequence[1] == 0x81 else sequence[2:]
    values = []
    while rest:
        values.append(rest[2 : 2 + rest[1]])
        rest = rest[2 + rest[1] :]
    return values


def fixed_suite(name, seed):
    """Return the suite with all its randomness taken from the seed."""
    return {"intl": FixedIntl, "sm": FixedSm}[name](Stream(seed))
