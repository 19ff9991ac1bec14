"""Verifying a vault: whole are keys, boxes and locks too, not bodies alone."""

import shutil
import sqlite3

import pytest

from vault_house import DAY, NOW, make_vault, open_vault
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.part import MaskedFilm, PartKind
from yingbi.domain.report import Quiet
from yingbi.errors import NoKeyError, NoSuchBoxError, SealBrokenError
from yingbi.govern.holds import Holds
from yingbi.keys.locks import LockGroup
from yingbi.keys.memory import MemoryState
from yingbi.seal.door import Door, PartSealer
from yingbi.seal.masked import masked
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter
from yingbi.usecases.vault import Vault
from yingbi.usecases.verify import Verified, verify


def protect(house, box):
    """Seal one real part into the vault, as `protect` does."""
    with house.rooms.keys_db.begin() as unit:
        epoch = house.epochs.epoch_for(unit, box.box_id, DAY)
    ids = {"controller_id": house.folder.controller_id, "box_id": box.box_id}
    level, device, object_id = box.policy.level, house.keystore.device, new_id()
    door = Door(house.keystore.suite, level, **ids, object_id=object_id, epoch=epoch, device=device)
    film = MaskedFilm(b"film" * 100, "video/mp4", 0.0, 4.0, ("none",))
    sealer = PartSealer(door, PartKind.MASKED)
    group = LockGroup(box.box_id, epoch.epoch)
    with ObjectWriter(house.rooms, object_id=object_id, level=level, group=group, day=DAY) as into:
        into.add(PartKind.MASKED, masked(sealer, film))
        return into.commit(ObjectInfo(), now=NOW)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = make_vault(tmp_path_factory.mktemp("verify") / "vault")
    with open_vault(path) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        return path, hall, yard, protect(house, hall)


@pytest.fixture
def vault(whole, tmp_path):
    return shutil.copytree(whole[0], tmp_path / "vault")


def verified(path, object_id=None) -> Verified:
    with open_vault(path) as house:
        memory = MemoryState(dumpable=False, core_limit=0, locked=True, lock_limit=-1)
        vault = Vault(
            house.folder,
            house.keystore,
            house.boxes,
            house.epochs,
            house.log,
            house.rooms,
            memory,
            house.people,
            Holds(house.keystore, house.rooms.catalogue_db, house.folder.controller_id),
        )
        return verify(vault, object_id, Quiet())


def change(path, statement, *values):
    with sqlite3.connect(path) as db:
        assert db.execute(statement, values).rowcount > 0


def test_a_whole_vault_is_whole_and_says_what_its_log_is(vault, whole):
    done = verified(vault)
    with open_vault(vault) as house:
        head = house.log.head()
    assert done == Verified(1, 1, 3, head.root.hex(), ())
    assert verified(vault, whole[3].object_id) == done


@pytest.mark.parametrize("column", ["wrapped_kek", "sealed_signer"])
@pytest.mark.parametrize("used", [True, False], ids=["with an object", "empty"])
def test_a_box_whose_keys_do_not_open_is_named(vault, whole, column, used):
    _, hall, yard, stored = whole
    box = hall if used else yard
    altered = f"UPDATE box_keys SET {column}=zeroblob(60) WHERE box_id=?"
    change(vault / "keys.db", altered, box.box_id.bytes)
    broken = verified(vault).broken
    assert [one for one, _ in broken] == [box.box_id] + [stored.object_id] * used
    assert all(isinstance(error, SealBrokenError) for _, error in broken)


def test_a_box_without_keys_is_named(vault, whole):
    change(vault / "keys.db", "DELETE FROM box_keys WHERE box_id=?", whole[2].box_id.bytes)
    ((one, error),) = verified(vault).broken
    assert (one, type(error)) == (whole[2].box_id, NoSuchBoxError)


def test_a_box_whose_row_is_altered_is_named(vault, whole):
    box_id = whole[2].box_id
    altered = "UPDATE boxes SET sealed=zeroblob(1052) WHERE box_id=?"
    change(vault / "catalogue.db", altered, box_id.bytes)
    ((one, error),) = verified(vault).broken
    assert (one, type(error)) == (box_id, SealBrokenError)


@pytest.mark.parametrize(
    "column", ["public_key", "signature", "sealed_private", "key_id", "retention"]
)
def test_an_object_whose_epoch_key_is_damaged_is_named(vault, whole, column):
    altered = "7" if column == "retention" else f"zeroblob(length({column}))"
    change(vault / "keys.db", f"UPDATE epochs SET {column}={altered}")
    ((one, error),) = verified(vault).broken
    wanted = NoKeyError if column == "key_id" else SealBrokenError
    assert (one, type(error)) == (whole[3].object_id, wanted)
    with pytest.raises(wanted):
        verified(vault, whole[3].object_id)


def test_a_box_that_was_taken_out_or_slipped_in_is_found(vault, whole):
    box_id = whole[2].box_id
    for statement in ("DELETE FROM boxes WHERE box_id=?", "UPDATE boxes SET box_id=?"):
        copy = shutil.copytree(vault, vault.with_name(str(len(statement))))
        value = box_id if statement.startswith("DELETE") else new_id()
        where = "" if statement.startswith("DELETE") else f" WHERE box_id=x'{box_id.hex}'"
        change(copy / "catalogue.db", statement + where, value.bytes)
        with pytest.raises(SealBrokenError, match="box "):
            verified(copy)
    with open_vault(vault) as house, house.rooms.catalogue_db.begin() as unit:
        unlogged = house.boxes.create_box(unit, "x", BoxPolicy(whole[1].policy.level), now=NOW)
    with pytest.raises(SealBrokenError, match=str(unlogged.box_id)):
        verified(vault)


def test_an_object_whose_box_is_gone_is_found(vault, whole):
    change(vault / "catalogue.db", "DELETE FROM boxes WHERE box_id=?", whole[1].box_id.bytes)
    with pytest.raises(SealBrokenError, match=str(whole[1].box_id)):
        verified(vault)
    with pytest.raises(NoSuchBoxError):
        verified(vault, whole[3].object_id)


def test_a_page_of_locks_that_does_not_open_is_found(vault):
    change(
        vault / "keys.db",
        "INSERT INTO lock_pages SELECT zeroblob(16), controller_id, group_tag, entries, size,"
        " lock_store_id, wrapped_key, sealed FROM lock_pages",
    )
    with pytest.raises(SealBrokenError, match="lock table"):
        verified(vault)
