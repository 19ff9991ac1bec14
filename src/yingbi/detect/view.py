"""How a picture is fitted into a network's input, and how boxes come back from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Region, Target, clipped
from yingbi.media.upright import upright_crop

STRIDE = 32
"""All networks here halve their input five times at most."""

Boxes = NDArray[np.float32]
"""(N, 4) x0 y0 x1 y1, not rounded."""

Scores = NDArray[np.float32]
"""(N,), 0..1."""


@dataclass(frozen=True, slots=True)
class View:
    """A part of a displayed picture at one scale, in the upper left of a canvas of whole strides.

    scale: canvas pixels per picture pixel; the shape of the picture is kept.
    width, height: of the canvas, in pixels.
    left, top: where the part begins, in pixels of the picture.
    """

    scale: float
    width: int
    height: int
    left: int = 0
    top: int = 0

    @classmethod
    def fitted(
        cls,
        size: tuple[int, int],
        longer: float,
        largest_scale: float,
        part: BoxXYXY | None = None,
    ) -> "View":
        """Return the view of a picture of (width, height) pixels, or of a part of it.

        The whole picture is seen with `longer` canvas pixels on its longer side, unless that
        enlarges too much. A part is seen at the picture's own scale, or as large as the whole
        would be, whichever is more; it is reduced only where that exceeds `longer`.

        part: a box of the displayed picture.
        """
        whole = min(longer / max(size), largest_scale)
        x0, y0, x1, y1 = part or (0, 0, *size)
        scale = whole if part is None else min(max(1.0, whole), longer / max(x1 - x0, y1 - y0))
        return cls(scale, _strides((x1 - x0) * scale), _strides((y1 - y0) * scale), x0, y0)

    def reduced(self, by: float) -> "View":
        """Return the same place at a smaller scale."""
        width, height = _strides(self.width / by), _strides(self.height / by)
        return View(self.scale / by, width, height, self.left, self.top)

    def picture(self, frame: Frame) -> NDArray[np.uint8]:
        """Return the canvas, (height, width, 3) uint8 RGB, black outside the picture."""
        right = self.left + round(self.width / self.scale)
        bottom = self.top + round(self.height / self.scale)
        return upright_crop(frame, (self.left, self.top, right, bottom), self.width, self.height)

    def placed(self, boxes: Boxes) -> Boxes:
        """Return boxes of the canvas as boxes of the picture."""
        corner = np.array([self.left, self.top] * 2, np.float32)
        return boxes / np.float32(self.scale) + corner


def _strides(length: float) -> int:
    """Return the length in whole strides, at least one."""
    return max(-(-round(length) // STRIDE), 1) * STRIDE


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
