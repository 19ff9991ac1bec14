"""Times in the log: clocks do go back, and whoever reads the log must be told.

A time that was changed afterwards is found by the tree; here it is about a time
that was wrong when it was written.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from yingbi.domain.ledger import Deed

CLOCK_FACT = "clock_back_s"
"""The fact in a deed that was written under a clock behind the last entry's."""

ORDINARY_S = 10
"""Writers that wait for each other are told in the order of their turns, not of their times."""


class ClockBack(NamedTuple):
    """The entry under which the clock was found back, and by how many seconds."""

    sequence: int
    seconds: int


def seconds_back(before: datetime, after: datetime) -> int:
    """Return by how many seconds the clock went back, 0 where it did not or by very little."""
    back = int((before - after).total_seconds())
    return back if back >= ORDINARY_S else 0


def clocks_back(deeds: Iterable[Deed]) -> list[ClockBack]:
    """Return where the clock went back in a log, which is given whole and in order."""
    found = (
        ClockBack(sequence, seconds_back(before.at, after.at))
        for sequence, (before, after) in enumerate(pairwise(deeds), start=1)
    )
    return [one for one in found if one.seconds]
