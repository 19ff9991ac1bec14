"""The index of events of an open vault, and making that of a box anew.

Clause: A.1-3; 6.2.3-2.
"""

from datetime import UTC, datetime
from uuid import UUID

from yingbi.access.owner import OWNER
from yingbi.db.database import KeysUnit
from yingbi.db.schema import erasures, lock_places, objects
from yingbi.db.sql import func, select
from yingbi.domain.box import Box
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import SealBrokenError, YingbiError
from yingbi.keys.index_heads import PageHead
from yingbi.keys.index_page import INDEX
from yingbi.store.index import EventIndex
from yingbi.usecases.opened import Vault


def index_of(vault: Vault) -> EventIndex:
    """Return the vault's index of events; TypeError where it was joined without one."""
    if not isinstance(vault.rooms.index, EventIndex):
        raise TypeError("an open vault keeps an index")
    return vault.rooms.index


def build_anew(vault: Vault, box: Box) -> int:
    """Drop the index of a box and let all its objects be read again; return how many.

    What is in the index can be had again from the records, so a page that does not open is
    no loss. What has locks and no entry afterwards waits, so nothing that is taken in
    meanwhile is missed. It is in the log before anything is dropped.
    """
    facts, now = {"part": "index", "holder": OWNER}, datetime.now(UTC)
    vault.log.record(Deed(Action.OPENED, now, box.box_id, purpose="rebuild", facts=facts))
    with vault.rooms.keys_db.begin() as unit:
        index_of(vault).build_anew(unit, box.box_id)
    vault.rooms.keys_db.empty_journal()
    return len(vault.rooms.catalogue.ids_of(box.box_id))


def check_index(vault: Vault) -> list[tuple[UUID, YingbiError]]:
    """Open every page; return what is wrong, by the page's id or the object's.

    Wrong is a page that does not open, an object that has locks and neither stands in the
    index nor waits to be read, and an entry of what has no locks. All of that is in one
    database and changes in one transaction with the locks, so others may write meanwhile.
    """
    index, known = index_of(vault), set[UUID]()
    for box_id in vault.boxes.ids():
        known |= set(vault.rooms.catalogue.ids_of(box_id))
    with vault.rooms.keys_db.read() as unit:
        rows = unit.all(select(lock_places.c.object_id).distinct())
        locked = {row.object_id for row in rows}
        told, pages = index.pages.look_through(unit)
        waiting = set(index.waiting(unit))
    wrong = list[tuple[UUID, YingbiError]](pages.items())
    missing, strange = (known & locked) - told - waiting, told - locked
    for some, reason in (
        (missing, "this object is not in it"),
        (strange, "it tells of what is not there"),
    ):
        wrong += [(one, SealBrokenError(what=INDEX, reason=reason)) for one in sorted(some)]
    return wrong


def whole_heads(vault: Vault, unit: KeysUnit, box_id: UUID) -> list[PageHead] | None:
    """Return every page of a box, not opened; None where they tell of too few objects.

    That is so where a page is missing, and may be so where another process writes between
    the reading of both databases. Pages that were last written before they said of how many
    objects they tell are taken for whole.

    Raises: SealBrokenError, NoKeyError where a page's key does not open.
    """
    index = index_of(vault)
    heads, waiting = index.pages.heads(unit, box_id), set(index.waiting(unit))
    counts = [head.objects for head in heads if head.objects is not None]
    if len(counts) < len(heads):
        return heads
    if waiting:
        known = len(set(vault.rooms.catalogue.ids_of(box_id)) - waiting)
    else:
        decided = select(erasures.c.object_id)
        mine = (objects.c.box_id == box_id) & objects.c.object_id.not_in(decided)
        with vault.rooms.catalogue_db.read() as unit_of_catalogue:
            row = unit_of_catalogue.one(select(func.count().label("known")).where(mine))
        known = 0 if row is None else row.known
    return heads if sum(counts) >= known else None
