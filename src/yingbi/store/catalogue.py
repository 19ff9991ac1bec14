"""What the vault holds: objects, their parts, and what was erased.

What a row says in clear (box, level, parts, sizes) is bound to its sealed
information, so that none of it can be altered unnoticed. What is private is
sealed under the object's own info key, which stands in the lock table: erasing
the object's locks makes every copy of the row unreadable as well.

Clause: 6.1-8; 6.2.3-2; 6.2.5.g-1.
"""

import json
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from yingbi.crypto.suite import Suite
from yingbi.db.database import CatalogueUnit, Database
from yingbi.db.schema import erasures, objects, parts, subjects
from yingbi.db.sql import Row, delete, insert, select, update
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.errors import NoSuchObjectError, ObjectErasedError, SealBrokenError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.locks import LockTable
from yingbi.store.erasures import Erasures, zoned
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment

_SEGMENT = struct.Struct(">16sQIdd")
_INFO_STEP = 1024
_OF_A_PERSON = struct.Struct(">16sQIddI?")


def _nothing(_unit: CatalogueUnit, _object_id: UUID) -> None:
    """Let an object go alone."""


class Catalogue(Erasures):
    """The rows of objects of one vault, and the receipts of those that were erased."""

    def __init__(
        self,
        suite: Suite,
        database: Database[CatalogueUnit],
        locks: LockTable,
        controller_id: UUID,
        goes_with: Callable[[CatalogueUnit, UUID], None] = _nothing,
    ) -> None:
        super().__init__(database, locks, controller_id, goes_with)
        self._suite, self.controller_id = suite, controller_id

    def add(
        self,
        unit: CatalogueUnit,
        stored: StoredObject,
        segments: Mapping[PartKind, Iterable[StoredSegment]],
        info_key: bytes,
    ) -> None:
        """Write the object's row and its parts' in the caller's transaction."""
        row = {
            "object_id": stored.object_id,
            "controller_id": self._controller,
            "box_id": stored.box_id,
            "level": int(stored.level),
            "epoch": stored.epoch,
            "retention": stored.retention,
            "sealed_info": self._seal_info(stored, info_key),
        }
        unit.run(insert(objects), row)
        self._add_parts(unit, stored, segments, info_key)

    def rewrite(
        self,
        unit: CatalogueUnit,
        stored: StoredObject,
        segments: Mapping[PartKind, Iterable[StoredSegment]],
    ) -> None:
        """Write the object's row and its parts' anew, in the caller's transaction.

        Raises: NoSuchObjectError where it was erased meanwhile.
        """
        info_key = self._locks.info_keys([stored.object_id]).get(stored.object_id)
        mine = objects.c.object_id == stored.object_id
        if info_key is None or unit.one(select(objects.c.object_id).where(mine)) is None:
            raise NoSuchObjectError(object_id=stored.object_id)
        unit.run(delete(parts).where(parts.c.object_id == stored.object_id))
        unit.run(update(objects).where(mine).values(sealed_info=self._seal_info(stored, info_key)))
        self._add_parts(unit, stored, segments, info_key)

    def _add_parts(
        self,
        unit: CatalogueUnit,
        stored: StoredObject,
        segments: Mapping[PartKind, Iterable[StoredSegment]],
        info_key: bytes,
    ) -> None:
        for part in stored.parts:
            index = _packed(part.kind, segments[part.kind])
            at = self._at_index(stored.object_id, part.kind)
            row = {
                "object_id": stored.object_id,
                "kind": part.kind.value,
                "controller_id": self._controller,
                "file_name": part.file_name,
                "segments": part.segments,
                "size": part.size,
                "final_seal": part.final_seal,
                "sealed_index": seal_cell(self._suite, info_key, index, at),
            }
            unit.run(insert(parts), row)

    def get(self, object_id: UUID) -> StoredObject:
        """Return the object.

        Raises: ObjectErasedError from the moment its erasing is decided;
            NoSuchObjectError; SealBrokenError where its rows were altered.
        """
        with self._database.read() as unit:
            gone = unit.one(select(erasures).where(erasures.c.object_id == object_id))
            if gone is not None:
                raise ObjectErasedError(object_id=object_id, day=gone.intended_at[:10])
            found = self._rows(unit, [object_id])
        if not found:
            raise NoSuchObjectError(object_id=object_id)
        opened = self._opened(found)
        return opened[0] if opened else self.get(object_id)  # erased since: now it says so

    def as_written(self, object_id: UUID) -> StoredObject | None:
        """Return what the object's rows say, whatever a receipt says; None where it has none.

        Raises: SealBrokenError where its rows were altered.
        """
        with self._database.read() as unit:
            found = self._rows(unit, [object_id])
        return next(iter(self._opened(found)), None)

    def live_segments(self, object_id: UUID) -> set[UUID]:
        """Return the segments that the object's sealed index counts on; raises as `as_written`."""
        stored = self.as_written(object_id)
        kinds = [] if stored is None else [part.kind for part in stored.parts]
        places = [one for kind in kinds for one in self._index(object_id, kind)]
        return {one.segment_id for one in places if not one.erased}

    def some(self, object_ids: Sequence[UUID]) -> list[StoredObject]:
        """Return these objects, in the order of their ids; raises as `get` does for each."""
        wanted, found = sorted(set(object_ids)), list[StoredObject]()
        for start in range(0, len(wanted), 500):  # SQLite bounds a statement's variables
            ids = wanted[start : start + 500]
            with self._database.read() as unit:
                rows = self._rows(unit, ids)
                gone = unit.one(select(erasures).where(erasures.c.object_id.in_(ids)))
            missing = set(ids) - {row.object_id for row, _ in rows}
            for object_id in [gone.object_id] if gone is not None else sorted(missing):
                self.get(object_id)
            opened = self._opened(rows)
            for object_id in {row.object_id for row, _ in rows} - {o.object_id for o in opened}:
                self.get(object_id)
            found += opened
        return found

    def of_epochs(
        self, box_id: UUID, epochs: Collection[tuple[int, int]]
    ) -> dict[UUID, tuple[int, int]]:
        """Return a box's objects of these epochs, each epoch with a retention class."""
        mine = objects.c.box_id == box_id
        chosen = select(objects.c.object_id, objects.c.epoch, objects.c.retention).where(mine)
        wanted = chosen.where(objects.c.epoch.in_(sorted({epoch for epoch, _ in epochs})))
        with self._database.read() as unit:
            rows = unit.all(wanted.order_by(objects.c.object_id))
        its = {row.object_id: (row.epoch, row.retention) for row in rows}
        return {object_id: name for object_id, name in its.items() if name in epochs}

    def ids_of(self, box_id: UUID, *, before: UUID | None = None) -> list[UUID]:
        """Return the objects of a box whose erasing is not decided, of ids below `before`."""
        chosen = select(objects.c.object_id).where(objects.c.box_id == box_id)
        chosen = chosen.where(objects.c.object_id.not_in(select(erasures.c.object_id)))
        if before is not None:
            chosen = chosen.where(objects.c.object_id < before)
        with self._database.read() as unit:
            return [row.object_id for row in unit.all(chosen.order_by(objects.c.object_id))]

    def page(
        self,
        box_id: UUID | None = None,
        *,
        after: UUID | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> list[StoredObject]:
        """Return at most `limit` objects, the oldest or newest first, from behind the id `after`.

        Raises: SealBrokenError where a row was altered.
        """
        its_id = objects.c.object_id
        chosen = select(its_id).order_by(its_id.desc() if newest_first else its_id).limit(limit)
        chosen = chosen.where(objects.c.object_id.not_in(select(erasures.c.object_id)))
        if box_id is not None:
            chosen = chosen.where(objects.c.box_id == box_id)
        if after is not None:
            chosen = chosen.where(its_id < after if newest_first else its_id > after)
        with self._database.read() as unit:
            found = self._rows(unit, [row.object_id for row in unit.all(chosen)])
        found = found[::-1] if newest_first else found
        opened = self._opened(found)
        if found and not opened:  # all of it was erased since: the page behind it is this one
            after = found[-1][0].object_id
            return self.page(box_id, after=after, limit=limit, newest_first=newest_first)
        return opened

    def all(
        self,
        box_id: UUID | None = None,
        *,
        after: UUID | None = None,
        newest_first: bool = False,
    ) -> Iterator[StoredObject]:
        """Return every object from behind `after`, a page at a time; raises as `page` does."""
        while page := self.page(box_id, after=after, newest_first=newest_first):
            yield from page
            after = page[-1].object_id

    def find(
        self,
        box_id: UUID | None = None,
        *,
        camera: str | None = None,
        between: tuple[datetime | None, datetime | None] = (None, None),
    ) -> list[StoredObject]:
        """Return what `each` yields."""
        return list(self.each(box_id, camera=camera, between=between))

    def each(
        self,
        box_id: UUID | None = None,
        *,
        camera: str | None = None,
        between: tuple[datetime | None, datetime | None] = (None, None),
        after: UUID | None = None,
        newest_first: bool = False,
    ) -> Iterator[StoredObject]:
        """Yield every object of a box, of a camera, recorded between two moments, behind an id.

        They come in the order of their ids or against it, a page at a time in memory. The first moment is within, the second is not. An object whose time is
        unknown lies between no two moments. Times without a zone are UTC.
        """
        for one in self.all(box_id, after=after, newest_first=newest_first):
            if (camera is None or one.info.camera == camera) and recorded_within(
                one.info, *between
            ):
                yield one

    def ids_of_epoch(self, box_id: UUID, epoch: int) -> list[UUID]:
        """Return a box's objects of a day, whatever their retention class."""
        mine = (objects.c.box_id == box_id) & (objects.c.epoch == epoch)
        with self._database.read() as unit:
            rows = unit.all(select(objects.c.object_id).where(mine).order_by(objects.c.object_id))
        return [row.object_id for row in rows]

    def segments_of(self, object_id: UUID, kind: PartKind) -> list[StoredSegment]:
        """Return where the part's segments lie, in order; raises as `get` does."""
        self.get(object_id).part(kind)
        return self._index(object_id, kind)

    def _index(self, object_id: UUID, kind: PartKind) -> list[StoredSegment]:
        mine = (parts.c.object_id == object_id) & (parts.c.kind == kind.value)
        with self._database.read() as unit:
            row = unit.one(select(parts.c.sealed_index).where(mine))
        key = self._locks.info_keys([object_id]).get(object_id)
        if row is None or key is None:
            raise NoSuchObjectError(object_id=object_id)
        at = self._at_index(object_id, kind)
        index = open_cell(self._suite, key, row.sealed_index, at, what=f"object {object_id}")
        form = _form(kind)
        return [
            StoredSegment(UUID(bytes=segment), *numbers)
            for segment, *numbers in form.iter_unpack(index)
        ]

    def file_names(self, object_id: UUID) -> list[str]:
        """Return the files that an object's rows name."""
        with self._database.read() as unit:
            rows = unit.all(select(parts.c.file_name).where(parts.c.object_id == object_id))
        return [row.file_name for row in rows]

    def holds(self, object_id: UUID) -> bool:
        """Return whether the object has a row."""
        with self._database.read() as unit:
            mine = objects.c.object_id == object_id
            return unit.one(select(objects.c.object_id).where(mine)) is not None

    def known_ids(self) -> set[UUID]:
        """Return the ids of all objects and people that have a row: whose keys are no remnants."""
        with self._database.read() as unit:
            found = {row.object_id for row in unit.all(select(objects.c.object_id))}
            return found | {row.subject_id for row in unit.all(select(subjects.c.subject_id))}

    def known_files(self) -> set[str]:
        """Return every file that some object's rows name."""
        with self._database.read() as unit:
            return {row.file_name for row in unit.all(select(parts.c.file_name))}

    def _rows(self, unit: CatalogueUnit, ids: list[UUID]) -> list[tuple[Row[Any], list[Row[Any]]]]:
        of_these = objects.c.object_id.in_(ids)
        rows = unit.all(select(objects).where(of_these).order_by(objects.c.object_id))
        by_object: dict[UUID, list[Row[Any]]] = {}
        chosen = select(parts).where(parts.c.object_id.in_(ids)).order_by(parts.c.kind)
        for part in unit.all(chosen):
            by_object.setdefault(part.object_id, []).append(part)
        return [(row, by_object.get(row.object_id, [])) for row in rows]

    def _opened(self, found: list[tuple[Row[Any], list[Row[Any]]]]) -> list[StoredObject]:
        """Return the objects, but for those that another process erased since they were read."""
        keys = self._locks.info_keys(row.object_id for row, _ in found)
        missing = [row.object_id for row, _ in found if row.object_id not in keys]
        with self._database.read() as unit:
            decided = select(erasures.c.object_id).where(erasures.c.object_id.in_(missing))
            gone = {row.object_id for row in unit.all(decided)} if missing else set()
        return [
            self._open(row, its, keys.get(row.object_id))
            for row, its in found
            if row.object_id not in gone
        ]

    def _open(self, row: Row[Any], part_rows: list[Row[Any]], key: bytes | None) -> StoredObject:
        what = f"object {row.object_id}"
        if key is None:
            raise SealBrokenError(what=what, reason="it has no key in the lock table")
        try:
            its = tuple(
                StoredPart(PartKind(p.kind), p.file_name, p.segments, p.size, p.final_seal)
                for p in part_rows
            )
            level = Level(row.level)
        except ValueError:
            raise SealBrokenError(what=what, reason="its rows were altered") from None
        bare = StoredObject(
            row.object_id, row.box_id, level, row.epoch, row.retention, its, ObjectInfo()
        )
        content = open_cell(self._suite, key, row.sealed_info, self._at_info(bare), what=what)
        return StoredObject(
            bare.object_id,
            bare.box_id,
            bare.level,
            bare.epoch,
            bare.retention,
            its,
            ObjectInfo.from_map(json.loads(content)),
        )

    def _seal_info(self, stored: StoredObject, key: bytes) -> bytes:
        content = json.dumps(stored.info.to_map(), ensure_ascii=False).encode()
        # Lengths of names, and who was there, are nobody's business: whole steps.
        padded = content.ljust(-(-len(content) // _INFO_STEP) * _INFO_STEP)
        return seal_cell(self._suite, key, padded, self._at_info(stored))

    def _at_info(self, stored: StoredObject) -> bytes:
        """Name the row's place by everything that it says in clear."""
        numbers = (stored.level, stored.epoch, stored.retention)
        its = [
            (p.kind, p.file_name, p.segments, p.size, p.final_seal.hex())
            for p in sorted(stored.parts, key=lambda part: part.kind)
        ]
        clear = json.dumps([numbers, its]).encode()
        ids = (self._controller.bytes, stored.object_id.bytes, stored.box_id.bytes)
        return place("object", *ids, clear)

    def _at_index(self, object_id: UUID, kind: PartKind) -> bytes:
        return place("segments", self._controller.bytes, object_id.bytes, kind.encode())


def _form(kind: PartKind) -> struct.Struct:
    return _OF_A_PERSON if kind is PartKind.ROI else _SEGMENT


def _packed(kind: PartKind, segments: Iterable[StoredSegment]) -> bytes:
    """Return a part's index; people's own films also say whose each segment is."""
    lines = []
    for one in segments:
        where = one.segment_id.bytes, one.offset, one.length, one.from_s, one.to_s
        whose = (one.track, one.erased) if kind is PartKind.ROI else ()
        lines.append(_form(kind).pack(*where, *whose))
    return b"".join(lines)


def recorded_within(info: ObjectInfo, start: datetime | None, end: datetime | None) -> bool:
    """Return whether an object was recorded between two moments; an unknown time lies between none."""
    if start is None and end is None:
        return True
    if info.recorded_at is None:
        return False
    at = zoned(datetime.fromisoformat(info.recorded_at))
    return (start is None or zoned(start) <= at) and (end is None or at < zoned(end))
