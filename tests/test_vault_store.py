"""The store: objects come in whole, are found again, and go for good."""

import os
import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from vault_house import (
    DAY,
    NOW,
    PASSPHRASE,
    everything,
    make_vault,
    new_vault,
    open_vault,
    segment,
    undone,
)
from yingbi.db import database, schema
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.errors import (
    LogBrokenError,
    NoSuchObjectError,
    NoSuchPartError,
    NoVaultError,
    ObjectErasedError,
    ReadWriteError,
    SealBrokenError,
    VaultExistsError,
    VaultLockedError,
    VaultTooNewError,
)
from yingbi.keys import locks as lock_module
from yingbi.keys.locks import PAGE_BYTES, PAGE_ENTRIES, LockGroup
from yingbi.store.check import check
from yingbi.store.erase import Settled, erase, settle
from yingbi.store.folder import VaultFolder
from yingbi.store.stored import ObjectInfo

WHOLE = ObjectInfo(
    camera="door",
    recorded_at="2026-11-24T08:00:00+08:00",
    clock="option",
    from_s=0.5,
    to_s=12.25,
    source_names=("片.mp4", "b.mp4"),
    labels=("face", "person"),
    media_types={"masked": "video/mp4"},
    extra={"frames": "300"},
)


@pytest.fixture
def vault(tmp_path):
    return new_vault(tmp_path / "vault")


def files_of(vault: Path) -> list[Path]:
    return [path for path in (vault / "objects").rglob("*") if path.is_file()]


@pytest.mark.parametrize("suite_name", ["intl", "sm"])
def test_an_object_comes_back_as_it_was_put_in(tmp_path, suite_name):
    vault = make_vault(tmp_path / "v", suite_name)
    parts = {PartKind.MASKED: [segment(0, b"aa"), segment(1, b"bbb")]}
    parts[PartKind.RECORDS] = [segment(0, b"c")]
    with open_vault(vault) as house:
        box = house.new_box(level=Level.RAW_ON_RELEASE)
        with house.writer(box) as writer:
            for kind, its in parts.items():
                for number, one in enumerate(its):
                    writer.add(kind, one, from_s=number * 4.0, to_s=number * 4.0 + 4)
            stored = writer.commit(WHOLE, now=NOW, facts={"frames": "300"})
    with open_vault(vault) as house:
        again = house.rooms.catalogue.get(stored.object_id)
        assert again == stored
        assert again.info == WHOLE
        assert (again.box_id, again.level) == (box.box_id, Level.RAW_ON_RELEASE)
        assert house.body(again) == b"aabbb"
        assert house.body(again, PartKind.RECORDS) == b"c"
        assert again.part(PartKind.MASKED).final_seal == parts[PartKind.MASKED][1].seal_digest
        places = house.rooms.catalogue.segments_of(stored.object_id, PartKind.MASKED)
        assert [(p.offset, p.length, p.from_s, p.to_s) for p in places] == [
            (0, 2, 0, 4),
            (2, 3, 4, 8),
        ]
        assert house.rooms.locks.locks_of(stored.object_id) == {
            one.segment_id: one.lock for its in parts.values() for one in its
        }
        deed = list(house.log.entries())[-1].deed
        assert (deed.action, deed.object_id) == (Action.PROTECTED, stored.object_id)
        assert deed.digests["masked"] == parts[PartKind.MASKED][1].seal_digest.hex()
        with pytest.raises(NoSuchPartError):
            again.part(PartKind.RAW)


def test_bodies_say_nothing_by_name_time_or_mode(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        one, other = house.protect(box), house.protect(box)
    found = files_of(vault)
    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()
    assert {path.stat().st_mtime for path in found} == {midnight}
    assert {len(path.name) for path in found} == {33}
    for stored in (one, other):
        assert not any(stored.object_id.hex[:8] in str(path) for path in found)
    mine = [vault, *vault.rglob("*")]
    assert not any(stat.S_IMODE(path.stat().st_mode) & 0o077 for path in mine)


@pytest.mark.parametrize("reached", ["nothing", "a part", "two parts"])
def test_an_exception_on_the_way_in_leaves_nothing(vault, reached):
    def fail(house, box):
        with house.writer(box) as writer:
            if reached != "nothing":
                writer.add(PartKind.MASKED, segment(0, b"aa"))
            if reached == "two parts":
                writer.add(PartKind.RECORDS, segment(0, b"aa"))
            raise ZeroDivisionError

    with open_vault(vault) as house:
        box = house.new_box()
        with pytest.raises(ZeroDivisionError):
            fail(house, box)
        assert files_of(vault) == []
        assert house.rooms.locks.object_ids() == set()
        assert house.rooms.catalogue.page() == []
        assert settle(house.rooms, now=NOW) == Settled()


def test_a_writer_that_is_left_without_commit_leaves_nothing(vault):
    with open_vault(vault) as house:
        with house.writer(house.new_box()) as writer:
            writer.add(PartKind.MASKED, segment(0, b"aa"))
        assert files_of(vault) == []
        assert house.rooms.catalogue.page() == []


def test_segments_out_of_order_and_empty_objects_are_refused(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        with house.writer(box) as writer, pytest.raises(ValueError, match="out of order"):
            writer.add(PartKind.MASKED, segment(1, b"aa"))
        with house.writer(box) as writer, pytest.raises(ValueError, match="at least one part"):
            writer.commit(WHOLE, now=NOW)


def test_a_film_is_written_as_it_comes_and_not_held(vault):
    with open_vault(vault) as house, house.writer(house.new_box()) as writer:
        for number in range(3):
            writer.add(PartKind.MASKED, segment(number, bytes(1000)))
            assert sum(path.stat().st_size for path in files_of(vault)) == 1000 * (number + 1)


def test_objects_are_listed_by_box_camera_and_time(vault):
    with open_vault(vault) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        times = [None, "2026-11-24T08:00:00+08:00", "2026-11-24T00:00:00+00:00", "2026-11-25T00:00"]
        made = [
            house.protect(box, camera=camera, recorded_at=at)
            for box, camera, at in zip(
                (hall, hall, yard, hall), ("door", None, "door", "door"), times, strict=True
            )
        ]
        catalogue = house.rooms.catalogue
        assert catalogue.find() == made
        assert catalogue.find(hall.box_id) == [made[0], made[1], made[3]]
        assert catalogue.find(camera="door") == [made[0], made[2], made[3]]
        day = datetime(2026, 11, 24, tzinfo=UTC)
        assert catalogue.find(between=(day, day + timedelta(days=1))) == [made[1], made[2]]
        assert catalogue.find(between=(day + timedelta(seconds=1), None)) == [made[3]]
        assert catalogue.find(between=(None, day)) == []
        assert catalogue.page(limit=2) == made[:2]
        assert catalogue.page(after=made[1].object_id) == made[2:]
        assert catalogue.page(hall.box_id, after=made[1].object_id) == [made[3]]
        assert catalogue.page(limit=2, newest_first=True) == [made[3], made[2]]
        newest = catalogue.each(camera="door", after=made[3].object_id, newest_first=True)
        assert list(newest) == [made[2], made[0]]


def test_more_objects_than_a_page_are_all_found(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        made = [house.protect(box, bodies=(b"x",)) for _ in range(130)]
        assert house.rooms.catalogue.find() == made


def test_an_unknown_object_is_named_so(vault):
    with open_vault(vault) as house, pytest.raises(NoSuchObjectError):
        house.rooms.catalogue.get(new_id())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE objects SET level=3",
        "UPDATE objects SET epoch=epoch+1",
        "UPDATE objects SET level=7",
        "UPDATE objects SET sealed_info=zeroblob(length(sealed_info))",
        "UPDATE objects SET sealed_info=x''",
        "UPDATE parts SET size=size+1",
        "UPDATE parts SET segments=1",
        "UPDATE parts SET file_name='../../etc/passwd'",
        "UPDATE parts SET kind='raw'",
        "UPDATE parts SET kind='sound'",
        "UPDATE parts SET final_seal=zeroblob(32)",
        "DELETE FROM parts",
        "UPDATE objects SET controller_id=zeroblob(3)",
    ],
)
def test_an_altered_row_is_refused(vault, statement):
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute(statement)
    with open_vault(vault) as house, pytest.raises(SealBrokenError):
        house.rooms.catalogue.get(stored.object_id)


@pytest.mark.parametrize("name", ["catalogue.db", "keys.db"])
def test_no_text_can_be_put_where_bytes_belong(vault, name):
    with open_vault(vault) as house:
        house.protect(house.new_box())
    with sqlite3.connect(vault / name) as db:
        tables = {row[1]: row[5] for row in db.execute("PRAGMA table_list")}
        strict = {table for table, is_strict in tables.items() if is_strict}
        ours = {
            t.name
            for t in (*schema.catalogue_tables.sorted_tables, *schema.keys_tables.sorted_tables)
        }
        assert strict == ours & set(tables)
        table = "objects" if name == "catalogue.db" else "lock_pages"
        with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT"):
            db.execute(f"UPDATE {table} SET controller_id='text'")


def told(house):
    return (entry.deed for entry in house.log.entries())


def test_the_catalogue_is_held_to_the_log(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        made = [house.protect(box) for _ in range(3)]
        assert check(house.rooms.catalogue, told(house)) == 3
        erase(house.rooms, made[1].object_id, now=NOW)
        assert check(house.rooms.catalogue, told(house)) == 2


def test_an_object_that_was_taken_out_or_slipped_in_is_found(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        taken, kept = house.protect(box), house.protect(box)
        deeds = list(told(house))
        for wrong in (
            [deed for deed in deeds if deed.object_id != kept.object_id],
            [*deeds[:-1], replace(deeds[-1], digests={"masked": "00"})],
            [*deeds[:-1], replace(deeds[-1], box_id=new_id())],
        ):
            with pytest.raises(SealBrokenError, match=str(kept.object_id)):
                check(house.rooms.catalogue, wrong)
    with sqlite3.connect(vault / "catalogue.db") as db:
        for table in ("parts", "objects"):
            db.execute(f"DELETE FROM {table} WHERE object_id=?", (taken.object_id.bytes,))
    with open_vault(vault) as house:
        house.log.verify()
        with pytest.raises(SealBrokenError, match=str(taken.object_id)):
            check(house.rooms.catalogue, told(house))


def test_an_object_that_only_the_catalogue_says_was_erased_is_found(vault):
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute(
            "INSERT INTO erasures SELECT object_id, controller_id, box_id, 'x', 'x', x'00', NULL, NULL"
            " FROM objects"
        )
    with open_vault(vault) as house, pytest.raises(SealBrokenError, match=str(stored.object_id)):
        check(house.rooms.catalogue, told(house))


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


def test_missing_bytes_are_told(vault):
    with open_vault(vault) as house:
        stored = house.protect(house.new_box())
        files_of(vault)[0].unlink()
        with pytest.raises(SealBrokenError):
            house.body(stored)


@pytest.mark.parametrize("name", ["../keystore", "aa/../../keystore", "/etc/passwd", "aa/.x", "aa"])
def test_the_shelf_stays_in_its_folder(vault, name):
    with open_vault(vault) as house:
        with pytest.raises(SealBrokenError):
            house.rooms.shelf.open(name)
        with pytest.raises(SealBrokenError):
            house.rooms.shelf.remove([name])
    assert (vault / "keystore").exists()


def test_settling_touches_no_stranger(vault):
    stranger = vault / "objects" / "aa" / "notes.txt"
    stranger.parent.mkdir()
    stranger.write_text("mine")
    with open_vault(vault) as house:
        house.rooms.shelf.mark()
        assert settle(house.rooms, now=NOW) == Settled()
        assert house.rooms.shelf.marks() == []
    assert stranger.read_text() == "mine"


def test_a_folder_with_other_files_does_not_become_a_vault(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(VaultExistsError):
        make_vault(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_vault_is_not_made_over_a_vault(vault):
    before = (vault / "keystore").read_bytes()
    with pytest.raises(VaultExistsError):
        make_vault(vault)
    assert (vault / "keystore").read_bytes() == before


def test_a_vault_that_was_never_finished_is_made_again(tmp_path):
    path = make_vault(tmp_path / "v")
    (path / "vault.json").rename(path / ".vault.json")
    (path / "catalogue.db-journal").touch()
    with pytest.raises(NoVaultError), open_vault(path):
        pass
    with open_vault(make_vault(path)) as house:
        assert house.boxes.boxes() == []


@pytest.mark.parametrize("lost", [("vault.json",), ("vault.json", "catalogue.db"), ()])
def test_keys_that_could_matter_are_never_cleared_away(vault, lost):
    for name in lost:
        (vault / name).unlink()
    before = everything(vault)
    with pytest.raises(VaultExistsError):
        make_vault(vault)
    assert everything(vault) == before


@pytest.mark.parametrize(
    "name",
    ["keystore.jks", "lock.pdf", "objects_x", "keys.db.bak", "catalogue.db-old"],
)
@pytest.mark.parametrize("beside", [None, ".vault.json"])
def test_a_file_whose_name_begins_like_ours_is_left_alone(tmp_path, name, beside):
    (tmp_path / name).write_text("mine")
    if beside:
        (tmp_path / beside).touch()
    with pytest.raises(VaultExistsError):
        make_vault(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["lock", "objects"])
def test_a_file_in_the_place_of_lock_or_objects_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(VaultExistsError):
        make_vault(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 1}',
        "\0",
        '{"format": "x"}',
        "[" * 4000,
        "[" * 100_000,
        '{"format": 1, "pad": "' + "x" * 10_000 + '"}',
    ],
    ids=range(9),
)
def test_a_vault_json_of_nonsense_is_told(vault, content):
    (vault / "vault.json").write_text(content)
    with pytest.raises(SealBrokenError):
        VaultFolder.open(vault)


def test_a_vault_json_of_an_unknown_suite_is_told(vault):
    written = (vault / "vault.json").read_text()
    (vault / "vault.json").write_text(written.replace('"intl"', '"rot13"'))
    with pytest.raises(SealBrokenError):
        VaultFolder.open(vault)


def test_a_vault_of_a_later_program_is_refused_in_one_line(vault):
    written = (vault / "vault.json").read_text()
    (vault / "vault.json").write_text(written.replace('"format": 1', '"format": 2'))
    with pytest.raises(VaultTooNewError):
        VaultFolder.open(vault)
    (vault / "vault.json").write_text(written)
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(VaultTooNewError), open_vault(vault):
        pass


@pytest.mark.parametrize("name", ["catalogue.db", "keys.db"])
@pytest.mark.parametrize("damage", ["gone", "noise", "cut", "emptied"])
def test_a_damaged_database_is_told(vault, name, damage):
    with open_vault(vault) as house:
        house.protect(house.new_box())
    path = vault / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"noise": os.urandom(8192), "cut": content[:5000], "emptied": b""}[damage])

    def use():
        with open_vault(vault) as house:
            house.rooms.catalogue.find()
            house.boxes.boxes()

    with pytest.raises((SealBrokenError, ReadWriteError)):
        use()


def test_the_steps_of_the_schema_lead_to_the_tables_in_use(vault):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    for name, tables in (
        ("catalogue.db", schema.catalogue_tables),
        ("keys.db", schema.keys_tables),
    ):
        engine = create_engine(f"sqlite:///{vault / name}")
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), tables) == []
        engine.dispose()


@pytest.mark.parametrize("name", ["catalogue.db", "keys.db"])
@pytest.mark.parametrize(
    "planted",
    [
        "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
        "CREATE TEMP TABLE z(a); CREATE VIEW v AS SELECT * FROM {table}",
        "CREATE TABLE extra(a)",
        "CREATE INDEX extra ON {table}(controller_id)",
        "DROP INDEX {index}",
        "ALTER TABLE {table} RENAME TO t; CREATE VIEW {table} AS SELECT * FROM t",
        "UPDATE alembic_version SET version_num='0000'",
        "UPDATE alembic_version SET version_num='abc'",
        "UPDATE alembic_version SET version_num='zzzz'",
        "UPDATE alembic_version SET version_num=x'30303031'",
        "UPDATE alembic_version SET version_num=''",
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('0000')",
        "DROP TABLE alembic_version",
    ],
)
def test_a_schema_with_anything_more_or_less_is_refused(vault, name, planted):
    catalogue = name == "catalogue.db"
    table = "erasures" if catalogue else "epochs"
    index = "ix_objects_box_id_object_id" if catalogue else "ix_lock_pages_group_tag"
    with sqlite3.connect(vault / name) as db:
        db.executescript(planted.format(table=table, index=index))
    with pytest.raises(SealBrokenError, match=name), open_vault(vault):
        pass


def test_rows_that_do_not_fit_each_other_are_damage(vault):
    with open_vault(vault) as house:
        box = house.new_box()
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("DELETE FROM boxes")
    with open_vault(vault) as house, pytest.raises(SealBrokenError, match="damaged"):
        house.protect(box)


def test_every_row_carries_its_controller():
    for tables in (schema.catalogue_tables, schema.keys_tables):
        for table in tables.sorted_tables:
            assert "controller_id" in table.columns, table.name


def test_a_new_vault_opens_without_alembic(vault):
    probe = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from vault_house import open_vault
with open_vault(Path({str(vault)!r})) as house:
    house.boxes.boxes()
assert "sqlalchemy" in sys.modules
assert "alembic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", probe], check=True)


def test_databases_keep_what_they_promise(vault):
    with open_vault(vault) as house:
        for kept in (house.rooms.catalogue_db, house.rooms.keys_db):
            with kept.read() as unit:
                found = {
                    name: unit.one(text(f"PRAGMA {name}"))[0]
                    for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
                }
            assert found == {
                "journal_mode": "wal",
                "synchronous": 2,
                "secure_delete": 1,
                "foreign_keys": 1,
            }


def test_a_second_writer_waits_before_it_reads_and_then_is_told(vault, monkeypatch):
    monkeypatch.setattr(database, "BUSY_S", 0.1)
    with open_vault(vault) as first, open_vault(vault) as second:

        def write():
            with second.rooms.keys_db.begin():
                pass

        with first.rooms.keys_db.begin(), pytest.raises(VaultLockedError):
            write()
        write()


def test_a_view_cannot_write(vault):
    def write(opened):
        with opened.read() as unit:
            unit.run(schema.boxes.delete())

    with open_vault(vault) as house:
        box = house.new_box()
        with pytest.raises(ReadWriteError):
            write(house.rooms.catalogue_db)
        assert house.boxes.boxes() == [box]


def test_no_passphrase_is_in_any_file(vault):
    content = b"".join(path.read_bytes() for path in vault.rglob("*") if path.is_file())
    assert PASSPHRASE not in content
