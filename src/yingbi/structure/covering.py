"""Whether something covers mouth and nose: skin is redder than blue above and below alike.

The eyes' part of a face is compared with the mouth's, so that the light's colour cancels out.
Only a word is kept, never a pixel. What lies between the bounds is not told.

Clause: A.1-4; 6.2.1.b-1.
"""

import math

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.record import Attribute
from yingbi.domain.region import BoxXYXY
from yingbi.media.upright import upright_crop
from yingbi.structure.votes import Votes

COVERING = "face-covering"
WIDE, HIGH = 40, 48
"""A face is brought to this size."""
EYES = (slice(8, 22), slice(8, 32))
MOUTH = (slice(28, 42), slice(10, 30))
LEAST_PIXELS = 20
"""Of the shorter side of a face; smaller ones show too few pixels of a mouth."""
WORN, BARE = 0.15, 0.03
"""From which difference on something is worn, and up to which nothing is."""
LEAST_SIGHTS, AGREED, APART_S = 3, 0.7, 0.5
"""So many sights, so many seconds apart, and this share of them for one word."""
_FLOOR = 8.0


class Covering:
    """What covers the faces in the picture. Feed it faces, and ask when an interval ends."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._votes = Votes(LEAST_SIGHTS, AGREED)
        self._seen_s: dict[str, float] = {}

    def see(self, frame: Frame, name: str, face: BoxXYXY, now: float) -> None:
        """Take one sight of somebody's face, a box in pixels of the displayed picture."""
        small = min(face[2] - face[0], face[3] - face[1]) < LEAST_PIXELS
        if small or now - self._seen_s.get(name, -math.inf) < APART_S:
            return
        self._seen_s[name] = now
        value = covering_of(upright_crop(frame, face, WIDE, HIGH))
        if value is not None:
            self._votes.add(name, COVERING, value, now)

    def told(self) -> list[Attribute]:
        """Return what is agreed on since this was last asked, and begin anew."""
        self._seen_s = {}
        return self._votes.told()


def covering_of(face: NDArray[np.uint8]) -> str | None:
    """Return "worn", "not-worn" or None for an RGB face (48, 40, 3)."""
    lost = _redness(face[EYES]) - _redness(face[MOUTH])
    if lost >= WORN:
        return "worn"
    return "not-worn" if lost <= BARE else None


def _redness(part: NDArray[np.uint8]) -> float:
    """Return the logarithm of red over blue of a part's median colour."""
    red, _, blue = np.median(part.reshape(-1, 3), axis=0)
    return math.log((red + _FLOOR) / (blue + _FLOOR))
