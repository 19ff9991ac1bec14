"""Pieces of a picture, plane by plane: cut out of one frame and put back into another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np

from yingbi.domain.frame import Frame, Samples
from yingbi.domain.region import BoxXYXY
from yingbi.media.film import FilmReader, frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.segmented_film import SegmentedFilm

_STEP = 2
_LEAST = 32
_HELD = Path("a sealed film")


@dataclass(frozen=True, slots=True)
class Cutting:
    """A box of one frame, bit for bit.

    box: in the stored picture, on whole chroma samples. planes: (H, W) or (H, W, C) each.
    """

    pts: int
    box: BoxXYXY
    planes: tuple[Samples, ...] = field(repr=False)


def whole_samples(box: BoxXYXY, size: tuple[int, int]) -> BoxXYXY:
    """Return the stored box, grown to whole chroma samples and kept within the picture."""
    (x0, y0, x1, y1), (width, height) = box, size
    x0, y0 = max(0, x0 // _STEP * _STEP), max(0, y0 // _STEP * _STEP)
    return x0, y0, min(width, -(-x1 // _STEP) * _STEP), min(height, -(-y1 // _STEP) * _STEP)


def cut(frame: Frame, box: BoxXYXY) -> Cutting:
    """Return a copy of what the frame shows in a stored box of whole samples."""
    copies = []
    for plane in frame.planes:
        rows, columns = _within(box, plane.x_shift, plane.y_shift)
        copies.append(plane.samples[rows, columns].copy())
    return Cutting(frame.pts, box, tuple(copies))


def paste(frame: Frame, cutting: Cutting) -> None:
    """Put a cutting where it was, in place."""
    for plane, samples in zip(frame.planes, cutting.planes, strict=True):
        rows, columns = _within(cutting.box, plane.x_shift, plane.y_shift)
        plane.samples[rows, columns] = samples


def film_of(cuttings: Sequence[Cutting], info: FilmInfo, *, crf: int) -> tuple[BoxXYXY, bytes]:
    """Return one small film of all cuttings, and the box of the picture that it shows.

    What of the box a frame's cutting does not fill is grey.
    """
    canvas = _around([cutting.box for cutting in cuttings], (info.width, info.height))
    small = replace(
        info, width=canvas[2] - canvas[0], height=canvas[3] - canvas[1], matrix=None, turns=0
    )
    film, content = SegmentedFilm(small, crf=crf, segment_s=3600), bytearray()
    for index, cutting in enumerate(cuttings):
        frame = _blank(index, cutting.pts, small)
        paste(frame, replace(cutting, box=_moved(cutting.box, -canvas[0], -canvas[1])))
        for piece in film.feed(frame):
            content += piece.content
    for piece in film.finish():
        content += piece.content
    return canvas, bytes(content)


def cuttings_of(
    film: bytes, canvas: BoxXYXY, boxes: Sequence[tuple[int, BoxXYXY]]
) -> Iterator[Cutting]:
    """Yield the cuttings again; boxes: pts and stored box of each, in order.

    Raises: CutOffError where a frame is missing; ValueError where there are other boxes.
    """
    with FilmReader(_HELD, held=BytesIO(film)) as reader:
        for frame, (pts, box) in zip(reader.frames(), boxes, strict=True):
            at = cut(frame, _moved(box, -canvas[0], -canvas[1]))
            yield Cutting(pts, box, at.planes)


def _blank(index: int, pts: int, info: FilmInfo) -> Frame:
    """Return a grey frame in memory of its own."""
    picture = av.VideoFrame(info.width, info.height, info.pixel_format)
    picture.pts, picture.time_base = pts, Fraction(info.time_base)
    frame = frame_of(index, picture, info)
    for plane in frame.planes:
        plane.samples[...] = np.asarray(plane.fill[0], plane.samples.dtype)
    return frame


def _around(boxes: Sequence[BoxXYXY], size: tuple[int, int]) -> BoxXYXY:
    """Return the least box around all, no smaller than encoders like where the picture allows."""
    x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
    x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
    x0, y0 = max(0, min(x0, size[0] - _LEAST)), max(0, min(y0, size[1] - _LEAST))
    x0, y0 = x0 // _STEP * _STEP, y0 // _STEP * _STEP
    return x0, y0, min(size[0], max(x1, x0 + _LEAST)), min(size[1], max(y1, y0 + _LEAST))


def _moved(box: BoxXYXY, right: int, down: int) -> BoxXYXY:
    return box[0] + right, box[1] + down, box[2] + right, box[3] + down


def _within(box: BoxXYXY, x_shift: int, y_shift: int) -> tuple[slice, slice]:
    x0, y0, x1, y1 = box
    return slice(y0 >> y_shift, -(-y1 >> y_shift)), slice(x0 >> x_shift, -(-x1 >> x_shift))
