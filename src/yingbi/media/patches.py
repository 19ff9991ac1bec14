"""Places in a plane of brightness, what is seen in them, and how alike two of those are."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.region import BoxXYXY

Luma = NDArray[np.uint8]
Grey = NDArray[np.float32]

SIDE, CELLS = 32, 4
"""Pixels of a patch's side, and how many cells it is judged in along that."""
COARSE = 0.125
"""Light and shade coarser than this share of a patch tell nothing: all smooth places are alike."""
ALIKE = 0.6
FLAT = 30.0
"""What noise alone makes of a cell's sum of squares."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box by its middle and its size, in pixels, not only whole ones."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, box: BoxXYXY) -> Self:
        """Return the place of a box."""
        x0, y0, x1, y1 = box
        return cls((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)

    @property
    def side(self) -> float:
        """The longer side."""
        return max(self.width, self.height)

    def moved(self, right: float, down: float, size: float = 1.0) -> "Place":
        """Return the place moved, and so many times as large."""
        return Place(self.x + right, self.y + down, self.width * size, self.height * size)

    def hull(self, other: "Place") -> "Place":
        """Return the least place that holds both."""
        low = [min(a - b / 2, c - d / 2) for a, b, c, d in self._sides(other)]
        high = [max(a + b / 2, c + d / 2) for a, b, c, d in self._sides(other)]
        (x0, y0), (x1, y1) = low, high
        return Place((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)

    def box(self, edge_x: float = 0.0, edge_y: float = 0.0) -> BoxXYXY:
        """Return the least box of whole pixels that holds the place, and so much around it."""
        half_x, half_y = self.width / 2 + edge_x, self.height / 2 + edge_y
        return (
            floor(self.x - half_x),
            floor(self.y - half_y),
            ceil(self.x + half_x),
            ceil(self.y + half_y),
        )

    def _sides(self, other: "Place") -> tuple[tuple[float, float, float, float], ...]:
        return (
            (self.x, self.width, other.x, other.width),
            (self.y, self.height, other.y, other.height),
        )


def shown(luma: Luma, place: Place, size: tuple[int, int], by: float = 1.0) -> Luma:
    """Return what a place holds at (width, height); beside the picture its border goes on.

    by: how many pixels of the film one of the plane stands for.
    """
    step_x, step_y = place.width / size[0], place.height / size[1]
    left, top = place.x + (step_x - place.width) / 2, place.y + (step_y - place.height) / 2
    aside = (by - 1) / 2
    matrix = np.array([[step_x, 0, left - 0.5 - aside], [0, step_y, top - 0.5 - aside]]) / by
    warped = cv2.warpAffine(
        luma,
        matrix,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cast(Luma, warped)


def patch(luma: Luma, place: Place, by: float, size: int = SIDE, unit: int = SIDE) -> Grey:
    """Return what a place holds as a square, freed of coarse light and shade.

    unit: pixels of the square that are as much as one patch.
    """
    square = shown(luma, place, (size, size), by).astype(np.float32)
    return cast(Grey, square - cv2.GaussianBlur(square, (0, 0), unit * COARSE))


def likeness(a: Grey, b: Grey) -> float:
    """Return how alike two patches are, -1..1; what hides a part of one takes but half away."""
    cells = np.sort(_by_cell(a, b))
    return (correlation(a, b) + float(cells[len(cells) // 2 :].mean())) / 2


def correlation(a: Grey, b: Grey) -> float:
    """Return the normalised correlation of two pictures of one size, -1..1."""
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > FLAT else 0.0


def learned(known: Grey, seen: Grey, share: float) -> Grey:
    """Return what is known of a patch, nearer to what is seen where that is alike."""
    alike = (_by_cell(known, seen) > ALIKE).reshape(CELLS, CELLS)
    part = np.kron(alike, np.full((SIDE // CELLS, SIDE // CELLS), share, np.float32))
    return np.asarray(known + part * (seen - known), np.float32)


def _by_cell(a: Grey, b: Grey) -> Grey:
    a, b = _cells(a), _cells(b)
    norms = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    return np.asarray((a * b).sum(axis=1) / (norms + FLAT), np.float32)


def _cells(patch: Grey) -> Grey:
    """Return the cells of a patch as rows, each with a mean of 0."""
    side = SIDE // CELLS
    cells = patch.reshape(CELLS, side, CELLS, side).swapaxes(1, 2).reshape(CELLS * CELLS, -1)
    return np.asarray(cells - cells.mean(axis=1, keepdims=True), np.float32)
