"""`vault check`: silent where all is well; tells, repairs, and destroys nothing unasked."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crash_house import (
    FILM,
    Scene,
    boundaries,
    die,
    must_be_whole,
    nothing_is_left_over,
    quick_folder,
)
from door_house import opened_film, owner
from vault_house import PASSPHRASE
from yb import with_vault
from yingbi.domain.ids import new_id
from yingbi.errors import SealBrokenError, UsageError
from yingbi.usecases.check import State, check_vault
from yingbi.usecases.vault import open_as_it_is

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies


@pytest.fixture(scope="module")
def scene():
    with quick_folder() as folder:
        yield Scene.made(folder)


@pytest.fixture
def path(scene):
    with quick_folder() as folder:
        yield Path(shutil.copytree(scene.path, folder / "vault"))


def found(path, *, repair=False, give_up=()):
    with open_as_it_is(path, lambda: PASSPHRASE, memory="wanted") as vault:
        return list(check_vault(vault, datetime.now(UTC), repair=repair, give_up=give_up))


def states(path, **given) -> set:
    return {one.state for one in found(path, **given)}


def files(path: Path) -> dict:
    return {
        one: one.read_bytes()
        for one in path.rglob("*")
        if one.is_file() and not one.name.endswith(("-shm", "-wal"))
    }


def changed(path, sql, *values, name="keys.db") -> None:
    with sqlite3.connect(path / name) as db:
        assert db.execute(sql, values).rowcount
    db.close()


def test_a_sound_vault_is_silent(path):
    assert found(path) == []
    assert found(path, repair=True) == []


@pytest.mark.parametrize("name", ["protect", "erase", "person", "change", "rotate-root"])
def test_whatever_a_death_leaves_is_told_left_alone_and_then_repaired(scene, path, name):
    names = boundaries(scene, name, path.parent / "count")
    told = 0
    for number in range(len(names)):
        there = Path(shutil.copytree(path, path.parent / str(number)))
        die(scene, name, there, number)
        first = found(there)
        told += bool(first)
        assert {one.state for one in first} <= {State.REPAIRABLE}
        assert found(there) == first  # looking changes nothing
        assert [one.line for one in found(there, repair=True)] == [one.line for one in first]
        assert found(there) == []
        must_be_whole(scene, name, there, names[:number])
        shutil.rmtree(there)
    print(f"{name}: {len(names)} deaths, {told} with something to repair")
    assert told


def test_where_locks_lie_is_written_anew_from_the_pages(scene, path):
    changed(path, "UPDATE lock_places SET object_id=? WHERE object_id=?",
            new_id().bytes, scene.ids["kept"].bytes)  # fmt: skip
    before = found(path)
    assert State.REPAIRABLE in {one.state for one in before}
    assert State.REPAIRED in states(path, repair=True)
    assert found(path) == []
    with owner(path, by_time=False, alone=True) as vault:
        assert opened_film(vault, scene.ids["kept"], path.parent / "out") == FILM


def page_of(path, object_id):
    from uuid import UUID

    with sqlite3.connect(path / "keys.db") as db:
        chosen = "SELECT page_id FROM lock_places WHERE object_id=?"
        ((page,),) = db.execute(chosen, (object_id.bytes,)).fetchall()
    db.close()
    return UUID(bytes=page)


def test_a_damaged_page_is_told_with_all_that_it_takes_and_let_go_only_when_asked(scene, path):
    page = page_of(path, scene.ids["changed"])
    changed(path, "UPDATE lock_pages SET sealed=zeroblob(99) WHERE page_id=?", page.bytes)
    lines = [one.line for one in found(path)]
    assert any(str(page) in line for line in lines)
    assert any(str(scene.ids["changed"]) in line for line in lines)
    assert not any(str(scene.ids["kept"]) in line for line in lines)
    before = files(path)
    assert State.BROKEN in states(path, repair=True)
    assert files(path) == before
    with pytest.raises(UsageError):
        found(path, give_up=[new_id()])
    assert files(path) == before
    assert states(path, repair=True, give_up=[page]) == {State.REPAIRED}
    assert found(path) == []
    with owner(path, by_time=False, alone=True) as vault:
        assert opened_film(vault, scene.ids["kept"], path.parent / "out") == FILM
        assert vault.rooms.catalogue.erasure(scene.ids["changed"]).state == "erased"
        nothing_is_left_over(vault)


def test_a_page_damaged_while_an_erasing_broke_off_shuts_the_vault_until_it_is_given_up(
    scene, path
):
    names = boundaries(scene, "erase", path.parent / "count")
    die(scene, "erase", path, names.index("catalogue.db: committed"))
    page = page_of(path, scene.ids["changed"])
    changed(path, "UPDATE lock_pages SET sealed=zeroblob(99) WHERE page_id=?", page.bytes)
    changed(path, "UPDATE lock_places SET page_id=? WHERE object_id=?",
            page.bytes, scene.ids["doomed"].bytes)  # fmt: skip
    with pytest.raises(SealBrokenError), owner(path, by_time=False):
        pass
    assert State.REPAIRED in states(path, repair=True, give_up=[page])
    assert found(path) == []
    with owner(path, by_time=False, alone=True) as vault:
        left = {stored.object_id for stored in vault.rooms.catalogue.find()}
        assert left == {scene.ids[one] for one in ("kept", "hers", "expired")}


def test_a_missing_body_and_a_slipped_in_row_are_told_and_stay(scene, path):
    with owner(path, by_time=False) as vault:
        name = vault.rooms.catalogue.get(scene.ids["kept"]).parts[0].file_name
    (path / "objects" / name).unlink()
    assert states(path) == states(path, repair=True) == {State.BROKEN}
    changed(path, "DELETE FROM parts WHERE object_id=?", scene.ids["hers"].bytes,
            name="catalogue.db")  # fmt: skip
    assert State.BROKEN in states(path, repair=True)
    assert scene.ids["kept"].bytes in (path / "catalogue.db").read_bytes()


def test_a_log_that_cannot_be_believed_lets_nothing_be_repaired(scene, path):
    names = boundaries(scene, "protect", path.parent / "count")
    die(scene, "protect", path, len(names) - 3)
    changed(path, "UPDATE log SET entry=zeroblob(50) WHERE sequence=3", name="catalogue.db")
    found(path)  # SQLite moves its journal into the file
    before = files(path)
    assert states(path, repair=True) == {State.BROKEN}
    assert files(path) == before


def test_the_command_answers_with_its_status(tmp_path):
    yingbi = with_vault(tmp_path, "intl")
    assert yingbi("vault", "check").out == ""
    stray = tmp_path / "vault" / "objects" / "ab"
    stray.mkdir()
    (stray / f"{'0' * 30}.yb").write_bytes(b"nobody's")
    assert "--repair" in yingbi("vault", "check", status=65).out
    assert yingbi("vault", "check", "--repair", "--json").json[0]["state"] == "repaired"
    assert yingbi("vault", "check", "--json").json == []
    refused = yingbi("vault", "check", "--give-up-page", "x", status=2)
    assert "Traceback" not in refused.err
