"""The office for people: who they are, what they agreed to, where they appear.

Clause: 4.1-3; 6.1-8.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.govern.appearances import Appearances
from yingbi.govern.consents import Consents
from yingbi.govern.subjects import Subjects


@dataclass(frozen=True, slots=True)
class People:
    """Three tables that stand and fall with a person's key."""

    subjects: Subjects
    consents: Consents
    appearances: Appearances

    @classmethod
    def of(cls, subjects: Subjects) -> Self:
        """Return the office over the rows and keys of people."""
        return cls(subjects, Consents(subjects), Appearances(subjects))

    def erased(self, unit: CatalogueUnit, erased_id: UUID) -> None:
        """Remove, in the caller's transaction, what goes with an object or a person erased."""
        self.appearances.drop_object(unit, erased_id)
        self.consents.remove_of(unit, erased_id)
        self.subjects.remove(unit, erased_id)
