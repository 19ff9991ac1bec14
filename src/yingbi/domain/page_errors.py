"""Errors about the local pages.

As in `yingbi.errors`.
"""

from yingbi.errors import UsageError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class BusyError(YingbiError):
    """A second piece of heavy work while the first is not done."""

    code = "busy"
    exit_status = 75
    template = _("Something is being worked on already; wait until it is done, or stop it.")


class PortTakenError(UsageError):
    """A port that was asked for and is not free."""

    code = "port-taken"
    template = _("The port {port} is not free; leave out --port, and a free one is taken.")


class RequestRefusedError(UsageError):
    """A request that no page here makes."""

    code = "request-refused"
    template = _("The page asked for something that is not understood here: {reason}.")


class NoSuchPageError(YingbiError):
    """An address that leads to nothing."""

    code = "no-such-page"
    exit_status = 66
    template = _("There is no such page.")
