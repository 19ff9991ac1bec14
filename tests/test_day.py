"""A day is reckoned exactly, from records in whatever order they come."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from day_house import (
    AUTUMN,
    FIXED,
    HOUR_S,
    KNOWN,
    OTHER,
    SPRING,
    SUNDAY,
    TOWN,
    begun,
    lying,
    page,
    reckoned,
    standing,
    there,
    words,
)
from yingbi.domain.day import Noted, day_of
from yingbi.domain.floor import COLUMNS, ROWS
from yingbi.domain.record import Attribute, Behaviour, Event, Pose
from yingbi.domain.span import Span, at_once, merged
from yingbi.domain.story import Who

# --- spans

spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda p: Span(p[0], p[0] + p[1]))
)


@given(spans, st.integers(0, 5))
def test_merged_spans_cover_the_same_time_and_lie_apart(some, gap_s):
    halves = sorted({n for span in some for n in range(2 * span.from_s, 2 * span.to_s + 1)})
    runs: list[list[int]] = []
    for half in halves:
        if runs and half - runs[-1][1] <= max(1, 2 * gap_s):
            runs[-1][1] = half
        else:
            runs.append([half, half])
    assert merged(some, gap_s) == tuple(Span(a / 2, b / 2) for a, b in runs)


@given(st.lists(st.lists(spans.map(merged), max_size=4), max_size=4))
def test_how_many_are_there_at_once_is_the_most_of_any_object(lanes):
    def count(second: int) -> int:
        over = [
            [any(s.from_s <= second < s.to_s for s in person) for person in lane] for lane in lanes
        ]
        return max((sum(people) for people in over), default=0)

    told = at_once(lanes)
    heard = {s: n for span, n in told for s in range(int(span.from_s), int(span.to_s))}
    assert heard == {s: count(s) for s in range(80) if count(s)}
    assert all(a.to_s < b.from_s or m != n for (a, m), (b, n) in pairwise(told))


# --- who was there

minute = st.integers(-30, 24 * 60 + 30)
stays = st.lists(st.tuples(st.sampled_from([KNOWN, OTHER]), minute, st.integers(1, 200)))


@given(stays, st.randoms(use_true_random=False))
def test_presence_is_what_the_records_say_in_whatever_order_they_come(some, chance):
    records = [there(who, 60 * start, 60 * (start + long)) for who, start, long in some]
    chance.shuffle(records)
    told = {
        person.who.subject: {
            m for s in person.seen for m in range(int(s.from_s // 60), int(s.to_s // 60))
        }
        for person in reckoned(*records).story.people
    }
    wanted = {
        who: {m for w, a, long in some if w == who for m in range(max(0, a), min(1440, a + long))}
        for who, _, _ in some
    }
    assert told == {who: minutes for who, minutes in wanted.items() if minutes}


def test_the_intervals_in_which_records_are_written_do_not_cut_a_presence():
    cut = [there(KNOWN, n * 60, n * 60 + 59.96) for n in range(10)]
    assert reckoned(*cut).story.people[0].seen == (Span(0, 599.96),)


def test_coming_and_leaving_are_a_presence_where_no_more_is_kept():
    day = reckoned(Event("left", 900, KNOWN), Event("entered", 300, KNOWN))
    assert day.story.people[0].seen == (Span(300, 900),)


@pytest.mark.parametrize(
    "record",
    [
        Pose(KNOWN, 5, standing(0.5, 0.9)),
        Attribute(KNOWN, 5, 5, "carried", "bag", 0.8),
        Behaviour(KNOWN, 5, 5, "sitting", 0.8),
        Event("left-alone", 5, KNOWN),
    ],
    ids=lambda record: type(record).__name__,
)
def test_whoever_a_record_tells_of_was_there(record):
    assert reckoned(record).story.people[0].seen == (Span(5, 5),)
    assert reckoned(record).surely == 1


def test_a_number_of_one_object_is_nobody_of_another():
    films = [
        Noted(begun() + timedelta(hours=h), [there("unknown 1", 0, 60), there(KNOWN, 0, 60)])
        for h in (9, 8)
    ]
    day = day_of(SUNDAY, FIXED, films)
    assert [p.who for p in day.story.people] == [
        Who(KNOWN), Who("unknown 1", 1), Who("unknown 1", 2),
    ]  # fmt: skip
    assert [p.seen[0].from_s for p in day.story.people] == [8 * HOUR_S, 8 * HOUR_S, 9 * HOUR_S]
    assert day.surely == 2


def test_the_numbers_of_a_single_object_stay_as_they_are():
    day = reckoned(there("unknown 7", 50, 60), there("unknown 3", 90, 99))
    assert [p.who.number for p in day.story.people] == [7, 3]
    assert day.surely == 1


def test_two_objects_of_one_time_are_never_added_up_but_their_known_people_are():
    def film(*who: str) -> Noted:
        return Noted(begun(), [there(subject, 0, 60) for subject in who])

    assert day_of(SUNDAY, FIXED, [film("unknown 1"), film("unknown 1")]).surely == 1
    assert day_of(SUNDAY, FIXED, [film(KNOWN), film(OTHER)]).at_once == ((Span(0, 60), 2),)
    assert reckoned(there("unknown 1", 0, 60), there("unknown 2", 0, 60)).surely == 2


def test_a_crowd_is_counted_by_its_record():
    assert reckoned(Event("crowd", 60, place="picture", count=6)).surely == 6


# --- one calendar day


def test_only_what_lies_between_the_two_midnights_is_told():
    eve = begun() - timedelta(hours=1)
    records = [
        there(KNOWN, 0, 26 * HOUR_S),
        Event("fell", HOUR_S - 0.001, KNOWN, confidence=0.9),
        Event("fell", HOUR_S, KNOWN, confidence=0.9),
        Event("fell", 25 * HOUR_S, KNOWN, confidence=0.9),
        there(OTHER, 25 * HOUR_S, 25 * HOUR_S + 1),
    ]
    days = {
        shift: day_of(SUNDAY + timedelta(days=shift), FIXED, [Noted(eve, records)])
        for shift in (-2, -1, 0, 1, 2)
    }
    assert {n: [p.seen for p in day.story.people] for n, day in days.items()} == {
        -2: [],
        -1: [(Span(23 * HOUR_S, 24 * HOUR_S),)],
        0: [(Span(0, 24 * HOUR_S),)],
        1: [(Span(0, 1),), (Span(0, HOUR_S),)],
        2: [],
    }
    assert {n: [f.at_s for f in day.story.falls] for n, day in days.items()} == {
        -2: [], -1: [pytest.approx(24 * HOUR_S - 0.001)], 0: [0], 1: [0], 2: [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "hours", "after", "clock"),
    [
        (SPRING, 23, 1.5, "01:30"),
        (SPRING, 23, 2.5, "03:30"),
        (AUTUMN, 25, 2.5, "02:30"),
        (AUTUMN, 25, 3.5, "02:30"),
        (AUTUMN, 25, 4.5, "03:30"),
        (SUNDAY, 24, 2.5, "02:30"),
    ],
)
def test_a_day_on_which_the_clock_is_changed_has_23_or_25_hours(day, hours, after, clock):
    lain = Behaviour(KNOWN, 0, 30 * HOUR_S, "lying", 0.9)
    told = day_of(day, TOWN, [Noted(begun(day, TOWN), [lain])])
    assert told.length_s == hours * HOUR_S
    assert told.doing_s["lying"] == (HOUR_S,) * hours
    assert told.clock(after * HOUR_S).strftime("%H:%M") == clock


def test_an_hour_that_comes_twice_says_which_one_it_is():
    start = begun(AUTUMN, TOWN)
    falls = [Event("fell", h * HOUR_S, KNOWN, confidence=0.9) for h in (2.5, 3.5, 9)]
    told = words(page(day_of(AUTUMN, TOWN, [Noted(start, falls)])))
    assert "02:30 CEST" in told
    assert "02:30 CET" in told
    assert "08:00 CE" not in told


def test_a_start_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        Noted(begun().replace(tzinfo=None), [])


def test_an_empty_day_tells_nothing_and_has_a_page():
    day = day_of(SUNDAY, FIXED, [])
    assert (day.story.people, day.story.falls, day.story.happened, day.surely) == ((), (), (), 0)
    assert day.watched == ()
    assert "Nothing was noted on this day." in words(page(day))


def test_when_the_camera_was_on_is_told_only_where_every_length_is():
    late = begun() + timedelta(hours=23)
    day = day_of(SUNDAY, FIXED, [Noted(begun(), [], 600.0), Noted(late, [], 2 * HOUR_S)])
    assert day.watched == (Span(0, 600), Span(23 * HOUR_S, 24 * HOUR_S))
    assert "Nobody was seen." in words(page(day))
    assert day_of(SUNDAY, FIXED, [Noted(begun(), [], 600.0), Noted(late, [])]).watched is None


# --- what happened


def test_what_happens_again_within_ten_minutes_is_one_line_but_no_fall_is():
    times = (0, 500, 1099, 1700, 1701)
    waves = [Event("crossed", t, KNOWN, place="door", direction="forward") for t in times]
    falls = [Event("fell", t, KNOWN, confidence=0.9) for t in (100, 110)]
    told = reckoned(*reversed(waves), *falls).story
    assert [(h.event, h.times_s) for h in told.happened] == [
        ("crossed", (0, 500, 1099)),
        ("fell", (100,)),
        ("fell", (110,)),
        ("crossed", (1700, 1701)),
    ]
    assert [fall.at_s for fall in told.falls] == [100, 110]


def test_repeats_add_up_how_long_and_keep_the_greatest_number():
    dwelt = [Event("dwelt", t, KNOWN, place="bed", for_s=60) for t in (100, 200)]
    crowd = [Event("crowd", t, place="hall", count=n) for t, n in ((300, 6), (400, 5))]
    assert [(h.for_s, h.count) for h in reckoned(*dwelt, *crowd).story.happened] == [
        (120, None),
        (None, 6),
    ]


def test_the_same_record_delivered_twice_is_one_fall():
    fall = Event("fell", 60, KNOWN, confidence=0.9)
    assert len(reckoned(fall, fall).story.falls) == 1


def test_a_fall_has_the_lowest_figure_of_that_person_and_how_long_they_lay():
    hazy = tuple((x, y, 0.1) for x, y, _ in standing(0.1, 0.5))
    day = reckoned(
        Event("fell", 100, KNOWN, confidence=0.9),
        Pose(KNOWN, 99, standing(0.2, 0.9)),
        Pose(KNOWN, 101, hazy),
        Pose(OTHER, 102, standing(0.3, 0.9)),
        Pose(KNOWN, 100.2, standing(0.2, 0.9)),
        Pose(KNOWN, 103, lying(0.4, 0.9)),
        Pose(KNOWN, 104, lying(0.5, 0.8)),
        Pose(KNOWN, 105, standing(0.2, 0.99)),
        Behaviour(KNOWN, 101, 130, "fallen", 0.9),
        Behaviour(KNOWN, 130, 220, "lying", 0.9),
        Behaviour(OTHER, 101, 900, "lying", 0.9),
    )
    fall = day.story.falls[0]
    assert fall.figure == lying(0.4, 0.9)
    assert fall.down_s == 120
    alone = reckoned(Event("fell", 100, KNOWN, confidence=0.9)).story.falls[0]
    assert (alone.figure, alone.down_s) == (None, None)


def test_a_fall_after_which_nobody_is_seen_lower_has_no_figure():
    fell = Event("fell", 100, KNOWN, confidence=0.9)
    stood = [Pose(KNOWN, t, standing(0.2, 0.9)) for t in (99, 100.2, 101, 103)]
    assert reckoned(fell, *stood).story.falls[0].figure is None
    late = Pose(KNOWN, 105, lying(0.4, 0.9))
    assert reckoned(fell, *stood, late).story.falls[0].figure == late.points
    up = Behaviour(KNOWN, 101, 104, "fallen", 0.9)
    assert reckoned(fell, *stood, late, up).story.falls[0].figure is None, "up again by then"


def test_who_lies_along_the_look_of_the_camera_has_a_figure_for_a_lower_head():
    fell = Event("fell", 100, KNOWN, confidence=0.9)
    along = tuple((x, 0.9 - (0.9 - y) / 2, s) for x, y, s in standing(0.2, 0.9))
    day = reckoned(fell, Pose(KNOWN, 99, standing(0.2, 0.9)), Pose(KNOWN, 102, along))
    assert day.story.falls[0].figure == along


def test_each_camera_has_its_own_floor_and_what_happens_says_which():
    films = [
        Noted(begun(), [
            Pose(KNOWN, 0, standing(x, 0.9)),
            Event("dwelt", 9, KNOWN, place="bed", for_s=9),
            Event("fell", 20 + x, KNOWN, confidence=0.9),
        ], 60.0, camera, object_id)
        for x, camera, object_id in ((0.2, "hall", "a"), (0.8, "den", "b"))
    ]  # fmt: skip
    day = day_of(SUNDAY, FIXED, films)
    assert day.cameras == ("den", "hall")
    assert [[row.index(2.0) for row in floor if any(row)] for floor in day.floors] == [[12], [3]]
    assert [one.camera for one in day.story.falls] == ["hall", "den"]
    kept = {(one.event, one.camera, one.times_s) for one in day.story.happened}
    assert {("dwelt", "hall", (9,)), ("dwelt", "den", (9,))} < kept
    alone = day_of(SUNDAY, FIXED, films[:1])
    assert {one.camera for one in (*alone.story.falls, *alone.story.happened)} == {None}
    nameless = day_of(SUNDAY, FIXED, [*films, replace(films[0], camera=None)])
    assert nameless.cameras == ("den", "hall", None)


@given(stays)
def test_the_minutes_of_a_behaviour_are_those_of_each_person_and_no_more(some):
    records = [Behaviour(who, 60 * a, 60 * (a + long), "sitting", 0.9) for who, a, long in some]
    minutes = {(w, m) for w, a, long in some for m in range(max(0, a), min(1440, a + long))}
    by_hour = [60.0 * sum(m // 60 == hour for _, m in minutes) for hour in range(24)]
    assert reckoned(*records).doing_s.get("sitting", (0.0,) * 24) == tuple(by_hour)


def test_the_floor_holds_how_long_people_stood_in_each_cell_and_nothing_finer():
    here, there_ = standing(0.51, 0.95), standing(0.02, 0.5)
    poses = [Pose(KNOWN, t, here) for t in (0, 0.5, 1, 9)] + [Pose(KNOWN, 1.5, there_)]
    floor = reckoned(*poses).floors[0]
    assert (len(floor), {len(row) for row in floor}) == (ROWS, {COLUMNS})
    cells = {(x, y): s for y, row in enumerate(floor) for x, s in enumerate(row) if s}
    assert cells == {(8, 8): 2.0, (0, 4): 2.0}
    assert cells == {
        (x, y): s
        for moved in [[Pose(p.subject, p.time_s, nudged(p.points)) for p in poses]]
        for y, row in enumerate(reckoned(*moved).floors[0])
        for x, s in enumerate(row)
        if s
    }


def nudged(
    points: tuple[tuple[float, float, float], ...],
) -> tuple[tuple[float, float, float], ...]:
    return tuple((x + 0.004, y - 0.004, s) for x, y, s in points)


def test_who_has_no_feet_stands_under_the_box_and_who_has_neither_nowhere():
    hidden = tuple((0.5, 0.5, 0.0) for _ in range(17))
    boxed = reckoned(Pose(KNOWN, 0, hidden, (0.5, 0.1, 0.7, 1.4))).floors[0]
    assert boxed[8][9] == 2.0
    assert sum(map(sum, reckoned(Pose(KNOWN, 0, hidden)).floors[0])) == 0


def test_what_has_no_time_stands_apart_and_enters_no_hour():
    fall = Event("fell", 42, "unknown 1", confidence=0.9)
    records = [
        fall,
        Behaviour("unknown 1", 0, 60, "lying", 0.9),
        Pose("unknown 1", 1, standing(0.5, 0.9)),
    ]
    day = day_of(SUNDAY, FIXED, [Noted(None, records), Noted(begun(), [there("unknown 1", 0, 9)])])
    assert [p.who.number for p in day.story.people] == [1]
    assert (day.story.falls, day.doing_s, sum(map(sum, day.floors[0]))) == ((), {}, 0)
    assert [(f.at_s, f.who.number) for f in day.undated[0].falls] == [(42, 2)]
    told = words(page(day))
    assert "Somebody fell. When is not known." in told
    assert "0:42 Person 2 fell." in told
