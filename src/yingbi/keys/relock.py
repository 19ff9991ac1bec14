"""Putting locks in the place of others, page by page: for rotations and holds.

Each page is one transaction. It gets a fresh key, as when something in it is
erased: what the old locks were is gone once the lock-store key is replaced.

Clause: 6.2.3.e-2.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from yingbi.db.database import KeysUnit
from yingbi.db.schema import lock_pages, lock_places
from yingbi.db.sql import insert, select
from yingbi.keys.lock_entry import parsed
from yingbi.keys.locks import LockTable


class Placed(NamedTuple):
    """A lock, and which segment of which object it is of."""

    object_id: UUID
    segment_id: UUID
    lock: bytes

    def __repr__(self) -> str:
        """Show no lock."""
        return "<a lock of the lock table>"


class Relocker(LockTable):
    """The lock table, for one who changes whom locks are for."""

    def page_ids(self, object_ids: Sequence[UUID]) -> list[UUID]:
        """Return the pages, each once, that hold locks of these objects."""
        found: dict[UUID, None] = {}
        with self._keys.read() as unit:
            for start in range(0, len(object_ids), 500):  # SQLite bounds a statement's variables
                mine = lock_places.c.object_id.in_(object_ids[start : start + 500])
                rows = unit.all(select(lock_places.c.page_id).where(mine).distinct())
                found |= dict.fromkeys(row.page_id for row in rows)
        return sorted(found)

    def locks_on(self, page_id: UUID) -> list[Placed]:
        """Return the locks of a page, none where it is gone; raises SealBrokenError, NoKeyError."""
        with self._keys.read() as unit:
            row = unit.one(select(lock_pages).where(lock_pages.c.page_id == page_id))
            entries = [] if row is None else parsed(self._open(row).content)
        return [
            Placed(UUID(bytes=one.object_id), UUID(bytes=one.segment_id), one.lock)
            for one in entries
            if one.object_id != one.segment_id
        ]

    def swap(self, unit: KeysUnit, page_id: UUID, instead: Mapping[bytes, bytes]) -> int:
        """Put locks in the place of others on a page; return how many it had of them.

        instead: from a lock as it is to the one that takes its place; one that is not
        there any more is passed over. What has no room on the page gets another.
        """
        row = unit.one(select(lock_pages).where(lock_pages.c.page_id == page_id))
        if row is None:
            return 0
        page = self._open(row)
        entries = parsed(page.content)
        found = sum(entry.lock in instead for entry in entries)
        if not found:
            return 0
        page.key, page.content, page.count = os.urandom(self._suite.key_bytes), bytearray(), 0
        first, moved = page, dict[UUID, None]()
        for entry in entries:
            packed = entry._replace(lock=instead.get(entry.lock, entry.lock)).packed()
            if not page.takes(packed):
                self._keep(unit, page, moved)
                page, moved = self._new_page(page.group_tag), {}
            page.add(packed)
            if page is not first:
                moved[UUID(bytes=entry.object_id)] = None
        self._keep(unit, page, moved)
        return found

    def _keep(self, unit: KeysUnit, page: Any, moved: Mapping[UUID, None]) -> None:
        """Write a page, and which objects have entries in it if it is a new one."""
        if page.stored:
            unit.run(self._update(page))
            return
        names = {"page_id": page.page_id, "controller_id": self._controller}
        unit.run(insert(lock_pages), names | {"group_tag": page.group_tag} | self._columns(page))
        unit.run(insert(lock_places), [names | {"object_id": one} for one in moved])
