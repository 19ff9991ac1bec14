"""How exactly a box keeps its records: places on a grid, times in steps, names that change.

What is made coarse is so before it is sealed, and nobody can make it exact again. A page says
in its head how coarse it is.

Clause: 6.1-4; A.1-3; A.1-4.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Literal

from yingbi.domain.record import Attribute, Behaviour, Event, Identity, Pose, Record

Names = Literal["none", "day", "box"]
"""How long a name of somebody who is recognised holds: nobody has one, a day, as long as the box."""

NAMES: tuple[Names, ...] = ("none", "day", "box")
LEAST_CELLS, MOST_CELLS = 4, 500
LONGEST_STEP_S = 3600
_SLACK = 1e-6
"""In steps; times that were written as milliseconds are read as fractions."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What a box lays down for all of its records.

    grid: cells along each side of the picture, on whose lines coordinates lie; 0 leaves them as
    they were seen. step_s: whole seconds, on whose multiples times lie; 0 leaves them.
    Raises: ValueError beyond 4 to 500 cells, one hour, and for an unknown word.
    """

    grid: int = 0
    step_s: int = 0
    names: Names = "none"

    def __post_init__(self) -> None:
        """Refuse what would keep nothing, or more than was seen."""
        if self.grid and not LEAST_CELLS <= self.grid <= MOST_CELLS:
            raise ValueError(f"a grid has {LEAST_CELLS} to {MOST_CELLS} cells, got {self.grid}")
        if not 0 <= self.step_s <= LONGEST_STEP_S or self.names not in NAMES:
            raise ValueError(f"a step has at most {LONGEST_STEP_S} seconds, got {self.step_s}")


EXACT = Detail()


def detail_entry(detail: Detail) -> dict[str, list[int | str]]:
    """Return the entry in which a policy keeps it: "detail" with the fields that `Detail` takes.

    Where all is exact there is none, as in policies of before there was a detail.
    """
    told: list[int | str] = [detail.grid, detail.step_s, detail.names]
    return {} if detail == EXACT else {"detail": told}


def coarsened(records: Iterable[Record], detail: Detail) -> list[Record]:
    """Return the records as coarse as the detail says, in the same order.

    A moment is told as the beginning of its step, a span from the beginning of its first step to
    the end of its last. Of somebody's poses in one step the first stays: more of them would tell
    a finer time.
    """
    told: list[Record] = []
    posed: dict[str, float] = {}
    for record in records:
        one = _in_steps(record, detail.step_s) if detail.step_s else record
        if isinstance(one, Pose):
            if detail.step_s and posed.get(one.subject) == one.time_s:
                continue
            posed[one.subject] = one.time_s
            one = _on_grid(one, detail.grid) if detail.grid else one
        told.append(one)
    return told


def _in_steps(record: Record, step_s: int) -> Record:
    match record:
        case Identity() | Attribute() | Behaviour():
            first, last = _down(record.from_s, step_s), _up(record.to_s, step_s)
            return replace(record, from_s=first, to_s=max(last, first + step_s))
        case Event(for_s=float() | int() as for_s):
            return replace(record, time_s=_down(record.time_s, step_s), for_s=_up(for_s, step_s))
        case Event() | Pose():
            return replace(record, time_s=_down(record.time_s, step_s))


def _down(time_s: float, step_s: int) -> float:
    return float(floor(time_s / step_s + _SLACK) * step_s)


def _up(time_s: float, step_s: int) -> float:
    return float(ceil(time_s / step_s - _SLACK) * step_s)


def _on_grid(pose: Pose, cells: int) -> Pose:
    def line(share: float) -> float:
        return round(share * cells) / cells

    points = tuple((line(x), line(y), seen) for x, y, seen in pose.points)
    if pose.box is None:
        return replace(pose, points=points)
    x0, y0, x1, y1 = pose.box
    return replace(pose, points=points, box=(line(x0), line(y0), line(x1), line(y1)))
