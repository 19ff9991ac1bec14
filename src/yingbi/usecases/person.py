"""One person of an object: lifted out of the masked film, or erased from all of it.

People go by the numbers that the object's records give them ("unknown 3").

Clause: 6.2.3.e-2; A.3-2; A.3.a-2.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from yingbi.domain.data_class import NOTHING
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.messages import listed, say
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.domain.record import Event, Record
from yingbi.domain.record_page import Page
from yingbi.errors import NoSuchPersonError, ObjectHeldError, SeenOtherwiseError, UsageError
from yingbi.keys.epochs import day_of_epoch
from yingbi.media.output import new_file
from yingbi.pipeline.engine import Sight
from yingbi.pipeline.lift import lift
from yingbi.pipeline.remask import Somebody, remask, sealed_again, seen_again, spans_of
from yingbi.seal.door import About, Door, PartSealer
from yingbi.seal.records import records
from yingbi.store.replace import Change, Piece, change
from yingbi.store.stored import ObjectInfo, StoredObject, StoredSegment
from yingbi.structure.pack import pack, unpack_page
from yingbi.structure.scribe import Diary
from yingbi.usecases.backup import renew_ledgers
from yingbi.usecases.open import Wish, must_lie_outside, opened_segments
from yingbi.usecases.opened import Vault
from yingbi.usecases.subject import unlink_everybody

LARGEST_ORIGINAL = 1 << 30
"""An original is masked again in memory alone."""
AWAY_S = 1.0
"""Whoever is found this much earlier or later than the records say is taken for somebody else."""

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


def _known(info: ObjectInfo) -> dict[int, frozenset[str]]:
    """Return the names under which the records speak of a number, beside the number itself."""
    told = json.loads(info.extra.get("known", "{}"))
    return {int(number): frozenset(names) for number, names in told.items()}


def names_of(stored: StoredObject, number: int) -> frozenset[str]:
    """Return all that the object's records call somebody."""
    return frozenset({f"unknown {number}"}) | _known(stored.info).get(number, frozenset())


def same_person(stored: StoredObject, number: int) -> list[int]:
    """Return the numbers of whoever was recognised under the same name, and the number itself."""
    known, there = _known(stored.info), people_of(stored)
    mine = known.get(number, frozenset())
    return sorted({number} | {n for n, names in known.items() if names & mine and n in there})


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
    """Erase one person from an object, under all numbers of whoever was recognised.

    Everything else of the object stays.

    Their own film's keys are destroyed. Records are sealed anew without them, and so is
    an original that is kept whole, with the person covered; the old keys are destroyed.
    The masked film shows them as before: covered.

    Raises: NoSuchPersonError; ObjectHeldError; SeenOtherwiseError where an original is kept and cannot be
        masked surely; as `open_object` for what has to be opened.
    """
    stored = vault.rooms.catalogue.get(object_id)
    if vault.rooms.held(stored.box_id, object_id):
        raise ObjectHeldError(object_id=object_id)
    tracks = [_track(stored, one) for one in same_person(stored, number)]
    kinds = {part.kind for part in stored.parts}
    erased = frozenset[UUID]().union(*(_pieces_of(vault, stored, one) for one in tracks))
    new: dict[PartKind, Iterable[Piece]] = {}
    pages = _pages_of(vault, stored)
    gone, pieces = _records_without(vault, stored, number, pages)
    if gone:
        new[PartKind.RECORDS] = pieces
    if PartKind.RAW in kinds:
        original, sight = _original_of(vault, stored, purpose), sight_of()
        media_type = stored.info.media_types["raw"]
        now = _found_again(stored, number, pages, seen_again(original, media_type, sight))
        sealed = sealed_again(
            _sealer(vault, stored, PartKind.RAW), remask(original, media_type, now, sight)
        )
        new[PartKind.RAW] = (Piece(one.segment) for one in sealed)
    if not new and not erased:
        raise _nobody(stored, number)
    facts = {"pieces": str(len(erased)), "records": str(gone)}
    wanted = Change(
        Action.PERSON_ERASED, new, erased, facts, info=_info_without(stored.info, tracks)
    )
    change(vault.rooms, stored, wanted, now=datetime.now(UTC))
    for one in same_person(stored, number):
        unlink_everybody(vault, object_id, one)
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
    people = listed(map(str, sorted(people_of(stored)))) or say("nobody")
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


@dataclass(frozen=True, slots=True)
class _Page:
    private: PrivateMetadata
    written: Page

    @property
    def records(self) -> tuple[Record, ...]:
        return self.written.records


def _pages_of(vault: Vault, stored: StoredObject) -> list[_Page]:
    """Return the object's records as they lie, segment after segment."""
    segments = opened_segments(vault, stored, Wish(stored.object_id, PartKind.RECORDS))
    return [_Page(private, unpack_page(content)) for private, content in segments]


def _info_without(info: ObjectInfo, tracks: Sequence[int]) -> ObjectInfo:
    people = json.loads(info.extra.get("people", "{}"))
    left = {one: number for one, number in people.items() if int(one) not in tracks}
    known = {n: sorted(names) for n, names in _known(info).items() if n in left.values()}
    facts = {name: value for name, value in info.extra.items() if name != "known"}
    facts |= {"people": json.dumps(left)} | ({"known": json.dumps(known)} if known else {})
    return replace(info, extra=facts)


def _records_without(
    vault: Vault, stored: StoredObject, number: int, pages: Sequence[_Page]
) -> tuple[int, Iterable[Piece]]:
    """Return how many records speak of the person, and all records sealed anew without those."""
    alike, gone = same_person(stored, number), 0
    names = frozenset[str]().union(*(names_of(stored, one) for one in alike))
    keep = tuple(stored.info.extra.get("keep", "identity,pose,event").split(","))
    diary = Diary(keep, stored.level is Level.STRUCTURED_ONLY, 1.0)
    book, pieces = _sealer(vault, stored, PartKind.RECORDS), []
    for page in pages:
        kept = [one for one in page.records if one.subject not in names]
        gone += len(page.records) - len(kept)
        counted = [one for one in kept if not (isinstance(one, Event) and one.event == "count")]
        left = kept if len(kept) == len(page.records) else counted
        private = page.private
        span = private.from_s, private.to_s
        labels = private.labels or (NOTHING,)  # as it was told once
        packed = pack(left, span, diary.padded_to, labels, page.written.head)
        pieces += [Piece(records(book, one), one.from_s, one.to_s) for one in packed]
    return gone, pieces


def _original_of(vault: Vault, stored: StoredObject, purpose: str) -> bytes:
    """Return the original that is kept whole, in memory. Raises: UsageError where it is too long."""
    if stored.part(PartKind.RAW).size > LARGEST_ORIGINAL:
        raise UsageError(problem="an original over 1 GiB is not masked again; erase it whole")
    wish = Wish(stored.object_id, PartKind.RAW, purpose)
    segments = opened_segments(vault, stored, wish, leaves=False)
    return b"".join(content for _, content in segments)


def _found_again(
    stored: StoredObject, number: int, pages: Sequence[_Page], somebody: Sequence[Somebody]
) -> frozenset[int]:
    """Return the person's tracks among those whom the original shows now.

    Earlier versions told the times of a film's own clock, which begins with the object's `from_s`.
    Raises: SeenOtherwiseError where they are not surely those of the records.
    """
    zero_s = stored.info.from_s
    numbers = sorted(people_of(stored))
    if len(somebody) != len(numbers):
        reason = say("{now} people instead of {then}", now=len(somebody), then=len(numbers))
        raise SeenOtherwiseError(object_id=stored.object_id, reason=reason)
    seen = dict(zip(numbers, somebody, strict=True))
    spans = spans_of(record for page in pages for record in page.records)
    step_s = pages[0].written.detail.step_s if pages else 0
    for one, now in seen.items():
        told = [spans[name] for name in names_of(stored, one) if name in spans]
        shared = len(same_person(stored, one)) > 1
        there = replace(now, from_s=now.from_s + zero_s, to_s=now.to_s + zero_s)
        if _away_s(there, told, shared=shared) > AWAY_S + step_s:
            reason = say("person {number} at another time", number=one)
            raise SeenOtherwiseError(object_id=stored.object_id, reason=reason)
    return frozenset(seen[one].track for one in same_person(stored, number))


def _away_s(now: Somebody, told: Sequence[tuple[float, float]], *, shared: bool) -> float:
    """Return by how many seconds somebody is there otherwise than the records tell.

    shared: whether they tell of others of the same name in the same words; then who is there
    while the records tell so is not otherwise.
    """
    if not told:
        return 0.0
    first, last = min(start for start, _ in told), max(end for _, end in told)
    early, late = first - now.from_s, now.to_s - last
    return max(early, late, 0.0) if shared else max(abs(early), abs(late))
