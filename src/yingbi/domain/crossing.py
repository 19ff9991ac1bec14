"""The seam under every write: where a crash could fall, and where tests let one fall."""

from pathlib import Path
from typing import Protocol


class Crossing(Protocol):
    """Called right before each boundary of the disk or a database; it may raise, or never return.

    boundary: "area: step", such as "shelf: fsync" or "keys.db: commit".
    paths: the files or folders that the step touches; for a rename the old and the new name.
    """

    def __call__(self, boundary: str, *paths: Path) -> None:
        """Let the run pass, or strike."""


def no_crossing(boundary: str, *paths: Path) -> None:
    """Do nothing; the crossing of every run that is no test."""
