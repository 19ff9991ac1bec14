"""The displayed picture as networks see it: upright RGB of exactly the size they ask for.

Planes are resized first and turned to RGB afterwards, so that the cost follows the
size of the network's input and not that of the film.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame, Plane, Samples
from yingbi.domain.region import BoxXYXY, clipped
from yingbi.media.colour import rgb_from_yuv

Rgb = NDArray[np.uint8]

TURN = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


def smaller_luma(frame: Frame, by: int) -> NDArray[np.uint8]:
    """Return (ceil(H / by), ceil(W / by)) means of a film's brightness, as stored, in 8 bits.

    by: a power of two; halves are much faster than one large step.
    """
    luma = frame.planes[0].samples
    while by > 1:
        height, width = (-(-side // 2) for side in luma.shape[:2])
        luma = cast(Samples, cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA))
        by //= 2
    return (luma >> (frame.depth - 8)).astype(np.uint8)


def upright_rgb(frame: Frame, width: int, height: int) -> Rgb:
    """Return the whole displayed picture as (height, width, 3) uint8 RGB.

    The picture is stretched to the size asked for; whoever needs its shape kept
    asks for a size of that shape. Alpha is left out, so that what lies under
    transparent places is seen as well.
    """
    stored_width, stored_height = frame.stored_size
    return _part(frame, (0, 0, stored_width, stored_height), width, height)


def upright_crop(frame: Frame, box: BoxXYXY, width: int, height: int) -> Rgb:
    """Return the box of the displayed picture as (height, width, 3) uint8 RGB.

    box: may reach over the border; what lies outside the picture is 0.
    """
    inside = clipped(box, *frame.size)
    if inside == box:
        return _part(frame, frame.stored_box(box), width, height)
    picture = np.zeros((height, width, 3), np.uint8)
    if inside is None:
        return picture
    left, right = _scaled(inside[0], inside[2], box[0], box[2], width)
    top, bottom = _scaled(inside[1], inside[3], box[1], box[3], height)
    part = _part(frame, frame.stored_box(inside), right - left, bottom - top)
    picture[top:bottom, left:right] = part
    return picture


def _scaled(start: int, end: int, low: int, high: int, size: int) -> tuple[int, int]:
    """Return where start and end of low..high fall in 0..size; never empty."""
    first = min(round((start - low) * size / (high - low)), size - 1)
    return first, max(round((end - low) * size / (high - low)), first + 1)


def _part(frame: Frame, stored: BoxXYXY, width: int, height: int) -> Rgb:
    """Return a box of the stored picture, resized, as upright RGB."""
    sideways = frame.turns % 2 == 1
    size = (height, width) if sideways else (width, height)
    planes = [_resized(plane, stored, size, frame.depth - 8) for plane in frame.planes]
    rgb = _rgb(planes, frame)
    if frame.mirrored:
        rgb = np.asarray(cv2.flip(rgb, 1), np.uint8)
    turn = TURN.get(frame.turns % 4)
    return rgb if turn is None else np.asarray(cv2.rotate(rgb, turn), np.uint8)


def _rgb(planes: list[Rgb], frame: Frame) -> Rgb:
    """Return planes of one size as RGB; alpha is left out, inks are taken as they mix on paper."""
    first = planes[0]
    if frame.colour == "yuv":
        return rgb_from_yuv(planes, frame)
    if frame.colour == "cmyk":
        paper = 255 - first.astype(np.uint16)
        return (paper[:, :, :3] * paper[:, :, 3:] // 255).astype(np.uint8)
    if frame.colour == "grey":
        grey = first if first.ndim == 2 else first[:, :, 0]
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.ascontiguousarray(first[:, :, :3])


def _resized(plane: Plane, stored: BoxXYXY, size: tuple[int, int], shift: int) -> Rgb:
    """Return the part of one plane that the box spans, at (width, height), as uint8."""
    x0, y0, x1, y1 = stored
    rows = slice(y0 >> plane.y_shift, -(-y1 >> plane.y_shift))
    columns = slice(x0 >> plane.x_shift, -(-x1 >> plane.x_shift))
    part = plane.samples[rows, columns]
    if (part.shape[1], part.shape[0]) != size:
        part = _halved(part, size)
        shrinks = part.shape[1] > 2 * size[0] or part.shape[0] > 2 * size[1]
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        part = cast(Samples, cv2.resize(part, size, interpolation=way))
    return np.array(part >> shift if shift else part, np.uint8)


def _halved(part: Samples, size: tuple[int, int]) -> Samples:
    """Return samples by means of 2x2, as long as they have more than twice the (width, height).

    Halves are ten times faster than one large step, and lead to the same.
    """
    while (
        min(part.shape[0] / size[1], part.shape[1] / size[0]) > 2
        and part.shape[0] % 2 == part.shape[1] % 2 == 0
    ):
        half = part.shape[1] // 2, part.shape[0] // 2
        part = cast(Samples, cv2.resize(part, half, interpolation=cv2.INTER_AREA))
    return part
