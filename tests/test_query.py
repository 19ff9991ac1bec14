"""Asked what happened, a box answers by event, time and person, and the log says so."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from door_house import owner
from query_house import KEPT, MORNING, NOW, TOLD, found, hand_in, ids, names, new_box, rows_of
from test_structure import frame_at, person
from vault_house import PASSPHRASE, new_vault
from yingbi.cli.querying import query_command
from yingbi.db.schema import index_waiting
from yingbi.domain.box import BoxPolicy
from yingbi.domain.detail import Detail
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.people_errors import NoSuchSubjectError
from yingbi.domain.record import Event, Pose
from yingbi.domain.report import Quiet
from yingbi.errors import NoSuchCameraError, SealBrokenError, UsageError
from yingbi.keys import index_page
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.seal.door import PartSealer
from yingbi.seal.records import records
from yingbi.store.event_rows import (
    decoded,
    encoded,
)
from yingbi.store.stored import ObjectInfo
from yingbi.structure.scribe import Diary
from yingbi.usecases.box import create_box
from yingbi.usecases.event_index import build_anew
from yingbi.usecases.overheard import Overheard
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.query import Query, ask, span_asked
from yingbi.usecases.subject import add_subject, link


@pytest.fixture(params=["intl", "sm"])
def path(request, tmp_path) -> Path:
    return new_vault(tmp_path / "vault", request.param)


@pytest.fixture
def plain(tmp_path) -> Path:
    return new_vault(tmp_path / "vault")


# --- answers -----------------------------------------------------------------------------------


def test_only_the_events_that_a_box_keeps_are_read_later(plain):
    with owner(plain) as vault:
        policy = BoxPolicy(Level.STRUCTURED_ONLY, keep=("event.fell",))
        box = create_box(vault, "hall", policy)
        hand_in(vault, box, hear=False)
        assert names(found(vault, box)) == ["fell"]


@pytest.mark.parametrize("hear", [True, False], ids=["heard", "read later"])
def test_what_the_records_tell_is_found_by_event_time_and_name(path, hear):
    with owner(path) as vault:
        box = new_box(vault)
        first = hand_in(vault, box, hear=hear)
        second = hand_in(vault, box, recorded_at=MORNING + timedelta(days=1), hear=hear)
        everything = found(vault, box)
        assert [one.object_id for one in everything.found] == [first] * 8 + [second] * 8
        assert everything.opened.objects == (0 if hear else 2)
        assert found(vault, box).opened.objects == 0
        falls = found(vault, box, events=("fell",)).found
        assert [(one.at, one.subject, one.confidence) for one in falls] == [
            (MORNING + timedelta(days=day, seconds=4.5), "unknown 1", 0.83) for day in (0, 1)
        ]
        day = MORNING.replace(hour=0), MORNING.replace(hour=0) + timedelta(days=1)
        assert ids(found(vault, box, span=day)) == {first}
        there = found(vault, box, span=day, behaviours=("fallen",), events=("dwelt",)).found
        assert [(o.kind, o.name, o.for_s, o.place) for o in there] == [
            ("behaviour", "fallen", 3.5, None),
            ("event", "dwelt", 6.25, "bed"),
        ]
        known = found(vault, box, span=(day[1], None), person="known abcd2345").found
        assert [(one.object_id, one.kind) for one in known] == [(second, "identity")]
        crossed = found(vault, box, events=("crossed",), span=day).found[0]
        assert (crossed.place, crossed.direction, crossed.people) == ("gate", "back", None)


def test_a_person_is_found_by_the_links_that_say_who_it_was(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        there, elsewhere, partly = (hand_in(vault, box) for _ in range(3))
        woman = add_subject(vault, "Wang Fang", minor=False, contact="")
        link(vault, woman, there, track=1)
        link(vault, woman, elsewhere, track=None)
        link(vault, woman, partly, track=2, from_s=8.0, to_s=9.5)
        for name in ("Wang Fang", woman.pseudonym, str(woman.subject_id)):
            answer = found(vault, box, person=name)
            by_object = {o: {x.name for x in answer.found if x.object_id == o} for o in ids(answer)}
            assert by_object == {
                there: {"entered", "fell", "fallen"},
                elsewhere: {"entered", "fell", "fallen", "crossed", "dwelt", ""},
                partly: {"dwelt"},
            }


def test_what_has_no_known_time_is_found_only_where_no_time_is_asked_for(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        timed, timeless = hand_in(vault, box), hand_in(vault, box, recorded_at=None)
        falls = found(vault, box, events=("fell",)).found
        assert [(one.object_id, one.at, one.from_s) for one in falls] == [
            (timeless, None, 4.5),
            (timed, MORNING + timedelta(seconds=4.5), 4.5),
        ]
        for span in ((MORNING, None), (None, NOW + timedelta(days=9))):
            assert ids(found(vault, box, span=span)) == {timed}


def test_a_page_of_another_day_is_not_opened(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        for number in range(index_page.PAGE_OBJECTS + 1):
            hand_in(vault, box, recorded_at=MORNING + timedelta(days=number))
        assert found(vault, box).opened.pages == 2
        last = MORNING + timedelta(days=index_page.PAGE_OBJECTS)
        answer = found(vault, box, span=(last, None))
        assert (answer.opened.pages, len(ids(answer))) == (1, 1)
        assert answer.opened.bytes < 2 * index_page.PAGE_BYTES


def test_boxes_know_nothing_of_each_other_and_kinds_not_kept_are_not_there(plain):
    with owner(plain) as vault:
        hall, door = new_box(vault), new_box(vault, "door")
        events = create_box(vault, "events", BoxPolicy(Level.STRUCTURED_ONLY, keep=("event",)))
        hand_in(vault, hall)
        hand_in(vault, events, hear=False)
        assert names(found(vault, door)) == []
        assert {one.kind for one in found(vault, events).found} == {"event"}
        with pytest.raises(UsageError, match="fell"):
            Query(hall, events=("flew",))
        for name in ("x" * 201, "Wang\nFang", "\x1b[2J"):
            with pytest.raises(UsageError):
                Query(hall, person=name)


def test_poses_are_not_in_the_index():
    pose = Pose("unknown 1", 1.0, ((0.5, 0.5, 0.5),) * 17)
    told = decoded(encoded([pose, *TOLD], 0))
    assert len(list(told.rows(range(len(told.texts))))) == len(TOLD)


def test_a_writer_keeps_nothing_of_poses_that_it_hears(plain):
    pose = Pose("unknown 1", 1.0, ((0.5, 0.5, 0.5),) * 17)
    with owner(plain) as vault:
        desk = OwnDesk(vault, new_box(vault))
        with desk.writer(desk.door(new_id(), NOW), NOW, None) as writer:
            writer.hear(lambda: [pose] * 9)
            kept = writer._told
            assert kept == []
            writer.hear(lambda: [pose, *TOLD])
            assert writer._told is kept
            assert kept == list(TOLD)


@pytest.mark.parametrize("hear", [True, False], ids=["heard", "read later"])
@pytest.mark.parametrize("bound", ["_MOST_TEXTS", "MOST_ROWS"])
def test_an_object_that_tells_too_much_is_unread_and_the_others_are_found(
    plain, monkeypatch, hear, bound
):
    monkeypatch.setattr(f"yingbi.store.event_rows.{bound}", 12)
    much = [
        Event("crossed", 1.0, "unknown 1", place=f"gate-{n}", direction="back") for n in range(20)
    ]
    with owner(plain) as vault:
        box = new_box(vault)
        big, small = hand_in(vault, box, much, hear=hear), hand_in(vault, box, hear=hear)
        answer = found(vault, box)
        assert ids(answer) == {small}
        assert [error.code for error in answer.unread] == ["record-refused"]
        assert [row.object_id for row in rows_of(vault, index_waiting)] == [big]


def test_what_a_scribe_writes_while_protecting_is_in_the_index_word_for_word(plain):
    moments = [(n / 10, [person(7)] if 20 <= n < 60 else []) for n in range(100)]
    with owner(plain) as vault:
        box, there = new_box(vault), new_id()
        desk = OwnDesk(vault, box)
        door = desk.door(there, NOW)
        with desk.writer(door, NOW, None) as writer:
            scribe, pages = Overheard(Diary(KEPT, True, 2.0), None, writer), []
            for time_s, regions in moments:
                pages += scribe.note(frame_at(time_s), regions, frozenset({"body"}))
            for page in [*pages, *scribe.finish()]:
                writer.add(PartKind.RECORDS, records(PartSealer(door, PartKind.RECORDS), page))
            writer.commit(ObjectInfo(), now=NOW)
        heard = found(vault, box)
        assert heard.opened.objects == 0
        assert {"entered", "left", "count"} <= set(names(heard))
        build_anew(vault, box)
        read = found(vault, box)
        assert read.opened.objects == 1
        assert read.found == heard.found


# --- the log -----------------------------------------------------------------------------------


def test_a_query_is_in_the_log_before_anything_is_opened_and_says_nothing_in_clear(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        read = hand_in(vault, box, hear=False)
        hand_in(vault, box)
        with closing(sqlite3.connect(plain / "keys.db")) as db, db:
            db.execute("UPDATE index_pages SET sealed=zeroblob(99)")
        with pytest.raises(SealBrokenError):
            found(vault, box, events=("fell",), person="known abcd2345")
        deeds = [e.deed for e in vault.log.entries() if e.deed.action is Action.OPENED]
    assert [(d.object_id, d.facts["part"]) for d in deeds] == [(None, "index"), (read, "records")]
    assert "fell" in deeds[0].purpose
    assert "known abcd2345" in deeds[0].purpose
    clear = b"".join((plain / f"{n}.db").read_bytes() for n in ("catalogue", "keys"))
    for word in (b"fell", b"abcd2345", b"unknown 1", b"fallen", b"gate"):
        assert word not in clear


def test_whoever_is_asked_for_by_name_is_in_the_log_by_an_id(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        ada = add_subject(vault, "Ada Lovelace", minor=False, contact="")
        hand_in(vault, box)
        found(vault, box, person="Ada Lovelace")
        for nobody in ("Bob Nobody", "known Ada Lovelace"):
            with pytest.raises(NoSuchSubjectError):
                found(vault, box, person=nobody)
        told = [one.deed.purpose for one in vault.log.entries()]
    assert f"query {ada.subject_id}" in told
    assert not [one for one in told if "Lovelace" in one or "Nobody" in one]


# --- the command -------------------------------------------------------------------------------


def test_a_day_alone_is_the_whole_day_here_and_a_span_is_a_span():
    start, end = span_asked("2026-03-01")
    here = datetime(2026, 3, 1).astimezone()
    assert start == here
    assert end - start == timedelta(days=1)
    assert span_asked("2026-03-01..") == (start, None)
    assert span_asked(None) == (None, None)


def test_the_command_prints_in_plain_words_and_how_much_was_opened(plain, tmp_path, monkeypatch):
    secret = tmp_path / "passphrase"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    monkeypatch.setenv("YINGBI_PASSPHRASE_FILE", str(secret))
    with owner(plain) as vault:
        box = new_box(vault)
        hand_in(vault, box, recorded_at=None)
        there = hand_in(vault, box)
    command = CliRunner()
    given = {"obj": {"vault": str(plain)}}
    done = command.invoke(query_command, ["--box", "hall", "--event", "fell"], **given)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert "unknown, 4.5 s from the start" in lines[1]
    local = (MORNING + timedelta(seconds=4.5)).astimezone().isoformat(sep=" ", timespec="seconds")
    assert lines[2].split("\t") == [
        local, "fell", "unknown 1", "-", "83 % sure", str(there), "gate"
    ]  # fmt: skip
    assert "bytes, 1 page of the index." in done.stderr
    words = ["--box", "hall", "--between", "2026-03-01", "--behaviour", "fallen", "--json"]
    told = command.invoke(query_command, words, **given)
    assert '"name": "fallen"' in told.stdout
    assert '"pages": 1' in told.stdout
    nothing = command.invoke(query_command, ["--box", "hall", "--event", "crowd"], **given)
    assert "Nothing" in nothing.stdout
    anew = command.invoke(query_command, ["--box", "hall", "--rebuild", "--json"], **given)
    assert '"objects": 2' in anew.stdout


def test_a_camera_is_named_and_asked_for_and_one_that_is_not_there_is_an_error(plain, monkeypatch):
    with owner(plain) as vault:
        box = new_box(vault)
        gate, den = hand_in(vault, box), hand_in(vault, box, camera="den")
        both = ask(vault, Query(box, ("fell",)), Quiet())
        assert {one["id"]: one["camera"] for one in both.told()} == {
            str(gate): "gate",
            str(den): "den",
        }
        alone = ask(vault, Query(box, ("fell",), camera="den"), Quiet())
        assert {one.object_id for one in alone.found} == {den}
        with pytest.raises(NoSuchCameraError, match="are: den, gate"):
            ask(vault, Query(box, camera="nocam"), Quiet())
        monkeypatch.setattr("yingbi.usecases.query.CAMERAS_OF", 1)
        many = ask(vault, Query(box, ("fell",)), Quiet())
        assert (len(many.found), many.cameras) == (2, None)
        assert not any("camera" in one for one in many.told())
        assert len(ask(vault, Query(box, ("fell",), camera="den"), Quiet()).found) == 1
        assert "query fell; den" in [one.deed.purpose for one in vault.log.entries()]


def test_everybody_is_linked_once_before_anybody_is_again(plain, monkeypatch):
    monkeypatch.setattr("yingbi.govern.appearances.MOST_IN_OBJECT", 3)
    monkeypatch.setattr("yingbi.govern.appearances._FEW", 3)
    with owner(plain) as vault:
        box = new_box(vault, detail=Detail(names="day"))
        often, once = (add_subject(vault, name, minor=False, contact="") for name in ("A", "B"))
        given = Pseudonyms(vault.keystore, box.box_id, "day")
        names_ = [given.on(one.subject_id, MORNING.date()) for one in (often, once)]
        known = json.dumps({n: [names_[n == 9]] for n in range(1, 10)})
        there = hand_in(vault, box, [Event("entered", 1, names_[0])], extra={"known": known})
        links = vault.people.appearances.of_object(there)
        assert [one.subject_id for one in links].count(once.subject_id) == 1
        assert [one.track for one in links] == [1, 9, 2]


def test_of_three_hundred_named_people_in_one_object_each_is_found_and_whom_no_link_names_as_well(
    plain, monkeypatch
):
    monkeypatch.setattr("yingbi.govern.appearances.MOST_IN_OBJECT", 256)
    with owner(plain) as vault:
        box = new_box(vault, detail=Detail(names="day"))
        people = [add_subject(vault, f"P{n}", minor=False, contact="") for n in range(300)]
        given = Pseudonyms(vault.keystore, box.box_id, "day")
        names_ = [given.on(one.subject_id, MORNING.date()) for one in people]
        told = [Event("entered", n / 10, name) for n, name in enumerate(names_)]
        known = json.dumps({n + 1: [name] for n, name in enumerate(names_)})
        there = hand_in(vault, box, told, extra={"known": known})
        links = len(vault.people.appearances.of_object(there))
        assert links == 256 < len(people)
        for number in (0, links - 1, links, len(people) - 1):
            (one,) = found(vault, box, person=f"P{number}").found
            assert (one.object_id, one.subject) == (there, names_[number])
        linked = people[links]
        assert vault.people.appearances.of_subject(linked.subject_id) == [], "by the name alone"
