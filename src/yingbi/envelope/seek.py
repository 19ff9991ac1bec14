"""Reading inside one segment: its head, its leaf digests and its seal, then its chunks.

The signature covers the Merkle root, and the root covers the leaf digests that
stand in the file. So a chunk is proven by its own digest, without the others.
"""

from dataclasses import dataclass, field
from io import BufferedIOBase

from yingbi.crypto import merkle
from yingbi.crypto.contract import DIGEST_BYTES, TAG_BYTES, Octets, Suite
from yingbi.domain.part import PrivateMetadata
from yingbi.envelope.body import Body
from yingbi.envelope.cursor import Cursor
from yingbi.envelope.header import CHUNK_BYTES, take_header
from yingbi.envelope.layout import bytes_after_body, chunk_sizes, sealed_body_bytes
from yingbi.envelope.padding import check_padding
from yingbi.envelope.part import PREFIX_BYTES, read_exactly
from yingbi.envelope.reader import VerifiedHead, take_lock_bytes
from yingbi.envelope.room import room, wiped_on_failure
from yingbi.envelope.schedule import COMMIT_BYTES, payload_key
from yingbi.envelope.segment import seal_bytes

_WHAT = "a sealed part"


@dataclass(frozen=True, slots=True)
class SeekableSegment:
    """A segment of which all but the body was read and verified; `seekable_at` alone makes one.

    offset: where it begins in the file. size: from HEADER to SEAL, in bytes.
    """

    head: VerifiedHead
    offset: int
    size: int
    _body: Body = field(repr=False)

    def again(self, device_public_key: bytes) -> "SeekableSegment":
        """Return what stands in its place by now, read and verified anew."""
        file, end = self._body.file, self.offset + self.size
        return seekable_at(self.head.suite, file, self.offset, end, device_public_key)

    def check_body(self) -> None:
        """Raise SealBrokenError unless every chunk is as the device sealed it; keeps none."""
        self._body.check()

    def open(
        self, dek: Octets, spare: memoryview | None = None
    ) -> tuple[PrivateMetadata, memoryview]:
        """Return private metadata and content, whole, each chunk proven before it opens.

        spare: memory to write the content into, where it is long enough.
        Raises: SealBrokenError; then nothing has come out, and what was opened is wiped.
        """
        header, private = self.head.header, self.head.open_metadata(dek)
        fits = spare is not None and len(spare) >= header.body_bytes
        clear = spare[: header.body_bytes] if spare and fits else room(header.body_bytes)
        with wiped_on_failure(clear):
            self._open_chunks(dek, range(header.chunk_count), clear)
            check_padding(clear, private.true_length, header.what)
        return private, clear[: private.true_length].toreadonly()

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
        chunks = range(start // CHUNK_BYTES, (start + length - 1) // CHUNK_BYTES + 1)
        sizes = chunk_sizes(self.head.header)[chunks.start : chunks.stop]
        clear = room(sum(sizes) - TAG_BYTES * len(sizes))
        self._open_chunks(dek, chunks, clear)
        begin = start - chunks.start * CHUNK_BYTES
        return clear[begin : begin + length]

    def _open_chunks(self, dek: Octets, chunks: range, out: memoryview) -> None:
        self._body.open_into(payload_key(self.head.suite, dek, self.head.hh), chunks, out)


def seekable(
    suite: Suite, file: BufferedIOBase, offset: int, size: int, device_public_key: bytes
) -> SeekableSegment:
    """Return the segment that fills `size` bytes from the offset on; see `seekable_at`."""
    segment = seekable_at(suite, file, offset, offset + size, device_public_key)
    if segment.size < size:
        raise segment.head.broken("something follows its end")
    return segment


def seekable_at(
    suite: Suite, file: BufferedIOBase, offset: int, end: int, device_public_key: bytes
) -> SeekableSegment:
    """Return the segment at the offset of a file that ends at `end`, all but its body verified.

    Read are HEADER, COMMIT and a LOCK in the file (with them whatever else lies in the
    first PREFIX_BYTES, about 85 KiB, since their length is not known before), the leaf
    digests and the SEAL.
    Raises: SealBrokenError where one of them is not as the device signed it.
    """
    cursor = Cursor(read_exactly(file, offset, max(0, min(end - offset, PREFIX_BYTES))), _WHAT)
    header = take_header(cursor)
    if header.suite_code != suite.code:
        raise cursor.broken("it is of another cipher suite")
    hh = suite.hash(cursor.since(0))
    commit, lock = cursor.octets(COMMIT_BYTES), take_lock_bytes(cursor, header)
    body_at, after = cursor.position, bytes_after_body(suite, header)
    size = body_at + sealed_body_bytes(header) + after
    if size > end - offset:
        raise cursor.broken("it ends before it should: it is incomplete")
    tail = Cursor(read_exactly(file, offset + size - after, after), _WHAT)
    digests = tail.octets(DIGEST_BYTES * header.chunk_count)
    leaves = tuple(digests[n : n + DIGEST_BYTES] for n in range(0, len(digests), DIGEST_BYTES))
    seal = seal_bytes(header.chunk_count, merkle.root(suite, leaves))
    if tail.take(len(seal)) != seal:
        raise cursor.broken("a chunk of its body was altered")
    signature = tail.octets(suite.signature_bytes)
    head = VerifiedHead(suite, header, hh, commit, lock, suite.hash(seal + signature))
    head.check_signature(device_public_key, signature, seal)
    return SeekableSegment(head, offset, size, Body(head, leaves, file, offset + body_at))
