"""Read one face with HSE_FaceRec: a vector that tells people apart, and a guess at the age.

The network is fed as its makers fed it, blue first and less the means of their pictures,
and the face is turned upright first: so it tells 0.97 of people apart at one false
likeness in a thousand, and 0.89 in the way of the package that it comes from.

Clause: 6.2.4.a.1-1; 6.2.4.b.1.
"""

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.face import FaceLook
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY
from yingbi.inference.session import Network
from yingbi.media.made import part
from yingbi.media.upright import upright_crop

SIDE = 224
SHARE = 1.2
"""The square that is read, as a share of the face's longer side."""

SMALLEST_PX = 32
"""Below it people are taken for each other."""

MEAN_BGR = np.array((103.939, 116.779, 123.68), np.float32)
GREY = 128.0

EYE_SIDE, EYE_SHARE, SURE = 192, 1.6, 0.5
"""Where eyes are looked for, how far around the face, and how sure a face must be seen there."""

LEFT_EYE, RIGHT_EYE = (0, 1), (2, 3)
"""Channels of y and x among the points that "face-centerface" gives."""


class FaceReader:
    """Looks at one face at a time."""

    def __init__(self, telling: Network, eyes: Network) -> None:
        """Keep loaded networks, "face-faceres" and "face-centerface"."""
        self._telling, self._eyes = telling, eyes
        (self._input,) = telling.input_names
        (self._eyes_input,) = eyes.input_names

    def read(self, frame: Frame, box: BoxXYXY) -> FaceLook | None:
        """Return the look at the face in a box of the displayed picture.

        None where it is smaller than 32 pixels, or the network makes nothing of it.
        """
        side_px = max(box[2] - box[0], box[3] - box[1])
        if side_px < SMALLEST_PX:
            return None
        square = _upright(frame, box, self._roll(frame, box))
        bgr = np.ascontiguousarray(square[None, :, :, ::-1] - MEAN_BGR, np.float32)
        outputs = [one[0] for one in self._telling.run({self._input: bgr})]
        vector, ages = sorted(outputs, key=len, reverse=True)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length < 1e-6:
            return None
        unit = np.array(vector / length, np.float32)
        vector[:] = 0
        return FaceLook(unit, age_of(ages), side_px)

    def _roll(self, frame: Frame, box: BoxXYXY) -> float:
        """Return how far the face is tilted, in radians; 0 where its eyes are not found."""
        square = _square(box, EYE_SHARE)
        picture = upright_crop(frame, square, EYE_SIDE, EYE_SIDE)
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        heat, size, _, points = self._eyes.run({self._eyes_input: planes})
        row, column = np.unravel_index(heat[0, 0].argmax(), heat.shape[2:])
        if heat[0, 0, row, column] < SURE:
            return 0.0
        high, wide = np.exp(size[0, :, row, column])
        left, right = (
            points[0, [y, x], row, column] * (high, wide) for y, x in (LEFT_EYE, RIGHT_EYE)
        )
        down, along = right - left
        return float(np.arctan2(down, along))


def age_of(shares: NDArray[np.float32]) -> float:
    """Return the age in years that shares of a hundred years say: the two likeliest, weighed."""
    likeliest = np.argsort(shares)[-2:]
    weights = shares[likeliest].astype(np.float64)
    return float((likeliest * weights).sum() / max(weights.sum(), 1e-9)) + 1


def _upright(frame: Frame, box: BoxXYXY, roll: float) -> NDArray[np.float32]:
    """Return (SIDE, SIDE, 3) float32 RGB of the face, its eyes level."""
    around = _square(box, SHARE * np.sqrt(2))
    wide = round(SIDE * np.sqrt(2))
    picture = upright_crop(frame, around, wide, wide)
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    way = np.column_stack([turn, np.full(2, wide / 2) - turn @ np.full(2, SIDE / 2)])
    return np.asarray(part(picture, way, (SIDE, SIDE), GREY), np.float32)


def _square(box: BoxXYXY, share: float) -> BoxXYXY:
    """Return the square around the middle of a box, so many times its longer side."""
    x0, y0, x1, y1 = box
    side = round(max(x1 - x0, y1 - y0) * share)
    left, top = (x0 + x1 - side) // 2, (y0 + y1 - side) // 2
    return left, top, left + side, top + side
