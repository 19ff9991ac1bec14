"""Erase what is held of a person, and the person's own rows where that is asked.

Clause: 4.1-5; 6.1-8; 6.5.b.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.subject import Subject
from yingbi.store.erase import forget
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.opened import Vault


@dataclass(frozen=True, slots=True)
class PersonErased:
    """What became of a person's objects.

    receipts: of the objects that were this person's as a whole. held: whole objects
    that a hold keeps. remaining: objects in which the person is one among others, each
    with the numbers of its tracks. forgotten: whether name and consents went as well.
    """

    receipts: tuple[dict[str, Any], ...]
    held: tuple[UUID, ...]
    remaining: tuple[tuple[UUID, tuple[int, ...]], ...]
    forgotten: bool

    @property
    def done(self) -> bool:
        """Whether nothing that was linked to the person is left."""
        return not self.held and not self.remaining


def erase_subject(vault: Vault, subject: Subject, *, forget_too: bool) -> PersonErased:
    """Erase every object linked to the person as a whole, and say what remains.

    forget_too: then erase the person's key, name and consents, where nothing remains.

    Raises: as `erase_objects` does; called again it goes on where it stopped.
    """
    tracks: dict[UUID, set[int | None]] = {}
    for one in vault.people.appearances.of_subject(subject.subject_id):
        tracks.setdefault(one.object_id, set()).add(one.track)
    whole = [object_id for object_id, found in sorted(tracks.items()) if None in found]
    held = [one for one in whole if _held(vault, one)]
    receipts = erase_objects(vault, [one for one in whole if one not in held])
    remaining = [
        (object_id, tuple(sorted(n for n in found if n is not None)))
        for object_id, found in sorted(tracks.items())
        if None not in found
    ]
    forgotten = forget_too and not held and not remaining
    facts = {
        "objects": str(len(receipts)),
        "remaining": str(len(held) + len(remaining)),
        "forgotten": "yes" if forgotten else "no",
    }
    who = f"subject {subject.subject_id}"
    vault.log.record(Deed(Action.PERSON_ERASED, datetime.now(UTC), purpose=who, facts=facts))
    if forgotten:
        _forget(vault, subject)
    return PersonErased(tuple(receipts), tuple(held), tuple(remaining), forgotten)


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
