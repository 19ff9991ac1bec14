"""The index of events dies with what it tells of, and it tells nothing to others."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from door_house import leave, owner
from query_house import (
    MORNING,
    NOW,
    TOLD,
    entries_there,
    found,
    hand_in,
    ids,
    new_box,
    rows_of,
)
from test_erasing import keys_of_today
from test_erasing import opened as opened_by
from test_golden import unpacked
from vault_house import PASSPHRASE, new_vault
from yingbi.db import database
from yingbi.db.schema import index_pages, index_waiting
from yingbi.db.sql import select
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.keys import index_page
from yingbi.keys.index_heads import named
from yingbi.keys.index_page import IndexEntry, PageGroup, packed
from yingbi.keys.index_page import unpacked as entries_of
from yingbi.seal.records import records
from yingbi.store.backup import Places
from yingbi.store.event_rows import (
    encoded,
)
from yingbi.store.replace import Change, Piece, change
from yingbi.structure.pack import pack
from yingbi.usecases import read_index
from yingbi.usecases.backup import create_backup
from yingbi.usecases.box import create_box
from yingbi.usecases.doors import make_door
from yingbi.usecases.erase import erase_objects, make_final
from yingbi.usecases.event_index import check_index, index_of
from yingbi.usecases.keys import rotate_box, rotate_root
from yingbi.usecases.person import _sealer
from yingbi.usecases.restore import restore_backup
from yingbi.usecases.sweep import sweep, tell_nobody
from yingbi.usecases.upgrade import upgrade_vault


@pytest.fixture(params=["intl", "sm"])
def path(request, tmp_path) -> Path:
    return new_vault(tmp_path / "vault", request.param)


@pytest.fixture
def plain(tmp_path) -> Path:
    return new_vault(tmp_path / "vault")


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
    assert len(packed([entry, entry])) == 49152


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
        at = named(vault.folder.controller_id, row.page_id.bytes, group)
        outer = {opened_by(chosen, k, row.wrapped_key, at + row.lock_store_id) for k in keys}
        cells = {cell for cell in outer if cell is not None}
        inner = {opened_by(chosen, k, cell, at) for k in keys for cell in cells}
        led = {told[: chosen.key_bytes] for told in inner if told is not None}
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
        assert {page_id.bytes for page_id in before} == {after.page_id}
        assert ids(found(vault, box, events=("fell",))) == {other}
        assert ids(found(vault, box, events=("dwelt",))) == {one, other}
        assert check_index(vault) == []


def left_of(vault, one: UUID) -> None:
    """Erase person 1 from an object, as another process does."""
    stored = vault.rooms.catalogue.get(one)
    left = [record for record in TOLD if record.subject != "unknown 1"]
    page = next(pack(left, (0.0, 300.0), 4096, ("body",)))
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
