"""Consent and other bases: given, withdrawn, and what they let be kept.

Clause: 6.1-4; 6.1-8; 6.5.a; A.1-4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.keep import kind_named
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import listed, say
from yingbi.domain.part import PartKind
from yingbi.domain.people_errors import NoSuchConsentError
from yingbi.domain.subject import FIELDS, MASKED_FIELD, RAW_FIELD, Basis, Consent, Subject, narrowed
from yingbi.errors import UsageError
from yingbi.govern.subjects import normal
from yingbi.store.stored import StoredObject
from yingbi.usecases.vault import Vault


@dataclass(frozen=True, slots=True)
class Uncovered:
    """An object that is held, and the fields of it for which there is no basis now.

    whole: whether all of it is of the person, so that it can be erased as it is.
    """

    object_id: UUID
    fields: tuple[str, ...]
    whole: bool


def fields_named(names: str) -> tuple[str, ...]:
    """Return the fields of a comma-separated list. Raises: UsageError."""
    asked = {name.strip() for name in names.split(",") if name.strip()}
    unknown = asked - set(FIELDS) or (set() if asked else {""})
    if unknown:
        raise UsageError(
            problem=say(
                "'{name}' is no field that can be kept: {fields}",
                name=min(unknown),
                fields=listed(FIELDS),
            )
        )
    return tuple(field for field in FIELDS if field in asked)


def last_day(text: str) -> date:
    """Return the day of YYYY-MM-DD. Raises: UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            problem=say("'{text}' is no day; write it like 2027-12-31", text=text)
        ) from None


def add_consent(
    vault: Vault,
    subject: Subject,
    basis: Basis,
    fields: Sequence[str],
    *,
    until: date | None,
    guardian: str = "",
    evidence: str = "",
) -> Consent:
    """Write a consent or another basis down and log it.

    Raises: GuardianNeededError; UsageError for a consent without an end, or past it.
    """
    now = datetime.now(UTC)
    if until is None and basis is Basis.CONSENT:
        raise UsageError(problem=say("A consent has an end: say --until DATE."))
    consent = Consent(
        new_id(),
        subject.subject_id,
        basis,
        tuple(fields),
        now.isoformat(timespec="seconds"),
        until,
        normal(guardian),
        normal(evidence),
    )
    if not consent.in_force(now):
        raise UsageError(problem=say("The day of --until is past."))
    with vault.rooms.catalogue_db.begin() as unit:
        vault.people.consents.add(unit, subject, consent)
        vault.log.append(unit, Deed(Action.CONSENT_GIVEN, now, facts=_facts(consent)))
    return consent


def consent_of_id(vault: Vault, text: str) -> Consent:
    """Return the consent. Raises: NoSuchConsentError, also for what cannot be an id."""
    try:
        consent_id = UUID(text)
    except ValueError:
        raise NoSuchConsentError(consent=text) from None
    return vault.people.consents.get(consent_id)


def withdraw(vault: Vault, consent: Consent) -> list[Uncovered]:
    """Withdraw a consent, once and for ever, log it, and return what has no basis now.

    Raises: UsageError where it was withdrawn before.
    """
    now = datetime.now(UTC)
    if consent.withdrawn_at is not None:
        raise UsageError(problem=say("This was withdrawn at {time}.", time=consent.withdrawn_at))
    with vault.rooms.catalogue_db.begin() as unit:
        vault.people.consents.withdraw(unit, consent, now)
        vault.log.append(unit, Deed(Action.CONSENT_WITHDRAWN, now, facts=_facts(consent)))
    return uncovered(vault, vault.people.subjects.get(consent.subject_id), now)


def uncovered(vault: Vault, subject: Subject, now: datetime) -> list[Uncovered]:
    """Return the objects linked to the person of which something is held without a basis."""
    leave = vault.people.consents.covered(subject, now)
    links: dict[UUID, bool] = {}
    for one in vault.people.appearances.of_subject(subject.subject_id):
        links[one.object_id] = links.get(one.object_id, False) or one.whole
    found = []
    for object_id, whole in sorted(links.items()):
        held = _fields_of(vault, vault.rooms.catalogue.get(object_id))
        if missing := tuple(field for field in held if kind_named(field) not in leave):
            found.append(Uncovered(object_id, missing, whole))
    return found


def kept_of(
    vault: Vault, subject: Subject, policy: BoxPolicy, keep: Sequence[str]
) -> tuple[str, ...]:
    """Return the kinds of record that may be kept of the person in such a box now.

    Raises: NoConsentError.
    """
    return narrowed(policy, keep, vault.people.consents.covered(subject, datetime.now(UTC)))


def _fields_of(vault: Vault, stored: StoredObject) -> tuple[str, ...]:
    """Return which fields an object holds; of an old one whatever its box keeps."""
    kept = stored.info.extra.get("keep")
    if kept is None:
        kinds = list(vault.boxes.record(stored.box_id).box.policy.keep)
    else:
        kinds = kept.split(",") if kept else []
    pictures = {
        PartKind.MASKED: MASKED_FIELD,
        PartKind.RAW: RAW_FIELD,
        PartKind.ROI: RAW_FIELD,
    }
    kinds += [pictures[part.kind] for part in stored.parts if part.kind in pictures]
    return tuple(dict.fromkeys(kinds))


def _facts(consent: Consent) -> dict[str, str]:
    return {
        "subject": str(consent.subject_id),
        "consent": str(consent.consent_id),
        "basis": consent.basis.value,
    }
