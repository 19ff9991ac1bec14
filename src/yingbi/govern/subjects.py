"""The people of a vault, each under a key of their own.

A person's key stands in the lock table beside those of objects, under the
person's id: destroying it makes name, consents and appearances unreadable in
every copy of the catalogue, as deleting their rows would not.

Clause: 4.1-4; 4.1-5; 6.1-4; 6.2.3.e-2.
"""

import json
import os
import unicodedata
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.db.schema import subjects
from yingbi.db.sql import delete, insert, select, update
from yingbi.domain.messages import say
from yingbi.domain.people_errors import NoSuchSubjectError, SubjectExistsError
from yingbi.domain.subject import Subject
from yingbi.errors import SealBrokenError, UsageError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.keystore import Keystore
from yingbi.keys.locks import LockGroup, LockTable

LONGEST_NAME = 64
LONGEST_TEXT = 300
_SEALED_BYTES = 2048
WHAT = "a person's row"


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """A person, and how many appearances were ever linked: the next one's number."""

    subject: Subject
    links: int = 0


class Subjects:
    """The rows and keys of people; what else is kept of them is sealed under their keys."""

    def __init__(
        self,
        keystore: Keystore,
        locks: LockTable,
        catalogue: Database[CatalogueUnit],
        keys: Database[KeysUnit],
        controller_id: UUID,
    ) -> None:
        self.suite, self.keystore, self.locks = keystore.suite, keystore, locks
        self.catalogue, self.controller = catalogue, controller_id
        self._keys = keys

    def make_key(self, subject_id: UUID) -> None:
        """Commit a key for a person who has no row yet.

        The caller leaves a mark meanwhile: a key without a row is swept by the next start.
        """
        key = os.urandom(self.suite.key_bytes)
        with self._keys.begin() as unit:
            self.locks.put(unit, LockGroup(self.controller, 0), subject_id, {}, key)

    def drop_key(self, subject_id: UUID) -> None:
        """Destroy a person's key: nothing that is kept of them opens again."""
        with self._keys.begin() as unit:
            self.locks.destroy(unit, subject_id)
        self._keys.empty_journal()

    def add(self, unit: CatalogueUnit, subject: Subject) -> None:
        """Write the row of a person who has a key, in the caller's transaction.

        Raises: SubjectExistsError; UsageError on a name or contact that cannot be kept.
        """
        checked_text(subject.name, least=1, most=LONGEST_NAME)
        checked_text(subject.contact)
        if any(record.subject.name == subject.name for record in self._records(unit)):
            raise SubjectExistsError(subject=subject.name)
        row = {
            "subject_id": subject.subject_id,
            "controller_id": self.controller,
            "sealed": self._sealed(SubjectRecord(subject)),
        }
        unit.run(insert(subjects), row)

    def all(self) -> list[Subject]:
        """Return everybody, the first added first. Raises: SealBrokenError."""
        with self.catalogue.read() as unit:
            return [record.subject for record in self._records(unit)]

    def ids(self) -> set[UUID]:
        """Return the id of everybody who has a row."""
        with self.catalogue.read() as unit:
            return {row.subject_id for row in unit.all(select(subjects.c.subject_id))}

    def named(self, text: str) -> Subject:
        """Return the person of that name or id, or raise NoSuchSubjectError."""
        wanted = normal(text)
        for subject in self.all():
            if wanted == subject.name or text == str(subject.subject_id):
                return subject
        raise NoSuchSubjectError(subject=text)

    def get(self, subject_id: UUID) -> Subject:
        """Return the person of that id, or raise NoSuchSubjectError."""
        with self.catalogue.read() as unit:
            return self.record(unit, subject_id).subject

    def record(self, unit: CatalogueUnit, subject_id: UUID) -> SubjectRecord:
        """Return the person's row, or raise NoSuchSubjectError."""
        row = unit.one(select(subjects).where(subjects.c.subject_id == subject_id))
        if row is None:
            raise NoSuchSubjectError(subject=subject_id)
        return self._opened(subject_id, row.sealed, self.key(subject_id))

    def count_link(self, unit: CatalogueUnit, record: SubjectRecord) -> None:
        """Write down that one more appearance was linked."""
        subject_id = record.subject.subject_id
        sealed = self._sealed(replace(record, links=record.links + 1))
        mine = subjects.c.subject_id == subject_id
        unit.run(update(subjects).where(mine).values(sealed=sealed))

    def remove(self, unit: CatalogueUnit, subject_id: UUID) -> None:
        """Remove the person's row; their consents' rows must be gone."""
        unit.run(delete(subjects).where(subjects.c.subject_id == subject_id))

    def key(self, subject_id: UUID) -> bytes:
        """Return the person's key, or raise SealBrokenError."""
        key = self.locks.info_keys([subject_id]).get(subject_id)
        if key is None:
            raise SealBrokenError(what=WHAT, reason="it has no key in the lock table")
        return key

    def seal(self, key: bytes, text: dict[str, Any], at: bytes) -> bytes:
        """Return a row's content sealed, always of one size."""
        content = json.dumps(text, ensure_ascii=False).encode()
        if len(content) > _SEALED_BYTES:
            raise ValueError("a person's row is longer than its fixed size")
        return seal_cell(self.suite, key, content.ljust(_SEALED_BYTES), at)

    def open(self, key: bytes, sealed: bytes, at: bytes) -> dict[str, Any]:
        """Return what `seal` took, or raise SealBrokenError."""
        found: dict[str, Any] = json.loads(open_cell(self.suite, key, sealed, at, what=WHAT))
        return found

    def _records(self, unit: CatalogueUnit) -> list[SubjectRecord]:
        rows = unit.all(select(subjects).order_by(subjects.c.subject_id))
        keys = self.locks.info_keys(row.subject_id for row in rows)
        return [
            self._opened(row.subject_id, row.sealed, keys.get(row.subject_id, b"")) for row in rows
        ]

    def _sealed(self, record: SubjectRecord) -> bytes:
        one = record.subject
        text = {
            "name": one.name,
            "created_at": one.created_at,
            "minor": one.minor,
            "contact": one.contact,
            "links": record.links,
        }
        return self.seal(self.key(one.subject_id), text, self._at(one.subject_id))

    def _opened(self, subject_id: UUID, sealed: bytes, key: bytes) -> SubjectRecord:
        if not key:
            raise SealBrokenError(what=WHAT, reason="it has no key in the lock table")
        text = self.open(key, sealed, self._at(subject_id))
        links = text.pop("links")
        return SubjectRecord(Subject(subject_id=subject_id, **text), links)

    def _at(self, subject_id: UUID) -> bytes:
        return place("subject", self.controller.bytes, subject_id.bytes)


def normal(name: str) -> str:
    """Return a name in the one form in which it is kept and looked for."""
    return unicodedata.normalize("NFC", name)


def checked_text(text: str, *, least: int = 0, most: int = LONGEST_TEXT) -> str:
    """Return the text in its normal form. Raises: UsageError where it cannot be kept."""
    found = normal(text)
    if not least <= len(found) <= most or not found.isprintable() or found != found.strip():
        raise UsageError(
            problem=say(
                "a name has 1 to {name} printable characters, other texts at most {text}; no space around them",
                name=LONGEST_NAME,
                text=LONGEST_TEXT,
            )
        )
    return found
