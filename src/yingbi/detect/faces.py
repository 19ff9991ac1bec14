"""Find faces with CenterFace: recall first, a face too many costs little."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.closer import Closer
from yingbi.detect.view import STRIDE, Boxes, Scores, View, regions, without_doubles
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.inference.session import Network

CELL = 4  # input pixels per cell of the output
LARGEST_SCALE = 2.0  # beyond it nothing is found that was not found before
LARGEST = 10.0  # logarithm of cells; a box beyond it covers every picture anyway
SAME_FACE = 0.3  # IoU from which on two boxes are one face

REDUCTIONS = (1, 3, 7)
"""A part is searched at full size, at a third and at a seventh of it.

A face that fills the picture is larger than the network can see at full size: of faces
as high as the picture it finds 0.05 to 0.7 there, 0.85 to 0.9 with the reductions. They
cost an eighth of the full size's time.
"""
SMALLEST_IN_REDUCTION = 32  # input pixels; what is smaller is seen better at full size

MOST_AT_ONCE, SEAM = 600_000, 64
"""Input pixels that the network takes at once; what is larger is cut, and each piece sees so many
pixels of its neighbours. It needs 200 bytes a pixel: in one piece 1280x736 took 73 MB more."""

GLANCED_WHOLE, LEAST_GLANCE = 640, 2 / 3
"""Pixels of the longer side up to which a whole picture is first looked at in its own size,
and the scale that larger ones are looked at at least: in the own size a glance shows 109 of 110
faces of 12 to 31 pixels, many of them too faintly to be called faces, in two thirds 105."""
ENLARGED_TO = 256  # pixels to which the longer side of tiny pictures is brought
GLANCES = (1.0, 7 / 2, 8.0)
"""It is looked at in these reductions of that as well, for large faces."""
DOUBT, CLEAR = 0.03, 0.3
"""What scores between is looked at closer, which tells faces from what they are not. That
costs a third of searching the whole picture enlarged, and finds more of those turned."""
SURER = 1.5
"""So many thresholds must the closer look see: who looks at many places sees more by chance."""
LEAST_INSIDE = 0.1
"""A face of which less lies in the picture shows nobody, and would be a line along the border."""
EXPLAINED, AROUND = 0.8, 0.15
"""A doubt of which so much lies in a clear face, grown by this share, is that face."""


class FaceFinder:
    """Finds every face of a picture, of any size from about 10 pixels on."""

    kinds = frozenset({Target.FACE})
    pace = Pace.QUICK

    def __init__(
        self,
        network: Network,
        size: int = 960,
        threshold: float = 0.12,
        *,
        thorough: bool = False,
    ) -> None:
        """Keep a loaded network.

        Args:
            network: "face-centerface".
            size: longer side in pixels of the picture that is searched.
            threshold: score from which on something counts as a face.
            thorough: search whole pictures enlarged all over, not only where there is doubt.
        """
        self._network = network
        self._size = size
        self._thorough = thorough
        self._threshold = threshold
        (self._input,) = network.input_names

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return the faces of the picture as displayed, the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2; 6.2.4.a.3-1.
        """
        # In films a glance costs more than it saves: where all of a frame is searched much moved.
        glancing = part is None and not (self._thorough or frame.filmed)
        boxes, scores = self._glance(frame) if glancing else self._searched(frame, part)
        shown = _inside(boxes, frame.size) >= LEAST_INSIDE
        boxes, scores = boxes[shown], scores[shown]
        kept = without_doubles(boxes, scores, SAME_FACE)
        return regions(Target.FACE, boxes[kept], scores[kept], frame.size)

    def _searched(self, frame: Frame, part: BoxXYXY | None) -> tuple[Boxes, Scores]:
        """Return what is seen in a part; one that is all of the picture is for large faces alone."""
        all_of_it = part == (0, 0, *frame.size)
        view = View.fitted(frame.size, self._size, LARGEST_SCALE, None if all_of_it else part)
        useful = [by for by in _useful(view, REDUCTIONS) if by > 1 or not all_of_it]
        return self._at(frame, view, useful, self._threshold, 1)

    def _glance(self, frame: Frame) -> tuple[Boxes, Scores]:
        """Return what is seen in the whole picture, after a closer look where there is doubt."""
        view = View.fitted(frame.size, self._size, _glanced(frame.size))
        faint = min(DOUBT, self._threshold)
        boxes, scores = self._at(frame, view, _useful(view, GLANCES), faint, GLANCES[1])
        sure = scores >= self._threshold
        closer = Closer.at(boxes[_doubtful(boxes, scores)])
        enlarged = View.fitted(frame.size, self._size, LARGEST_SCALE)
        if closer.pixels > enlarged.width * enlarged.height:
            return _joined([(boxes[sure], scores[sure]), self._searched(frame, None)])
        if not closer.views:
            return boxes[sure], scores[sure]
        seen, seen_scores = self._judged(frame, closer)
        new = ~_explained(seen, boxes[scores >= CLEAR])
        return _joined([(boxes[sure], scores[sure]), (seen[new], seen_scores[new])])

    def _judged(self, frame: Frame, closer: Closer) -> tuple[Boxes, Scores]:
        """Return what is found in places looked at closer, in pixels of the picture."""
        boxes, scores = self._ran(closer.picture(frame), min(SURER * self._threshold, CLEAR))
        placed, whole = closer.placed(boxes)
        return placed[whole], scores[whole]

    def _at(
        self,
        frame: Frame,
        view: View,
        reductions: Iterable[float],
        threshold: float,
        exact: float,
    ) -> tuple[Boxes, Scores]:
        """Return what is found at several scales, in pixels of the picture.

        exact: up to this reduction small things count as well.
        """
        found = [(np.empty((0, 4), np.float32), np.empty(0, np.float32))]
        for by in reductions:
            reduced = view.reduced(by)
            boxes, scores = self._ran(reduced.picture(frame), threshold)
            least = SMALLEST_IN_REDUCTION if by > exact else 0
            large = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) >= least
            found.append((reduced.placed(boxes[large]), scores[large]))
        return _joined(found)

    def _ran(self, canvas: NDArray[np.uint8], threshold: float) -> tuple[Boxes, Scores]:
        """Return boxes of a canvas (H, W, 3) with their scores."""
        heat, scale, offset = self._maps(canvas)
        return decoded(heat[0], scale, offset, threshold)

    def _maps(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Return heat, scale and offset, each (C, H / 4, W / 4), of a canvas, (H, W, 3)."""
        height, width, _ = picture.shape
        along, length = (1, width) if width >= height else (0, height)
        count = -(-height * width // MOST_AT_ONCE)
        cuts = [round(length * n / count / STRIDE) * STRIDE for n in range(count + 1)]
        pieces = []
        for start, end in pairwise(cuts):
            low, high = max(0, start - SEAM), min(length, end + SEAM)
            piece = picture[:, low:high] if along else picture[low:high]
            planes = np.ascontiguousarray(piece.transpose(2, 0, 1)[None], np.float32)
            own = slice((start - low) // CELL, (end - low) // CELL)
            maps = [one[0] for one in self._network.run({self._input: planes})[:3]]
            pieces.append([one[:, :, own] if along else one[:, own] for one in maps])
        return [np.concatenate(maps, axis=1 + along) for maps in zip(*pieces, strict=True)]


def _useful(view: View, reductions: Sequence[float]) -> list[float]:
    """Return the reductions in which a face can be large enough to be kept."""
    longer = max(view.width, view.height)
    return [by for by in reductions if by == 1 or longer >= 2 * by * SMALLEST_IN_REDUCTION]


def _joined(found: Iterable[tuple[Boxes, Scores]]) -> tuple[Boxes, Scores]:
    boxes, scores = zip(*found, strict=True)
    return np.concatenate(boxes), np.concatenate(scores)


def _glanced(size: tuple[int, int]) -> float:
    """Return the scale of the first look at a picture of (width, height) pixels."""
    longer = max(size)
    enlarged = min(LARGEST_SCALE, ENLARGED_TO / longer)
    return max(enlarged, min(1.0, max(LEAST_GLANCE, GLANCED_WHOLE / longer)))


def _doubtful(boxes: Boxes, scores: Scores) -> NDArray[np.intp]:
    """Return the indices of what may be a face and lies in no clear one, each once."""
    kept = without_doubles(boxes, scores, SAME_FACE)
    clear, doubts = kept[scores[kept] >= CLEAR], kept[scores[kept] < CLEAR]
    return doubts[~_explained(boxes[doubts], boxes[clear])]


def _inside(boxes: Boxes, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return which share of each box lies in a picture of (width, height) pixels."""
    sides = boxes[:, 2:] - boxes[:, :2]
    shown = boxes[:, 2:].clip(0, size) - boxes[:, :2].clip(0, size)
    share: NDArray[np.float32] = np.prod(shown, axis=1) / np.prod(sides, axis=1)
    return share


def _explained(boxes: Boxes, clear: Boxes) -> NDArray[np.bool_]:
    """Return which boxes lie in one of the clear ones: they are parts of what is covered."""
    edge = (clear[:, 2:] - clear[:, :2]) * np.float32(AROUND)
    low = np.maximum(clear[:, :2] - edge, boxes[:, None, :2])
    high = np.minimum(clear[:, 2:] + edge, boxes[:, None, 2:])
    inside = np.prod((high - low).clip(0), axis=2).max(axis=1, initial=0.0)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    explained: NDArray[np.bool_] = inside >= EXPLAINED * areas
    return explained


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
