"""HEADER: what a segment is, in the clear, and what only its key's holder may know, sealed.

Numbers are unsigned and big-endian; the table of bytes is in docs/en/format.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from yingbi.crypto.contract import TAG_BYTES, Suite
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.envelope.canonical import read_map, write_map
from yingbi.envelope.cursor import Cursor
from yingbi.envelope.padding import MAX_PRIVATE_BYTES, MIN_PRIVATE_BYTES

MAGIC = b"YBV1"
MINOR = 0
CHUNK_LOG2 = 16
CHUNK_BYTES = 1 << CHUNK_LOG2
MAX_CHUNKS = 1024
MAX_BODY_BYTES = MAX_CHUNKS * CHUNK_BYTES
MAX_PUBLIC_BYTES = 4096
DIGEST_BYTES = 32
NO_PREVIOUS = bytes(DIGEST_BYTES)
FIXED_BYTES = 138
MAX_HEADER_BYTES = FIXED_BYTES + 4 + MAX_PUBLIC_BYTES + MAX_PRIVATE_BYTES + TAG_BYTES

_DETACHED, _LIVE = 1, 2
_SUITES = (1, 2)
_PART_CODES = {
    PartKind.MASKED: 1,
    PartKind.RECORDS: 2,
    PartKind.PREVIEW: 3,
    PartKind.RAW: 4,
    PartKind.ROI: 7,
}
_PARTS = {code: part for part, code in _PART_CODES.items()}
_AT_LEVEL = {
    Level.STRUCTURED_ONLY: {PartKind.RECORDS},
    Level.OBSCURED: {PartKind.RECORDS, PartKind.MASKED, PartKind.PREVIEW},
    Level.RAW_ON_RELEASE: set(PartKind),
}


def may_exist(part: PartKind, level: Level) -> bool:
    """Return whether a part of this kind may exist at the level at all.

    Clause: A.1-5; A.2-3; A.3-2.
    """
    return part in _AT_LEVEL[level]


@dataclass(frozen=True, slots=True)
class Header:
    """One segment's header.

    detached: its lock is kept elsewhere. live: made while the film was being taken.
    number: 0-based place of the segment in its part.
    device_id: 16 bytes, names the key that signed. previous: digest of the SEAL before
        this one, or 32 zero bytes for the first segment.
    body_bytes: length of the padded content.
    public: metadata for everyone, text keys to text or whole numbers.
    sealed_private: private metadata under K_meta, with its tag.
    """

    suite_code: int
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
    body_bytes: int
    sealed_private: bytes = field(repr=False)
    public: Mapping[str, str | int] = field(default_factory=dict)
    detached: bool = True
    live: bool = False

    @property
    def what(self) -> str:
        """The segment's name in errors."""
        return f"{self.object_id}/{self.part} segment {self.number}"

    @property
    def chunk_count(self) -> int:
        """Number of chunks of the body; an empty content still has one."""
        return max(1, -(-self.body_bytes // CHUNK_BYTES))

    def clear(self) -> bytes:
        """Return all header bytes before the sealed private metadata."""
        flags = _DETACHED * self.detached | _LIVE * self.live
        public = write_map(self.public)
        if len(public) > MAX_PUBLIC_BYTES or not all(map(_is_public, self.public.values())):
            raise ValueError(f"public metadata is text and numbers, {MAX_PUBLIC_BYTES} bytes")
        ids = (self.controller_id, self.box_id, self.object_id, self.segment_id)
        return b"".join(
            (
                MAGIC,
                bytes((MINOR, self.suite_code, flags, CHUNK_LOG2)),
                bytes((self.level, _PART_CODES[self.part])),
                *(identifier.bytes for identifier in ids),
                self.number.to_bytes(4),
                self.key_epoch.to_bytes(4),
                self.retention.to_bytes(2),
                self.device_id,
                self.previous,
                self.body_bytes.to_bytes(4),
                len(public).to_bytes(2),
                public,
                len(self.sealed_private).to_bytes(4),
            )
        )

    def encode(self) -> bytes:
        """Return the header's bytes."""
        return self.clear() + self.sealed_private

    def digest(self, suite: Suite) -> bytes:
        """Return hh, the digest of the header's bytes."""
        return suite.hash(self.encode())

    def lock_context(self, hh: bytes) -> bytes:
        """Return what a lock is bound to: box, key epoch, segment, header."""
        ids = self.box_id.bytes + self.key_epoch.to_bytes(4) + self.segment_id.bytes
        return b"YBV1 lock " + ids + hh


def take_header(cursor: Cursor) -> Header:
    """Return the header at the cursor, which moves to its end.

    Raises: SealBrokenError on anything that this version does not know.
    """
    if cursor.octets(4) != MAGIC:
        raise cursor.broken("it does not begin with YBV1")
    if cursor.number(1) != MINOR:
        raise cursor.broken("the version of its format is not known here")
    suite_code, flags, log2 = cursor.number(1), cursor.number(1), cursor.number(1)
    if suite_code not in _SUITES:
        raise cursor.broken("its cipher suite is not known")
    if flags & ~(_DETACHED | _LIVE):
        raise cursor.broken("one of its flags is not known")
    if log2 != CHUNK_LOG2:
        raise cursor.broken("its chunk size is not known")
    level, part = _take_level(cursor), _take_part(cursor)
    if not may_exist(part, level):
        raise cursor.broken("a part of this kind cannot exist at its level")
    controller, box, thing, segment = (UUID(bytes=cursor.octets(16)) for _ in range(4))
    return Header(
        suite_code=suite_code,
        level=level,
        part=part,
        controller_id=controller,
        box_id=box,
        object_id=thing,
        segment_id=segment,
        number=cursor.number(4),
        key_epoch=cursor.number(4),
        retention=cursor.number(2),
        device_id=cursor.octets(16),
        previous=cursor.octets(DIGEST_BYTES),
        body_bytes=_take_body_bytes(cursor),
        public=_take_public(cursor),
        sealed_private=_take_private(cursor),
        detached=bool(flags & _DETACHED),
        live=bool(flags & _LIVE),
    )


def _take_level(cursor: Cursor) -> Level:
    try:
        return Level(cursor.number(1))
    except ValueError:
        raise cursor.broken("its level is not known") from None


def _take_part(cursor: Cursor) -> PartKind:
    part = _PARTS.get(cursor.number(1))
    if part is None:
        raise cursor.broken("its kind of part is not known")
    return part


def _take_body_bytes(cursor: Cursor) -> int:
    length = cursor.number(4)
    if length > MAX_BODY_BYTES:
        raise cursor.broken("it is longer than a segment may be")
    return length


def _take_public(cursor: Cursor) -> Mapping[str, str | int]:
    length = cursor.number(2)
    if length > MAX_PUBLIC_BYTES:
        raise cursor.broken("its public metadata is too long")
    public = read_map(cursor.octets(length), "a sealed segment")
    if not all(map(_is_public, public.values())):
        raise cursor.broken("its public metadata holds more than text and numbers")
    return MappingProxyType(public)


def _is_public(value: object) -> bool:
    """Return whether it is text, or a whole number that CBOR writes without a tag."""
    return type(value) is str or (type(value) is int and -(1 << 64) <= value < 1 << 64)


def _take_private(cursor: Cursor) -> bytes:
    length = cursor.number(4) - TAG_BYTES
    power_of_two = length > 0 and length & (length - 1) == 0
    if not power_of_two or not MIN_PRIVATE_BYTES <= length <= MAX_PRIVATE_BYTES:
        raise cursor.broken("its private metadata has an impossible length")
    return cursor.octets(length + TAG_BYTES)
