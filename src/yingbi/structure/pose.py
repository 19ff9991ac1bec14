"""Find the pose of one person with MoveNet: 17 key points, or "unknown"."""

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY
from yingbi.inference.session import Network
from yingbi.media.upright import upright_crop

SIZE = 192
MARGIN = 1.25  # the network was trained on people with some room around them
TRUSTED = 0.35  # mean score below which the points are guesses
SURE = 0.5  # mean score from which on no other way of lying explains the picture better

Points = tuple[tuple[float, float, float], ...]
"""17 times (x, y, score) in COCO order; x and y as shares of the picture's width and height."""


class PoseFinder:
    """Finds where the joints of a person are."""

    def __init__(self, network: Network) -> None:
        """Keep a loaded network, "pose-movenet"."""
        self._network = network
        (self._input,) = network.input_names

    def find(self, frame: Frame, box: BoxXYXY) -> Points | None:
        """Return the key points of the person in the box, or None where they are unknown.

        Args:
            frame: the picture.
            box: of the whole person, as displayed; may reach over the border.

        Returns:
            17 points; those of joints beside the picture are guesses with a low score
            and may lie outside 0..1.

        Clause: A.1-3; 6.2.4.a.2-2.
        """
        left, top, side = _square(box)
        square = (left, top, left + side, top + side)
        picture = upright_crop(frame, square, SIZE, SIZE)
        points = self._best(picture)
        if points is None:
            return None
        width, height = frame.size
        return tuple(
            ((left + x * side) / width, (top + y * side) / height, min(max(score, 0.0), 1.0))
            for x, y, score in points.tolist()
        )

    def _best(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return (17, 3) x, y, score as shares of the picture, or None where it is not trusted.

        The network knows people who stand or sit. Who is not surely understood upright
        is tried in the other quarter turns too: of people turned on their side it then understands
        0.8 instead of 0.3, for 4 runs instead of 1.
        """
        best = self._seen(picture, 0)
        if _mean_score(best) < SURE:
            others = [self._seen(picture, turns) for turns in (1, 2, 3)]
            best = max((best, *others), key=_mean_score)
        return best if _mean_score(best) >= TRUSTED else None

    def _seen(self, picture: NDArray[np.uint8], turns: int) -> NDArray[np.float32]:
        """Return the points that are seen in the turned picture, turned back."""
        turned = np.ascontiguousarray(np.rot90(picture, turns))[None].astype(np.int32)
        (output,) = self._network.run({self._input: turned})
        return _turned_back(output[0, 0][:, [1, 0, 2]], turns)


def _mean_score(points: NDArray[np.float32]) -> float:
    return float(points[:, 2].mean())


def _turned_back(points: NDArray[np.float32], turns: int) -> NDArray[np.float32]:
    """Return the points of a picture that `np.rot90` turned, in the picture before that."""
    for _ in range(turns):
        points = np.stack([1 - points[:, 1], points[:, 0], points[:, 2]], axis=1)
    return points


def _square(box: BoxXYXY) -> tuple[int, int, int]:
    """Return left, top and side of the square around the box with its margin."""
    x0, y0, x1, y1 = box
    side = round(max(x1 - x0, y1 - y0) * MARGIN)
    return (x0 + x1 - side) // 2, (y0 + y1 - side) // 2, side
