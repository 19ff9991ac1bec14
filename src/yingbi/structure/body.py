"""What a glimpse says of a body: how upright, how high, how wide, where its parts are."""

from collections.abc import Reversible
from dataclasses import dataclass
from math import atan2, degrees, hypot

from yingbi.domain.glimpse import Glimpse, Points
from yingbi.structure.thresholds import THRESHOLDS

Point = tuple[float, float]

SHOULDERS, ELBOWS, WRISTS = (5, 6), (7, 8), (9, 10)
HIPS, KNEES, ANKLES = (11, 12), (13, 14), (15, 16)
HEAD = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Body:
    """A glimpse in figures, in heights of the picture; None where the pose does not tell.

    box: x0, y0, x1, y1. head, shoulders, hips, knees, ankles: the middle of what is seen of them.
    breadth: from shoulder to shoulder. hands: each wrist that is above its elbow, from the middle of the shoulders.
    """

    time_s: float
    box: tuple[float, float, float, float]
    head: Point | None = None
    shoulders: Point | None = None
    hips: Point | None = None
    knees: Point | None = None
    ankles: Point | None = None
    hands: tuple[Point | None, Point | None] = (None, None)
    breadth: float | None = None

    @property
    def height(self) -> float:
        """Height of the box."""
        return max(self.box[3] - self.box[1], 1e-6)

    @property
    def width(self) -> float:
        """Width of the box."""
        return self.box[2] - self.box[0]

    @property
    def flatness(self) -> float:
        """Width of the box over its height."""
        return self.width / self.height

    @property
    def top(self) -> float:
        """Where the box begins, from above."""
        return self.box[1]

    @property
    def bottom(self) -> float:
        """Where the box ends, from above."""
        return self.box[3]

    @property
    def across(self) -> float:
        """Where the middle of the box is, from the left."""
        return (self.box[0] + self.box[2]) / 2

    @property
    def lean(self) -> float | None:
        """How the trunk leans, in degrees from upright, 0 to 180."""
        if self.shoulders is None or self.hips is None:
            return None
        right, up = self.shoulders[0] - self.hips[0], self.hips[1] - self.shoulders[1]
        return degrees(atan2(abs(right), up))

    @property
    def thigh_drop(self) -> float | None:
        """How far the knees are below the hips."""
        return None if self.hips is None or self.knees is None else self.knees[1] - self.hips[1]


def body_of(glimpse: Glimpse) -> Body:
    """Return what the glimpse says of the body."""
    points = glimpse.points
    if points is None:
        return Body(glimpse.time_s, glimpse.box)
    shoulders = _middle(points, SHOULDERS)
    return Body(
        glimpse.time_s,
        glimpse.box,
        _middle(points, HEAD),
        shoulders,
        _middle(points, HIPS),
        _middle(points, KNEES),
        _middle(points, ANKLES),
        _raised(points, shoulders),
        _breadth(points),
    )


def since(recent: Reversible[Body], time_s: float) -> list[Body]:
    """Return the last sights, from a time on."""
    found = []
    for one in reversed(recent):
        if one.time_s < time_s:
            break
        found.append(one)
    found.reverse()
    return found


def _middle(points: Points, parts: tuple[int, ...]) -> Point | None:
    across, down, count = 0.0, 0.0, 0
    for part in parts:
        x, y, seen = points[part]
        if seen >= THRESHOLDS.visible:
            across, down, count = across + x, down + y, count + 1
    return (across / count, down / count) if count else None


def _breadth(points: Points) -> float | None:
    (x0, y0, left), (x1, y1, right) = points[SHOULDERS[0]], points[SHOULDERS[1]]
    return hypot(x1 - x0, y1 - y0) if min(left, right) >= THRESHOLDS.visible else None


def _raised(points: Points, shoulders: Point | None) -> tuple[Point | None, Point | None]:
    """Return where each hand is that is held above its elbow, from the shoulders."""
    if shoulders is None:
        return None, None
    found: list[Point | None] = []
    for wrist, elbow in zip(WRISTS, ELBOWS, strict=True):
        (x, y, seen), (_, elbow_y, _) = points[wrist], points[elbow]
        up = seen >= THRESHOLDS.visible and y < elbow_y
        found.append((x - shoulders[0], y - shoulders[1]) if up else None)
    return found[0], found[1]
