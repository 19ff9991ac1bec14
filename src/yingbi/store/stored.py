"""What the catalogue gives back: objects, parts, segments and receipts as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.errors import NoSuchPartError


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What only the vault's owner may know of an object.

    recorded_at: ISO 8601 with its zone; None, as for the camera, is "unknown".
    clock: where recorded_at comes from ("option", "file", "unknown").
    from_s, to_s: time span in seconds from the object's start.
    media_types: by part kind. extra: what a pipeline wants to remember.
    """

    camera: str | None = None
    recorded_at: str | None = None
    clock: str = "unknown"
    from_s: float = 0.0
    to_s: float = 0.0
    source_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    media_types: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def to_map(self) -> dict[str, Any]:
        """Return it as texts, numbers, lists and maps."""
        return {
            "camera": self.camera,
            "recorded_at": self.recorded_at,
            "clock": self.clock,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "source_names": list(self.source_names),
            "labels": list(self.labels),
            "media_types": dict(self.media_types),
            "extra": dict(self.extra),
        }

    @classmethod
    def from_map(cls, values: Mapping[str, Any]) -> "ObjectInfo":
        """Return what `to_map` wrote. Raises: TypeError, KeyError on anything else."""
        lists = {name: tuple(values[name]) for name in ("source_names", "labels")}
        return cls(**{**values, **lists})


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part: its file, how many segments and bytes, and the last segment's seal digest."""

    kind: PartKind
    file_name: str
    segments: int
    size: int
    final_seal: bytes


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the catalogue; its id carries the time when it was made."""

    object_id: UUID
    box_id: UUID
    level: Level
    epoch: int
    retention: int
    parts: tuple[StoredPart, ...]
    info: ObjectInfo = field(repr=False)

    def part(self, kind: PartKind) -> StoredPart:
        """Return the part of that kind, or raise NoSuchPartError."""
        for part in self.parts:
            if part.kind is kind:
                return part
        kinds = ", ".join(part.kind for part in self.parts)
        raise NoSuchPartError(object_id=self.object_id, part=kind, parts=kinds)


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """Where a segment lies in its part's file, which seconds it holds, and of whom.

    track: the person whose own film it is, in the part `roi` alone. erased: its lock is gone.
    """

    segment_id: UUID
    offset: int
    length: int
    from_s: float
    to_s: float
    track: int | None = None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """An object that is erased, or being erased while `erased_at` is None.

    lock_store_id: the lock-store key under which it was erased. promised_at: by when it
    is final, if the vault is opened by then. final_at: when no key was left that ever
    wrapped its locks; from then on no old copy of the vault opens it either.
    """

    object_id: UUID
    box_id: UUID
    intended_at: str
    erased_at: str | None
    lock_store_id: bytes
    promised_at: str | None = None
    final_at: str | None = None

    @property
    def state(self) -> str:
        """Return "intended", "erased" or "final"."""
        if self.erased_at is None:
            return "intended"
        return "erased" if self.final_at is None else "final"
