"""Errors about enrolling: pictures that show nobody or too many, people who are not enrolled.

As in `yingbi.errors`; no fact names a person whom the user did not type.
"""

from yingbi.errors import BadInputError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class OneFaceNeededError(BadInputError):
    """A picture for enrolling that shows nobody, or more than one person."""

    code = "one-face-needed"
    template = _("'{path}' shows {faces} faces; take a picture that shows the person alone.")


class FaceUnreadableError(BadInputError):
    """A face that is too small to be told from others, or of which nothing can be read."""

    code = "face-unreadable"
    template = _("The face in '{path}' cannot be read; take a larger and clearer picture, of at least {least} pixels across the face.")


class DifferentPeopleError(BadInputError):
    """A picture for enrolling that shows somebody else than the others."""

    code = "different-people"
    template = _("'{path}' shows somebody who does not look like the person in the other pictures; leave it out.")


class NotEnrolledError(YingbiError):
    """A person of whom no template is kept."""

    code = "not-enrolled"
    exit_status = 66
    template = _("No template of '{subject}' is kept; see 'yingbi enrol --list'.")
