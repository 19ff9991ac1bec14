"""Enrol people, so that they may be recognised: with their consent, on this device, revocably.

Nothing of a picture outlives the call. Every act is in the log, by the person's id.

Clause: 4.1-4; 4.1-5; 6.1-4; 6.5.a.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import UUID

from yingbi.domain.enrol_errors import DifferentPeopleError, NotEnrolledError
from yingbi.domain.face import FaceLook, Vector
from yingbi.domain.filing import Filing, filing
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say, say_error
from yingbi.domain.recognition import may_be_recognised, must_be_agreed
from yingbi.domain.settings import data_home
from yingbi.domain.subject import Subject
from yingbi.domain.template import Projection, Template
from yingbi.errors import UsageError, YingbiError
from yingbi.keys.templates import Templates
from yingbi.usecases.opened import Vault

LEAST, MOST = 3, 50
"""Pictures of one person: of one picture alone half of all later looks are too little alike."""

SAME_PERSON = 0.35
"""Likeness of each picture to the others together: 1 of 149 right ones is under it, and 98 of
100 of somebody else."""

LookAt = Callable[[Path], FaceLook]
"""Returns the look at the only face of a picture."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who is enrolled, and whether a consent still lets them be recognised.

    filing: whether so many people are enrolled that an authority must be told.
    """

    people: tuple[tuple[Subject, bool], ...]
    filing: Filing


def templates_of(vault: Vault, home: Path) -> Templates:
    """Return the box of templates of a vault on this device. home: the user's data folder."""
    return Templates(home, vault.keystore, vault.folder.vault_id, vault.crossing)


def enrol(
    vault: Vault, templates: Templates, subject: Subject, pictures: Sequence[Path], look: LookAt
) -> int:
    """Keep a template of the person, in place of an older one; return of how many pictures.

    Consent is asked for first: of somebody who did not agree no picture is opened.

    Raises: NoConsentError, GuardianNeededError; UsageError on too few pictures or too many;
        OneFaceNeededError, FaceUnreadableError, DifferentPeopleError; what pictures raise.
    """
    now = datetime.now(UTC)
    must_be_agreed(subject, vault.people.consents.of(subject.subject_id), now)
    if not LEAST <= len(pictures) <= MOST:
        raise UsageError(
            problem=say(
                "Enrolling takes {least} to {most} pictures of the person.", least=LEAST, most=MOST
            )
        )
    looks: list[FaceLook] = []
    try:
        looks += map(look, pictures)
        _must_be_one_person(pictures, looks)
        # Told first: a template that the log does not know of must not be.
        _tell(vault, Action.ENROLLED, subject.subject_id, pictures=len(pictures))
        _keep(vault, templates, subject, looks)
        _must_still_agree(vault, templates, subject)
    finally:
        for one in looks:
            one.wipe()
    return len(pictures)


def _must_still_agree(vault: Vault, templates: Templates, subject: Subject) -> None:
    """Destroy the template again where the consent was withdrawn while pictures were looked at."""
    now = datetime.now(UTC)
    try:
        must_be_agreed(subject, vault.people.consents.of(subject.subject_id), now)
    except YingbiError:
        templates.remove([subject.subject_id])
        _tell(vault, Action.ENROLMENT_REVOKED, subject.subject_id)
        raise


def enrolled(vault: Vault, templates: Templates) -> Enrolled:
    """Return everybody of whom a template is kept."""
    ids, now = templates.ids(), datetime.now(UTC)
    people = [one for one in vault.people.subjects.all() if one.subject_id in ids]
    told = tuple((one, _agreed(vault, one, now)) for one in people)
    return Enrolled(told, filing(len(ids)))


def revoke(vault: Vault, templates: Templates, subject: Subject) -> None:
    """Destroy the person's template. Raises: NotEnrolledError."""
    if subject.subject_id not in templates.ids():
        raise NotEnrolledError(subject=subject.name)
    forget_face(vault, templates, subject.subject_id)


def forget_face(vault: Vault, templates: Templates, person_id: UUID) -> bool:
    """Destroy the person's template where there is one, told to the log first; return whether."""
    if person_id not in templates.ids():
        return False
    _tell(vault, Action.ENROLMENT_REVOKED, person_id)
    return bool(templates.remove([person_id]))


def cancel_all(vault: Vault, templates: Templates) -> int:
    """Give the box of templates another key; return how many templates that cancelled.

    None of them can be made to fit the new key: people must be enrolled again.
    """
    cancelled = templates.renew()
    _tell(vault, Action.TEMPLATES_RENEWED, None, people=len(cancelled))
    return len(cancelled)


def drop_unagreed(vault: Vault, templates: Templates) -> int:
    """Destroy the templates of all who may be recognised no more; return how many.

    Their consent was withdrawn or is past its day, or they were erased from the vault.
    """
    now = datetime.now(UTC)
    agreed = {one.subject_id for one in vault.people.subjects.all() if _agreed(vault, one, now)}
    gone = templates.ids() - agreed
    for person_id in sorted(gone):
        _tell(vault, Action.ENROLMENT_REVOKED, person_id)
    if gone:
        templates.remove(gone)
    return len(gone)


def let_go(
    vault: Vault,
    tell: Callable[[str], None],
    person_id: UUID | None = None,
    *,
    withdrew: UUID | None = None,
) -> None:
    """Destroy, last of all, the template of a person, and of all who agree no more.

    It hinders nothing that was done before: where it cannot be done that is told.
    withdrew: of this person a consent was withdrawn; who looks live is to ask again.
    """
    templates = templates_of(vault, data_home())
    try:
        if person_id is not None:
            forget_face(vault, templates, person_id)
        drop_unagreed(vault, templates)
        if withdrew in templates.ids():
            templates.write_anew()
    except YingbiError as error:
        tell(
            say(
                "Templates of faces could not be destroyed: {problem} Give the box of templates another key: yingbi enrol --new-key",
                problem=say_error(error),
            )
        )


def _agreed(vault: Vault, subject: Subject, now: datetime) -> bool:
    return may_be_recognised(subject, vault.people.consents.of(subject.subject_id), now)


def _keep(vault: Vault, templates: Templates, subject: Subject, looks: Sequence[FaceLook]) -> None:
    stream = templates.begin()
    made = Template.of([one.vector for one in looks], Projection.drawn(stream))
    key = vault.people.subjects.key(subject.subject_id)
    try:
        templates.put(subject.subject_id, key, made.codes.tobytes(), stream)
    finally:
        made.wipe()


def _must_be_one_person(pictures: Sequence[Path], looks: Sequence[FaceLook]) -> None:
    """Raise DifferentPeopleError where one picture does not look like the others together.

    It names the picture that is least like the others one by one: beside somebody else a right
    picture is not like the others together either.
    """
    centred = [one.vector - one.vector.mean() for one in looks]
    whole = sum(centred[1:], centred[0])
    if all(_likeness(own, whole - own) >= SAME_PERSON for own in centred):
        return
    middles = [
        median(_likeness(own, other) for other in centred if other is not own) for own in centred
    ]
    raise DifferentPeopleError(path=pictures[middles.index(min(middles))])


def _likeness(one: Vector, other: Vector) -> float:
    lengths = float((one @ one) * (other @ other)) ** 0.5
    return float(one @ other / max(lengths, 1e-9))


def _tell(vault: Vault, action: Action, person_id: UUID | None, **counts: int) -> None:
    facts = {} if person_id is None else {"subject": str(person_id)}
    facts |= {name: str(count) for name, count in counts.items()}
    vault.log.record(Deed(action, datetime.now(UTC), facts=facts))
