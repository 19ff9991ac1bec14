"""Reading one segment: parse, then verify, then open; no step can be left out.

`SegmentReader` has only been parsed. `verify` gives a `VerifiedSegment`, and
only that can be opened, whole or not at all.
"""

from dataclasses import dataclass, field
from hmac import compare_digest

from yingbi.crypto import merkle
from yingbi.crypto.contract import DIGEST_BYTES, TAG_BYTES, InvalidTagError, Octets, Suite
from yingbi.domain.part import PrivateMetadata
from yingbi.envelope.cursor import Cursor
from yingbi.envelope.header import Header, take_header
from yingbi.envelope.layout import chunk_sizes
from yingbi.envelope.lock import take_lock
from yingbi.envelope.padding import check_padding
from yingbi.envelope.private import open_private
from yingbi.envelope.room import room, settled, wiped_on_failure
from yingbi.envelope.schedule import COMMIT_BYTES, commitment, payload_key
from yingbi.envelope.segment import nonce, seal_bytes, signed_message
from yingbi.errors import SealBrokenError


@dataclass(frozen=True, slots=True)
class SegmentReader:
    """A parsed segment. Nothing in it is to be believed before `verify`.

    hh: digest of the header. lock: the LOCK where the file holds it, else None.
    seal_digest: what the next segment must name as its previous. size: in bytes.
    """

    suite: Suite = field(repr=False)
    header: Header
    hh: bytes
    commit: bytes = field(repr=False)
    lock: bytes | None = field(repr=False)
    chunks: tuple[memoryview, ...] = field(repr=False)
    leaves: tuple[bytes, ...] = field(repr=False)
    merkle_root: bytes
    signature: bytes = field(repr=False)
    seal_digest: bytes
    size: int

    @classmethod
    def parse(cls, suite: Suite, data: Octets) -> "SegmentReader":
        """Return the segment that fills the data; raises SealBrokenError."""
        cursor = Cursor(memoryview(data), "a sealed segment")
        segment = take_segment(suite, cursor)
        cursor.end()
        return segment

    def verify(self, device_public_key: bytes) -> "VerifiedSegment":
        """Return the segment, shown to be as the device sealed it; needs no secret.

        Raises: SealBrokenError where any byte is not as it was signed. A lock in
            the file is not signed: its own MAC guards it.
        """
        leaves = tuple(merkle.leaf_hash(self.suite, chunk) for chunk in self.chunks)
        if leaves != self.leaves or merkle.root(self.suite, leaves) != self.merkle_root:
            raise self.broken("a chunk of its body was altered")
        seal = seal_bytes(len(leaves), self.merkle_root)
        head = VerifiedHead(
            self.suite, self.header, self.hh, self.commit, self.lock, self.seal_digest
        )
        head.check_signature(device_public_key, self.signature, seal)
        return VerifiedSegment(head, self.chunks)

    def broken(self, reason: str) -> SealBrokenError:
        """Return the error to raise for this segment."""
        return SealBrokenError(what=self.header.what, reason=reason)


@dataclass(frozen=True, slots=True)
class VerifiedHead:
    """What is left of a verified segment without its body."""

    suite: Suite = field(repr=False)
    header: Header
    hh: bytes
    commit: bytes = field(repr=False)
    lock: bytes | None = field(repr=False)
    seal_digest: bytes

    def check_signature(self, device_public_key: bytes, signature: bytes, seal: bytes) -> None:
        """Raise SealBrokenError unless the device signed this head and the seal before it."""
        try:
            message = signed_message(self.hh, self.commit, seal)
            self.suite.verify(device_public_key, signature, message)
        except InvalidTagError:
            raise self.broken("the device's signature does not hold") from None

    @property
    def lock_context(self) -> bytes:
        """What this segment's lock must be bound to."""
        return self.header.lock_context(self.hh)

    def open_metadata(self, dek: Octets) -> PrivateMetadata:
        """Return the private metadata; raises SealBrokenError where the key is not its own."""
        if not compare_digest(commitment(self.suite, dek, self.hh), self.commit):
            raise self.broken("the key is not the one it was sealed with")
        sealed, what = self.header.sealed_private, self.header.what
        return open_private(self.suite, dek, self.header.clear(), sealed, what)

    def broken(self, reason: str) -> SealBrokenError:
        """Return the error to raise for this segment."""
        return SealBrokenError(what=self.header.what, reason=reason)


@dataclass(frozen=True, slots=True)
class VerifiedSegment:
    """A segment that is as its device sealed it; only `SegmentReader.verify` makes one."""

    head: VerifiedHead
    chunks: tuple[memoryview, ...] = field(repr=False)

    def open(self, dek: Octets) -> tuple[PrivateMetadata, Octets]:
        """Return private metadata and content, whole and verified.

        Raises: SealBrokenError; then nothing has come out, and what was opened is wiped.
        """
        head, what = self.head, self.head.header.what
        private = head.open_metadata(dek)
        body = room(head.header.body_bytes)
        with wiped_on_failure(body):
            try:
                self._open_body(payload_key(head.suite, dek, head.hh), body)
            except InvalidTagError:
                reason = "a chunk of its body does not open"
                raise SealBrokenError(what=what, reason=reason) from None
            check_padding(body, private.true_length, what)
        return private, settled(body[: private.true_length])

    def _open_body(self, key: bytes, out: memoryview) -> None:
        cipher, last, at = self.head.suite.cipher(key), len(self.chunks) - 1, 0
        for index, chunk in enumerate(self.chunks):
            end = at + len(chunk) - TAG_BYTES
            cipher.open_into(nonce(index, last=index == last), chunk, out[at:end])
            at = end


def take_segment(suite: Suite, cursor: Cursor) -> SegmentReader:
    """Return the segment at the cursor, which moves to its end; raises SealBrokenError."""
    start = cursor.position
    header = take_header(cursor)
    if header.suite_code != suite.code:
        raise cursor.broken("it is of another cipher suite")
    hh = suite.hash(cursor.since(start))
    commit, lock = cursor.octets(COMMIT_BYTES), take_lock_bytes(cursor, header)
    chunks = tuple(cursor.take(size) for size in chunk_sizes(header))
    leaves = tuple(cursor.octets(DIGEST_BYTES) for _ in chunks)
    seal_start = cursor.position
    if cursor.number(4) != header.chunk_count:
        raise cursor.broken("its seal counts other chunks")
    root, signature = cursor.octets(DIGEST_BYTES), cursor.octets(suite.signature_bytes)
    return SegmentReader(
        suite=suite,
        header=header,
        hh=hh,
        commit=commit,
        lock=lock,
        chunks=chunks,
        leaves=leaves,
        merkle_root=root,
        signature=signature,
        seal_digest=suite.hash(cursor.since(seal_start)),
        size=cursor.position - start,
    )


def take_lock_bytes(cursor: Cursor, header: Header) -> bytes | None:
    """Return the LOCK at the cursor, or None where the header says that it is elsewhere."""
    if header.detached:
        return None
    start = cursor.position
    take_lock(cursor)
    return bytes(cursor.since(start))
