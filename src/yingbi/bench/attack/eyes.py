"""What an attacker looks at: pixels under the mask, a face network's vector, what is around it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.attack.covered import Image, Shot
from yingbi.bench.attack.rank import Features
from yingbi.domain.region import BoxXYXY, grown
from yingbi.inference.session import Network
from yingbi.media.made import Affine, part

PIXELS, RESTORED, SEEN = 32, 64, 224
"""Sides of what is compared, of what is reconstructed, and of what the face network takes."""

GREY = 130.0
"""What lies beside the mask is hidden from those who look under it, in the mask's own grey."""

MEAN_BGR = np.array((103.939, 116.779, 123.68), np.float32)
FACE_SHARE = 1.2
AROUND = 0.5
FAINT = 0.5
"""Differences of so many grey levels are the least that is stretched to full contrast."""

SURE, EYES = 0.5, ((0, 1), (2, 3))
STRIDE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What is seen of one shot.

    under: PIXELS square of the mask's place, beside it grey. square: RESTORED square of the
    face, upright where a face is found in it, beside the mask grey. vector: of that square
    by the face network. around: PIXELS square of the mask and what is around it. place:
    centre and size of the mask, as shares of the picture.
    """

    under: Features = field(repr=False)
    square: Features = field(repr=False)
    vector: Features = field(repr=False)
    around: Features = field(repr=False)
    place: Features = field(repr=False)


class Eyes:
    """The networks that an attacker has: one that tells people apart, one that finds eyes."""

    def __init__(self, telling: Network, finding: Network) -> None:
        """Keep "face-faceres" and "face-centerface"."""
        self._telling, self._finding = telling, finding

    def look(self, shot: Shot) -> Looks:
        """Return all that is seen of a shot."""
        hidden = np.where(shot.mask[:, :, None], shot.image, np.float32(GREY))
        height, width = shot.image.shape[:2]
        x0, y0, x1, y1 = shot.place
        roll = self._roll(shot)
        square = part(hidden, _square(shot.face, roll, SEEN), (SEEN, SEEN), GREY)
        small = part(hidden, _square(shot.face, roll, RESTORED), (RESTORED, RESTORED), GREY)
        place = np.array([(x0 + x1) / width, (y0 + y1) / height]) / 2
        size = np.array([(x1 - x0) / width, (y1 - y0) / height])
        return Looks(
            _flat(_cut(hidden, shot.place)),
            _flat(small),
            self.vector(square),
            _flat(_cut(shot.image, grown(shot.place, AROUND))),
            np.concatenate([place, size]),
        )

    def vector(self, square: NDArray[np.float32]) -> Features:
        """Return what the face network makes of a SEEN square of RGB, of length 1 or 0."""
        (name,) = self._telling.input_names
        bgr = square[None, :, :, ::-1].astype(np.float32) - MEAN_BGR
        vector = self._telling.run({name: bgr})[0][0].astype(np.float64)
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float64)

    def _roll(self, shot: Shot) -> float:
        """Return how far the face that can be seen is tilted, in radians; 0 where none can."""
        side = 6 * STRIDE
        way = _square(grown(shot.face, 0.3), 0.0, side)
        view = part(shot.image, way, (side, side), GREY).transpose(2, 0, 1)[None]
        (name,) = self._finding.input_names
        heat, size, _, points = self._finding.run({name: np.ascontiguousarray(view)})
        row, column = np.unravel_index(heat[0, 0].argmax(), heat.shape[2:])
        if heat[0, 0, row, column] < SURE:
            return 0.0
        high, wide = np.exp(size[0, :, row, column])
        (y0, x0), (y1, x1) = (
            (points[0, y, row, column] * high, points[0, x, row, column] * wide) for y, x in EYES
        )
        return float(np.arctan2(y1 - y0, x1 - x0))


def restored(masked: Features, clear: Features) -> Features:
    """Return each clear picture as guessed from its masked one by what all others teach.

    masked, clear: (pictures, features). Ridge regression in its dual form; the picture that
    is guessed is in no lesson.
    """
    guessed = np.empty_like(clear)
    for left_out in range(len(masked)):
        kept = np.arange(len(masked)) != left_out
        known, wanted = masked[kept], clear[kept]
        middle, mean = known.mean(axis=0), wanted.mean(axis=0)
        away = known - middle
        products = away @ away.T
        ridge = 0.01 * np.trace(products) / len(away) + 1e-9
        weights = np.linalg.solve(products + ridge * np.eye(len(away)), wanted - mean)
        guessed[left_out] = mean + (masked[left_out] - middle) @ away.T @ weights
    return guessed


def contrasted(pixels: Features) -> Features:
    """Return pictures without their mean, stretched to one contrast; what is faint stays so."""
    away = pixels - pixels.mean(axis=1, keepdims=True)
    least = FAINT / 255 * np.sqrt(pixels.shape[1])
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), least))


def as_square(flat: Features) -> NDArray[np.float32]:
    """Return a RESTORED square as the face network takes it."""
    small = (flat.reshape(RESTORED, RESTORED, 3) * 255).clip(0, 255).astype(np.float32)
    scale = RESTORED / SEEN
    way = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]])
    return np.asarray(part(small, way, (SEEN, SEEN), GREY), np.float32)


def _cut(image: Image, box: BoxXYXY) -> NDArray[np.float32]:
    """Return a box of a picture as a PIXELS square."""
    x0, y0, x1, y1 = box
    wide, high = (x1 - x0) / PIXELS, (y1 - y0) / PIXELS
    way = np.array([[wide, 0, x0 + wide / 2 - 0.5], [0, high, y0 + high / 2 - 0.5]])
    return np.asarray(part(image, way, (PIXELS, PIXELS), GREY), np.float32)


def _square(box: BoxXYXY, roll: float, side: int) -> Affine:
    """Return the map from an upright square around a tilted face to the picture."""
    x0, y0, x1, y1 = box
    scale = max(x1 - x0, y1 - y0) * FACE_SHARE / side
    turned = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    return np.column_stack([turned, middle - turned @ np.full(2, side / 2)])


def _flat(picture: NDArray[np.float32]) -> Features:
    return picture.reshape(-1).astype(np.float64) / 255
