"""Erasing an object, and settling at start what a crash left half-done.

The order makes every crash harmless: the decision is in the catalogue and the
log before a lock is touched; the locks are gone before a byte is unlinked; the
receipt comes last. What is decided is always finished, never undone; and what
the log does not tell to be decided is never begun.

Clause: 6.1-8; 6.2.3.e-2.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.envelope.part import first_header
from yingbi.errors import ObjectHeldError, SealBrokenError
from yingbi.keys.inbox_keys import InboxKeys, gone_by, inbox_keys
from yingbi.store.check import check_decided
from yingbi.store.replace import settle_changes
from yingbi.store.stored import Erasure, ObjectInfo, StoredObject
from yingbi.store.writer import Rooms


@dataclass(frozen=True, slots=True)
class Settled:
    """What a start found half-done and put right."""

    bodies_removed: int = 0
    locks_destroyed: int = 0
    erasures_finished: int = 0


LOT = 500
"""So many objects are decided, destroyed and written down at a time."""


def erase(rooms: Rooms, object_id: UUID, *, now: datetime, purpose: str = "") -> Erasure:
    """Erase the object and return the receipt: its key is gone, then its bytes.

    Raises: NoSuchObjectError; ObjectErasedError; ObjectHeldError; SealBrokenError where a
        lock of it could lie in a page that does not open; VaultLockedError where a reader
        keeps the old locks in the journal: the next start finishes it.
    """
    return erase_many(rooms, [object_id], now=now, purpose=purpose)[0]


def erase_many(
    rooms: Rooms,
    object_ids: Sequence[UUID],
    *,
    now: datetime,
    purpose: str = "",
    facts: Mapping[str, str] | None = None,
) -> list[Erasure]:
    """Erase the objects and return their receipts; each page of locks is written once a lot.

    purpose: why, in the user's words. facts: what the log says beside it in clear.

    Raises: as `erase` does, for the first that fails; nothing of its lot is touched then.
    """
    receipts = list[Erasure]()
    for start in range(0, len(object_ids), LOT):
        why = Deed(Action.ERASE_INTENDED, now, purpose=purpose, facts=facts or {})
        receipts += _erase_lot(rooms, object_ids[start : start + LOT], why)
    return receipts


def _erase_lot(rooms: Rooms, object_ids: Sequence[UUID], why: Deed) -> list[Erasure]:
    lot = rooms.catalogue.some(object_ids)
    segments = {one.object_id: sum(part.segments for part in one.parts) for one in lot}
    if rooms.locks.counts(list(segments)) != segments:
        rooms.locks.verify()
    deeds = []
    with rooms.catalogue_db.begin() as unit:
        for stored in lot:
            if rooms.held(stored.box_id, stored.object_id):
                raise ObjectHeldError(object_id=stored.object_id)
            rooms.catalogue.intend_erasing(unit, stored, why.at)
            seals = {part.kind.value: part.final_seal.hex() for part in stored.parts}
            deeds.append(
                replace(why, box_id=stored.box_id, object_id=stored.object_id, digests=seals)
            )
        rooms.ledger.append_all(unit, deeds)
    boxes = {one.object_id: one.box_id for one in lot}
    return _finish(rooms, boxes, why.at, entries=sum(segments.values()) + len(lot))


def forget(
    rooms: Rooms,
    subject_id: UUID,
    controller_id: UUID,
    *,
    along: Callable[[CatalogueUnit], None],
    now: datetime,
) -> Erasure:
    """Erase a person's key as an object's and return the receipt; it names the controller as box.

    along: removes what can be found only while the key is there, with the decision.

    Raises: as `erase` does.
    """
    person = StoredObject(subject_id, controller_id, Level.STRUCTURED_ONLY, 0, 0, (), ObjectInfo())
    with rooms.catalogue_db.begin() as unit:
        along(unit)
        rooms.catalogue.intend_erasing(unit, person, now)
        deed = Deed(Action.ERASE_INTENDED, now, box_id=controller_id, object_id=subject_id)
        rooms.ledger.append(unit, deed)
    return _finish(rooms, {subject_id: controller_id}, now, entries=1)[0]


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
    for start in range(0, len(unfinished), LOT):
        lot = unfinished[start : start + LOT]
        _finish(rooms, {erasure.object_id: erasure.box_id for erasure in lot}, now)
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
    rooms: Rooms, boxes: Mapping[UUID, UUID], now: datetime, *, entries: int | None = None
) -> list[Erasure]:
    """Destroy the locks, the bytes and the rows of these objects, given with their boxes.

    entries: how many they have in the lock table, if known. Where an object's locks lie
    is written beside them unsealed. So the receipt rests on their number, and without
    that on a look into every page.
    """
    with rooms.keys_db.begin() as unit:
        if rooms.locks.destroy(unit, *boxes) != entries:
            rooms.locks.destroy_anywhere(unit, *boxes)
        rooms.index.destroy(unit, list(boxes))
    rooms.keys_db.empty_journal()
    rooms.shelf.remove([name for one in boxes for name in rooms.catalogue.file_names(one)])
    inboxes = _inbox_keys(rooms)
    deeds, facts = [], {"lock_store": rooms.locks.lock_store_id.hex()}
    with rooms.catalogue_db.begin() as unit_of_catalogue:
        for object_id, box_id in boxes.items():
            gone = gone_by(inboxes, box_id, object_id, now)
            rooms.catalogue.complete_erasing(unit_of_catalogue, object_id, now, delivery_gone=gone)
            deeds.append(Deed(Action.ERASED, now, box_id, object_id, facts=facts))
        rooms.ledger.append_all(unit_of_catalogue, deeds)
    receipts = [rooms.catalogue.erasure(object_id) for object_id in boxes]
    if any(receipt is None for receipt in receipts):
        raise AssertionError("a receipt was committed and is not there")
    return [receipt for receipt in receipts if receipt is not None]


def finish_receipts(rooms: Rooms, *, now: datetime) -> list[Erasure]:
    """Write down and log which erased objects no key opens any more; return their receipts."""
    inboxes = _inbox_keys(rooms)
    with rooms.catalogue_db.begin() as unit:
        final = rooms.catalogue.finish_erasings(unit, now, inboxes)
        deeds = [
            Deed(
                Action.ERASED_FINALLY,
                now,
                erasure.box_id,
                erasure.object_id,
                facts={"lock_store": erasure.lock_store_id.hex()},
            )
            for erasure in final
        ]
        rooms.ledger.append_all(unit, deeds)
    return final


def _inbox_keys(rooms: Rooms) -> InboxKeys:
    with rooms.keys_db.read() as unit:
        return inbox_keys(unit)


def _destroy_unknown_locks(rooms: Rooms, unknown: set[UUID]) -> int:
    for object_id in unknown:
        with rooms.keys_db.begin() as unit:
            rooms.locks.destroy(unit, object_id)
            rooms.index.destroy(unit, [object_id], anywhere=True)
    if unknown:
        rooms.keys_db.empty_journal()
    return len(unknown)


def _remove_unknown_bodies(rooms: Rooms) -> int:
    """Remove bodies that no row names, but for those of deliveries; unfinished deliveries too."""
    known = rooms.catalogue.known_files() | rooms.inbox.claimed()
    unknown = {name for name in rooms.shelf.names() if name not in known and _is_left(rooms, name)}
    rooms.shelf.remove(sorted(unknown))
    rooms.inbox.remove_unfinished()
    return len(unknown)


def _is_left(rooms: Rooms, name: str) -> bool:
    """Return whether a body that no row names is nobody's, also where rows were altered.

    A file's name stands in its row in clear. Whoever changes it must not have the body
    removed: an object whose rows do not open keeps whatever says that it is its own.
    """
    try:
        with rooms.shelf.open(name) as body:
            header = first_header(body)
    except SealBrokenError:
        return True  # what broke off before its first header was whole
    try:
        stored = rooms.catalogue.as_written(header.object_id)
    except SealBrokenError:
        return False
    return stored is None or all(part.file_name != name for part in stored.parts)
