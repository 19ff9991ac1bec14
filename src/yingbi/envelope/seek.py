"""Reading inside one segment: its head, its leaf digests and its seal, then single chunks.

The signature covers the Merkle root, and the root covers the leaf digests that
stand in the file. So a chunk is proven by its own digest, without the others.
"""

from dataclasses import dataclass, field
from io import BufferedIOBase

from yingbi.crypto import merkle
from yingbi.crypto.contract import DIGEST_BYTES, TAG_BYTES, InvalidTagError, Octets, Suite
from yingbi.domain.part import PrivateMetadata
from yingbi.envelope.cursor import Cursor
from yingbi.envelope.header import CHUNK_BYTES, take_header
from yingbi.envelope.layout import (
    SEALED_CHUNK_BYTES,
    bytes_after_body,
    chunk_sizes,
    sealed_body_bytes,
)
from yingbi.envelope.part import PREFIX_BYTES, read_exactly
from yingbi.envelope.reader import VerifiedHead, take_lock_bytes
from yingbi.envelope.room import room, wiped_on_failure
from yingbi.envelope.schedule import COMMIT_BYTES, payload_key
from yingbi.envelope.segment import nonce, seal_bytes
from yingbi.errors import SealBrokenError

_WHAT = "a sealed part"


@dataclass(frozen=True, slots=True)
class SeekableSegment:
    """A segment of which all but the body was read and verified; `seekable` alone makes one.

    leaves: digests of the sealed chunks, proven by the signature.
    """

    head: VerifiedHead
    leaves: tuple[bytes, ...] = field(repr=False)
    _file: BufferedIOBase = field(repr=False)
    _body_at: int

    def open_span(
        self, dek: Octets, private: PrivateMetadata, start: int, length: int
    ) -> memoryview:
        """Return `length` bytes of the content from `start` on, each chunk proven before it opens.

        private: the segment's own, as `head.open_metadata` gives it.
        Raises: ValueError on a span beyond the content; SealBrokenError where a needed
            chunk is not as the device signed it: then nothing has come out.
        """
        if not 0 <= start < start + length <= private.true_length:
            raise ValueError(f"there are no {length} bytes from {start} on")
        first, last = start // CHUNK_BYTES, (start + length - 1) // CHUNK_BYTES
        sizes = chunk_sizes(self.head.header)[first : last + 1]
        sealed = read_exactly(self._file, self._body_at + first * SEALED_CHUNK_BYTES, sum(sizes))
        clear = room(sum(sizes) - TAG_BYTES * len(sizes))
        with wiped_on_failure(clear):
            self._open_chunks(dek, first, sizes, sealed, clear)
        begin = start - first * CHUNK_BYTES
        return clear[begin : begin + length]

    def _open_chunks(
        self, dek: Octets, first: int, sizes: list[int], sealed: memoryview, out: memoryview
    ) -> None:
        suite, header = self.head.suite, self.head.header
        cipher, at, to = suite.cipher(payload_key(suite, dek, self.head.hh)), 0, 0
        for index, size in enumerate(sizes, start=first):
            chunk, end = sealed[at : at + size], to + size - TAG_BYTES
            if merkle.leaf_hash(suite, chunk) != self.leaves[index]:
                reason = "a chunk of its body was altered"
                raise SealBrokenError(what=header.what, reason=reason)
            try:
                last = index == header.chunk_count - 1
                cipher.open_into(nonce(index, last=last), chunk, out[to:end])
            except InvalidTagError:
                reason = "a chunk of its body does not open"
                raise SealBrokenError(what=header.what, reason=reason) from None
            at, to = at + size, end


def seekable(
    suite: Suite, file: BufferedIOBase, offset: int, size: int, device_public_key: bytes
) -> SeekableSegment:
    """Return the segment that fills `size` bytes from the offset on, all but its body verified.

    Read are HEADER, COMMIT and a LOCK in the file (with them whatever else lies in the
    first PREFIX_BYTES, about 85 KiB, since their length is not known before), the leaf
    digests and the SEAL.
    Raises: SealBrokenError where one of them is not as the device signed it.
    """
    cursor = Cursor(read_exactly(file, offset, min(size, PREFIX_BYTES)), _WHAT)
    header = take_header(cursor)
    if header.suite_code != suite.code:
        raise cursor.broken("it is of another cipher suite")
    hh = suite.hash(cursor.since(0))
    commit, lock = cursor.octets(COMMIT_BYTES), take_lock_bytes(cursor, header)
    body_at, after = cursor.position, bytes_after_body(suite, header)
    promised = body_at + sealed_body_bytes(header) + after
    if promised > size:
        raise cursor.broken("it ends before it should: it is incomplete")
    if promised < size:
        raise cursor.broken("something follows its end")
    tail = Cursor(read_exactly(file, offset + size - after, after), _WHAT)
    digests = tail.octets(DIGEST_BYTES * header.chunk_count)
    leaves = tuple(digests[n : n + DIGEST_BYTES] for n in range(0, len(digests), DIGEST_BYTES))
    seal = seal_bytes(header.chunk_count, merkle.root(suite, leaves))
    if tail.take(len(seal)) != seal:
        raise cursor.broken("a chunk of its body was altered")
    signature = tail.octets(suite.signature_bytes)
    head = VerifiedHead(suite, header, hh, commit, lock, suite.hash(seal + signature))
    head.check_signature(device_public_key, signature, seal)
    return SeekableSegment(head, leaves, file, offset + body_at)
