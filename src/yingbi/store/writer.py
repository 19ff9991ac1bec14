"""Taking an object in: segment by segment, acknowledged once and whole.

Bodies go to the disk under their names, then the locks are committed, then one
transaction of the catalogue writes the object's row and the log's entry: that
is the acknowledgement. Whatever fails before it leaves nothing.

Clause: 6.2.3-2; A.1.c-2; A.2.c-2; A.2.c-3; A.3.c-2.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.domain.ledger import Action, Deed, Ledger
from yingbi.domain.level import Level
from yingbi.domain.record import Record, kind_of
from yingbi.keys.locks import LockGroup, LockTable
from yingbi.store.catalogue import Catalogue
from yingbi.store.event_rows import INDEXED
from yingbi.store.graded import grade_deeds
from yingbi.store.growing import PartsWriter
from yingbi.store.inbox import Inbox
from yingbi.store.index import NoIndex
from yingbi.store.shelf import ObjectShelf
from yingbi.store.stored import ObjectInfo, StoredObject


def nothing_held(_box_id: UUID, _object_id: UUID) -> bool:
    """Return False: where there are no holds."""
    return False


@dataclass(frozen=True, slots=True)
class Rooms:
    """What taking in and erasing need of an open vault.

    told: verifies the log and returns every deed in it; raises LogBrokenError.
    held: whether a hold keeps an object of a box from being erased. index: of events.
    """

    catalogue_db: Database[CatalogueUnit]
    keys_db: Database[KeysUnit]
    shelf: ObjectShelf
    catalogue: Catalogue
    locks: LockTable
    ledger: Ledger[CatalogueUnit]
    key_bytes: int
    told: Callable[[], Iterable[Deed]]
    inbox: Inbox
    held: Callable[[UUID, UUID], bool] = nothing_held
    index: NoIndex = field(default_factory=NoIndex)


def lock_group(stored: StoredObject) -> LockGroup:
    """Return the group of the lock table that the object's locks belong to."""
    of = stored.box_id, stored.epoch, stored.retention, stored.info.camera
    return LockGroup.of_object(stored.object_id, *of)


class ObjectWriter(PartsWriter):
    """One object on its way into an open vault."""

    def __init__(
        self,
        rooms: Rooms,
        *,
        object_id: UUID,
        level: Level,
        group: LockGroup,
        day: date,
        along: Callable[[CatalogueUnit, StoredObject], None] | None = None,
    ) -> None:
        """Begin; along: what else stands or falls with the object, in the same transaction."""
        super().__init__(rooms.shelf, object_id, day)
        self._rooms, self._group, self._level = rooms, group, level
        self._along = along
        self._told: list[Record] | None = None

    def hear(self, told: Callable[[], Iterable[Record]]) -> None:
        """Take what the sealed records say, for the index; of what it hears nothing, it reads."""
        if self._told is None:
            self._told = []
        self._told += (record for record in told() if kind_of(record) in INDEXED)

    def commit(
        self,
        info: ObjectInfo,
        *,
        now: datetime,
        facts: Mapping[str, str] | None = None,
    ) -> StoredObject:
        """Acknowledge the object: when this returns it is in the vault for good.

        Raises: ValueError for an object without parts; ReadWriteError; VaultLockedError.
        """
        self._finish_bodies()
        stored = self._stored(info)
        info_key = os.urandom(self._rooms.key_bytes)
        with self._rooms.keys_db.begin() as unit:
            self._rooms.locks.put(unit, self._group, self._object_id, self._locks, info_key)
            self._rooms.index.put(unit, stored, self._told)
        segments = {kind: part.segments for kind, part in self._growing.items()}
        with self._rooms.catalogue_db.begin() as unit_of_catalogue:
            self._rooms.catalogue.add(unit_of_catalogue, stored, segments, info_key)
            deeds = [*grade_deeds(stored, now), self._deed(stored, now, facts)]
            self._rooms.ledger.append_all(unit_of_catalogue, deeds)
            if self._along is not None:
                self._along(unit_of_catalogue, stored)
        self._acknowledged = True
        return stored

    def _stored(self, info: ObjectInfo) -> StoredObject:
        group = self._group
        return StoredObject(
            self._object_id,
            group.box_id,
            self._level,
            group.epoch,
            group.retention,
            self._parts(),
            info,
        )

    def _deed(self, stored: StoredObject, now: datetime, facts: Mapping[str, str] | None) -> Deed:
        digests = {part.kind.value: part.final_seal.hex() for part in stored.parts}
        return Deed(
            Action.PROTECTED,
            now,
            box_id=stored.box_id,
            object_id=stored.object_id,
            digests=digests,
            facts={"level": str(int(stored.level))} | dict(facts or {}),
        )

    def _undo(self) -> bool:
        if self._rooms.catalogue.holds(self._object_id):
            return True  # the acknowledgement reached the disk, only its echo was lost
        self._discard_bodies()
        if self._rooms.locks.holds(self._object_id):
            with self._rooms.keys_db.begin() as unit:
                self._rooms.locks.destroy(unit, self._object_id)
                self._rooms.index.destroy(unit, [self._object_id], anywhere=True)
            self._rooms.keys_db.empty_journal()
        return True
