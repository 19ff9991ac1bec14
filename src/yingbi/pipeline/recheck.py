"""Look at what was written with other eyes, whether anybody is still to be seen.

Clause: 4.2.a; 6.2.5.b.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from yingbi.domain.frame import Frame
from yingbi.domain.moment import Doubt, Moment
from yingbi.domain.region import BoxXYXY, Region, clipped, grown, overlap
from yingbi.mask.cover import reach
from yingbi.mask.zones import ZoneCloth
from yingbi.pipeline.engine import Finder

LOOKS_PER_S = 2.0
DOUBTFUL_LOOKS_PER_S = 8.0
"""How often a second of film is looked at, and one in which something was in doubt."""
ENOUGH = 0.5
"""Share of what is found that lies under the mask: then it is the mask's rim that is found."""
CLOSER = 1.0
"""How far around a find the second, closer look reaches, in shares of its size.

In 33 masked frames of 7 films the first look had 37 finds of 0.5 or more that were no face;
none had 0.8 at both. Of 31 clear faces in them, 20 had 0.8 at both, and 15 had 0.85.
"""
SAME = 0.2
"""IoU from which on two finds, one after the other, are one."""
APART_S = 1.0

Boxes = tuple[BoxXYXY, ...]


@dataclass(slots=True)
class Watch:
    """Which frames are looked at again, and what of them was covered, by index.

    rate: frames a second; 0 for a still, of which every frame is looked at.
    """

    rate: float
    grow: float
    frames: dict[int, Boxes] = field(default_factory=dict)

    def take(self, frame: Frame, regions: Sequence[Region], *, doubtful: bool) -> None:
        """Note the frame where its turn has come."""
        every = max(1, round(self.rate / LOOKS_PER_S))
        closer = max(1, round(self.rate / DOUBTFUL_LOOKS_PER_S))
        if frame.index % every == 0 or (doubtful and frame.index % closer == 0):
            self.frames[frame.index] = tuple(reach(region, self.grow) for region in regions)


@dataclass(slots=True)
class Second:
    """The second pair of eyes, and the score from which on they are believed."""

    finder: Finder
    score: float

    def still_seen(
        self,
        frames: Iterable[Frame],
        watch: Watch,
        zones: ZoneCloth,
        tick: Callable[[int], None],
    ) -> list[Moment]:
        """Return what is still seen in the frames that were watched, in the order of time.

        frames: of the copy, all of them. zones: what they ignore is not told.
        """
        found: list[Moment] = []
        for frame in frames:
            tick(1)
            covered = watch.frames.get(frame.index)
            if covered is None:
                continue
            sure = [r for r in self.finder.find(frame) if r.score >= self.score]
            for region in zones.left(sure, frame):
                bare = _share(region.box, covered, frame.size) < ENOUGH
                if bare and self._seen_closer(frame, region):
                    _add(found, region, frame.time_s)
        return found

    def _seen_closer(self, frame: Frame, region: Region) -> bool:
        """Return whether it is also seen when its surroundings alone are looked at."""
        part = clipped(grown(region.box, CLOSER), *frame.size)
        closer = self.finder.find(frame, part)
        return any(r.score >= self.score and overlap(r.box, region.box) >= SAME for r in closer)


def _share(box: BoxXYXY, covered: Boxes, size: tuple[int, int]) -> float:
    """Return how much of the box, inside the picture, is covered: 0..1."""
    inside = clipped(box, *size)
    if inside is None:
        return 1.0
    x0, y0, x1, y1 = inside
    painted = np.zeros((y1 - y0, x1 - x0), np.bool_)
    for left, top, right, bottom in covered:
        painted[max(0, top - y0) : max(0, bottom - y0), max(0, left - x0) : max(0, right - x0)] = (
            True
        )
    return float(painted.mean())


def _add(found: list[Moment], region: Region, time_s: float) -> None:
    """Prolong the find that this continues, or begin one."""
    for moment in reversed(found):
        if time_s - moment.to_s <= APART_S and overlap(moment.box, region.box) >= SAME:
            moment.to_s, moment.frames = time_s, moment.frames + 1
            if region.score > moment.score:
                moment.score, moment.box, moment.at_s = region.score, region.box, time_s
            return
    kind, box, score = region.kind.value, region.box, region.score
    found.append(Moment(Doubt.STILL_SEEN, None, kind, time_s, time_s, 1, score, box, time_s))
