"""Writing one segment: HEADER, COMMIT, BODY, leaf digests, SEAL."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from yingbi.crypto import merkle
from yingbi.crypto.contract import Octets, Suite
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.header import CHUNK_BYTES, MAX_BODY_BYTES, Header, may_exist
from yingbi.envelope.padding import padded
from yingbi.envelope.private import seal_private, sealed_bytes
from yingbi.envelope.schedule import commitment, payload_key

_INDEX_BYTES = 11


@dataclass(frozen=True, slots=True)
class Place:
    """Where a segment stands: whose, in which part, after which segment, under which key."""

    level: Level
    part: PartKind
    controller_id: UUID
    box_id: UUID
    object_id: UUID
    segment_id: UUID
    number: int
    key_epoch: int
    retention: int
    device_id: bytes
    previous: bytes
    live: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """A finished segment, and what its neighbours need of it.

    content: the segment's bytes. lock: written by `make_lock`, kept elsewhere unless
        the segment holds it. seal_digest: for the next segment. merkle_root: for the log.
    """

    header: Header
    content: bytes = field(repr=False)
    lock: bytes = field(repr=False)
    seal_digest: bytes
    merkle_root: bytes


def seal_segment(
    suite: Suite,
    dek: Octets,
    place: Place,
    private: PrivateMetadata,
    content: bytes,
    *,
    padded_to: int,
    sign: Callable[[bytes], bytes],
    make_lock: Callable[[bytes], bytes],
    detached: bool = True,
) -> Sealed:
    """Return the sealed segment.

    dek: 32 fresh random bytes, for this segment alone.
    padded_to: length of the body; at most 64 MiB.
    sign: the device's signature of a message. make_lock: the LOCK for a lock context.
    Raises: ValueError where something does not fit, the level forbids the part, or
        the private metadata names another length than the content has.
    """
    if private.true_length != len(content):
        raise ValueError("the private metadata names another length")
    if padded_to > MAX_BODY_BYTES or not may_exist(place.part, place.level):
        raise ValueError("such a segment cannot exist")
    body = padded(content, padded_to)
    header = _header(suite, dek, place, private, len(body), detached=detached)
    hh = header.digest(suite)
    commit = commitment(suite, dek, hh)
    lock = make_lock(header.lock_context(hh))
    chunks = _chunks(suite, payload_key(suite, dek, hh), body, header.chunk_count)
    leaves = [merkle.leaf_hash(suite, chunk) for chunk in chunks]
    root = merkle.root(suite, leaves)
    seal = seal_bytes(header.chunk_count, root)
    seal += sign(signed_message(hh, commit, seal))
    parts = [header.encode(), commit, b"" if detached else lock, *chunks, *leaves, seal]
    return Sealed(header, b"".join(parts), lock, suite.hash(seal), root)


def seal_bytes(chunk_count: int, root: bytes) -> bytes:
    """Return the SEAL without its signature: number of chunks (4) and Merkle root (32)."""
    return chunk_count.to_bytes(4) + root


def signed_message(hh: bytes, commit: bytes, seal: bytes) -> bytes:
    """Return what a device signs: a label, hh, COMMIT, number of chunks, Merkle root."""
    return b"YBV1 seal " + hh + commit + seal


def nonce(index: int, *, last: bool) -> bytes:
    """Return a chunk's nonce: its index (11 bytes), and 1 for the last chunk, else 0."""
    return index.to_bytes(_INDEX_BYTES) + bytes((last,))


def _header(
    suite: Suite, dek: Octets, place: Place, private: PrivateMetadata, body: int, *, detached: bool
) -> Header:
    draft = Header(
        suite_code=suite.code,
        **{name: getattr(place, name) for name in place.__slots__},
        body_bytes=body,
        sealed_private=bytes(sealed_bytes(private)),
        detached=detached,
    )
    sealed = seal_private(suite, dek, draft.clear(), private)
    return replace(draft, sealed_private=sealed)


def _chunks(suite: Suite, key: bytes, body: bytes, count: int) -> list[bytes]:
    cipher, view = suite.cipher(key), memoryview(body)
    return [
        cipher.seal(nonce(i, last=i == count - 1), view[i * CHUNK_BYTES : (i + 1) * CHUNK_BYTES])
        for i in range(count)
    ]
