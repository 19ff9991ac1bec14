"""The filing notice: from so many people on, whoever keeps their faces must tell an authority.

Clause: 6.1-4.
"""

from collections.abc import Iterable
from typing import Literal

from yingbi.standard.catalogue import entry

PACK = "cn.frt.2025"
NEAR = 0.8
"""Share of the number at which it is said that it comes near."""

Filing = Literal["none", "near", "due"]


def filing_persons() -> int:
    """Return from how many people on the measures of 2025 ask for a filing."""
    return int(entry(PACK)["default"]["filing_threshold_persons"])


def filing(persons: int, most: int | None = None) -> Filing:
    """Return whether a filing is due for so many distinct people, or comes near.

    most: the number that makes it due; None takes that of the law pack.
    """
    due = filing_persons() if most is None else most
    if persons >= due:
        return "due"
    return "near" if persons >= NEAR * due else "none"


def distinct(*lists: Iterable[object]) -> int:
    """Return how many different people are in all lists together: nobody counts twice."""
    return len({one for names in lists for one in names})
