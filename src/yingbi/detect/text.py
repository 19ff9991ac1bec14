"""Find lines of text with PP-OCR's detector, and the plates of vehicles among them."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.plates import plates, strokes_of
from yingbi.detect.view import View, regions
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.inference.session import Network
from yingbi.media.blobs import Blob, blobs

LARGEST_SCALE = 1.0
"""Of 37 plates brought to 12 or 16 pixels 35 are found so, and as many in the picture enlarged by 2."""
EDGE = 0.2  # from which on a pixel belongs to a line, once another of the line is sure enough
UNCLIP = 1.5  # the network was taught islands that are shrunken by as much
LARGEST_PLAIN, STROKES_OF_LARGE = 0.3, 9.0
"""A line higher than this share of what is searched must show so many strokes: without them
it is a wall, or a face close up, that the network takes for one line."""
FINER = 4 / 3
"""Text is searched in a picture so much larger than faces: of plates 16 pixels high in pictures of
1280 pixels it finds 49 of 56 then, instead of 39, and takes half as much time again."""
PART_AS_WHOLE = 1.5
"""A part counts as the whole of a picture that is so much longer at most."""
SMALLEST = 5.0  # canvas pixels; what is less high cannot be read


class TextFinder:
    """Finds lines of text in any script, and those that may be plates."""

    pace = Pace.PART

    def __init__(
        self,
        network: Network,
        targets: Collection[Target],
        size: int = 960,
        threshold: float = 0.5,
    ) -> None:
        """Keep a loaded network.

        Args:
            network: "text-ppocr".
            targets: TEXT, PLATE or both; both cost one look.
            size: longer side in pixels of the picture that is searched, before `FINER`.
            threshold: score from which on a line counts as text.
        """
        self._network = network
        self.kinds = self._targets = frozenset(targets) & {Target.TEXT, Target.PLATE}
        self._size = size * FINER
        self._threshold = threshold
        (self._input,) = network.input_names

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return the lines of the picture as displayed, and its plates, the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2.
        """
        view = View.fitted(frame.size, self._size, LARGEST_SCALE, part)
        picture = _without_edge(view, frame)
        lines = self._lines(picture)
        strokes = [strokes_of(picture, line) for line in lines]
        shorter = min(min(frame.size) * view.scale, PART_AS_WHOLE * min(view.width, view.height))
        found = []
        if Target.TEXT in self._targets:
            read = legible(lines, strokes, shorter)
            found += _placed(Target.TEXT, read, view, frame.size)
        if Target.PLATE in self._targets:
            found += _placed(Target.PLATE, plates(lines, strokes, shorter), view, frame.size)
        return sorted(found, key=lambda region: -region.score)

    def _lines(self, picture: NDArray[np.uint8]) -> list[Blob]:
        values = picture.astype(np.float32) / 127.5 - 1
        bgr = np.ascontiguousarray(values[:, :, ::-1].transpose(2, 0, 1)[None])
        (heat,) = self._network.run({self._input: bgr})
        found = blobs(heat[0, 0], min(EDGE, self._threshold), UNCLIP)
        return [
            line for line in found if line.score >= self._threshold and line.breadth >= SMALLEST
        ]


def legible(lines: Sequence[Blob], strokes: Sequence[float], shorter: float) -> list[Blob]:
    """Return the lines that are text: all but large smooth things, which have few strokes.

    shorter: canvas pixels of the shorter side of what is searched.
    """
    return [
        line
        for line, count in zip(lines, strokes, strict=True)
        if line.breadth <= LARGEST_PLAIN * shorter or count >= STROKES_OF_LARGE
    ]


def _without_edge(view: View, frame: Frame) -> NDArray[np.uint8]:
    """Return the canvas with the picture's last lines repeated where the picture ends.

    A black strip beside a plain wall makes the network see the whole wall as one line.
    """
    picture = view.picture(frame)
    width, height = frame.size
    right, bottom = round((width - view.left) * view.scale), round((height - view.top) * view.scale)
    if 0 < right < view.width:
        picture[:, right:] = picture[:, right - 1 : right]
    if 0 < bottom < view.height:
        picture[bottom:] = picture[bottom - 1 : bottom]
    return picture


def _placed(kind: Target, lines: list[Blob], view: View, size: tuple[int, int]) -> list[Region]:
    if not lines:
        return []
    corners = np.stack([line.corners for line in lines])
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    scores = np.array([line.score for line in lines], np.float32)
    return regions(kind, view.placed(boxes), scores, size)
