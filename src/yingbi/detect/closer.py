"""Look closer at what a glance left in doubt: many places of a picture on one canvas.

A network that sees a place too small, too large or at an edge is unsure of it. Cut out and
brought to the size that it was taught, the place is judged again, with few pixels for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.view import STRIDE, Boxes, View
from yingbi.domain.frame import Frame

SIDE = 64
"""Canvas pixels of the square that each place gets."""
SMALL = 40.0
"""Pixels of the picture; what seems smaller is often half as large as it seems."""
THING_OF_SMALL, THINGS = 44.0, (24.0, 48.0)
"""Canvas pixels of the thing in its square; what is not small is seen in two sizes."""
LARGEST_SCALE = 3.0
ASIDE = 22.0
"""So far from the middle of its square, in canvas pixels, a thing may be; others are cut off."""


@dataclass(frozen=True, slots=True)
class Closer:
    """Places of one picture, each in a square of a canvas."""

    views: Sequence[View]

    @classmethod
    def at(cls, boxes: Boxes) -> "Closer":
        """Return the places around boxes of the picture."""
        views = []
        for box in boxes:
            longer = max(float(box[2] - box[0]), float(box[3] - box[1]), 1.0)
            views += [_around(box, thing / longer) for thing in _things(longer)]
        return cls(views)

    @property
    def pixels(self) -> int:
        """Pixels of all squares."""
        return len(self.views) * SIDE**2

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of squares."""
        columns = ceil(sqrt(len(self.views)))
        return columns, ceil(len(self.views) / columns)

    def picture(self, frame: Frame) -> NDArray[np.uint8]:
        """Return the canvas, (height, width, 3) uint8 RGB, black where there is nothing."""
        columns, rows = self.size
        height, width = (-(-side * SIDE // STRIDE) * STRIDE for side in (rows, columns))
        canvas = np.zeros((height, width, 3), np.uint8)
        for number, view in enumerate(self.views):
            row, column = divmod(number, columns)
            top, left = row * SIDE, column * SIDE
            canvas[top : top + SIDE, left : left + SIDE] = view.picture(frame)
        return canvas

    def placed(self, boxes: Boxes) -> tuple[Boxes, NDArray[np.bool_]]:
        """Return boxes of the canvas as boxes of the picture, and which of them are whole.

        A box belongs to the square that its centre lies in.
        """
        columns, rows = self.size
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        cells = np.clip(centres // SIDE, 0, (columns - 1, rows - 1)).astype(np.intp)
        whole = np.abs(centres - cells * SIDE - SIDE / 2).max(axis=1, initial=0.0) <= ASIDE
        numbers = cells[:, 1] * columns + cells[:, 0]
        whole &= numbers < len(self.views)
        moved = np.array(boxes)
        for i, number in enumerate(numbers):
            if whole[i]:
                corner = np.tile(cells[i] * SIDE, 2).astype(np.float32)
                moved[i : i + 1] = self.views[number].placed(boxes[i : i + 1] - corner)
        return moved, whole


def _things(longer: float) -> tuple[float, ...]:
    """Return how large a thing of so many pixels is to be seen."""
    return (THING_OF_SMALL,) if longer < SMALL else THINGS


def _around(box: NDArray[np.float32], scale: float) -> View:
    """Return a square with the box in its middle, enlarged by LARGEST_SCALE at most."""
    reach = SIDE / 2 / min(scale, LARGEST_SCALE)
    left, top = ((box[:2] + box[2:]) / 2 - reach).tolist()
    return View(min(scale, LARGEST_SCALE), SIDE, SIDE, round(left), round(top))
