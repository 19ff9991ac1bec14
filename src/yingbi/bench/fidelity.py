"""How far a masked film is from its source where nothing was to be masked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import log10
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.media.planes import Planes, Samples8, planes_of, read_planes, read_rgb, resized

EVERY = 5
"""One frame of so many is compared; they differ little from each other."""

AROUND = 8
"""Chroma samples around a mask that are left out as well: what is drawn rings in the code."""

BEST_DB = 100.0


@dataclass(frozen=True, slots=True)
class Fill:
    """A covering colour as it comes out of an encoder: Y, U, V and how far each may be off."""

    luma: int
    blue: int
    red: int
    luma_off: int
    chroma_off: int

    def drawn(self, planes: Planes) -> NDArray[np.bool_]:
        """Return (H/2, W/2), true where all of a chroma sample's pixels have the colour."""
        luma, blue, red = planes
        height, width = blue.shape
        blocks = luma[: 2 * height, : 2 * width].reshape(height, 2, width, 2)
        low, high = blocks.min(axis=(1, 3)), blocks.max(axis=(1, 3))
        found: NDArray[np.bool_] = (
            (low >= max(0, self.luma - self.luma_off))
            & (high <= min(255, self.luma + self.luma_off))
            & _near(blue, self.blue, self.chroma_off)
            & _near(red, self.red, self.chroma_off)
        )
        return found


OURS = Fill(128, 128, 128, 12, 10)
"""The grey that masks are filled with."""

GREEN = Fill(145, 54, 34, 255, 24)
"""Plain green as encoders leave it; nothing natural is so green, so its light is not asked."""


def _near(plane: Samples8, value: int, off: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (plane >= value - off) & (plane <= value + off)
    return found


def psnr_outside(source: Path, ours: Path, other: Path) -> float:
    """Return the luma PSNR in dB of `other` against the source, outside the masks of `ours`.

    A picture of another size is brought back to the source's first. What has the colour of a
    mask by itself is left out too: it cannot be told from what a mask lies on.
    """
    return _db(_triples(source, ours, other))


def still_psnr_outside(source: Path, ours: Path) -> float:
    """Return the same of our copy of a still; a last odd line is left out."""
    clear, masked = (
        planes_of(np.ascontiguousarray(rgb[: rgb.shape[0] & ~1, : rgb.shape[1] & ~1]))
        for rgb in (read_rgb(source), read_rgb(ours))
    )
    return _db([(clear, masked, masked)])


def _db(triples: Iterable[tuple[Planes, Planes, Planes]]) -> float:
    error = samples = 0.0
    for clear, masked, judged in triples:
        outside = _outside(OURS.drawn(masked), clear[0].shape)
        height, width = clear[0].shape
        luma = judged[0] if judged[0].shape == clear[0].shape else resized(judged[0], width, height)
        differs = (luma.astype(np.float32) - clear[0])[outside]
        error += float(np.square(differs).sum())
        samples += differs.size
    return min(BEST_DB, 10 * log10(255**2 * samples / error)) if error else BEST_DB


def _triples(source: Path, ours: Path, other: Path) -> Iterator[tuple[Planes, Planes, Planes]]:
    films = [islice(read_planes(path), 0, None, EVERY) for path in (source, ours, other)]
    yield from zip(*films, strict=False)


def _outside(masked: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return (H, W), true where the picture is far from every mask."""
    grown = masked.copy()
    for axis in (0, 1):
        total = grown.astype(np.int32).cumsum(axis)
        size = grown.shape[axis]
        upper = total.take(np.minimum(np.arange(size) + AROUND, size - 1), axis)
        before = np.arange(size) - AROUND - 1
        lower = total.take(np.maximum(before, 0), axis)
        lower = np.where(np.expand_dims(before < 0, 1 - axis), 0, lower)
        grown = upper > lower
    outside: NDArray[np.bool_] = ~grown.repeat(2, axis=0).repeat(2, axis=1)[: shape[0], : shape[1]]
    return outside
