"""Places of a picture at which somebody may arrive, stay, gather or pass by.

Points are shares of the displayed picture's width and height, x to the right, y down.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import hypot
from typing import TypeVar

from yingbi.domain.zone import Point

N = TypeVar("N", float, Fraction)
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
PICTURE = "picture"
"""The whole picture, as events name it; no other place has this name."""
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SURE = 1e-9
"""Products of shares are rounded by far less; what lies below it is reckoned again, exactly."""


def may_be_called(name: str) -> bool:
    """Return whether a place may have this name."""
    return NAME.fullmatch(name) is not None and name != PICTURE


def side_of(start: Point, end: Point, point: Point) -> int:
    """Return on which hand a point lies, seen from start to end: -1 left, 1 right, 0 straight on.

    The hands are those of somebody who walks over the displayed picture. It is exact for the
    floats given.
    """
    value = _turn(start, end, point)
    if abs(value) < SURE:
        exact = _turn(_exact(start), _exact(end), _exact(point))
        return (exact > 0) - (exact < 0)
    return (value > 0) - (value < 0)


def _exact(point: Point) -> tuple[Fraction, Fraction]:
    return Fraction(point[0]), Fraction(point[1])


def _turn(start: tuple[N, N], end: tuple[N, N], point: tuple[N, N]) -> N:
    """Return how far a point lies to the right, times the length from start to end."""
    (ax, ay), (bx, by), (x, y) = start, end, point
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that somebody may cross: forward from its left hand to its right, or back."""

    name: str
    start: Point
    end: Point

    def __post_init__(self) -> None:
        """Refuse a line without length."""
        if self.start == self.end:
            raise ValueError("a line must have two ends")

    def side_of(self, point: Point) -> int:
        """Return -1 on its left hand, 1 on its right, 0 on it or on what it would be if longer."""
        return side_of(self.start, self.end, point)

    def reach_to(self, point: Point) -> float:
        """Return the distance to a point in shares, below 0 on the left, as if it had no ends."""
        length = hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])
        return _turn(self.start, self.end, point) / length

    def parts(self, before: Point, after: Point) -> bool:
        """Return whether a way from one side of it to the other goes through it, ends included.

        before: may also lie straight on, where the way leaves the line.
        """
        sides = side_of(before, after, self.start), side_of(before, after, self.end)
        return sides[0] * sides[1] <= 0


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon in which somebody may be; its edges belong to it.

    dwell_s: a shorter stay is not told; None tells each. crowd: more people than that are one.
    """

    name: str
    points: tuple[Point, ...]
    dwell_s: float | None = None
    crowd: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no polygon."""
        if len(self.points) < 3:
            raise ValueError(f"an area must have 3 corners, got {len(self.points)}")

    def encloses(self, point: Point) -> bool:
        """Return whether a point lies in it or on an edge, exactly."""
        inside = False
        for a, b in pairwise((*self.points, self.points[0])):
            side = side_of(a, b, point)
            if side == 0 and _between(a, b, point):
                return True
            if (a[1] > point[1]) != (b[1] > point[1]):
                inside ^= side == (-1 if a[1] > point[1] else 1)
        return inside

    def shares_of(self, before: Point, after: Point) -> Iterator[tuple[float, float]]:
        """Yield in which shares of a straight way one is inside, in their order, each above 0."""
        cuts = {0.0, 1.0}
        for a, b in pairwise((*self.points, self.points[0])):
            one, other = _turn(a, b, before), _turn(a, b, after)
            if one != other and 0 < one / (one - other) < 1:
                cuts.add(one / (one - other))
        for low, high in pairwise(sorted(cuts)):
            if self.encloses(on_the_way(before, after, (low + high) / 2)):
                yield low, high


def on_the_way(before: Point, after: Point, share: float) -> Point:
    """Return the point at a share of a straight way."""
    (ax, ay), (bx, by) = before, after
    return ax + share * (bx - ax), ay + share * (by - ay)


def _between(a: Point, b: Point, point: Point) -> bool:
    (ax, ay), (bx, by), (x, y) = a, b, point
    return min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)


@dataclass(frozen=True, slots=True)
class Places:
    """All places of one picture. crowd: more people than that in the whole picture are one."""

    areas: tuple[Area, ...] = ()
    lines: tuple[Line, ...] = ()
    crowd: int | None = None

    def __post_init__(self) -> None:
        """Refuse names that say nothing or two things."""
        names = [area.name for area in self.areas] + [line.name for line in self.lines]
        if len(set(names)) != len(names) or not all(map(may_be_called, names)):
            raise ValueError("each place must have a name of its own, of a-z, 0-9 and '-'")
