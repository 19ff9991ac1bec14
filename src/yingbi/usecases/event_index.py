"""The index of events of an open vault, and making that of a box anew.

Clause: A.1-3; 6.2.3-2.
"""

from datetime import UTC, datetime
from uuid import UUID

from yingbi.access.owner import OWNER
from yingbi.domain.box import Box
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import SealBrokenError
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


def check_index(vault: Vault) -> list[UUID]:
    """Open every page and return the objects that are neither in the index nor wait to be read.

    Raises: SealBrokenError where a page does not open or tells of an object that is not there;
        NoKeyError.
    """
    index, known = index_of(vault), set[UUID]()
    for box_id in vault.boxes.ids():
        known |= set(vault.rooms.catalogue.ids_of(box_id))
    decided = {one.object_id for one in vault.rooms.catalogue.unfinished_erasures()}
    with vault.rooms.keys_db.read() as unit:
        told = index.pages.object_ids(unit)
        waiting = set(index.waiting(unit))
    if told - known - decided:
        raise SealBrokenError(what="the index of events", reason="it tells of what is not there")
    return sorted(known - told - waiting)
