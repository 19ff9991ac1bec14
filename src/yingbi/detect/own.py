"""Find a target with a network that the user brought."""

from collections.abc import Sequence

import numpy as np

from yingbi.detect.decodings import KINDS
from yingbi.detect.parts import parts
from yingbi.detect.view import Boxes, Scores, View, regions, without_doubles
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.inference.session import Network
from yingbi.models.own import OwnModel

LARGEST_SCALE = 2.0
SAME_THING = 0.45  # IoU from which on two boxes are one thing


class OwnFinder:
    """Finds one target with a network of a known kind."""

    def __init__(
        self,
        network: Network,
        model: OwnModel,
        target: Target,
        *,
        size: int,
        threshold: float,
    ) -> None:
        """Keep a loaded network.

        Args:
            network: takes (1, 3, height, width).
            model: its kind, one of `KINDS`, and which of its classes are meant.
            target: what its boxes are.
            size: longer side in pixels of the picture that is searched; a network of a fixed
                size that is smaller searches the picture in parts as well.
            threshold: score from which on something counts.
        """
        self._network, self._kind, self._target = network, KINDS[model.kind], target
        self._size, self._threshold, self._classes = size, threshold, model.classes
        self.kinds = frozenset({target})
        self.pace = Pace.QUICK if target is Target.FACE else Pace.PART
        self._input = network.input_names[0]
        self._fixed = _fixed(network.input_shapes[0])

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return what the network sees in the picture as displayed, the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2.
        """
        found = [self._seen(frame, place) for place in self._places(frame.size, part)]
        boxes = np.concatenate([boxes for boxes, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        kept = without_doubles(boxes, scores, SAME_THING)
        return regions(self._target, boxes[kept], scores[kept], frame.size)

    def _places(self, size: tuple[int, int], part: BoxXYXY | None) -> Sequence[BoxXYXY | None]:
        if part is not None or self._fixed is None or max(self._fixed) >= self._size:
            return [part]
        return [None, *parts(size, round(max(size) * max(self._fixed) / self._size))]

    def _seen(self, frame: Frame, part: BoxXYXY | None) -> tuple[Boxes, Scores]:
        """Return what is found in one place, in pixels of the picture."""
        view = self._view(frame.size, part)
        picture = view.picture(frame).astype(np.float32) / self._kind.divided_by
        if self._kind.colours == "bgr":
            picture = picture[:, :, ::-1]
        taken = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
        given = self._network.run({self._input: taken})
        outputs = dict(zip(self._network.output_names, given, strict=True))
        boxes, scores, classes = self._kind.decode(
            outputs, (view.width, view.height), self._threshold
        )
        if self._classes:
            meant = np.isin(classes, self._classes)
            boxes, scores = boxes[meant], scores[meant]
        return view.placed(boxes), scores

    def _view(self, size: tuple[int, int], part: BoxXYXY | None) -> View:
        if self._fixed is None:
            return View.fitted(size, self._size, LARGEST_SCALE, part)
        x0, y0, x1, y1 = part or (0, 0, *size)
        width, height = self._fixed
        return View(min(width / (x1 - x0), height / (y1 - y0)), width, height, x0, y0)


def _fixed(shape: Sequence[int | None]) -> tuple[int, int] | None:
    """Return the (width, height) that a network insists on, or None where any will do."""
    _, _, height, width = shape
    return None if width is None or height is None else (width, height)
