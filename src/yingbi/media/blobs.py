"""Turn a map of how likely each pixel is into the tilted rectangles of its islands."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Blob:
    """One island of a map.

    corners: (4, 2) float32, x y of the smallest rectangle around it at any angle.
    length, breadth: of that rectangle, in pixels; the length is the larger.
    score: the largest value of the map inside the island.
    """

    corners: NDArray[np.float32] = field(repr=False)
    length: float
    breadth: float
    score: float


def blobs(heat: NDArray[np.float32], threshold: float, unclip: float) -> list[Blob]:
    """Return the islands that reach the threshold, in no special order.

    Networks for text are taught shrunken islands; each rectangle is widened again.

    Args:
        heat: (H, W), 0..1.
        threshold: value from which on a pixel belongs to an island.
        unclip: a rectangle is widened on each side by its area times this by its girth.
    """
    hot = (heat >= threshold).astype(np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(hot, connectivity=8)
    return [_blob(heat, labels, label, facts[label], unclip) for label in range(1, count)]


def straightened(
    picture: NDArray[np.uint8], blob: Blob, width: int, height: int
) -> NDArray[np.uint8]:
    """Return the rectangle of a picture as (height, width, 3), its length from left to right.

    It is turned by less than a quarter for it, so that what stands upright stays so.
    """
    corners = blob.corners
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    if np.hypot(*first) < np.hypot(*second):
        corners = np.roll(corners, -1, axis=0)
    if corners[1, 0] < corners[0, 0]:
        corners = np.roll(corners, -2, axis=0)
    ends = np.array([[0, 0], [width, 0], [width, height]], np.float32)
    move = cv2.getAffineTransform(np.ascontiguousarray(corners[:3]), ends)
    return np.asarray(cv2.warpAffine(picture, move, (width, height)), np.uint8)


def _blob(heat: NDArray[np.float32], labels: Any, label: int, facts: Any, unclip: float) -> Blob:
    x, y, width, height = (int(fact) for fact in facts[:4])
    inside = labels[y : y + height, x : x + width] == label
    score = float(heat[y : y + height, x : x + width][inside].max())
    rows, columns = np.nonzero(inside)
    points = np.stack([columns + x, rows + y], axis=1).astype(np.float32)
    (centre_x, centre_y), (a, b), angle = cv2.minAreaRect(points)
    a, b = a + 1, b + 1  # from the outer pixels' centres to their outer borders
    wider = 2 * unclip * a * b / (2 * (a + b))
    a, b = a + wider, b + wider
    corners = cv2.boxPoints(((centre_x + 0.5, centre_y + 0.5), (a, b), angle))
    return Blob(np.asarray(corners, np.float32), max(a, b), min(a, b), score)
