"""Where things stand in a segment: arithmetic over its header, which makes a body seekable."""

from yingbi.crypto.contract import DIGEST_BYTES, TAG_BYTES, Suite
from yingbi.envelope.header import CHUNK_BYTES, Header

SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


def chunk_sizes(header: Header) -> list[int]:
    """Return the length of each sealed chunk, tag included."""
    whole = [SEALED_CHUNK_BYTES] * (header.chunk_count - 1)
    return [*whole, header.body_bytes - CHUNK_BYTES * len(whole) + TAG_BYTES]


def sealed_body_bytes(header: Header) -> int:
    """Return the length of all sealed chunks together."""
    return header.body_bytes + TAG_BYTES * header.chunk_count


def bytes_after_body(suite: Suite, header: Header) -> int:
    """Return how many bytes follow the body: leaf digests, SEAL."""
    return DIGEST_BYTES * header.chunk_count + 4 + DIGEST_BYTES + suite.signature_bytes


def bytes_after_lock(suite: Suite, header: Header) -> int:
    """Return how many bytes follow COMMIT and LOCK: body, leaf digests, SEAL."""
    return sealed_body_bytes(header) + bytes_after_body(suite, header)
