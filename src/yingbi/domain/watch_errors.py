"""Errors about watched folders.

As in `yingbi.errors`.
"""

from yingbi.errors import BadInputError, YingbiError

# fmt: off


def _(template: str) -> str:
    """Mark a template for translation; it is translated when it is shown."""
    return template


class WatchInUseError(YingbiError):
    """Another process watches, and remembers in the same folder."""

    code = "watch-in-use"
    exit_status = 75
    template = _("Another watcher is at work with '{path}'; end it first, or name another OUT or --state.")


class WatchMemoryError(YingbiError):
    """What is remembered of a watched folder was altered or damaged."""

    code = "watch-memory-broken"
    exit_status = 65
    template = _("What was remembered in '{path}' is damaged at line {line}; bring back a copy, or put the file away: then every file is looked at anew.")


class GaveUpError(BadInputError):
    """A file over which the program died again and again."""

    code = "gave-up"
    template = _("Work on '{path}' was broken off {tries} times, and never by you; it is left alone until it changes, or until --retry.")
