"""The lock table as `vault check` needs it: page by page, also where one does not open."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from yingbi.db.database import KeysUnit
from yingbi.db.schema import lock_pages, lock_places
from yingbi.db.sql import delete, insert, select
from yingbi.errors import NoKeyError, SealBrokenError
from yingbi.keys.lock_entry import Entry, parsed
from yingbi.keys.locks import LockTable


class LockRepair(LockTable):
    """The same table, with what may lose something; nothing but a repair makes one."""

    def each_page(self, unit: KeysUnit) -> Iterator[tuple[UUID, list[Entry] | None]]:
        """Return every page with its entries; None for one that does not open."""
        for row in self._each(unit, self._every_page(unit)):
            try:
                yield row.page_id, parsed(self._open(row).content)
            except (SealBrokenError, NoKeyError):
                yield row.page_id, None

    def let_go(self, unit: KeysUnit, page_id: UUID) -> None:
        """Remove a page, whatever is in it."""
        unit.run(delete(lock_places).where(lock_places.c.page_id == page_id))
        unit.run(delete(lock_pages).where(lock_pages.c.page_id == page_id))

    def places(self, unit: KeysUnit) -> set[tuple[UUID, UUID]]:
        """Return which object has entries in which page, as it is written beside the pages."""
        return {(row.object_id, row.page_id) for row in unit.all(select(lock_places))}

    def write_places(self, unit: KeysUnit, true: Iterable[tuple[UUID, UUID]]) -> None:
        """Write anew which object has entries in which page."""
        unit.run(delete(lock_places))
        who = self._controller
        rows = [{"object_id": o, "page_id": p, "controller_id": who} for o, p in true]
        if rows:
            unit.run(insert(lock_places), rows)
