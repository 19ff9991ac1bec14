"""What a network makes of one face: numbers that tell people apart, for a moment and in memory."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class FaceLook:
    """One look at one face.

    vector: (N,) float32 of length 1. It tells who it is as a picture of the face would: it
    is kept nowhere, and whoever is done with it wipes it. age_years: as the network guesses
    it, some years wrong for anybody. side_px: the longer side of the face in the picture.
    """

    vector: Vector = field(repr=False)
    age_years: float = field(repr=False)
    side_px: int

    def wipe(self) -> None:
        """Zero the vector; copies that libraries made are beyond this."""
        self.vector[:] = 0


class ReadsFaces(Protocol):
    """Turns a face into a look at it."""

    def read(self, frame: Frame, box: BoxXYXY) -> FaceLook | None:
        """Return the look, None where the face is too small or tells nothing."""
