"""Which colours somebody wears: named from the pixels of trunk and thighs, voted over time.

Only a name of `COLOURS` is kept, never a pixel. Light changes colours: what most sights agree
on is told, with the share of them as confidence, and nothing where they do not agree.

Clause: A.1-4; 6.2.1.b-1.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.glimpse import Points
from yingbi.domain.record import Attribute
from yingbi.domain.region import BoxXYXY
from yingbi.media.upright import upright_crop
from yingbi.structure.votes import Votes

SHOULDERS, HIPS, KNEES = (5, 6), (11, 12), (13, 14)
PLACES: Mapping[str, tuple[tuple[int, int], tuple[int, int], tuple[float, float]]] = {
    "upper-colour": (SHOULDERS, HIPS, (0.2, 0.7)),
    "lower-colour": (HIPS, KNEES, (0.2, 0.9)),
}
"""From where to where a piece of clothing reaches, and which share of that way is looked at."""
VISIBLE, PATCH, LEAST_PIXELS = 0.4, 16, 6
LEAST_SIGHTS, AGREED = 3, 0.5
"""So many sights, and this share of them for one colour, or none is told."""

BLACK, WHITE, PALE = 60, 190, 45
"""Brightest channel of black; of white; difference of channels below which a colour is grey."""
HUES = (
    (15, "red"), (42, "orange"), (68, "yellow"), (165, "green"), (260, "blue"), (300, "purple"),
    (345, "pink"), (361, "red"),
)  # fmt: skip
"""Up to which hue, in degrees, a colour has a name."""


class Clothes:
    """The colours of everybody in the picture. Feed it poses, and ask when an interval ends."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._votes = Votes(LEAST_SIGHTS, AGREED)

    def see(self, frame: Frame, name: str, points: Points, now: float) -> None:
        """Take one sight of somebody. points: shares of the displayed picture."""
        for attribute, (above, below, along) in PLACES.items():
            box = _patch(points, above, below, along, frame.size)
            if box is not None:
                colour = colour_of(upright_crop(frame, box, PATCH, PATCH))
                self._votes.add(name, attribute, colour, now)

    def told(self) -> list[Attribute]:
        """Return what is agreed on since this was last asked, and begin anew."""
        return self._votes.told()


def colour_of(patch: NDArray[np.uint8]) -> str:
    """Return the name of the colour of most pixels of an RGB picture (H, W, 3)."""
    red, green, blue = (int(v) for v in np.median(patch.reshape(-1, 3), axis=0))
    high, low = max(red, green, blue), min(red, green, blue)
    if high < BLACK:
        return "black"
    if high - low < PALE:
        return "white" if high >= WHITE else "grey"
    spread = high - low
    if high == red:
        hue = 60 * ((green - blue) / spread % 6)
    elif high == green:
        hue = 60 * ((blue - red) / spread + 2)
    else:
        hue = 60 * ((red - green) / spread + 4)
    name = next(name for up_to, name in HUES if hue < up_to)
    if name == "orange" and high < 165:
        return "brown"
    return "pink" if name == "red" and low > 120 else name


def _patch(
    points: Points,
    above: tuple[int, int],
    below: tuple[int, int],
    along: tuple[float, float],
    size: tuple[int, int],
) -> BoxXYXY | None:
    """Return the box, in pixels, around the middle of a piece of clothing."""
    four = [points[n] for n in (*above, *below)]
    if min(seen for _, _, seen in four) < VISIBLE:
        return None
    xs, ys = [x * size[0] for x, _, _ in four], [y * size[1] for _, y, _ in four]
    top, bottom = (ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2
    middle, half = sum(xs) / 4, max(abs(xs[0] - xs[1]), abs(xs[2] - xs[3])) / 4
    y0, y1 = sorted((top + along[0] * (bottom - top), top + along[1] * (bottom - top)))
    box = (round(middle - half), round(y0), round(middle + half), round(y1))
    wide, high = box[2] - box[0], box[3] - box[1]
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]
    return box if inside and min(wide, high) >= LEAST_PIXELS else None
