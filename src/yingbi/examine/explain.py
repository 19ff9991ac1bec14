"""Which parts of a thing a network leans on: a grey block is slid over it, and the score watched.

What comes out is a map in the frame of the true box, averaged over several pictures. It holds no
pixel of any of them.

Clause: 6.2.4.a.3-3.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.model_card import Explanation
from yingbi.examine.attack import Trial

AROUND = 0.25
BLOCK = 0.3
"""Sides of the block, as a share of the box's."""
GREY = 128

Map = NDArray[np.float64]


def fall(trial: Trial, cells: int) -> Map:
    """Return (cells, cells) by which share the score falls with the block at each place."""
    x0, y0, x1, y1 = trial.truth.box
    wide, high = x1 - x0, y1 - y0
    whole = trial.score(trial.picture)
    fallen = np.zeros((cells, cells), np.float64)
    for row, column in np.ndindex(cells, cells):
        x = x0 - AROUND * wide + (column + 0.5) / cells * (1 + 2 * AROUND) * wide
        y = y0 - AROUND * high + (row + 0.5) / cells * (1 + 2 * AROUND) * high
        left, right = round(x - BLOCK * wide / 2), round(x + BLOCK * wide / 2)
        top, bottom = round(y - BLOCK * high / 2), round(y + BLOCK * high / 2)
        made = trial.picture.copy()
        made[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = GREY
        fallen[row, column] = (whole - trial.score(made)) / max(whole, 1e-9)
    return fallen.clip(0, 1)


def explained(maps: Iterator[Map]) -> Explanation | None:
    """Return the mean of several maps, None of none."""
    all_maps = list(maps)
    if not all_maps:
        return None
    mean = np.mean(all_maps, axis=0).round(3)
    return Explanation(len(all_maps), AROUND, tuple(tuple(row) for row in mean.tolist()))
