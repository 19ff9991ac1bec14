"""Cover what is private with a colour that does not depend on it.

Blur and mosaic keep what can be matched again (a parrot attack recognises 9 of
10 people under either), a flat fill over a generously grown box does not.

Clause: 4.2.a; 6.2.5.b; 6.2.5.c-1.
"""

from collections.abc import Iterable

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY, Region, Target, clipped, grown

BODY_SHARE = 0.4
"""Bodies are found with their outline, so they need less of the growth than faces."""


def reach(region: Region, grow: float) -> BoxXYXY:
    """Return the box to cover: grown, and for a face upwards once more for the hair."""
    if region.kind is Target.PERSON:
        return grown(region.box, grow * BODY_SHARE)
    x0, y0, x1, y1 = grown(region.box, grow)
    return x0, y0 - round((region.box[3] - region.box[1]) * grow), x1, y1


def cover(frame: Frame, regions: Iterable[Region], *, grow: float) -> int:
    """Cover the regions in the frame's own planes, in place.

    Args:
        frame: its planes are changed; outside the covered boxes they stay equal,
            byte for byte, but for chroma samples that a box's border cuts.
        regions: boxes as displayed; parts outside the picture are ignored.
        grow: share of a region's size that is covered on each side of it.

    Returns:
        How many regions touched the picture.

    Clause: 4.2.a; 6.2.5.b.
    """
    covered = 0
    for region in regions:
        shown = clipped(reach(region, grow), *frame.size)
        if shown is None:
            continue
        covered += 1
        stored = frame.stored_box(shown)
        for plane in frame.planes:
            _fill(plane, stored)
    return covered


def _fill(plane: Plane, box: BoxXYXY) -> None:
    """Fill every sample that any pixel of the box takes part in."""
    x0, x1 = box[0] >> plane.x_shift, -(-box[2] >> plane.x_shift)
    y0, y1 = box[1] >> plane.y_shift, -(-box[3] >> plane.y_shift)
    plane.samples[y0:y1, x0:x1] = plane.fill if plane.samples.ndim == 3 else plane.fill[0]
