"""Errors about reports, zones and what lies in quarantine.

As in `yingbi.errors`.
"""

from collections.abc import Mapping
from typing import Any

from yingbi.errors import (
    BadSettingsError,
    CannotCreateError,
    NotAuthorisedError,
    SomeFailedError,
    YingbiError,
)

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class ReportBrokenError(YingbiError):
    """A report that was altered after it was signed, or is none."""

    code = "report-broken"
    exit_status = 65
    template = _("The report '{path}' does not hold: {reason}.")


class ReportKeyUnknownError(YingbiError):
    """A report that is whole, and signed by a key that nobody vouched for."""

    code = "report-key-unknown"
    exit_status = 65
    template = _("The report '{path}' is signed by the key {fingerprint}, which is neither this installation's nor given with --key.")


class ReportDiffersError(YingbiError):
    """Files are not what a report says of them."""

    code = "report-differs"
    exit_status = 65
    template = _("{differ} of the {total} files of the report '{path}' are not what it says.")


class BrokenOffError(CannotCreateError):
    """A journal lies beside the report: a run was broken off."""

    code = "run-broken-off"
    template = _("A run with the report '{path}' was broken off; add --resume to go on with it, or --force to begin anew.")


class RunInUseError(YingbiError):
    """Another process writes the same report."""

    code = "run-in-use"
    exit_status = 75
    template = _("Another process is writing the report '{path}'; try again later.")


class InstallationKeyError(NotAuthorisedError):
    """The key that signs reports is not usable."""

    code = "installation-key-refused"
    template = _("The installation's key '{path}' is refused: {reason}.")


class ZonesRefusedError(BadSettingsError):
    """A file of zones that says something impossible."""

    code = "zones-refused"
    template = _("'{path}', line {line}: {field}: {reason}.")


class QuarantinedError(SomeFailedError):
    """An output in which something private was still found; `told` is what the report says."""

    code = "quarantined"
    exit_status = 3
    template = _("In the copy of '{path}' something is still seen at {times}; it lies in '{place}', and nothing was put at its place.")

    def __init__(self, told: Mapping[str, Any] | None = None, **facts: object) -> None:
        """Keep what the report says beside the facts."""
        super().__init__(**facts)
        self.told = dict(told or {})
