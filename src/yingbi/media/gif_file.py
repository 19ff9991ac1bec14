"""GIF written frame by frame: its own colours, times and loop, and nothing else.

Each frame is written as it is shown, so that what a mask covered in one frame is never
left to shine through, or to stay, in another.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import GifImagePlugin

from yingbi.media.palette import MOST, Colours, as_palette, indexed

KEEP, CLEAR = 1, 2
LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01"
SEEN_FROM = 128
"""GIF knows only seen or not; readers hand out nothing between."""


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    samples: NDArray[np.uint8] = field(repr=False)
    clear: bool
    duration_ms: int


class GifFile:
    """Takes frames of one size; `finish` returns the file."""

    def __init__(self, loop: int | None) -> None:
        """Begin. loop: how often it is shown again as the source says it, 0 for ever."""
        self._loop = loop
        self._body = bytearray()
        self._size = (0, 0)
        self._last: _Drawn | None = None
        self._below: NDArray[np.uint8] | None = None

    def add(self, samples: NDArray[np.uint8], duration_ms: int) -> None:
        """Take one whole frame, (H, W, 3) or (H, W, 4)."""
        self._size = samples.shape[1], samples.shape[0]
        clear = samples.shape[2] == 4 and bool((samples[:, :, 3] < SEEN_FROM).any())
        if self._last is not None:
            self._write(self._last, CLEAR if clear else KEEP)
        self._last = _Drawn(_seen(samples), clear, duration_ms)

    def finish(self) -> bytes:
        """Return the file."""
        if self._last is not None:
            self._write(self._last, 0)
        width, height = (side.to_bytes(2, "little") for side in self._size)
        loop = b"" if self._loop is None else LOOP + self._loop.to_bytes(2, "little") + b"\0"
        return b"GIF89a" + width + height + b"\x70\0\0" + loop + bytes(self._body) + b";"

    def _write(self, drawn: _Drawn, disposal: int) -> None:
        """Append a frame; where the last one stays below it, only the box that changes."""
        left, top, right, bottom = 0, 0, *self._size
        if self._below is not None and not drawn.clear:
            left, top, right, bottom = _changed(self._below, drawn.samples)
        most = MOST - (disposal == CLEAR and not drawn.clear)
        indices, colours = indexed(drawn.samples[top:bottom, left:right], most)
        options = {"duration": drawn.duration_ms, "disposal": disposal}
        if drawn.clear or disposal == CLEAR:
            colours, options["transparency"] = _with_none(colours)
        picture = as_palette(indices, colours)
        for piece in GifImagePlugin.getdata(
            picture, (left, top), include_color_table=True, **options
        ):
            self._body += piece
        self._below = drawn.samples if disposal == KEEP and not drawn.clear else None


def _seen(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA in which every pixel is whole or gone; what is gone has no colour left."""
    whole = np.full((*samples.shape[:2], 4), 255, np.uint8)
    whole[:, :, : samples.shape[2]] = samples
    gone = whole[:, :, 3] < SEEN_FROM
    whole[:, :, 3] = 255
    whole[gone] = 0
    return whole


def _changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return the least box that holds every change; one pixel where there is none."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    if not rows.size:
        return 0, 0, 1, 1
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def _with_none(colours: Colours) -> tuple[Colours, int]:
    """Return the colours and which of them is none; it is added where it is not there."""
    gone = np.flatnonzero(colours[:, 3] == 0)
    if gone.size:
        return colours, int(gone[0])
    return np.concatenate([colours, np.zeros((1, 4), np.uint8)]), len(colours)
