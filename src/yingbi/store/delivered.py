"""What a delivery says inside: the object, where its segments lie, and their locks.

Clause: 6.2.4-1.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from yingbi.domain.ids import day_of
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.envelope.canonical import read_map, write_map
from yingbi.envelope.header import DIGEST_BYTES
from yingbi.errors import SealBrokenError
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment

_SEGMENT = struct.Struct(">16sQIddqI")
_NOBODY = -1
_WHAT = "a delivery"
_LONGEST_TEXT = 1 << 20
_LONGEST_S = 1e9
_ODD = (
    KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delivered:
    """One object as a door tells of it. sealed_at: by the door's clock, ISO 8601."""

    stored: StoredObject
    segments: Mapping[PartKind, Sequence[StoredSegment]]
    locks: Mapping[UUID, bytes] = field(repr=False)
    sealed_at: str
    facts: Mapping[str, str]

    def encode(self) -> bytes:
        """Return it as canonical CBOR."""
        stored = self.stored
        return write_map(
            {
                "object": stored.object_id.bytes,
                "box": stored.box_id.bytes,
                "level": int(stored.level),
                "epoch": stored.epoch,
                "retention": stored.retention,
                "sealed_at": self.sealed_at,
                "facts": dict(self.facts),
                "info": stored.info.to_map(),
                "parts": [self._part(part) for part in stored.parts],
            }
        )

    def _part(self, part: StoredPart) -> list[Any]:
        packed = b"".join(self._packed(segment) for segment in self.segments[part.kind])
        return [part.kind.value, part.file_name, part.size, part.final_seal, packed]

    def _packed(self, segment: StoredSegment) -> bytes:
        lock = self.locks[segment.segment_id]
        place = (segment.segment_id.bytes, segment.offset, segment.length)
        whose = _NOBODY if segment.track is None else segment.track
        return _SEGMENT.pack(*place, segment.from_s, segment.to_s, whose, len(lock)) + lock


def decode(content: bytes) -> Delivered:
    """Return what `encode` wrote, every value of its kind; raises SealBrokenError."""
    text = read_map(content, _WHAT)
    try:
        return _decoded(text)
    except _ODD:
        raise SealBrokenError(what=_WHAT, reason="its content is not what a door writes") from None


def _decoded(text: Mapping[str, Any]) -> Delivered:
    segments: dict[PartKind, Sequence[StoredSegment]] = {}
    locks: dict[UUID, bytes] = {}
    parts = []
    for kind, file_name, size, final_seal, packed in text["parts"]:
        its, its_locks = _unpacked(packed)
        part = StoredPart(
            PartKind(kind), _text(file_name), len(its), _number(size), _digest(final_seal)
        )
        whose = {one.track is not None for one in its}
        if part.kind in segments or locks.keys() & its_locks.keys():
            raise ValueError("a part or segment stands there twice")
        if whose != {part.kind is PartKind.ROI}:
            raise ValueError("a part is empty, or the wrong segments have a track")
        parts.append(part)
        segments[part.kind] = its
        locks |= its_locks
    if not parts:
        raise ValueError("an object has at least one part")
    ids = UUID(bytes=text["object"]), UUID(bytes=text["box"])
    stored = StoredObject(
        *ids,
        Level(text["level"]),
        _number(text["epoch"]),
        _number(text["retention"]),
        tuple(parts),
        _checked(text["info"]),
    )
    day_of(ids[0])
    if ids[0] in locks:
        raise ValueError("a segment cannot have its object's id")
    sealed_at = datetime.fromisoformat(_text(text["sealed_at"])).isoformat()
    return Delivered(stored, segments, locks, sealed_at, _texts(text["facts"]))


def _unpacked(packed: bytes) -> tuple[tuple[StoredSegment, ...], dict[UUID, bytes]]:
    places, locks, at = [], dict[UUID, bytes](), 0
    while at < len(packed):
        segment, offset, length, from_s, to_s, whose, size = _SEGMENT.unpack_from(packed, at)
        lock = packed[at + _SEGMENT.size : at + _SEGMENT.size + size]
        at += _SEGMENT.size + size
        segment_id = UUID(bytes=segment)
        if len(lock) != size or segment_id in locks or not (isfinite(from_s) and isfinite(to_s)):
            raise ValueError("a segment's place is none")
        if not _NOBODY <= whose < 1 << 32:
            raise ValueError("a track is none")
        track = None if whose == _NOBODY else whose
        places.append(StoredSegment(segment_id, offset, length, from_s, to_s, track))
        locks[segment_id] = lock
    return tuple(places), locks


def _checked(text: Mapping[str, Any]) -> ObjectInfo:
    """Return the information, of which everything is shown or computed with later."""
    info = ObjectInfo.from_map(text)
    for one in (*info.source_names, *info.labels):
        _text(one)
    for optional in (info.camera, info.recorded_at, info.clock):
        _text(optional or "")
    recorded = info.recorded_at
    if recorded is not None:
        moment = datetime.fromisoformat(recorded)
        if moment.utcoffset() is None:
            raise ValueError("a moment has no zone")
        moment.astimezone(UTC)  # some have no day there
    _texts(info.media_types)
    extra = _texts(info.extra)
    for name in {"width", "height"} & extra.keys():
        int(extra[name])
    for track, number in json.loads(extra.get("people", "{}")).items():
        _small(int(track))
        _small(number)
    for number, names in json.loads(extra.get("known", "{}")).items():
        _small(int(number))
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise TypeError("a name is none")
    if not (isfinite(info.from_s) and 0 <= info.to_s <= _LONGEST_S):
        raise ValueError("a time is none")
    return info


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise TypeError("a number is none")
    return value


def _small(value: object) -> None:
    if _number(value) >= 1 << 31:
        raise ValueError("a number is too large")


def _digest(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) != DIGEST_BYTES:
        raise TypeError("a digest is none")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise TypeError("a text is none")
    return value


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in values.items()}
