"""What moved since it was last looked at: where nothing did, nothing is searched.

A frame's signature is its brightness, four times smaller: a mean of 4x4 samples has a
quarter of their noise. It is compared cell by cell with what the networks saw last in
that very cell, so that slow changes add up until they count. What changes everywhere
alike (light, exposure) and what a camera's noise makes is told from motion by the frame
itself; what is left of noise stands alone, and motion seldom does.

Clause: 6.2.1.f-2.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY
from yingbi.media.upright import smaller_luma

STEP = 4  # pixels between samples
SIDE = 4  # samples along a cell
CELL = STEP * SIDE
"""Pixels along a cell; the smallest face that is looked for is about as large."""

LEAST, LEAST_ALONE, MOST = 1.2, 2.0, 9.0
"""Levels of 255 by which a cell differs at least, beside another that does or alone, and at most,
before it counts as changed."""
ABOVE_NOISE, ALONE_ABOVE_NOISE = 2.4, 3.5
"""A cell counts as changed where it differs by this many times what the middle cell does."""

Signature = NDArray[np.int16]
Cells = NDArray[np.bool_]


def signature(frame: Frame) -> Signature:
    """Return the (H/4, W/4) brightness of a film's frame, as stored, filled up to whole cells."""
    luma = smaller_luma(frame, STEP)
    missing = [-size % SIDE for size in luma.shape]
    if any(missing):
        luma = np.pad(luma, ((0, missing[0]), (0, missing[1])), mode="edge")
    return luma.astype(np.int16)


def changed(before: Signature, now: Signature) -> Cells:
    """Return which (H/16, W/16) cells differ by more than light and noise explain."""
    away = now - before
    away -= np.int16(np.median(away[::4, ::4]))
    np.abs(away, out=away)
    rows = sum((away[n::SIDE] for n in range(1, SIDE)), start=away[::SIDE])
    difference = sum((rows[:, n::SIDE] for n in range(1, SIDE)), start=rows[:, ::SIDE])
    samples = SIDE * SIDE
    noise = float(np.median(difference)) / samples
    cells: Cells = difference > samples * min(max(LEAST, ABOVE_NOISE * noise), MOST)
    alone: Cells = difference > samples * min(max(LEAST_ALONE, ALONE_ABOVE_NOISE * noise), MOST)
    return alone | (cells & _beside(cells))


def _beside(cells: Cells) -> Cells:
    """Return the cells of which a neighbour, not they themselves, is one of these."""
    padded = np.pad(cells, 1)
    rows = padded[:-2] | padded[1:-1] | padded[2:]
    middle = padded[:-2] | padded[2:]
    return rows[:, :-2] | middle[:, 1:-1] | rows[:, 2:]


def widened(cells: Cells, by: int = 1) -> Cells:
    """Return the cells and their neighbours, `by` steps around."""
    wide = cells
    for _ in range(by):
        padded = np.pad(wide, 1)
        rows = padded[:-2] | padded[1:-1] | padded[2:]
        wide = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return wide


def cells_of(frame: Frame, boxes: Iterable[BoxXYXY], shape: tuple[int, ...]) -> Cells:
    """Return the cells that boxes of the displayed picture touch, (H/16, W/16)."""
    cells = np.zeros(shape[:2], np.bool_)
    for box in boxes:
        x0, y0, x1, y1 = frame.stored_box(box)
        cells[max(0, y0 // CELL) : -(-y1 // CELL), max(0, x0 // CELL) : -(-x1 // CELL)] = True
    return cells


def touches(frame: Frame, box: BoxXYXY, cells: Cells) -> bool:
    """Return whether a box of the displayed picture lies on any of the cells."""
    x0, y0, x1, y1 = frame.stored_box(box)
    part = cells[max(0, y0 // CELL) : -(-y1 // CELL), max(0, x0 // CELL) : -(-x1 // CELL)]
    return bool(part.any())


def tiles(cells: Cells, side: int, overlap: int) -> list[BoxXYXY]:
    """Return boxes x0 y0 x1 y1, in stored pixels, that cover all the cells.

    side, overlap: in pixels; neighbours share `overlap`, so that what one cuts the other
    shows whole. A box is no longer than `side`, and where fewer cells are in it three or
    four fifths of that: few sizes, as every new one costs a network time and memory.
    """
    found: list[BoxXYXY] = []
    left = cells.copy()
    reach, core = side // CELL, (side - overlap) // CELL
    while left.any():
        row = int(np.argmax(left.any(axis=1)))
        column = int(np.argmax(left[row : row + core].any(axis=0)))
        taken = left[row : row + core, column : column + core]
        rows, columns = np.nonzero(taken)
        y0, y1 = _around(row, int(rows.max()) + 1, reach, core, cells.shape[0])
        x0, x1 = _around(column, int(columns.max()) + 1, reach, core, cells.shape[1])
        taken[:] = False
        found.append((x0 * CELL, y0 * CELL, x1 * CELL, y1 * CELL))
    return found


def _around(start: int, span: int, reach: int, core: int, size: int) -> tuple[int, int]:
    """Return from where to where a box reaches along one side, in cells.

    start, span: the cells that it must show with room around them. size: of the picture.
    """
    step = max(1, reach // 5)
    length = min(reach, max(3 * step, -(-(span + reach - core) // step) * step))
    low = max(0, min(start - (length - span) // 2, size - length))
    return low, low + length


def bounds(cells: Cells) -> BoxXYXY | None:
    """Return the box, in stored pixels, that holds all the cells; None where there are none."""
    if not cells.any():
        return None
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    return (
        int(columns[0]) * CELL,
        int(rows[0]) * CELL,
        int(columns[-1] + 1) * CELL,
        int(rows[-1] + 1) * CELL,
    )
