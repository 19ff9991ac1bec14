"""The store: objects come in whole, are found again, and are held to the log."""

import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vault_house import (
    DAY,
    NOW,
    files_of,
    make_vault,
    new_vault,
    open_vault,
    segment,
)
from yingbi.db import schema
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.errors import (
    NoSuchObjectError,
    NoSuchPartError,
    SealBrokenError,
)
from yingbi.store.check import check
from yingbi.store.erase import Settled, erase, settle
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
