"""What an object is made of, while its content still has a type.

Only `mask` makes a `MaskedFilm` or a `RoiFilm`, only `structure` makes `Records`, only `capture`
makes a `RawFilm` (a test holds the callers to it), so `seal` cannot be handed
the wrong thing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class PartKind(StrEnum):
    """The parts of an object, and the views drawn from them."""

    MASKED = "masked"
    RECORDS = "records"
    RAW = "raw"
    PREVIEW = "preview"
    ROI = "roi"


@dataclass(frozen=True, slots=True)
class MaskedFilm:
    """One segment of film, or one still, in which every region is covered.

    content: fragmented MP4 (the first segment begins with its init section), JPEG or PNG.
    from_s, to_s: time span in seconds from the object's start.
    labels: classes of visual privacy data found in it.
    """

    content: bytes = field(repr=False)
    media_type: str
    from_s: float
    to_s: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one clock interval.

    content: a page, as `structure.pack` writes it.
    padded_to: fixed size in bytes that this box asks for, or None for Padme padding.
    poses_dropped: how many poses were left out so that the rest fits.
    """

    content: bytes = field(repr=False)
    from_s: float
    to_s: float
    padded_to: int | None
    labels: tuple[str, ...] = ()
    poses_dropped: int = 0
    media_type: str = "application/vnd.yingbi.records+jsonl+zlib"


@dataclass(frozen=True, slots=True)
class RawFilm:
    """A slice of an original file, bit for bit; level 3 only."""

    content: bytes | bytearray | memoryview = field(repr=False)
    media_type: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoiFilm:
    """Some seconds of one person of an original, everybody else covered; level 3 only.

    content: as `mask.lift` packs it. track: whose it is.
    """

    content: bytes = field(repr=False)
    track: int
    from_s: float
    to_s: float
    labels: tuple[str, ...] = ()
    media_type: str = "application/vnd.yingbi.roi"


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """What may touch a disk: sealed bytes, and the lock that is kept elsewhere.

    content: HEADER to SEAL of YBV1, without the lock; a large one is a view that cannot be written.
    lock: the DEK wrapped for the box's epoch.
    seal_digest: digest of the SEAL; the next segment of the part is chained to it.
    merkle_root: root over the ciphertext chunks, for the log.
    """

    segment_id: UUID
    number: int
    content: bytes | bytearray | memoryview = field(repr=False)
    lock: bytes = field(repr=False)
    seal_digest: bytes
    merkle_root: bytes


@dataclass(frozen=True, slots=True)
class PrivateMetadata:
    """What only the holder of a segment's key may know about it.

    true_length: content length in bytes before padding.
    camera, recorded_at: as given; None is "unknown".
    clock: where `recorded_at` comes from ("option", "file", "unknown").
    """

    media_type: str
    true_length: int
    from_s: float = 0.0
    to_s: float = 0.0
    camera: str | None = None
    recorded_at: str | None = None
    clock: str = "unknown"
    record_schema: int | None = None
    labels: tuple[str, ...] = ()
    source_name: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
