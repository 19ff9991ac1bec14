"""Records made coarse before they are sealed, and names that change: nothing finer is left."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from door_house import owner
from record_values import accepted_by_schema, details, records
from test_structure import HEAD, Posing, frame_at, person
from vault_house import new_vault, open_vault
from yingbi.domain.box import BoxPolicy
from yingbi.domain.detail import EXACT, Detail, coarsened
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.record import Event, Pose, span_of
from yingbi.domain.record_page import head_from_json, head_to_json, page_lines, page_of_lines
from yingbi.errors import RecordRefusedError
from yingbi.keys.door_file import read_door
from yingbi.keys.index_page import IndexEntry
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.store.event_rows import encoded, span_us, start_us
from yingbi.store.event_search import Somebody, Wanted, search
from yingbi.structure.pack import unpack_page
from yingbi.structure.scribe import Diary, Scribe
from yingbi.usecases.box import create_box
from yingbi.usecases.doors import make_door

DAY = date(2026, 11, 24)


@given(st.lists(records, max_size=8), details)
def test_times_lie_on_steps_around_what_was_seen_and_places_on_the_grid(told, detail):
    coarse = coarsened(told, detail)
    if not detail.step_s:
        assert len(coarse) == len(told)
    for one in coarse:
        first, last = span_of(one)
        if detail.step_s:
            assert first % detail.step_s == last % detail.step_s == 0
        if detail.grid and isinstance(one, Pose):
            for share in [value for point in one.points for value in point[:2]]:
                assert share * detail.grid == pytest.approx(round(share * detail.grid), abs=1e-6)
    kept = [one for one in told if not isinstance(one, Pose)]
    for was, one in zip(kept, [o for o in coarse if not isinstance(o, Pose)], strict=True):
        (first, last), (from_s, to_s) = span_of(was), span_of(one)
        assert from_s <= first + 1e-3
        moment = isinstance(was, Event)
        if detail.step_s and last >= first:
            assert (from_s + detail.step_s if moment else to_s) >= last - 1e-3
    assert coarsened(told, EXACT) == told


def test_of_poses_in_one_step_one_is_left_for_each_person():
    poses = [Pose(f"unknown {n % 2}", n / 4, ((0.5, 0.5, 1.0),) * 17) for n in range(80)]
    left = coarsened(poses, Detail(step_s=10))
    assert [(one.subject, one.time_s) for one in left] == [
        ("unknown 0", 0.0), ("unknown 1", 0.0), ("unknown 0", 10.0), ("unknown 1", 10.0)
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{"grid": 3}, {"grid": 501}, {"step_s": 3601}, {"step_s": -1}])
def test_a_detail_that_keeps_nothing_or_invents_is_none(wrong):
    with pytest.raises(ValueError, match=r"at most|has 4 to"):
        Detail(**wrong)


def test_what_a_scribe_seals_is_coarse_and_its_page_says_so():
    detail = Detail(16, 10, "day")
    diary = Diary(("identity", "pose", "event"), True, 2.0, head=replace(HEAD, detail=detail))
    scribe, pages = Scribe(diary, Posing()), []
    for tick in range(333):
        there = [person(7)] if 23 <= tick < 217 else []
        pages += scribe.note(frame_at(tick / 10), there, frozenset({"body"}))
    pages += scribe.finish()
    (page,) = (unpack_page(one.content) for one in pages)
    assert page.detail == detail
    times = {time_s for one in page.records for time_s in span_of(one)}
    assert times == {0.0, 10.0, 20.0, 30.0}
    assert pages[0].from_s == 0.0
    xs = {x for one in page.records if isinstance(one, Pose) for x, _, _ in one.points}
    assert xs <= {round(n / 16, 3) for n in range(17)}


@pytest.mark.parametrize("step_s", [7, 45, 600])
def test_no_page_ends_within_a_step_and_tells_a_finer_time(step_s: int):
    head = replace(HEAD, detail=Detail(step_s=step_s))
    scribe, pages = Scribe(Diary(("identity", "pose"), True, 2.0, head=head), Posing()), []
    for tick in range(0, 9000, 5):
        there = [person(7)] if tick > 3120 else []
        pages += scribe.note(frame_at(tick / 10), there, frozenset({"body"}))
    pages += scribe.finish()
    *whole, _ = pages
    assert whole
    assert all(one.from_s % step_s == one.to_s % step_s == 0 for one in whole)
    posed = [o.time_s for p in pages for o in unpack_page(p.content).records if isinstance(o, Pose)]
    assert posed
    assert len(set(posed)) == len(posed)
    usual = Diary(("identity", "pose"), True, 2.0, head=HEAD)
    assert (usual.interval_s, replace(usual, keep=("event",)).interval_s) == (60, 360)  # as ever


# The head of a page.


@given(details)
def test_a_head_says_its_detail_in_one_way_and_an_exact_one_says_nothing(detail):
    head = replace(HEAD, detail=detail)
    told = head_to_json(head)
    assert ("detail" in told["page"]) == (detail != EXACT)
    assert head_from_json(told) == head
    assert accepted_by_schema(told)


@pytest.mark.parametrize(
    "detail",
    [
        {"grid": None, "step_ms": None, "names": None},  # that is said by leaving it out
        {"grid": 64, "step_ms": 1500, "names": None},
        {"grid": 64, "step_ms": None, "names": "none"},
        {"grid": 64, "step_ms": None},
        {"grid": 64.0, "step_ms": None, "names": None},
        {"grid": 64, "step_ms": None, "names": "day", "who": "Ada"},
    ],
)
def test_a_detail_that_is_written_otherwise_is_refused(detail):
    told = head_to_json(HEAD)
    told["page"]["detail"] = detail
    with pytest.raises(RecordRefusedError):
        head_from_json(told)
    floats = any(isinstance(value, float) for value in detail.values())
    assert floats or not accepted_by_schema(told)


def test_a_page_of_before_there_was_a_detail_reads_and_writes_as_ever():
    line = (
        b'{"v":2,"page":{"start":null,"clock":{"source":"unknown","offset_ms":null,'
        b'"uncertainty_ms":null},"networks":{}}}\n'
    )
    page = page_of_lines(line)
    assert page.detail == EXACT
    assert page_lines(page) == line


# What a box lays down.


def test_a_box_and_its_doors_keep_their_detail_and_boxes_of_before_have_none(tmp_path: Path):
    detail, pass_ = Detail(64, 10, "box"), tmp_path / "home.yb"
    new_vault(tmp_path / "vault")
    with owner(tmp_path / "vault") as vault:
        home = create_box(vault, "home", BoxPolicy(Level.STRUCTURED_ONLY, detail=detail))
        create_box(vault, "plain", BoxPolicy(Level.STRUCTURED_ONLY))
        assert vault.boxes.box_named("home").policy.detail == detail
        assert vault.boxes.box_named("plain").policy.detail == EXACT
        make_door(vault, home, pass_, days=2)
    door = read_door(pass_)
    assert door.policy.detail == detail
    plain = replace(door, policy=replace(door.policy, detail=EXACT))
    assert b"detail" in door.encode()
    assert b"detail" not in plain.encode()  # as doors of before are


# Names.


def test_names_of_two_days_or_boxes_tell_nobody_who_has_no_key_that_they_are_one_person(
    tmp_path: Path,
):
    people = [new_id() for _ in range(200)]
    with open_vault(new_vault(tmp_path / "vault")) as house:
        one, other = (Pseudonyms(house.keystore, new_id(), "day") for _ in range(2))
        held = Pseudonyms(house.keystore, new_id(), "box")
        today, tomorrow, elsewhere = (
            np.stack([bits(names.on(who, day)) for who in people])
            for names, day in ((one, DAY), (one, DAY + timedelta(days=1)), (other, DAY))
        )
        assert all(held.on(who, DAY) == held.on(who, DAY + timedelta(days=9)) for who in people)
        assert all(one.on(who, DAY) == one.on(who, DAY) for who in people)  # who has the key can
    assert rank_one(today, today) == 1.0  # the control
    for later in (tomorrow, elsewhere):
        assert rank_one(today, later) * len(people) <= 8  # by chance it is one
        assert abs((today == later).mean() - 0.5) < 0.03


def bits(name: str) -> np.ndarray:
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return np.array(
        [letters.index(c) >> n & 1 for c in name.removeprefix("known ") for n in range(5)]
    )


def rank_one(names: np.ndarray, later: np.ndarray) -> float:
    """The share whose own name is the nearest, by the number of equal bits."""
    alike = (names[:, None] == later[None]).sum(axis=2)
    return float((alike.argmax(axis=1) == np.arange(len(names))).mean())


def entry_of(subject: str, recorded_at: str | None, taken_in: datetime) -> IndexEntry:
    records = [Event("entered", 3.0, subject)]
    began_us = start_us(recorded_at)
    first, last = span_us(records, began_us) or (0, 0)
    object_id = new_id(round(taken_in.timestamp() * 1000)).bytes
    return IndexEntry(object_id, 0, first, last, encoded(records, began_us))


def test_who_has_the_key_finds_a_person_under_the_name_of_each_day(tmp_path: Path):
    who, noon = new_id(), datetime(2026, 11, 24, 12, tzinfo=UTC)
    with open_vault(new_vault(tmp_path / "vault")) as house:
        names = Pseudonyms(house.keystore, new_id(), "day")
        entries = [
            entry_of(names.on(who, DAY + timedelta(days=n)), at, noon + timedelta(days=taken))
            for n, at, taken in (
                (0, noon.isoformat(), 9),  # by the day on which it was recorded
                (3, None, 3),  # else by the day on which it was taken in
                (1, noon.isoformat(), 9),  # a name of another day is nobody's
                (-9001, "2002-04-03T23:59:58+00:00", 0),  # it went on into the next day
            )
        ]

        def on_day(day: int) -> str:
            return names.on(who, date(1970, 1, 1) + timedelta(days=day))

        found = list(search(entries, Wanted(person=Somebody(on_day=on_day))))
        assert [one.object_id.bytes for one in found] == [entries[n].object_id for n in (0, 1, 3)]
        assert list(search(entries, Wanted(person=Somebody()))) == []  # the control
