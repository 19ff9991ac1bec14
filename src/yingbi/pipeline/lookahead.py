"""When and where the networks look: as seldom and as little as is safe.

Frames wait in stretches of up to eight. The networks look at a stretch's last frame,
and there only where something moved since they last looked. What is seen at both ends,
near enough to be surely the same, is interpolated by the tracker. Where the ends
disagree, or something moved in between and was gone at the end, they look at the
middle too, around the doubt, and so on by halves. Every other frame goes on with what
stands still in it; the tracker holds and bridges the rest.

Clause: 6.2.1.f-2; 4.2.a.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Region, Target, area, grown, overlap
from yingbi.pipeline.gate import (
    CELL,
    Cells,
    Signature,
    bounds,
    cells_of,
    changed,
    signature,
    tiles,
    touches,
    widened,
)

MOST_FRAMES, MOST_S = 8, 0.38
"""A stretch is no longer than this, unless a single frame is; whoever is seen at both ends is held
at least as long, or would be lost between them."""
SWEEP_S = 2.0
"""All of the picture is searched again after this time, also where nothing moved."""
TILE, TILE_OVERLAP, LARGE = 320, 96, 1280
"""Pixels of a tile in pictures whose longer side is LARGE or more; in smaller ones it shrinks."""
LEAST_ROOM = 48
"""Pixels of half a square in which somebody is looked at again whom a tile cuts."""
MOST_SHARE = 0.8
"""Searching the whole picture costs less than tiles that need so large a share of its canvas."""
DOUBT = 0.4
"""Whoever is seen at one end with at least this score has to be found in the middle too."""
FINEST = 1
"""Frames that are this near to each other have nothing between them to be looked at."""
NEAR = 0.8
"""What moved by more than this share of its size between two looks is not surely the same."""
LEAP = 1.0
"""Nobody moves by more of their size than this from one frame to the next."""
TRANSIENT_CELLS = 3
"""As many cells as this that changed in the middle alone are worth a look."""
TURNING_CELLS = 2
"""The same beside somebody's place at the ends: they may have turned back in between."""

Found = tuple[Frame, list[Region]]


class Eyes(Protocol):
    """What looks at a frame. quick, whole: kinds that `glance` and that `survey` find."""

    @property
    def quick(self) -> frozenset[Target]:
        """Kinds that are worth a look in the middle of a stretch."""

    @property
    def whole(self) -> frozenset[Target]:
        """Kinds that are found in whole pictures alone."""

    def glance(self, frame: Frame, part: BoxXYXY | None) -> list[Region]:
        """Look for the quick kinds in a box of the displayed picture, or in all of it."""

    def examine(self, frame: Frame, part: BoxXYXY | None) -> list[Region]:
        """Look for all kinds that are found in parts, the quick ones too."""

    def survey(self, frame: Frame) -> list[Region]:
        """Look at all of the picture for the kinds that need it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What was known when a frame had been looked at. seen: by cell, what the networks saw."""

    seen: Signature
    regions: list[Region]
    swept_s: float


@dataclass(slots=True)
class _Waiting:
    frame: Frame
    now: Signature
    regions: list[Region]


def look_ahead(frames: Iterable[Frame], eyes: Eyes) -> Iterator[Found]:
    """Yield every frame, in order, with what was seen in it or surely still is there.

    frames: of one film, all of one size.
    """
    last: _Look | None = None
    stretch: list[_Waiting] = []
    begins_s = 0.0
    for frame in frames:
        waiting = _Waiting(frame, signature(frame), [])
        if last is None:
            waiting.regions = _all_over(frame, eyes)
            last = _Look(waiting.now, waiting.regions, frame.time_s)
            begins_s = frame.time_s
            yield frame, waiting.regions
            continue
        stretch.append(waiting)
        step_s = frame.time_s - (stretch[-2].frame.time_s if len(stretch) > 1 else begins_s)
        if len(stretch) >= MOST_FRAMES or frame.time_s + step_s - begins_s > MOST_S:
            last = _Stretch(last, stretch, eyes).search()
            begins_s = frame.time_s
            yield from ((one.frame, one.regions) for one in stretch)
            stretch = []
    if last is not None and stretch:
        _Stretch(last, stretch, eyes).search()
        yield from ((one.frame, one.regions) for one in stretch)


class _Stretch:
    """The frames after the one looked at last, up to the one looked at next."""

    def __init__(self, before: _Look, frames: Sequence[_Waiting], eyes: Eyes) -> None:
        self._before, self._frames, self._eyes = before, frames, eyes
        self._moved = [changed(before.seen, one.now) for one in frames]

    def search(self) -> _Look:
        """Give every frame its regions; return what is known at the last one."""
        after = self._look_at_the_end()
        self._stand_still()
        last = len(self._frames) - 1
        self._frames[last].regions = after.regions
        doubts = self._doubts(self._before.regions, after.regions)
        self._halve(-1, last, doubts)
        for at, cells in self._transients(last):
            self._look_around(at, cells)
        return after

    def _look_at_the_end(self) -> _Look:
        """Look at the last frame, all over or where something moved."""
        end, moved, before = self._frames[-1], self._moved[-1], self._before
        frame = end.frame
        due = frame.time_s - before.swept_s >= SWEEP_S
        if not moved.any() and not due:
            return before
        near = widened(moved) | _near(frame, before.regions, moved)
        parts = _parts(frame, near)
        if due or _costly(frame, parts):
            return _Look(end.now, _all_over(frame, self._eyes), frame.time_s)
        kept = [
            one
            for one in before.regions
            if one.kind not in self._eyes.whole and not touches(frame, one.box, near)
        ]
        found = self._whole_ones(frame, parts, self._eyes.examine)
        if _larger_than_a_tile(near, _side(frame)):
            found += self._eyes.glance(frame, (0, 0, *frame.size))
        regions = _merged(kept, found)
        seen = np.where(_by_sample(near), end.now, before.seen)
        return _Look(seen, regions + self._eyes.survey(frame), before.swept_s)

    def _stand_still(self) -> None:
        """Let every frame go on with what did not move in it since the last look."""
        for one, moved in zip(self._frames, self._moved, strict=True):
            near = widened(moved)
            one.regions = [
                region
                for region in self._before.regions
                if not touches(one.frame, region.box, near)
            ]

    def _halve(self, low: int, high: int, doubts: Sequence[Region]) -> None:
        """Look between two frames around what is seen at one of them only; -1 is the one before."""
        if high - low <= FINEST or not doubts:
            return
        middle = (low + high) // 2
        found, places = self._search(middle, doubts, high - low)
        early = self._before.regions if low < 0 else self._frames[low].regions
        late = self._frames[high].regions
        self._halve(low, middle, [one for one in self._doubts(early, found) if _in(one, places)])
        self._halve(middle, high, [one for one in self._doubts(found, late) if _in(one, places)])

    def _search(
        self, at: int, doubts: Sequence[Region], gap: int
    ) -> tuple[list[Region], list[BoxXYXY]]:
        """Look for some people in the middle of a gap, where they were and then farther away.

        Return what was found, and where it was looked for.
        """
        frame, moved = self._frames[at].frame, self._moved[at]
        near = [grown(one.box, 0.75) for one in doubts]
        found = self._look_around(at, cells_of(frame, near, moved.shape))
        lost = [
            one
            for one, place in zip(doubts, near, strict=True)
            if not any(_alike(one, other) and _in(other, [place]) for other in found)
        ]
        far = list(_ways(lost, gap, frame.size))
        cells = cells_of(frame, far, moved.shape) & widened(moved)
        if cells.any():
            found = _merged(found, self._look_around(at, cells))
        return found, near + far

    def _look_around(self, at: int, cells: Cells) -> list[Region]:
        """Look at some cells of a frame; return what is in them."""
        one = self._frames[at]
        parts = _parts(one.frame, cells)
        if _costly(one.frame, parts):
            found = self._eyes.glance(one.frame, None)
        else:
            found = self._whole_ones(one.frame, parts, self._eyes.glance)
        found = _merged([], found)
        one.regions = _merged(one.regions, found)
        return found

    def _whole_ones(
        self, frame: Frame, parts: Iterable[BoxXYXY], look: Callable[[Frame, BoxXYXY], list[Region]]
    ) -> list[Region]:
        """Return what is seen in parts; whoever one of them cuts is looked at again, with room."""
        whole: list[Region] = []
        cut: list[Region] = []
        for part in parts:
            for one in look(frame, part):
                wanting = one.kind in self._eyes.quick and _cut(one.box, part, frame.size)
                (cut if wanting else whole).append(one)
        again: list[Region] = []
        for one in cut:
            if not any(_shown(one, other) for other in [*whole, *again]):
                seen = self._eyes.glance(frame, _room(one.box, frame.size))
                again += seen if any(_shown(one, other) for other in seen) else [*seen, one]
        return whole + again

    def _doubts(self, early: Sequence[Region], late: Sequence[Region]) -> list[Region]:
        """Return what is seen at one end and not surely, the same, at the other."""
        return [*self._alone(early, late), *self._alone(late, early)]

    def _alone(self, here: Sequence[Region], there: Sequence[Region]) -> Iterator[Region]:
        clear = [one for one in here if one.score >= DOUBT and one.kind in self._eyes.quick]
        return (one for one in clear if not any(_same(one, other) for other in there))

    def _transients(self, last: int) -> Iterator[tuple[int, Cells]]:
        """Yield the frames in which something moved that was gone at the end.

        Of what came and went anywhere, the frame where it was largest; and each frame in
        which somebody turned back on their way, beside what their mask will cover.
        """
        gone = [moved & ~self._moved[last] for moved in self._moved[:last]]
        apart = [cells & ~widened(self._moved[last]) for cells in gone]
        sizes = [int(cells.sum()) for cells in apart]
        at = int(np.argmax(sizes)) if sizes else -1
        if at >= 0 and sizes[at] >= TRANSIENT_CELLS:
            yield at, widened(apart[at])
        ends = [*self._before.regions, *self._frames[last].regions]
        quick = [one.box for one in ends if one.kind in self._eyes.quick and one.score >= DOUBT]
        if not quick:
            return
        frame, shape = self._frames[last].frame, self._moved[last].shape
        beside = cells_of(frame, (grown(box, 0.6) for box in quick), shape)
        covered = cells_of(frame, _whole_cells(grown(box, 0.2) for box in quick), shape)
        ways = [int((cells & beside & ~covered).sum()) for cells in gone]
        at = int(np.argmax(ways)) if ways else -1
        if at >= 0 and ways[at] >= TURNING_CELLS:
            yield at, widened(gone[at] & beside)


def _ways(doubts: Sequence[Region], frames: int, size: tuple[int, int]) -> Iterator[BoxXYXY]:
    """Yield where those may be in the middle of so many frames who are seen at one end alone.

    They came over the border, or are like somebody at the other end who is near enough.
    """
    for one in doubts:
        far = grown(one.box, LEAP * frames)
        outside = far[0] < 0 or far[1] < 0 or far[2] > size[0] or far[3] > size[1]
        if outside or any(_alike(one, other) and _in(other, [far]) for other in doubts):
            yield grown(one.box, 0.75 + LEAP * frames / 2)


def _alike(a: Region, b: Region) -> bool:
    """Return whether both may be one thing, of one kind and about as large."""
    small, large = sorted((area(a.box), area(b.box)))
    return a is not b and a.kind is b.kind and small > 0.4 * large


def _whole_cells(boxes: Iterable[BoxXYXY]) -> Iterator[BoxXYXY]:
    """Yield boxes that touch those cells alone that lie in the given ones all over."""
    edge = CELL - 1
    for x0, y0, x1, y1 in boxes:
        if x1 - x0 > 2 * edge and y1 - y0 > 2 * edge:
            yield x0 + edge, y0 + edge, x1 - edge, y1 - edge


def _near(frame: Frame, regions: Sequence[Region], moved: Cells) -> Cells:
    """Return the cells of everybody on whom something moved."""
    boxes = [grown(one.box, 0.25) for one in regions if touches(frame, one.box, moved)]
    return cells_of(frame, boxes, moved.shape)


def _side(frame: Frame) -> int:
    """Return the pixels along a tile of the frame."""
    return _in_cells(TILE, frame)


def _in_cells(length: int, frame: Frame) -> int:
    return round(length * min(1.0, max(frame.size) / LARGE) / CELL) * CELL


def _parts(frame: Frame, cells: Cells) -> list[BoxXYXY]:
    """Return the tiles of the displayed picture that show all the cells."""
    found = tiles(cells, _side(frame), _in_cells(TILE_OVERLAP, frame))
    return [frame.displayed_box(square) for square in found]


def _cut(box: BoxXYXY, part: BoxXYXY, size: tuple[int, int]) -> bool:
    """Return whether a box reaches a part's edge that is not the picture's."""
    low = any(part[n] > 0 and box[n] <= part[n] + 1 for n in (0, 1))
    return low or any(part[n] < size[n - 2] and box[n] >= part[n] - 1 for n in (2, 3))


def _room(box: BoxXYXY, size: tuple[int, int]) -> BoxXYXY:
    """Return a square around a box of which but a part may be seen; of few sizes."""
    x, y = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
    half = LEAST_ROOM
    while half < 2 * max(box[2] - box[0], box[3] - box[1]):
        half *= 2
    return max(0, x - half), max(0, y - half), min(size[0], x + half), min(size[1], y + half)


def _costly(frame: Frame, parts: Iterable[BoxXYXY]) -> bool:
    """Return whether searching the parts costs more than searching the whole picture."""
    width, height = frame.size
    reduced = min(1.0, (LARGE / max(width, height)) ** 2)  # parts are searched at full size
    return sum(map(area, parts)) > MOST_SHARE * reduced * width * height


def _larger_than_a_tile(cells: Cells, side: int) -> bool:
    x0, y0, x1, y1 = bounds(cells) or (0, 0, 0, 0)
    return max(x1 - x0, y1 - y0) > side


def _by_sample(cells: Cells) -> Cells:
    """Return the cells as samples of a signature."""
    return np.repeat(np.repeat(cells, 4, axis=0), 4, axis=1)


def _all_over(frame: Frame, eyes: Eyes) -> list[Region]:
    return eyes.examine(frame, None) + eyes.survey(frame)


def _same(a: Region, b: Region) -> bool:
    """Return whether both are surely one thing: of one kind and size, not far away."""
    if a.kind is not b.kind:
        return False
    width, height = a.box[2] - a.box[0], a.box[3] - a.box[1]
    other_width, other_height = b.box[2] - b.box[0], b.box[3] - b.box[1]
    alike = min(width, other_width) / max(width, other_width)
    x = abs(a.box[0] + a.box[2] - b.box[0] - b.box[2]) / 2
    y = abs(a.box[1] + a.box[3] - b.box[1] - b.box[3]) / 2
    near = x <= NEAR * max(width, other_width) and y <= NEAR * max(height, other_height)
    return near and alike > 0.6 and min(height, other_height) / max(height, other_height) > 0.6


def _in(region: Region, boxes: Sequence[BoxXYXY]) -> bool:
    x, y = (region.box[0] + region.box[2]) / 2, (region.box[1] + region.box[3]) / 2
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in boxes)


def _merged(kept: Sequence[Region], found: Sequence[Region]) -> list[Region]:
    """Return all regions but those that tiles show twice, the surer one of each."""
    merged = list(kept)
    for one in sorted(found, key=lambda region: -region.score):
        if not any(_twice(one, other) for other in merged):
            merged.append(one)
    return merged


def _twice(a: Region, b: Region) -> bool:
    """Return whether both are one thing, seen whole and in part."""
    if a.kind is not b.kind:
        return False
    return overlap(a.box, b.box) > 0.3 or _inside(a.box, b.box) > 0.7


def _shown(part: Region, whole: Region) -> bool:
    """Return whether what is seen in part is surely the other, which is as large at least."""
    return _twice(part, whole) and area(whole.box) >= area(part.box)


def _inside(a: BoxXYXY, b: BoxXYXY) -> float:
    """Return which share of the smaller box lies in the other."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(area(a), area(b))
