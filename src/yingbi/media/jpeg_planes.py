"""JPEG as the planes that it stores, without turning them to RGB and back.

Chroma that is spread over the picture and gathered again is not what it was: small
pictures came down to 33 dB by it. Planes written as they were read stay above 45.
"""

import av
import cv2
import numpy as np
from PIL import Image

from yingbi.domain.frame import Plane, Samples
from yingbi.media.colour import grey
from yingbi.media.libav import video_decoder

SHIFTS = {"gray": (0, 0), "yuvj444p": (0, 0), "yuvj422p": (1, 0), "yuvj420p": (1, 1)}
SAMPLING = {-1: "gray", 0: "yuvj444p", 1: "yuvj422p", 2: "yuvj420p"}
"""Pillow's number of a chroma subsampling (-1 here: no chroma) to libav's name."""


def read_planes(content: bytes, size: tuple[int, int], sampling: int) -> tuple[Plane, ...] | None:
    """Return Y or Y, U, V of the picture, None where libav does not read it as it is."""
    decoder = video_decoder("mjpeg")
    try:
        pictures = decoder.decode(av.Packet(content))
    except (av.error.FFmpegError, ValueError, MemoryError):
        return None
    name = SAMPLING.get(sampling)
    if len(pictures) != 1 or pictures[0].is_corrupt or pictures[0].format.name != name:
        return None
    picture = pictures[0]
    if (picture.width, picture.height) != size:
        return None
    picture.make_writable()
    x_shift, y_shift = SHIFTS[name]
    return tuple(
        Plane(_samples(plane), x_shift if n else 0, y_shift if n else 0, (grey(8),))
        for n, plane in enumerate(picture.planes)
    )


def _samples(plane: av.video.plane.VideoPlane) -> Samples:
    """Return (H, W) samples, a view of the decoder's picture."""
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def picture_of(planes: tuple[Plane, ...]) -> Image.Image:
    """Return the planes as Pillow's L or YCbCr; what JPEG makes of it are the same planes again.

    Each sample of chroma is set beside itself, so that gathering it gives it back.
    """
    height, width = planes[0].samples.shape
    bands = [Image.fromarray(np.ascontiguousarray(planes[0].samples))]
    for plane in planes[1:]:
        samples = np.ascontiguousarray(plane.samples, np.uint8)
        rows, columns = samples.shape
        size = (columns << plane.x_shift, rows << plane.y_shift)
        if size != (columns, rows):
            spread = cv2.resize(samples, size, interpolation=cv2.INTER_NEAREST)
            samples = np.ascontiguousarray(spread[:height, :width], np.uint8)
        bands.append(Image.fromarray(samples))
    return bands[0] if len(bands) == 1 else Image.merge("YCbCr", bands)
