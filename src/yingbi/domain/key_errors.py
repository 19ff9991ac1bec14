"""Errors about keys: shares that open nothing, holds that are not there.

As in `yingbi.errors`.
"""

from yingbi.errors import NotAuthorisedError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class BadSharesError(NotAuthorisedError):
    """Recovery shares that do not give the recovery secret of this vault."""

    code = "bad-shares"
    template = _("These recovery shares do not open the vault: {reason}.")


class NoSuchHoldError(YingbiError):
    """An id of no hold in force."""

    code = "no-such-hold"
    exit_status = 66
    template = _("The vault has no hold '{hold}'; see 'yingbi hold list'.")
