"""Errors about people: who is not known, what nobody agreed to.

As in `yingbi.errors`; facts hold a name only where the user typed it.
"""

from yingbi.errors import CannotCreateError, NotAuthorisedError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class NoSuchSubjectError(YingbiError):
    """A person whom the vault does not know; the fact is what the user typed."""

    code = "no-such-subject"
    exit_status = 66
    template = _("The vault knows no person '{subject}'; see 'yingbi subject list'.")


class NoSuchConsentError(YingbiError):
    """A consent that the vault does not hold."""

    code = "no-such-consent"
    exit_status = 66
    template = _("The vault holds no consent '{consent}'; see 'yingbi consent list NAME'.")


class NoSuchLinkError(YingbiError):
    """A person who is not linked to an object in that way."""

    code = "no-such-link"
    exit_status = 66
    template = _("Object '{object_id}' is not linked to this person in that way; see 'yingbi subject show'.")


class SubjectExistsError(CannotCreateError):
    """A second person of the same name."""

    code = "subject-exists"
    template = _("A person of the name '{subject}' is already there.")


class TooManyLinksError(CannotCreateError):
    """An object with as many links to people as it can have."""

    code = "too-many-links"
    template = _("Object '{object_id}' has {most} links to people already; it takes no more.")


class NoConsentError(NotAuthorisedError):
    """What would be kept of a person is covered by no consent and no other basis in force."""

    code = "no-consent"
    template = _("No consent in force and no other basis covers this for the person: {fields}; see 'yingbi consent add'.")


class GuardianNeededError(NotAuthorisedError):
    """A minor's consent without a guardian."""

    code = "guardian-needed"
    template = _("The person is a minor: a consent needs --guardian NAME, who gave it.")
