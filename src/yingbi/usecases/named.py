"""Whom the records of an object call by a name, as only the holder of the vault's key can tell.

Clause: 4.1-4; 6.1-4; 6.1-8.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.domain.ids import day_of
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.people_errors import TooManyLinksError
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.store.stored import StoredObject
from yingbi.usecases.opened import Vault


def link_named(vault: Vault, unit: CatalogueUnit, stored: StoredObject) -> None:
    """Link everybody whom the records call by a name, so that asking and erasing find them.

    It is done in the caller's transaction and told to the log. An object that takes no more
    links keeps its records all the same. So everybody comes once before anybody comes again,
    by another number: whoever is erased by one number is erased by all that bear the name.
    """
    for person_id, number in _once_first(_named(vault, stored)):
        try:
            found = vault.people.appearances.link(unit, person_id, stored.object_id, track=number)
        except TooManyLinksError:
            return
        facts = {"appearance": str(found.appearance_id)}
        vault.log.append(unit, Deed(Action.SUBJECT_LINKED, datetime.now(UTC), facts=facts))


def _once_first(named: Iterable[tuple[UUID, int]]) -> Iterator[tuple[UUID, int]]:
    met, again = set[UUID](), list[tuple[UUID, int]]()
    for one in named:
        if one[0] in met:
            again.append(one)
        else:
            met.add(one[0])
            yield one
    yield from again


def _named(vault: Vault, stored: StoredObject) -> Iterator[tuple[UUID, int]]:
    """Yield who is called by a name that their box gives, and by which number as well."""
    known = json.loads(stored.info.extra.get("known", "{}"))
    rotation = vault.boxes.record(stored.box_id).box.policy.detail.names if known else "none"
    if rotation == "none":
        return
    names, day = Pseudonyms(vault.keystore, stored.box_id, rotation), naming_day(stored)
    people = {names.on(one.subject_id, day): one.subject_id for one in vault.people.subjects.all()}
    for number, given in known.items():
        for name in given:
            if name in people:
                yield people[name], int(number)


def naming_day(stored: StoredObject) -> date:
    """Return the UTC day by which an object names people: it was recorded then, or taken in."""
    recorded_at = stored.info.recorded_at
    if recorded_at is None:
        return date.fromisoformat(day_of(stored.object_id))
    return datetime.fromisoformat(recorded_at).astimezone(UTC).date()
