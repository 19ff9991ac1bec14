"""What is examined: anything that says how surely it finds each true thing in a picture.

Curves, groups, attacks and explanations ask nothing else, so they know no kind of network.

Clause: 6.2.4.a.3-1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.embedding import FaceReader
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY, Region, Target, area, clipped, overlap
from yingbi.domain.template import Gallery
from yingbi.domain.truth import Truth
from yingbi.structure.known import Rule
from yingbi.structure.pose import PoseFinder

Rgb = NDArray[np.uint8]

FOUND = 0.5
"""IoU of boxes, and similarity of key points, from which on something counts as found."""

COVERED = 0.9
WRITTEN = (Target.PLATE, Target.TEXT)

SPREAD = np.array(
    (.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087, .089, .089)
)  # fmt: skip
"""How far people who label key points differ, in sizes of the person: the sigmas of COCO's measure."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in one picture.

    scores: of each true thing, 0 where it is not found. covered: of what is written, whether what was
    found lies over nearly all of it. false: what was found and is none of them, where that is counted.
    """

    scores: tuple[float, ...]
    covered: tuple[bool, ...] = ()
    false: int | None = None


class Examinee(Protocol):
    """A network at the threshold at which it is used."""

    def see(self, picture: Rgb, truths: Sequence[Truth], ignored: Sequence[BoxXYXY] = ()) -> Seen:
        """Return what is found in a picture, (H, W, 3) RGB."""


class Finds(Protocol):
    """A finder of regions."""

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return what is seen, the surest first."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """A finder of one kind of thing; a box belongs to the truth that it overlaps most."""

    finder: Finds = field(repr=False)
    kind: Target

    def see(self, picture: Rgb, truths: Sequence[Truth], ignored: Sequence[BoxXYXY] = ()) -> Seen:
        """Return what is found, each box for one truth at most, the surest first."""
        found = [one for one in self.finder.find(as_frame(picture)) if one.kind is self.kind]
        scores, false = [0.0] * len(truths), 0
        for region in found:
            near = [(overlap(region.box, one.box), at) for at, one in enumerate(truths)]
            best = max((pair for pair in near if not scores[pair[1]]), default=(0.0, -1))
            if best[0] >= FOUND:
                scores[best[1]] = region.score
            elif max(near, default=(0.0, -1))[0] < FOUND:
                false += not any(_within(region.box, one) for one in ignored)
        boxes = [region.box for region in found]
        size = picture.shape[1], picture.shape[0]
        written = truths if self.kind in WRITTEN else ()
        inside = [clipped(one.box, *size) or one.box for one in written]
        covered = tuple(_share_under(box, boxes) >= COVERED for box in inside)
        return Seen(tuple(scores), covered, false)


@dataclass(frozen=True, slots=True)
class Poses:
    """A finder of key points, told where each person is."""

    finder: PoseFinder = field(repr=False)

    def see(self, picture: Rgb, truths: Sequence[Truth], ignored: Sequence[BoxXYXY] = ()) -> Seen:
        """Return the similarity of key points of each person, 0 below `FOUND`."""
        frame, scores = as_frame(picture), []
        for one in truths:
            points = self.finder.find(frame, one.box)
            alike = 0.0 if points is None else similarity(one, points, frame.size)
            scores.append(alike if alike >= FOUND else 0.0)
        return Seen(tuple(scores))


@dataclass(frozen=True, slots=True)
class Naming:
    """A reader of faces before galleries of templates.

    galleries: by a truth's name, who it is and the gallery that was made without that picture.
    """

    reader: FaceReader = field(repr=False)
    rule: Rule
    galleries: Mapping[str, tuple[str, Gallery]] = field(repr=False)

    def see(self, picture: Rgb, truths: Sequence[Truth], ignored: Sequence[BoxXYXY] = ()) -> Seen:
        """Return how like its own template each face is, 0 where it is not named right."""
        frame, scores = as_frame(picture), []
        for one in truths:
            who, gallery = self.galleries[one.name]
            look = self.reader.read(frame, one.box)
            found = None if look is None else gallery.nearest(look.vector)
            if look is not None:
                look.wipe()
            right = found is not None and self.rule.named(found) == who
            scores.append(found.likeness if found is not None and right else 0.0)
        return Seen(tuple(scores))


def as_frame(picture: Rgb) -> Frame:
    """Return a picture (H, W, 3) RGB as a still."""
    whole = np.ascontiguousarray(picture)
    return Frame(0, 0, Fraction(1), (Plane(whole, 0, 0, (0, 0, 0)),), "rgb")


def similarity(
    truth: Truth, points: Iterable[tuple[float, float, float]], size: tuple[int, int]
) -> float:
    """Return the object key-point similarity of COCO, 0..1.

    points: shares of the picture's width and height. size: of the picture.
    """
    if truth.points is None:
        return 0.0
    labelled = truth.points[:, 2] > 0
    places = np.array([(x, y) for x, y, _ in points]) * size
    far2 = ((places - truth.points[:, :2]) ** 2).sum(axis=1)
    spread2 = 2 * area(truth.box) * (2 * SPREAD) ** 2
    return float(np.exp(-far2 / spread2)[labelled].mean()) if labelled.any() else 0.0


def _within(box: BoxXYXY, other: BoxXYXY) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x < other[2] and other[1] <= y < other[3]


def _share_under(box: BoxXYXY, others: Sequence[BoxXYXY]) -> float:
    """Return which share of a box lies under any of the others."""
    x0, y0, x1, y1 = box
    under = np.zeros((y1 - y0, x1 - x0), np.bool_)
    for a, b, c, d in others:
        under[max(b - y0, 0) : max(d - y0, 0), max(a - x0, 0) : max(c - x0, 0)] = True
    return float(under.mean()) if under.size else 0.0
