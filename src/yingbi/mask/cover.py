"""Cover what is private with a colour that does not depend on it.

Blur and mosaic keep what can be matched again (a parrot attack recognises 9 of
10 people under either), a flat fill over a generously grown box does not.

Clause: 4.2.a; 6.2.5.b; 6.2.5.c-1.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY, Region, Target, clipped, grown
from yingbi.mask.soften import soften
from yingbi.mask.style import SOLID, Style
from yingbi.media.colour import plane_values

OUTLINE_SHARE = 0.4
"""Heads, bodies and screens are found with their outline: they need less growth than faces."""

OUTLINED = frozenset({Target.HEAD, Target.PERSON, Target.SCREEN})
WRITTEN = frozenset({Target.PLATE, Target.TEXT})


def reach(region: Region, grow: float) -> BoxXYXY:
    """Return the box to cover: grown, and for a face upwards once more for the hair.

    What is written grows by shares of its height only, twice at its ends: a line is no
    worse found for being long, but its first and last signs are found worst.
    """
    if region.kind in OUTLINED:
        return grown(region.box, grow * OUTLINE_SHARE)
    x0, y0, x1, y1 = region.box
    if region.kind in WRITTEN:
        edge = round(min(x1 - x0, y1 - y0) * grow) + 1  # small lines are found to the pixel only
        beside, above = (2 * edge, edge) if x1 - x0 > y1 - y0 else (edge, 2 * edge)
        return x0 - beside, y0 - above, x1 + beside, y1 + above
    x0, y0, x1, y1 = grown(region.box, grow)
    return x0, y0 - round((region.box[3] - region.box[1]) * grow), x1, y1


def cover(frame: Frame, regions: Iterable[Region], *, grow: float, style: Style = SOLID) -> int:
    """Cover the regions in the frame's own planes, in place.

    Args:
        frame: its planes are changed; outside the covered boxes they stay equal,
            byte for byte, but for chroma samples that a box's border cuts.
        regions: boxes as displayed; parts outside the picture are ignored.
        grow: share of a region's size that is covered on each side of it.
        style: how; only "solid" leaves nothing of what was there.

    Returns:
        How many regions touched the picture.

    Clause: 4.2.a; 6.2.5.b.
    """
    size = frame.size
    places = [reach(region, grow) for region in regions]
    boxes = [(place, shown) for place in places if (shown := clipped(place, *size))]
    if style.irreversible:
        values = fills(frame, style)
        for shown in outermost([shown for _, shown in boxes]):
            stored = frame.stored_box(shown)
            for plane, fill in zip(frame.planes, values, strict=True):
                _fill(plane, stored, fill)
    else:
        for place, _ in boxes:
            soften(frame, place, style)
    return len(boxes)


def outermost(boxes: Sequence[BoxXYXY]) -> list[BoxXYXY]:
    """Return the boxes that lie in no other, of equal ones the first: a face lies in its head."""
    x0, y0, x1, y1 = np.array(boxes, np.int32).reshape(-1, 4).T
    inside = (x0[:, None] >= x0) & (y0[:, None] >= y0) & (x1[:, None] <= x1) & (y1[:, None] <= y1)
    inside &= ~inside.T | np.tri(len(boxes), k=-1, dtype=np.bool_)
    return [boxes[n] for n in np.flatnonzero(~inside.any(axis=1)).tolist()]


def fills(frame: Frame, style: Style) -> list[tuple[int, ...]]:
    """Return the covering value of each channel of each plane."""
    if style.colour is None:
        return [plane.fill for plane in frame.planes]
    return plane_values(frame, style.colour)


def _fill(plane: Plane, box: BoxXYXY, fill: tuple[int, ...]) -> None:
    """Fill every sample that any pixel of the box takes part in."""
    x0, x1 = box[0] >> plane.x_shift, -(-box[2] >> plane.x_shift)
    y0, y1 = box[1] >> plane.y_shift, -(-box[3] >> plane.y_shift)
    plane.samples[y0:y1, x0:x1] = fill if plane.samples.ndim == 3 else fill[0]
