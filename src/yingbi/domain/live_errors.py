"""Errors about looking at what happens now, and about telling somebody.

As in `yingbi.errors`.
"""

from yingbi.errors import UsageError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class SourceLostError(YingbiError):
    """A camera or stream that gives no picture."""

    code = "source-lost"
    exit_status = 69
    template = _("The source '{source}' gives no picture: {reason}.")


class TellRefusedError(UsageError):
    """Somebody who is to be told and cannot be. given: never the address, only its kind."""

    code = "tell-refused"
    template = _("--on '{given}' is refused: {reason}.")
