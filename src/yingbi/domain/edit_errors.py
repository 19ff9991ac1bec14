"""Errors about edit files and what they decide.

As in `yingbi.errors`.
"""

from yingbi.errors import UsageError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class EditRefusedError(YingbiError):
    """A file that is no edit file, or says something impossible."""

    code = "edit-refused"
    exit_status = 65
    template = _("'{path}' is no edit file that can be used: {field}: {reason}.")


class EditDiffersError(YingbiError):
    """An edit file that was made of another film, or of this one before it was changed."""

    code = "edit-differs"
    exit_status = 65
    template = _("The edit file '{edit}' was not made of '{path}' as it is now ({reason}); make it anew with 'yingbi detect {path} -o FILE'.")


class EditChangedError(YingbiError):
    """An edit file that something else has written to while it was open on a page."""

    code = "edit-changed"
    exit_status = 75
    template = _("'{path}' was changed by something else meanwhile, so that it was not replaced; what was decided since then is on this page alone.")


class StaleError(YingbiError):
    """A page that shows another film, or what was decided before, and asks for a change."""

    code = "page-stale"
    exit_status = 75
    template = _("Something was changed on another page meanwhile; load this page again.")


class BoxesRefusedError(YingbiError):
    """A list of boxes from elsewhere that cannot be read."""

    code = "boxes-refused"
    exit_status = 65
    template = _("'{path}', entry {entry}: {reason}.")


class NoSuchTrackError(UsageError):
    """A number that the edit file gives to nobody."""

    code = "no-such-track"
    template = _("The edit file has no person {number}; see 'yingbi edit show FILE'.")


class DecisionRefusedError(UsageError):
    """A decision about an edit that makes no sense, such as to split where nobody is."""

    code = "decision-refused"
    template = _("That cannot be done: {reason}.")
