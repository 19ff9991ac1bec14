"""One person of an object: lifted out of the masked film, or erased from all of it.

People go by the numbers that the object's records give them ("unknown 3").

Clause: 6.2.3.e-2; A.3-2; A.3.a-2.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.domain.record import Event
from yingbi.errors import NoSuchPersonError, ObjectHeldError, SeenOtherwiseError, UsageError
from yingbi.keys.epochs import day_of_epoch
from yingbi.media.output import new_file
from yingbi.pipeline.engine import Sealed, Sight
from yingbi.pipeline.lift import lift
from yingbi.pipeline.remask import numbered, remask, sealed_again
from yingbi.seal.door import About, Door, PartSealer
from yingbi.seal.records import records
from yingbi.store.replace import Change, Piece, change
from yingbi.store.stored import StoredObject, StoredSegment
from yingbi.structure.pack import pack, unpack
from yingbi.structure.scribe import Diary
from yingbi.usecases.backup import renew_ledgers
from yingbi.usecases.open import Wish, must_lie_outside, opened_segments
from yingbi.usecases.opened import Vault
from yingbi.usecases.subject import unlink_everybody

LARGEST_ORIGINAL = 1 << 30
"""An original is masked again in memory alone."""

SightOf = Callable[[], Sight]
"""Gives the networks' sight; called only where an original must be looked at again."""


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """What was done: how many pieces of their own film and how many records went."""

    object_id: UUID
    number: int
    pieces: int
    records: int
    original: bool


def people_of(stored: StoredObject) -> dict[int, int]:
    """Return the track of everybody whom the records of the object number."""
    tracks = json.loads(stored.info.extra.get("people", "{}"))
    return {number: int(track) for track, number in tracks.items()}


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """Somebody whom an object's records number, and how many pieces of their own film it keeps."""

    number: int
    pieces: int


def list_people(vault: Vault, object_id: UUID) -> list[KeptPerson]:
    """Return everybody whom the records number, in order. Raises: as `Catalogue.get`."""
    stored = vault.rooms.catalogue.get(object_id)
    index = _own_films(vault, stored)
    return [
        KeptPerson(number, sum(one.track == track and not one.erased for one in index))
        for number, track in sorted(people_of(stored).items())
    ]


def lift_person(
    vault: Vault, object_id: UUID, number: int, out: Path, *, purpose: str, force: bool
) -> int:
    """Write the masked film with this one person clear; return in how many frames they are.

    Raises: NoSuchPersonError, also where they were erased; as `open_object` for an original.
    """
    stored = vault.rooms.catalogue.get(object_id)
    track = _track(stored, number)
    mine = _pieces_of(vault, stored, track)
    if not mine:
        raise _nobody(stored, number)
    must_lie_outside(vault, out)
    with new_file(out, force=force) as file:
        own = opened_segments(vault, stored, Wish(object_id, PartKind.ROI, purpose, of=mine))
        masked = opened_segments(vault, stored, Wish(object_id, PartKind.MASKED))
        return lift(
            b"".join(content for _, content in masked),
            (bytes(content) for _, content in own),
            file,
            still=stored.info.media_types.get("masked", "").startswith("image/"),
            crf=int(stored.info.extra.get("video.crf", 18)),
        )


def erase_person(
    vault: Vault, object_id: UUID, number: int, *, purpose: str, sight_of: SightOf
) -> ErasedPerson:
    """Erase one person from an object; everything else of it stays.

    Their own film's keys are destroyed. Records are sealed anew without them, and so is
    an original that is kept whole, with the person covered; the old keys are destroyed.
    The masked film shows them as before: covered.

    Raises: NoSuchPersonError; ObjectHeldError; SeenOtherwiseError where an original is kept and cannot be
        masked surely; as `open_object` for what has to be opened.
    """
    stored = vault.rooms.catalogue.get(object_id)
    if vault.rooms.held(stored.box_id, object_id):
        raise ObjectHeldError(object_id=object_id)
    track = _track(stored, number)
    kinds = {part.kind for part in stored.parts}
    erased = _pieces_of(vault, stored, track)
    new: dict[PartKind, Iterable[Piece]] = {}
    gone, pieces = _records_without(vault, stored, number)
    if gone:
        new[PartKind.RECORDS] = pieces
    if PartKind.RAW in kinds:
        new[PartKind.RAW] = _original_without(vault, stored, number, purpose, sight_of())
    if not new and not erased:
        raise _nobody(stored, number)
    facts = {"pieces": str(len(erased)), "records": str(gone)}
    wanted = Change(Action.PERSON_ERASED, new, erased, facts)
    change(vault.rooms, stored, wanted, now=datetime.now(UTC))
    unlink_everybody(vault, object_id, number)
    renew_ledgers(vault, datetime.now(UTC), by_key=True)
    return ErasedPerson(object_id, number, len(erased), gone, PartKind.RAW in kinds)


def _own_films(vault: Vault, stored: StoredObject) -> list[StoredSegment]:
    """Return the places of people's own films; none where the box keeps none."""
    if all(part.kind is not PartKind.ROI for part in stored.parts):
        return []
    return vault.rooms.catalogue.segments_of(stored.object_id, PartKind.ROI)


def _pieces_of(vault: Vault, stored: StoredObject, track: int) -> frozenset[UUID]:
    index = _own_films(vault, stored)
    return frozenset(one.segment_id for one in index if one.track == track and not one.erased)


def _track(stored: StoredObject, number: int) -> int:
    found = people_of(stored).get(number)
    if found is None:
        raise _nobody(stored, number)
    return found


def _nobody(stored: StoredObject, number: int) -> NoSuchPersonError:
    people = ", ".join(map(str, sorted(people_of(stored)))) or say("nobody")
    return NoSuchPersonError(object_id=stored.object_id, number=number, people=people)


def _sealer(vault: Vault, stored: StoredObject, kind: PartKind) -> PartSealer:
    """Return what seals a new part into the place of the old: same box, day and class."""
    day = day_of_epoch(stored.epoch)
    with vault.rooms.keys_db.begin() as unit:
        epoch = vault.epochs.epoch_for(unit, stored.box_id, day, stored.retention)
    info, keystore = stored.info, vault.keystore
    name = info.source_names[0] if info.source_names else None
    door = Door(
        suite=keystore.suite,
        level=stored.level,
        controller_id=vault.folder.controller_id,
        box_id=stored.box_id,
        object_id=stored.object_id,
        epoch=epoch,
        device=keystore.device,
    )
    return PartSealer(door, kind, About(info.camera, info.recorded_at, info.clock, name))


def _records_without(
    vault: Vault, stored: StoredObject, number: int
) -> tuple[int, Iterable[Piece]]:
    """Return how many records speak of the person, and all records sealed anew without those."""
    name, gone = f"unknown {number}", 0
    keep = tuple(stored.info.extra.get("keep", "identity,pose,event").split(","))
    diary = Diary(keep, stored.level is Level.STRUCTURED_ONLY, 1.0)
    book, pieces = _sealer(vault, stored, PartKind.RECORDS), []
    segments = opened_segments(vault, stored, Wish(stored.object_id, PartKind.RECORDS))
    for private, content in segments:
        all_of_them = unpack(content)
        kept = [one for one in all_of_them if one.subject != name]
        gone += len(all_of_them) - len(kept)
        counted = [one for one in kept if not (isinstance(one, Event) and one.event == "count")]
        left = kept if len(kept) == len(all_of_them) else counted
        span = private.from_s, private.to_s
        pages = pack(left, span, diary.padded_to, private.labels)
        pieces += [Piece(records(book, page), page.from_s, page.to_s) for page in pages]
    return gone, pieces


def _original_without(
    vault: Vault, stored: StoredObject, number: int, purpose: str, sight: Sight
) -> Iterator[Piece]:
    size = stored.part(PartKind.RAW).size
    if size > LARGEST_ORIGINAL:
        raise UsageError(problem="an original over 1 GiB is not masked again; erase it whole")
    wish = Wish(stored.object_id, PartKind.RAW, purpose)
    original = b"".join(
        content for _, content in opened_segments(vault, stored, wish, leaves=False)
    )
    media_type = stored.info.media_types["raw"]
    found = {seen: track for track, seen in numbered(original, media_type, sight).items()}
    if found != people_of(stored):
        reason = say("{now} people instead of {then}", now=len(found), then=len(people_of(stored)))
        raise SeenOtherwiseError(object_id=stored.object_id, reason=reason)
    films = remask(original, media_type, found[number], sight)
    sealed: Iterable[Sealed] = sealed_again(_sealer(vault, stored, PartKind.RAW), films)
    return (Piece(one.segment) for one in sealed)
