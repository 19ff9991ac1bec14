"""Who appears in which object, so that only the vault's owner can tell.

A row names neither: it carries two keyed tags, each used once. A person's n-th
row is found by the tag of n under the person's key, an object's by the tags of
a few numbers under a key of the catalogue; no two rows of a person have a tag
in common. What the row says is in three cells: the object under the person's
key, the person under the object's, and track and times under both, so that
they die with either.

Clause: 4.1-4; 4.1-5; 6.2.3.e-2.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

from yingbi.crypto.suite import Suite
from yingbi.db.database import CatalogueUnit
from yingbi.db.schema import appearances
from yingbi.db.sql import Row, delete, insert, select
from yingbi.domain.people_errors import TooManyLinksError
from yingbi.domain.subject import Appearance
from yingbi.errors import NoSuchObjectError, SealBrokenError
from yingbi.govern.subjects import Subjects
from yingbi.keys.cell import open_cell, place, seal_cell

MOST_IN_OBJECT = 1024
"""So many links has one object at most; its rows are found by that many tags."""
_TAG, _SOME, _FEW = 16, 500, 64
_ID_CELL = 12 + 16 + 16
_WHEN = struct.Struct(">qdd")
_WHAT = "an appearance"


class Appearances:
    """The links between the people and the objects of one vault."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects, self._suite = subjects, subjects.suite
        self._controller = subjects.controller

    def link(
        self,
        unit: CatalogueUnit,
        subject_id: UUID,
        object_id: UUID,
        *,
        track: int | None = None,
        from_s: float | None = None,
        to_s: float | None = None,
    ) -> Appearance:
        """Write, in the caller's transaction, that the person is in the object; return that.

        Raises: NoSuchSubjectError; NoSuchObjectError where the object has no key;
            TooManyLinksError.
        """
        found = Appearance(uuid4(), subject_id, object_id, track, from_s, to_s)
        record = self._subjects.record(unit, subject_id)
        object_key = self._subjects.locks.info_keys([object_id]).get(object_id)
        if object_key is None:
            raise NoSuchObjectError(object_id=object_id)
        subject_key = self._subjects.key(subject_id)
        (subject_tag,) = _subject_tags(self._suite, subject_key, [record.links])
        object_tag = self._free_tag(unit, object_id)
        at = (self._controller.bytes, found.appearance_id.bytes, subject_tag, object_tag)
        row = {
            "appearance_id": found.appearance_id,
            "controller_id": self._controller,
            "subject_tag": subject_tag,
            "object_tag": object_tag,
            "sealed": self._sealed(found, subject_key, object_key, at),
        }
        unit.run(insert(appearances), row)
        self._subjects.count_link(unit, record)
        return found

    def of_subject(self, subject_id: UUID) -> list[Appearance]:
        """Return where the person appears, the first linked first; of erased objects nothing.

        Raises: NoSuchSubjectError; SealBrokenError where a row was altered or moved.
        """
        with self._subjects.catalogue.read() as unit:
            links = self._subjects.record(unit, subject_id).links
            key = self._subjects.key(subject_id)
            tags = _subject_tags(self._suite, key, range(links))
            rows = list(self._rows(unit, "subject_tag", tags))
        named = [(row, self._object_in(row, key)) for row in rows]
        keys = self._subjects.locks.info_keys({object_id for _, object_id in named})
        return [
            self._opened(row, subject_id, object_id, key, keys[object_id])
            for row, object_id in named
            if object_id in keys
        ]

    def of_object(self, object_id: UUID) -> list[Appearance]:
        """Return who appears in the object. Raises: SealBrokenError."""
        object_key = self._subjects.locks.info_keys([object_id]).get(object_id)
        if object_key is None:
            return []
        with self._subjects.catalogue.read() as unit:
            rows = list(self._rows(unit, "object_tag", self._object_tags(object_id)))
        named = [(row, self._subject_in(row, object_key)) for row in rows]
        keys: Mapping[UUID, bytes] = self._subjects.locks.info_keys({one for _, one in named})
        return [
            self._opened(row, subject_id, object_id, keys[subject_id], object_key)
            for row, subject_id in named
            if subject_id in keys
        ]

    def unlink(self, unit: CatalogueUnit, found: Iterable[Appearance]) -> None:
        """Remove the rows, in the caller's transaction."""
        for one in found:
            mine = appearances.c.appearance_id == one.appearance_id
            unit.run(delete(appearances).where(mine))

    def remove_of(self, unit: CatalogueUnit, subject_id: UUID) -> None:
        """Remove every row of a person whose key is about to go, in the caller's transaction."""
        links = self._subjects.record(unit, subject_id).links
        tags = _subject_tags(self._suite, self._subjects.key(subject_id), range(links))
        for start in range(0, len(tags), _SOME):
            some = tags[start : start + _SOME]
            unit.run(delete(appearances).where(appearances.c.subject_tag.in_(some)))

    def ids(self) -> set[UUID]:
        """Return the id of every row."""
        with self._subjects.catalogue.read() as unit:
            return {row.appearance_id for row in unit.all(select(appearances.c.appearance_id))}

    def drop_object(self, unit: CatalogueUnit, object_id: UUID) -> None:
        """Remove every row of an object that is being erased; its key may be gone."""
        if unit.one(select(appearances.c.appearance_id).limit(1)) is None:
            return
        tags = self._object_tags(object_id)
        for start in range(0, len(tags), _SOME):
            some = tags[start : start + _SOME]
            unit.run(delete(appearances).where(appearances.c.object_tag.in_(some)))

    def _rows(self, unit: CatalogueUnit, column: str, tags: Iterable[bytes]) -> Iterator[Row[Any]]:
        """Yield the rows that have one of the tags, in the order of the tags."""
        wanted, of = list(tags), appearances.c[column]
        for start in range(0, len(wanted), _SOME):
            some = wanted[start : start + _SOME]
            rows = unit.all(select(appearances).where(of.in_(some)))
            by_tag = {bytes(getattr(row, column)): row for row in rows}
            yield from (by_tag[tag] for tag in some if tag in by_tag)

    def _free_tag(self, unit: CatalogueUnit, object_id: UUID) -> bytes:
        for start in range(0, MOST_IN_OBJECT, _FEW):
            tags = self._object_tags(object_id, range(start, start + _FEW))
            chosen = select(appearances.c.object_tag).where(appearances.c.object_tag.in_(tags))
            taken = {bytes(row.object_tag) for row in unit.all(chosen)}
            free = next((tag for tag in tags if tag not in taken), None)
            if free is not None:
                return free
        raise TooManyLinksError(object_id=object_id, most=MOST_IN_OBJECT)

    def _object_tags(self, object_id: UUID, of: range = range(MOST_IN_OBJECT)) -> list[bytes]:
        key = self._subjects.keystore.catalogue_key("appearances")
        names = (place("object tag", object_id.bytes, number.to_bytes(4)) for number in of)
        return [self._suite.hmac(key, name)[:_TAG] for name in names]

    def _sealed(
        self, found: Appearance, subject_key: bytes, object_key: bytes, at: tuple[bytes, ...]
    ) -> bytes:
        track = -1 if found.track is None else found.track
        when = _WHEN.pack(
            track, *(math.nan if t is None else t for t in (found.from_s, found.to_s))
        )
        inner = seal_cell(self._suite, object_key, when, place("appearance when", *at))
        return (
            seal_cell(self._suite, subject_key, found.object_id.bytes, place("appearance in", *at))
            + seal_cell(
                self._suite, object_key, found.subject_id.bytes, place("appearance of", *at)
            )
            + seal_cell(self._suite, subject_key, inner, place("appearance when", *at))
        )

    def _object_in(self, row: Row[Any], subject_key: bytes) -> UUID:
        return self._id(row, slice(0, _ID_CELL), subject_key, "appearance in")

    def _subject_in(self, row: Row[Any], object_key: bytes) -> UUID:
        return self._id(row, slice(_ID_CELL, 2 * _ID_CELL), object_key, "appearance of")

    def _id(self, row: Row[Any], where: slice, key: bytes, use: str) -> UUID:
        cell = bytes(row.sealed[where])
        content = open_cell(self._suite, key, cell, place(use, *self._at(row)), what=_WHAT)
        return UUID(bytes=content)

    def _opened(
        self,
        row: Row[Any],
        subject_id: UUID,
        object_id: UUID,
        subject_key: bytes,
        object_key: bytes,
    ) -> Appearance:
        """Open all three cells: each must tell the same."""
        if (self._object_in(row, subject_key), self._subject_in(row, object_key)) != (
            object_id,
            subject_id,
        ):
            raise SealBrokenError(what=_WHAT, reason="its row was altered or moved")
        at, cell = place("appearance when", *self._at(row)), bytes(row.sealed[2 * _ID_CELL :])
        inner = open_cell(self._suite, subject_key, cell, at, what=_WHAT)
        when = open_cell(self._suite, object_key, inner, at, what=_WHAT)
        track, from_s, to_s = _WHEN.unpack(when)
        return Appearance(
            row.appearance_id,
            subject_id,
            object_id,
            None if track < 0 else track,
            None if math.isnan(from_s) else from_s,
            None if math.isnan(to_s) else to_s,
        )

    def _at(self, row: Row[Any]) -> tuple[bytes, ...]:
        tags = bytes(row.subject_tag), bytes(row.object_tag)
        return (self._controller.bytes, row.appearance_id.bytes, *tags)


def _subject_tags(suite: Suite, subject_key: bytes, numbers: Iterable[int]) -> list[bytes]:
    key = suite.hkdf(subject_key, info=b"yingbi 1 subject tags", length=32)
    return [suite.hmac(key, place("subject tag", n.to_bytes(8)))[:_TAG] for n in numbers]
