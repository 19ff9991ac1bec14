"""One person keeps one id, and nothing blinks."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingbi.domain.region import Region, Target, area, overlap
from yingbi.mask.cover import reach
from yingbi.track.tracker import _meet, _nearness, _place, track


@dataclass(frozen=True)
class Tick:
    index: int
    time_s: float


def ticks(n: int, fps: float = 25.0) -> list[Tick]:
    return [Tick(i, i / fps) for i in range(n)]


def face(x: int, y: int = 50, size: int = 40, score: float = 0.9) -> Region:
    return Region(Target.FACE, (x, y, x + size, y + size), score)


def body(x: int, y: int = 40, width: int = 80, height: int = 240) -> Region:
    return Region(Target.PERSON, (x, y, x + width, y + height), 0.8)


def run(found: list[list[Region]], hold_s: float = 0.5) -> list[list[Region]]:
    frames = ticks(len(found))
    out = list(track(zip(frames, found, strict=True), hold_s=hold_s))
    assert [frame for frame, _ in out] == frames
    return [regions for _, regions in out]


def covers(regions: list[Region], box: tuple[int, int, int, int]) -> bool:
    return any(
        r.box[0] <= box[0] and r.box[1] <= box[1] and r.box[2] >= box[2] and r.box[3] >= box[3]
        for r in regions
    )


@given(st.sets(st.integers(1, 58), max_size=30), st.integers(-4, 4))
def test_a_face_that_some_frames_miss_is_covered_in_every_frame(
    missed: set[int], step: int
) -> None:
    # gaps longer than the hold are the tracker's stated limit
    longest = max((len(list(run_)) for run_ in _runs(missed)), default=0)
    truth = [face(300 + i * step) for i in range(60)]
    found = [[] if i in missed and longest <= 11 else [truth[i]] for i in range(60)]
    for regions, real in zip(run(found), truth, strict=True):
        assert any(overlap(r.box, real.box) > 0.4 and covers([r], real.box) for r in regions)


def _runs(numbers: set[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs


def test_without_holding_the_same_gaps_do_leak() -> None:
    """The control: the claim above can fail."""
    found = [[] if i in (10, 11, 12) else [face(300)] for i in range(30)]
    assert not all(covers(regions, face(300).box) for regions in run(found, hold_s=0.0))


def test_one_person_keeps_one_id_when_two_cross() -> None:
    found = [[face(100 + 6 * i), face(500 - 6 * i, y=120)] for i in range(60)]
    ids = [{r.box[1]: r.track for r in regions if r.seen} for regions in run(found)]
    assert len({i[50] for i in ids}) == 1
    assert len({i[120] for i in ids}) == 1
    assert ids[0][50] != ids[0][120]


def test_a_face_and_the_body_that_it_sits_on_are_one_person() -> None:
    found = [[body(200), face(220)] for _ in range(10)] + [[face(220)] for _ in range(5)]
    assert {r.track for regions in run(found) for r in regions} == {1}


def test_two_bodies_side_by_side_are_two_people() -> None:
    found = [[body(200), body(300), face(220), face(320)] for _ in range(10)]
    assert {r.track for regions in run(found) for r in regions} == {1, 2}


def test_a_face_that_appears_is_covered_before_it_was_first_seen() -> None:
    found = [[] for _ in range(20)] + [[face(300)] for _ in range(10)]
    out = run(found)
    assert all(covers(regions, face(300).box) for regions in out[8:])
    assert not out[3]


@pytest.mark.parametrize("seen_from", [2, 5, 8])
def test_whoever_comes_in_fast_is_covered_back_to_the_border(seen_from: int) -> None:
    truth = [face(30 * i) for i in range(15)]
    found = [[truth[i]] if i >= seen_from else [] for i in range(15)]
    for regions, real in zip(run(found), truth, strict=True):
        assert covers(regions, real.box)


def test_whoever_leaps_and_whoever_may_have_stayed_are_both_covered() -> None:
    """A face is missed just when another one like it turns up two faces away."""
    here, there = face(300), face(380)
    found = [[here]] + [[there] for _ in range(8)]
    for regions in run(found):
        assert covers(regions, here.box)
        assert covers(regions, there.box)


def test_two_frames_of_one_time_are_no_pace() -> None:
    found = [(Tick(n, 0.0), [face(100 + 25 * n)]) for n in range(3)]
    for (_, regions), (_, seen) in zip(track(found, hold_s=0.5), found, strict=True):
        assert covers(regions, seen[0].box)


def test_whoever_stops_is_not_followed_farther() -> None:
    found = [[face(20 * i)] for i in range(15)] + [[face(280)] for _ in range(15)]
    for regions in run(found)[15:]:
        assert len(regions) == 1


@pytest.mark.parametrize("stops_after", [1, 3, 6])
def test_whoever_stops_between_two_looks_is_covered_all_the_while(stops_after: int) -> None:
    truth = [face(20 * min(i, 8 + stops_after)) for i in range(24)]
    found = [[truth[i]] if i <= 8 or i >= 16 else [] for i in range(24)]
    for regions, real in zip(run(found), truth, strict=True):
        assert covers([grown_as_masks_are(r) for r in regions], real.box)


def test_a_face_of_which_one_frame_shows_a_part_is_covered_whole() -> None:
    truth = [face(300 + 5 * i) for i in range(9)]
    part = Region(Target.FACE, (330, 55, 360, 80), 0.3)
    found = [[one] if i != 4 else [part] for i, one in enumerate(truth)]
    assert covers(run(found)[4], truth[4].box)


@pytest.mark.parametrize("hold_s", [0.0, 0.2, 1.0])
def test_every_frame_comes_out_once_and_in_order(hold_s: float) -> None:
    run([[face(10)] if i % 7 == 0 else [] for i in range(50)], hold_s)


@pytest.mark.parametrize("gap_s", [0.3, 0.5, 1.0, 2.0, 5.0])
def test_whoever_stands_still_is_one_person_however_seldom_frames_come(gap_s: float) -> None:
    found = [(Tick(n, n * gap_s), [body(200)]) for n in range(12)]
    assert {r.track for _, regions in track(found, hold_s=0.5) for r in regions} == {1}


@given(st.lists(st.floats(0.8, 1.2), min_size=5, max_size=30), st.floats(0.02, 5.0))
def test_frames_that_come_unevenly_make_nobody_another(shares: list[float], gap_s: float) -> None:
    times = [gap_s * sum(shares[:n]) for n in range(len(shares))]
    found = [(Tick(n, time_s), [body(200)]) for n, time_s in enumerate(times)]
    assert {r.track for _, regions in track(found, hold_s=0.5) for r in regions} == {1}


def test_a_jump_in_time_holds_nobody() -> None:
    times = [*(n / 10 for n in range(10)), *(60 + n / 10 for n in range(10))]
    found = [(Tick(n, time_s), [body(200)]) for n, time_s in enumerate(times)]
    out = list(track(found, hold_s=0.5))
    assert [{r.track for r in regions} for _, regions in out] == [{1}] * 10 + [{2}] * 10


def test_frames_farther_apart_than_five_seconds_hold_nobody_for_ever() -> None:
    found = [(Tick(n, n * 60.0), [body(200)]) for n in range(4)]
    assert [r.track for _, regions in track(found, hold_s=0.5) for r in regions] == [1, 2, 3, 4]


@given(st.floats(0.01, 0.25), st.lists(st.booleans(), min_size=1, max_size=40))
def test_at_usual_rates_a_mask_is_held_as_long_as_it_is_said(
    gap_s: float, seen: list[bool]
) -> None:
    """It is there as long as one held frame is within the hold of a sight, and no longer."""
    hold_s, times = 0.5, [n * gap_s for n in range(len(seen))]
    sights = [time_s for time_s, one in zip(times, seen, strict=True) if one]
    found = [
        (Tick(n, time_s), [face(300)] if one else [])
        for n, (time_s, one) in enumerate(zip(times, seen, strict=True))
    ]
    for frame, regions in track(found, hold_s=hold_s):
        away_s = min((abs(frame.time_s - one) for one in sights), default=float("inf"))
        if abs(away_s - hold_s) > 1e-6:
            assert bool(regions) == (away_s < hold_s)


def test_a_face_that_one_slow_frame_misses_is_covered_in_it() -> None:
    found = [(Tick(n, float(n)), [] if n == 4 else [face(300)]) for n in range(8)]
    for _, regions in track(found, hold_s=0.5):
        assert covers(regions, face(300).box)


seen_anywhere = st.lists(
    st.lists(
        st.builds(
            lambda kind, x, y, w, h: Region(kind, (x, y, x + w, y + h), 0.5),
            st.sampled_from([Target.FACE, Target.PERSON, Target.PLATE]),
            st.integers(0, 500),
            st.integers(0, 300),
            st.integers(8, 120),
            st.integers(8, 160),
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=30,
)


@given(seen_anywhere, st.sampled_from([0.0, 0.2, 0.5]))
def test_tracking_takes_nothing_away_of_what_was_seen(found, hold_s) -> None:
    for regions, seen in zip(run(found, hold_s), found, strict=True):
        assert all(covers(regions, region.box) for region in seen)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(20, 80)), min_size=1, max_size=6))
def test_a_mask_that_is_held_never_shrinks(ways) -> None:
    sights = [[face(x, y=100, size=size)] for x, size in ways]
    out = run([*sights, *([] for _ in range(25))], hold_s=0.5)
    for before, after in zip(out[len(sights) - 1 :], out[len(sights) :], strict=False):
        for subject in {r.track for r in before}:
            was, is_ = ([r for r in rs if r.track == subject] for rs in (before, after))
            if len(was) == len(is_):  # none of their masks has ended
                assert largest(is_) >= largest(was)


BOX = st.builds(
    lambda x, y, width, height: (x, y, x + width, y + height),
    *[st.integers(-60, 60)] * 2,
    *[st.integers(1, 40)] * 2,
)
STEPS = st.tuples(st.integers(-30, 30), st.integers(-30, 30))


@given(box=BOX, steps=st.lists(STEPS, max_size=2), other=BOX)
def test_nobody_who_is_near_one_of_the_ways_is_passed_over(box, steps, other) -> None:
    x0, y0, x1, y1 = box
    ways = [box, *((x0 + dx, y0 + dy, x1 + dx, y1 + dy) for dx, dy in steps)]
    if any(_nearness(way, other) > 0 for way in ways):
        assert _meet(_place(ways), other)


def grown_as_masks_are(region: Region) -> Region:
    return replace(region, box=reach(region, 0.25))


def largest(regions: list[Region]) -> int:
    return max((area(region.box) for region in regions), default=0)
