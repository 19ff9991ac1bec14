"""A page for each day: exact in what it reckons, whole in itself, and readable by anybody."""

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from door_house import INFO, fill, gate, owner
from vault_house import PASSPHRASE
from web_house import chromium, serious, tab
from yb import Yingbi
from yingbi.domain.day import Day, Noted, day_of
from yingbi.domain.floor import COLUMNS, ROWS
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.domain.record import Attribute, Behaviour, Event, Identity, Pose, Record
from yingbi.domain.span import Span, at_once, merged
from yingbi.domain.story import Who
from yingbi.errors import UsageError
from yingbi.store.stored import ObjectInfo
from yingbi.usecases.day import _noted, day_named, day_of_box
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.own_desk import OwnDesk
from yingbi.web.day_page import MOST_ROWS, write_day
from yingbi.web.pages import spoken

KNOWN, OTHER = "known abcd2345", "known bcde3456"
HOUR_S = 3600
SUNDAY = date(2026, 11, 29)
FIXED = timezone(timedelta(hours=1))
MADE = datetime(2026, 11, 30, 6, tzinfo=UTC)


def zone_by_rule(rule: str) -> ZoneInfo:
    """Return a real time zone that needs no table of the system's: TZif with a rule alone."""
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    block = b"TZif2" + bytes(15) + counts + struct.pack(">lBB", 3600, 0, 0) + b"CET\0"
    return ZoneInfo.from_file(io.BytesIO(block + block + f"\n{rule}\n".encode()), key="Test/Town")


TOWN = zone_by_rule("CET-1CEST,M3.5.0,M10.5.0/3")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def begun(day: date = SUNDAY, zone: timezone | ZoneInfo = FIXED) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def reckoned(*records: Record, lasts_s: float | None = None) -> Day:
    """Return the day of one object that begins at its midnight."""
    return day_of(SUNDAY, FIXED, [Noted(begun(), records, lasts_s)])


def there(subject: str, from_s: float, to_s: float) -> Identity:
    return Identity(subject, from_s, to_s, 0.9)


def standing(x: float, y: float) -> tuple[tuple[float, float, float], ...]:
    """Return key points with the feet at a place."""
    across = (0, 1, -1, 2, -2, 4, -4, 5, -5, 5, -5, 3, -3, 3, -3, 3, -3)
    above = (20, 21, 21, 20, 20, 17, 17, 13, 13, 10, 10, 10, 10, 5, 5, 0, 0)
    return tuple((x + a / 150, y - b / 60, 0.9) for a, b in zip(across, above, strict=True))


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


def test_a_fall_has_the_next_figure_of_that_person_and_how_long_they_lay():
    hazy = tuple((x, y, 0.1) for x, y, _ in standing(0.1, 0.5))
    day = reckoned(
        Event("fell", 100, KNOWN, confidence=0.9),
        Pose(KNOWN, 99, standing(0.2, 0.9)),
        Pose(KNOWN, 101, hazy),
        Pose(OTHER, 102, standing(0.3, 0.9)),
        Pose(KNOWN, 104, standing(0.5, 0.9)),
        Pose(KNOWN, 103, standing(0.4, 0.9)),
        Behaviour(KNOWN, 101, 130, "fallen", 0.9),
        Behaviour(KNOWN, 130, 220, "lying", 0.9),
        Behaviour(OTHER, 101, 900, "lying", 0.9),
    )
    fall = day.story.falls[0]
    assert fall.figure == standing(0.4, 0.9)
    assert fall.down_s == 120
    alone = reckoned(Event("fell", 100, KNOWN, confidence=0.9)).story.falls[0]
    assert (alone.figure, alone.down_s) == (None, None)


@given(stays)
def test_the_minutes_of_a_behaviour_are_those_of_each_person_and_no_more(some):
    records = [Behaviour(who, 60 * a, 60 * (a + long), "sitting", 0.9) for who, a, long in some]
    minutes = {(w, m) for w, a, long in some for m in range(max(0, a), min(1440, a + long))}
    by_hour = [60.0 * sum(m // 60 == hour for _, m in minutes) for hour in range(24)]
    assert reckoned(*records).doing_s.get("sitting", (0.0,) * 24) == tuple(by_hour)


def test_the_floor_holds_how_long_people_stood_in_each_cell_and_nothing_finer():
    here, there_ = standing(0.51, 0.95), standing(0.02, 0.5)
    poses = [Pose(KNOWN, t, here) for t in (0, 0.5, 1, 9)] + [Pose(KNOWN, 1.5, there_)]
    floor = reckoned(*poses).floor
    assert (len(floor), {len(row) for row in floor}) == (ROWS, {COLUMNS})
    cells = {(x, y): s for y, row in enumerate(floor) for x, s in enumerate(row) if s}
    assert cells == {(8, 8): 2.0, (0, 4): 2.0}
    assert cells == {
        (x, y): s
        for moved in [[Pose(p.subject, p.time_s, nudged(p.points)) for p in poses]]
        for y, row in enumerate(reckoned(*moved).floor)
        for x, s in enumerate(row)
        if s
    }


def nudged(
    points: tuple[tuple[float, float, float], ...],
) -> tuple[tuple[float, float, float], ...]:
    return tuple((x + 0.004, y - 0.004, s) for x, y, s in points)


def test_who_has_no_feet_stands_under_the_box_and_who_has_neither_nowhere():
    hidden = tuple((0.5, 0.5, 0.0) for _ in range(17))
    boxed = reckoned(Pose(KNOWN, 0, hidden, (0.5, 0.1, 0.7, 1.4))).floor
    assert boxed[8][9] == 2.0
    assert sum(map(sum, reckoned(Pose(KNOWN, 0, hidden)).floor)) == 0


def test_what_has_no_time_stands_apart_and_enters_no_hour():
    fall = Event("fell", 42, "unknown 1", confidence=0.9)
    records = [
        fall,
        Behaviour("unknown 1", 0, 60, "lying", 0.9),
        Pose("unknown 1", 1, standing(0.5, 0.9)),
    ]
    day = day_of(SUNDAY, FIXED, [Noted(None, records), Noted(begun(), [there("unknown 1", 0, 9)])])
    assert [p.who.number for p in day.story.people] == [1]
    assert (day.story.falls, day.doing_s, sum(map(sum, day.floor))) == ((), {}, 0)
    assert [(f.at_s, f.who.number) for f in day.undated[0].falls] == [(42, 2)]
    told = words(page(day))
    assert "Somebody fell. When is not known." in told
    assert "0:42 Person 2 fell." in told


# --- the page

NAMES = {KNOWN: "Grandma Li"}


def days() -> dict[str, Day]:
    """Return a calm day, one with falls, an empty one, and one of many people."""
    calm = [
        there(KNOWN, 7 * HOUR_S, 12 * HOUR_S),
        there(OTHER, 9 * HOUR_S, 20 * HOUR_S),
        Behaviour(KNOWN, 8 * HOUR_S, 10.5 * HOUR_S, "sitting", 0.9),
        Event("dwelt", 11 * HOUR_S, KNOWN, place="kitchen", for_s=1800),
        *(Pose(KNOWN, 8 * HOUR_S + t, standing(0.3 + t / 90, 0.9)) for t in range(40)),
    ]
    fall = [
        Event("fell", 14 * HOUR_S + 32 * 60, KNOWN, confidence=0.9),
        Behaviour(KNOWN, 14 * HOUR_S + 32 * 60, 15 * HOUR_S, "fallen", 0.9),
        Pose(KNOWN, 14 * HOUR_S + 32 * 60 + 3, standing(0.5, 0.9)),
    ]
    many = [
        one
        for n in range(1, 31)
        for one in (
            there(f"unknown {n}", n * 2000, n * 2000 + 5000),
            Event("entered", n * 2000, f"unknown {n}"),
            Event("left", n * 2000 + 5000, f"unknown {n}"),
        )
    ]
    strange = [
        Event("crossed", 60, KNOWN, place="door", direction="forward"),
        Event("crossed", 61, KNOWN, place="door", direction="back"),
        Event("in-zone", 62, KNOWN, place="bed"),
        Event("crowd", 63, place="hall", count=6),
        Event("crowd", 64, place="picture", count=7),
        Event("left-alone", 65, KNOWN),
        Event("unknown-person", 66, "unknown 99"),
        Event("camera-covered", 67),
        Event("camera-moved", 68),
        *(Behaviour(KNOWN, n * 70, n * 70 + 60, b, 0.9) for n, b in enumerate(
            ("standing", "sitting", "lying", "walking", "running", "waving", "fallen"), 1)),
    ]  # fmt: skip
    undated = Noted(None, [Event("fell", 42, "unknown 1", confidence=0.9)])
    made = {"calm": calm, "fall": [*calm, *fall], "many": [*many, *strange]}
    told = {name: reckoned(*records, lasts_s=86_400.0) for name, records in made.items()}
    falls = [Event("fell", 3600 * h, KNOWN, confidence=0.9) for h in (0, 9, 23.99)]
    told["falls"] = day_of(SUNDAY, FIXED, [Noted(begun(), [*calm, *falls]), undated])
    return told | {"empty": day_of(SUNDAY, FIXED, [])}


DAYS = days()


def page(day: Day, language: str = "en", names: dict[str, str] = NAMES) -> str:
    out = io.BytesIO()
    write_day(day, names, out, language, made_at=MADE)
    return out.getvalue().decode()


class Tree(HTMLParser):
    """Reads a page strictly: each tag is closed in its turn, no id comes twice."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> stays open" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))
        if len({name for name, _ in attrs}) < len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def words(text: str) -> str:
    return " ".join(" ".join(Tree(text).texts).split())


def reaches(text: str) -> set[str]:
    """Return what of a page could run or fetch something, or hold a picture."""
    text = text.lower()
    tags = {tag for tag, _ in Tree(text).tags}
    found = tags & {"script", "img", "image", "link", "iframe", "object", "embed", "use", "a"}
    found |= {
        part
        for part in ("http:", "https:", "//", "src=", "href", "url(", "@import", "data:", "base64")
        if part in text
    }
    return found | set(re.findall(r"\son\w+=", text))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", DAYS)
def test_a_page_is_whole_html_and_reaches_for_nothing(name, language):
    text = page(DAYS[name], language)
    assert Tree(text).wrong == []
    assert reaches(text) == set()
    assert text.startswith("<!doctype html>")
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in text
    assert "default-src 'none'; style-src 'unsafe-inline'" in text


def test_a_page_that_is_torn_or_reaches_out_is_noticed():
    whole = page(DAYS["calm"])
    assert Tree(whole.replace("</section>", "", 1)).wrong
    for planted in (
        "<script>x</script>",
        "<img src=a>",
        "<p style='background:url(a)'></p>",
        "<p onclick=x></p>",
    ):
        assert reaches(whole.replace("</main>", f"{planted}</main>"))


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", '"><img src=x onerror=x>', "{{ 7*7 }}", "a\u202eb\nc\ud800"],
)
def test_names_and_words_of_records_are_text_and_never_page(evil):
    records = [
        there(KNOWN, 0, 60),
        there(evil, 0, 60),
        Event("fell", 3, KNOWN, confidence=0.9),
        Event("fell", 5, evil, confidence=0.9),
        Event("dwelt", 9, KNOWN, place=evil, for_s=9),
        Event(evil, 9),
        Behaviour(KNOWN, 0, 60, evil, 0.5),
    ]
    plain = "plain"
    told = Tree(page(reckoned(*records), names={KNOWN: evil}))
    same = Tree(page(reckoned(*[tamed(r, evil, plain) for r in records]), names={KNOWN: plain}))
    assert [tag for tag, _ in told.tags] == [tag for tag, _ in same.tags]
    assert told.wrong == []
    assert "49" not in "".join(told.texts)
    assert not set("\u202e\ud800") & set("".join(told.texts))


def tamed(record: Record, evil: str, plain: str) -> Record:
    values = {name: getattr(record, name) for name in type(record).__slots__}
    return type(record)(**{name: plain if v == evil else v for name, v in values.items()})


@pytest.mark.parametrize("name", DAYS)
def test_both_languages_draw_the_same_and_name_the_same_times(name):
    english, chinese = Tree(page(DAYS[name])), Tree(page(DAYS[name], "zh"))
    spoken_only = ("aria-label", "lang")

    def drawn(tree: Tree) -> list[tuple[str, list[tuple[str, str | None]]]]:
        return [(tag, [a for a in attrs if a[0] not in spoken_only]) for tag, attrs in tree.tags]

    def times(tree: Tree) -> list[str]:
        return sorted(re.findall(r"\d+:\d\d", "\n".join(tree.texts)))

    assert drawn(english) == drawn(chinese)
    assert times(english) == times(chinese)


@pytest.mark.parametrize("name", DAYS)
def test_a_chinese_page_has_no_english_sentence(name):
    told = Tree(page(DAYS[name], "zh", {KNOWN: "李奶奶", OTHER: "王叔叔"}))
    labels = [v or "" for _, attrs in told.tags for n, v in attrs if n == "aria-label"]
    latin = re.findall(r"[A-Za-z]+ [A-Za-z]+", "\n".join([*told.texts, *labels]))
    assert latin == []


def test_the_language_of_the_process_is_left_as_it_was():
    before = spoken()
    page(DAYS["calm"], "zh" if before == "en" else "en")
    assert spoken() == before


def test_the_headline_says_the_one_thing_that_matters():
    heads = {name: words(page(day)).split("Falls")[0] for name, day in DAYS.items()}
    assert "A calm day. Two people were seen." in heads["calm"]
    assert "Grandma Li fell at 14:32." in heads["fall"]
    assert "Grandma Li fell three times, first at 00:00." in heads["falls"]
    assert "Somebody fell at a time that is not known as well" in heads["falls"]
    assert "The camera was covered at 00:01. At least seven people were seen." in heads["many"]


def test_a_day_without_any_event_is_not_called_calm():
    told = words(page(reckoned(there(KNOWN, 0, 60))))
    assert "One person was seen. No event was noted" in told
    assert "calm" not in told


def test_a_name_stands_for_the_known_and_a_number_for_all_others():
    day = reckoned(there(KNOWN, 0, 60), there(OTHER, 0, 60), there("unknown 3", 0, 60))
    told = words(page(day, names=NAMES | {"unknown 3": "Grandpa"}))
    assert all(name in told for name in ("Grandma Li", "Known person bcde3456", "Person 3"))
    assert not any(name in told for name in ("abcd2345", "Grandpa"))
    fall = reckoned(Event("fell", 60, "unknown 3", confidence=0.9))
    assert "Somebody fell at 00:01." in words(page(fall, names={"unknown 3": "Grandpa"}))


def test_too_many_numbers_are_one_line_and_no_fall_is_lost():
    falls = [Event("fell", n * 2000 + 9, f"unknown {n}", confidence=0.9) for n in range(1, 31)]
    stays_ = [there(f"unknown {n}", n * 2000, n * 2000 + 500) for n in range(1, 31)]
    came = [Event("entered", n * 2000, f"unknown {n}") for n in range(1, 31)]
    text = page(reckoned(*falls, *stays_, *came, there(KNOWN, 0, 60)))
    assert len(falls) > MOST_ROWS
    assert "Grandma Li 00:00 to 00:01" in words(text)
    assert "Not recognised: 30 numbers" in words(text)
    assert "Person 1" not in words(text).split("What happened")[1]
    assert text.count('class="mark"') == 30
    assert words(text).count("fell at ") == 30


# --- of a box


INFO_OF_DAY = replace(INFO, recorded_at="2026-11-29T10:00:00+00:00", to_s=60.0)


def box_with(path: Path, *infos: ObjectInfo, kinds: tuple[PartKind, ...] = (PartKind.RECORDS,)):
    """Return a vault's folder, and the ids of what its owner keeps in its one box."""
    made, ids = gate(path), [new_id() for _ in infos]
    with owner(made.vault) as vault:
        for object_id, info in zip(ids, infos, strict=True):
            fill(OwnDesk(vault, made.box), object_id, datetime.now(UTC), kinds, info)
    return made, ids


def watched_of(path: Path, info: ObjectInfo, day: date = SUNDAY) -> tuple[Span, ...] | None:
    made, _ = box_with(path, info)
    with owner(made.vault) as vault:
        told = day_of_box(vault, made.box, day, ZoneInfo("UTC"))
        assert words(page(told))
        return told.watched


def test_a_recording_time_without_a_zone_is_utc(tmp_path):
    naive = replace(INFO_OF_DAY, recorded_at="2026-11-29T10:00:00")
    assert watched_of(tmp_path, naive) == (Span(10 * HOUR_S, 10 * HOUR_S + 60),)


def test_an_object_as_long_as_no_film_is_lasts_to_the_end_of_the_day(tmp_path):
    endless = replace(INFO_OF_DAY, to_s=1e300)
    assert watched_of(tmp_path, endless) == (Span(10 * HOUR_S, 24 * HOUR_S),)


@pytest.mark.parametrize("begins", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_recording_time_at_an_end_of_the_calendar_is_compared_as_any_other(tmp_path, begins):
    assert watched_of(tmp_path, replace(INFO_OF_DAY, recorded_at=begins)) == ()


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "2026-02-30", "yesterday"])
@pytest.mark.parametrize("zone", [UTC, FIXED, timezone(timedelta(hours=-12))])
def test_what_is_no_day_is_refused_in_one_line(text, zone):
    with pytest.raises(UsageError, match=f"'{text}' is no day; write it like 2026-11-29"):
        day_named(text, zone)


@pytest.mark.parametrize("text", ["9999-12-30", "0001-01-02"])
@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_the_days_beside_them_have_a_page(text, hours):
    zone = timezone(timedelta(hours=hours))
    assert "Nothing was noted" in words(page(day_of(day_named(text, zone), zone, [])))


def test_objects_without_records_are_left_out(tmp_path):
    made, _ = box_with(tmp_path, INFO_OF_DAY, kinds=(PartKind.MASKED,))
    with owner(made.vault) as vault:
        assert day_of_box(vault, made.box, SUNDAY, ZoneInfo("UTC")).watched == ()


def test_objects_that_are_erased_meanwhile_are_left_out(tmp_path):
    made, ids = box_with(tmp_path, INFO_OF_DAY, INFO_OF_DAY)
    with owner(made.vault) as vault:
        noted = _noted(vault, made.box, SUNDAY, ZoneInfo("UTC"), None)
        next(noted)
        erase_objects(vault, ids)
        assert list(noted) == []


def test_a_page_that_cannot_be_written_is_refused_before_a_record_is_opened(tmp_path):
    made, _ = box_with(tmp_path, INFO_OF_DAY)
    secret, taken = tmp_path / "secret", tmp_path / "taken.html"
    secret.touch(mode=0o600)
    secret.write_bytes(PASSPHRASE)
    taken.touch()
    vault = {"YINGBI_VAULT": str(made.vault), "YINGBI_PASSPHRASE_FILE": str(secret)}
    yingbi = Yingbi(tmp_path, **vault, YINGBI_VAULT_MEMORY="wanted")

    def opened() -> int:
        with owner(made.vault) as vault:
            return sum(one.deed.action is Action.OPENED for one in vault.log.entries())

    words_ = ("day", "2026-11-29", "--box", made.box.name, "--zone", "UTC", "-o")
    assert yingbi(*words_, taken, status=None).status != 0
    assert yingbi(*words_, tmp_path / "nowhere" / "day.html", status=None).status != 0
    assert opened() == 0
    yingbi(*words_, taken, "--force")
    assert opened() == 1, "the control"
    assert "</html>" in taken.read_text("utf-8")


# --- in a real browser

TELEPHONE, DESK = (390, 844), (1280, 900)
LOOKS = {
    "fall": list(product((TELEPHONE, DESK), ("light", "dark"))),
    "many": [(TELEPHONE, "light"), (DESK, "dark")],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["fall", "many"])
def test_a_browser_shows_it_well_by_day_and_by_night_on_any_screen(
    browser, tmp_path, name, language
):
    file = written(tmp_path, page(DAYS[name], language, {KNOWN: "Grandma " + "Li" * 30}))
    with tab(browser) as watched:
        asked: list[str] = []
        watched.page.on("request", lambda request: asked.append(request.url))
        watched.page.goto(file.as_uri())
        for size, scheme in LOOKS[name]:
            watched.page.set_viewport_size({"width": size[0], "height": size[1]})
            watched.page.emulate_media(color_scheme=scheme)
            assert serious(watched.page) == []
            assert too_wide(watched.page) <= 0
        assert watched.complaints == []
        assert asked == [file.as_uri()]


def test_what_a_browser_would_show_badly_is_noticed(browser, tmp_path):
    text = page(DAYS["calm"])
    faint = text.replace("--faint: #56666f", "--faint: #c4ccd0")
    wide = text.replace("<footer>", "<footer><div style='width: 200vw'>wide</div>")
    leak = text.replace("<footer>", "<footer><img alt='' src='file:///dev/null'>")
    with tab(browser, viewport={"width": 390, "height": 844}) as watched:
        watched.page.goto(written(tmp_path, faint).as_uri())
        assert serious(watched.page)
        watched.page.goto(written(tmp_path, wide).as_uri())
        assert too_wide(watched.page) > 0
        assert watched.complaints == []
        watched.page.goto(written(tmp_path, leak).as_uri())
        assert watched.complaints


def test_on_paper_it_is_light_and_whole(browser, tmp_path):
    file = written(tmp_path, page(DAYS["fall"]))
    with tab(browser, color_scheme="dark", viewport={"width": 700, "height": 990}) as watched:
        watched.page.goto(file.as_uri())
        watched.page.emulate_media(media="print", color_scheme="dark")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        assert watched.page.evaluate(ground) == "rgb(255, 255, 255)"
        assert too_wide(watched.page) <= 0


def written(folder: Path, text: str) -> Path:
    file = folder / "day.html"
    file.write_text(text, "utf-8")
    return file


def too_wide(page_) -> int:
    return page_.evaluate("document.documentElement.scrollWidth - innerWidth")
