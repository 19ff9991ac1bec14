"""Places of a picture that are always covered, or in which nothing is looked for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Unit = Literal["share", "pixels"]
Does = Literal["mask", "ignore"]


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone.

    points: three or more corners of the displayed picture, in shares of its width and
        height or in pixels; its edges do not cross.
    from_s, to_s: seconds from a film's first frame on in which it holds, both included.
    files: patterns of names or of places below the input folder; none means every file.
    """

    name: str
    does: Does
    points: tuple[Point, ...]
    unit: Unit = "share"
    from_s: float = 0.0
    to_s: float = math.inf
    files: tuple[str, ...] = ()

    def concerns(self, place: str) -> bool:
        """Return whether a file at this place below its input folder is meant."""
        names = (place, PurePosixPath(place).name)
        return not self.files or any(fnmatchcase(n, p) for n in names for p in self.files)

    def holds_at(self, time_s: float) -> bool:
        """Return whether it holds at that time."""
        return self.from_s <= time_s <= self.to_s

    def corners(self, size: tuple[int, int]) -> tuple[Point, ...]:
        """Return its corners in pixels of a displayed picture of (width, height)."""
        if self.unit == "pixels":
            return self.points
        return tuple((x * size[0], y * size[1]) for x, y in self.points)

    def encloses(self, point: Point, size: tuple[int, int]) -> bool:
        """Return whether a point of the displayed picture, in pixels, lies in the zone."""
        x, y = point
        corners = self.corners(size)
        inside = False
        for (ax, ay), (bx, by) in pairwise((*corners, corners[0])):
            if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
                inside = not inside
        return inside

    def encloses_all(self, points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
        """Return the same for many points at once, (N, 2) in pixels."""
        x, y = points[:, 0], points[:, 1]
        inside = np.zeros(len(points), np.bool_)
        corners = self.corners(size)
        for (ax, ay), (bx, by) in pairwise((*corners, corners[0])):
            if ay != by:
                crossed = ((ay > y) != (by > y)) & (x < ax + (y - ay) * (bx - ax) / (by - ay))
                inside ^= crossed
        return inside

    def to_json(self) -> dict[str, Any]:
        """Return the zone as the report says it."""
        return {
            "name": self.name,
            "do": self.does,
            "points": [list(point) for point in self.points],
            "unit": self.unit,
            "from_s": self.from_s,
            "to_s": None if math.isinf(self.to_s) else self.to_s,
            "files": list(self.files),
        }


def edges_cross(points: Sequence[Point]) -> bool:
    """Return whether two edges of a polygon that do not follow each other meet."""
    edges = list(pairwise((*points, points[0])))
    return any(
        _meet(*edges[i], *edges[j])
        for i in range(len(edges))
        for j in range(i + 2, len(edges))
        if (i, j) != (0, len(edges) - 1)
    )


def area_of(points: Sequence[Point]) -> float:
    """Return the area of a polygon, never negative."""
    twice = sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise((*points, points[0])))
    return abs(twice) / 2


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def between(p: Point, q: Point, r: Point) -> bool:
        return min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and (
            min(p[1], q[1]) <= r[1] <= max(p[1], q[1])
        )

    sides = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(s == 0 and between(*end) for s, end in zip(sides, ends, strict=True))
