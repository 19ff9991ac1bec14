"""The receipts of what was erased: decided, erased, final.

Clause: 6.1-8; 6.2.3.e-2.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database
from yingbi.db.schema import erasures, objects, parts
from yingbi.db.sql import Row, delete, insert, select, update
from yingbi.errors import ObjectErasedError
from yingbi.keys.inbox_keys import InboxKeys, days_of, opens
from yingbi.keys.locks import LockTable
from yingbi.store.stored import Erasure, StoredObject


class Erasures:
    """What a catalogue knows of erasing; no row is ever removed from it.

    goes_with: removes, in the same transaction, what goes with an object's rows.
    """

    def __init__(
        self,
        database: Database[CatalogueUnit],
        locks: LockTable,
        controller_id: UUID,
        goes_with: Callable[[CatalogueUnit, UUID], None],
    ) -> None:
        self._database, self._locks, self._controller = database, locks, controller_id
        self._goes_with = goes_with

    def intend_erasing(self, unit: CatalogueUnit, stored: StoredObject, now: datetime) -> None:
        """Decide, in the caller's transaction, that the object is to be erased.

        Raises: ObjectErasedError where another process decided it meanwhile.
        """
        mine = erasures.c.object_id == stored.object_id
        gone = unit.one(select(erasures.c.intended_at).where(mine))
        if gone is not None:
            raise ObjectErasedError(object_id=stored.object_id, day=gone.intended_at[:10])
        row = {
            "object_id": stored.object_id,
            "controller_id": self._controller,
            "box_id": stored.box_id,
            "intended_at": as_text(now),
            "lock_store_id": self._locks.lock_store_id,
        }
        unit.run(insert(erasures), row)

    def complete_erasing(
        self, unit: CatalogueUnit, object_id: UUID, now: datetime, *, delivery_gone: datetime
    ) -> None:
        """Write the receipt and remove the object's rows, in the caller's transaction.

        The receipt names the lock-store key of this moment: no later one wraps the object.
        delivery_gone: by when no key opens a copy of its delivery any more.
        """
        unit.run(delete(parts).where(parts.c.object_id == object_id))
        unit.run(delete(objects).where(objects.c.object_id == object_id))
        self._goes_with(unit, object_id)
        mine = erasures.c.object_id == object_id
        receipt = {
            "erased_at": as_text(now),
            "lock_store_id": self._locks.lock_store_id,
            "promised_at": as_text(self._locks.promised(max(now, delivery_gone))),
        }
        unit.run(update(erasures).where(mine).values(**receipt))

    def erasure(self, object_id: UUID) -> Erasure | None:
        """Return what is known of the object's erasing, if it was decided."""
        with self._database.read() as unit:
            row = unit.one(select(erasures).where(erasures.c.object_id == object_id))
        return None if row is None else _erasure(row)

    def receipts(self) -> list[Erasure]:
        """Return everything that was ever decided to be erased."""
        with self._database.read() as unit:
            return [_erasure(row) for row in unit.all(select(erasures))]

    def unfinished_erasures(self) -> list[Erasure]:
        """Return the erasings that were decided and have no receipt."""
        with self._database.read() as unit:
            rows = unit.all(select(erasures).where(erasures.c.erased_at.is_(None)))
        return [_erasure(row) for row in rows]

    def erased_under_this(self, unit: CatalogueUnit, box_id: UUID, epoch: int) -> None:
        """Note in the caller's transaction that an inbox's key is about to be destroyed.

        Until then it could open copies of deliveries of that day, and the lock-store key of
        this moment wraps it: what was erased of them is final when that is gone.
        """
        waiting = (erasures.c.box_id == box_id) & erasures.c.final_at.is_(None)
        rows = unit.all(select(erasures.c.object_id).where(waiting))
        its = [row.object_id for row in rows if epoch in days_of(row.object_id)]
        values = {"lock_store_id": self._locks.lock_store_id}
        for object_id in its:
            mine = erasures.c.object_id == object_id
            unit.run(update(erasures).where(mine).values(**values))

    def finish_erasings(
        self, unit: CatalogueUnit, now: datetime, inboxes: InboxKeys
    ) -> list[Erasure]:
        """Write in the caller's transaction which receipts are final by now; return those.

        Final is what no key opens that is still there: neither the one in force when it
        was erased nor any before that. Numbers in the keys' names decide, not the clock.
        inboxes: keys that are there; what one of them may open is not final.
        """
        waiting = erasures.c.final_at.is_(None) & erasures.c.erased_at.is_not(None)
        keys = unit.all(select(erasures.c.lock_store_id).where(waiting).distinct())
        gone = [k.lock_store_id for k in keys if self._locks.opened_none_before(k.lock_store_id)]
        chosen = waiting & erasures.c.lock_store_id.in_(gone)
        rows = unit.all(select(erasures).where(chosen).order_by(erasures.c.object_id))
        found = [row for row in rows if not opens(inboxes, row.box_id, row.object_id)]
        for row in found:
            mine = erasures.c.object_id == row.object_id
            unit.run(update(erasures).where(mine).values(final_at=as_text(now)))
        return [_erasure(row) for row in found]


def _erasure(row: Row[Any]) -> Erasure:
    return Erasure(
        row.object_id,
        row.box_id,
        row.intended_at,
        row.erased_at,
        bytes(row.lock_store_id),
        row.promised_at,
        row.final_at,
    )


def zoned(moment: datetime) -> datetime:
    """Return the moment with its zone; without one it is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def as_text(moment: datetime) -> str:
    """Return the moment as a row has it: UTC, to the second."""
    return zoned(moment).astimezone(UTC).isoformat(timespec="seconds")
