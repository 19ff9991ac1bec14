"""Errors about files of places, as in `yingbi.errors`."""

from yingbi.errors import BadSettingsError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class PlacesRefusedError(BadSettingsError):
    """A file of places that says something impossible."""

    code = "places-refused"
    template = _("'{path}', line {line}: {field}: {reason}.")
