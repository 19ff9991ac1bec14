"""Drops of drawn people as the product notices them, with what was seen of each.

Sights are kept as an array (T, 16), a row each: the time, the box (x0, y0, x1, y1), x and y of head, shoulders,
hips, knees and ankles, and the breadth; all but the time in heights of the picture. What was not seen is nan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np

from yingbi.bench.daily.body import Floats
from yingbi.bench.daily.days import Stream
from yingbi.bench.daily.judge import heard_together
from yingbi.structure.body import Body, Point
from yingbi.structure.clues import Drop, Measures, measures_of
from yingbi.structure.company import Company
from yingbi.structure.falls import Fall, Falls, Recent

TIME, TOP, FOOT, POSE, BREADTH = 0, 2, 4, 5, 15
"""Columns of sights: the time, the edges of the box above and below, the first of the pose, and the breadth."""
XS, YS = (1, 3, 5, 7, 9, 11, 13), (2, 4, 6, 8, 10, 12, 14)
"""Columns that lie across, and those that lie down."""
KEPT_S = 4.0
"""Sights are kept from so long before a drop on."""


@dataclass(slots=True, eq=False)
class Noticed:
    """A drop that was noticed.

    ages: how old it was when it was judged, and the time of the last sight then. sights: (T, 16).
    """

    drop: Drop
    ages: list[tuple[float, float]] = field(default_factory=list)
    sights: Floats = field(default_factory=lambda: np.zeros((0, BREADTH + 1)))


def drops_of(stream: Stream) -> list[Noticed]:
    """Return the drops of a stream that were judged, heard as the product hears it."""
    found: dict[int, tuple[Noticed, list[Body]]] = {}
    heard_together(Company(falls=_watching(found)), stream)
    for noticed, bodies in found.values():
        noticed.sights = sights_of(bodies)
    return [noticed for noticed, _ in found.values()]


def _watching(found: dict[int, tuple[Noticed, list[Body]]]) -> type[Falls]:
    """Return what watches for falls, tells none, and puts every drop with its last sights into `found`."""

    class Watching(Falls):
        def judge(self, recent: Recent, drop: Drop, age_s: float) -> Fall | None:
            noticed, _ = found.get(id(drop), (Noticed(drop), None))
            noticed.ages.append((age_s, recent[-1].time_s))
            kept = [one for one in recent if one.time_s >= drop.time_s - KEPT_S]
            found[id(drop)] = noticed, kept  # by id: two drops may be equal
            return None

    return Watching


def measured(noticed: Noticed) -> Iterator[tuple[float, Measures]]:
    """Yield the time of the last sight and the measures at each age at which there was more to see."""
    drop, bodies, seen = noticed.drop, bodies_of(noticed.sights), set[int]()
    for age_s, now in noticed.ages:
        until_s = drop.time_s + age_s
        count = int((noticed.sights[:, TIME] <= until_s).sum())
        measures = None if count in seen else measures_of(bodies, drop, until_s)
        seen.add(count)
        if measures is not None:
            yield now, measures


def sights_of(bodies: list[Body]) -> Floats:
    """Return (T, 16) sights of bodies in order of time."""
    rows = [
        (
            one.time_s,
            *one.box,
            *_known(one.head),
            *_known(one.shoulders),
            *_known(one.hips),
            *_known(one.knees),
            *_known(one.ankles),
            nan if one.breadth is None else one.breadth,
        )
        for one in bodies
    ]
    return np.array(rows, np.float64).reshape(-1, BREADTH + 1)


def bodies_of(sights: Floats) -> list[Body]:
    """Return the bodies of (T, 16) sights; of hands nothing is kept."""
    return [
        Body(
            time_s,
            (x0, y0, x1, y1),
            _point(*pose[0:2]),
            _point(*pose[2:4]),
            _point(*pose[4:6]),
            _point(*pose[6:8]),
            _point(*pose[8:10]),
            breadth=None if isnan(pose[10]) else pose[10],
        )
        for time_s, x0, y0, x1, y1, *pose in sights.tolist()
    ]


def _known(part: Point | None) -> Point:
    return (nan, nan) if part is None else part


def _point(x: float, y: float) -> Point | None:
    return None if isnan(x) else (x, y)
