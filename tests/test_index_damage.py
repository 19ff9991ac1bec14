"""A page of the index that is altered, lost or half written: nothing is told wrongly or kept alive."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from door_house import owner
from query_house import (
    TOLD,
    entries_there,
    found,
    hand_in,
    ids,
    new_box,
    rows_of,
)
from test_vault_crash import DIED, FINISHED, Seam, death
from vault_house import new_vault
from yingbi.db.schema import index_pages, index_waiting
from yingbi.domain.box import Box
from yingbi.domain.ids import new_id
from yingbi.errors import YingbiError
from yingbi.keys import index_page
from yingbi.usecases.erase import erase_objects, make_final
from yingbi.usecases.event_index import build_anew, check_index, index_of
from yingbi.usecases.keys import rotate_box
from yingbi.usecases.sweep import tell_nobody


@pytest.fixture
def plain(tmp_path) -> Path:
    return new_vault(tmp_path / "vault")


# --- damage ------------------------------------------------------------------------------------


HARMS = [
    "UPDATE index_pages SET sealed=zeroblob(99)",
    "UPDATE index_pages SET epoch=epoch+1",
    "UPDATE index_pages SET wrapped_key=zeroblob(99)",
    "UPDATE index_pages SET lock_store_id=zeroblob(16)",
    "UPDATE index_pages SET page_id=zeroblob(16)",
    "UPDATE index_pages SET box_id=zeroblob(16)",
    "UPDATE index_pages SET controller_id=zeroblob(16)",
    "UPDATE index_pages SET retention=1<<40",
]


@pytest.mark.parametrize("harm", HARMS)
def test_an_altered_page_answers_nothing_and_the_index_is_made_anew(plain, harm):
    with owner(plain) as vault:
        box = new_box(vault)
        hand_in(vault, box)
        whole = found(vault, box).found
        with closing(sqlite3.connect(plain / "keys.db")) as db, db:
            db.execute(harm)
        assert {one.code for _, one in check_index(vault)} <= {"seal-broken", "no-key"}
        assert check_index(vault)
        with pytest.raises(YingbiError) as refused:
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
