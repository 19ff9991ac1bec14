"""Pictures as bare planes, and films made from them: for what measures, not for what protects.

Films of users are read and written exactly by `film` and `film_writer`; here nothing of a
source is kept but its pictures.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from yingbi.domain.messages import say
from yingbi.errors import NotMediaError, ReadWriteError

Samples8 = NDArray[np.uint8]
Planes = tuple[Samples8, Samples8, Samples8]
"""Y (H, W), U and V (H/2, W/2), uint8."""


def read_planes(path: Path) -> Iterator[Planes]:
    """Yield the pictures of any film that libav reads as 4:2:0 of 8 bits, in the order shown."""
    with av.open(path, metadata_errors="ignore") as film:
        film.streams.video[0].thread_type = "AUTO"
        for picture in film.decode(video=0):
            stacked = cast(Samples8, picture.to_ndarray(format="yuv420p"))
            yield _apart(stacked, picture.width, picture.height)


def write_planes(
    path: Path, pictures: Iterable[Planes], rate: Fraction, *, crf: int, gop: int
) -> int:
    """Write an MP4 of H.264 as a camera does, without B-frames; return how many pictures it has.

    One thread encodes, so that the same pictures give the same file.
    gop: pictures from one key frame to the next. Sides must be even.
    """
    options = {"preset": "veryfast", "crf": str(crf), "bf": "0", "keyint_min": str(gop)}
    count = 0
    with av.open(path, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=rate, options=options)
        stream.pix_fmt, stream.gop_size, stream.thread_count = "yuv420p", gop, 1
        for planes in pictures:
            if not count:
                stream.height, stream.width = planes[0].shape
            film.mux(stream.encode(_picture(planes, count)))
            count += 1
        film.mux(stream.encode(None))
    return count


def planes_of(rgb: Samples8) -> Planes:
    """Return an RGB picture (H, W, 3) of even sides as planes."""
    stacked = cast(Samples8, cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420))
    return _apart(stacked, rgb.shape[1], rgb.shape[0])


def read_rgb(path: Path) -> Samples8:
    """Return a still as (H, W, 3) RGB, upright."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise NotMediaError(path=path)
    return cast(Samples8, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def write_rgb(path: Path, rgb: Samples8) -> None:
    """Write a PNG."""
    made, content = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    if not made:
        raise ReadWriteError(path=path, reason=say("the picture cannot be encoded"))
    path.write_bytes(content.tobytes())


def resized(samples: Samples8, width: int, height: int) -> Samples8:
    """Return a plane or a picture at another size; every pixel counts where it shrinks."""
    shrinks = width < samples.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cast(Samples8, cv2.resize(samples, (width, height), interpolation=way))


def warped(
    rgb: Samples8, matrix: NDArray[np.float64], width: int, height: int, beside: tuple[int, ...]
) -> Samples8:
    """Return the picture moved by a (2, 3) affine matrix into a canvas of one colour."""
    canvas = cv2.warpAffine(
        rgb,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=beside,
    )
    return cast(Samples8, canvas)


def _apart(stacked: Samples8, width: int, height: int) -> Planes:
    """Return views of the three planes that stand one below the other."""
    flat = stacked.reshape(-1)
    luma, chroma = width * height, (width // 2) * (height // 2)
    half = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma : luma + 2 * chroma].reshape(half),
    )


def _picture(planes: Planes, index: int) -> av.VideoFrame:
    height, width = planes[0].shape
    stacked = np.concatenate([plane.reshape(-1) for plane in planes])  # a copy: views end
    picture = av.VideoFrame.from_ndarray(stacked.reshape(height * 3 // 2, width), "yuv420p")
    picture.pts, picture.pict_type = index, PictureType.NONE
    return picture
