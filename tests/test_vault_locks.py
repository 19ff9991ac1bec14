"""The lock table against the simplest thing that could stand for it: a dictionary."""

import os
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_house import CHEAP, PASSPHRASE, undone
from yingbi.crypto.suite import suite
from yingbi.db import database
from yingbi.domain.ids import new_id
from yingbi.keys import locks as lock_module
from yingbi.keys.keystore import Keystore
from yingbi.keys.locks import LockGroup, LockTable

CONTROLLER = new_id()
BOXES = [new_id(), new_id()]
puts = st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 9), st.integers(0, 90))


@pytest.fixture(scope="module")
def keystore(tmp_path_factory):
    path = tmp_path_factory.mktemp("locks") / "keystore"
    with Keystore.create(path, PASSPHRASE, suite("intl"), cost=CHEAP) as keystore:
        yield keystore


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    path = tmp_path_factory.mktemp("empty") / "keys.db"
    keys_db = database.keys(path)
    keys_db.create()
    keys_db.empty_journal()
    keys_db.close()
    return path


@settings(max_examples=25)
@given(st.lists(st.one_of(puts, st.integers(0, 20)), max_size=12))
def test_what_is_put_is_found_until_it_is_destroyed(keystore, empty, steps):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock_module, "PAGE_ENTRIES", 7)
        patch.setattr(lock_module, "PAGE_BYTES", 600)
        keys_db = database.keys(Path(shutil.copy(empty, folder)))
        table = LockTable(keystore, keys_db, CONTROLLER)
        model: dict[UUID, dict[UUID, bytes]] = {}
        for step in steps:
            if isinstance(step, tuple):
                put(table, keys_db, model, *step)
            elif model:
                gone = sorted(model)[step % len(model)]
                with keys_db.begin() as unit:
                    assert table.destroy(unit, gone) == len(model.pop(gone)) + 1
                assert table.locks_of(gone) == {}
        must_agree(table, model)
        pages_must_be_small(Path(folder) / "keys.db", len(model) > 0)
        keys_db.close()


def put(table, keys_db, model, box, epoch, count, length) -> None:
    object_id, its = new_id(), {new_id(): os.urandom(length) for _ in range(count)}
    with keys_db.begin() as unit:
        table.put(unit, LockGroup(BOXES[box], epoch), object_id, its, object_id.bytes)
    model[object_id] = its


def must_agree(table, model) -> None:
    assert table.object_ids() == set(model)
    assert table.info_keys(model) == {object_id: object_id.bytes for object_id in model}
    for object_id, its in model.items():
        assert table.holds(object_id)
        assert table.locks_of(object_id) == its


def pages_must_be_small(path: Path, any_left: bool) -> None:
    with sqlite3.connect(path) as db:
        pages = db.execute("SELECT entries, size FROM lock_pages").fetchall()
    assert bool(pages) == any_left
    assert all(0 < entries <= 7 and size <= 600 for entries, size in pages)


def test_boxes_and_days_never_share_a_page_and_their_tags_say_nothing(keystore, tmp_path):
    keys_db = database.keys(tmp_path / "keys.db")
    keys_db.create()
    table = LockTable(keystore, keys_db, CONTROLLER)
    groups = [LockGroup(BOXES[0], 1), LockGroup(BOXES[1], 1), LockGroup(BOXES[0], 2)]
    groups += [LockGroup(BOXES[0], 1, 1), LockGroup(BOXES[0], 1, finer=b"camera and hour")]
    for group in groups:
        for _ in range(2):
            with keys_db.begin() as unit:
                table.put(unit, group, new_id(), {new_id(): b"lock"}, b"key")
    with sqlite3.connect(tmp_path / "keys.db") as db:
        tags = [row[0] for row in db.execute("SELECT group_tag FROM lock_pages")]
    assert len(set(tags)) == len(tags) == len(groups)
    keys_db.close()
    assert BOXES[0].bytes not in b"".join(p.read_bytes() for p in tmp_path.glob("keys.db*"))


def test_a_put_that_is_undone_leaves_nothing(keystore, tmp_path):
    keys_db = database.keys(tmp_path / "keys.db")
    keys_db.create()
    table, object_id = LockTable(keystore, keys_db, CONTROLLER), new_id()
    with undone(keys_db) as unit:
        table.put(unit, LockGroup(BOXES[0], 1), object_id, {new_id(): b"lock"}, b"key")
    assert not table.holds(object_id)
    with keys_db.begin() as unit, pytest.raises(ValueError, match="object's id"):
        table.put(unit, LockGroup(BOXES[0], 1), object_id, {object_id: b"lock"}, b"key")
    keys_db.close()
