"""Erase what is held of a person, and the person's own rows where that is asked.

Clause: 4.1-5; 6.1-8; 6.5.b.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.subject import Subject
from yingbi.errors import YingbiError
from yingbi.store.erase import forget
from yingbi.usecases.backup import renew_ledgers
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.opened import Vault
from yingbi.usecases.person import SightOf, erase_person

PURPOSE = "erasing a person"


@dataclass(frozen=True, slots=True)
class PersonErased:
    """What became of a person's objects.

    receipts: of the objects that were this person's as a whole. held: whole objects
    that a hold keeps. persons: how many times the person was erased from among others.
    remaining: objects from which the person could not be, with the number there and why. forgotten: whether name and consents went as well.
    """

    receipts: tuple[dict[str, Any], ...]
    held: tuple[UUID, ...]
    persons: int
    remaining: tuple[tuple[UUID, int, YingbiError], ...]
    forgotten: bool

    @property
    def done(self) -> bool:
        """Whether nothing that was linked to the person is left."""
        return not self.held and not self.remaining


def erase_subject(
    vault: Vault, subject: Subject, *, forget_too: bool, sight_of: SightOf
) -> PersonErased:
    """Erase every object linked to the person as a whole, and the person from every other.

    forget_too: then erase the person's key, name and consents, where nothing remains.
    sight_of: see `erase_person`.

    Raises: as `erase_objects` does; called again it goes on where it stopped.
    """
    tracks: dict[UUID, set[int | None]] = {}
    for one in vault.people.appearances.of_subject(subject.subject_id):
        tracks.setdefault(one.object_id, set()).add(one.track)
    whole = [object_id for object_id, found in sorted(tracks.items()) if None in found]
    held = [one for one in whole if _held(vault, one)]
    receipts = erase_objects(vault, [one for one in whole if one not in held])
    among = [
        (object_id, number)
        for object_id, found in sorted(tracks.items())
        for number in sorted(n for n in found if n is not None)
        if None not in found
    ]
    remaining = _erase_among(vault, among, sight_of)
    forgotten = forget_too and not held and not remaining
    facts = {
        "objects": str(len(receipts)),
        "persons": str(len(among) - len(remaining)),
        "remaining": str(len(held) + len(remaining)),
        "forgotten": "yes" if forgotten else "no",
    }
    who = f"subject {subject.subject_id}"
    vault.log.record(Deed(Action.PERSON_ERASED, datetime.now(UTC), purpose=who, facts=facts))
    if forgotten:
        _forget(vault, subject)
    persons = len(among) - len(remaining)
    return PersonErased(tuple(receipts), tuple(held), persons, tuple(remaining), forgotten)


def _erase_among(
    vault: Vault, among: list[tuple[UUID, int]], sight_of: SightOf
) -> list[tuple[UUID, int, YingbiError]]:
    """Erase the person from objects that show others too; return where that failed, and why."""
    remaining = []
    for object_id, number in among:
        links = vault.people.appearances.of_object(object_id)
        if all(one.track != number for one in links):
            continue  # it went with another number of the same person
        try:
            erase_person(vault, object_id, number, purpose=PURPOSE, sight_of=sight_of)
        except YingbiError as error:
            remaining.append((object_id, number, error))
    return remaining


def _held(vault: Vault, object_id: UUID) -> bool:
    return vault.rooms.held(vault.rooms.catalogue.get(object_id).box_id, object_id)


def _forget(vault: Vault, subject: Subject) -> None:
    """Destroy the person's key as an object's; rows that need it to be found go first."""
    people = vault.people
    forget(
        vault.rooms,
        subject.subject_id,
        vault.folder.controller_id,
        now=datetime.now(UTC),
        along=lambda unit: people.appearances.remove_of(unit, subject.subject_id),
    )
    renew_ledgers(vault, datetime.now(UTC))
