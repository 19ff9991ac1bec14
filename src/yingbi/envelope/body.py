"""The body of a segment whose seal was verified: each chunk is proven by its own digest.

Every time that a chunk is read it is hashed, and nothing is decrypted that does not match.
A long body is read in steps of about 1 MiB, each into memory that is used again, by two
threads in turn: hashing and decrypting go on while the other one reads.
"""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BufferedIOBase
from threading import Lock

from yingbi.crypto import merkle
from yingbi.crypto.contract import TAG_BYTES, Cipher, InvalidTagError
from yingbi.envelope.header import CHUNK_BYTES
from yingbi.envelope.layout import SEALED_CHUNK_BYTES, chunk_sizes
from yingbi.envelope.part import read_into
from yingbi.envelope.reader import VerifiedHead
from yingbi.envelope.room import wiped_on_failure
from yingbi.envelope.segment import nonce

STEP_CHUNKS = 16


@dataclass(frozen=True, slots=True)
class Body:
    """Where the sealed chunks of a verified segment lie.

    leaves: the chunks' digests, proven by the signature. at: offset in the file.
    """

    head: VerifiedHead
    leaves: tuple[bytes, ...] = field(repr=False)
    file: BufferedIOBase = field(repr=False)
    at: int

    def check(self) -> None:
        """Raise SealBrokenError unless every chunk is as the device sealed it."""
        self._read(range(len(self.leaves)), None, None)

    def open_into(self, key: bytes, chunks: range, out: memoryview) -> None:
        """Write the content of these chunks to `out`, each proven before it is decrypted.

        key: as `payload_key` gives it. out: exactly as long as their content.
        Raises: SealBrokenError; then `out` was wiped.
        """
        with wiped_on_failure(out):
            self._read(chunks, key, out)

    def _read(self, chunks: range, key: bytes | None, out: memoryview | None) -> None:
        steps = _Steps(self, chunks, key, out)
        if len(chunks) <= STEP_CHUNKS:
            steps.work()
            return
        with ThreadPoolExecutor(1, "body") as pool:
            other = pool.submit(steps.work)
            steps.work()
            other.result()


class _Steps:
    """What is left to do of a body; any number of threads may work on it."""

    def __init__(
        self, body: Body, chunks: range, key: bytes | None, out: memoryview | None
    ) -> None:
        self._body, self._chunks, self._key, self._out = body, chunks, key, out
        self._sizes = chunk_sizes(body.head.header)
        self._left = deque(range(chunks.start, chunks.stop, STEP_CHUNKS))
        self._reading = Lock()

    def work(self) -> None:
        """Take one step after another until none is left, here or in another thread."""
        suite = self._body.head.suite
        cipher = None if self._key is None else suite.cipher(self._key)
        room = memoryview(bytearray(min(STEP_CHUNKS, len(self._chunks)) * SEALED_CHUNK_BYTES))
        try:
            while step := self._next(room):
                self._prove(*step)
                if cipher is not None:
                    self._open(cipher, *step)
        except BaseException:
            self._left.clear()
            raise

    def _next(self, room: memoryview) -> tuple[range, memoryview] | None:
        """Return the chunks of the next step and their bytes; the file has one place at a time."""
        with self._reading:
            if not self._left:
                return None
            first = self._left.popleft()
            chunks = range(first, min(first + STEP_CHUNKS, self._chunks.stop))
            sealed = room[: sum(self._sizes[first : chunks.stop])]
            read_into(self._body.file, self._body.at + first * SEALED_CHUNK_BYTES, sealed)
            return chunks, sealed

    def _prove(self, chunks: range, sealed: memoryview) -> None:
        suite, at = self._body.head.suite, 0
        for index in chunks:
            chunk = sealed[at : at + self._sizes[index]]
            if merkle.leaf_hash(suite, chunk) != self._body.leaves[index]:
                raise self._body.head.broken("a chunk of its body was altered")
            at += len(chunk)

    def _open(self, cipher: Cipher, chunks: range, sealed: memoryview) -> None:
        out, at, last = self._out, 0, len(self._sizes) - 1
        if out is None:
            raise ValueError("there is a key but no room for what it opens")
        for index in chunks:
            size, to = self._sizes[index], (index - self._chunks.start) * CHUNK_BYTES
            clear = out[to : to + size - TAG_BYTES]
            try:
                cipher.open_into(nonce(index, last=index == last), sealed[at : at + size], clear)
            except InvalidTagError:
                raise self._body.head.broken("a chunk of its body does not open") from None
            at += size
