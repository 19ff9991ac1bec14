"""The lock table: wrapped DEKs in sealed pages, so that erasing one leaves no trace.

A database keeps what it was told to delete in free pages and journals. So a
lock is never a row: it stands in a page sealed under a page key of its own,
which is wrapped by the vault's lock-store key. Erasing gives the touched page a
fresh key and wraps the survivors alone; what is left of the old page is noise
without the old page key. (Whoever kept the old page *and* its wrapped key can
read it until the lock-store key is replaced.)

Beside the locks of its segments an object has one more entry, its info key,
over what the catalogue knows about it: it goes with them.

Pages hold at most 1024 entries or 256 KiB; a page holds one `LockGroup`.

Clause: 6.2.3.e-2.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from yingbi.db.database import Database, KeysUnit
from yingbi.db.schema import lock_pages, lock_places
from yingbi.db.sql import Row, delete, insert, select, update
from yingbi.domain.ids import new_id
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.lock_entry import LOCK_TABLE, Entry, parsed
from yingbi.keys.lock_store import LockStores
from yingbi.keys.provider import RootProvider

PAGE_ENTRIES = 1024
PAGE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class LockGroup:
    """What shares a page: a box's epoch, in it a camera and an hour, in `finer`.

    The database sees only a keyed hash of it.
    """

    box_id: UUID
    epoch: int
    retention: int = 0
    finer: bytes = field(default=b"", repr=False)

    @classmethod
    def of_object(
        cls, object_id: UUID, box_id: UUID, epoch: int, retention: int, camera: str | None
    ) -> "LockGroup":
        """Return the group of an object: its camera's hour, so that pages stay small.

        The hour is the one that the object's UUIDv7 carries.
        """
        hour = (object_id.int >> 80) // 3_600_000
        return cls(box_id, epoch, retention, hour.to_bytes(8) + (camera or "").encode())


@dataclass(slots=True)
class _Page:
    page_id: UUID
    group_tag: bytes
    key: bytes = field(repr=False)
    content: bytearray = field(default_factory=bytearray, repr=False)
    count: int = 0
    stored: bool = False

    def takes(self, packed: bytes) -> bool:
        return self.count < PAGE_ENTRIES and len(self.content) + len(packed) <= PAGE_BYTES

    def add(self, packed: bytes) -> None:
        self.content += packed
        self.count += 1


class LockTable:
    """The locks and info keys of every object of one vault."""

    def __init__(
        self, keystore: RootProvider, keys: Database[KeysUnit], controller_id: UUID
    ) -> None:
        self._keystore, self._suite = keystore, keystore.suite
        self._keys, self._controller = keys, controller_id

    @property
    def lock_store_id(self) -> bytes:
        """The 16 bytes that name the lock-store key in force; receipts carry them."""
        return self._keystore.lock_store_key.key_id

    def promised(self, now: datetime) -> datetime:
        """Return by when entries destroyed now are gone for good, if the vault is opened by then."""
        return self._keystore.lock_stores.promised(now)

    def opened_none_before(self, lock_store_id: bytes) -> bool:
        """Return whether no key is left that ever wrapped what was destroyed under that one."""
        return self._keystore.lock_stores.opened_none_before(lock_store_id)

    def put(
        self,
        unit: KeysUnit,
        group: LockGroup,
        object_id: UUID,
        locks: Mapping[UUID, bytes],
        info_key: bytes | None,
    ) -> None:
        """Add an object's locks, by segment id, and its info key; None where it has one already.

        Raises: ValueError for a segment id equal to the object's, which would
            pass for the info key.
        """
        self.put_all(unit, group, {object_id: (locks, info_key)})

    def put_all(
        self,
        unit: KeysUnit,
        group: LockGroup,
        objects: Mapping[UUID, tuple[Mapping[UUID, bytes], bytes | None]],
    ) -> None:
        """Add many objects' locks and info keys; each page is written once. Raises: as `put`."""
        tag = self._tag(group)
        page, here = self._last_page(unit, tag) or self._new_page(tag), dict[UUID, None]()
        for object_id, (locks, info_key) in objects.items():
            for packed in _packed(object_id, locks, info_key):
                if not page.takes(packed):
                    if here:
                        self._store(unit, page, list(here))
                    page, here = self._new_page(tag), {}
                page.add(packed)
                here[object_id] = None
        self._store(unit, page, list(here))

    def locks_of(self, object_id: UUID) -> dict[UUID, bytes]:
        """Return the object's locks by segment id; none where it was erased.

        Raises: SealBrokenError where a page was altered.
        """
        with self._keys.read() as unit:
            pages = [self._open(row) for row in self._pages_of(unit, [object_id])]
        mine = object_id.bytes
        return {
            UUID(bytes=entry.segment_id): entry.lock
            for page in pages
            for entry in parsed(page.content)
            if entry.object_id == mine != entry.segment_id
        }

    def info_keys(self, object_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the info keys of these objects; those that were erased have none."""
        wanted = {object_id.bytes: object_id for object_id in object_ids}
        with self._keys.read() as unit:
            rows = self._pages_of(unit, sorted(wanted.values()))
        entries = (entry for row in rows for entry in parsed(self._open(row).content))
        return {
            wanted[entry.object_id]: entry.lock
            for entry in entries
            if entry.object_id == entry.segment_id and entry.object_id in wanted
        }

    def counts(self, object_ids: Sequence[UUID]) -> dict[UUID, int]:
        """Return how many locks each of these objects has, its info key not among them."""
        wanted = {object_id.bytes: object_id for object_id in object_ids}
        found = dict.fromkeys(object_ids, 0)
        with self._keys.read() as unit:
            for row in self._each(unit, self._page_ids(unit, object_ids)):
                for entry in parsed(self._open(row).content):
                    if entry.object_id in wanted and entry.object_id != entry.segment_id:
                        found[wanted[entry.object_id]] += 1
        return found

    def destroy(self, unit: KeysUnit, *object_ids: UUID) -> int:
        """Erase every entry of the objects, each page once; return how many there were.

        The caller empties the database's journal after its transaction.
        """
        return self._destroy(unit, self._page_ids(unit, object_ids), object_ids)

    def destroy_segments(self, unit: KeysUnit, object_id: UUID, segments: Iterable[UUID]) -> int:
        """Erase these segments' locks, and no other of the object; return how many there were.

        The caller empties the database's journal after its transaction.
        """
        some, mine = frozenset(segment.bytes for segment in segments), object_id.bytes
        found = 0
        for row in self._each(unit, self._page_ids(unit, [object_id])):
            found += self._destroy_in(
                unit, row, lambda entry: entry.object_id == mine and entry.segment_id in some
            )
            here = (lock_places.c.page_id == row.page_id) & (lock_places.c.object_id == object_id)
            if not self._has(unit, row.page_id, mine):
                unit.run(delete(lock_places).where(here))
        return found

    def destroy_anywhere(self, unit: KeysUnit, *object_ids: UUID) -> int:
        """Erase the objects' entries in whatever page they lie; return how many there were.

        Raises: SealBrokenError, NoKeyError where some page does not open: what is
            in it is unknown.
        """
        return self._destroy(unit, self._every_page(unit), object_ids)

    def rewrap(self, unit: KeysUnit, after: UUID | None, limit: int) -> UUID | None:
        """Wrap the keys of the next `limit` pages with the lock-store key in force.

        Contents stay as they are. Returns the last page of this step, from behind which
        the next one begins; None when there is none left.

        Raises: SealBrokenError, NoKeyError where a page's key does not open.
        """
        stores = self._keystore.lock_stores
        chosen = select(
            lock_pages.c.page_id,
            lock_pages.c.group_tag,
            lock_pages.c.lock_store_id,
            lock_pages.c.wrapped_key,
        ).order_by(lock_pages.c.page_id)
        if after is not None:
            chosen = chosen.where(lock_pages.c.page_id > after)
        rows = unit.all(chosen.limit(limit))
        for row in rows:
            if row.lock_store_id != stores.in_force.key_id:
                unit.run(self._rewrapped(row, stores))
        return rows[-1].page_id if rows else None

    def pages(self) -> int:
        """Return how many pages there are."""
        with self._keys.read() as unit:
            return len(unit.all(select(lock_pages.c.page_id)))

    def lock_store_ids(self, unit: KeysUnit) -> set[bytes]:
        """Return the lock-store keys that pages name."""
        rows = unit.all(select(lock_pages.c.lock_store_id).distinct())
        return {bytes(row.lock_store_id) for row in rows}

    def verify(self) -> int:
        """Open every page; return how many there are. Raises: SealBrokenError, NoKeyError."""
        with self._keys.read() as unit:
            pages = self._each(unit, self._every_page(unit))
            return sum(1 for row in pages if parsed(self._open(row).content))

    def holds(self, object_id: UUID) -> bool:
        """Return whether the object has any entry."""
        with self._keys.read() as unit:
            mine = lock_places.c.object_id == object_id
            return unit.one(select(lock_places.c.page_id).where(mine)) is not None

    def object_ids(self) -> set[UUID]:
        """Return every object that has an entry."""
        with self._keys.read() as unit:
            rows = unit.all(select(lock_places.c.object_id).distinct())
        return {row.object_id for row in rows}

    def _destroy(self, unit: KeysUnit, pages: list[UUID], object_ids: Sequence[UUID]) -> int:
        gone = {object_id.bytes for object_id in object_ids}
        found = 0
        for row in self._each(unit, pages):
            found += self._destroy_in(unit, row, lambda entry: entry.object_id in gone)
        for some in _some(object_ids):
            unit.run(delete(lock_places).where(lock_places.c.object_id.in_(some)))
        return found

    def _has(self, unit: KeysUnit, page_id: UUID, object_id: bytes) -> bool:
        """Return whether a page holds an entry of the object."""
        return any(
            entry.object_id == object_id
            for row in self._each(unit, [page_id])
            for entry in parsed(self._open(row).content)
        )

    def _destroy_in(self, unit: KeysUnit, row: Row[Any], gone: Callable[[Entry], bool]) -> int:
        """Erase entries of one page, which gets a fresh key if any is left."""
        page = self._open(row)
        entries = parsed(page.content)
        left = [entry for entry in entries if not gone(entry)]
        if not left:
            unit.run(delete(lock_places).where(lock_places.c.page_id == page.page_id))
            unit.run(delete(lock_pages).where(lock_pages.c.page_id == page.page_id))
        elif len(left) < len(entries):
            page.key, page.count = os.urandom(self._suite.key_bytes), len(left)
            page.content = bytearray().join(entry.packed() for entry in left)
            unit.run(self._update(page))
        return len(entries) - len(left)

    def _every_page(self, unit: KeysUnit) -> list[UUID]:
        return [row.page_id for row in unit.all(select(lock_pages.c.page_id))]

    def _page_ids(self, unit: KeysUnit, object_ids: Sequence[UUID]) -> list[UUID]:
        """Return the pages, each once, that hold entries of these objects."""
        found: dict[UUID, None] = {}
        for some in _some(object_ids):
            ids = select(lock_places.c.page_id).where(lock_places.c.object_id.in_(some)).distinct()
            found |= dict.fromkeys(row.page_id for row in unit.all(ids))
        return list(found)

    def _each(self, unit: KeysUnit, page_ids: list[UUID]) -> Iterator[Row[Any]]:
        """Return these pages, one in memory at a time; the caller may change each."""
        for page_id in page_ids:
            row = unit.one(select(lock_pages).where(lock_pages.c.page_id == page_id))
            if row is not None:
                yield row

    def _pages_of(self, unit: KeysUnit, object_ids: list[UUID]) -> list[Row[Any]]:
        """Return the pages, each once, that hold entries of these objects."""
        return list(self._each(unit, self._page_ids(unit, object_ids)))

    def _last_page(self, unit: KeysUnit, tag: bytes) -> _Page | None:
        newest = lock_pages.c.page_id.desc()
        chosen = select(lock_pages).where(lock_pages.c.group_tag == tag).order_by(newest).limit(1)
        row = unit.one(chosen)
        return None if row is None else self._open(row)

    def _new_page(self, tag: bytes) -> _Page:
        return _Page(new_id(), tag, os.urandom(self._suite.key_bytes))

    def _open(self, row: Row[Any]) -> _Page:
        store = self._keystore.lock_stores.named(row.lock_store_id)
        at = self._at(row.page_id, row.group_tag)
        key = open_cell(self._suite, store.key, row.wrapped_key, at + store.key_id, what=LOCK_TABLE)
        content = open_cell(self._suite, key, row.sealed, at, what=LOCK_TABLE)
        return _Page(row.page_id, row.group_tag, key, bytearray(content), row.entries, stored=True)

    def _rewrapped(self, row: Row[Any], stores: LockStores) -> Any:
        """Return the change of one page that wraps its key with the lock-store key in force."""
        old, new = stores.named(row.lock_store_id), stores.in_force
        at = self._at(row.page_id, row.group_tag)
        key = open_cell(self._suite, old.key, row.wrapped_key, at + old.key_id, what=LOCK_TABLE)
        wrapped = seal_cell(self._suite, new.key, key, at + new.key_id)
        mine = lock_pages.c.page_id == row.page_id
        return update(lock_pages).where(mine).values(lock_store_id=new.key_id, wrapped_key=wrapped)

    def _store(self, unit: KeysUnit, page: _Page, object_ids: Sequence[UUID]) -> None:
        """Write the page, and that the objects have entries in it."""
        if page.stored:
            unit.run(self._update(page))
        else:
            row = {
                "page_id": page.page_id,
                "controller_id": self._controller,
                "group_tag": page.group_tag,
            }
            unit.run(insert(lock_pages), row | self._columns(page))
        here = lock_places.c.page_id == page.page_id
        known = {row.object_id for row in unit.all(select(lock_places.c.object_id).where(here))}
        found = [
            {"object_id": one, "page_id": page.page_id, "controller_id": self._controller}
            for one in object_ids
            if one not in known
        ]
        if found:
            unit.run(insert(lock_places), found)

    def _update(self, page: _Page) -> Any:
        mine = lock_pages.c.page_id == page.page_id
        return update(lock_pages).where(mine).values(**self._columns(page))

    def _columns(self, page: _Page) -> dict[str, Any]:
        store, at = self._keystore.lock_store_key, self._at(page.page_id, page.group_tag)
        content = bytes(page.content)
        return {
            "entries": page.count,
            "size": len(content),
            "lock_store_id": store.key_id,
            "wrapped_key": seal_cell(self._suite, store.key, page.key, at + store.key_id),
            "sealed": seal_cell(self._suite, page.key, content, at),
        }

    def _at(self, page_id: UUID, group_tag: bytes) -> bytes:
        return place("lock page", self._controller.bytes, page_id.bytes, group_tag)

    def _tag(self, group: LockGroup) -> bytes:
        name = place(
            "lock group",
            group.box_id.bytes,
            group.epoch.to_bytes(8, signed=True),
            group.retention.to_bytes(2),
            group.finer,
        )
        return self._suite.hmac(self._keystore.catalogue_key("lock groups"), name)[:16]


def _some(object_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Return the ids in lots: SQLite bounds a statement's variables."""
    for start in range(0, len(object_ids), 500):
        yield object_ids[start : start + 500]


def _packed(
    object_id: UUID, locks: Mapping[UUID, bytes], info_key: bytes | None
) -> Iterator[bytes]:
    if object_id in locks:
        raise ValueError("a segment cannot have its object's id")
    mine = object_id.bytes
    if info_key is not None:
        yield Entry(mine, mine, info_key).packed()
    for segment, lock in locks.items():
        yield Entry(mine, segment.bytes, lock).packed()
