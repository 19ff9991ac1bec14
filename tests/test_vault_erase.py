"""What is erased is gone for good, and nothing that a row forges erases anything else."""

import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from vault_house import (
    NOW,
    files_of,
    new_vault,
    open_vault,
    undone,
)
from yingbi.db import database
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.errors import (
    LogBrokenError,
    ObjectErasedError,
    SealBrokenError,
    VaultLockedError,
)
from yingbi.keys import locks as lock_module
from yingbi.keys.locks import PAGE_BYTES, PAGE_ENTRIES, LockGroup
from yingbi.store.erase import erase, settle


@pytest.fixture
def vault(tmp_path):
    return new_vault(tmp_path / "vault")


def test_an_altered_or_exchanged_lock_page_is_refused(vault):
    with open_vault(vault) as house:
        one = house.protect(house.new_box("hall"))
        house.protect(house.new_box("yard"))
    with sqlite3.connect(vault / "keys.db") as db:
        pages = db.execute("SELECT page_id, wrapped_key, sealed FROM lock_pages").fetchall()
        for (page, *_), (_, key, sealed) in zip(pages, reversed(pages), strict=True):
            db.execute(
                "UPDATE lock_pages SET wrapped_key=?, sealed=? WHERE page_id=?", (key, sealed, page)
            )
    with open_vault(vault) as house, pytest.raises(SealBrokenError):
        house.rooms.locks.locks_of(one.object_id)


def test_an_erased_object_stays_closed_when_its_bytes_are_put_back(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        stored, kept = house.protect(box), house.protect(box, camera="kept")
        place = vault / "objects" / stored.part(PartKind.MASKED).file_name
        body = place.read_bytes()
        receipt = erase(house.rooms, stored.object_id, now=NOW)
        assert receipt.erased_at == NOW.isoformat()
        assert receipt.lock_store_id == house.keystore.lock_store_key.key_id
        assert not place.exists()
        place.write_bytes(body)
    with open_vault(vault) as house:
        with pytest.raises(ObjectErasedError):
            house.rooms.catalogue.get(stored.object_id)
        with pytest.raises(ObjectErasedError):
            erase(house.rooms, stored.object_id, now=NOW)
        assert house.rooms.locks.locks_of(stored.object_id) == {}
        assert house.rooms.locks.info_keys([stored.object_id]) == {}
        assert house.rooms.catalogue.find() == [kept]
        assert len(house.rooms.locks.locks_of(kept.object_id)) == 2
        assert [e.deed.action for e in house.log.entries()][-2:] == [
            Action.ERASE_INTENDED,
            Action.ERASED,
        ]


@pytest.mark.parametrize("alone", [True, False])
def test_nothing_of_an_erased_lock_is_left_in_the_key_databases_bytes(vault, alone):
    def raw() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(vault.glob("keys.db*")))

    def cells() -> list[bytes]:
        with sqlite3.connect(vault / "keys.db") as db:
            return [
                c for row in db.execute("SELECT wrapped_key, sealed FROM lock_pages") for c in row
            ]

    with open_vault(vault) as house:
        box = house.new_box()
        stored = house.protect(box, bodies=[b"x"] * 200)
        if not alone:
            kept = house.protect(box)
        old, locks = cells(), house.rooms.locks.locks_of(stored.object_id)
        pieces = [cell[i : i + 32] for cell in old for i in range(0, len(cell) - 31, 97)]
        assert len(pieces) > 100
        assert all(cell[:32] in raw() for cell in old)  # the search finds what is there
        assert not any(lock in raw() for lock in locks.values())  # never in clear at all
        erase(house.rooms, stored.object_id, now=NOW)
        assert not any(piece in raw() for piece in pieces)
        assert (vault / "keys.db-wal").stat().st_size == 0
        if not alone:
            assert not set(cells()) & set(old)
            assert len(house.rooms.locks.locks_of(kept.object_id)) == 2
        assert len(cells()) == (0 if alone else 2)


def test_an_old_copy_of_a_page_does_not_open_with_the_key_that_the_survivors_have(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        stored, kept = house.protect(box), house.protect(box)
    with sqlite3.connect(vault / "keys.db") as db:
        old = db.execute("SELECT sealed FROM lock_pages").fetchone()
    with open_vault(vault) as house:
        erase(house.rooms, stored.object_id, now=NOW)
        assert len(house.rooms.locks.locks_of(kept.object_id)) == 2
    with sqlite3.connect(vault / "keys.db") as db:
        db.execute("UPDATE lock_pages SET sealed=?", old)
    with open_vault(vault) as house, pytest.raises(SealBrokenError):
        house.rooms.locks.locks_of(kept.object_id)


def forge_erasure(vault: Path) -> None:
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute(
            "INSERT INTO erasures SELECT object_id, controller_id, box_id, 'x', NULL, x'00', NULL,"
            " NULL"
            " FROM objects"
        )


def test_an_erasing_that_the_log_does_not_tell_of_destroys_nothing(vault):
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
        locks = house.rooms.locks.locks_of(stored.object_id)
    forge_erasure(vault)
    with open_vault(vault) as house:
        with pytest.raises(SealBrokenError, match="log does not tell"):
            settle(house.rooms, now=NOW)
        assert house.rooms.locks.locks_of(stored.object_id) == locks
        assert house.body(stored) == b"firstsecond"
        assert house.rooms.catalogue.holds(stored.object_id)


def test_an_erasing_in_a_log_that_was_altered_is_not_begun(vault):
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
    forge_erasure(vault)
    with sqlite3.connect(vault / "catalogue.db") as db:
        told = "CAST(replace(CAST(entry AS TEXT), 'protected', 'erase-intended') AS BLOB)"
        db.execute(f"UPDATE log SET entry={told}")
    with open_vault(vault) as house:
        with pytest.raises(LogBrokenError):
            settle(house.rooms, now=NOW)
        assert len(house.rooms.locks.locks_of(stored.object_id)) == 2


def test_a_row_that_was_taken_out_does_not_take_its_locks_along(vault):
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
        house.rooms.shelf.mark()
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("DELETE FROM parts")
        db.execute("DELETE FROM objects")
    with open_vault(vault) as house:
        with pytest.raises(SealBrokenError, match=str(stored.object_id)):
            settle(house.rooms, now=NOW)
        assert len(house.rooms.locks.locks_of(stored.object_id)) == 2
        assert len(files_of(vault)) == 2  # the body and the mark


def entries_anywhere(house, object_id) -> int:
    """Count, and undo: what is left of the object in any page, whatever the places say."""
    found = []
    with undone(house.rooms.keys_db) as unit:
        found.append(house.rooms.locks.destroy_anywhere(unit, object_id))
    return found[0]


@pytest.fixture
def hidden(vault, monkeypatch):
    """A vault with an object whose second page of locks its places no longer name."""
    monkeypatch.setattr(lock_module, "PAGE_ENTRIES", 4)
    with open_vault(vault) as house:
        stored = house.protect(house.new_box(), bodies=[b"x"] * 6)
        house.protect(house.new_box("yard"))
    with sqlite3.connect(vault / "keys.db") as db:
        mine = "object_id=?"
        (first,) = db.execute("SELECT page_id FROM lock_pages ORDER BY rowid LIMIT 1").fetchone()
        db.execute(
            f"DELETE FROM lock_places WHERE {mine} AND page_id<>?", (stored.object_id.bytes, first)
        )
    return stored


@pytest.mark.parametrize("resumed", [False, True])
def test_no_receipt_is_given_while_a_lock_is_left(vault, hidden, resumed, monkeypatch):
    with open_vault(vault) as house:
        assert entries_anywhere(house, hidden.object_id) == 7
        assert len(house.rooms.locks.locks_of(hidden.object_id)) == 3
        if resumed:
            monkeypatch.setattr(database.Database, "begin", divided)
            with pytest.raises(ZeroDivisionError):
                erase(house.rooms, hidden.object_id, now=NOW)
            monkeypatch.setattr(database.Database, "begin", begin)
            assert settle(house.rooms, now=NOW).erasures_finished == 1
        else:
            erase(house.rooms, hidden.object_id, now=NOW)
        assert house.rooms.catalogue.erasure(hidden.object_id).erased_at is not None
        assert entries_anywhere(house, hidden.object_id) == 0
        (kept,) = house.rooms.catalogue.find()
        assert len(house.rooms.locks.locks_of(kept.object_id)) == 2


def divided(self):
    if self.path.name == "keys.db":
        raise ZeroDivisionError
    return begin(self)


begin = database.Database.begin


def test_no_erasing_is_decided_where_a_lock_may_lie_in_a_page_that_does_not_open(vault, hidden):
    with sqlite3.connect(vault / "keys.db") as db:
        db.execute(
            "UPDATE lock_pages SET group_tag=zeroblob(16)"
            " WHERE page_id NOT IN (SELECT page_id FROM lock_places)"
        )
    with open_vault(vault) as house:
        with pytest.raises(SealBrokenError):
            erase(house.rooms, hidden.object_id, now=NOW)
        assert house.rooms.catalogue.get(hidden.object_id) == hidden
        assert house.rooms.catalogue.erasure(hidden.object_id) is None


def test_pages_stay_small_and_an_object_may_span_them(vault):
    with open_vault(vault) as house:
        locks, keys_db = house.rooms.locks, house.rooms.keys_db
        group = LockGroup(new_id(), 1)
        many = {new_id(): os.urandom(200) for _ in range(2500)}
        large = {new_id(): os.urandom(60_000) for _ in range(10)}
        ids = [new_id(), new_id()]
        for object_id, its in zip(ids, (many, large), strict=True):
            with keys_db.begin() as unit:
                locks.put(unit, group, object_id, its, b"k" * 32)
        assert [locks.locks_of(object_id) for object_id in ids] == [many, large]
        with sqlite3.connect(vault / "keys.db") as db:
            pages = db.execute("SELECT entries, size FROM lock_pages").fetchall()
        assert len(pages) >= 5
        assert all(n <= PAGE_ENTRIES and size <= PAGE_BYTES for n, size in pages)
        with keys_db.begin() as unit:
            assert locks.destroy(unit, ids[0]) == 2501
        assert locks.locks_of(ids[0]) == {}
        assert locks.locks_of(ids[1]) == large


def test_a_reader_that_keeps_the_old_locks_makes_erasing_wait_for_the_next_start(
    vault, monkeypatch
):
    monkeypatch.setattr(database, "BUSY_S", 0.1)
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
        with house.rooms.keys_db.read() as unit:
            unit.all(text("SELECT * FROM lock_pages"))
            with pytest.raises(VaultLockedError):
                erase(house.rooms, stored.object_id, now=NOW)
        with pytest.raises(ObjectErasedError):
            house.rooms.catalogue.get(stored.object_id)
        assert files_of(vault)
        assert settle(house.rooms, now=NOW).erasures_finished == 1
        assert files_of(vault) == []
        assert house.rooms.catalogue.erasure(stored.object_id).erased_at is not None
