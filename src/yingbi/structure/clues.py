"""What is measured of a drop, before and after it, so that rules can tell whether it was a fall.

Clause: A.1-3; A.1-4.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import dist, isnan, nan
from statistics import median

from yingbi.structure.body import Body, Point

BEFORE_S, AFTER_S = 2.0, 0.9
"""What counts as before a drop, and from when on as after it."""
BEFORE = 4
"""Of whoever was seen less often before, as who has just come in, nothing is measured."""
WAY_FROM_S, WAY_TO_S = 0.5, 1.6
"""From so long before its beginning until so long after it the way down is looked at."""
FAST_S, SLOW_S, STEP_S = 0.3, 0.7, 0.1
"""A speed is that over so long, at its highest and on the whole, on a line drawn anew at steps."""
LOST_S = 0.5
"""Of a line that was lost so long before the end of the way its speed is not known."""
LEAST_S = 0.8
"""Who was seen for less of the time afterwards may still have been falling: no pace is known."""
AGAIN = 2
"""So many sights may be higher than what counts as the highest afterwards."""
SOME = 0.1
"""The hips stay below where they are in the highest tenth of the sights afterwards."""

Measures = dict[str, float]
"""By name; lengths in statures. What was not seen is not a number."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A drop of somebody's upper part.

    time_s: when it began. stature: how tall they looked just before.
    low_before: share of the minute before in which they were low.
    """

    time_s: float
    stature: float
    low_before: float


def measures_of(recent: Iterable[Body], drop: Drop, until_s: float) -> Measures | None:
    """Return what is measured of a drop up to a time, or None where too little was seen."""
    since = drop.time_s
    sights = list(recent)
    before = [one for one in sights if since - BEFORE_S <= one.time_s <= since + 0.05]
    after = [one for one in sights if since + AFTER_S <= one.time_s <= until_s]
    way = [one for one in sights if since - WAY_FROM_S <= one.time_s <= since + WAY_TO_S]
    if len(after) < 2 or len(before) < BEFORE or not way:
        return None
    lengths = _down_there(after) | _against(before, after) | _way_down(way)
    return {name: one / drop.stature for name, one in lengths.items()} | {
        "low before": drop.low_before,
        "lean before": _middle(one.lean for one in before),
        "lean": _middle(one.lean for one in after),
        "lean most": max((one.lean for one in way if one.lean is not None), default=nan),
        "flat": _middle(one.flatness for one in after),
        "while": max(way, key=lambda one: one.top).time_s - since,
    }


def _down_there(after: Sequence[Body]) -> Measures:
    """Return how the body is afterwards, in heights of the picture."""
    return {
        "knees below": _middle(_below(one.hips, one.knees) for one in after),
        "ankles below": _middle(_below(one.hips, one.ankles) for one in after),
        "head above hips": _middle(_below(one.head, one.hips) for one in after),
        "trunk": _middle(_apart(one.shoulders, one.hips) for one in after),
        "head beside hips": _middle(_beside(one.head, one.hips) for one in after),
        "knees beside hips": _middle(_beside(one.knees, one.hips) for one in after),
        "breadth": _middle(one.breadth for one in after),
        "wide": _middle(one.width for one in after),
        "moves": _pace(after),
    }


def _against(before: Sequence[Body], after: Sequence[Body]) -> Measures:
    """Return how far parts are from where they, or the feet, were before."""
    floor = _middle(one.bottom for one in before)
    return {
        "high before": _middle(one.height for one in before),
        "knees before": _middle(_below(one.hips, one.knees) for one in before),
        "trunk before": _middle(_apart(one.shoulders, one.hips) for one in before),
        "breadth before": _middle(one.breadth for one in before),
        "pace before": _across(before),
        "wider": _middle(one.width for one in after) - _middle(one.width for one in before),
        "foot down": _middle(one.bottom for one in after) - floor,
        "stays down": _highest(after) - _middle(one.top for one in before),
        "hips stay down": _high(after) - _middle(_down(one.hips) for one in before),
        "shoulders down": _middle(_down(one.shoulders) for one in after)
        - _middle(_down(one.shoulders) for one in before),
        "ankles down": _middle(_down(one.ankles) for one in after)
        - _middle(_down(one.ankles) for one in before),
        "head over floor": floor - _middle(_down(one.head) for one in after),
        "knees over floor": floor - _middle(_down(one.knees) for one in after),
        "top over floor": floor - _middle(one.top for one in after),
        "aside": abs(_middle(one.across for one in after) - _middle(one.across for one in before)),
        "hips aside": abs(
            _middle(_right(one.hips) for one in after) - _middle(_right(one.hips) for one in before)
        ),
    }


def _way_down(way: Sequence[Body]) -> Measures:
    """Return how fast parts came down, a second, and how the box moved meanwhile."""
    lines: dict[str, Callable[[Body], float]] = {
        "top": lambda one: one.top,
        "head": lambda one: _down(one.head),
        "shoulder": lambda one: _down(one.shoulders),
        "hip": lambda one: _down(one.hips),
    }
    return (
        {f"{name} speed": _fastest(way, line, FAST_S) for name, line in lines.items()}
        | {f"{name} pace": _fastest(way, line, SLOW_S) for name, line in lines.items()}
        | {
            "aside way": max(one.across for one in way) - min(one.across for one in way),
            "foot jump": max((abs(b.bottom - a.bottom) for a, b in pairwise(way)), default=nan),
        }
    )


def _middle(values: Iterable[float | None]) -> float:
    known = [one for one in values if one is not None and not isnan(one)]
    return median(known) if known else nan


def _down(part: Point | None) -> float:
    return nan if part is None else part[1]


def _right(part: Point | None) -> float:
    return nan if part is None else part[0]


def _apart(a: Point | None, b: Point | None) -> float:
    return nan if a is None or b is None else dist(a, b)


def _beside(a: Point | None, b: Point | None) -> float:
    return abs(_right(a) - _right(b))


def _across(before: Sequence[Body]) -> float:
    """Return how fast they went across on the whole, a second."""
    first, last = before[0], before[-1]
    return abs(last.across - first.across) / max(last.time_s - first.time_s, STEP_S)


def _high(after: Sequence[Body]) -> float:
    """Return where the hips are in the highest of the sights."""
    ys = sorted(one.hips[1] for one in after if one.hips is not None)
    return ys[int(SOME * len(ys))] if ys else nan


def _below(upper: Point | None, lower: Point | None) -> float:
    return _down(lower) - _down(upper)


def _highest(after: Sequence[Body]) -> float:
    tops = sorted(one.top for one in after)
    return tops[min(AGAIN, len(tops) - 1)]


def _pace(after: Sequence[Body]) -> float:
    """Return how fast they move across, most of the time, a second."""
    if after[-1].time_s - after[0].time_s < LEAST_S:
        return nan
    return _middle(
        abs(b.across - a.across) / max(b.time_s - a.time_s, 0.05) for a, b in pairwise(after)
    )


def _fastest(way: Sequence[Body], line: Callable[[Body], float], over_s: float) -> float:
    """Return how fast a line goes down at its fastest; gaps are crossed straight."""
    path = [(one.time_s, y) for one in way if not isnan(y := line(one))]
    if len(path) < 2 or path[-1][0] < way[-1].time_s - LOST_S:
        return nan
    ys = [y for _, y in path]
    smooth = [ys[0], *(sorted(ys[n - 1 : n + 2])[1] for n in range(1, len(ys) - 1)), ys[-1]]
    steps = _evenly([time_s for time_s, _ in path], smooth)
    apart = min(round(over_s / STEP_S), len(steps) - 1)
    if apart < 1:
        return nan
    return max(b - a for a, b in zip(steps, steps[apart:], strict=False)) / over_s


def _evenly(times: Sequence[float], ys: Sequence[float]) -> list[float]:
    """Return the line at every STEP_S."""
    found, n = [], 0
    for step in range(int((times[-1] - times[0]) / STEP_S + 1e-6) + 1):
        now = times[0] + step * STEP_S
        while n < len(times) - 2 and times[n + 1] < now:
            n += 1
        share = (now - times[n]) / (times[n + 1] - times[n])
        found.append(ys[n] + share * (ys[n + 1] - ys[n]))
    return found
