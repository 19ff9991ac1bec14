"""Find people with CenterNet, whole bodies of about 40 pixels or more, and screens."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.view import Boxes, Scores, View, regions, without_doubles
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.inference.session import Network

CELL = 4  # input pixels per cell of the output
SIZE = 512  # the size that the network was trained at
LARGEST_SCALE = 2.0
LARGEST_FOR_HEADS = 1.0
"""Of a still, where only heads are wanted: enlarged, 2569 heads in 200 stills became 7 more, all
of them doubtful, at twice the cost. Poses need bodies that are found more exactly."""
CLASSES = {Target.PERSON: (0,), Target.SCREEN: (62, 63, 67)}
"""Which of the 80 classes of COCO are meant; a screen is a television, laptop or telephone."""
SAME_THING = 0.6  # IoU; people who stand close overlap by less


class PersonFinder:
    """Finds the people of a picture, and with the same look its screens."""

    pace = Pace.WHOLE

    def __init__(
        self,
        network: Network,
        threshold: float = 0.15,
        also: Mapping[Target, float] | None = None,
        *,
        for_heads: bool = False,
    ) -> None:
        """Keep a loaded network.

        Args:
            network: "person-centernet".
            threshold: score from which on something counts as a person.
            also: other kinds of `CLASSES` with their thresholds.
            for_heads: nothing but heads will be made of what is found.
        """
        self._for_heads = for_heads
        self._network = network
        self._thresholds = {Target.PERSON: threshold, **(also or {})}
        self.kinds = frozenset(self._thresholds)
        (self._input,) = network.input_names

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return the people of the picture as displayed, then the rest; each the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2; 6.2.4.a.3-1.
        """
        loosely = self._for_heads and not frame.filmed
        largest = LARGEST_FOR_HEADS if loosely else LARGEST_SCALE
        view = View.fitted(frame.size, SIZE, largest, part)
        picture = view.picture(frame)[None].astype(np.float32)
        keypoints, reach = self._network.run({self._input: picture})
        found = []
        for kind, threshold in self._thresholds.items():
            heat = keypoints[0][:, :, CLASSES[kind]].max(axis=2)
            boxes, scores = _decoded(heat, reach[0], threshold)
            kept = without_doubles(boxes, scores, SAME_THING)
            found += regions(kind, view.placed(boxes[kept]), scores[kept], frame.size)
        return found


def _decoded(
    heat: NDArray[np.float32], reach: NDArray[np.float32], threshold: float
) -> tuple[Boxes, Scores]:
    """Return boxes in input pixels, and their scores, of every peak that is hot enough.

    heat: (h, w); reach: (h, w, 4), how far the box reaches left, up, right and down.
    """
    rows, columns = np.nonzero((heat >= threshold) & (heat >= _neighbourhood(heat)))
    centres = np.stack([columns, rows, columns, rows], axis=1) * CELL
    signs = np.array([-1, -1, 1, 1], np.float32)
    boxes = centres + signs * reach[rows, columns]
    return boxes.astype(np.float32), heat[rows, columns]


def _neighbourhood(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each cell the largest value of the 3x3 cells around it."""
    padded = np.pad(heat, 1, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    largest: NDArray[np.float32] = windows.max(axis=(2, 3))
    return largest
