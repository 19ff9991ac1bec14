"""Who may be recognised: those who said so themselves, or whose guardian did.

Clause: 6.1-4; 6.5.a.
"""

from collections.abc import Iterable
from datetime import datetime

from yingbi.domain.people_errors import GuardianNeededError, NoConsentError
from yingbi.domain.subject import Basis, Consent, Subject

FIELD = "identity"
"""The field of a consent that lets somebody be recognised."""


def may_be_recognised(subject: Subject, consents: Iterable[Consent], at: datetime) -> bool:
    """Return whether a consent in force lets the person be recognised at that moment.

    A contract or another basis is not enough: a face is not given away along with other
    things. Of a minor a guardian's consent counts alone.
    """
    return any(_covers(one, at) and (one.guardian or not subject.minor) for one in consents)


def must_be_agreed(subject: Subject, consents: Iterable[Consent], at: datetime) -> None:
    """Raise unless the person may be recognised.

    Raises: GuardianNeededError where only the guardian's word is missing; NoConsentError.
    """
    given = list(consents)
    if may_be_recognised(subject, given, at):
        return
    if subject.minor and any(_covers(one, at) for one in given):
        raise GuardianNeededError
    raise NoConsentError(fields=FIELD)


def _covers(consent: Consent, at: datetime) -> bool:
    return consent.basis is Basis.CONSENT and FIELD in consent.fields and consent.in_force(at)
