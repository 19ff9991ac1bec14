"""Films made from pictures, for what measures: small ones, in memory."""

from collections.abc import Iterable
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.media.film import frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter

Rgb = NDArray[np.uint8]
Affine = NDArray[np.float64]
"""(2, 3): from places in one picture to places in the other."""


def film_of_pictures(pictures: Iterable[Rgb], info: FilmInfo, *, crf: int) -> bytes:
    """Return an MP4 of pictures (H, W, 3), for a film of `FilmInfo.plain`."""
    sink = BytesIO()
    writer = FilmWriter(sink, info, crf=crf)
    for index, picture in enumerate(pictures):
        writer.write(film_frame(picture, info, index))
    writer.close()
    return sink.getvalue()


def film_frame(picture: Rgb, info: FilmInfo, index: int) -> Frame:
    """Return a picture as the film's frame of that number."""
    made = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format=info.pixel_format, dst_colorspace="itu709", dst_color_range="MPEG"
    )
    pts = round(index / info.rate / info.time_base)
    made.pts, made.time_base = pts, Fraction(info.time_base)
    made.duration = round(1 / (info.rate * info.time_base))
    return frame_of(index, made, info)


def moved(picture: NDArray[Any], way: Affine, *, back: bool = False) -> NDArray[Any]:
    """Return a picture moved by a map, at its size; its border goes on beside it.

    back: undo the map instead.
    """
    height, width = picture.shape[:2]
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if back else 0)
    border = cv2.BORDER_REPLICATE
    return cv2.warpAffine(picture, way, (width, height), flags=flags, borderMode=border)


def part(picture: NDArray[Any], way: Affine, size: tuple[int, int], beside: float) -> NDArray[Any]:
    """Return what of a picture lies in a canvas, smooth where it shrinks.

    way: from the canvas's pixels to the picture's. size: width and height of the canvas.
    beside: the grey of what lies beside the picture.
    """
    shrinks = max(float(np.hypot(way[0, 0], way[1, 0])), 1.0)
    if shrinks > 1:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 * shrinks)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grey, border = (beside,) * 3, cv2.BORDER_CONSTANT
    return cv2.warpAffine(picture, way, size, flags=flags, borderMode=border, borderValue=grey)
