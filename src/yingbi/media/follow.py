"""A box drawn by a user, followed from frame to frame in either direction.

Points in the box are carried on by optical flow; wherever they lead is compared with what was
drawn and with what was seen last, and where it is not alike, its like is looked for around.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, clipped
from yingbi.media.patches import (
    Grey,
    Luma,
    Place,
    correlation,
    learned,
    likeness,
    patch,
    shown,
)
from yingbi.media.upright import smaller_luma

LOOKED_AT = 56
"""Pixels of the box's longer side in which points are carried on."""
AROUND = 1.6
"""Sizes to each side in which they may be."""
POINTS, LEAST_POINTS, BACK_AGAIN = 9, 8, 1.5
"""Points are a grid of so many; so few must come back, from the next frame, to where they were."""
NEAR = 0.15
"""Sizes from where it was going in which a point is no surprise."""
QUICKEST = 1.1
"""Nothing grows or shrinks by more from one frame to the next."""
WINDOW, LEVELS = (13, 13), 3
ENOUGH = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.03)

CARRIED, GUESSED, FOUND, AGAIN = 0.42, 0.5, 0.7, 0.6
"""How alike it must be where points led, where it was going, where its like was found, and when it
was out of sight. Of places beside a face, the most alike was under 0.57 in 99 of 100 pictures."""
NOWHERE = -1e4
WELL = 0.6
"""What is less alike is looked for around, and never taken to have become smaller."""
SEARCHED, FAR, SIZES = 20, 1.5, (0.9, 1.0, 1.1)
"""Pixels of a patch that is looked for, sizes around in which it is, and how large."""
LEARNS, STEADY = 0.15, 0.5
COASTS_S, COASTS_FRAMES = 0.6, 3
"""It may be out of sight for so long."""
GROWTH_PER_S, MOST_GROWTH = 0.6, 0.5
"""A box that is out of sight grows by this share of its size on each side."""
CUT, SURVIVES, THUMB, EVERY = 0.45, 0.75, (32, 18), 4
"""Two frames less alike than this are of different scenes, unless it is as alike as that in both.
They are compared when so small. Between frames of one scene it was 0.69 at least, of two at most
0.45 in 99 of 100."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Where the followed thing is in a frame. score: 0..1, how surely."""

    box: BoxXYXY
    score: float


class Follower:
    """Follows what is in a box; give it the frames one after another, in either direction."""

    def __init__(self, frame: Frame, box: BoxXYXY) -> None:
        """Begin with a box of the displayed picture; raise ValueError where it is outside of it."""
        if clipped(box, *frame.size) is None:
            raise ValueError("the box lies outside the picture")
        self._place = self._seen = Place.of(frame.stored_box(box))
        self._by = 1
        self._keep(frame)
        self._first = self._latest = patch(self._before, self._place, self._by)
        self._pace = np.zeros(2)  # pixels a second
        self._unseen_s, self._unseen, self._growth = 0.0, 0, 0.0
        self._lost = False

    def step(self, frame: Frame) -> Sight | None:
        """Return where it is in the next frame, None once it is lost; it stays lost then.

        While it is out of sight for a moment, the box is where it may be, and the score is low.
        """
        if self._lost:
            return None
        now = _luma(frame, self._by)
        gone_s = abs(frame.time_s - self._time_s)
        likely = self._place.moved(*(self._pace * gone_s))
        alike, needed, place = self._best(now, likely)
        if alike < SURVIVES and correlation(_thumb(now), _thumb(self._before)) < CUT:
            return self._lose()
        doubt = max(0.0, WELL - alike) / 2
        if alike >= needed:
            self._growth = doubt
            self._see(place if alike >= WELL else _no_smaller(place, self._seen), gone_s)
            self._latest = learned(self._latest, patch(now, self._place, self._by), LEARNS)
        else:
            self._place = likely
            self._growth = min(MOST_GROWTH, max(doubt, self._growth + GROWTH_PER_S * gone_s))
            self._unseen_s, self._unseen = self._unseen_s + gone_s, self._unseen + 1
            if self._unseen_s > COASTS_S and self._unseen > COASTS_FRAMES:
                return self._lose()
        self._keep(frame, now)
        box = self._box()
        if clipped(box, *frame.stored_size) is None:
            return self._lose()
        return Sight(frame.displayed_box(box), min(1.0, max(0.0, alike)))

    def _best(self, now: Luma, likely: Place) -> tuple[float, float, Place]:
        """Return the place that is most surely right, how alike it is, and how it has to be."""
        carried = _carried(self._before, now, self._place, likely, self._by)
        found = [(self._alike(now, one), CARRIED, one) for one in carried]
        if not self._unseen:
            found.append((self._alike(now, likely), GUESSED, likely))
        if self._unseen or max(alike for alike, _, _ in found) < WELL:
            found += [(self._alike(now, one), FOUND, one) for one in self._search(now, likely)]
        alike, needed, place = max(found, key=lambda one: one[0] - one[1])
        return alike, max(needed, AGAIN) if self._unseen else needed, place

    def _alike(self, now: Luma, place: Place) -> float:
        seen = patch(now, place, self._by)
        return max(likeness(seen, self._first), likeness(seen, self._latest))

    def _search(self, now: Luma, likely: Place) -> Iterator[Place]:
        """Yield where its like is, anywhere between where it was seen last and where it was going."""
        span = self._seen.hull(likely)
        sizes = 2 * FAR + max(span.width / likely.width, span.height / likely.height)
        for size in SIZES:
            side = round(SEARCHED * sizes / size)
            window = Place(span.x, span.y, sizes * likely.width, sizes * likely.height)
            view = patch(now, window, self._by, side, SEARCHED)
            for known in (self._first, self._latest):
                small = cv2.resize(known, (SEARCHED, SEARCHED), interpolation=cv2.INTER_AREA)
                map_ = cv2.matchTemplate(view, small, cv2.TM_CCOEFF_NORMED)
                left, top = cv2.minMaxLoc(map_)[3]
                across, down = ((edge + SEARCHED / 2) / side - 0.5 for edge in (left, top))
                x, y = window.x + across * window.width, window.y + down * window.height
                yield Place(x, y, likely.width * size, likely.height * size)

    def _see(self, place: Place, gone_s: float) -> None:
        """Go on from where it was seen."""
        way = np.array([place.x - self._seen.x, place.y - self._seen.y])
        since_s = gone_s + self._unseen_s
        if since_s > 0:
            self._pace += STEADY * (way / since_s - self._pace)
        self._place = self._seen = place
        self._unseen_s, self._unseen = 0.0, 0

    def _box(self) -> BoxXYXY:
        """Return the box of all places where it may be: it may have stopped out of sight."""
        place = self._place.hull(self._seen)
        return place.box(self._growth * self._place.width, self._growth * self._place.height)

    def _keep(self, frame: Frame, seen: Luma | None = None) -> None:
        """Keep what the next frame is compared with, as small as its box allows.

        seen: the same, as small as the last one was.
        """
        by = 1
        while self._place.side / by >= 2 * LOOKED_AT:
            by *= 2
        self._before = seen if seen is not None and by == self._by else _luma(frame, by)
        self._by, self._time_s = by, frame.time_s

    def _lose(self) -> Sight | None:
        self._lost = True
        return None


def _luma(frame: Frame, by: int) -> Luma:
    """Return a frame's brightness, so many times smaller; the green of one that has colours."""
    luma = smaller_luma(frame, by)
    return luma if luma.ndim == 2 else np.ascontiguousarray(luma[:, :, luma.shape[2] // 3])


def _thumb(luma: Luma) -> Grey:
    small = cv2.resize(luma[::EVERY, ::EVERY], THUMB, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _no_smaller(place: Place, than: Place) -> Place:
    width, height = max(place.width, than.width), max(place.height, than.height)
    return Place(place.x, place.y, width, height)


def _carried(before: Luma, now: Luma, place: Place, likely: Place, by: int) -> Iterator[Place]:
    """Yield where points of a place lead: all of them, and those that went on as was likely.

    Something that comes between carries points away, and leaves others.
    """
    ahead = np.array([likely.x - place.x, likely.y - place.y])
    scale = min(2.0, LOOKED_AT / place.side)
    room = [2 * abs(way) for way in ahead.tolist()]
    sizes = 1 + 2 * AROUND
    window = Place(place.x, place.y, place.width * sizes + room[0], place.height * sizes + room[1])
    size = (max(16, round(window.width * scale)), max(16, round(window.height * scale)))
    then, there = (shown(luma, window, size, by) for luma in (before, now))
    scales = np.array([size[0] / window.width, size[1] / window.height])
    points = _grid(place, window, scales)
    start = (points + ahead * scales).astype(np.float32)
    moved = _flow(then, there, points, start)
    back = _flow(there, then, moved, points)
    good = np.hypot(*(back - points).T) < BACK_AGAIN
    near = good & (np.abs(moved - start).max(axis=1) < NEAR * LOOKED_AT)
    for chosen in (good, near):
        if chosen.sum() >= LEAST_POINTS:
            right, down = np.median(moved[chosen] - points[chosen], axis=0) / scales
            yield place.moved(right, down, _stretched(points[chosen], moved[chosen]))
        if near.sum() == good.sum():
            return


def _grid(place: Place, window: Place, scales: NDArray[np.float64]) -> Grey:
    """Return points all over the ellipse in a place, as they lie in a window of one middle."""
    across = (np.arange(POINTS) + 0.5) / POINTS - 0.5
    x, y = (axis.ravel() for axis in np.meshgrid(across, across))
    inside = np.hypot(x, y) < 0.5
    points = np.stack([x[inside] * place.width, y[inside] * place.height], axis=1)
    middle = np.array([window.width, window.height]) / 2
    return ((points + middle) * scales - 0.5).astype(np.float32)


def _flow(then: Luma, there: Luma, points: Grey, start: Grey) -> Grey:
    """Return where points have gone, near where they are looked for first; else far beyond all."""
    gone, ok, _ = cv2.calcOpticalFlowPyrLK(
        then,
        there,
        points,
        start.copy(),
        winSize=WINDOW,
        maxLevel=LEVELS,
        criteria=ENOUGH,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return np.where(np.asarray(ok) > 0, np.asarray(gone), np.float32(NOWHERE)).astype(np.float32)


def _stretched(points: Grey, moved: Grey) -> float:
    """Return how many times as far apart points are as they were."""
    one, other = np.triu_indices(len(points), 1)
    was = np.hypot(*(points[one] - points[other]).T)
    now = np.hypot(*(moved[one] - moved[other]).T)
    return float(np.clip(np.median(now / was), 1 / QUICKEST, QUICKEST))
