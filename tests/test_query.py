"""The index of events: it answers, it dies with what it tells of, and it tells nothing to others."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from door_house import leave, owner
from test_erasing import keys_of_today
from test_erasing import opened as opened_by
from test_golden import unpacked
from test_structure import frame_at, person
from test_vault_crash import DIED, FINISHED, Seam, death
from vault_house import PASSPHRASE, new_vault
from yingbi.cli.querying import query_command
from yingbi.db import database
from yingbi.db.schema import index_pages, index_waiting
from yingbi.db.sql import select
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.record import Behaviour, Event, Identity, Pose, Record, kind_of, span_of
from yingbi.domain.report import Quiet
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.domain.subject import Appearance
from yingbi.errors import SealBrokenError, UsageError
from yingbi.keys import index_page
from yingbi.keys.index_page import IndexEntry, PageGroup, packed
from yingbi.keys.index_page import unpacked as entries_of
from yingbi.keys.index_pages import _named
from yingbi.seal.door import PartSealer
from yingbi.seal.records import records
from yingbi.store.backup import Places
from yingbi.store.event_rows import (
    UNKNOWN_US,
    Happening,
    decoded,
    encoded,
    moment_of,
    span_us,
)
from yingbi.store.event_search import Somebody, Wanted, search
from yingbi.store.replace import Change, Piece, change
from yingbi.store.stored import ObjectInfo
from yingbi.structure.pack import pack
from yingbi.structure.scribe import Diary
from yingbi.usecases import read_index
from yingbi.usecases.backup import create_backup
from yingbi.usecases.box import create_box
from yingbi.usecases.doors import make_door
from yingbi.usecases.erase import erase_objects, make_final
from yingbi.usecases.event_index import build_anew, check_index, index_of
from yingbi.usecases.keys import rotate_box, rotate_root
from yingbi.usecases.overheard import Overheard
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.person import _sealer
from yingbi.usecases.query import Answer, Query, ask, span_asked
from yingbi.usecases.restore import restore_backup
from yingbi.usecases.subject import add_subject, link
from yingbi.usecases.sweep import sweep, tell_nobody
from yingbi.usecases.upgrade import upgrade_vault

NOW = datetime.now(UTC)
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEPT = ("identity", "behaviour", "event")
TOLD: tuple[Record, ...] = (
    Event("entered", 1.0, "unknown 1"),
    Event("entered", 2.0, "unknown 2"),
    Event("crossed", 3.0, "unknown 2", place="gate", direction="back"),
    Event("fell", 4.5, "unknown 1", confidence=0.83),
    Event("count", 5.0, count=2),
    Event("dwelt", 9.0, "unknown 2", place="bed", for_s=6.25),
    Behaviour("unknown 1", 4.5, 8.0, "fallen", 0.9),
    Identity("known abcd2345", 0.0, 9.0, 0.75),
)


def hand_in(
    vault, box, told=TOLD, *, recorded_at=MORNING, hear=True, object_id=None, at=NOW, retention=None
) -> UUID:
    """Protect records alone, as the owner does; hear: whether the index is told what they say."""
    given = {} if retention is None else {"retention": retention}
    desk, chosen = OwnDesk(vault, box, **given), object_id or new_id()
    door = desk.door(chosen, at)
    with desk.writer(door, at, "gate") as writer:
        for page in pack(told, (0.0, 300.0), 4096, ()):
            writer.add(PartKind.RECORDS, records(PartSealer(door, PartKind.RECORDS), page))
        if hear:
            writer.hear(lambda: told)
        when = None if recorded_at is None else recorded_at.isoformat()
        writer.commit(ObjectInfo(camera="gate", recorded_at=when), now=at, facts=desk.facts)
    return chosen


def new_box(vault, name="hall", **policy) -> Box:
    return create_box(vault, name, BoxPolicy(Level.STRUCTURED_ONLY, keep=KEPT, **policy))


def found(vault, box, **asked) -> Answer:
    return ask(vault, Query(box, **asked), Quiet())


def names(answer: Answer) -> list[str]:
    return [one.name for one in answer.found]


def ids(answer: Answer) -> set[UUID]:
    return {one.object_id for one in answer.found}


def rows_of(vault, table):
    with vault.rooms.keys_db.read() as unit:
        return unit.all(select(table))


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
        assert (crossed.place, crossed.direction, crossed.count) == ("gate", "back", None)


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
    assert len(list(told.rows(lambda _what, _who: True))) == len(TOLD)


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
                pages += scribe.note(frame_at(time_s), regions, frozenset())
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


# --- what others may see -----------------------------------------------------------------------


def sizes(path: Path) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(path / "keys.db")) as db:
        chosen = "length(wrapped_key), length(sealed), epoch, retention"
        waiting = db.execute("SELECT count(*) FROM index_waiting").fetchall()
        return db.execute(f"SELECT {chosen} FROM index_pages ORDER BY page_id").fetchall() + waiting


def two_vaults(tmp_path) -> list[list[tuple[int, ...]]]:
    """Fill a vault in which nobody was home for a day, and one where much happened."""
    shown = []
    for told in ((), TOLD * 9):
        path = new_vault(tmp_path / str(len(told)))
        with owner(path) as vault:
            box = new_box(vault)
            for _ in range(index_page.PAGE_OBJECTS // 3):
                hand_in(vault, box, told)
            spread = MORNING - timedelta(days=300) if told else None
            hand_in(vault, box, told, recorded_at=spread)
        shown.append(sizes(path))
    return shown


def test_an_empty_day_and_a_busy_one_look_alike(tmp_path):
    empty, busy = two_vaults(tmp_path)
    assert empty == busy
    assert len(empty) == 2


def test_the_control_without_padding_they_do_not(tmp_path, monkeypatch):
    monkeypatch.setattr(index_page, "PAGE_BYTES", 64)
    monkeypatch.setattr("yingbi.store.index.ROOM", 1)
    empty, busy = two_vaults(tmp_path)
    assert empty != busy


@pytest.mark.parametrize("many", [0, 1, 40])
def test_the_size_of_a_page_follows_from_room_and_not_from_what_is_told(many):
    entry = IndexEntry(bytes(16), 20_000, 0, 0, encoded(TOLD * many, 0))
    assert len(packed([entry, entry])) == 65536


# --- erasing -----------------------------------------------------------------------------------


def pages_opened(vault, copy: Path, keys: set[bytes]) -> set[bytes]:
    """Return the objects of which any of the keys leads to what an old copy's index tells."""
    chosen, found = vault.keystore.suite, set()
    db = database.keys(copy)
    with db.read() as unit:
        rows = unit.all(select(index_pages))
    db.close()
    assert rows
    for row in rows:
        group = PageGroup(row.box_id, row.epoch, row.retention)
        at = _named(vault.folder.controller_id, row.page_id, group)
        outer = {opened_by(chosen, k, row.wrapped_key, at + row.lock_store_id) for k in keys}
        cells = {cell for cell in outer if cell is not None}
        inner = {opened_by(chosen, k, cell, at) for k in keys for cell in cells}
        led = {told[:-16] for told in inner if told is not None}
        for key in {key for key in keys | led if len(key) == chosen.key_bytes}:
            content = opened_by(chosen, key, row.sealed, at)
            found |= {entry.object_id for entry in entries_of(content)} if content else set()
    return found


def keys_there(vault) -> set[bytes]:
    """Return every key that the vault holds, those of its index too."""
    keys = keys_of_today(vault)
    with vault.rooms.keys_db.read() as unit:
        for box in vault.boxes.boxes():
            keys |= {head.key for head in index_of(vault).pages.heads(unit, box.box_id)}
    return keys


def test_no_key_that_is_left_opens_what_an_old_copy_tells_of_an_erased_object(path, tmp_path):
    with owner(path, alone=True) as vault:
        box = new_box(vault)
        gone, kept = hand_in(vault, box), hand_in(vault, box)
        copy = tmp_path / "old.db"
        for end in ("", "-wal"):
            shutil.copy(f"{path / 'keys.db'}{end}", f"{copy}{end}")
        before = pages_opened(vault, copy, keys_there(vault))  # the first control
        assert before == {gone.bytes, kept.bytes}
        erase_objects(vault, [gone])
        assert ids(found(vault, box)) == {kept}
        assert pages_opened(vault, copy, keys_there(vault)) == before  # until it is final
        make_final(vault, tell_nobody)
        assert vault.rooms.catalogue.erasure(gone).state == "final"
        assert pages_opened(vault, copy, keys_there(vault)) == set()
        assert ids(found(vault, box)) == {kept}
        assert check_index(vault) == []


def test_the_control_a_page_that_keeps_its_key_is_noticed(plain, tmp_path, monkeypatch):
    with owner(plain, alone=True) as vault:
        box = new_box(vault)
        gone, _ = hand_in(vault, box), hand_in(vault, box)
        copy = tmp_path / "old.db"
        for end in ("", "-wal"):
            shutil.copy(f"{plain / 'keys.db'}{end}", f"{copy}{end}")
        with vault.rooms.keys_db.read() as unit:
            (head,) = index_of(vault).pages.heads(unit, box.box_id)
        drawn = os.urandom
        same = lambda n: head.key if n == len(head.key) else drawn(n)  # noqa: E731
        monkeypatch.setattr("yingbi.keys.index_pages.os.urandom", same)
        erase_objects(vault, [gone])
        monkeypatch.undo()
        make_final(vault, tell_nobody)
        assert gone.bytes in pages_opened(vault, copy, keys_there(vault))


def test_what_is_over_its_time_takes_its_pages_with_it(plain):
    policy = {"retention": Retention.of([(RetentionClass.USUAL, 30)])}
    old = NOW - timedelta(days=40)
    with owner(plain, by_time=False, alone=True) as vault:
        box = new_box(vault, **policy)
        there = new_id(int(old.timestamp() * 1000))
        hand_in(vault, box, object_id=there, at=old)
        kept = hand_in(vault, box)
        waits = hand_in(vault, box, hear=False)
        assert len(rows_of(vault, index_pages)) == 2
        sweep(vault, NOW, tell_nobody, clock_is_right=True)
        assert len(rows_of(vault, index_pages)) == 1
        erase_objects(vault, [waits])
        assert rows_of(vault, index_waiting) == []
        assert ids(found(vault, box)) == {kept}


def test_somebody_erased_from_an_object_is_gone_from_the_index_under_a_fresh_key(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        one, other = hand_in(vault, box), hand_in(vault, box)
        before = {row.page_id: bytes(row.wrapped_key) for row in rows_of(vault, index_pages)}
        with vault.rooms.keys_db.read() as unit:
            (head,) = index_of(vault).pages.heads(unit, box.box_id)
        left_of(vault, one)
        with vault.rooms.keys_db.read() as unit:
            (after,) = index_of(vault).pages.heads(unit, box.box_id)
        assert after.key != head.key
        assert before.keys() == {after.page_id}
        assert ids(found(vault, box, events=("fell",))) == {other}
        assert ids(found(vault, box, events=("dwelt",))) == {one, other}
        assert check_index(vault) == []


def left_of(vault, one: UUID) -> None:
    """Erase person 1 from an object, as another process does."""
    stored = vault.rooms.catalogue.get(one)
    left = [record for record in TOLD if record.subject != "unknown 1"]
    page = next(pack(left, (0.0, 300.0), 4096, ()))
    pieces = [Piece(records(_sealer(vault, stored, PartKind.RECORDS), page), 0.0, 300.0)]
    change(vault.rooms, stored, Change(Action.PERSON_ERASED, {PartKind.RECORDS: pieces}), now=NOW)


@pytest.mark.parametrize("what", ["a person", "the object"])
def test_what_is_erased_while_a_query_reads_it_is_not_put(plain, monkeypatch, what):
    with owner(plain) as vault:
        box = new_box(vault)
        one, other = hand_in(vault, box, hear=False), hand_in(vault, box, hear=False)
        reads = read_index._Reader.records

        def read_and_overtaken(reader, stored):
            told = reads(reader, stored)
            if stored.object_id == one:
                left_of(vault, one) if what == "a person" else erase_objects(vault, [one])
            return told

        monkeypatch.setattr(read_index._Reader, "records", read_and_overtaken)
        answer = found(vault, box)
        assert (ids(answer), answer.opened.objects) == ({other}, 1)
        assert entries_there(vault, box) == [other.bytes]
        monkeypatch.undo()
        expected_ = {one, other} if what == "a person" else {other}
        assert ids(found(vault, box)) == expected_
        assert ids(found(vault, box, events=("fell",))) == {other}
        assert check_index(vault) == []
        assert rows_of(vault, index_waiting) == []


def test_of_an_object_whose_segments_are_on_their_way_out_nothing_is_read(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        one = hand_in(vault, box, hear=False)
        who = vault.folder.controller_id
        with closing(sqlite3.connect(plain / "catalogue.db")) as db, db:
            row = one.bytes, who.bytes, bytes(16)
            db.execute("INSERT INTO dying_locks VALUES (?, ?, ?)", row)
        assert ids(found(vault, box)) == set()
        with closing(sqlite3.connect(plain / "catalogue.db")) as db, db:
            db.execute("DELETE FROM dying_locks")
        assert ids(found(vault, box)) == {one}


# --- doors, keys, copies -----------------------------------------------------------------------


def test_what_a_door_brings_waits_and_is_found_at_the_next_query(plain, tmp_path):
    door, box = tmp_path / "door.yb", None
    with owner(plain) as vault:
        box = create_box(vault, "hall", BoxPolicy(Level.OBSCURED))
        make_door(vault, box, door, days=3)
    there = leave(plain, door)
    with closing(sqlite3.connect(plain / "keys.db")) as db:
        assert db.execute("SELECT count(*) FROM index_pages").fetchone() == (0,)
    with owner(plain) as vault:
        assert [row.object_id for row in rows_of(vault, index_waiting)] == [there]
        assert found(vault, box).opened.objects == 1
        assert rows_of(vault, index_waiting) == []
        assert check_index(vault) == []


def test_keys_may_be_replaced_and_the_index_answers(path):
    with owner(path, alone=True) as vault:
        box = new_box(vault)
        hand_in(vault, box)
        rotate_box(vault, "hall")
        rotate_root(vault)
        make_final(vault, tell_nobody)
        assert len(found(vault, box).found) == len(TOLD)
    with owner(path) as vault:
        assert len(found(vault, box).found) == len(TOLD)


def test_a_restored_vault_tells_of_what_was_kept_and_not_of_what_was_erased_since(plain, tmp_path):
    places = Places(tmp_path / "bodies", tmp_path / "keys")
    with owner(plain, alone=True) as vault:
        box = new_box(vault)
        gone, kept = hand_in(vault, box), hand_in(vault, box)
        create_backup(vault, places, datetime.now(UTC), Quiet())
        erase_objects(vault, [gone])
    again = tmp_path / "again"
    given = {"memory": "wanted", "now": datetime.now(UTC)}
    restore_backup(places, again, lambda: PASSPHRASE, **given)
    with owner(again) as vault:
        assert ids(found(vault, box)) == {kept}
        assert check_index(vault) == []


@pytest.mark.parametrize("name", ["0001-intl", "0002-intl"])
def test_an_older_vault_is_upgraded_and_read_at_its_first_query(name, tmp_path):
    path = unpacked(name, tmp_path)
    secret = b"correct horse battery"
    upgrade_vault(path, lambda: secret, None, memory="wanted")
    from yingbi.usecases.vault import open_vault

    with open_vault(path, lambda: secret, memory="wanted", by_time=False) as vault:
        for box in vault.boxes.boxes():
            answer = found(vault, box)
            assert answer.opened.objects == len(vault.rooms.catalogue.ids_of(box.box_id))
            assert answer.unread == ()
        assert rows_of(vault, index_waiting) == []
        assert check_index(vault) == []


# --- damage ------------------------------------------------------------------------------------


HARMS = [
    "UPDATE index_pages SET sealed=zeroblob(99)",
    "UPDATE index_pages SET epoch=epoch+1",
    "UPDATE index_pages SET wrapped_key=zeroblob(99)",
    "UPDATE index_pages SET lock_store_id=zeroblob(16)",
    "UPDATE index_pages SET page_id=zeroblob(16)",
    "UPDATE index_pages SET box_id=zeroblob(16)",
]


@pytest.mark.parametrize("harm", HARMS[:-1])
def test_an_altered_page_answers_nothing_and_the_index_is_made_anew(plain, harm):
    with owner(plain) as vault:
        box = new_box(vault)
        hand_in(vault, box)
        whole = found(vault, box).found
        with closing(sqlite3.connect(plain / "keys.db")) as db, db:
            db.execute(harm)
        with pytest.raises((SealBrokenError, Exception)) as refused:
            found(vault, box)
        assert refused.value.code in ("seal-broken", "no-key")
        assert build_anew(vault, box) == 1
        assert found(vault, box).found == whole


@pytest.mark.parametrize("harm", HARMS)
def test_a_broken_page_does_not_keep_anything_from_being_erased(plain, harm):
    with owner(plain) as vault:
        box = new_box(vault)
        gone, kept = hand_in(vault, box), hand_in(vault, box)
        with closing(sqlite3.connect(plain / "keys.db")) as db, db:
            db.execute(harm)
        erase_objects(vault, [gone])
        assert rows_of(vault, index_pages) == []
        assert ids(found(vault, box)) == {kept}
        assert check_index(vault) == []


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("what", ["box", "lock store"])
def test_a_broken_page_does_not_keep_keys_from_being_replaced(plain, harm, what):
    with owner(plain, alone=True) as vault:
        box = new_box(vault)
        kept, gone = hand_in(vault, box), hand_in(vault, box)
        erase_objects(vault, [gone])
        with closing(sqlite3.connect(plain / "keys.db")) as db, db:
            db.execute(harm)
        if what == "box":
            rotate_box(vault, "hall")
        else:
            make_final(vault, tell_nobody)
            assert vault.rooms.catalogue.erasure(gone).state == "final"
        if rows_of(vault, index_pages):  # its key opens: nobody looked at what it seals
            build_anew(vault, box)
        assert ids(found(vault, box)) == {kept}
        assert check_index(vault) == []


def full_page(vault, box) -> list[UUID]:
    return [hand_in(vault, box) for _ in range(index_page.PAGE_OBJECTS)]


def entries_there(vault, box) -> list[bytes]:
    index = index_of(vault)
    with vault.rooms.keys_db.read() as unit:
        entries, _ = index.pages.entries(unit, index.pages.heads(unit, box.box_id))
    return sorted(entry.object_id for entry in entries)


@pytest.mark.parametrize("what", ["erase", "lock store"])
def test_where_one_page_of_two_is_lost_nothing_is_there_twice(plain, what):
    with owner(plain, alone=True) as vault:
        box = new_box(vault)
        first, last = full_page(vault, box), hand_in(vault, box)
        harmed, kept = (first[0], [*first[1:], last]) if what == "erase" else (None, [*first, last])
        outside = new_box(vault, "outside")
        gone = harmed or hand_in(vault, outside)
        if what != "erase":
            erase_objects(vault, [gone])
        with closing(sqlite3.connect(plain / "keys.db")) as db, db:
            db.execute(
                "UPDATE index_pages SET wrapped_key=zeroblob(99)"
                " WHERE page_id=(SELECT min(page_id) FROM index_pages)"
            )
        if what == "erase":
            erase_objects(vault, [gone])
            waiting = {row.object_id for row in rows_of(vault, index_waiting)}
            assert waiting == set(first[1:])
        else:
            make_final(vault, tell_nobody)
        assert ids(found(vault, box)) == set(kept)
        assert entries_there(vault, box) == sorted(one.bytes for one in kept)


def test_what_is_taken_in_while_an_index_is_made_anew_is_not_missed(plain, monkeypatch):
    with owner(plain) as vault:
        box, other, late = new_box(vault), new_box(vault, "door"), new_id()
        hand_in(vault, box)
        hand_in(vault, other)
        ids_of = type(vault.rooms.catalogue).ids_of

        def read_before(catalogue, box_id):
            known = ids_of(catalogue, box_id)
            hand_in(vault, box, object_id=late)
            return known

        monkeypatch.setattr(type(vault.rooms.catalogue), "ids_of", read_before)
        build_anew(vault, box)
        monkeypatch.undo()
        deeds = [entry.deed for entry in vault.log.entries()]
        assert ("rebuild", box.box_id) in [(deed.purpose, deed.box_id) for deed in deeds]
        answer = found(vault, box)
        assert late in ids(answer)
        assert answer.opened.objects <= 2  # of the other box nothing waits
        assert found(vault, other).opened.objects == 0
        assert check_index(vault) == []


def test_an_object_moved_to_another_day_in_clear_is_erased_from_where_its_events_are(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        gone = hand_in(vault, box)
        stored = vault.rooms.catalogue.get(gone)
        elsewhere = replace(stored, epoch=stored.epoch + 1)
        with vault.rooms.keys_db.begin() as unit:
            index_of(vault).destroy(unit, [gone])
            index_of(vault).put(unit, elsewhere, TOLD)
        erase_objects(vault, [gone])
        assert rows_of(vault, index_pages) == []


# --- crashes -----------------------------------------------------------------------------------


def crossing_run(path: Path, seam: Seam, what: str, box: Box, there: UUID) -> None:
    with owner(path, crossing=seam, alone=True, by_time=False) as vault:
        seam.armed = True
        if what == "protect":
            hand_in(vault, box, object_id=there)
        else:
            erase_objects(vault, [there])
        seam.armed = False


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
@pytest.mark.parametrize("what", ["protect", "erase"])
def test_at_every_boundary_events_are_there_exactly_with_their_object(plain, tmp_path, what):
    there = new_id()
    with owner(plain) as vault:
        box = new_box(vault)
        kept = hand_in(vault, box)
        if what == "erase":
            hand_in(vault, box, object_id=there)
    seam = Seam()
    crossing_run(Path(shutil.copytree(plain, tmp_path / "count")), seam, what, box, there)
    seen = set()
    for number in range(len(seam.names)):
        path = Path(shutil.copytree(plain, tmp_path / str(number)))
        child = os.fork()
        if child == 0:
            try:
                crossing_run(path, Seam(number, strike=death), what, box, there)
            finally:
                os._exit(FINISHED)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        with owner(path, by_time=False, alone=True) as vault:
            answer = ids(found(vault, box))
            assert answer == set(vault.rooms.catalogue.ids_of(box.box_id))
            assert kept in answer
            assert check_index(vault) == []
            assert rows_of(vault, index_waiting) == []
            seen.add(there in answer)
        shutil.rmtree(path)
    assert seen == {True, False}


# --- parsers -----------------------------------------------------------------------------------

seconds = st.floats(0, 1e6).map(lambda s: round(s, 3))
people = st.sampled_from(["unknown 1", "unknown 2", "unknown 999999999", "known abcd2345"])
told = st.lists(
    st.one_of(
        st.builds(Event, st.sampled_from(["entered", "left", "fell"]), seconds, people),
        st.builds(
            Event, st.just("crossed"), seconds, people,
            place=st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9),
            direction=st.sampled_from(["forward", "back"]),
        ),
        st.builds(Event, st.just("count"), seconds, count=st.integers(0, 100_000)),
        st.builds(
            lambda who, a, b, what: Behaviour(who, min(a, b), max(a, b), what, 0.5),
            people, seconds, seconds, st.sampled_from(["lying", "walking"]),
        ),
    ),
    max_size=12,
)  # fmt: skip
objects = st.lists(st.tuples(told, st.one_of(st.none(), st.integers(0, 10**15))), max_size=5)


def entries_made(some) -> list[IndexEntry]:
    made = []
    for number, (records_, start) in enumerate(some):
        began = UNKNOWN_US if start is None else start
        span = span_us(records_, began) or index_page.NO_TIME
        made.append(IndexEntry(number.to_bytes(16), 1, *span, encoded(records_, began)))
    return made


def expected(number: int, record: Record, start: int | None) -> Happening:
    from_s, to_s = span_of(record)
    of_event = record if isinstance(record, Event) else Event("", 0.0)
    for_s = of_event.for_s if isinstance(record, Event) else to_s - from_s
    names_ = {"event": "event", "behaviour": "behaviour"}
    return Happening(
        UUID(int=number),
        kind_of(record),
        getattr(record, names_[kind_of(record)]),
        None if start is None else moment_of(start, from_s),
        from_s,
        for_s,
        record.subject,
        of_event.place,
        of_event.direction,
        of_event.count,
        getattr(record, "confidence", None),
    )


def same(one: Happening, other: Happening) -> bool:
    """Whether both are the same, how long it took but for the precision that the index keeps."""
    lasts = [h.for_s for h in (one, other)]
    close = lasts[0] == lasts[1] or lasts[0] == pytest.approx(lasts[1], rel=1e-6, abs=1e-3)
    return close and replace(one, for_s=None) == replace(other, for_s=None)


@given(objects)
def test_what_is_written_is_read_again(some):
    there = list(search(entries_made(some), Wanted()))
    meant = [expected(n, one, start) for n, (told_, start) in enumerate(some) for one in told_]
    assert len(there) == len(meant)
    assert all(same(one, other) for one, other in zip(there, meant, strict=True))


@given(
    objects,
    st.one_of(
        st.none(), st.sets(st.sampled_from(["event fell", "event crossed", "behaviour lying"]))
    ),
    st.one_of(st.none(), st.integers(0, 10**15)),
    st.one_of(st.none(), st.integers(0, 10**15)),
    st.booleans(),
)
def test_what_is_found_is_what_one_by_one_would_be(some, what, first, until, somebody):
    link_ = Appearance(UUID(int=9), UUID(int=8), UUID(int=0), 2, 10.0, 500_000.0)
    who = Somebody(frozenset({"known abcd2345"}), {bytes(16): [link_]}) if somebody else None
    wanted = Wanted(None if what is None else frozenset(what), first, until, who)

    def meant(one: Happening) -> bool:
        began = some[one.object_id.int][1]
        if what is not None and f"{one.kind} {one.name}" not in what:
            return False
        if wanted.timed:
            if began is None:
                return False
            at = began + round(one.from_s * 1e6)
            lasts = 0 if one.kind == "event" else round(one.for_s * 1e6)
            if (first is not None and at + lasts < first) or (until is not None and at >= until):
                return False
        if who is None or one.subject == "known abcd2345":
            return True
        linked = one.object_id.int == 0 and one.subject == "unknown 2"
        return linked and one.from_s + (one.for_s or 0) >= 10.0 and one.from_s <= 500_000.0

    made = entries_made(some)
    everything = list(search(made, Wanted()))
    assert list(search(made, wanted)) == [one for one in everything if meant(one)]


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_and_nothing_else_happens(content):
    entry = IndexEntry(bytes(16), 1, 0, 0, content)
    for read in (lambda: list(search([entry], Wanted())), lambda: entries_of(content)):
        try:
            read()
        except SealBrokenError:
            continue


@given(objects, st.data())
def test_a_changed_byte_of_an_entry_is_refused_or_gives_another_value(some, data):
    for entry in entries_made(some):
        at = data.draw(st.integers(0, len(entry.content) - 1))
        content = bytearray(entry.content)
        content[at] ^= data.draw(st.integers(1, 255))
        try:
            list(search([entry._replace(content=bytes(content))], Wanted()))
        except SealBrokenError:
            continue


@settings(max_examples=40)
@given(st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.binary(max_size=9)), max_size=9))
def test_a_page_gives_back_its_entries(some):
    entries = [IndexEntry(object_id, 1, 2, 3, content) for object_id, content in some]
    assert entries_of(packed(entries)) == entries


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
        local, "fell", "unknown 1", "-", "surely to 83 %", str(there)
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
