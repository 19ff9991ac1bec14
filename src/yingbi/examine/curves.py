"""Pictures made worse in five ways, each in steps: what is still found draws a curve.

Clause: 6.2.4.a.3-2.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.region import clipped
from yingbi.domain.truth import Truth
from yingbi.media.degrade import compressed, darkened, softened, turned
from yingbi.media.planes import resized

Rgb = NDArray[np.uint8]
Worse = tuple[Rgb, list[Truth]]

GRAIN = 2.0
WAYS: dict[str, tuple[str, tuple[float, ...]]] = {
    "dark": ("gamma", (2, 3, 4, 5)),
    "blur": ("% of the height", (2, 4, 8, 16)),
    "jpeg": ("quality", (50, 20, 10, 5)),
    "rotation": ("degrees", (30, 60, 90, 180)),
    "occlusion": ("% of the box", (20, 35, 50, 65)),
}
"""By way: the unit of its strength, and the steps, from little to much."""


def worse(
    way: str, strength: float, picture: Rgb, truths: Sequence[Truth], chance: np.random.Generator
) -> Worse:
    """Return the picture made worse in one way, and where the true things are in it then."""
    same = list(truths)
    match way:
        case "dark":
            return darkened(picture, strength, GRAIN, chance), same
        case "blur":
            high = float(np.median([one.box[3] - one.box[1] for one in truths]))
            return softened(picture, max(strength / 100 * high, 0.1)), same
        case "jpeg":
            return compressed(picture, round(strength)), same
        case "rotation":
            made, way_there = turned(picture, strength)
            return made, [one.moved(way_there, round_=True) for one in truths]
        case "occlusion":
            return _covered(picture, truths, strength / 100, chance), same
        case _:
            raise ValueError(f"there is no way '{way}'")


def step_down(picture: Rgb, truths: Sequence[Truth], longest: int) -> Worse:
    """Return a picture whose longer side has so many pixels at most, and the things in it."""
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale == 1:
        return picture, list(truths)
    affine = np.array([[scale, 0, 0], [0, scale, 0]], np.float64)
    made = resized(picture, max(round(width * scale), 1), max(round(height * scale), 1))
    return made, [one.moved(affine, round_=False) for one in truths]


def placed(truths: Sequence[Truth], left: int, top: int) -> list[Truth]:
    """Return things in a part of the picture that begins there."""
    affine = np.array([[1, 0, -left], [0, 1, -top]], np.float64)
    return [one.moved(affine, round_=False) for one in truths]


def _covered(
    picture: Rgb, truths: Sequence[Truth], share: float, chance: np.random.Generator
) -> Rgb:
    """Return the picture with so much of each box under one colour, from a side drawn by chance."""
    made = picture.copy()
    for one in truths:
        x0, y0, x1, y1 = one.box
        wide, high = round((x1 - x0) * share), round((y1 - y0) * share)
        sides = (
            (x0, y0, x0 + wide, y1),
            (x1 - wide, y0, x1, y1),
            (x0, y0, x1, y0 + high),
            (x0, y1 - high, x1, y1),
        )
        side, colour = sides[chance.integers(0, 4)], chance.integers(0, 256, 3)
        inside = clipped(side, picture.shape[1], picture.shape[0]) if wide and high else None
        if inside is not None:
            a, b, c, d = inside
            made[b:d, a:c] = colour
    return made
