"""Of all lines of text, find those that are private, and those that nobody can be sure of.

Lines are read where they are new and kept in mind by place, since reading costs more than finding.
What is kept lies in memory, for one film, and no `repr` shows it.

Clause: 6.2.1.f-2; 6.2.3-1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import local

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.reader import TextReader
from yingbi.detect.text import TextFinder
from yingbi.domain.frame import Frame
from yingbi.domain.private_text import UNREAD, private_classes
from yingbi.domain.region import BoxXYXY, Pace, Region, Target, area, clipped, overlap
from yingbi.media.upright import upright_crop

SURE = 0.85
"""Mean likelihood of its characters from which on a line counts as read."""
LEGIBLE = 6.0
"""Pixels along the line for each sign at least, or it does not count as read: of residents' numbers
with digits 5 pixels high and 4 wide 2 of 10 were read wrongly without doubt, with 7 and 6 none."""
ROW_GAP = 3.0
"""Lines of one row are this near to each other, in shares of their height: parts of one number."""
SAME = 0.9
"""A line that covers so much (IoU) of one that was judged, and looks like it, is not read again."""
STICKS, STICKS_S = 0.3, 1.0
"""A line that covers so much (IoU) of a place where one was private so shortly before is private."""
SMALL, DIFFERENT = (64, 16), 24
"""Width and height of a line's small picture, and by how much a grey of it may differ where its
darkest is 0 and its lightest 255: faint text that changes looks as different as any other."""
FAINT = 4
"""With less contrast than so many greys nobody can tell whether a line is still the same."""
FRESH_S = 1.0
"""So long after it was read a line is taken for public unread; a private one stays private."""
MOST_KEPT = 512
MOSTLY = 0.5
"""Share of a cut line that lies in a whole one, where both are the same."""
BESIDE = 2.0
"""Of a line that a part cuts, so many heights above and below are searched all across."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A line that was read, at read_s, and seen until time_s. looks: (h, w) grey, a small picture."""

    box: BoxXYXY
    time_s: float
    read_s: float
    looks: NDArray[np.int16] = field(repr=False)
    text: str = field(repr=False)
    kinds: frozenset[str]


class _Memory(local):
    """What one thread remembers of the film that it works at."""

    judged: tuple[_Judged, ...] = ()
    index: int = 0


class LineJudge:
    """Says of lines of text what is private in them.

    A line counts as private where its pattern says so, alone or with the rest of its row; where
    it was not read surely; where in a film the line in its place was private shortly before.
    """

    def __init__(self, reader: TextReader) -> None:
        """Keep who reads lines."""
        self._reader = reader
        self._memory = _Memory()

    def judged(self, frame: Frame, lines: Sequence[Region]) -> list[tuple[Region, frozenset[str]]]:
        """Return each line with the classes of private text in it, empty where there are none.

        lines: as the finder gives them; those of a row are judged together too.
        """
        before = self._remembered(frame)
        read = [self._read(frame, line.box, before) for line in lines]
        kinds = [one.kinds | _stuck(one, before) for one in read]
        for row in _rows([line.box for line in lines]):
            together = private_classes(" ".join(read[at].text for at in row))
            new = together.difference(*(read[at].kinds for at in row))
            for at in row:
                kinds[at] |= new
        now = tuple(replace(one, kinds=its) for one, its in zip(read, kinds, strict=True))
        self._memory.judged = (*now, *before)[:MOST_KEPT]
        return list(zip(lines, kinds, strict=True))

    def _remembered(self, frame: Frame) -> tuple[_Judged, ...]:
        """Return what was judged in this film before; a still has no before."""
        memory = self._memory
        goes_on = frame.filmed and frame.index >= memory.index
        memory.index = frame.index
        return memory.judged if goes_on else ()

    def _read(self, frame: Frame, box: BoxXYXY, before: Sequence[_Judged]) -> _Judged:
        looks = upright_crop(frame, box, *SMALL).mean(axis=2).astype(np.int16)
        for one in before:
            if overlap(one.box, box) < SAME or not _alike(one.looks, looks):
                continue
            if one.kinds or (frame.time_s - one.read_s <= FRESH_S and np.ptp(looks) >= FAINT):
                return replace(one, box=box, time_s=frame.time_s)
        line = self._reader.read(frame, box)
        surely = line.sure >= SURE and line.each >= LEGIBLE
        kinds = private_classes(line.text) | (frozenset() if surely else {UNREAD})
        return _Judged(box, frame.time_s, frame.time_s, looks, line.text, kinds)


class PrivateText:
    """Finds private lines of text, and passes on what else its finder finds."""

    def __init__(self, finder: TextFinder, judge: LineJudge) -> None:
        """Keep who finds lines and who judges them."""
        self._finder, self._judge = finder, judge
        self.kinds = finder.kinds

    @property
    def pace(self) -> Pace:
        """As lines are found."""
        return self._finder.pace

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return private lines and plates of the picture as displayed, the surest first.

        part: the only box of the displayed picture to be searched; None searches all of it.

        Clause: 6.2.1.f-2.
        """
        found = self._finder.find(frame, part)
        kept = [region for region in found if region.kind is not Target.TEXT]
        lines, torn = self._whole(frame, _lines(found), part)
        # Half a number tells nothing about the other half.
        kept += [replace(region, read=frozenset({UNREAD})) for region in torn]
        judged = self._judge.judged(frame, lines)
        kept += [replace(region, read=kinds) for region, kinds in judged if kinds]
        return sorted(kept, key=lambda region: -region.score)

    def _whole(
        self, frame: Frame, lines: Sequence[Region], part: BoxXYXY | None
    ) -> tuple[list[Region], list[Region]]:
        """Return the lines, those that the part cuts seen whole, and those that still are cut."""
        if part is None:
            return list(lines), []
        whole = [line for line in lines if not _cut(line.box, part, frame.size)]
        torn: list[Region] = []
        looked: dict[BoxXYXY, list[Region]] = {}
        for line in lines:
            if not _cut(line.box, part, frame.size):
                continue
            strip = next((one for one in looked if _share(line.box, one) == 1), None)
            if strip is None:
                strip = _strip(line.box, frame.size)
                seen = _lines(self._finder.find(frame, strip))
                looked[strip] = [one for one in seen if not _cut(one.box, strip, frame.size)]
            around = [one for one in looked[strip] if _share(line.box, one.box) >= MOSTLY]
            torn += [] if around else [line]
            whole += [one for one in around if one not in whole]
        return whole, torn


def _lines(regions: Sequence[Region]) -> list[Region]:
    return [region for region in regions if region.kind is Target.TEXT]


def _alike(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    """Return whether two small pictures are the same, each by its own contrast."""
    return bool(abs(_stretched(one) - _stretched(other)).max() <= DIFFERENT)


def _stretched(looks: NDArray[np.int16]) -> NDArray[np.float64]:
    above: NDArray[np.float64] = (looks - looks.min()).astype(np.float64)
    return above * (255 / max(1.0, float(above.max())))


def _stuck(line: _Judged, before: Sequence[_Judged]) -> frozenset[str]:
    """Return for what the place of the line was private shortly before; unread does not count."""
    near = (
        one.kinds - {UNREAD}
        for one in before
        if line.time_s - one.time_s <= STICKS_S and overlap(one.box, line.box) >= STICKS
    )
    return frozenset[str]().union(*near)


def _rows(boxes: Sequence[BoxXYXY]) -> Iterator[list[int]]:
    """Yield the places, from left to right, of lines that stand in one row, two or more."""
    waiting = sorted(range(len(boxes)), key=lambda at: boxes[at][0])
    while waiting:
        row = [waiting.pop(0)]
        for at in list(waiting):
            if _follows(boxes[row[-1]], boxes[at]):
                row.append(at)
                waiting.remove(at)
        if len(row) > 1:
            yield row


def _follows(left: BoxXYXY, right: BoxXYXY) -> bool:
    """Return whether the right line goes on where the left one ends."""
    low, high = sorted((left[3] - left[1], right[3] - right[1]))
    shared = min(left[3], right[3]) - max(left[1], right[1])
    return 2 * shared >= low and 2 * low >= high and right[0] - left[2] <= ROW_GAP * high


def _share(box: BoxXYXY, of: BoxXYXY) -> float:
    """Return which share of a box lies in another."""
    inside = clipped(box, of[2], of[3])
    if inside is None or inside[2] <= of[0] or inside[3] <= of[1]:
        return 0.0
    x0, y0 = max(inside[0], of[0]), max(inside[1], of[1])
    return area((x0, y0, inside[2], inside[3])) / area(box)


def _cut(box: BoxXYXY, part: BoxXYXY, size: tuple[int, int]) -> bool:
    """Return whether a box reaches an edge of the part that is not the picture's."""
    low = any(part[n] > 0 and box[n] <= part[n] + 1 for n in (0, 1))
    return low or any(part[n] < size[n - 2] and box[n] >= part[n] - 1 for n in (2, 3))


def _strip(box: BoxXYXY, size: tuple[int, int]) -> BoxXYXY:
    """Return what lies around a line all across the picture, along the line."""
    x0, y0, x1, y1 = box
    if y1 - y0 > x1 - x0:
        beside = round(BESIDE * (x1 - x0))
        return max(0, x0 - beside), 0, min(size[0], x1 + beside), size[1]
    beside = round(BESIDE * (y1 - y0))
    return 0, max(0, y0 - beside), size[0], min(size[1], y1 + beside)
