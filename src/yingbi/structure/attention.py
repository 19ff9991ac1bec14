"""Whose pose is looked at, and when: as often as what is kept needs, and no more.

Clause: A.1-3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Protocol

from yingbi.domain.frame import Frame
from yingbi.domain.glimpse import Glimpse, Points
from yingbi.domain.region import BoxXYXY, Region, Target, overlap
from yingbi.structure.smooth import Steady

LEAST_PIXELS = 40
"""Of smaller people the network tells no pose."""
SLACK_S = 1e-3
FOLLOWED_S, LOST_S = 20.0, 1.0
"""How long nobody but a pose need be seen, and how long no pose."""
ANOTHER = 0.3
"""Where somebody else's box overlaps by more than this (IoU), the pose there may be theirs."""
VISIBLE, ROOM = 0.3, 0.15
"""Key points that a box goes around, and how far beyond them it reaches, in its longer side."""


class PoseSource(Protocol):
    """Finds the key points of the person in a box, or None where it is unsure."""

    def find(self, frame: Frame, box: BoxXYXY) -> Points | None:
        """Return 17 (x, y, score) as shares of the displayed picture."""


@dataclass(frozen=True, slots=True)
class Look:
    """One person at one time.

    points, box: in shares of the picture's width and height; points are steady, None is unknown.
    glimpse: the same as it was seen, in heights of the picture.
    """

    points: Points | None
    box: tuple[float, float, float, float]
    glimpse: Glimpse


@dataclass(slots=True)
class _Followed:
    """Where somebody was last, by the tracker or by their own key points."""

    box: BoxXYXY
    looked_s: float
    seen_s: float
    posed_s: float
    steady: Steady = field(default_factory=Steady)


@dataclass(slots=True)
class Attention:
    """Looks at everybody's pose at most so many times a second; without poses at boxes alone.

    Whoever lies is hard to find, so that the tracker lets go of them. As long as a pose is seen
    where the last one was, it is followed without a region.
    """

    poses: PoseSource | None
    looks_per_second: float
    _people: dict[int, _Followed] = field(default_factory=dict)

    def look(self, frame: Frame, regions: Sequence[Region], now: float) -> Mapping[int, Look]:
        """Return, by track, what is seen of each person for whom it is time."""
        here = {
            region.track: region
            for region in regions
            if region.track is not None and region.kind is Target.PERSON
        }
        looks = {}
        for track, region in here.items():
            if self._due(track, now):
                looks[track] = self._seen(frame, region, track, now)
        for track in [one for one in self._people if one not in here]:
            look = self._followed(frame, track, here.values(), now)
            if look is not None:
                looks[track] = look
        return looks

    def _due(self, track: int, now: float) -> bool:
        person = self._people.get(track)
        return person is None or now - person.looked_s >= 1 / self.looks_per_second - SLACK_S

    def _seen(self, frame: Frame, region: Region, track: int, now: float) -> Look:
        person = self._people.setdefault(track, _Followed(region.box, now, now, now))
        person.looked_s = now
        if region.seen:
            person.seen_s = person.posed_s = now
        points = self._points(frame, region.box)
        box = region.box
        if points is None and not region.seen and person.box != region.box:
            points, box = self._points(frame, person.box), person.box
        if points is not None:
            person.posed_s = now
        person.box = region.box if points is None else around(points, frame.size)
        return _look(frame, box, points, person, now, seen=region.seen)

    def _followed(
        self, frame: Frame, track: int, others: Iterable[Region], now: float
    ) -> Look | None:
        """Return the pose of somebody of whom nothing but a pose is seen; None ends it."""
        person = self._people[track]
        taken = any(overlap(person.box, other.box) > ANOTHER for other in others)
        if self.poses is None or taken or now - person.seen_s > FOLLOWED_S:
            del self._people[track]
            return None
        if not self._due(track, now):
            return None
        person.looked_s, box = now, person.box
        points = self._points(frame, box)
        if points is None:
            if now - person.posed_s > LOST_S:
                del self._people[track]
            return None
        person.posed_s = now
        person.box = around(points, frame.size)
        return _look(frame, box, points, person, now, seen=False)

    def _points(self, frame: Frame, box: BoxXYXY) -> Points | None:
        if self.poses is None or max(box[2] - box[0], box[3] - box[1]) < LEAST_PIXELS:
            return None
        return self.poses.find(frame, box)


def around(points: Points, size: tuple[int, int]) -> BoxXYXY:
    """Return the box around key points that are shares of a picture of (width, height), in pixels."""
    sure = [point for point in points if point[2] >= VISIBLE] or list(points)
    xs, ys = [x * size[0] for x, _, _ in sure], [y * size[1] for _, y, _ in sure]
    room = ROOM * max(max(xs) - min(xs), max(ys) - min(ys), 1.0)
    x0, y0 = floor(min(xs) - room), floor(min(ys) - room)
    return x0, y0, max(ceil(max(xs) + room), x0 + 1), max(ceil(max(ys) + room), y0 + 1)


def _look(
    frame: Frame,
    box: BoxXYXY,
    points: Points | None,
    person: _Followed,
    now: float,
    *,
    seen: bool,
) -> Look:
    width, height = frame.size
    x0, y0, x1, y1 = box if points is None or seen else around(points, frame.size)
    raw = None
    if points is not None:
        raw = tuple((x * width / height, y, visible) for x, y, visible in points)
        points = person.steady.follow(now, points)
    glimpse = Glimpse(now, (x0 / height, y0 / height, x1 / height, y1 / height), raw, seen)
    return Look(points, (x0 / width, y0 / height, x1 / width, y1 / height), glimpse)
