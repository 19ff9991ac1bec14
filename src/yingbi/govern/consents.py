"""What people agreed to, and every other basis for keeping their data.

Rows are sealed under the person's key and bound to the person. A row that was
withdrawn stays: that it was is part of the answer to the person.

Clause: 6.1-4; 6.5.a; A.1-4.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.db.schema import consents
from yingbi.db.sql import Row, delete, insert, select, update
from yingbi.domain.people_errors import GuardianNeededError, NoSuchConsentError
from yingbi.domain.subject import FIELDS, Basis, Consent, Subject, covered
from yingbi.govern.subjects import LONGEST_NAME, Subjects, checked_text
from yingbi.keys.cell import place


class Consents:
    """The rows of consents of one vault."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects
        self._controller = subjects.controller

    def add(self, unit: CatalogueUnit, subject: Subject, consent: Consent) -> None:
        """Write the row in the caller's transaction.

        Raises: GuardianNeededError for a minor's own consent; UsageError on a text
            that cannot be kept.
        """
        checked_text(consent.guardian, most=LONGEST_NAME)
        checked_text(consent.evidence)
        if subject.minor and consent.basis is Basis.CONSENT and not consent.guardian:
            raise GuardianNeededError
        if not consent.fields or not set(consent.fields) <= set(FIELDS):
            raise ValueError(f"fields must be some of {FIELDS}, got {consent.fields}")
        row = {
            "consent_id": consent.consent_id,
            "subject_id": consent.subject_id,
            "controller_id": self._controller,
            "sealed": self._sealed(consent),
        }
        unit.run(insert(consents), row)

    def of(self, subject_id: UUID) -> list[Consent]:
        """Return the person's consents, the first given first. Raises: SealBrokenError."""
        mine = consents.c.subject_id == subject_id
        chosen = select(consents).where(mine).order_by(consents.c.consent_id)
        with self._subjects.catalogue.read() as unit:
            rows = unit.all(chosen)
        if not rows:
            return []
        key = self._subjects.key(subject_id)
        return [self._opened(row, key) for row in rows]

    def get(self, consent_id: UUID) -> Consent:
        """Return one consent. Raises: NoSuchConsentError; SealBrokenError."""
        with self._subjects.catalogue.read() as unit:
            row = unit.one(select(consents).where(consents.c.consent_id == consent_id))
        if row is None:
            raise NoSuchConsentError(consent=consent_id)
        return self._opened(row, self._subjects.key(row.subject_id))

    def withdraw(self, unit: CatalogueUnit, consent: Consent, at: datetime) -> Consent:
        """Write, in the caller's transaction, that it holds no longer; return it so."""
        ended = replace(consent, withdrawn_at=at.isoformat(timespec="seconds"))
        mine = consents.c.consent_id == consent.consent_id
        unit.run(update(consents).where(mine).values(sealed=self._sealed(ended)))
        return ended

    def covered(self, subject: Subject, at: datetime) -> frozenset[str]:
        """Return the fields of the person that may be kept at that moment."""
        return covered(subject, self.of(subject.subject_id), at)

    def remove_of(self, unit: CatalogueUnit, subject_id: UUID) -> None:
        """Remove the rows of the person's consents."""
        unit.run(delete(consents).where(consents.c.subject_id == subject_id))

    def _sealed(self, consent: Consent) -> bytes:
        text = {
            "basis": consent.basis,
            "fields": list(consent.fields),
            "given_at": consent.given_at,
            "until": consent.until.isoformat() if consent.until else None,
            "guardian": consent.guardian,
            "evidence": consent.evidence,
            "withdrawn_at": consent.withdrawn_at,
        }
        at = self._at(consent.consent_id, consent.subject_id)
        return self._subjects.seal(self._subjects.key(consent.subject_id), text, at)

    def _opened(self, row: Row[Any], key: bytes) -> Consent:
        text = self._subjects.open(key, row.sealed, self._at(row.consent_id, row.subject_id))
        return Consent(
            row.consent_id,
            row.subject_id,
            Basis(text["basis"]),
            tuple(text["fields"]),
            text["given_at"],
            date.fromisoformat(text["until"]) if text["until"] else None,
            text["guardian"],
            text["evidence"],
            text["withdrawn_at"],
        )

    def _at(self, consent_id: UUID, subject_id: UUID) -> bytes:
        return place("consent", self._controller.bytes, consent_id.bytes, subject_id.bytes)
