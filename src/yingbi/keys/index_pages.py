"""The pages of the index of events: sealed, each under a key of its own.

A page's key, from when to when the page tells something, and of how many objects, are
sealed under the KEK of its box and that once more under the lock-store key. The pages stand in the
database of keys and change in one transaction with the locks of their objects: an
object has events exactly as long as it has locks. Erasing one gives its page a fresh
key, as it does to a page of locks; what the old key opened is gone for good when the
lock-store key is replaced.

Clause: 6.2.3.b-2; 6.2.3.e-2.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from yingbi.db.database import KeysUnit
from yingbi.db.schema import index_pages, index_waiting, lock_places
from yingbi.db.sql import Row, and_, delete, insert, select, update
from yingbi.domain.ids import new_id
from yingbi.errors import NoKeyError, NoSuchBoxError, SealBrokenError, YingbiError
from yingbi.keys.boxes import Boxes
from yingbi.keys.cell import open_cell, seal_cell
from yingbi.keys.index_heads import (
    HEAD,
    TOLD,
    PageHead,
    group_of_row,
    named,
    opened_heads,
    place_of,
    raw_head,
)
from yingbi.keys.index_page import INDEX, IndexEntry, PageGroup, packed, span_of, takes, unpacked
from yingbi.keys.provider import RootProvider


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Whose entries were destroyed, and whether a page did not open and went whole."""

    object_ids: frozenset[bytes] = field(repr=False)
    lost: bool


class IndexPages:
    """The pages of one vault."""

    def __init__(self, keystore: RootProvider, boxes: Boxes, controller_id: UUID) -> None:
        self._keystore, self._suite = keystore, keystore.suite
        self._boxes, self._controller = boxes, controller_id

    def put(self, unit: KeysUnit, group: PageGroup, entries: Iterable[IndexEntry]) -> None:
        """Add objects that have no entry yet, in the caller's transaction.

        Raises: NoSuchBoxError; SealBrokenError, NoKeyError where the box's key does not open.
        """
        head, here = self._last(unit, group)
        for entry in entries:
            if not takes(here, entry):
                self._write(unit, head, here)
                head, here = self._new(group), []
            here.append(entry)
        self._write(unit, head, here)

    def heads(self, unit: KeysUnit, box_id: UUID) -> list[PageHead]:
        """Return every page of a box, not opened, in the order of their days.

        Raises: SealBrokenError, NoKeyError where a page's key does not open.
        """
        chosen = select(*HEAD).where(index_pages.c.box_id == box_id)
        order = index_pages.c.epoch, index_pages.c.retention, index_pages.c.page_id
        rows = list(unit.raw(chosen.order_by(*order)))
        return opened_heads(self._keystore, self._boxes.kek(unit, box_id), box_id, rows)

    def entries(self, unit: KeysUnit, heads: Sequence[PageHead]) -> tuple[list[IndexEntry], int]:
        """Return the entries of a few pages and how many bytes were opened; none of one that went.

        Raises: SealBrokenError where one was altered.
        """
        columns, ids = index_pages.c, [UUID(bytes=head.page_id) for head in heads]
        chosen = select(columns.page_id, columns.sealed).where(columns.page_id.in_(ids))
        sealed: dict[bytes, bytes] = dict(unit.raw(chosen))
        there = [(head, sealed[head.page_id]) for head in heads if head.page_id in sealed]
        pages = [
            open_cell(self._suite, head.key, cell, self._at(head), what=INDEX)
            for head, cell in there
        ]
        return [entry for page in pages for entry in unpacked(page)], sum(map(len, pages))

    def destroy(
        self, unit: KeysUnit, groups: Iterable[PageGroup], object_ids: Collection[bytes]
    ) -> Destroyed:
        """Destroy the objects' entries in pages of these groups; every touched page gets a fresh key.

        A page that does not open is destroyed whole: nothing that is to go may hide in it.
        The caller empties the database's journal after its transaction.
        """
        pages = (id_ for group in dict.fromkeys(groups) for id_ in self._ids(unit, _of(group)))
        return self._destroy(unit, pages, object_ids)

    def take_out(
        self, unit: KeysUnit, groups: Iterable[PageGroup], object_ids: Collection[bytes]
    ) -> None:
        """Do what `destroy` does, but leave a page that does not open for the next search to refuse."""
        pages = (id_ for group in dict.fromkeys(groups) for id_ in self._ids(unit, _of(group)))
        self._destroy(unit, pages, object_ids, spare=True)

    def destroy_anywhere(self, unit: KeysUnit, object_ids: Collection[bytes]) -> Destroyed:
        """Do what `destroy` does in every page of the vault."""
        return self._destroy(unit, iter(self._ids(unit)), object_ids)

    def drop_box(self, unit: KeysUnit, box_id: UUID) -> int:
        """Remove every page of a box; return how many there were."""
        return unit.run(delete(index_pages).where(index_pages.c.box_id == box_id))

    def look_through(self, unit: KeysUnit) -> tuple[set[UUID], dict[UUID, YingbiError]]:
        """Open every page; return the objects in them, and why which pages do not open."""
        known, broken = set[UUID](), dict[UUID, YingbiError]()
        for page_id in self._ids(unit):
            try:
                row = self._row(unit, page_id)
                entries = [] if row is None else self._opened(unit, row)[1]
            except (SealBrokenError, NoKeyError) as error:
                broken[page_id] = error
                continue
            known |= {UUID(bytes=entry.object_id) for entry in entries}
        return known, broken

    def sound(self, unit: KeysUnit) -> set[UUID]:
        """Destroy every page that does not open; return the objects in the others."""
        known, broken = self.look_through(unit)
        for page_id in broken:
            _remove(unit, page_id)
        return known

    def _destroy(
        self,
        unit: KeysUnit,
        pages: Iterator[UUID],
        object_ids: Collection[bytes],
        *,
        spare: bool = False,
    ) -> Destroyed:
        """Destroy the entries; spare: leave pages that do not open."""
        gone, lost = set[bytes](), False
        for page_id in pages:
            try:
                row = self._row(unit, page_id)
                if row is None:
                    continue
                _, entries = self._opened(unit, row)
            except (SealBrokenError, NoKeyError):
                lost = True
                if not spare:
                    _remove(unit, page_id)
                continue
            left = [entry for entry in entries if entry.object_id not in object_ids]
            gone |= {entry.object_id for entry in entries if entry.object_id in object_ids}
            if not left:
                _remove(unit, page_id)
            elif len(left) < len(entries):
                fresh = os.urandom(self._suite.key_bytes)
                head = PageHead(page_id.bytes, group_of_row(row), fresh, *span_of(left), 1)
                self._write(unit, head, left)
        return Destroyed(frozenset(gone), lost)

    def _ids(self, unit: KeysUnit, where: Any = None) -> Sequence[UUID]:
        chosen = select(index_pages.c.page_id).order_by(index_pages.c.page_id)
        rows = unit.all(chosen if where is None else chosen.where(where))
        return [row.page_id for row in rows]

    def _row(self, unit: KeysUnit, page_id: UUID) -> Row[Any] | None:
        chosen = select(*HEAD, index_pages.c.sealed).where(index_pages.c.page_id == page_id)
        return unit.one(chosen)

    def _last(self, unit: KeysUnit, group: PageGroup) -> tuple[PageHead, list[IndexEntry]]:
        """Return the group's newest page, or a fresh one where there is none that opens."""
        ids = self._ids(unit, _of(group))
        row = self._row(unit, ids[-1]) if ids else None
        if row is None:
            return self._new(group), []
        try:
            return self._opened(unit, row)
        except (SealBrokenError, NoKeyError):
            return self._new(group), []

    def _new(self, group: PageGroup) -> PageHead:
        return PageHead(new_id().bytes, group, os.urandom(self._suite.key_bytes), 0, 0, 0)

    def _opened(self, unit: KeysUnit, row: Row[Any]) -> tuple[PageHead, list[IndexEntry]]:
        try:
            kek = self._boxes.kek(unit, row.box_id)
        except NoSuchBoxError:
            raise SealBrokenError(what=INDEX, reason="its row was altered or moved") from None
        (head,) = opened_heads(self._keystore, kek, row.box_id, [raw_head(row)])
        content = open_cell(self._suite, head.key, row.sealed, self._at(head), what=INDEX)
        return head, unpacked(content)

    def _write(self, unit: KeysUnit, head: PageHead, entries: Sequence[IndexEntry]) -> None:
        """Write a page under the head's key; one of which nothing was read is a new one."""
        if not entries:
            return
        at, kek = self._at(head), self._boxes.kek(unit, head.group.box_id)
        told = TOLD.pack(*span_of(entries), len(entries))
        inner = seal_cell(self._suite, kek, head.key + told, at)
        columns = _wrapped(self._keystore, inner, at)
        columns["sealed"] = seal_cell(self._suite, head.key, packed(entries), at)
        if head.sealed_bytes:
            mine = index_pages.c.page_id == UUID(bytes=head.page_id)
            unit.run(update(index_pages).where(mine).values(**columns))
            return
        names = {"page_id": UUID(bytes=head.page_id), "controller_id": self._controller}
        unit.run(insert(index_pages), names | head.group._asdict() | columns)

    def _at(self, head: PageHead) -> bytes:
        return named(self._controller, head.page_id, head.group)


def rewrap_pages(keystore: RootProvider, unit: KeysUnit, limit: int) -> int:
    """Wrap at most `limit` keys of pages with the lock-store key in force; return how many.

    A page whose key does not open is destroyed: it must not keep the old key. What it told of
    cannot be known here, so everything is read again.
    """
    others = index_pages.c.lock_store_id != keystore.lock_store_key.key_id
    rows = unit.all(select(*HEAD).where(others).limit(limit))
    for row in rows:
        try:
            at = place_of(row)
            columns = _wrapped(keystore, _unwrapped(keystore, row, at), at)
        except (SealBrokenError, NoKeyError):
            _remove(unit, row.page_id)
            _let_all_wait(unit)
            continue
        mine = index_pages.c.page_id == row.page_id
        unit.run(update(index_pages).where(mine).values(**columns))
    return len(rows)


def reseal_pages(
    keystore: RootProvider, unit: KeysUnit, box_id: UUID, old_kek: bytes, new_kek: bytes
) -> int:
    """Seal the keys of a box's pages under its new KEK in the caller's transaction.

    A page whose key does not open is destroyed. Returns how many were: where any was, the
    caller lets what they told of be read again, in the same transaction.
    """
    lost = 0
    rows, suite = unit.all(select(*HEAD).where(index_pages.c.box_id == box_id)), keystore.suite
    for row in rows:
        try:
            at = place_of(row)
            told = open_cell(suite, old_kek, _unwrapped(keystore, row, at), at, what=INDEX)
        except (SealBrokenError, NoKeyError):
            _remove(unit, row.page_id)
            lost += 1
            continue
        columns = _wrapped(keystore, seal_cell(suite, new_kek, told, at), at)
        mine = index_pages.c.page_id == row.page_id
        unit.run(update(index_pages).where(mine).values(**columns))
    return lost


def _remove(unit: KeysUnit, page_id: UUID) -> None:
    unit.run(delete(index_pages).where(index_pages.c.page_id == page_id))


def _let_all_wait(unit: KeysUnit) -> None:
    """Let everything that has locks wait to be read."""
    places, known = lock_places.c, select(index_waiting.c.object_id)
    chosen = select(places.object_id, places.controller_id).distinct()
    rows = unit.all(chosen.where(places.object_id.not_in(known)))
    if rows:
        unit.run(
            insert(index_waiting), [row._asdict() | {"generation": os.urandom(16)} for row in rows]
        )


def lock_store_ids_of_pages(unit: KeysUnit) -> set[bytes]:
    """Return the lock-store keys that wrap keys of pages."""
    rows = unit.all(select(index_pages.c.lock_store_id).distinct())
    return {bytes(row.lock_store_id) for row in rows}


def _wrapped(keystore: RootProvider, inner: bytes, at: bytes) -> dict[str, Any]:
    """Return the columns of a page's key that is sealed under its box's KEK already."""
    store = keystore.lock_store_key
    outer = seal_cell(keystore.suite, store.key, inner, at + store.key_id)
    return {"wrapped_key": outer, "lock_store_id": store.key_id}


def _unwrapped(keystore: RootProvider, row: Row[Any], at: bytes) -> bytes:
    """Return a page's key as the KEK sealed it."""
    store = keystore.lock_stores.named(row.lock_store_id)
    return open_cell(keystore.suite, store.key, row.wrapped_key, at + store.key_id, what=INDEX)


def _of(group: PageGroup) -> Any:
    columns = index_pages.c
    day = and_(columns.epoch == group.epoch, columns.retention == group.retention)
    return and_(columns.box_id == group.box_id, day)
