"""Taking an object in: segment by segment, acknowledged once and whole.

Bodies go to the disk under their names, then the locks are committed, then one
transaction of the catalogue writes the object's row and the log's entry: that
is the acknowledgement. Whatever fails before it leaves nothing.

Clause: 6.2.3-2; A.1.c-2; A.2.c-2; A.2.c-3; A.3.c-2.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.domain.ledger import Action, Deed, Ledger
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, SealedSegment
from yingbi.errors import YingbiError
from yingbi.keys.locks import LockGroup, LockTable
from yingbi.store.catalogue import Catalogue
from yingbi.store.shelf import Body, ObjectShelf
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment


@dataclass(frozen=True, slots=True)
class Rooms:
    """What taking in and erasing need of an open vault.

    told: verifies the log and returns every deed in it; raises LogBrokenError.
    """

    catalogue_db: Database[CatalogueUnit]
    keys_db: Database[KeysUnit]
    shelf: ObjectShelf
    catalogue: Catalogue
    locks: LockTable
    ledger: Ledger[CatalogueUnit]
    key_bytes: int
    told: Callable[[], Iterable[Deed]]


@dataclass(slots=True)
class _Growing:
    """A part that is being written."""

    body: Body
    segments: list[StoredSegment] = field(default_factory=list)
    final_seal: bytes = b""


class ObjectWriter:
    """One object on its way into the vault; a context manager.

    Leaving the block without `commit`, or with an exception, leaves nothing
    behind. Memory holds the locks and the segments' places, never a body.
    """

    def __init__(
        self,
        rooms: Rooms,
        *,
        object_id: UUID,
        level: Level,
        group: LockGroup,
        day: date,
    ) -> None:
        self._rooms, self._group, self._day = rooms, group, day
        self._object_id, self._level = object_id, level
        self._growing: dict[PartKind, _Growing] = {}
        self._locks: dict[UUID, bytes] = {}
        self._mark: Path | None = None
        self._acknowledged = False

    def __enter__(self) -> Self:
        self._mark = self._rooms.shelf.mark()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in self._growing.values():
            part.body.close()
        # What cannot be undone now is found by its mark and undone at the next start.
        with contextlib.suppress(YingbiError):
            if not self._acknowledged:
                self._undo()
            if self._mark is not None:
                self._rooms.shelf.clear([self._mark])

    def add(
        self,
        kind: PartKind,
        segment: SealedSegment,
        *,
        from_s: float = 0.0,
        to_s: float = 0.0,
        track: int | None = None,
    ) -> None:
        """Write the part's next segment; from_s and to_s are seconds of the object.

        track: whose it is, for the part `roi` alone.

        Raises: ReadWriteError; ValueError on a segment out of order.
        """
        if kind not in self._growing:
            self._growing[kind] = _Growing(self._rooms.shelf.begin(self._day))
        part = self._growing[kind]
        if segment.number != len(part.segments) or segment.segment_id in self._locks:
            raise ValueError(f"segment {segment.number} of {kind} is out of order")
        place = StoredSegment(
            segment.segment_id, part.body.size, len(segment.content), from_s, to_s, track
        )
        part.body.write(segment.content)
        part.segments.append(place)
        part.final_seal = segment.seal_digest
        self._locks[segment.segment_id] = segment.lock

    def commit(
        self,
        info: ObjectInfo,
        *,
        now: datetime,
        facts: Mapping[str, str] | None = None,
        along: Callable[[CatalogueUnit], None] | None = None,
    ) -> StoredObject:
        """Acknowledge the object: when this returns it is in the vault for good.

        along: what else stands or falls with the object, written in the same transaction.

        Raises: ValueError for an object without parts; ReadWriteError; VaultLockedError.
        """
        if not self._growing:
            raise ValueError("an object has at least one part")
        for part in self._growing.values():
            part.body.finish()
        stored = self._stored(info)
        info_key = os.urandom(self._rooms.key_bytes)
        with self._rooms.keys_db.begin() as unit:
            self._rooms.locks.put(unit, self._group, self._object_id, self._locks, info_key)
        segments = {kind: part.segments for kind, part in self._growing.items()}
        with self._rooms.catalogue_db.begin() as unit_of_catalogue:
            self._rooms.catalogue.add(unit_of_catalogue, stored, segments, info_key)
            self._rooms.ledger.append(unit_of_catalogue, self._deed(stored, now, facts))
            if along is not None:
                along(unit_of_catalogue)
        self._acknowledged = True
        return stored

    def _stored(self, info: ObjectInfo) -> StoredObject:
        its = tuple(
            StoredPart(kind, part.body.name, len(part.segments), part.body.size, part.final_seal)
            for kind, part in sorted(self._growing.items())
        )
        group = self._group
        return StoredObject(
            self._object_id, group.box_id, self._level, group.epoch, group.retention, its, info
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

    def _undo(self) -> None:
        if self._rooms.catalogue.holds(self._object_id):
            return  # the acknowledgement reached the disk, only its echo was lost
        for part in self._growing.values():
            part.body.discard()
        if self._rooms.locks.holds(self._object_id):
            with self._rooms.keys_db.begin() as unit:
                self._rooms.locks.destroy(unit, self._object_id)
            self._rooms.keys_db.empty_journal()
