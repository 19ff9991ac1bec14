"""Find faces with BlazeFace: the second family, taught otherwise than CenterFace.

Where both miss a face, two kinds of teaching have failed; what one misses the other
often sees. It looks for close faces, so the picture is enlarged for it.
"""

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.view import Boxes, Scores, View, regions, without_doubles
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.inference.session import Network

CELLS = (16, 32)
"""Input pixels per cell of the two pairs of outputs."""
VALUES = 16  # per anchor: centre, size and six points
LARGEST_SCALE = 4.0
SAME_FACE = 0.3  # IoU from which on two boxes are one face
REDUCTIONS = (1, 3, 9)
"""A face beyond some 200 input pixels is seen in a smaller copy of the picture alone."""
SMALLEST_CANVAS = 64
STEEPEST = 80.0  # logits beyond it differ no more


class BlazeFaceFinder:
    """Finds faces of about 20 pixels or more."""

    kinds = frozenset({Target.FACE})
    pace = Pace.QUICK

    def __init__(self, network: Network, size: int = 1280, threshold: float = 0.5) -> None:
        """Keep a loaded network.

        Args:
            network: "face-blazeface".
            size: longer side in pixels of the picture that is searched.
            threshold: score from which on something counts as a face.
        """
        self._network = network
        self._size = size
        self._threshold = threshold
        (self._input,) = network.input_names

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return the faces of the picture as displayed, the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2; 6.2.4.a.3-1.
        """
        view = View.fitted(frame.size, self._size, LARGEST_SCALE, part)
        found = [
            self._seen(frame, view.reduced(by))
            for by in REDUCTIONS
            if by == 1 or max(view.width, view.height) >= by * SMALLEST_CANVAS
        ]
        boxes = np.concatenate([boxes for boxes, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        kept = without_doubles(boxes, scores, SAME_FACE)
        return regions(Target.FACE, boxes[kept], scores[kept], frame.size)

    def _seen(self, frame: Frame, view: View) -> tuple[Boxes, Scores]:
        """Return what is found at one scale, in pixels of the picture."""
        picture = view.picture(frame)[None].astype(np.float32) / 127.5 - 1
        near_logits, near, far_logits, far = self._network.run({self._input: picture})
        found = [
            decoded(logits[0], values[0], cell, self._threshold)
            for logits, values, cell in ((near_logits, near, CELLS[0]), (far_logits, far, CELLS[1]))
        ]
        boxes = np.concatenate([boxes for boxes, _ in found])
        return view.placed(boxes), np.concatenate([scores for _, scores in found])


def decoded(
    logits: NDArray[np.float32], values: NDArray[np.float32], cell: int, threshold: float
) -> tuple[Boxes, Scores]:
    """Return boxes in input pixels, and their scores, of every anchor that is sure enough.

    logits: (h, w, anchors); values: (h, w, anchors * 16), per anchor the centre beside that
    of the cell and the size, then points, all in input pixels. cell: input pixels per cell.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -STEEPEST, STEEPEST)))
    rows, columns, anchors = np.nonzero(scores >= threshold)
    chosen = values.reshape(*logits.shape, VALUES)[rows, columns, anchors]
    centres = np.stack([columns + 0.5, rows + 0.5], axis=1) * cell + chosen[:, :2]
    halves = np.abs(chosen[:, 2:4]) / 2
    boxes = np.concatenate([centres - halves, centres + halves], axis=1)
    return boxes.astype(np.float32), scores[rows, columns, anchors].astype(np.float32)
