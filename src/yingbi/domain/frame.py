"""A picture in memory: planes as they are stored, and how they are to be shown."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.region import BoxXYXY

Samples = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """One plane of a frame, in stored orientation.

    samples: (H, W) or (H, W, C), writable; a view of the frame's own memory.
    x_shift, y_shift: log2 of how many picture pixels one sample spans.
    fill: the value of each channel that means "covered"; it never depends on
        the picture.
    """

    samples: Samples = field(repr=False)
    x_shift: int
    y_shift: int
    fill: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame of a film, or a still.

    index: 0-based place in the film.
    pts, time_base: presentation time; seconds are pts * time_base.
    planes: Y, U, V for film and most JPEG; one plane of RGB, RGBA, CMYK or grey (with
        alpha or without) for another still.
    turns: quarter turns clockwise from the stored picture to the displayed one.
    mirrored: whether the stored picture is to be mirrored left to right before it is turned.
    filmed: whether it is one of a film.
    origin: what `media` needs to write the frame again; opaque to all others.
    """

    index: int
    pts: int
    time_base: Fraction
    planes: tuple[Plane, ...] = field(repr=False)
    colour: Literal["yuv", "rgb", "grey", "cmyk"]
    depth: int = 8
    turns: int = 0
    mirrored: bool = False
    filmed: bool = False
    origin: Any = field(default=None, repr=False)

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the stored picture, in pixels."""
        height, width = self.planes[0].samples.shape[:2]
        return width, height

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture as displayed, in pixels."""
        width, height = self.stored_size
        return (height, width) if self.turns % 2 else (width, height)

    @property
    def time_s(self) -> float:
        """Presentation time in seconds."""
        base = self.time_base  # no fraction is made: this is asked for often
        return self.pts * base.numerator / base.denominator

    def stored_box(self, box: BoxXYXY) -> BoxXYXY:
        """Return where a box of the displayed picture lies in the stored one."""
        width, height = self.stored_size
        x0, y0, x1, y1 = box
        match self.turns % 4:
            case 1:
                box = y0, height - x1, y1, height - x0
            case 2:
                box = width - x1, height - y1, width - x0, height - y0
            case 3:
                box = width - y1, x0, width - y0, x1
        return (width - box[2], box[1], width - box[0], box[3]) if self.mirrored else box

    def displayed_box(self, box: BoxXYXY) -> BoxXYXY:
        """Return where a box of the stored picture lies in the displayed one."""
        width, height = self.stored_size
        x0, y0, x1, y1 = box
        if self.mirrored:
            x0, x1 = width - x1, width - x0
        match self.turns % 4:
            case 1:
                return height - y1, x0, height - y0, x1
            case 2:
                return width - x1, height - y1, width - x0, height - y0
            case 3:
                return y0, width - x1, y1, width - x0
            case _:
                return x0, y0, x1, y1
