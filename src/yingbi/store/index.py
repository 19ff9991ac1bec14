"""The index of events: what records tell by time, found without opening any object.

An object with locks either has an entry on a page of the index or waits to be read into
it, both written in the transaction that writes its locks. A writer that knows what the
records say puts them in at once; what comes through a door, was changed, or is older
than the index waits for the next query.

Clause: 6.2.3-1; 6.2.3.e-2.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.db.schema import index_waiting, objects
from yingbi.db.sql import delete, insert, select
from yingbi.domain.part import PartKind
from yingbi.domain.record import Record
from yingbi.keys.index_page import NO_TIME, IndexEntry, PageGroup
from yingbi.keys.index_pages import Destroyed, IndexPages
from yingbi.store.event_rows import encoded, span_us, start_us
from yingbi.store.stored import StoredObject

ROOM = 1024
"""Bytes of a page for each segment of records, whatever the segment tells."""
_SOME = 500


class NoIndex:
    """The index of a vault that keeps none."""

    def put(self, unit: KeysUnit, stored: StoredObject, told: Sequence[Record] | None) -> None:
        """Write what the object's records tell; None lets it wait to be read."""

    def read_again(self, unit: KeysUnit, object_id: UUID) -> None:
        """Destroy what the index tells of the object and let it wait to be read."""

    def destroy(
        self, unit: KeysUnit, object_ids: Sequence[UUID], *, anywhere: bool = False
    ) -> None:
        """Destroy what the index tells of the objects; anywhere: also of such without a row."""


def groups_in(database: Database[CatalogueUnit]) -> "Groups":
    """Return what finds the groups of objects by their rows in the catalogue."""
    columns = objects.c.object_id, objects.c.box_id, objects.c.epoch, objects.c.retention

    def groups(object_ids: Sequence[UUID]) -> dict[UUID, PageGroup]:
        found: dict[UUID, PageGroup] = {}
        with database.read() as unit:
            for some in _lots(object_ids):
                for row in unit.all(select(*columns).where(objects.c.object_id.in_(some))):
                    found[row.object_id] = PageGroup(row.box_id, row.epoch, row.retention)
        return found

    return groups


Groups = Callable[[Sequence[UUID]], Mapping[UUID, PageGroup]]
"""Returns the groups of the objects among these that have a row."""
OfGroup = Callable[[UUID, Collection[tuple[int, int]]], Iterable[UUID]]
"""Returns the objects of a box that are of one of these epochs and retention classes."""


class EventIndex(NoIndex):
    """The index of one vault."""

    def __init__(
        self, pages: IndexPages, groups: Groups, of_group: OfGroup, controller_id: UUID
    ) -> None:
        self.pages, self._groups, self._of_group = pages, groups, of_group
        self._controller = controller_id

    def put(self, unit: KeysUnit, stored: StoredObject, told: Sequence[Record] | None) -> None:
        """Write what the object's records tell, in the caller's transaction; None lets it wait."""
        if told is None:
            self._wait(unit, [stored.object_id])
        else:
            self.pages.put(unit, group_of(stored), [entry_of(stored, told)])

    def put_read(
        self, unit: KeysUnit, read: Sequence[tuple[StoredObject, Sequence[Record]]]
    ) -> None:
        """Write what was read of waiting objects; those that wait no more are left as they are."""
        still = set(self.waiting(unit, [stored.object_id for stored, _ in read]))
        entries: dict[PageGroup, list[IndexEntry]] = {}
        for stored, told in read:
            if stored.object_id in still:
                entries.setdefault(group_of(stored), []).append(entry_of(stored, told))
        for group, its in entries.items():
            self.pages.put(unit, group, its)
        self.forget_waiting(unit, sorted(still))

    def read_again(self, unit: KeysUnit, object_id: UUID) -> None:
        """Destroy what the index tells of the object and let it wait, in the caller's transaction."""
        self.destroy(unit, [object_id])
        self._wait(unit, [object_id])

    def destroy(
        self, unit: KeysUnit, object_ids: Sequence[UUID], *, anywhere: bool = False
    ) -> None:
        """Destroy what the index tells of the objects, in the caller's transaction.

        Where an object's page is, its row says in clear. So what is not found there is looked
        for everywhere. What shared a page that does not open is read again.
        """
        groups = self._groups(object_ids)
        wanted = {one.bytes for one in (object_ids if anywhere else groups)}
        waiting = {one.bytes for one in self.waiting(unit, object_ids)}
        done = self.pages.destroy(unit, groups.values(), wanted)
        left = wanted - waiting - done.object_ids
        self._read_lost(unit, done, object_ids)
        if left:
            self._read_lost(unit, self.pages.destroy_anywhere(unit, left), object_ids)
        self.forget_waiting(unit, object_ids)

    def build_anew(self, unit: KeysUnit, box_id: UUID, object_ids: Sequence[UUID]) -> None:
        """Drop a box's pages and let its objects wait, in the caller's transaction."""
        self.pages.drop_box(unit, box_id)
        self._wait(unit, object_ids)

    def waiting(self, unit: KeysUnit, among: Sequence[UUID] | None = None) -> list[UUID]:
        """Return the objects that wait to be read, the oldest first."""
        chosen = select(index_waiting.c.object_id).order_by(index_waiting.c.object_id)
        if among is None:
            return [row.object_id for row in unit.all(chosen)]
        lots = (chosen.where(index_waiting.c.object_id.in_(some)) for some in _lots(among))
        return [row.object_id for lot in lots for row in unit.all(lot)]

    def forget_waiting(self, unit: KeysUnit, object_ids: Sequence[UUID]) -> None:
        """Let the objects wait no more."""
        for some in _lots(object_ids):
            unit.run(delete(index_waiting).where(index_waiting.c.object_id.in_(some)))

    def _read_lost(self, unit: KeysUnit, done: Destroyed, gone: Sequence[UUID]) -> None:
        for group in done.lost:
            its = self._of_group(group.box_id, {(group.epoch, group.retention)})
            self._wait(unit, [one for one in its if one not in set(gone)])

    def _wait(self, unit: KeysUnit, object_ids: Sequence[UUID]) -> None:
        known = set(self.waiting(unit, object_ids))
        rows = [
            {"object_id": one, "controller_id": self._controller}
            for one in object_ids
            if one not in known
        ]
        if rows:
            unit.run(insert(index_waiting), rows)


def group_of(stored: StoredObject) -> PageGroup:
    """Return the group of pages that the object belongs to."""
    return PageGroup(stored.box_id, stored.epoch, stored.retention)


def entry_of(stored: StoredObject, told: Sequence[Record]) -> IndexEntry:
    """Return what an object adds to the index."""
    began_us = start_us(stored.info.recorded_at)
    span = span_us(told, began_us) or NO_TIME
    segments = sum(part.segments for part in stored.parts if part.kind is PartKind.RECORDS)
    content = encoded(told, began_us)
    return IndexEntry(stored.object_id.bytes, ROOM * max(1, segments), *span, content)


def _lots(object_ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    """Return the ids in lots: SQLite bounds a statement's variables."""
    for start in range(0, len(object_ids), _SOME):
        yield object_ids[start : start + _SOME]
