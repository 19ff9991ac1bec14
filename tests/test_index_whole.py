"""An index that is not whole is told by `verify`, and answers no query until it is made anew."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from door_house import leave, owner
from query_house import found, hand_in, ids, new_box, rows_of
from test_index_damage import HARMS, full_page
from vault_house import PASSPHRASE, new_vault
from yb import Yingbi
from yingbi.db.schema import index_pages
from yingbi.db.sql import select, update
from yingbi.domain.report import Quiet
from yingbi.errors import SealBrokenError, YingbiError
from yingbi.keys import index_heads
from yingbi.keys import index_pages as pages_module
from yingbi.keys.cell import seal_cell
from yingbi.store.backup import Places
from yingbi.usecases.backup import create_backup
from yingbi.usecases.doors import make_door
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.event_index import build_anew, check_index, index_of
from yingbi.usecases.restore import restore_backup
from yingbi.usecases.verify import verify


@pytest.fixture
def plain(tmp_path) -> Path:
    return new_vault(tmp_path / "vault")


def harmed(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path / "keys.db")) as db, db:
        assert db.execute(statement, values).rowcount > 0


def kept_page(path: Path) -> list[tuple]:
    with closing(sqlite3.connect(path / "keys.db")) as db:
        return db.execute("SELECT * FROM index_pages").fetchall()


def broken(vault) -> dict[UUID, YingbiError]:
    return dict(verify(vault, None, Quiet()).broken)


def page_ids(vault) -> list[UUID]:
    return [row.page_id for row in rows_of(vault, index_pages)]


def refuses(vault, box, **asked) -> None:
    with pytest.raises(YingbiError) as refused:
        found(vault, box, **asked)
    assert refused.value.code in ("seal-broken", "no-key")


@pytest.mark.parametrize("harm", HARMS)
def test_a_page_that_was_altered_is_named_and_until_it_is_made_anew_nothing_is_answered(
    plain, harm
):
    with owner(plain) as vault:
        box = new_box(vault)
        object_id = hand_in(vault, box)
        assert broken(vault) == {}
        harmed(plain, harm)
        told = broken(vault)
        assert set(told) == {*page_ids(vault), object_id}, "the page, and what it told of"
        assert {error.code for error in told.values()} <= {"seal-broken", "no-key"}
        refuses(vault, box)
        if "box_id" in harm:  # whose it was, nobody knows: a wrong row of no box
            harmed(plain, "DELETE FROM index_pages")
        build_anew(vault, box)
        assert ids(found(vault, box)) == {object_id}
        assert broken(vault) == {}


@pytest.mark.parametrize("which", ["min", "max"])
def test_a_page_that_was_taken_out_is_missed_by_verify_and_by_any_query(plain, which):
    with owner(plain) as vault:
        box, other = new_box(vault), new_box(vault, "door")
        there = {*full_page(vault, box), hand_in(vault, box)}
        elsewhere = hand_in(vault, other)
        assert ids(found(vault, box)) == there
        chosen = f"SELECT {which}(page_id) FROM index_pages WHERE box_id=?"
        mine = f"DELETE FROM index_pages WHERE page_id=({chosen})"
        harmed(plain, mine, box.box_id.bytes)
        told = broken(vault)
        assert set(told) < there
        assert len(told) == (len(there) - 1 if which == "min" else 1)
        refuses(vault, box)
        refuses(vault, box, events=("crowd",))
        assert ids(found(vault, other)) == {elsewhere}, "the control: another box answers"
        build_anew(vault, box)
        assert ids(found(vault, box)) == there
        assert broken(vault) == {}


def test_pages_that_changed_places_are_named(plain):
    with owner(plain) as vault:
        boxes = [new_box(vault), new_box(vault, "door")]
        there = [hand_in(vault, box) for box in boxes]
        (first, *_, one), (second, *_, other) = kept_page(plain)
        for page_id, sealed in ((first, other), (second, one)):
            harmed(plain, "UPDATE index_pages SET sealed=? WHERE page_id=?", sealed, page_id)
        assert set(broken(vault)) == {UUID(bytes=first), UUID(bytes=second), *there}
        for box in boxes:
            refuses(vault, box)


def test_an_old_page_that_was_put_back_is_noticed(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        gone, kept = hand_in(vault, box), hand_in(vault, box)
        (old,) = kept_page(plain)
        erase_objects(vault, [gone])
        late = hand_in(vault, box)
        harmed(plain, "DELETE FROM index_pages")
        harmed(plain, f"INSERT INTO index_pages VALUES ({','.join('?' * len(old))})", *old)
        assert set(broken(vault)) == {gone, late}
        assert ids(found(vault, box)) <= {kept}, "what was erased is never told"


def test_what_waits_to_be_read_and_what_is_erased_is_not_missed(plain, tmp_path):
    with owner(plain) as vault:
        box = new_box(vault)
        gone, kept = hand_in(vault, box), hand_in(vault, box)
        make_door(vault, box, tmp_path / "door.yb", days=3)
        erase_objects(vault, [gone])
        waits = hand_in(vault, box, hear=False)
        assert broken(vault) == {}
        assert ids(found(vault, box)) == {kept, waits}
    leave(plain, tmp_path / "door.yb")
    with owner(plain) as vault:
        assert broken(vault) == {}
        assert len(ids(found(vault, box))) >= 2
        assert broken(vault) == {}


def without_count(vault) -> None:
    """Write each page's head as it was before it said of how many objects the page tells."""
    keystore, pages = vault.keystore, index_of(vault).pages
    with vault.rooms.keys_db.begin() as unit:
        for row in unit.all(select(*index_heads.HEAD)):
            at, box = index_heads.place_of(row), row.box_id
            kek = vault.boxes.kek(unit, box)
            (head,) = [one for one in pages.heads(unit, box) if one.page_id == row.page_id.bytes]
            told = head.key + index_heads.SPAN.pack(head.first_us, head.last_us)
            inner = seal_cell(keystore.suite, kek, told, at)
            columns = pages_module._wrapped(keystore, inner, at)
            mine = index_pages.c.page_id == row.page_id
            unit.run(update(index_pages).where(mine).values(**columns))


def test_a_page_of_before_the_count_answers_and_its_next_writing_counts(plain):
    with owner(plain) as vault:
        box = new_box(vault)
        first = hand_in(vault, box)
        without_count(vault)
        assert ids(found(vault, box)) == {first}
        second = hand_in(vault, box)
        assert ids(found(vault, box)) == {first, second}
        with vault.rooms.keys_db.read() as unit:
            heads = index_of(vault).pages.heads(unit, box.box_id)
        assert [head.objects for head in heads] == [2]
        assert broken(vault) == {}


def test_of_a_backup_made_of_a_broken_index_everything_is_found_again(plain, tmp_path):
    places = Places(tmp_path / "bodies", tmp_path / "keys")
    with owner(plain) as vault:
        box = new_box(vault)
        there = {hand_in(vault, box), hand_in(vault, box)}
        harmed(plain, "UPDATE index_pages SET sealed=zeroblob(99)")
        create_backup(vault, places, datetime.now(UTC), Quiet())
    restore_backup(
        places, tmp_path / "new", lambda: PASSPHRASE, memory="wanted", now=datetime.now(UTC)
    )
    with owner(tmp_path / "new") as vault:
        assert check_index(vault) == []
        assert ids(found(vault, box)) == there


def test_the_commands_name_what_is_broken_and_end_with_its_status(plain, tmp_path):
    secret = tmp_path / "passphrase"
    secret.touch(mode=0o600)
    secret.write_bytes(PASSPHRASE)
    where = {"YINGBI_VAULT": str(plain), "YINGBI_PASSPHRASE_FILE": str(secret)}
    yingbi = Yingbi(tmp_path, **where, YINGBI_VAULT_MEMORY="wanted")
    with owner(plain) as vault:
        hand_in(vault, new_box(vault))
        (page,) = page_ids(vault)
    assert "All whole" in yingbi("verify").out
    harmed(plain, "UPDATE index_pages SET sealed=zeroblob(99)")
    told = yingbi("verify", status=SealBrokenError.exit_status)
    assert f"{page}: The seal of the index of events is broken" in told.err
    assert told.out == ""
    asked = yingbi("query", "--box", "hall", status=SealBrokenError.exit_status)
    assert "the index of events" in asked.err
    assert asked.out == ""
