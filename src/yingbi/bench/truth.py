"""What is known of people in made films: where each is seen in every frame, to the pixel.

Places are kept in chroma samples, of 2x2 pixels each, as masks are looked for in those.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.region import BoxXYXY, grown

Affine = NDArray[np.float64]
"""(2, 3): from a still's pixels to a film's."""

STRAIGHT_DEG = 5.0
"""A box that is turned further counts by the ellipse in it: its corners hold no face."""

MOST_HIDDEN = 0.5
"""A face of which more is out of the picture or behind something is not counted in that frame."""

LEAST_HEIGHT = 12.0
HEAD = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """What of one person is seen in one frame.

    top, left: in chroma samples. seen: (h, w) bool.
    """

    top: int
    left: int
    seen: NDArray[np.bool_] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One true person, frame by frame.

    patches: what is seen of the face, None where it does not count. heads: the face grown by
    half its size on each side, in chroma samples; may reach over the border.
    """

    patches: tuple[Patch | None, ...]
    heads: tuple[BoxXYXY, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A made film, how it was made, and who is in it.

    without: the same film without these people, where others of whom nothing is known are in it.
    """

    path: Path
    kind: str
    rate: Fraction
    people: tuple[Person, ...]
    without: Path | None = None


def patch(
    box: BoxXYXY, affine: Affine, size: tuple[int, int], hidden: Sequence[BoxXYXY] = ()
) -> Patch | None:
    """Return what is seen of a still's box in a frame of (width, height), None where too little.

    hidden: boxes of the frame that something opaque lies over.
    """
    x0, y0, x1, y1 = box
    corners = _moved(affine, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64))
    if float(np.hypot(*(corners[3] - corners[0]))) < LEAST_HEIGHT:
        return None
    low = np.floor(corners.min(axis=0) / 2).astype(int)
    high = np.ceil(corners.max(axis=0) / 2).astype(int)
    columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    centres = np.stack([columns.ravel(), rows.ravel()], axis=1) * 2.0 + 1.0
    inside = _inside(box, affine, centres).reshape(rows.shape)
    whole = int(inside.sum())
    seen = inside & (columns >= 0) & (rows >= 0)
    seen &= (columns < size[0] // 2) & (rows < size[1] // 2)
    for left, top, right, bottom in hidden:
        seen &= ~(
            (columns >= left // 2)
            & (columns < -(-right // 2))
            & (rows >= top // 2)
            & (rows < -(-bottom // 2))
        )
    if not whole or seen.sum() < MOST_HIDDEN * whole:
        return None
    shown = np.argwhere(seen)
    (top, left), (bottom, right) = shown.min(axis=0), shown.max(axis=0) + 1
    return Patch(int(rows[0, 0] + top), int(columns[0, 0] + left), seen[top:bottom, left:right])


def head(box: BoxXYXY, affine: Affine) -> BoxXYXY:
    """Return the upright box of chroma samples around a still's box grown by half its size."""
    x0, y0, x1, y1 = grown(box, HEAD)
    corners = _moved(affine, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64))
    low, high = np.floor(corners.min(axis=0) / 2), np.ceil(corners.max(axis=0) / 2)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def around(
    scale: float, degrees: float, still: tuple[float, float], film: tuple[float, float]
) -> Affine:
    """Return the map that turns and scales a still and brings one of its points to one of the film."""
    turn = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array(film) - linear @ np.array(still)
    return np.concatenate([linear, shift[:, None]], axis=1)


def _moved(affine: Affine, points: NDArray[np.float64]) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = points @ affine[:, :2].T + affine[:, 2]
    return moved


def _inside(box: BoxXYXY, affine: Affine, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points of the film lie in the box, or in its ellipse where it is turned."""
    back = np.linalg.inv(affine[:, :2])
    still = (points - affine[:, 2]) @ back.T
    x0, y0, x1, y1 = box
    across = (still - ((x0 + x1) / 2, (y0 + y1) / 2)) / ((x1 - x0) / 2, (y1 - y0) / 2)
    turned = abs(float(np.rad2deg(np.arctan2(affine[1, 0], affine[0, 0]))))
    straight = turned < STRAIGHT_DEG
    far = np.abs(across).max(axis=1) if straight else np.hypot(across[:, 0], across[:, 1])
    return np.asarray(far <= 1, np.bool_)
