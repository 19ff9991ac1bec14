"""Which samples of a picture a polygon touches."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

_FRACTION = 4
_FURTHEST = 1 << 20


def touched(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> Mask:
    """Return (height, width) bool: True at every pixel that the polygon touches, and up to 2 beside it.

    corners: in pixels, pixel (0, 0) reaching from 0 to 1; parts outside the picture are cut.
    """
    width, height = size
    canvas = np.zeros((height + 2, width + 2), np.uint8)
    # cv2 counts from the centre of a pixel; the canvas has a border of one.
    spot = np.array(corners, np.float64).clip(-_FURTHEST, _FURTHEST) + 0.5
    fixed = np.rint(spot * (1 << _FRACTION)).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 1, lineType=cv2.LINE_8, shift=_FRACTION)
    grown = cv2.dilate(canvas, np.ones((3, 3), np.uint8))  # its edges may be a pixel short
    return np.ascontiguousarray(grown[1:-1, 1:-1]).astype(np.bool_)
