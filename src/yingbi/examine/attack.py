"""Attacks by somebody who sees nothing of a network but how sure it is: a patch, and noise.

The patch is searched for by chance: patches are drawn anew for half of the tries, then colours and
place of the best one are changed, and what makes the network less sure is kept. The noise is that
of the Square Attack (Andriushchenko, Croce, Flammarion and Hein, 2020): squares of the greatest
change allowed, large ones first. Each has a control that may try as often and looks for nothing:
what that loses was not the attack's doing.

Clause: 6.2.4.a.3-2.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.truth import Truth
from yingbi.examine.examinee import Examinee
from yingbi.media.degrade import enlarged_cells

Rgb = NDArray[np.uint8]
Score = Callable[[Rgb], float]

PATCH_SHARE = 0.1
"""Share of the box's area that a patch has."""
BESIDE = 0.25
"""So far beside the box, as a share of it, the patch's middle may lie."""
CELLS = 8
DRAWN = 0.5
"""Share of the tries that draw a patch anew; the others better the best of those."""

NOISE = 8
"""Steps of 255 by which a sample may differ."""
FIRST_SHARE = 0.3
HALVINGS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.85)
"""Shares of the tries after which the squares' area is halved."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A part of a picture with one thing in it that is found as it is."""

    picture: Rgb = field(repr=False)
    truth: Truth
    examinee: Examinee = field(repr=False)

    def score(self, picture: Rgb) -> float:
        """Return how surely the thing is found in the picture when it was changed."""
        return self.examinee.see(picture, [self.truth]).scores[0]


def patch(trial: Trial, tries: int, chance: np.random.Generator, *, searching: bool) -> bool:
    """Return whether a patch makes the network lose what it found.

    searching: False draws all of the patch, and its place, anew each time.
    """
    x0, y0, x1, y1 = trial.truth.box
    side = max(2, round(sqrt(PATCH_SHARE * (x1 - x0) * (y1 - y0))))
    cells = _cells(chance)
    place = _place(trial, side, chance)
    best = trial.score(_with(trial.picture, cells, place, side))
    for at in range(1, tries):
        if not best:
            return True
        new_cells, new_place = cells, place
        if not searching or at < DRAWN * tries:
            new_cells, new_place = _cells(chance), _place(trial, side, chance)
        elif chance.random() < 0.3:
            new_place = _place(trial, side, chance)
        else:
            new_cells = cells.copy()
            wide = int(chance.integers(1, CELLS // 2 + 1))
            row, column = chance.integers(0, CELLS - wide + 1, 2)
            colour = chance.integers(0, 2, 3, np.uint8) * np.uint8(255)
            new_cells[row : row + wide, column : column + wide] = colour
        score = trial.score(_with(trial.picture, new_cells, new_place, side))
        if score <= best:
            best, cells, place = score, new_cells, new_place
    return not best


def noise(trial: Trial, tries: int, chance: np.random.Generator, *, searching: bool) -> bool:
    """Return whether noise of at most `NOISE` makes the network lose what it found.

    searching: False draws all of the noise anew each time.
    """
    height, width = trial.picture.shape[:2]
    stripes = np.broadcast_to(_signs(chance, (1, width, 3)), (height, width, 3))
    changed = stripes.copy() if searching else _signs(chance, (height, width, 3))
    best = trial.score(_added(trial.picture, changed))
    for at in range(1, tries):
        if not best:
            return True
        if searching:
            new = changed.copy()
            halved = sum(at / tries > edge for edge in HALVINGS)
            side = sqrt(FIRST_SHARE / 2**halved * height * width)
            side = min(max(1, round(side)), height, width)
            row, column = (
                chance.integers(0, height - side + 1),
                chance.integers(0, width - side + 1),
            )
            new[row : row + side, column : column + side] = _signs(chance, (1, 1, 3))
        else:
            new = _signs(chance, (height, width, 3))
        score = trial.score(_added(trial.picture, new))
        if score <= best:
            best, changed = score, new
    return not best


def _cells(chance: np.random.Generator) -> Rgb:
    """Return the colours of a patch, (8, 8, 3): each channel at one of its ends."""
    cells: Rgb = chance.integers(0, 2, (CELLS, CELLS, 3), np.uint8) * np.uint8(255)
    return cells


def _place(trial: Trial, side: int, chance: np.random.Generator) -> tuple[int, int]:
    """Return where a patch begins: its middle in the box or a little beside it, all of it in the picture."""
    height, width = trial.picture.shape[:2]
    x0, y0, x1, y1 = trial.truth.box
    wide, high = BESIDE * (x1 - x0), BESIDE * (y1 - y0)
    x, y = chance.uniform(x0 - wide, x1 + wide), chance.uniform(y0 - high, y1 + high)
    left, top = round(x - side / 2), round(y - side / 2)
    return max(0, min(left, width - side)), max(0, min(top, height - side))


def _with(picture: Rgb, cells: Rgb, place: tuple[int, int], side: int) -> Rgb:
    left, top = place
    made = picture.copy()
    room = made[top : top + side, left : left + side]
    room[:] = enlarged_cells(cells, side, side)[: room.shape[0], : room.shape[1]]
    return made


def _signs(chance: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.int16]:
    return (chance.integers(0, 2, shape).astype(np.int16) * 2 - 1) * np.int16(NOISE)


def _added(picture: Rgb, change: NDArray[np.int16]) -> Rgb:
    made: Rgb = (picture.astype(np.int16) + change).clip(0, 255).astype(np.uint8)
    return made
