"""Where people stood, as a coarse floor: how long in each cell, and nothing finer than a cell.

Clause: A.1-3.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from yingbi.domain.record import Pose

COLUMNS, ROWS = 16, 9
HOLD_S = 2.0
"""A pose stands for the time until the next one, but for no longer than this."""
ANKLES = (15, 16)
SURE = 0.3
"""A key point that is seen with less is not used."""

Floor = tuple[tuple[float, ...], ...]
"""ROWS of COLUMNS, seconds; the first row is the top of the picture, far from the camera."""


def trodden(people: Iterable[Sequence[Pose]]) -> Floor:
    """Return how long people stood in each cell.

    people: the poses of one person each, in order of time.
    """
    cells = [[0.0] * COLUMNS for _ in range(ROWS)]
    for poses in people:
        for pose, for_s in zip(poses, _held_s(poses), strict=True):
            foot = feet(pose)
            if foot is not None:
                cells[_cell(foot[1], ROWS)][_cell(foot[0], COLUMNS)] += for_s
    return tuple(tuple(row) for row in cells)


def feet(pose: Pose) -> tuple[float, float] | None:
    """Return where somebody stood, as shares: between the ankles, or under the box; or None."""
    ankles = [pose.points[n] for n in ANKLES if pose.points[n][2] >= SURE]
    if len(ankles) == len(ANKLES):
        return sum(x for x, _, _ in ankles) / 2, max(y for _, y, _ in ankles)
    if pose.box is not None:
        x0, _, x1, y1 = pose.box
        return (x0 + x1) / 2, y1
    return None


def _held_s(poses: Sequence[Pose]) -> list[float]:
    lengths = [min(HOLD_S, b.time_s - a.time_s) for a, b in pairwise(poses)]
    return [*lengths, *([min(HOLD_S, *lengths)] if lengths else [HOLD_S] if poses else [])]


def _cell(share: float, cells: int) -> int:
    """Return the cell; somebody who reaches over the border stands in the last one."""
    return min(cells - 1, max(0, int(share * cells)))
