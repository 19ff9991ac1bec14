"""The index of events: what records tell by time, found without opening any object.

An object with locks either has an entry on a page of the index or waits to be read into
it, both written in the transaction that writes its locks. A writer that knows what the
records say puts them in at once; what comes through a door, was changed, or is older
than the index waits for the next query.

Clause: 6.2.3-1; 6.2.3.e-2.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.db.schema import index_waiting, lock_places, objects
from yingbi.db.sql import delete, insert, select
from yingbi.domain.part import PartKind
from yingbi.domain.record import Record
from yingbi.errors import YingbiError
from yingbi.keys.index_page import NO_TIME, IndexEntry, PageGroup
from yingbi.keys.index_pages import IndexPages
from yingbi.store.event_rows import encoded, span_us, start_us
from yingbi.store.stored import StoredObject

ROOM = 1024
"""Bytes of a page for each segment of records, whatever the segment tells."""
_SOME = 500
_GENERATION_BYTES = 16


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
Read = tuple[StoredObject, IndexEntry, bytes]
"""An object, what it adds, and the generation in which it waited before it was read."""


class EventIndex(NoIndex):
    """The index of one vault."""

    def __init__(self, pages: IndexPages, groups: Groups, controller_id: UUID) -> None:
        self.pages, self._groups = pages, groups
        self._controller = controller_id

    def put(self, unit: KeysUnit, stored: StoredObject, told: Sequence[Record] | None) -> None:
        """Write what the object's records tell, in the caller's transaction; None lets it wait.

        One that tells more than the index takes waits too: the next query says so.
        """
        try:
            entry = None if told is None else entry_of(stored, told)
        except YingbiError:
            entry = None
        if entry is None:
            self._wait(unit, [stored.object_id])
        else:
            self.pages.put(unit, group_of(stored), [entry])

    def put_read(self, unit: KeysUnit, read: Sequence[Read]) -> int:
        """Write what was read of waiting objects; return of how many.

        What was changed or erased since it was read waits in another generation, or waits no
        more: it is left as it is. What an entry told before is replaced.
        """
        now = self.generations(unit, [stored.object_id for stored, *_ in read])
        entries: dict[PageGroup, list[IndexEntry]] = {}
        for stored, entry, generation in read:
            if now.get(stored.object_id) == generation:
                entries.setdefault(group_of(stored), []).append(entry)
        its_ids = [UUID(bytes=entry.object_id) for its in entries.values() for entry in its]
        self.pages.take_out(unit, entries, {one.bytes for one in its_ids})
        for group, its in entries.items():
            self.pages.put(unit, group, its)
        self.forget_waiting(unit, its_ids)
        return len(its_ids)

    def read_again(self, unit: KeysUnit, object_id: UUID) -> None:
        """Destroy what the index tells of the object and let it wait, in the caller's transaction."""
        self.destroy(unit, [object_id])
        self._wait(unit, [object_id])

    def destroy(
        self, unit: KeysUnit, object_ids: Sequence[UUID], *, anywhere: bool = False
    ) -> None:
        """Destroy what the index tells of the objects, in the caller's transaction.

        Where an object's page is, its row says in clear. So what is not found there is looked
        for everywhere. What stood on a page that does not open is read again.
        """
        groups = self._groups(object_ids)
        wanted = {one.bytes for one in (object_ids if anywhere else groups)}
        waiting = {one.bytes for one in self.waiting(unit, object_ids)}
        done = self.pages.destroy(unit, groups.values(), wanted)
        left, lost = wanted - waiting - done.object_ids, done.lost
        if left:
            lost |= self.pages.destroy_anywhere(unit, left).lost
        self.forget_waiting(unit, object_ids)
        if lost:
            self.mend(unit, object_ids)

    def build_anew(self, unit: KeysUnit, box_id: UUID) -> None:
        """Drop a box's pages and let its objects wait, in the caller's transaction."""
        self.pages.drop_box(unit, box_id)
        self.mend(unit)

    def mend(self, unit: KeysUnit, gone: Sequence[UUID] = ()) -> None:
        """Destroy pages that do not open; let wait, in the caller's transaction, what has no entry.

        What a lost page told of, its row cannot be trusted to say. So everything that has
        locks is looked at, but for what is gone.
        """
        rows = unit.all(select(lock_places.c.object_id).distinct())
        told = self.pages.sound(unit) | set(self.waiting(unit)) | set(gone)
        self._wait(unit, sorted({row.object_id for row in rows} - told))

    def waiting(self, unit: KeysUnit, among: Sequence[UUID] | None = None) -> list[UUID]:
        """Return the objects that wait to be read, the oldest first."""
        chosen = select(index_waiting.c.object_id).order_by(index_waiting.c.object_id)
        if among is None:
            return [row.object_id for row in unit.all(chosen)]
        lots = (chosen.where(index_waiting.c.object_id.in_(some)) for some in _lots(among))
        return [row.object_id for lot in lots for row in unit.all(lot)]

    def generations(self, unit: KeysUnit, among: Sequence[UUID]) -> dict[UUID, bytes]:
        """Return those among the objects that wait, and in which generation each does."""
        mine, found = select(index_waiting.c.object_id, index_waiting.c.generation), {}
        for some in _lots(among):
            for row in unit.all(mine.where(index_waiting.c.object_id.in_(some))):
                found[row.object_id] = bytes(row.generation)
        return found

    def forget_waiting(self, unit: KeysUnit, object_ids: Sequence[UUID]) -> None:
        """Let the objects wait no more."""
        for some in _lots(object_ids):
            unit.run(delete(index_waiting).where(index_waiting.c.object_id.in_(some)))

    def _wait(self, unit: KeysUnit, object_ids: Sequence[UUID]) -> None:
        """Let the objects wait in a fresh generation: what was read of them before is not put."""
        self.forget_waiting(unit, object_ids)
        rows = [
            {
                "object_id": one,
                "controller_id": self._controller,
                "generation": os.urandom(_GENERATION_BYTES),
            }
            for one in object_ids
        ]
        if rows:
            unit.run(insert(index_waiting), rows)


def group_of(stored: StoredObject) -> PageGroup:
    """Return the group of pages that the object belongs to."""
    return PageGroup(stored.box_id, stored.epoch, stored.retention)


def entry_of(stored: StoredObject, told: Sequence[Record]) -> IndexEntry:
    """Return what an object adds to the index. Raises: RecordRefusedError where it is too much."""
    began_us = start_us(stored.info.recorded_at)
    span = span_us(told, began_us) or NO_TIME
    segments = sum(part.segments for part in stored.parts if part.kind is PartKind.RECORDS)
    content = encoded(told, began_us)
    return IndexEntry(stored.object_id.bytes, ROOM * max(1, segments), *span, content)


def _lots(object_ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    """Return the ids in lots: SQLite bounds a statement's variables."""
    for start in range(0, len(object_ids), _SOME):
        yield object_ids[start : start + _SOME]
