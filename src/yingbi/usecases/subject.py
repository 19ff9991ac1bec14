"""People whom the owner knows: added, found, linked, and told what is held of them.

Clause: 4.1-3; 4.1-4; 4.1-5; 6.1-8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from yingbi.domain.box import Box
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.part import PartKind
from yingbi.domain.people_errors import NoSuchLinkError
from yingbi.domain.record import Record, span_of
from yingbi.domain.subject import Appearance, Consent, Subject
from yingbi.errors import CannotCreateError, NoPosesError, UnsafeOutputError
from yingbi.govern.subjects import normal
from yingbi.media.draw import COLOURS
from yingbi.media.still_kind import endings_of
from yingbi.store.stored import StoredObject
from yingbi.usecases.look import Between, summary
from yingbi.usecases.open import Wish, open_object, read_records
from yingbi.usecases.vault import Vault


def add_subject(vault: Vault, name: str, *, minor: bool, contact: str) -> Subject:
    """Add a person under a fresh key and log it. Raises: SubjectExistsError, UsageError."""
    now, subjects = datetime.now(UTC), vault.people.subjects
    made = now.isoformat(timespec="seconds")
    subject = Subject(new_id(), normal(name), made, minor, normal(contact))
    mark = vault.rooms.shelf.mark()  # a crash from here on leaves a key that the next start sweeps
    subjects.make_key(subject.subject_id)
    try:
        with vault.rooms.catalogue_db.begin() as unit:
            subjects.add(unit, subject)
            facts = {"subject": str(subject.subject_id)}
            vault.log.append(unit, Deed(Action.SUBJECT_ADDED, now, facts=facts))
    except Exception:
        if all(one.subject_id != subject.subject_id for one in subjects.all()):
            subjects.drop_key(subject.subject_id)
        raise
    finally:
        vault.rooms.shelf.clear([mark])
    return subject


def link(
    vault: Vault,
    subject: Subject,
    object_id: UUID,
    *,
    track: int | None,
    from_s: float | None = None,
    to_s: float | None = None,
) -> Appearance:
    """Say that the person is a track of the object, or all of it, and log it.

    An equal link that is there already is returned as it is.

    Raises: NoSuchObjectError, ObjectErasedError, TooManyLinksError.
    """
    vault.rooms.catalogue.get(object_id)
    appearances = vault.people.appearances
    for one in appearances.of_object(object_id):
        same = (one.subject_id, one.track) == (subject.subject_id, track)
        if same and (one.from_s, one.to_s) == (from_s, to_s):
            return one
    with vault.rooms.catalogue_db.begin() as unit:
        found = appearances.link(
            unit, subject.subject_id, object_id, track=track, from_s=from_s, to_s=to_s
        )
        _tell(vault, unit, Action.SUBJECT_LINKED, found)
    return found


def unlink(vault: Vault, subject: Subject, object_id: UUID, *, track: int | None) -> int:
    """Take back every link of the person to that track of the object; return how many.

    Raises: NoSuchLinkError where there is none.
    """
    appearances = vault.people.appearances
    found = [
        one
        for one in appearances.of_object(object_id)
        if (one.subject_id, one.track) == (subject.subject_id, track)
    ]
    if not found:
        raise NoSuchLinkError(object_id=object_id)
    with vault.rooms.catalogue_db.begin() as unit:
        appearances.unlink(unit, found)
        for one in found:
            _tell(vault, unit, Action.SUBJECT_UNLINKED, one)
    return len(found)


def unlink_everybody(vault: Vault, object_id: UUID, track: int) -> None:
    """Take back every link to a track of the object: whoever it was is erased from it."""
    appearances = vault.people.appearances
    found = [one for one in appearances.of_object(object_id) if one.track == track]
    with vault.rooms.catalogue_db.begin() as unit:
        appearances.unlink(unit, found)
        for one in found:
            _tell(vault, unit, Action.SUBJECT_UNLINKED, one)


def held_of(vault: Vault, subject: Subject) -> dict[str, Any]:
    """Return all that the vault holds of a person, for machines: the answer to their question.

    Objects come with their box, parts, times and the person's tracks; what only
    shows the person and was never linked is unknown here.

    Clause: 4.1-4; 6.1-8.
    """
    now = datetime.now(UTC)
    by_object: dict[UUID, list[Appearance]] = {}
    for one in vault.people.appearances.of_subject(subject.subject_id):
        by_object.setdefault(one.object_id, []).append(one)
    boxes = {box.box_id: box.name for box in vault.boxes.boxes()}
    objects = []
    for object_id, links in sorted(by_object.items()):
        stored = vault.rooms.catalogue.get(object_id)
        seen = [{"track": o.track, "from_s": o.from_s, "to_s": o.to_s} for o in links]
        objects.append(summary(stored) | {"box": boxes.get(stored.box_id), "seen": seen})
    consents = vault.people.consents.of(subject.subject_id)
    return {
        "id": str(subject.subject_id),
        "name": subject.name,
        "pseudonym": subject.pseudonym,
        "minor": subject.minor,
        "contact": subject.contact,
        "added_at": subject.created_at,
        "consents": [consent_told(one, now) for one in consents],
        "covered": sorted(vault.people.consents.covered(subject, now)),
        "objects": objects,
    }


def consent_told(consent: Consent, now: datetime) -> dict[str, Any]:
    """Return one consent for machines."""
    return {
        "id": str(consent.consent_id),
        "basis": consent.basis.value,
        "fields": list(consent.fields),
        "given_at": consent.given_at,
        "until": consent.until.isoformat() if consent.until else None,
        "guardian": consent.guardian or None,
        "evidence": consent.evidence or None,
        "withdrawn_at": consent.withdrawn_at,
        "in_force": consent.in_force(now),
    }


@dataclass(frozen=True, slots=True)
class Sighting:
    """One track of an object: its number, its times, its colour among the figures.

    file: what was written in clear, None where there was nothing to draw. linked: the names of people it is linked to.
    """

    object_id: UUID
    track: int
    from_s: float
    to_s: float
    colour: str
    recorded_at: str | None
    file: Path | None
    linked: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the sighting for machines."""
        return {
            "id": str(self.object_id),
            "track": self.track,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "colour": self.colour,
            "recorded_at": self.recorded_at,
            "file": None if self.file is None else str(self.file),
            "linked": list(self.linked),
        }


def find_unenrolled(
    vault: Vault, *, camera: str, span: Between, box: Box | None, folder: Path
) -> Iterator[Sighting]:
    """Yield every track of what a camera recorded in a span; write figures or masked film.

    For each object one file in clear stands in the folder: stick figures where poses
    are kept, else the masked film; each opening is granted and logged as `open` does.

    Raises: CannotCreateError; whatever `open_object` raises.
    Clause: 4.1-4.
    """
    if folder.resolve().is_relative_to(vault.folder.path.resolve()):
        raise UnsafeOutputError(output=folder, reason="it lies in the vault")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(path=folder, reason=error.strerror or error) from None
    box_id = None if box is None else box.box_id
    names = {one.subject_id: one.name for one in vault.people.subjects.all()}
    for stored in vault.rooms.catalogue.find(box_id, camera=camera, between=span):
        tracks = _tracks(read_records(vault, stored.object_id))
        file = _shown(vault, stored, folder)
        links = vault.people.appearances.of_object(stored.object_id)
        for track, (from_s, to_s) in sorted(tracks.items()):
            yield Sighting(
                stored.object_id,
                track,
                from_s,
                to_s,
                "#{:02x}{:02x}{:02x}".format(*COLOURS[track % len(COLOURS)]),
                stored.info.recorded_at,
                file,
                tuple(names[one.subject_id] for one in links if one.track in (None, track)),
            )


def _shown(vault: Vault, stored: StoredObject, folder: Path) -> Path | None:
    """Write what shows the people of an object unrecognisably; None where nothing can."""
    file = folder / f"{stored.object_id}.mp4"
    try:
        open_object(vault, Wish(stored.object_id, PartKind.PREVIEW), file, force=False)
    except NoPosesError:
        if all(part.kind is not PartKind.MASKED for part in stored.parts):
            return None
        kind = stored.info.media_types.get("masked", "")
        file = file.with_suffix((endings_of(kind) or (".mp4",))[0])
        open_object(vault, Wish(stored.object_id, PartKind.MASKED), file, force=False)
    return file


def _tracks(records: list[Record]) -> dict[int, tuple[float, float]]:
    """Return the times of each number in the records; whoever is recognised has none there."""
    found: dict[int, tuple[float, float]] = {}
    for record in records:
        kind, _, number_text = (record.subject or "").partition(" ")
        if kind != "unknown":
            continue
        first, last = span_of(record)
        number = int(number_text)
        before = found.get(number, (first, last))
        found[number] = min(before[0], first), max(before[1], last)
    return found


def _tell(vault: Vault, unit: Any, action: Action, one: Appearance) -> None:
    """Log a link by its own number: the log says neither who nor where."""
    facts = {"appearance": str(one.appearance_id)}
    vault.log.append(unit, Deed(action, datetime.now(UTC), facts=facts))
