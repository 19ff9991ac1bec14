"""The networks look seldom, and nobody is uncovered for it."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY, Region, Target, area, clipped
from yingbi.pipeline import lookahead
from yingbi.pipeline.gate import CELL, changed, signature, tiles
from yingbi.pipeline.lookahead import look_ahead
from yingbi.track import tracker
from yingbi.track.tracker import track

SIZE = 640, 384
FACE = 48
RATE = 25
Where = Callable[[int], tuple[float, float] | None]


def frame_of(index: int, luma: NDArray[np.uint8], turns: int = 0) -> Frame:
    return Frame(index, index, Fraction(1, RATE), (Plane(luma, 0, 0, (128,)),), "grey", turns=turns)


def face_at(where: Where, index: int) -> BoxXYXY | None:
    centre = where(index)
    if centre is None:
        return None
    x, y = (round(v) for v in centre)
    box = x - FACE // 2, y - FACE // 2, x + FACE // 2, y + FACE // 2
    shown = clipped(box, *SIZE)
    return box if shown is not None and area(shown) >= FACE * FACE // 2 else None


def scene(where: Where, frames: int, noise: float = 2.0) -> Iterator[Frame]:
    """A still room under camera noise, and one textured square that moves through it."""
    random = np.random.default_rng(5)
    room = random.integers(60, 180, (SIZE[1] // 8, SIZE[0] // 8)).repeat(8, 0).repeat(8, 1)
    square = random.integers(0, 256, (FACE // 6, FACE // 6)).repeat(6, 0).repeat(6, 1)
    for index in range(frames):
        picture = room + random.normal(0, noise, room.shape)
        box = face_at(where, index)
        if box is not None:
            x0, y0, x1, y1 = clipped(box, *SIZE) or box
            picture[y0:y1, x0:x1] = square[y0 - box[1] : y1 - box[1], x0 - box[0] : x1 - box[0]]
        yield frame_of(index, np.clip(picture, 0, 255).astype(np.uint8))


class Truth:
    """Eyes that see the square wherever at least half of it is in what they look at."""

    quick = frozenset({Target.FACE})
    whole: frozenset[Target] = frozenset()

    def __init__(self, where: Where) -> None:
        self._where = where
        self.looks: list[tuple[int, BoxXYXY | None]] = []

    def glance(self, frame: Frame, part: BoxXYXY | None) -> list[Region]:
        self.looks.append((frame.index, part))
        box = face_at(self._where, frame.index)
        shown = None if box is None else clipped(box, *SIZE)
        if shown is None:
            return []
        x0, y0, x1, y1 = part or (0, 0, *SIZE)
        x, y = (shown[0] + shown[2]) / 2, (shown[1] + shown[3]) / 2
        return [Region(Target.FACE, shown, 0.9)] if x0 <= x < x1 and y0 <= y < y1 else []

    examine = glance

    def survey(self, frame: Frame) -> list[Region]:
        return []


def uncovered(where: Where, frames: int, hold_s: float = 0.5) -> tuple[list[int], Truth]:
    """Return the frames in which less than nine tenths of the square are covered."""
    eyes, bare = Truth(where), []
    for frame, regions in track(look_ahead(scene(where, frames), eyes), hold_s=hold_s):
        box = face_at(where, frame.index)
        shown = None if box is None else clipped(box, *SIZE)
        if shown is not None and share_covered(shown, [one.box for one in regions]) < 0.9:
            bare.append(frame.index)
    return bare, eyes


def share_covered(box: BoxXYXY, masks: Sequence[BoxXYXY]) -> float:
    """As `mask.cover` grows them: a quarter of their size on each side."""
    x0, y0, x1, y1 = box
    seen = np.zeros((y1 - y0, x1 - x0), bool)
    for a, b, c, d in masks:
        dx, dy = (c - a) // 4, (d - b) // 4
        rows = slice(max(0, b - dy - y0), max(0, d + dy - y0))
        seen[rows, max(0, a - dx - x0) : max(0, c + dx - x0)] = True
    return float(seen.mean())


def waypoints(points: Sequence[tuple[float, float]], every: int) -> Where:
    def where(index: int) -> tuple[float, float]:
        at, along = divmod(index, every)
        a, b = points[at % len(points)], points[(at + 1) % len(points)]
        return tuple(p + (q - p) * along / every for p, q in zip(a, b, strict=True))  # type: ignore[return-value]

    return where


FASTEST = 0.1 * FACE
"""Pixels a frame: two and a half times one's own head a second, as one runs past a camera."""

ways = st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=5)


@settings(max_examples=25, deadline=None)
@given(ways=ways, every=st.integers(10, 40), start=st.tuples(*map(st.floats, (0, 0), SIZE)))
def test_whoever_runs_about_and_turns_back_is_covered_in_every_frame(ways, every, start):
    points = [start]
    for x, y in ways:
        dx, dy = x * FASTEST * every, y * FASTEST * every
        points.append((points[-1][0] + dx, points[-1][1] + dy))
    there_and_back = [*points, *points[-2:0:-1]]
    bare, _ = uncovered(waypoints(there_and_back, every), 60)
    assert bare == []


def test_where_the_ends_disagree_the_middle_is_looked_at(monkeypatch):
    """Somebody jumps in the middle of a stretch; the control never looks between its ends."""

    def jumps(index: int) -> tuple[float, float]:
        return (100 + 8 * index, 100) if index % 12 < 5 else (500 - 6 * index, 300)

    assert uncovered(jumps, 40)[0] == []
    for name in ("FINEST", "TRANSIENT_CELLS", "TURNING_CELLS"):
        monkeypatch.setattr(lookahead, name, 10**6)
    assert uncovered(jumps, 40)[0]


def test_whoever_shoots_past_by_their_own_size_a_frame_is_covered(monkeypatch):
    """In at one border and out at the other in half a second, after a while of nobody."""

    def shoots(index: int) -> tuple[float, float] | None:
        return (FACE * (index - 11), 200) if index > 10 else None

    assert uncovered(shoots, 40)[0] == []
    monkeypatch.setattr(lookahead, "LEAP", 0)
    monkeypatch.setattr(tracker, "LEAP", 0)
    assert uncovered(shoots, 40)[0]


@pytest.mark.parametrize("again", [[], [(10, 10, 20, 20)], [(150, 150, 230, 230)]])
def test_whom_a_tile_cuts_is_looked_at_again_and_never_let_go(again):
    """The second look may see them whole, see somebody else alone, or nothing."""
    part, cut = (100, 100, 196, 196), Region(Target.FACE, (160, 160, 196, 196), 0.5)
    more = [Region(Target.FACE, box, 0.3) for box in again]

    class Twice(Truth):
        def glance(self, frame: Frame, part: BoxXYXY | None) -> list[Region]:
            return more

    frame = frame_of(0, np.zeros((SIZE[1], SIZE[0]), np.uint8))
    before = lookahead._Look(signature(frame), [], 0.0)
    stretch = lookahead._Stretch(before, [], Twice(lambda _index: None))
    found = stretch._whole_ones(frame, [part], lambda _frame, _part: [cut])
    whole = again == [(150, 150, 230, 230)]
    assert found == (more if whole else [*more, cut])


def test_what_was_there_between_two_looks_alone_is_found(monkeypatch):
    """Somebody is there for three frames, none of which ends a stretch."""

    def flits(index: int) -> tuple[float, float] | None:
        return (300, 200) if 11 <= index <= 13 else None

    assert uncovered(flits, 40)[0] == []
    monkeypatch.setattr(lookahead, "TRANSIENT_CELLS", 10**6)
    assert uncovered(flits, 40)[0]


def test_whoever_is_held_as_long_as_a_stretch_is_not_lost_between_its_ends():
    """The control holds for less, and loses whoever walks evenly."""
    walks = waypoints([(100, 200), (280, 200)], 60)
    assert uncovered(walks, 60, lookahead.MOST_S + 0.02)[0] == []
    assert uncovered(walks, 60, 0.1)[0]


def test_where_nothing_moves_only_the_sweeps_look():
    bare, eyes = uncovered(lambda _: (300, 200), 200)
    assert bare == []
    assert {part for _, part in eyes.looks} == {None}
    assert 3 <= len(eyes.looks) <= 5


def test_where_one_walks_only_tiles_around_them_are_searched():
    _, eyes = uncovered(waypoints([(50, 200), (600, 200)], 100), 100)
    parts = [part for _, part in eyes.looks if part is not None and part != (0, 0, *SIZE)]
    assert len(parts) > 5
    assert len({index for index, _ in eyes.looks}) < 50


def test_every_frame_comes_out_once_and_in_order_whatever_the_length():
    for frames in (1, 2, 8, 9, 10, 17, 30):
        out = [f.index for f, _ in look_ahead(scene(lambda _: None, frames), Truth(lambda _: None))]
        assert out == list(range(frames))


@pytest.mark.parametrize("sigma", [0.5, 2.0, 4.0])
def test_noise_and_light_are_no_motion_but_a_faint_face_is(sigma):
    random = np.random.default_rng(1)
    room = random.integers(60, 180, (SIZE[1] // 8, SIZE[0] // 8)).repeat(8, 0).repeat(8, 1)

    def shown(light: int, contrast: int) -> NDArray[np.int16]:
        picture = room + random.normal(light, sigma, room.shape)
        picture[100:164, 200:264] += contrast
        return signature(frame_of(0, np.clip(picture, 0, 255).astype(np.uint8)))

    before = shown(0, 0)
    assert changed(before, shown(9, 0)).sum() <= 2
    cells = changed(before, shown(9, 14))
    assert cells[7:10, 13:16].all()


@given(cells=st.lists(st.tuples(st.integers(0, 67), st.integers(0, 119)), min_size=1, max_size=12))
def test_tiles_show_every_cell_with_room_around_it(cells):
    grid = np.zeros((68, 120), bool)
    for row, column in cells:
        grid[row, column] = True
    squares = tiles(grid, 320, 96)
    for row, column in cells:
        x, y = column * CELL, row * CELL
        assert any(x0 <= x and x + CELL <= x1 and y0 <= y and y + CELL <= y1
                   for x0, y0, x1, y1 in squares)  # fmt: skip


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_box_finds_its_way_from_shown_to_stored_and_back(turns):
    frame = frame_of(0, np.zeros((120, 200), np.uint8), turns)
    box = (10, 20, 50, 90)
    assert frame.displayed_box(frame.stored_box(box)) == box
