"""Erasing an object, and settling at start what a crash left half-done.

The order makes every crash harmless: the decision is in the catalogue and the
log before a lock is touched; the locks are gone before a byte is unlinked; the
receipt comes last. What is decided is always finished, never undone; and what
the log does not tell to be decided is never begun.

Clause: 6.1-8; 6.2.3.e-2.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.store.check import check_decided
from yingbi.store.replace import settle_changes
from yingbi.store.stored import Erasure
from yingbi.store.writer import Rooms


@dataclass(frozen=True, slots=True)
class Settled:
    """What a start found half-done and put right."""

    bodies_removed: int = 0
    locks_destroyed: int = 0
    erasures_finished: int = 0


def erase(rooms: Rooms, object_id: UUID, *, now: datetime, purpose: str = "") -> Erasure:
    """Erase the object and return the receipt: its key is gone, then its bytes.

    Raises: NoSuchObjectError; ObjectErasedError; SealBrokenError where a lock of it
        could lie in a page that does not open; VaultLockedError where a reader
        keeps the old locks in the journal: the next start finishes it.
    """
    stored = rooms.catalogue.get(object_id)
    segments = sum(part.segments for part in stored.parts)
    if len(rooms.locks.locks_of(object_id)) != segments:
        rooms.locks.verify()
    with rooms.catalogue_db.begin() as unit:
        rooms.catalogue.intend_erasing(unit, stored, now)
        deed = Deed(
            Action.ERASE_INTENDED,
            now,
            box_id=stored.box_id,
            object_id=object_id,
            purpose=purpose,
            digests={part.kind.value: part.final_seal.hex() for part in stored.parts},
        )
        rooms.ledger.append(unit, deed)
    return _finish(rooms, object_id, stored.box_id, now, entries=segments + 1)


def settle(rooms: Rooms, *, now: datetime) -> Settled:
    """Finish what was decided and remove what was never acknowledged.

    The caller holds the vault alone. Where no writer left its mark and no
    erasing is open this looks at nothing else and takes no time.

    Raises: LogBrokenError; SealBrokenError, and nothing is touched, where the log
        does not tell of the decision, or tells of an object whose row is gone.
    """
    marks = rooms.shelf.marks()
    unfinished = rooms.catalogue.unfinished_erasures()
    unknown = rooms.locks.object_ids() - rooms.catalogue.known_ids() if marks else set()
    if unfinished or unknown:
        check_decided(rooms.told(), unfinished, unknown)
    for erasure in unfinished:
        _finish(rooms, erasure.object_id, erasure.box_id, now)
    bodies = locks = 0
    if marks:
        settle_changes(rooms)
        locks = _destroy_unknown_locks(rooms, unknown)
        bodies = _remove_unknown_bodies(rooms)
        rooms.shelf.clear(marks)
    settled = Settled(bodies, locks, len(unfinished))
    if settled != Settled():
        facts = {
            "bodies": str(bodies),
            "locks": str(locks),
            "erasures": str(len(unfinished)),
        }
        rooms.ledger.record(Deed(Action.SETTLED, now, facts=facts))
    return settled


def _finish(
    rooms: Rooms, object_id: UUID, box_id: UUID, now: datetime, *, entries: int | None = None
) -> Erasure:
    """Destroy the locks, the bytes and the rows; entries: how many in the lock table, if known.

    Where an object's locks lie is written beside them unsealed. So the receipt
    rests on their number, and without that on a look into every page.
    """
    with rooms.keys_db.begin() as unit:
        if rooms.locks.destroy(unit, object_id) != entries:
            rooms.locks.destroy_anywhere(unit, object_id)
    rooms.keys_db.empty_journal()
    rooms.shelf.remove(rooms.catalogue.file_names(object_id))
    with rooms.catalogue_db.begin() as unit_of_catalogue:
        rooms.catalogue.complete_erasing(unit_of_catalogue, object_id, now)
        deed = Deed(Action.ERASED, now, box_id=box_id, object_id=object_id)
        rooms.ledger.append(unit_of_catalogue, deed)
    receipt = rooms.catalogue.erasure(object_id)
    if receipt is None:
        raise AssertionError("a receipt was committed and is not there")
    return receipt


def _destroy_unknown_locks(rooms: Rooms, unknown: set[UUID]) -> int:
    for object_id in unknown:
        with rooms.keys_db.begin() as unit:
            rooms.locks.destroy(unit, object_id)
    if unknown:
        rooms.keys_db.empty_journal()
    return len(unknown)


def _remove_unknown_bodies(rooms: Rooms) -> int:
    """Remove bodies that no row names, but for those of deliveries; unfinished deliveries too."""
    known = rooms.catalogue.known_files() | rooms.inbox.claimed()
    unknown = set(rooms.shelf.names()) - known
    rooms.shelf.remove(sorted(unknown))
    rooms.inbox.remove_unfinished()
    return len(unknown)
