"""The office for people: who they are, what they agreed to, where they appear.

Clause: 4.1-3; 6.1-8.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self, TypeVar
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import SealBrokenError
from yingbi.govern.appearances import Appearances
from yingbi.govern.consents import Consents
from yingbi.govern.subjects import WHAT, Subjects

T = TypeVar("T")


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

    def check(self, told: "Told") -> None:
        """Compare people, consents and links with what a verified log told.

        A row that was put back to an older state of itself is noticed here: a consent
        that was withdrawn. A link that was taken out is not: links go with their objects
        and the log does not tell which.

        Raises: SealBrokenError.
        """
        _same(self.subjects.ids(), told.people)
        found = [one for subject_id in told.people for one in self.consents.of(subject_id)]
        given = {c for c, subject_id in told.given.items() if subject_id in told.people}
        _same({str(one.consent_id) for one in found}, given)
        for one in found:
            if (one.withdrawn_at is not None) != (str(one.consent_id) in told.withdrawn):
                raise SealBrokenError(what=WHAT, reason="the log tells otherwise")
        links = self.appearances.ids()
        if not {str(one) for one in links} <= told.links:
            raise SealBrokenError(what=WHAT, reason="the log does not tell of it")
        # A row that no person's tag leads to was moved; one that does not open was altered.
        led = {one.appearance_id for s in told.people for one in self.appearances.of_subject(s)}
        if led != links:
            raise SealBrokenError(what=WHAT, reason="the log tells otherwise")


class Told:
    """What the log says of people: ids alone."""

    def __init__(self) -> None:
        self.people = set[UUID]()
        self.given: dict[str, UUID] = {}
        self.withdrawn, self.links = set[str](), set[str]()

    def overhear(self, deeds: Iterable[Deed]) -> Iterator[Deed]:
        """Pass the deeds on, and keep what they say of people."""
        for deed in deeds:
            self._hear(deed)
            yield deed

    def _hear(self, deed: Deed) -> None:
        facts = deed.facts
        match deed.action:
            case Action.SUBJECT_ADDED:
                self.people.add(UUID(facts["subject"]))
            case Action.ERASE_INTENDED if deed.object_id is not None:
                self.people.discard(deed.object_id)
            case Action.CONSENT_GIVEN:
                self.given[facts["consent"]] = UUID(facts["subject"])
            case Action.CONSENT_WITHDRAWN:
                self.withdrawn.add(facts["consent"])
            case Action.SUBJECT_LINKED:
                self.links.add(facts["appearance"])
            case Action.SUBJECT_UNLINKED:
                self.links.discard(facts["appearance"])


def _same(found: set[T], told: set[T]) -> None:
    if found - told:
        raise SealBrokenError(what=WHAT, reason="the log does not tell of it")
    if told - found:
        raise SealBrokenError(what=WHAT, reason="the log tells of it and it is gone")
