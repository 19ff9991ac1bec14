"""Look again and again, for those who accept slow: all families, every quarter turn, full size."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from yingbi.detect.parts import parts
from yingbi.detect.view import without_doubles
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target

SAME_THING = 0.5
"""IoU from which on two boxes are one thing: what differs by more is covered twice."""


class Finder(Protocol):
    """What is asked again and again."""

    @property
    def kinds(self) -> frozenset[Target]:
        """What it finds."""

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return what is seen in the picture or in a part of it."""


class StrictFinder:
    """Asks several finders about the whole picture and its parts, each at four quarter turns."""

    pace = Pace.QUICK

    def __init__(self, finders: Sequence[Finder], length: int) -> None:
        """Keep the finders; parts of `length` pixels are searched at the picture's own scale."""
        self._finders = finders
        self.kinds = frozenset(kind for finder in finders for kind in finder.kinds)
        self._length = length

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return everything that any finder saw at any turn, the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2.
        """
        found = [
            replace(region, box=turned(region.box, looked.size, -turns))
            for turns in range(4)
            for looked in [replace(frame, turns=frame.turns + turns)]
            for place in self._places(frame.size, part)
            for finder in self._finders
            for region in finder.find(looked, place and turned(place, frame.size, turns))
        ]
        return [region for kind in Target for region in _once(found, kind)]

    def _places(self, size: tuple[int, int], part: BoxXYXY | None) -> Sequence[BoxXYXY | None]:
        if part is not None:
            return [part]
        return [None, *parts(size, self._length)] if max(size) > self._length else [None]


def turned(box: BoxXYXY, size: tuple[int, int], turns: int) -> BoxXYXY:
    """Return where a box of a picture of (width, height) lies once it is turned clockwise.

    turns: quarter turns; negative ones go back.
    """
    x0, y0, x1, y1 = box
    width, height = size
    match turns % 4:
        case 1:
            return height - y1, x0, height - y0, x1
        case 2:
            return width - x1, height - y1, width - x0, height - y0
        case 3:
            return y0, width - x1, y1, width - x0
        case _:
            return box


def _once(found: Sequence[Region], kind: Target) -> list[Region]:
    its = [region for region in found if region.kind is kind]
    boxes = np.array([region.box for region in its], np.float32).reshape(-1, 4)
    scores = np.array([region.score for region in its], np.float32)
    return [its[i] for i in without_doubles(boxes, scores, SAME_THING)]
