"""People in the pictures: who they are to the owner, what they agreed to, where they appear.

Clause: 4.1-4; 4.1-5; 6.1-4; 6.5.a; A.1-4.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from yingbi.domain.box import BoxPolicy
from yingbi.domain.keep import kind_named
from yingbi.domain.level import Level, RawPolicy
from yingbi.domain.people_errors import NoConsentError
from yingbi.domain.record import KINDS

RAW_FIELD, MASKED_FIELD = "raw", "masked"
FIELDS = (*KINDS, MASKED_FIELD, RAW_FIELD)
"""What may be kept of a person: kinds of record, masked film, the original."""


class Basis(StrEnum):
    """Why a person's data may be kept."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTEREST = "vital-interest"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTEREST = "legitimate-interest"


@dataclass(frozen=True, slots=True)
class Subject:
    """A person whom the owner knows by name.

    minor: under the age at which consent is a guardian's affair (14 in the standard).
    contact: how to reach the person, in the owner's words.
    """

    subject_id: UUID
    name: str = field(repr=False)
    created_at: str
    minor: bool = False
    contact: str = field(default="", repr=False)

    @property
    def pseudonym(self) -> str:
        """A name that says nothing of the person, for whatever others may see."""
        return f"person {self.subject_id.hex[-8:]}"


@dataclass(frozen=True, slots=True)
class Consent:
    """Leave to keep some fields of a person: the person's own, or another basis.

    until: the last UTC day on which it holds; None is without an end.
    guardian: who consented for a minor. evidence: where that is written.
    """

    consent_id: UUID
    subject_id: UUID
    basis: Basis
    fields: tuple[str, ...]
    given_at: str
    until: date | None = None
    guardian: str = field(default="", repr=False)
    evidence: str = field(default="", repr=False)
    withdrawn_at: str | None = None

    def in_force(self, at: datetime) -> bool:
        """Return whether it holds at that moment; what was withdrawn never holds again."""
        if self.withdrawn_at is not None:
            return False
        return self.until is None or at.astimezone(UTC).date() <= self.until


def covered(subject: Subject, consents: Iterable[Consent], at: datetime) -> frozenset[str]:
    """Return the fields of the person that may be kept at that moment.

    A minor's consent counts with a guardian only, and nothing but such a consent
    reaches a minor's original.

    Clause: 6.1-4; 6.5.a.
    """
    found = set[str]()
    for consent in consents:
        if not consent.in_force(at):
            continue
        consented = consent.basis is Basis.CONSENT
        if subject.minor and consented and not consent.guardian:
            continue
        fields = set(consent.fields)
        if subject.minor and not consented:
            fields.discard(RAW_FIELD)
        found |= fields
    return frozenset(found)


def narrowed(policy: BoxPolicy, keep: Iterable[str], leave: frozenset[str]) -> tuple[str, ...]:
    """Return what of the records may be kept of a person in a box of that policy.

    keep: what is asked for. leave: what `covered` returned. Kinds that it lacks are
    left out; a picture that the box would keep cannot be.

    Raises: NoConsentError where a film, an original, or at level 1 every kind, is not covered.
    Clause: 6.1-4; A.1-4.
    """
    asked = tuple(keep)
    kept = tuple(name for name in asked if kind_named(name) in leave)
    pictures = () if policy.level is Level.STRUCTURED_ONLY else (MASKED_FIELD,)
    if policy.raw is not RawPolicy.NONE:
        pictures = (*pictures, RAW_FIELD)
    missing = [field for field in pictures if field not in leave]
    if policy.level is Level.STRUCTURED_ONLY and not kept:
        missing += asked
    if missing:
        raise NoConsentError(fields=", ".join(missing))
    return kept


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in an object: all of it is of this person (track None), or one track in it.

    from_s, to_s: seconds from the object's start, where they are known.
    """

    appearance_id: UUID
    subject_id: UUID
    object_id: UUID
    track: int | None = None
    from_s: float | None = None
    to_s: float | None = None

    @property
    def whole(self) -> bool:
        """Whether the object is linked as a whole."""
        return self.track is None
