"""Find the pose of one person with MoveNet: 17 key points, or "unknown"."""

import numpy as np

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY
from yingbi.inference.session import Network
from yingbi.media.upright import upright_crop

SIZE = 192
MARGIN = 1.25  # the network was trained on people with some room around them
TRUSTED = 0.35  # mean score below which the points are guesses

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
        picture = upright_crop(frame, square, SIZE, SIZE)[None].astype(np.int32)
        (output,) = self._network.run({self._input: picture})
        ys, xs, scores = output[0, 0].T
        if scores.mean() < TRUSTED:
            return None
        width, height = frame.size
        xs, ys = (left + xs * side) / width, (top + ys * side) / height
        return tuple(
            (float(x), float(y), float(min(max(score, 0), 1)))
            for x, y, score in zip(xs, ys, scores, strict=True)
        )


def _square(box: BoxXYXY) -> tuple[int, int, int]:
    """Return left, top and side of the square around the box with its margin."""
    x0, y0, x1, y1 = box
    side = round(max(x1 - x0, y1 - y0) * MARGIN)
    return (x0 + x1 - side) // 2, (y0 + y1 - side) // 2, side
