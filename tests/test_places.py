"""Places: who crosses, stays and gathers, exactly as slower reckoning says, and what a file may say."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import yingbi.structure.places as rules
from yingbi.capture.places import read_places
from yingbi.domain.place import Area, Line, Places, side_of
from yingbi.domain.place_errors import PlacesRefusedError
from yingbi.domain.record import EVENTS, Event
from yingbi.errors import NoSuchInputError, YingbiError
from yingbi.structure.places import AWAY_S, CALM_S, CLEAR, GATHER_S, SETTLE_S, PlaceWatch

Spot = tuple[float, float]
Walk = Sequence[tuple[float, Spot]]

UP = Line("gate", (0.5, 1.0), (0.5, 0.0))
"""Walked up the picture: a small x is on its left hand."""
SHORT = Line("short", (0.5, 0.75), (0.5, 0.25))
ROOM = Area("room", ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)))


def told(places: Places, walk: Walk) -> list[Event]:
    """Return what is told of one person who walks alone."""
    watch = PlaceWatch(places)
    found = [event for time_s, spot in walk for event in watch.see(time_s, {"a": spot})]
    return found + watch.finish(walk[-1][0])


def crossings(line: Line, walk: Walk) -> list[tuple[str | None, float]]:
    found = told(Places(lines=(line,)), walk)
    assert {event.event for event in found} <= {"crossed"}
    return [(event.direction, round(event.time_s, 9)) for event in found]


def stays(area: Area, walk: Walk) -> list[tuple[str, float]]:
    return [(event.event, event.time_s) for event in told(Places((area,)), walk)]


def paced(spots: Iterable[Spot], every_s: float = 0.25) -> Walk:
    return [(n * every_s, spot) for n, spot in enumerate(spots)]


def level(*xs: float, y: float = 0.5) -> Walk:
    """Return a walk from left to right and back, at the height of the line's middle."""
    return paced((x, y) for x in xs)


# --- lines: slower reckoning agrees -------------------------------------------------------------

grid = st.integers(0, 32).map(lambda n: n / 32)
points = st.tuples(grid, grid)
lines = st.tuples(points, points).filter(lambda ends: ends[0] != ends[1])
steps = st.integers(1, 8).map(lambda n: n / 8)


@st.composite
def walks_by_a_line(draw: st.DrawFn) -> tuple[Line, Walk]:
    """Draw a line and a walk much of which is on it, near it and beyond its ends."""
    (ax, ay), (bx, by) = draw(lines)

    def near(along: int, right: int, down: int) -> Spot:
        x, y = ax + (bx - ax) * along / 8, ay + (by - ay) * along / 8
        return x + right / 512, y + down / 512

    little = st.integers(-12, 12)
    beside = st.builds(near, st.integers(-2, 10), little, little)
    on_it = st.builds(near, st.integers(-2, 10), st.just(0), st.just(0))
    inside = st.one_of(points, beside, on_it).filter(lambda p: min(p) >= 0 and max(p) <= 1)
    spots = draw(st.lists(inside, min_size=1, max_size=12))
    time_s, walk = 0.0, []
    for spot in spots:
        walk.append((time_s, spot))
        time_s += draw(steps)
    return Line("gate", (ax, ay), (bx, by)), walk


def slow_crossings(line: Line, walk: Walk) -> list[tuple[str, Fraction]]:
    """Reckon by exact places on the way at which sides change, and by where they lie on the line."""
    (ax, ay), (bx, by) = ((Fraction(x), Fraction(y)) for x, y in (line.start, line.end))
    ux, uy = bx - ax, by - ay
    sights = [(Fraction(t), Fraction(x) - ax, Fraction(y) - ay) for t, (x, y) in walk]
    right = [uy * -x + ux * y for _, x, y in sights]
    off = [n for n, value in enumerate(right) if value != 0]
    if not off:
        return []
    found, began, passed = [], right[off[0]] > 0, None
    for old, new in [(off[0], off[0]), *pairwise(off)]:
        if (right[old] > 0) != (right[new] > 0):
            (t0, x0, y0), (t1, x1, y1) = sights[new - 1], sights[new]
            share = right[new - 1] / (right[new - 1] - right[new])
            x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            along = (x * ux + y * uy) / (ux * ux + uy * uy)
            passed = t0 + share * (t1 - t0) if 0 <= along <= 1 else None
        beyond = (right[new] > 0) != began
        clear = right[new] ** 2 >= Fraction(CLEAR) ** 2 * (ux * ux + uy * uy)
        if beyond and (clear or new == off[-1]):
            if passed is not None:
                found.append(("forward" if right[new] > 0 else "back", passed))
            began = right[new] > 0
    return found


@given(walks_by_a_line())
def test_a_walk_crosses_a_line_exactly_as_fractions_say(drawn):
    line, walk = drawn
    found, expected = crossings(line, walk), slow_crossings(line, walk)
    assert [way for way, _ in found] == [way for way, _ in expected]
    assert [time_s for _, time_s in found] == pytest.approx(
        [float(t) for _, t in expected], abs=1e-8
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_forward_less_back_is_where_they_ended_for_any_floats(spots):
    ways = [way for way, _ in crossings(UP, paced(spots))]
    sides = [UP.side_of(spot) for spot in spots if UP.side_of(spot)]
    net = (sides[-1] - sides[0]) // 2 if sides else 0
    assert ways.count("forward") - ways.count("back") == net
    assert all(one != other for one, other in pairwise(ways)), "they alternate"


@given(points, points, st.floats(0, 1))
def test_a_side_is_exact_for_floats_that_are_all_but_on_the_line(start, end, share):
    spot = tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
    (ax, ay), (bx, by), (x, y) = (map(Fraction, point) for point in (start, end, spot))
    slow = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    assert side_of(start, end, spot) == (slow > 0) - (slow < 0)


def test_what_rounding_takes_to_be_on_the_line_has_a_side():
    (ax, ay), (bx, by), (x, y) = start, end, spot = (0.0, 0.1), (0.2, 0.9), (0.1, 0.5)
    assert (bx - ax) * (y - ay) - (by - ay) * (x - ax) == 0
    assert side_of(start, end, spot) == -1


# --- lines: what is one crossing, and what is none ----------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "before", "after"),
    [
        ((0.5, 1.0), (0.5, 0.0), (0.2, 0.5), (0.8, 0.5)),  # drawn up: to the right
        ((0.5, 0.0), (0.5, 1.0), (0.8, 0.5), (0.2, 0.5)),  # drawn down: to the left
        ((0.0, 0.5), (1.0, 0.5), (0.5, 0.2), (0.5, 0.8)),  # drawn to the right: down
        ((1.0, 0.5), (0.0, 0.5), (0.5, 0.8), (0.5, 0.2)),  # drawn to the left: up
    ],
)
def test_forward_is_from_the_left_hand_to_the_right(start, end, before, after):
    line = Line("gate", start, end)
    assert crossings(line, [(0, before), (1, after)]) == [("forward", 0.5)]
    assert crossings(line, [(0, after), (1, before)]) == [("back", 0.5)]


def test_the_time_is_that_of_the_way_between_two_sights():
    assert crossings(UP, [(10.0, (0.25, 0.5)), (11.0, (0.625, 0.5))]) == [
        ("forward", round(10 + 2 / 3, 9))
    ]


def test_a_sight_exactly_on_the_line_counts_once_and_has_its_time():
    assert crossings(UP, level(0.3, 0.5, 0.7)) == [("forward", 0.25)]
    assert crossings(UP, level(0.3, 0.5, 0.5, 0.5, 0.7)) == [("forward", 0.75)]


def test_whoever_turns_round_on_the_line_or_stands_on_it_crosses_nothing():
    assert crossings(UP, level(0.3, 0.5, 0.3)) == []
    assert crossings(UP, level(0.5, 0.5, 0.5)) == []
    assert crossings(UP, level(0.5, 0.7)) == [], "they were never on the other side"
    assert crossings(UP, level(0.3, 0.5)) == []


def test_whoever_walks_along_the_line_crosses_where_they_leave_it():
    along = [(0.3, 0.9), (0.5, 0.9), (0.5, 0.6), (0.5, 0.3)]
    assert crossings(UP, paced([*along, (0.7, 0.3)])) == [("forward", 0.75)]
    assert crossings(UP, paced([*along, (0.3, 0.3)])) == []
    assert crossings(SHORT, paced([*along, (0.7, 0.3)])) == [("forward", 0.75)]
    assert crossings(SHORT, paced([*along, (0.5, 0.1), (0.7, 0.1)])) == [], "beyond its end"


def test_an_end_belongs_to_the_line_and_what_is_beyond_does_not():
    assert crossings(SHORT, level(0.3, 0.7, y=0.25)) == [("forward", 0.125)]
    assert crossings(SHORT, level(0.3, 0.5, 0.7, y=0.75)) == [("forward", 0.25)]
    assert crossings(SHORT, level(0.3, 0.7, y=0.25 - 1e-15)) == []
    assert crossings(SHORT, level(0.3, 0.5, 0.7, y=0.75 + 1e-15)) == []


def test_the_way_round_an_end_is_no_crossing_and_the_next_one_counts():
    round_it = [(0.3, 0.5), (0.3, 0.1), (0.7, 0.1), (0.7, 0.5)]
    assert crossings(SHORT, paced(round_it)) == []
    assert crossings(SHORT, paced([*round_it, (0.3, 0.5)])) == [("back", 0.875)]
    assert crossings(SHORT, paced([(0.7, 0.5), *round_it, (0.3, 0.5)])) == [
        ("back", 0.125),
        ("back", 1.125),
    ], "through it, round it, and through it again the same way"


def test_each_passage_counts():
    assert [way for way, _ in crossings(UP, level(0.3, 0.7, 0.3, 0.7))] == [
        "forward", "back", "forward",
    ]  # fmt: skip


TREMBLING = [0.3, *(0.5 + side * 0.008 for side in (-1, 1) * 12), 0.5, 0.7]


def test_trembling_about_the_line_is_one_crossing_or_none():
    assert crossings(UP, level(*TREMBLING)) == [("forward", 5.875)], "the last time"
    assert crossings(UP, level(*TREMBLING[:-2], 0.3)) == []


def test_without_a_band_trembling_is_many_crossings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "CLEAR", 0.0)
    assert len(crossings(UP, level(*TREMBLING))) == 23
    assert len(crossings(UP, level(*TREMBLING[:-2], 0.3))) == 24


def test_whoever_is_gone_just_beyond_the_line_has_crossed_it():
    watch = PlaceWatch(Places(lines=(UP,)))
    assert watch.see(0, {"a": (0.3, 0.5)}) == []
    assert watch.see(1, {"a": (0.505, 0.5)}) == [], "they may turn round"
    gone = watch.gone("a", 1.5)
    assert [(e.direction, round(e.time_s, 3)) for e in gone] == [("forward", 0.976)]
    assert watch.gone("a", 1.5) == []
    assert watch.see(2, {"a": (0.505, 0.5)}) == []
    assert watch.see(3, {"a": (0.3, 0.5)})[0].direction == "back", "the same name works again"


def test_nobody_knows_the_way_of_whoever_was_out_of_sight_for_long():
    assert crossings(UP, [(0, (0.3, 0.5)), (AWAY_S, (0.7, 0.5))]) == [("forward", 0.5)]
    assert crossings(UP, [(0, (0.3, 0.5)), (AWAY_S + 0.01, (0.7, 0.5))]) == []


def test_two_people_and_two_lines_do_not_meddle():
    other = Line("wall", (0.0, 0.5), (1.0, 0.5))
    watch = PlaceWatch(Places(lines=(UP, other)))
    watch.see(0, {"a": (0.25, 0.25), "b": (0.75, 0.75)})
    found = watch.see(1, {"a": (0.75, 0.25), "b": (0.75, 0.25)})
    assert [(e.subject, e.place, e.direction) for e in found] == [
        ("a", "gate", "forward"),
        ("b", "wall", "back"),
    ]


# --- areas: slower reckoning agrees -------------------------------------------------------------

HOOK = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.5), (0.5, 0.5), (0.5, 0.875), (0.25, 0.875))
BLOCKS = ((0.25, 0.25, 0.75, 0.5), (0.25, 0.25, 0.5, 0.875))
"""Two rectangles that are the hook together."""

Times = tuple[Fraction, Fraction]


def inside_of(block: Sequence[float], one: tuple[float, Spot], next_: tuple[float, Spot]) -> Times:
    """Return from when to when a straight way is in a rectangle; the later first where it is not."""
    (t0, before), (t1, after) = one, next_
    low, high = Fraction(0), Fraction(1)
    for axis in (0, 1):
        at, by = Fraction(before[axis]), Fraction(after[axis]) - Fraction(before[axis])
        least, most = Fraction(block[axis]), Fraction(block[axis + 2])
        if by == 0 and not least <= at <= most:
            return Fraction(1), Fraction(0)
        if by != 0:
            ends = sorted(((least - at) / by, (most - at) / by))
            low, high = max(low, ends[0]), min(high, ends[1])
    return Fraction(t0) + low * Fraction(t1 - t0), Fraction(t0) + high * Fraction(t1 - t0)


def slow_stays(walk: Walk) -> list[Times]:
    """Reckon the stays in the hook from the times in its rectangles, with short ways out closed."""
    first = [inside_of(block, walk[0], walk[0]) for block in BLOCKS]
    times = [span for span in first if span[0] == span[1]]
    for one, next_ in pairwise(walk):
        spans = [inside_of(block, one, next_) for block in BLOCKS]
        times += sorted(span for span in spans if span[0] < span[1])
    found: list[Times] = []
    for low, high in times:
        if found:
            assume(abs(low - found[-1][1] - 1) > Fraction(1, 10**9))
        if found and low - found[-1][1] <= AWAY_S:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    assume(all(abs(high - low - Fraction(1, 2)) > Fraction(1, 10**9) for low, high in found))
    return [(low, high) for low, high in found if high - low >= SETTLE_S]


@given(st.lists(st.tuples(steps, points), min_size=1, max_size=16), st.sampled_from([None, 1.3]))
def test_a_walk_stays_in_an_area_exactly_as_fractions_say(moves, dwell_s):
    time_s, walk = 0.0, []
    for step, spot in moves:
        time_s += step
        walk.append((time_s, spot))
    expected = slow_stays(walk)
    found = told(Places((Area("hook", HOOK, dwell_s=dwell_s),)), walk)
    entered = [event.time_s for event in found if event.event == "in-zone"]
    left = [(event.time_s, event.for_s) for event in found if event.event == "dwelt"]
    assert entered == pytest.approx([float(low) for low, _ in expected])
    long = [(low, high) for low, high in expected if high - low >= (dwell_s or 0)]
    assert [time_s for time_s, _ in left] == pytest.approx([float(high) for _, high in long])
    assert [for_s for _, for_s in left] == pytest.approx([float(b - a) for a, b in long])


@given(points)
def test_an_area_holds_its_edges(spot):
    x, y = spot
    expected = any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in BLOCKS)
    assert Area("hook", HOOK).encloses(spot) == expected
    assert Area("hook", HOOK[::-1]).encloses(spot) == expected, "whichever way it is drawn"


# --- areas: what is one stay, and what is none --------------------------------------------------


def test_a_stay_is_from_the_way_in_to_the_way_out():
    walk = [(0, (0.0, 0.5)), (1, (0.5, 0.5)), (1.5, (0.5, 0.5)), (2.5, (1.0, 0.5)), (4, (1, 0.5))]
    assert stays(ROOM, walk) == [("in-zone", 0.5), ("dwelt", 2.0)]
    found = told(Places((ROOM,)), walk)
    assert (found[1].for_s, found[1].place, found[1].subject) == (1.5, "room", "a")


def test_a_stay_is_told_while_it_lasts_and_ends_with_the_film():
    watch = PlaceWatch(Places((ROOM,)))
    assert watch.see(0, {"a": (0.5, 0.5)}) == []
    assert [e.event for e in watch.see(0.5, {"a": (0.5, 0.5)})] == ["in-zone"]
    assert watch.see(1.25, {"a": (0.5, 0.5)}) == []
    assert watch.finish(9.0) == [Event("dwelt", 1.25, "a", place="room", for_s=1.25)]
    assert watch.finish(9.0) == []


def test_a_stay_is_told_to_be_over_a_second_after_they_left_and_not_before():
    watch = PlaceWatch(Places((ROOM,)))
    walk = [(0, 0.5), (0.75, 0.5), (1.25, 1.0), (2.0, 1.0), (2.25, 1.0)]
    found = [[e.event for e in watch.see(time_s, {"a": (x, 0.5)})] for time_s, x in walk]
    assert found == [[], ["in-zone"], [], [], ["dwelt"]]


def test_a_short_loss_of_sight_ends_no_stay_and_a_long_one_does():
    here = (0.5, 0.5)
    assert stays(ROOM, [(0, here), (1, here), (2, here)]) == [("in-zone", 0), ("dwelt", 2)]
    assert stays(ROOM, [(0, here), (1, here), (2.25, here), (3, here)]) == [
        ("in-zone", 0), ("dwelt", 1), ("in-zone", 2.25), ("dwelt", 3),
    ]  # fmt: skip


def test_a_stay_that_was_too_short_is_not_told():
    inside = [(n / 4, (0.5, 0.5)) for n in range(5)]
    assert stays(Area("room", ROOM.points, dwell_s=1.0), inside) == [("in-zone", 0), ("dwelt", 1)]
    assert stays(Area("room", ROOM.points, dwell_s=1.01), inside) == [("in-zone", 0)]
    assert stays(ROOM, inside[:2]) == [], "one wrong sight is no stay"


AT_THE_EDGE = paced([(0.25 + side * 0.01, 0.5) for side in (1, -1, -1) * 12])


def test_trembling_at_the_edge_is_one_stay():
    assert [name for name, _ in stays(ROOM, AT_THE_EDGE)] == ["in-zone", "dwelt"]


def test_without_patience_trembling_at_the_edge_is_many_stays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "AWAY_S", 0.25)
    monkeypatch.setattr(rules, "SETTLE_S", 0.0)
    assert [name for name, _ in stays(ROOM, AT_THE_EDGE)] == ["in-zone", "dwelt"] * 12


def test_feet_below_the_picture_are_at_its_border():
    front = Area("front", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
    assert stays(front, paced([(0.5, 1.0)] * 4)) == [("in-zone", 0), ("dwelt", 0.75)]
    assert stays(front, paced([(-0.2, 1.3)] * 4)) == [("in-zone", 0), ("dwelt", 0.75)]
    assert crossings(UP, level(0.3, 0.7, y=1.2)) == [("forward", 0.125)]


# --- crowds -------------------------------------------------------------------------------------

TICK_S = 0.25
visits = st.lists(st.sets(st.integers(0, 40), max_size=30), min_size=1, max_size=5)


def crowds_of(seen: Sequence[set[int]], crowd: int) -> list[tuple[float, int | None]]:
    watch = PlaceWatch(Places(crowd=crowd))
    found: list[Event] = []
    for tick in range(42):
        feet = {f"{n}": (0.5, 0.5) for n, ticks in enumerate(seen) if tick in ticks}
        found += watch.see(tick * TICK_S, feet)
    found += watch.finish(41 * TICK_S)
    assert all((e.event, e.place) == ("crowd", "picture") for e in found)
    return [(event.time_s, event.count) for event in found]


def slow_crowds(seen: Sequence[set[int]], crowd: int) -> list[tuple[float, int]]:
    """Reckon by counting in every quarter of a second who is there, and by lengths of runs."""
    counts = [0] * 60
    for ticks in seen:
        for one, next_ in pairwise(sorted(ticks)):
            if (next_ - one) * TICK_S <= AWAY_S:
                for tick in range(one, next_):
                    counts[tick] += 1
    found, calm, told_already = [], 10**6, False
    for tick, count in enumerate(counts):
        if count <= crowd:
            calm += 1
            continue
        if calm * TICK_S >= CALM_S:
            told_already = False
        starts = tick == 0 or counts[tick - 1] <= crowd
        first = counts[tick : tick + round(GATHER_S / TICK_S)]
        if starts and min(first) > crowd and not told_already:
            found.append((tick * TICK_S, max(first)))
            told_already = True
        calm = 0
    return found


@given(visits, st.integers(0, 3))
def test_crowds_are_those_that_counting_every_moment_finds(seen, crowd):
    assert crowds_of(seen, crowd) == slow_crowds(seen, crowd)


def test_two_who_pass_each_other_are_no_crowd_and_three_who_stay_are_one():
    assert crowds_of([set(range(9)), set(range(7, 20))], 1) == []
    assert crowds_of([set(range(20)), set(range(5, 20)), set(range(6, 20))], 1) == [(1.25, 3)]


def test_after_a_crowd_the_next_is_told_only_after_a_calm():
    stays_all = set(range(41))
    assert crowds_of([stays_all, set(range(9)) | set(range(15, 30))], 1) == [(0.0, 2)]
    assert crowds_of([stays_all, set(range(9)) | set(range(16, 30))], 1) == [(0.0, 2), (4.0, 2)]


def test_a_crowd_in_an_area_is_of_those_who_stay_there():
    hall = Area("hall", ROOM.points, crowd=1)
    watch, found = PlaceWatch(Places((hall,))), []
    for n in range(9):
        found += watch.see(n / 4, {"a": (0.5, 0.5), "b": (0.3, 0.3), "c": (0.9, 0.9)})
    crowd = [event for event in found if event.event == "crowd"]
    assert crowd == [Event("crowd", 0.0, place="hall", count=2)]


# --- time and names -----------------------------------------------------------------------------

frames = st.lists(
    st.tuples(
        st.floats(-5, 50),
        st.dictionaries(st.sampled_from("abc"), st.tuples(st.floats(-1, 2), st.floats(-1, 2))),
        st.sampled_from("abcd"),
    ),
    max_size=30,
)
EVERYWHERE = Places((Area("hook", HOOK, dwell_s=0.7, crowd=0), ROOM), (UP, SHORT), crowd=1)


@given(frames)
def test_whatever_comes_events_are_whole_in_order_and_never_ahead(drawn):
    watch, now_s = PlaceWatch(EVERYWHERE), -5.0
    for time_s, feet, gone in drawn:
        now_s = max(now_s, time_s)
        for found in (watch.see(time_s, feet), watch.gone(gone, time_s)):
            assert found == sorted(found, key=lambda event: event.time_s)
            assert all(event.time_s <= now_s for event in found)
            for event in found:
                names = {f.name for f in fields(event) if getattr(event, f.name) is not None}
                assert names - {"event", "time_s"} == set(EVENTS[event.event])
                assert event.for_s is None or event.for_s >= SETTLE_S
    watch.finish(now_s)
    assert watch.finish(now_s + 9) == []


def test_a_time_that_goes_back_or_stands_still_loses_no_passage():
    back = [(5.0, (0.3, 0.5)), (5.0, (0.7, 0.5)), (4.0, (0.3, 0.5)), (5.5, (0.7, 0.5))]
    assert crossings(UP, back) == [("forward", 5.0), ("back", 5.0), ("forward", 5.25)]
    assert stays(ROOM, [(5, (0.5, 0.5)), (4, (0.5, 0.5)), (5.5, (0.5, 0.5))]) == [
        ("in-zone", 5.0), ("dwelt", 5.5),
    ]  # fmt: skip


def test_whoever_is_gone_ends_the_stay_and_may_come_back_under_the_same_name():
    watch = PlaceWatch(Places((ROOM,)))
    found = [event for n in range(4) for event in watch.see(n / 4, {"a": (0.5, 0.5)})]
    found += watch.gone("a", 0.75)
    found += [event for n in range(4, 8) for event in watch.see(n / 4, {"a": (0.5, 0.5)})]
    found += watch.finish(2.0)
    assert [(e.event, e.time_s) for e in found] == [
        ("in-zone", 0.0), ("dwelt", 0.75), ("in-zone", 1.0), ("dwelt", 1.75),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "picture", "Door", "-a", "a" * 25, "a b", "门"])
def test_a_place_has_a_name_of_its_own_that_a_record_may_hold(name):
    with pytest.raises(ValueError, match="name"):
        Places(lines=(Line(name, (0, 0), (1, 1)),))
    with pytest.raises(ValueError, match="name"):
        Places((ROOM,), (Line("room", (0, 0), (1, 1)),))


# --- what a file may say ------------------------------------------------------------------------

GOOD = """
crowd = 8
[[area]]
name = "counter"
polygon = [[0.1, 0.5], [0.6, 0.5], [0.6, 1]]
dwell_s = 30
crowd = 3

[[line]]
name = "door"
from = [0.7, 1.0]
to = [0.7, 0.4]

[[area]]
name = "hall-2"
rectangle = [0, 0, 1, 0.5]
"""
AS_JSON = {
    "area": [
        {"name": "counter", "polygon": [[0.1, 0.5], [0.6, 0.5], [0.6, 1]],
         "dwell_s": 30, "crowd": 3},
        {"name": "hall-2", "rectangle": [0, 0, 1, 0.5]},
    ],
    "line": [{"name": "door", "from": [0.7, 1.0], "to": [0.7, 0.4]}],
    "crowd": 8,
}  # fmt: skip


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "places.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_of_places_says_the_same_as_toml_and_as_json(tmp_path: Path):
    places = read_places(written(tmp_path, GOOD))
    assert places == Places(
        (
            Area("counter", ((0.1, 0.5), (0.6, 0.5), (0.6, 1.0)), 30.0, 3),
            Area("hall-2", ((0, 0), (1, 0), (1, 0.5), (0, 0.5))),
        ),
        (Line("door", (0.7, 1.0), (0.7, 0.4)),),
        8,
    )
    assert read_places(written(tmp_path, json.dumps(AS_JSON, indent=2))) == places
    assert read_places(written(tmp_path, "crowd = 0")) == Places(crowd=0)


WRONG = [
    ("crowd = 8", "crowd = -1", 2, "crowd"),
    ("crowd = 8", "crowd = true", 2, "crowd"),
    ("crowd = 8", "crowd = 2.5", 2, "crowd"),
    ("crowd = 8", "crowds = 8", 2, "crowds"),
    ("crowd = 8", "crowd = ", 2, "*"),
    ('"counter"', '"Counter"', 4, "name"),
    ('"counter"', '"picture"', 4, "name"),
    ('"counter"', '"hall-2"', 15, "name"),
    ('"counter"', '"door"', 10, "name"),
    ('name = "counter"', "", 3, "name"),
    ("[0.6, 0.5], ", "", 5, "polygon"),
    ("[0.6, 1]", "[0.6, 2]", 5, "polygon"),
    ("[0.6, 1]", "[0.3, 0.5]", 5, "polygon"),
    ("dwell_s = 30", "dwell_s = -1", 6, "dwell_s"),
    ("dwell_s = 30", "dwell_s = nan", 6, "dwell_s"),
    ("dwell_s = 30", 'dwell_s = "30"', 6, "dwell_s"),
    ("crowd = 3", "crowd = 100001", 7, "crowd"),
    ("crowd = 3", 'unit = "pixels"', 7, "unit"),
    ("from = [0.7, 1.0]", "", 9, "from"),
    ("from = [0.7, 1.0]", "from = [0.7, 1.1]", 11, "from"),
    ("from = [0.7, 1.0]", "from = 0.7", 11, "from"),
    ("to = [0.7, 0.4]", "to = [0.7, 1]", 12, "to"),
    ("to = [0.7, 0.4]", "to = [0.7, 0.4, 0]", 12, "to"),
    ("rectangle = [0, 0, 1, 0.5]", "rectangle = [1, 0, 0, 0.5]", 16, "rectangle"),
    ("rectangle = [0, 0, 1, 0.5]", "", 14, "rectangle"),
]


@pytest.mark.parametrize(("old", "new", "line", "field"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str
):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    with pytest.raises(PlacesRefusedError) as refused:
        read_places(written(tmp_path, text))
    assert refused.value.facts["line"] == line
    assert str(refused.value.facts["field"]).endswith(field)


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("", 1, "*"),
        ("{}", 1, "*"),
        ("area = 3", 1, "area"),
        ("line = [3]", 1, "line 1, *"),
        ('{"line": [], "line": []}', 1, "*"),
        ('{"area": [\n {"name": "a", "crowd": 1,\n "rectangle": [0, 0, 1, 1]}],\n "crowd": "x"}',
         4, "crowd"),
        ('{"area": [\n {"name": "a", "rectangle": [0, 0, 1, 1]},\n {"name": "a"}]}',
         3, "area 2, name"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_json_or_altogether_is_told_as_well(
    tmp_path: Path, text: str, line: int, field: str
):
    with pytest.raises(PlacesRefusedError) as refused:
        read_places(written(tmp_path, text))
    assert (refused.value.facts["line"], refused.value.facts["field"]) == (line, field)


def test_too_many_places_or_no_file_are_refused(tmp_path: Path):
    many = [{"name": f"a{n}", "from": [0, 0], "to": [1, 1]} for n in range(65)]
    assert len(read_places(written(tmp_path, json.dumps({"line": many[:64]}))).lines) == 64
    with pytest.raises(PlacesRefusedError):
        read_places(written(tmp_path, json.dumps({"line": many})))
    with pytest.raises(NoSuchInputError):
        read_places(tmp_path / "none.toml")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["a", "picture", ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["area", "line", "crowd", "name", "from", "to", "polygon", "dwell_s"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.one_of(st.text(max_size=60), json_values.map(json.dumps)))
def test_any_text_is_places_or_one_clear_refusal(tmp_path_factory: pytest.TempPathFactory, text):
    path = tmp_path_factory.getbasetemp() / "any-places"
    path.write_text(text, "utf-8", errors="surrogatepass")
    try:
        read = read_places(path)
    except YingbiError as error:
        read = error
    assert isinstance(read, Places | PlacesRefusedError)
