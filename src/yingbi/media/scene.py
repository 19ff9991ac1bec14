"""Where a film's picture changes to another one: whoever stands there may be somebody else."""

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.media.patches import correlation

SIZE, EVERY = (32, 18), 4
CUT = 0.45
"""Two pictures, one after the other, that are less alike than this are of two scenes."""
FLAT = 4.0
"""A picture whose brightness differs less than this, of 255, shows nothing to compare."""

Thumb = NDArray[np.float32]


class Scenes:
    """Goes through a film's frames and tells which of them begin another scene."""

    def __init__(self) -> None:
        self._before: Thumb | None = None

    def cut(self, frame: Frame) -> bool:
        """Return whether the frame begins another scene than the one before; the first does not."""
        now, before = _thumb(frame), self._before
        self._before = now
        return before is not None and not _alike(before, now)


def _alike(a: Thumb, b: Thumb) -> bool:
    flat = [bool(np.ptp(one) < FLAT) for one in (a, b)]
    return all(flat) or (not any(flat) and correlation(a, b) >= CUT)


def _thumb(frame: Frame) -> Thumb:
    """Return the brightness of a frame, tiny, of 255; the green of one that has colours."""
    samples = frame.planes[0].samples
    luma = samples if samples.ndim == 2 else samples[:, :, samples.shape[2] // 3]
    step = EVERY if min(luma.shape) >= EVERY * SIZE[0] else 1
    small = cv2.resize(
        np.ascontiguousarray(luma[::step, ::step]), SIZE, interpolation=cv2.INTER_AREA
    )
    return np.asarray(small, np.float32) / np.float32(1 << (frame.depth - 8))
