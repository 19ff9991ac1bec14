"""Tell which lines of text may be the plate of a vehicle.

A plate too many costs a covered sign; one too few tells whose vehicle it is. So little is
asked of a plate: its shape, that it is no wall, and strokes of signs along it. Its colour is
not asked: at night, in the sun and in grey film plates have none.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yingbi.media.blobs import Blob, straightened

NARROWEST, WIDEST = 1.3, 8.0
"""Length by breadth. One row of China 440 x 140 and of Europe 520 x 113 is 3.1 and 4.6, seen
aslant less; of two rows the text detector sees each, of two to six signs."""
LARGEST_SHARE = 0.35
"""Of the shorter side of what is searched; beyond it, what looks like text is a smooth thing
out of focus, as a wall or a face close up."""
FEWEST_STROKES = 7.0
"""Changes between light and dark along a line: plates of seven signs have 13 to 23, also
where they are blurred; edges, lamps and faces mostly less than 7."""
PIXELS_PER_STROKE = 8.0  # a line so short that its strokes run together needs fewer
STRIP = 96, 32  # a line is looked at in this size
CORE = (slice(8, 24), slice(8, 88))  # of the strip: what is not its edge
NEAR = 0.8
"""Rows of one plate are this near to each other, in shares of the larger one's breadth."""


def plates(lines: Sequence[Blob], strokes: Sequence[float], shorter: float) -> list[Blob]:
    """Return the lines that may be plates, each with a second row that may be its own.

    Args:
        lines: of one canvas.
        strokes: of each line, as `strokes_of` counts them.
        shorter: canvas pixels of the shorter side of what is searched.
    """
    alike = [
        line
        for line, count in zip(lines, strokes, strict=True)
        if NARROWEST <= line.length / line.breadth <= WIDEST
        and line.breadth <= LARGEST_SHARE * shorter
        and count >= min(FEWEST_STROKES, line.length / PIXELS_PER_STROKE)
    ]
    return [_with_second_row(line, lines) for line in alike]


def strokes_of(picture: NDArray[np.uint8], line: Blob) -> float:
    """Return how often a line changes between light and dark from its start to its end.

    picture: (H, W, 3), the canvas that the line lies in.
    """
    strip = straightened(picture, line, *STRIP).mean(axis=2)[CORE]
    lighter = strip > strip.mean()
    return float((lighter[:, 1:] != lighter[:, :-1]).sum(axis=1).mean())


def _with_second_row(line: Blob, lines: Sequence[Blob]) -> Blob:
    """Return the line, or the upright box around it and the nearest row that goes with it."""
    around = [(_gap(line, other), i) for i, other in enumerate(lines) if _goes_with(other, line)]
    if not around:
        return line
    other = lines[min(around)[1]]
    both = np.concatenate([line.corners, other.corners])
    low, high = both.min(axis=0), both.max(axis=0)
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])], np.float32)
    return Blob(corners, line.length, line.breadth, line.score)


def _goes_with(other: Blob, line: Blob) -> bool:
    """Return whether the other is the lower or upper row of a plate of two: not the wider one."""
    (x0, _), (x1, _) = line.corners.min(axis=0), line.corners.max(axis=0)
    (u0, _), (u1, _) = other.corners.min(axis=0), other.corners.max(axis=0)
    inside = min(x1, u1) - max(x0, u0)
    near = 0 <= _gap(line, other) + NEAR * line.breadth <= 2 * NEAR * line.breadth
    alike = 0.3 * line.breadth <= other.breadth <= line.breadth
    return other is not line and near and alike and inside >= 0.8 * (u1 - u0)


def _gap(line: Blob, other: Blob) -> float:
    """Return how far apart two rows lie; negative where they overlap."""
    low = max(line.corners[:, 1].min(), other.corners[:, 1].min())
    high = min(line.corners[:, 1].max(), other.corners[:, 1].max())
    return float(low - high)
