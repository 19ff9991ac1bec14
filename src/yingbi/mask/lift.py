"""One person's own film: what the mask takes from the picture, everybody else covered.

Where two people overlap, neither's film holds the shared pixels. So a person can
be lifted out of the masked film, or erased by key, without touching the others.

    content  length of head 4 | head: JSON | film, or the samples of a still
    head     {"v": 1, "track": n, "canvas": box, "frames": [[pts, x0, y0, x1, y1], ...],
              "still": null or [[shape, type], ...] of each frame's planes in turn}

Boxes are in the stored picture. Clause: 6.2.5.b; A.3-2; 6.2.3.e-2.
"""

import json
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from yingbi.domain.frame import Frame
from yingbi.domain.part import RoiFilm
from yingbi.domain.region import PEOPLE, Region, clipped
from yingbi.errors import SealBrokenError
from yingbi.mask.cover import reach
from yingbi.media.cutting import Cutting, cut, cuttings_of, film_of, whole_samples
from yingbi.media.film_info import FilmInfo

SEGMENT_S = 4.0
MOST_HELD_BYTES = 256 << 20
"""Crowds in large pictures are cut into shorter films, so that memory does not follow them."""
_LENGTH = 4
_WHAT = "one person's film"


class Lifter:
    """Takes frames before they are covered and gives back each person's film, by the clock."""

    def __init__(self, info: FilmInfo | None, *, crf: int, grow: float) -> None:
        """Begin before the first frame; info: None for a still."""
        self._info, self._crf, self._grow = info, crf, grow
        self._cuttings: dict[int, list[Cutting]] = {}
        self._first_s, self._last_s, self._held_bytes = 0.0, 0.0, 0
        self._labels: frozenset[str] = frozenset()

    def note(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[RoiFilm]:
        """Take a frame that is still clear; yield the films that its time completes."""
        over = frame.time_s - self._first_s >= SEGMENT_S or self._held_bytes > MOST_HELD_BYTES
        if self._cuttings and over:
            yield from self.finish()
        if not self._cuttings:
            self._first_s, self._labels = frame.time_s, frozenset()
        self._last_s, self._labels = frame.time_s, self._labels | labels
        theirs = (region for region in regions if region.kind in PEOPLE)
        for track in sorted({region.track for region in theirs if region.track is not None}):
            cutting = self._of(track, frame, regions)
            if cutting is not None:
                self._cuttings.setdefault(track, []).append(cutting)
                self._held_bytes += sum(plane.nbytes for plane in cutting.planes)

    def finish(self) -> Iterator[RoiFilm]:
        """Yield the film of everybody seen since the last."""
        cuttings, self._cuttings, self._held_bytes = self._cuttings, {}, 0
        for track, its in sorted(cuttings.items()):
            content = _packed(track, its, self._info, self._crf)
            span = self._first_s, self._last_s
            yield RoiFilm(content, track, *span, labels=tuple(sorted(self._labels)))

    def _of(self, track: int, frame: Frame, regions: Sequence[Region]) -> Cutting | None:
        """Return the person's place in the frame, all others covered in the copy."""
        boxes = [
            clipped(reach(region, self._grow), *frame.size)
            for region in regions
            if region.track == track
        ]
        shown = [frame.stored_box(box) for box in boxes if box is not None]
        if not shown:
            return None
        lows, highs = [box[:2] for box in shown], [box[2:] for box in shown]
        box = (*map(min, zip(*lows, strict=True)), *map(max, zip(*highs, strict=True)))
        cutting = cut(frame, whole_samples(box, frame.stored_size))
        for region in regions:
            if region.track != track:
                _cover(frame, cutting, region, self._grow)
        return cutting


def _cover(frame: Frame, cutting: Cutting, region: Region, grow: float) -> None:
    """Fill what of the region lies in the cutting, every sample that it touches."""
    shown = clipped(reach(region, grow), *frame.size)
    if shown is None:
        return
    x0, y0, x1, y1 = frame.stored_box(shown)
    left, top = cutting.box[0], cutting.box[1]
    for plane, samples in zip(frame.planes, cutting.planes, strict=True):
        x, y = plane.x_shift, plane.y_shift
        rows = slice(max(0, (y0 >> y) - (top >> y)), max(0, -(-y1 >> y) - (top >> y)))
        columns = slice(max(0, (x0 >> x) - (left >> x)), max(0, -(-x1 >> x) - (left >> x)))
        samples[rows, columns] = plane.fill if samples.ndim == 3 else plane.fill[0]


def _packed(track: int, cuttings: list[Cutting], info: FilmInfo | None, crf: int) -> bytes:
    if info is None:
        planes = [plane for cutting in cuttings for plane in cutting.planes]
        canvas, still = cuttings[0].box, [[p.shape, p.dtype.str] for p in planes]
        film = zlib.compress(b"".join(p.tobytes() for p in planes), 1)
    else:
        still = None
        canvas, film = film_of(cuttings, info, crf=crf)
    frames = [[cutting.pts, *cutting.box] for cutting in cuttings]
    head = json.dumps(
        {"v": 1, "track": track, "canvas": canvas, "frames": frames, "still": still}
    ).encode()
    return len(head).to_bytes(_LENGTH) + head + film


def lifted(content: bytes) -> Iterator[Cutting]:
    """Yield the cuttings of one person's film, in the order of time.

    Raises: SealBrokenError where it is not what `Lifter` makes.
    """
    try:
        end = _LENGTH + int.from_bytes(content[:_LENGTH])
        head = json.loads(content[_LENGTH:end])
        boxes = [(pts, (x0, y0, x1, y1)) for pts, x0, y0, x1, y1 in head["frames"]]
        (x0, y0, x1, y1), still = head["canvas"], head["still"]
        canvas = {1: (x0, y0, x1, y1)}[head["v"]]
    except (ValueError, KeyError, TypeError):
        raise SealBrokenError(what=_WHAT, reason="it is not of this version") from None
    if still is None:
        yield from cuttings_of(content[end:], canvas, boxes)
        return
    samples, at, planes = zlib.decompress(content[end:]), 0, []
    for shape, kind in still:
        count = int(np.prod(shape))
        planes.append(np.frombuffer(samples, kind, count, at).reshape(shape))
        at += count * np.dtype(kind).itemsize
    each = len(planes) // max(1, len(boxes))
    for number, (pts, box) in enumerate(boxes):
        yield Cutting(pts, box, tuple(planes[number * each : (number + 1) * each]))
