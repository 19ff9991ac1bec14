"""What the numbers of a film's planes mean: matrices, ranges, and the covering grey."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame

FULL_RANGE = 2
"""Range tag (ISO/IEC 23091-2): luma from 0 to 255, not from 16 to 235."""

RED_BLUE_SHARE = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
"""Matrix tag (ISO/IEC 23091-2) to the shares of red and blue in luma."""

STANDARD_DEFINITION = (0.299, 0.114)
UNSPECIFIED = 2


def grey(depth: int) -> int:
    """Return the value of every sample of a covered place: mid grey at any range.

    In luma it is a grey, in chroma it is "no colour"; it never depends on the picture.
    Clause: 4.2.a.
    """
    return 1 << (depth - 1)


def plane_values(frame: Frame, rgb: tuple[int, int, int]) -> list[tuple[int, ...]]:
    """Return the value of each channel of each plane that shows a colour, alpha opaque.

    rgb: 0..255 each, in the picture's own colour space; matrix, range and depth are the frame's.
    """
    if frame.colour == "yuv":
        return [(value,) for value in _yuv(frame, rgb)]
    most = (1 << frame.depth) - 1
    if frame.colour == "grey":
        luma = round(np.dot(_shares(*STANDARD_DEFINITION), rgb) * most / 255)
        if frame.planes[0].fill[0] in {0, most}:  # a picture of black and white alone
            luma = most if 2 * luma > most else 0
        return [(luma, *plane.fill[1:]) for plane in frame.planes]
    if frame.colour == "cmyk":
        black = 255 - max(rgb)
        return [(*(255 - round(255 * value / max(1, 255 - black)) for value in rgb), black)]
    shown = tuple(round(value * most / 255) for value in rgb)
    return [shown + plane.fill[3:] for plane in frame.planes]


def _yuv(frame: Frame, rgb: tuple[int, int, int]) -> list[int]:
    """Return Y, U and V of a colour at the frame's depth."""
    matrix = _matrix(frame.origin, max(frame.stored_size)).astype(np.float64)
    eight = np.linalg.solve(matrix[:, :3], np.array(rgb) - matrix[:, 3])
    depth, top = frame.depth, (1 << frame.depth) - 1
    if getattr(frame.origin, "color_range", 0) == FULL_RANGE:
        middle = np.array([0, 128, 128])
        values = (eight - middle) * top / 255 + middle * (1 << (depth - 8))
    else:
        values = eight * (1 << (depth - 8))
    return [int(value) for value in np.rint(values).clip(0, top)]


def _shares(red: float, blue: float) -> tuple[float, float, float]:
    return red, 1 - red - blue, blue


def rgb_from_yuv(planes: Sequence[NDArray[np.uint8]], frame: Frame) -> NDArray[np.uint8]:
    """Return (H, W, 3) uint8 RGB of three 8-bit planes of one size, after the frame's tags."""
    if len(planes) == 1:
        return np.repeat(planes[0][:, :, None], 3, axis=2)
    matrix = _matrix(frame.origin, max(frame.stored_size))
    return np.asarray(cv2.transform(cv2.merge(list(planes)), matrix), np.uint8)


def _matrix(origin: Any, longer_side: int) -> NDArray[np.float32]:
    """Return the (3, 4) matrix from 8-bit Y, U, V to R, G, B.

    A film that names no matrix is read as others read it: by its size.
    """
    tag = getattr(origin, "colorspace", UNSPECIFIED)
    if tag == UNSPECIFIED and longer_side >= 1280:
        tag = 1
    red, blue = RED_BLUE_SHARE.get(tag, STANDARD_DEFINITION)
    full = getattr(origin, "color_range", 0) == FULL_RANGE
    luma, chroma, black = (1.0, 1.0, 0.0) if full else (255 / 219, 255 / 224, 16.0)
    green = 1 - red - blue
    from_u = np.array([0, -2 * (1 - blue) * blue / green, 2 * (1 - blue)]) * chroma
    from_v = np.array([2 * (1 - red), -2 * (1 - red) * red / green, 0]) * chroma
    offset = -luma * black - 128 * (from_u + from_v)
    return np.stack([np.full(3, luma), from_u, from_v, offset], axis=1).astype(np.float32)
