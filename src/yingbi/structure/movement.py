"""How fast somebody goes, and whether a raised hand waves.

Clause: A.1-3.
"""

from collections.abc import Callable, Sequence
from math import hypot
from statistics import median

from yingbi.structure.body import Body
from yingbi.structure.thresholds import Thresholds

LENS = 1.0
"""Focal length in heights of the picture: that of a usual camera, as nobody tells the true one."""
GROWN = 0.03
"""A box that grows or shrinks by less trembles: of whoever is small that would be a long way."""
LEAST_SPAN = 0.6
"""Share of the time that sights have to span before a pace is known."""
LEAST_RAISED, SHARE_RAISED = 5, 0.6
"""So many sights, and this share of them, have to show a hand above the shoulders."""


def pace_of(window: Sequence[Body], look_s: float, *, stands: bool = True) -> float:
    """Return how fast somebody upright goes in the room, in statures a second.

    Whoever looks twice as high is half as far away: that gives the way to the camera and from it.
    Of who sits, or runs with knees so high, it is not taken: leaning forward changes the height.
    """
    third = len(window) // 3
    if not third or window[-1].time_s - window[0].time_s < LEAST_SPAN * look_s:
        return 0.0
    first, last = window[:third], window[-third:]
    ran_s = _mid(last, lambda one: one.time_s) - _mid(first, lambda one: one.time_s)
    tall, height = _mid(first, lambda one: one.height), _mid(last, lambda one: one.height)
    across = (_mid(last, _foot) - _mid(first, _foot)) * 2 / (tall + height)
    grown = stands and abs(height / tall - 1) >= GROWN
    away = LENS * (1 / height - 1 / tall) if grown else 0.0
    return hypot(across, away) / ran_s


def waves(window: Sequence[Body], stature: float, table: Thresholds) -> bool:
    """Return whether a hand that is held up swings."""
    for side in (0, 1):
        path = [one.hands[side] for one in window if one.shoulders is not None]
        xs = [at[0] for at in path if at is not None and at[1] < 0]
        held_up = len(xs) >= max(LEAST_RAISED, SHARE_RAISED * len(path))
        if held_up and turns(xs, table.wave_reach * stature) >= table.wave_turns:
            return True
    return False


def turns(xs: Sequence[float], reach: float) -> int:
    """Return how often a path turns back after it went on for `reach` or more."""
    count, way, low, high = 0, 0, xs[0], xs[0]
    for x in xs[1:]:
        low, high = min(low, x), max(high, x)
        if way >= 0 and high - x >= reach:
            count, way, low = count + (way > 0), -1, x
        elif way <= 0 and x - low >= reach:
            count, way, high = count + (way < 0), 1, x
        if way > 0:
            low = high
        elif way < 0:
            high = low
    return count


def _foot(body: Body) -> float:
    return body.across if body.hips is None else body.hips[0]


def _mid(bodies: Sequence[Body], figure: Callable[[Body], float]) -> float:
    return median(map(figure, bodies))
