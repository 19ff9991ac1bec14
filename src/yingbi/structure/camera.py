"""Whether the camera still sees what it saw: covered or dark, or turned to something else.

The brightness of the picture, made very small, is compared with what it was for the last while.
Nobody who walks by changes most of it at once, and whoever stands before the lens leaves again.

Clause: 6.2.1.c-1; A.1-4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.record import Event
from yingbi.media.upright import smaller_luma

Picture = NDArray[np.float64]

EVERY_S = 0.5
LASTS_S = 3.0
"""So long it has to last: a hand, a lamp that is switched, somebody close to the lens pass."""
PIXELS, CELLS = 48, 6
"""Longer side of the small picture, and pixels of a cell in it."""
NOTHING, SOMETHING = 4.0, 8.0
"""Brightness that differs by less than this over the picture shows nothing; a view has more."""
TEXTURE, LIKE, MOST = 3.0, 0.5, 0.75
"""A cell that differs by this much in itself can be known again; with a correlation below this it
is not what it was; and where this share of them is not, the camera looks elsewhere."""
STEADY = 0.8
"""Correlation of two looks from which on the camera is at rest again."""
LEARNS = 0.03
"""How fast what is usual follows what is seen, for each look."""


@dataclass(slots=True)
class CameraWatch:
    """Watches one camera. Feed it every frame in order."""

    _looked_s: float = float("-inf")
    _usual: Picture | None = None
    _before: Picture | None = None
    _since_s: float | None = None  # since when it sees nothing, or something else
    _covered: bool = False

    def see(self, frame: Frame, now: float) -> list[Event]:
        """Return "camera-covered" or "camera-moved" once it has lasted, with when it began."""
        if now - self._looked_s < EVERY_S - 1e-6:
            return []
        self._looked_s = now
        picture = small(frame)
        before, self._before = self._before, picture
        if picture.std() < NOTHING:
            return self._lasting("camera-covered", now)
        if self._usual is None or self._usual.shape != picture.shape:
            self._usual = picture if picture.std() >= SOMETHING else None
            self._since_s, self._covered = None, False
            return []
        self._covered = False
        if changed(self._usual, picture) < MOST:
            self._since_s = None
            self._usual += LEARNS * (picture - self._usual)
            return []
        at_rest = before is not None and _alike(before, picture) >= STEADY
        told = self._lasting("camera-moved", now) if at_rest else []
        if told:
            self._usual = picture
        return told

    def _lasting(self, event: str, now: float) -> list[Event]:
        since_s = self._since_s = now if self._since_s is None else self._since_s
        if now - since_s < LASTS_S or self._covered:
            return []
        self._covered, self._since_s = event == "camera-covered", None
        return [Event(event, since_s)]


def small(frame: Frame) -> Picture:
    """Return the brightness of a film's frame, its longer side about PIXELS, cut to whole cells."""
    by = 1
    while max(frame.stored_size) // (2 * by) >= PIXELS:
        by *= 2
    luma = smaller_luma(frame, by).astype(np.float64)
    rows, columns = (side // CELLS * CELLS for side in luma.shape)
    return luma[: max(rows, 1), : max(columns, 1)]


def changed(usual: Picture, picture: Picture) -> float:
    """Return the share of cells with something in them that are not what they were, 0..1."""
    was, now = _cells(usual), _cells(picture)
    deep = was.std(axis=1)
    known = deep >= TEXTURE
    if not known.any():
        return 0.0
    was, now = was[known] - was[known].mean(axis=1)[:, None], now[known]
    now = now - now.mean(axis=1)[:, None]
    sizes = np.linalg.norm(was, axis=1) * np.linalg.norm(now, axis=1)
    like = (was * now).sum(axis=1) / np.maximum(sizes, 1e-9)
    return float((like < LIKE).mean())


def _cells(picture: Picture) -> Picture:
    """Return (cells, pixels of one)."""
    rows, columns = picture.shape[0] // CELLS, picture.shape[1] // CELLS
    cut = picture[: rows * CELLS, : columns * CELLS].reshape(rows, CELLS, columns, CELLS)
    return cut.transpose(0, 2, 1, 3).reshape(rows * columns, CELLS * CELLS)


def _alike(a: Picture, b: Picture) -> float:
    if a.shape != b.shape:
        return 0.0
    x, y = a - a.mean(), b - b.mean()
    return float((x * y).sum() / max(np.linalg.norm(x) * np.linalg.norm(y), 1e-9))
