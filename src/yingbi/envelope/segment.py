"""Writing one segment: HEADER, COMMIT, BODY, leaf digests, SEAL."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from yingbi.crypto import merkle
from yingbi.crypto.contract import TAG_BYTES, Octets, Suite
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.header import CHUNK_BYTES, MAX_BODY_BYTES, Header, may_exist
from yingbi.envelope.layout import bytes_after_lock, sealed_body_bytes
from yingbi.envelope.padding import padded_chunks
from yingbi.envelope.private import seal_private, sealed_bytes
from yingbi.envelope.room import room, settled
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
    content: Octets = field(repr=False)
    lock: bytes = field(repr=False)
    seal_digest: bytes
    merkle_root: bytes


def seal_segment(
    suite: Suite,
    dek: Octets,
    place: Place,
    private: PrivateMetadata,
    content: Octets,
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
    header = _header(suite, dek, place, private, padded_to, detached=detached)
    hh = header.digest(suite)
    commit = commitment(suite, dek, hh)
    lock = make_lock(header.lock_context(hh))
    head = header.encode() + commit + (b"" if detached else lock)
    whole = room(len(head) + bytes_after_lock(suite, header))
    body_end = len(head) + sealed_body_bytes(header)
    body = whole[len(head) : body_end]
    leaves = _seal_body(suite, payload_key(suite, dek, hh), content, padded_to, body)
    root = merkle.root(suite, leaves)
    seal = seal_bytes(header.chunk_count, root)
    seal += sign(signed_message(hh, commit, seal))
    whole[: len(head)] = head
    whole[body_end:] = b"".join(leaves) + seal
    return Sealed(header, settled(whole), lock, suite.hash(seal), root)


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


def _seal_body(
    suite: Suite, key: bytes, content: Octets, size: int, out: memoryview
) -> list[bytes]:
    """Write the sealed chunks to `out` and return their leaf digests.

    Each chunk is hashed right after it was encrypted, while the processor's cache holds it.
    """
    cipher, leaves, at = suite.cipher(key), [], 0
    for index, clear in enumerate(padded_chunks(content, size, CHUNK_BYTES)):
        sealed = out[at : at + len(clear) + TAG_BYTES]
        at += len(sealed)
        cipher.seal_into(nonce(index, last=at == len(out)), clear, sealed)
        leaves.append(merkle.leaf_hash(suite, sealed))
    return leaves
