"""Find faces with CenterFace: recall first, a face too many costs little."""

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.view import Boxes, Scores, View, regions, without_doubles
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.inference.session import Network

CELL = 4  # input pixels per cell of the output
LARGEST_SCALE = 2.0  # beyond it nothing is found that was not found before
LARGEST = 10.0  # logarithm of cells; a box beyond it covers every picture anyway
SAME_FACE = 0.3  # IoU from which on two boxes are one face

REDUCTIONS = (1, 3, 7)
"""The picture is searched at full size, at a third and at a seventh of it.

A face that fills the picture is larger than the network can see at full size: of faces
as high as the picture it finds 0.05 to 0.7 there, 0.85 to 0.9 with the reductions. They
cost an eighth of the full size's time.
"""
SMALLEST_IN_REDUCTION = 32  # input pixels; what is smaller is seen better at full size


class FaceFinder:
    """Finds every face of a picture, of any size from about 10 pixels on."""

    kinds = frozenset({Target.FACE})
    pace = Pace.QUICK

    def __init__(self, network: Network, size: int = 960, threshold: float = 0.12) -> None:
        """Keep a loaded network.

        Args:
            network: "face-centerface".
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
        found = [self._seen(frame, view, by) for by, view in self._views(frame.size, part)]
        boxes = np.concatenate([boxes for boxes, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        kept = without_doubles(boxes, scores, SAME_FACE)
        return regions(Target.FACE, boxes[kept], scores[kept], frame.size)

    def _views(self, size: tuple[int, int], part: BoxXYXY | None) -> list[tuple[int, View]]:
        """Return the views to search: a part that is all of the picture for large faces alone."""
        all_of_it = part == (0, 0, *size)
        view = View.fitted(size, self._size, LARGEST_SCALE, None if all_of_it else part)
        longer = max(view.width, view.height)
        useful = [by for by in REDUCTIONS if by == 1 or longer >= 2 * by * SMALLEST_IN_REDUCTION]
        return [(by, view.reduced(by)) for by in useful if by > 1 or not all_of_it]

    def _seen(self, frame: Frame, view: View, reduction: int) -> tuple[Boxes, Scores]:
        """Return what is found at one scale, in pixels of the picture."""
        picture = view.picture(frame).transpose(2, 0, 1)[None]
        heat, scale, offset, _ = self._network.run({self._input: picture.astype(np.float32)})
        boxes, scores = decoded(heat[0, 0], scale[0], offset[0], self._threshold)
        if reduction > 1:
            large = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) >= SMALLEST_IN_REDUCTION
            boxes, scores = boxes[large], scores[large]
        return view.placed(boxes), scores


def decoded(
    heat: NDArray[np.float32],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    threshold: float,
) -> tuple[Boxes, Scores]:
    """Return boxes in input pixels, and their scores, of every cell that is hot enough.

    heat: (h, w); scale, offset: (2, h, w), first of y, then of x.
    """
    rows, columns = np.nonzero(heat >= threshold)
    centres = np.stack([columns, rows], axis=1) + offset[::-1, rows, columns].T + 0.5
    halves = np.exp(np.minimum(scale[::-1, rows, columns].T, LARGEST)) / 2
    boxes = np.concatenate([centres - halves, centres + halves], axis=1) * CELL
    return boxes.astype(np.float32), heat[rows, columns]
