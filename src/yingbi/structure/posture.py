"""How somebody is: standing, sitting or lying, from a short while of sights.

Clause: A.1-3.
"""

from collections.abc import Iterable, Sequence
from statistics import median

from yingbi.structure.body import Body
from yingbi.structure.thresholds import Thresholds


def middle(values: Iterable[float | None]) -> float | None:
    """Return the median of what is known."""
    known = [one for one in values if one is not None]
    return median(known) if known else None


def posture_of(window: Sequence[Body], stature: float, table: Thresholds) -> str | None:
    """Return "standing", "sitting" or "lying", or None where the sights do not tell."""
    lean = middle(one.lean for one in window)
    if lean is None:
        return _by_box(window, stature, table)
    height, thigh = _height(window) / stature, middle(one.thigh_drop for one in window)
    straight = thigh is not None and thigh >= table.straight * stature
    if lean >= table.tilted and straight:
        return None  # bent over
    if lean >= table.tilted or height <= table.lowest:
        return "lying"
    if lean >= table.upright:
        return None
    if straight or (thigh is None and height >= table.tall):
        return "standing"
    return None if thigh is None else "sitting"


def _by_box(window: Sequence[Body], stature: float, table: Thresholds) -> str | None:
    """Return the same where no pose is known; of a box that the picture cuts nothing is told."""
    height, flatness = _height(window) / stature, median(one.flatness for one in window)
    if height >= table.tall and flatness < table.slim:
        return "standing"
    whole = median(one.bottom for one in window) < table.edge
    return "lying" if whole and height <= table.low and flatness >= table.flat else None


def _height(window: Sequence[Body]) -> float:
    return median(one.height for one in window)


def stature_of(window: Sequence[Body], table: Thresholds) -> float | None:
    """Return how tall somebody looks who is upright with straight legs, or None where nobody is."""
    heights = sorted(one.height for one in window if _upright(one, table))
    return heights[3 * len(heights) // 4] if len(heights) >= 3 else None


def _upright(body: Body, table: Thresholds) -> bool:
    if body.flatness >= table.slim or (body.lean or 0.0) >= table.upright:
        return False
    thigh = body.thigh_drop
    return thigh is None or thigh >= table.straight * body.height
