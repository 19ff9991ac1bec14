"""What people do, told from glimpses: falls once and in time, postures, and what only looks like a fall."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise, takewhile
from math import cos, nan, radians, sin
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingbi.bench.fall_films import DOWN_S
from yingbi.bootstrap import finders, load_settings, poses
from yingbi.domain.frame import Frame
from yingbi.domain.glimpse import Glimpse
from yingbi.domain.record import BEHAVIOURS, Behaviour, Event, span_of
from yingbi.domain.region import CLEAR_SIGHT, Region, Target
from yingbi.media.film import FilmReader
from yingbi.pipeline.engine import Finder
from yingbi.structure.attention import Attention
from yingbi.structure.body import Body, body_of
from yingbi.structure.clues import Drop, measures_of
from yingbi.structure.company import Company
from yingbi.structure.conduct import Conduct
from yingbi.structure.fall_rules import RULES, TABLE, points_of, rules_of
from yingbi.structure.movement import turns
from yingbi.structure.thresholds import THRESHOLDS, Thresholds
from yingbi.track.tracker import track

TALL, FLOOR, EDGE = 0.5, 0.85, 0.05
RATE_HZ = 8.0
GUIDES = [
    Path(__file__).parents[1] / "docs" / tongue / "guide" / "conduct.md" for tongue in ("en", "zh")
]


@dataclasses.dataclass(frozen=True)
class Stick:
    """A stick figure: hips above the floor and everything else in statures, angles from upright.

    thigh, shank: 0 straight down, 90 to the right. arm: the same of the left one, 180 straight up.
    """

    hips: float = 0.53
    lean: float = 0.0
    thigh: float = 0.0
    shank: float = 0.0
    arm: float = 10.0
    forearm: float = 10.0
    x: float = 0.8

    def glimpse(self, time_s: float, *, posed: bool = True, tall: float = TALL) -> Glimpse:
        hips = np.array([self.x, FLOOR - self.hips * tall])
        up = np.array([sin(radians(self.lean)), -cos(radians(self.lean))])
        aside = np.array([-up[1], up[0]])
        shoulders, head = hips + 0.29 * tall * up, hips + 0.44 * tall * up
        knees = hips + 0.245 * tall * down(self.thigh)
        ankles = knees + 0.245 * tall * down(self.shank)
        elbow = shoulders + 0.17 * tall * down(self.arm)
        wrist = elbow + 0.15 * tall * down(self.forearm)
        points = [head] * 5
        for middle in (shoulders, elbow, wrist, hips, knees, ankles):
            points += [middle + 0.03 * tall * aside, middle - 0.03 * tall * aside]
        xs, ys = zip(*points, strict=True)
        edge = EDGE * tall
        box = (min(xs) - edge, min(ys) - edge, max(xs) + edge, max(ys) + edge)
        given = tuple((float(x), float(y), 0.8) for x, y in points)
        return Glimpse(time_s, tuple(map(float, box)), given if posed else None)


def down(angle: float) -> np.ndarray:
    return np.array([sin(radians(angle)), cos(radians(angle))])


STAND = Stick()
SIT = Stick(hips=0.3, thigh=85, shank=0)
SQUAT = Stick(hips=0.2, lean=35, thigh=110, shank=-20)
BEND = Stick(hips=0.5, lean=85, thigh=5)
LIE = Stick(hips=0.08, lean=88, thigh=-85, shank=-88, arm=-85, forearm=-88, x=0.95)
IN_BED = dataclasses.replace(LIE, hips=0.34)
CRAWL = Stick(hips=0.27, lean=80, thigh=0, shank=-88)

Leg = tuple[Stick, float, float]
"""A posture, how long it takes to get there, and how long it holds."""


def acted(legs: Iterable[Leg], *, begin: Stick = STAND, ease: float = 1.0) -> list[Glimpse]:
    """Return what is seen of somebody who goes from posture to posture; they are told from zero."""
    figures, before = [], begin
    for target, takes_s, holds_s in legs:
        moved, held = round(takes_s * RATE_HZ), round(holds_s * RATE_HZ)
        figures += [between(before, target, ((n + 1) / moved) ** ease) for n in range(moved)]
        figures += [target] * held
        before = target
    return [figure.glimpse(n / RATE_HZ) for n, figure in enumerate(figures)]


def between(a: Stick, b: Stick, share: float) -> Stick:
    pairs = zip(dataclasses.astuple(a), dataclasses.astuple(b), strict=True)
    return Stick(*(p + (q - p) * share for p, q in pairs))


def told(
    glimpses: Iterable[Glimpse], table: Thresholds = THRESHOLDS
) -> list[tuple[float, Behaviour | Event]]:
    """Return what is told, each with the time at which it is."""
    conduct, found, now = Conduct("unknown 1", table), [], 0.0
    for glimpse in glimpses:
        now = glimpse.time_s
        found += [(now, one) for one in conduct.see(glimpse)]
    return found + [(now, one) for one in conduct.finish()]


def falls(found: Iterable[tuple[float, Behaviour | Event]]) -> list[tuple[float, Event]]:
    return [(at, one) for at, one in found if isinstance(one, Event)]


def seconds(found: Iterable[tuple[float, Behaviour | Event]], behaviour: str) -> float:
    spans = [one for _, one in found if isinstance(one, Behaviour) and one.behaviour == behaviour]
    return sum(one.to_s - one.from_s for one in spans)


# --- falls ---------------------------------------------------------------------------------------

BEGAN_S, STRUCK_S = 4.0, 4.6
FALL: list[Leg] = [(STAND, 0, BEGAN_S), (LIE, STRUCK_S - BEGAN_S, 12)]


@pytest.mark.parametrize("posed_until_s", [99.0, 4.4, 0.0], ids=["posed", "lost", "never"])
def test_a_fall_is_told_once_with_its_time_and_within_three_seconds(posed_until_s: float) -> None:
    """Whoever lies often has no pose, and whoever is far away never has one."""
    seen = [
        one if one.time_s < posed_until_s else dataclasses.replace(one, points=None)
        for one in acted(FALL, ease=1.6)
    ]
    ((at_s, fall),) = falls(told(seen))
    assert fall.event == "fell"
    assert fall.subject == "unknown 1"
    assert fall.time_s == pytest.approx(BEGAN_S, abs=0.5)
    assert at_s <= STRUCK_S + 3


def test_who_fell_is_fallen_until_they_have_got_up() -> None:
    found = told(acted([*FALL, (SQUAT, 1.5, 0), (STAND, 1.5, 6)], ease=1.6))
    assert len(falls(found)) == 1
    assert seconds(found, "fallen") == pytest.approx(16, abs=2.5)
    assert found[-1][1].behaviour == "standing"


def test_who_gets_up_and_falls_again_has_fallen_twice() -> None:
    again: list[Leg] = [(STAND, 2.0, 90), (LIE, 0.6, 12)]
    assert len(falls(told(acted([*FALL, *again], ease=1.6)))) == 2


HARMLESS: dict[str, list[Leg]] = {
    "sits down": [(STAND, 0, 4), (SIT, 1.5, 10)],
    "sits down at once": [(STAND, 0, 4), (SIT, 0.6, 10)],
    "bends": [(STAND, 0, 4), (BEND, 0.8, 4), (STAND, 0.8, 4)],
    "bends for long": [(STAND, 0, 4), (BEND, 0.7, 14)],
    "picks up": [(STAND, 0, 4), (SQUAT, 0.6, 0.6), (STAND, 0.7, 6)],
    "squats": [(STAND, 0, 4), (SQUAT, 1.2, 12)],
    "lies down in bed": [(STAND, 0, 4), (SIT, 1.5, 3), (IN_BED, 2.5, 12)],
    "lies down on the floor": [(STAND, 0, 4), (SQUAT, 1.5, 1), (SIT, 1.5, 2), (LIE, 3.0, 12)],
    "jumps": [(STAND, 0, 4), *([(Stick(hips=0.75), 0.25, 0), (STAND, 0.25, 0.3)] * 5)],
    "crawls": [(STAND, 0, 4), (SQUAT, 1.2, 0), (CRAWL, 1.0, 12)],
}  # fmt: skip


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_no_fall_is_not_told_as_one(what: str) -> None:
    assert not falls(told(acted(HARMLESS[what])))


def test_most_of_it_would_be_told_whatever_its_points() -> None:
    lax = dataclasses.replace(THRESHOLDS, needed=-1000.0)
    found = [what for what, legs in HARMLESS.items() if falls(told(acted(legs), lax))]
    assert len(found) > len(HARMLESS) / 2, "the control"


def test_who_exercised_on_the_floor_a_minute_ago_has_not_newly_fallen() -> None:
    restless: list[Leg] = [(SQUAT, 1.5, 0), (LIE, 2.5, 4), (SQUAT, 1.5, 0), (STAND, 1.0, 1)] * 5
    quick: list[Leg] = [(LIE, 1.0, 12)]
    for before, count in (([(STAND, 0, 30)], 1), ([(STAND, 0, 4), *restless], 0)):
        assert len(falls(told(acted([*before, *quick], ease=1.3)))) == count


def test_a_fall_that_nobody_sees_the_end_of_is_told_when_the_film_ends() -> None:
    seen = [one for one in acted(FALL, ease=1.6) if one.time_s < STRUCK_S + 0.9]
    ((at_s, _),) = falls(told(seen))
    assert at_s == seen[-1].time_s


def test_gaps_and_two_frames_of_one_time_change_nothing() -> None:
    seen = acted(FALL, ease=1.6)
    gaps = [one for n, one in enumerate(seen) if n % 9 not in (4, 5)]
    twice = [one for one in seen for _ in range(2)]
    for stream in (gaps, twice):
        ((_, fall),) = falls(told(stream))
        assert fall.time_s == pytest.approx(BEGAN_S, abs=0.5)


def test_a_fall_is_told_as_well_of_somebody_far_away() -> None:
    far = [(f, n / RATE_HZ) for n, f in enumerate([STAND] * 32 + [LIE] * 60)]
    assert len(falls(told([figure.glimpse(at, tall=0.12) for figure, at in far]))) == 1


# --- behaviour -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "behaviour"),
    [(STAND, "standing"), (SIT, "sitting"), (IN_BED, "lying"), (LIE, "lying")],
)
def test_a_posture_is_told(figure: Stick, behaviour: str) -> None:
    found = told(acted([(STAND, 0, 3), (SIT, 1.5, 3), (figure, 3.0, 10)]))
    assert seconds(found, behaviour) >= 9
    assert not falls(found)


def test_a_posture_is_known_within_a_second_and_a_half_of_its_beginning() -> None:
    """The middle of the sights turns after half of `look_s`, and then has to hold `steady_s`."""
    found = told(acted([(STAND, 0, 5), (SIT, 0.5, 5)]))
    at_s, before = next((at, one) for at, one in found if one.behaviour == "standing")
    assert at_s - 5.5 <= THRESHOLDS.look_s / 2 + THRESHOLDS.steady_s + 2 / RATE_HZ
    assert before.to_s == pytest.approx(5.3, abs=0.5)


@pytest.mark.parametrize(
    ("pace", "behaviour"), [(0.1, "standing"), (0.7, "walking"), (1.8, "running")]
)
def test_pace_tells_standing_walking_and_running_apart(pace: float, behaviour: str) -> None:
    far = range(40)
    seen = [Stick(x=0.3 + pace * TALL * n / RATE_HZ).glimpse(n / RATE_HZ) for n in far]
    assert seconds(told(seen), behaviour) >= 3.5


def test_who_comes_nearer_walks() -> None:
    seen = [STAND.glimpse(n / RATE_HZ, tall=1 / (4 - 0.09 * n)) for n in range(30)]
    assert seconds(told(seen), "walking") >= 2.5


@pytest.mark.parametrize("standing", [True, False])
def test_a_raised_hand_that_goes_to_and_fro_waves(standing: bool) -> None:
    figure = STAND if standing else SIT

    def waving(n: int, size: float) -> Stick:
        return dataclasses.replace(figure, arm=90, forearm=175 + size * (-1) ** (n // 2))

    for size, least, most in ((35, 3.5, 6), (2, 0, 0)):
        seen = [figure.glimpse(n / RATE_HZ) for n in range(16)]
        seen += [waving(n, size).glimpse(n / RATE_HZ) for n in range(16, 56)]
        assert least <= seconds(told(seen), "waving") <= most


def test_spans_follow_each_other_without_overlap_and_a_cut_parts_them() -> None:
    conduct, spans = Conduct("unknown 1"), []
    for glimpse in acted([(STAND, 0, 6), (SIT, 1, 6), (STAND, 1, 6)]):
        if glimpse.time_s in (4.0, 9.0):
            spans += conduct.cut(glimpse.time_s)
        spans += conduct.see(glimpse)
    spans += conduct.finish()
    assert [one.behaviour for one in spans] == ["standing"] * 2 + ["sitting"] * 2 + ["standing"]
    assert all(a.to_s == b.from_s for a, b in pairwise(spans))
    assert {spans[0].to_s, spans[2].to_s} == {4.0, 9.0}


points = st.tuples(*[st.tuples(*[st.floats(-1, 3)] * 2, st.floats(0, 1))] * 17)
boxes = st.tuples(st.floats(-1, 2), st.floats(-1, 1), st.floats(0, 2), st.floats(0, 1))


@given(st.lists(st.tuples(boxes, points | st.none(), st.booleans(), st.floats(0, 3)), max_size=40))
def test_whatever_is_seen_spans_are_in_order_and_of_known_names(sights: list) -> None:
    now, seen = 0.0, []
    for (x, y, wide, high), pose, found, step in sights:
        now += step
        seen.append(Glimpse(now, (x, y, x + wide, y + high), pose, found))
    spans = [one for _, one in told(seen) if isinstance(one, Behaviour)]
    assert all(one.from_s < one.to_s and one.behaviour in BEHAVIOURS for one in spans)
    assert all(a.to_s <= b.from_s + 1e-9 for a, b in pairwise(spans))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50), st.floats(0.01, 0.5))
def test_a_hand_turns_at_most_as_often_as_its_path_does(xs: list[float], reach: float) -> None:
    steps = [b - a for a, b in pairwise(xs) if b != a]
    assert turns(xs, reach) <= sum((a > 0) != (b > 0) for a, b in pairwise(steps))


def test_turns_are_counted() -> None:
    assert turns([0, 1, 0, 1, 0], 0.5) == 3
    assert turns([0, 0.1, 0, 0.1], 0.5) == 0
    assert turns([0, 0.3, 0.6, 0.9, 0.6, 0.3], 0.5) == 1


# --- people --------------------------------------------------------------------------------------


class Everybody(dict[int, str]):
    """Names of all tracks."""

    def __init__(self) -> None:
        super().__init__({1: "unknown 1", 2: "unknown 2"})


def company(tracks: Mapping[int, Iterable[Glimpse]]) -> list[tuple[float, Behaviour | Event]]:
    people, found, now = Company(), [], 0.0
    order = sorted((one.time_s, track, one) for track, seen in tracks.items() for one in seen)
    for now, group in groupby(order, key=lambda row: row[0]):
        seen = {track: glimpse for _, track, glimpse in group}
        found += [(now, one) for one in people.see(now, seen, Everybody())]
    return found + [(now, one) for one in people.finish()]


def test_a_track_that_breaks_in_a_fall_goes_on_in_the_next_and_is_told_by_its_own_name() -> None:
    seen = acted(FALL, ease=1.6)
    first, second = (
        [one for one in seen if (one.time_s < 4.3) == early] for early in (True, False)
    )
    told = company({1: first, 2: second[3:]})
    ((_, fall),) = falls(told)
    assert fall.subject == "unknown 2"
    assert all(one.subject == "unknown 2" for _, one in told if span_of(one)[1] > 4.6)


def test_somebody_elsewhere_does_not_take_over_a_lost_track() -> None:
    seen = acted(FALL, ease=1.6)
    first = [one for one in seen if one.time_s < 4.3]
    other = [SIT.glimpse(one.time_s) for one in seen if one.time_s > 4.8]
    moved = [
        dataclasses.replace(
            one, box=tuple(v + (1.5 if n % 2 == 0 else 0) for n, v in enumerate(one.box))
        )
        for one in other
    ]
    found = company({1: first, 2: moved})
    assert not falls(found)
    assert {one.subject for _, one in found} == {"unknown 1", "unknown 2"}


def test_of_tracks_that_are_not_people_nothing_is_told() -> None:
    people = Company()
    for glimpse in acted(FALL, ease=1.6):
        assert people.see(glimpse.time_s, {7: glimpse}, {}) == []
    assert people.finish() == []


# --- real films ----------------------------------------------------------------------------------

LOOKS, HOLD_S = 10.0, 0.5


def filmed(
    path: Path, *, right_half: bool = False, until_s: float = 99.0
) -> list[tuple[float, Behaviour | Event]]:
    """Return what is told of a film, looked at as the records do."""
    settings = load_settings({}, None)
    (finder,), source = finders(settings, [Target.PERSON]), poses(settings)
    attention, people, found, now = Attention(source, LOOKS), Company(), [], 0.0
    clear: Counter[int] = Counter()
    with FilmReader(path) as film:
        frames = takewhile(lambda frame: frame.time_s < until_s, film.frames())
        sights = ((frame, looked(finder, frame, right_half)) for frame in frames)
        for frame, regions in track(sights, hold_s=HOLD_S):
            now = frame.time_s
            sure = (one for one in regions if one.seen and one.score >= CLEAR_SIGHT)
            clear.update(one.track for one in sure if one.track is not None)
            names = {one: f"unknown {one}" for one, count in clear.items() if count >= 3}
            looks = attention.look(frame, regions, now)
            seen = {one: look.glimpse for one, look in looks.items()}
            found += [(now, one) for one in people.see(now, seen, names)]
    return found + [(now, one) for one in people.finish()]


def looked(finder: Finder, frame: Frame, right_half: bool) -> list[Region]:
    width, height = frame.size
    part = (width // 2, 0, width, height) if right_half else None
    return [one for one in finder.find(frame, part) if one.kind is Target.PERSON]


@pytest.mark.evaluation
@pytest.mark.parametrize("name", [f"{name}.mp4" for name in DOWN_S])
def test_the_falls_of_the_four_films_are_told_within_three_seconds(
    eval_data: Path, name: str
) -> None:
    ((at_s, fall),) = falls(filmed(eval_data / "home_fall" / name, right_half=True))
    print(
        f"{name}: began {fall.time_s:.1f} s, told {at_s - DOWN_S[Path(name).stem]:.1f} s after they were down"
    )
    assert at_s <= DOWN_S[Path(name).stem] + 3
    assert DOWN_S[Path(name).stem] - 2 <= fall.time_s <= DOWN_S[Path(name).stem]


@pytest.mark.evaluation
@pytest.mark.parametrize("name", ["meeting_640x360", "office_people_movement"])
def test_nobody_falls_where_people_sit_and_walk(eval_data: Path, name: str) -> None:
    found = filmed(eval_data / "video" / f"{name}.mp4", until_s=8.0)
    assert {one.behaviour for _, one in found if isinstance(one, Behaviour)}, "somebody is seen"
    assert not falls(found)


# --- the tables ----------------------------------------------------------------------------------


def test_every_rule_names_what_is_measured() -> None:
    bodies = [body_of(one) for one in acted(FALL, ease=1.6)]
    measured = measures_of(bodies, Drop(BEGAN_S, TALL, 0.0), BEGAN_S + 4)
    assert measured is not None
    assert {sign.measure for rule in RULES for sign in rule.signs} == set(measured)
    assert all(rule.points and 1 <= len(rule.signs) <= 3 for rule in RULES)
    assert THRESHOLDS.needed <= points_of(measured, RULES)


def test_a_drop_that_is_undone_does_not_stay_down() -> None:
    undone: list[Leg] = [(STAND, 0, BEGAN_S), (LIE, 0.6, 0.2), (STAND, 0.6, 6)]
    for legs, least, most in ((FALL, 0.3, 1), (undone, -0.1, 0.05)):
        bodies = [body_of(one) for one in acted(legs, ease=1.6)]
        measured = measures_of(bodies, Drop(BEGAN_S, TALL, 0.0), BEGAN_S + 3.5)
        assert measured is not None
        assert least <= measured["stays down"] <= most


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("tall >= 0.3", [False, True, True, False]),
        ("tall < 0.3", [True, False, False, False]),
        ("tall >= 0.3 ?", [False, True, True, True]),
        ("tall < 0.3 ?", [True, False, False, True]),
        ("tall seen", [True, True, True, False]),
        ("tall unseen", [False, False, False, True]),
    ],
)
def test_a_sign_holds_as_its_line_says(line: str, holds: list[bool]) -> None:
    ((sign,),) = (rule.signs for rule in rules_of(f"+7  {line}"))
    assert [sign.holds({"tall": value}) for value in (0.29, 0.3, 0.4, nan)] == holds
    assert sign.holds({}) is holds[-1]


def test_a_rule_gives_its_points_where_all_of_its_signs_hold() -> None:
    rules = rules_of("+7  tall >= 0.3, lean < 40\n-2  lean < 40 ?")
    seen = ({"tall": 0.5, "lean": 9}, {"tall": 0.5, "lean": 50}, {"tall": 0.5}, {"lean": 9})
    assert [points_of(one, rules) for one in seen] == [5, 0, -2, -2]


def test_of_who_has_hardly_been_seen_nothing_is_measured() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    assert measures_of([Body(0.0, box)], Drop(0.0, 1.0, 0.0), 9.0) is None
    lost = [Body(at / 10, box) for at in (*range(12), *range(40, 60))]
    assert measures_of(lost, Drop(1.9, 1.0, 0.0), 9.0) is None


def numbers() -> Iterator[tuple[str, str]]:
    """Yield every name of the tables and its numbers, as the guide writes them."""
    for one in dataclasses.fields(THRESHOLDS):
        value = getattr(THRESHOLDS, one.name)
        listed = value if isinstance(value, tuple) else (value,)
        yield one.name, ", ".join(f"{v:g}" for v in listed)


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_the_guide_tells_every_number_of_the_tables(guide: Path) -> None:
    text = guide.read_text("utf-8")
    rows = [
        re.split(r"\s*\|\s*", line.strip("| ")) for line in text.splitlines() if line[:1] == "|"
    ]
    told_numbers = {row[0].strip("`"): row[1] for row in rows if row[0].startswith("`")}
    assert dict(numbers()).items() <= told_numbers.items()
    for name in told_numbers.keys() - dict(numbers()).keys():
        assert name in BEHAVIOURS or name == "fell", f"{name} is no number of the tables"


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_the_guide_tells_every_measure_and_the_reference_every_rule(guide: Path) -> None:
    told = re.findall(r"^\| ([a-z ]+) \| .+ \|$", guide.read_text("utf-8"), re.MULTILINE)
    measures = {sign.measure for rule in RULES for sign in rule.signs}
    assert measures == {one for one in told if one in measures}
    page = guide.parents[1] / "reference" / "fall-rules.md"
    assert f"```text{TABLE}```" in page.read_text("utf-8")


def test_every_number_has_a_line_in_the_docstring() -> None:
    assert all(re.search(rf"\b{name}\b", Thresholds.__doc__ or "") for name, _ in numbers())
