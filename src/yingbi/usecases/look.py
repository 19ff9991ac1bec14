"""What a box holds, in words and numbers; nothing is opened for it.

Clause: 6.1-8; 6.2.3.b-3.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from yingbi.domain.box import Box
from yingbi.domain.messages import listed, say
from yingbi.domain.part import PartKind
from yingbi.domain.subject import Subject
from yingbi.errors import NoSuchCameraError, NoSuchObjectError, UsageError
from yingbi.store.catalogue import recorded_within
from yingbi.store.stored import StoredObject
from yingbi.usecases.asked import moment
from yingbi.usecases.vault import Vault

Between = tuple[datetime | None, datetime | None]


def object_id_of(text: str) -> UUID:
    """Return the id. Raises: NoSuchObjectError for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchObjectError(object_id=text) from None


def between(text: str | None) -> Between:
    """Return the two ends of "FROM..TO" or "FROM/TO"; an empty end is open.

    Raises: UsageError.
    """
    if text is None:
        return None, None
    mark = ".." if ".." in text else "/"
    start, found, end = text.partition(mark)
    if not found:
        raise UsageError(problem=say("'{text}' is no span; write FROM..TO", text=text))
    return moment(start) if start else None, moment(end) if end else None


def must_have_camera(vault: Vault, box: Box | None, camera: str | None) -> None:
    """Raise NoSuchCameraError where a box, or of no box the vault, holds nothing of this camera.

    A name of which nothing is held is a mistake, and no calm day. No camera is fine.
    """
    if camera is None:
        return
    cameras = set[str | None]()
    for stored in vault.rooms.catalogue.each(None if box is None else box.box_id):
        if stored.info.camera == camera:
            return
        cameras.add(stored.info.camera)
    names = sorted(one for one in cameras if one is not None)
    unnamed = [say("unknown")] if None in cameras else []
    held = listed([*names, *unnamed]) or say("none")
    raise NoSuchCameraError(camera=camera, cameras=held)


def list_objects(
    vault: Vault,
    box: Box | None,
    *,
    camera: str | None,
    span: Between,
    subject: Subject | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield what the box holds, or what is linked to a person, the oldest first.

    Of neither, yield what all boxes hold, the newest first, each with the name of its box.
    Only a page of it is in memory, so the vault must stay open meanwhile.
    after: begin behind this id, whether it still exists or not. limit: at most so many.
    Raises: NoSuchCameraError.
    """
    must_have_camera(vault, box, camera)
    catalogue, box_id = vault.rooms.catalogue, None if box is None else box.box_id
    if subject is None and box is None:
        newest = catalogue.each(camera=camera, between=span, after=after, newest_first=True)
        names = {one.box_id: one.name for one in vault.boxes.boxes()}
        return ({"box": names[o.box_id]} | summary(o) for o in islice(newest, limit))
    if subject is None:
        found = catalogue.each(box_id, camera=camera, between=span, after=after)
        return map(summary, islice(found, limit))
    linked = {one.object_id for one in vault.people.appearances.of_subject(subject.subject_id)}
    theirs = (
        stored
        for stored in map(catalogue.get, sorted(linked))
        if box_id in (None, stored.box_id)
        and camera in (None, stored.info.camera)
        and recorded_within(stored.info, *span)
        and (after is None or stored.object_id > after)
    )
    return map(summary, islice(theirs, limit))


def summary(stored: StoredObject) -> dict[str, Any]:
    """Return one object for machines: id, level, parts, times, camera, classes of data."""
    info = stored.info
    return {
        "id": str(stored.object_id),
        "level": int(stored.level),
        "level_words": stored.level.words,
        "parts": [part.kind.value for part in stored.parts],
        "camera": info.camera,
        "recorded_at": info.recorded_at,
        "clock": info.clock,
        "protected_at": _made(stored.object_id),
        "from_s": info.from_s,
        "to_s": info.to_s,
        "labels": list(info.labels),
        "sources": list(info.source_names),
    }


def inspect_object(vault: Vault, object_id: UUID) -> dict[str, Any]:
    """Return all that is known of an object without opening it."""
    stored = vault.rooms.catalogue.get(object_id)
    box = vault.boxes.record(stored.box_id).box
    catalogue = vault.rooms.catalogue
    parts = [
        {
            "part": part.kind.value,
            "segments": part.segments,
            "sealed_bytes": part.size,
            "media_type": stored.info.media_types.get(part.kind.value),
            "spans_s": [[s.from_s, s.to_s] for s in catalogue.segments_of(object_id, part.kind)],
        }
        for part in stored.parts
    ]
    drawn = (
        [PartKind.PREVIEW.value] if any(p.kind is PartKind.RECORDS for p in stored.parts) else []
    )
    return summary(stored) | {
        "box": box.name,
        "scene": box.policy.scene,
        "suite": vault.keystore.suite.name,
        "raw_export": box.policy.raw_export.value,
        "parts": parts,
        "drawn_when_opened": drawn,
        "facts": dict(stored.info.extra),
    }


def _made(object_id: UUID) -> str:
    """Return when the object was made: its UUIDv7 carries the moment."""
    return datetime.fromtimestamp((object_id.int >> 80) / 1000, UTC).isoformat(timespec="seconds")
