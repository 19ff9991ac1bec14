"""Holds: rows that keep objects from being erased, their reasons sealed.

Clause: 6.2.3.c-1.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database
from yingbi.db.schema import holds
from yingbi.db.sql import delete, insert, select
from yingbi.domain.hold import Hold
from yingbi.domain.ids import new_id
from yingbi.domain.key_errors import NoSuchHoldError
from yingbi.domain.messages import say
from yingbi.errors import UsageError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.provider import RootProvider

LONGEST_REASON = 500
_SEALED_BYTES = 2560


def _today() -> date:
    return datetime.now(UTC).date()


class Holds:
    """The holds of one vault. today: gives the UTC day."""

    def __init__(
        self,
        keystore: RootProvider,
        catalogue: Database[CatalogueUnit],
        controller_id: UUID,
        today: Callable[[], date] = _today,
    ) -> None:
        self._keystore, self._suite = keystore, keystore.suite
        self._catalogue, self._controller, self._today = catalogue, controller_id, today

    def add(
        self,
        unit: CatalogueUnit,
        box_id: UUID,
        object_id: UUID | None,
        *,
        reason: str,
        until: date | None,
        now: datetime,
    ) -> Hold:
        """Write a hold in the caller's transaction; from its commit on nothing of it is erased.

        Raises: UsageError on a reason that is empty, over 500 characters or not printable,
            or on a last day that is over.
        """
        text = reason.strip()
        if not 1 <= len(text) <= LONGEST_REASON or not text.isprintable():
            most = LONGEST_REASON
            problem = say("a hold's reason has 1 to {most} printable characters", most=most)
            raise UsageError(problem=problem)
        if until is not None and until < now.date():
            raise UsageError(problem="the hold would be over already")
        made_at = now.isoformat(timespec="seconds")
        hold = Hold(new_id(), box_id, object_id, text, until, made_at)
        row = {
            "hold_id": hold.hold_id,
            "controller_id": self._controller,
            "box_id": box_id,
            "object_id": object_id,
            "sealed": self._sealed(hold),
        }
        unit.run(insert(holds), row)
        return hold

    def all(self) -> list[Hold]:
        """Return every hold that nobody ended, the oldest first.

        Raises: SealBrokenError where a row was altered.
        """
        with self._catalogue.read() as unit:
            rows = unit.all(select(holds).order_by(holds.c.hold_id))
        return [
            self._opened(row.hold_id, row.box_id, row.object_id, bytes(row.sealed)) for row in rows
        ]

    def get(self, hold_id: UUID) -> Hold:
        """Return a hold that nobody ended, or raise NoSuchHoldError."""
        found = next((hold for hold in self.all() if hold.hold_id == hold_id), None)
        if found is None:
            raise NoSuchHoldError(hold=hold_id)
        return found

    def end(self, unit: CatalogueUnit, hold: Hold) -> None:
        """Remove a hold in the caller's transaction; what it kept is erased in its usual time."""
        unit.run(delete(holds).where(holds.c.hold_id == hold.hold_id))

    def blocking(self, box_id: UUID, object_id: UUID) -> bool:
        """Return whether a hold keeps the object today.

        Raises: SealBrokenError where a hold cannot be read: it may keep anything.
        """
        today = self._today()
        return any(hold.keeps(box_id, object_id, today) for hold in self.all())

    def _sealed(self, hold: Hold) -> bytes:
        text = {
            "reason": hold.reason,
            "until": None if hold.until is None else hold.until.isoformat(),
            "made_at": hold.made_at,
        }
        content = json.dumps(text, ensure_ascii=False).encode().ljust(_SEALED_BYTES)
        at = self._at(hold.hold_id, hold.box_id, hold.object_id)
        return seal_cell(self._suite, self._keystore.catalogue_key("holds"), content, at)

    def _opened(self, hold_id: UUID, box_id: UUID, object_id: UUID | None, sealed: bytes) -> Hold:
        at = self._at(hold_id, box_id, object_id)
        key = self._keystore.catalogue_key("holds")
        text = json.loads(open_cell(self._suite, key, sealed, at, what="a hold"))
        until = None if text["until"] is None else date.fromisoformat(text["until"])
        return Hold(hold_id, box_id, object_id, text["reason"], until, text["made_at"])

    def _at(self, hold_id: UUID, box_id: UUID, object_id: UUID | None) -> bytes:
        held = b"" if object_id is None else object_id.bytes
        return place("hold", self._controller.bytes, hold_id.bytes, box_id.bytes, held)
