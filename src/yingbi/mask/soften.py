"""The two weak styles, plane by plane, their strength relative to the covered box.

Both are for looks. What they leave is measured in `measured`.
"""

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY
from yingbi.mask.style import Style
from yingbi.media.blur import blurred

SMALLEST_SIGMA = 0.5
"""In samples: with less a blur leaves a small region as it is."""


def soften(frame: Frame, box: BoxXYXY, style: Style) -> None:
    """Pixelate or blur a box of the displayed picture, in place, in the frame's own planes.

    box: may reach over the border; the strength goes by the whole of it, so that a face
        at the border is hidden as one in the middle. Some of it must be inside.
    """
    stored = frame.stored_box(box)
    across = box[2] - box[0]
    for plane in frame.planes:
        if style.name == "pixelate":
            cell = max(across / style.strength, 1.0)
            _pixelate(plane, stored, cell)
        else:
            _blur(plane, stored, across * style.strength)


def _pixelate(plane: Plane, box: BoxXYXY, cell: float) -> None:
    """Give every cell of the plane one value, its mean; cells are square, in picture pixels."""
    height, width = plane.samples.shape[:2]
    columns = _edges(box[0], box[2], cell, plane.x_shift, width)
    rows = _edges(box[1], box[3], cell, plane.y_shift, height)
    if rows.size < 2 or columns.size < 2:  # subsampled away at the border
        return
    part = plane.samples[rows[0] : rows[-1], columns[0] : columns[-1]]
    sums = np.add.reduceat(part, rows[:-1] - rows[0], axis=0, dtype=np.float64)
    sums = np.add.reduceat(sums, columns[:-1] - columns[0], axis=1)
    high, wide = np.diff(rows), np.diff(columns)
    counts = high[:, None] * wide
    means = np.rint(sums / counts.reshape(counts.shape + (1,) * (part.ndim - 2)))
    part[...] = means.astype(part.dtype).repeat(high, axis=0).repeat(wide, axis=1)


def _edges(start: int, end: int, cell: float, shift: int, size: int) -> NDArray[np.int64]:
    """Return where cells begin and end in samples; all that the box touches is in one."""
    count = max(round((end - start) / cell), 1)
    edges = np.floor(np.linspace(start, end, count + 1) / (1 << shift)).astype(np.int64)
    edges[-1] = -(-end >> shift)
    return np.unique(edges.clip(0, size))


def _blur(plane: Plane, box: BoxXYXY, sigma: float) -> None:
    height, width = plane.samples.shape[:2]
    rows = slice(max(box[1] >> plane.y_shift, 0), min(-(-box[3] >> plane.y_shift), height))
    columns = slice(max(box[0] >> plane.x_shift, 0), min(-(-box[2] >> plane.x_shift), width))
    part = plane.samples[rows, columns]
    sigma_x = max(sigma / (1 << plane.x_shift), SMALLEST_SIGMA)
    sigma_y = max(sigma / (1 << plane.y_shift), SMALLEST_SIGMA)
    part[...] = blurred(part, sigma_x, sigma_y)
