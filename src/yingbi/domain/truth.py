"""What is truly in a picture, and so what a network should find there."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.region import BoxXYXY

Points = NDArray[np.float64]
"""(17, 3): x, y in pixels and whether it is labelled, in COCO order."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """One true thing. box: in pixels of the picture as displayed.

    group: by what it is told apart ("mask", "group", ...) and to which group it belongs.
    points: of a pose. name: of a person, or what is written there; it never leaves memory.
    """

    box: BoxXYXY
    group: dict[str, str] = field(default_factory=dict)
    points: Points | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)

    def moved(self, affine: NDArray[np.float64], *, round_: bool) -> Self:
        """Return it in a picture that was moved by a (2, 3) map. round_: it is an ellipse in its box."""
        x0, y0, x1, y1 = self.box
        way = affine[:, :2]
        centre = way @ ((x0 + x1) / 2, (y0 + y1) / 2) + affine[:, 2]
        half = np.diag(((x1 - x0) / 2, (y1 - y0) / 2))
        reach = way @ half
        far = np.sqrt((reach**2).sum(axis=1)) if round_ else np.abs(reach).sum(axis=1)
        low, high = centre - far, centre + far
        points = self.points
        if points is not None:
            places = points[:, :2] @ way.T + affine[:, 2]
            points = np.column_stack([places, points[:, 2]])
        a, b, c, d = (round(float(v)) for v in (*low, *high))
        return replace(self, box=(a, b, max(c, a + 1), max(d, b + 1)), points=points)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture, and all or some of what is truly in it.

    ignored: boxes of which nobody can say what is in them. complete: whether all there is is among
    the truths, so that whatever else is found is false.
    """

    path: Path = field(repr=False)
    truths: tuple[Truth, ...]
    ignored: tuple[BoxXYXY, ...] = ()
    complete: bool = True
