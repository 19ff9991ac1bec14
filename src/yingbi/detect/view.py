"""How a picture is fitted into a network's input, and how boxes come back from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Region, Target, clipped
from yingbi.media.upright import upright_crop

STRIDE = 32
"""Both networks halve their input five times."""

Boxes = NDArray[np.float32]
"""(N, 4) x0 y0 x1 y1, not rounded."""

Scores = NDArray[np.float32]
"""(N,), 0..1."""


@dataclass(frozen=True, slots=True)
class View:
    """A displayed picture at one scale, in the upper left of a canvas of whole strides.

    scale: canvas pixels per picture pixel; the shape of the picture is kept.
    width, height: of the canvas, in pixels.
    """

    scale: float
    width: int
    height: int

    @classmethod
    def fitted(cls, size: tuple[int, int], longer: float, largest_scale: float) -> "View":
        """Return the view whose longer side is `longer`, unless that enlarges too much."""
        scale = min(longer / max(size), largest_scale)
        width, height = (-(-round(side * scale) // STRIDE) * STRIDE for side in size)
        return cls(scale, max(width, STRIDE), max(height, STRIDE))

    def picture(self, frame: Frame) -> NDArray[np.uint8]:
        """Return the canvas, (height, width, 3) uint8 RGB, black beside the picture."""
        box = (0, 0, round(self.width / self.scale), round(self.height / self.scale))
        return upright_crop(frame, box, self.width, self.height)


def regions(kind: Target, boxes: Boxes, scores: Scores, size: tuple[int, int]) -> list[Region]:
    """Return boxes of a picture of (width, height) pixels as regions, in the given order.

    Boxes are rounded outwards and end at the picture's border.
    """
    found = []
    for box, score in zip(boxes, scores, strict=True):
        inside = clipped(_outwards(box), *size)
        if inside is not None:
            found.append(Region(kind, inside, float(score)))
    return found


def without_doubles(boxes: Boxes, scores: Scores, most: float) -> NDArray[np.intp]:
    """Return the indices to keep, best first: none overlaps a better one by more than `most`.

    most: intersection over union (IoU), 0..1.
    """
    waiting = np.argsort(-scores, kind="stable")
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept = []
    while waiting.size:
        best, others = waiting[0], waiting[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[others, :2])
        high = np.minimum(boxes[best, 2:], boxes[others, 2:])
        shared = np.prod((high - low).clip(0), axis=1)
        waiting = others[shared <= most * (areas[best] + areas[others] - shared)]
    return np.array(kept, np.intp)


def _outwards(box: NDArray[np.float32]) -> BoxXYXY:
    x0, y0 = np.floor(box[:2]).astype(int)
    x1, y1 = np.ceil(box[2:]).astype(int)
    return int(x0), int(y0), max(int(x1), int(x0) + 1), max(int(y1), int(y0) + 1)
