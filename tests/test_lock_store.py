"""Replacing the lock-store key: every page opens at every moment, and the old key goes."""

import os
import shutil
import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_house import CHEAP, DAY, NOW, PASSPHRASE, make_vault, new_vault, open_vault
from yingbi.crypto.suite import suite
from yingbi.errors import NoKeyError, SealBrokenError, UsageError
from yingbi.keys import lock_store
from yingbi.keys.epochs import epoch_of
from yingbi.keys.keystore import MOST_ROOTS, Keystore
from yingbi.keys.lock_store import MOST_KEPT, LockStores
from yingbi.keys.replace import LockStoreReplacer

LATER = NOW + timedelta(days=1)


def nothing(_done: int) -> None:
    pass


def replacer(house) -> LockStoreReplacer:
    return LockStoreReplacer(house.keystore, house.rooms.keys_db, house.rooms.locks, house.epochs)


class StruckError(Exception):
    pass


class Seam:
    def __init__(self, at=None) -> None:
        self.names, self.armed, self._at = [], False, at

    def __call__(self, name, *_paths) -> None:
        if self.armed:
            self.names.append(name)
            if len(self.names) - 1 == self._at:
                raise StruckError


@pytest.fixture(params=["intl", "sm"])
def vault(request, tmp_path):
    return new_vault(tmp_path / "vault", request.param)


def filled(house):
    box = house.new_box()
    with house.rooms.keys_db.begin() as unit:
        house.epochs.epoch_for(unit, box.box_id, DAY)
    return box, [house.protect(box, camera=str(n)) for n in range(3)]


def opens(house, box, stored) -> None:
    """Hold every lock, every row and the epoch's key to opening."""
    for one in stored:
        assert len(house.rooms.locks.locks_of(one.object_id)) == 2
        assert house.rooms.catalogue.get(one.object_id).info == one.info
    house.epochs.epoch_private(box.box_id, epoch_of(DAY))


def test_after_a_replacement_everything_opens_and_the_old_key_is_nowhere(vault):
    with open_vault(vault) as house:
        box, stored = filled(house)
        old = house.keystore.lock_store_key
        private = house.epochs.epoch_private(box.box_id, epoch_of(DAY))
        assert replacer(house).replace(LATER, nothing) > 0
        assert house.keystore.lock_store_key.key not in (old.key, b"")
        opens(house, box, stored)
        assert house.epochs.epoch_private(box.box_id, epoch_of(DAY)) == private
        assert house.keystore.lock_stores.all == (house.keystore.lock_store_key,)
        assert house.keystore.is_whole
        assert (vault / "keys.db-wal").stat().st_size == 0
    with open_vault(vault) as house:  # and so it is on the disk
        opens(house, box, stored)
        with pytest.raises(NoKeyError):
            house.keystore.lock_stores.named(old.key_id)


def test_an_old_copy_of_the_key_database_opens_before_a_replacement_and_not_after(tmp_path):
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as house:
        box, stored = filled(house)
    shutil.copy(vault / "keys.db", tmp_path / "old.db")
    with open_vault(vault) as house:
        shutil.copy(tmp_path / "old.db", vault / "again.db")
    shutil.copy(tmp_path / "old.db", vault / "keys.db")
    with open_vault(vault) as house:  # the control: the old copy as such is whole
        opens(house, box, stored)
        replacer(house).replace(LATER, nothing)
    shutil.copy(tmp_path / "old.db", vault / "keys.db")
    with open_vault(vault) as house:
        for one in stored:
            with pytest.raises(NoKeyError):
                house.rooms.locks.locks_of(one.object_id)
        with pytest.raises(NoKeyError):
            house.epochs.epoch_private(box.box_id, epoch_of(DAY))


def test_a_replacement_that_breaks_off_anywhere_goes_on_where_it_stopped(tmp_path):
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as house:
        box, stored = filled(house)
    counting = Seam()
    with open_vault(shutil.copytree(vault, tmp_path / "count"), crossing=counting) as house:
        counting.armed = True
        replacer(house).replace(LATER, nothing)
        counting.armed = False
    assert counting.names.count("keystore: overwrite") == 4
    for number, name in enumerate(counting.names):
        path = shutil.copytree(vault, tmp_path / str(number))
        seam = Seam(number)
        with open_vault(path, crossing=seam) as house:
            old = house.keystore.lock_store_key.key_id
            seam.armed = True
            with pytest.raises(StruckError):
                replacer(house).replace(LATER, nothing)
            seam.armed = False
        with open_vault(path) as house:
            opens(house, box, stored)
            house.keystore.complete()
            assert house.keystore.is_whole, name
            replacer(house).replace(LATER, nothing)
            assert old not in [key.key_id for key in house.keystore.lock_stores.all], name
            opens(house, box, stored)
        with open_vault(path) as house:
            opens(house, box, stored)
            assert house.keystore.is_whole


def test_an_epoch_that_an_older_program_sealed_is_wrapped_at_the_first_replacement(tmp_path):
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as house:
        box, _ = filled(house)
        at_private = house.epochs.epoch_private(box.box_id, epoch_of(DAY))
        with house.rooms.keys_db.read() as unit:
            row = house.epochs._row(unit, box.box_id, epoch_of(DAY), 0)
        bare = house.epochs._unwrapped(row)
    with sqlite3.connect(vault / "keys.db") as db:
        db.execute("UPDATE epochs SET sealed_private=?, lock_store_id=NULL", (bare,))
    with open_vault(vault) as house:
        assert house.epochs.epoch_private(box.box_id, epoch_of(DAY)) == at_private
        replacer(house).replace(LATER, nothing)
        assert house.epochs.epoch_private(box.box_id, epoch_of(DAY)) == at_private
    with sqlite3.connect(vault / "keys.db") as db:
        found = db.execute("SELECT lock_store_id, sealed_private FROM epochs").fetchone()
    assert found[0] is not None
    assert bare not in found[1]


def test_a_page_that_does_not_open_keeps_both_keys_and_loses_nothing(tmp_path):
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as house:
        box, stored = filled(house)
        with house.rooms.keys_db.begin() as unit:
            house.epochs.epoch_for(unit, box.box_id, DAY + timedelta(days=1))
    with sqlite3.connect(vault / "keys.db") as db:
        good = db.execute("SELECT wrapped_key FROM lock_pages").fetchone()[0]
        db.execute("UPDATE lock_pages SET wrapped_key=zeroblob(?)", (len(good),))
    with open_vault(vault) as house:
        with pytest.raises(SealBrokenError):
            replacer(house).replace(LATER, nothing)
        assert len(house.keystore.lock_stores.all) == 2
    with sqlite3.connect(vault / "keys.db") as db:
        db.execute("UPDATE lock_pages SET wrapped_key=?", (good,))
    with open_vault(vault) as house:
        replacer(house).replace(LATER, nothing)
        assert len(house.keystore.lock_stores.all) == 1
        opens(house, box, stored)


def test_a_key_that_a_backup_needs_is_kept_so_long_and_no_longer(vault):
    with open_vault(vault) as house:
        old, until = house.keystore.lock_store_key, NOW + timedelta(days=7)
        house.keystore.keep_lock_stores(house.keystore.lock_stores.kept(old.key_id, until))
        replacer(house).replace(LATER, nothing)
    with open_vault(vault) as house:
        kept = house.keystore.lock_stores.named(old.key_id)
        assert (kept.key, kept.kept_until, kept.retired_at) == (old.key, until, LATER)
        assert not house.keystore.lock_stores.opened_none_before(old.key_id)
        replacer(house).replace(NOW + timedelta(days=6), nothing)
        assert house.keystore.lock_stores.named(old.key_id).key == old.key
        replacer(house).replace(NOW + timedelta(days=8), nothing)
        with pytest.raises(NoKeyError):
            house.keystore.lock_stores.named(old.key_id)
        assert house.keystore.lock_stores.opened_none_before(old.key_id)


def test_as_many_keys_as_may_be_kept_have_room_in_the_keystore(vault):
    with open_vault(vault) as house:
        keystore = house.keystore
        for day in range(MOST_KEPT):
            key_id = keystore.lock_store_key.key_id
            keystore.keep_lock_stores(keystore.lock_stores.kept(key_id, NOW + timedelta(days=99)))
            replacer(house).replace(NOW + timedelta(days=day), nothing)
        key_id = keystore.lock_store_key.key_id
        keystore.keep_lock_stores(keystore.lock_stores.kept(key_id, NOW + timedelta(days=99)))
        before = keystore.lock_stores
        assert len(before.retired) == MOST_KEPT
        with pytest.raises(UsageError):
            replacer(house).replace(NOW + timedelta(days=50), nothing)
        begun = LockStores(before.current, before.begun, before.retired)
        assert keystore.lock_stores == before != begun
    with open_vault(vault) as house:
        assert house.keystore.lock_stores == before


moments = st.none() | st.integers(0, 2**32).map(lambda s: NOW + timedelta(seconds=s - 2**30))


def test_as_many_roots_as_backups_may_need_have_room_beside_them_and_one_more_is_refused(vault):
    with open_vault(vault) as house:
        keystore = house.keystore
        for day in range(MOST_KEPT):
            key_id = keystore.lock_store_key.key_id
            keystore.keep_lock_stores(keystore.lock_stores.kept(key_id, NOW + timedelta(days=99)))
            replacer(house).replace(NOW + timedelta(days=day), nothing)
        keystore.make_recovery(1)
        for second in range(MOST_ROOTS):
            keystore.begin_root(second + 1)
            keystore.finish_root()
        assert len(set(keystore.kept_subkeys("box KEK"))) == MOST_ROOTS
        before = keystore.subkey("box KEK")
        with pytest.raises(UsageError, match="former root"):
            keystore.begin_root(99)
        assert keystore.subkey("box KEK") == before
        keystore.keep_lock_stores(LockStores(keystore.lock_stores.current))
        assert keystore.kept_subkeys("box KEK") == []


@given(st.lists(st.tuples(moments, moments), max_size=MOST_KEPT), moments, st.booleans())
def test_what_is_written_of_the_keys_is_read_again(retired, made, begun):
    stores = lock_store.first(32, made)
    kept = [
        lock_store.LockStoreKey(os.urandom(16), os.urandom(32), at, at, until)
        for at, until in retired
    ]
    stores = LockStores(stores.current, None, tuple(kept))
    if begun and len(kept) < MOST_KEPT:
        stores = stores.begun(NOW, 32)
    assert lock_store.read_from(lock_store.written(stores)) == stores
    assert lock_store.read_from({3: bytes(48)}).current.made_at is None  # an older keystore


def test_numbers_and_not_clocks_say_which_key_came_first():
    stores = lock_store.first(32, NOW)
    names = [stores.current.key_id]
    for _ in range(3):
        stores = stores.begun(NOW - timedelta(days=400), 32).finished(NOW)
        names.append(stores.current.key_id)
    assert [lock_store.number_of(name) for name in names] == [0, 1, 2, 3]
    assert [stores.opened_none_before(name) for name in names] == [True, True, True, False]
    assert stores.due(NOW)  # made long ago, as its clock said
    ahead = lock_store.first(32, NOW + timedelta(days=30))
    assert ahead.due(NOW)
    fresh = lock_store.first(32, NOW - timedelta(hours=23))
    assert not fresh.due(NOW)
    assert fresh.due(NOW + timedelta(hours=1))


def test_another_process_takes_over_a_replaced_key_and_notices_a_changed_passphrase(tmp_path):
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as reader, open_vault(vault) as writer:
        replacer(writer).replace(LATER, nothing)
        new = writer.keystore.lock_store_key
        assert reader.keystore.lock_store_key != new
        reader.keystore.refresh()
        assert reader.keystore.lock_store_key == new
        writer.keystore.replace_passphrase(b"another passphrase")
        from yingbi.errors import VaultLockedError

        with pytest.raises(VaultLockedError):
            reader.keystore.refresh()


@pytest.mark.parametrize("torn", [0, 60, 2000, 4095])
def test_a_torn_slot_never_takes_the_whole_one_with_it(tmp_path, torn):
    path, chosen = tmp_path / "k", suite("intl")
    with Keystore.create(path, PASSPHRASE, chosen, cost=CHEAP, now=NOW) as keystore:
        before = path.read_bytes()
        keystore.keep_lock_stores(keystore.lock_stores.begun(LATER, 32))
        after = path.read_bytes()
    path.write_bytes(after[:torn] + before[torn:])
    seam = Seam(0)
    with Keystore.open(path, PASSPHRASE, chosen, crossing=seam) as keystore:
        opened = keystore.lock_stores
        assert not keystore.is_whole or torn == 0
        seam.armed = True
        if torn:
            with pytest.raises(StruckError):  # before its first step: nothing was touched
                keystore.complete()
        seam.armed = False
        keystore.complete()
        assert keystore.is_whole
        assert path.read_bytes()[:4096] == path.read_bytes()[4096:]
    with Keystore.open(path, PASSPHRASE, chosen) as keystore:
        assert keystore.lock_stores == opened


def test_a_hundred_pages_are_wrapped_in_steps_that_each_stand_alone(tmp_path, monkeypatch):
    from yingbi.keys import locks, replace

    monkeypatch.setattr(locks, "PAGE_ENTRIES", 2)
    monkeypatch.setattr(replace, "STEP", 7)
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as house:
        box = house.new_box()
        stored = [house.protect(box, camera=str(n)) for n in range(50)]
        ticks: list[int] = []
        assert replacer(house).replace(LATER, ticks.append) >= 50
        assert len(ticks) >= 50 // 7
        for one in stored:
            assert house.rooms.catalogue.get(one.object_id).info == one.info


def test_a_writing_over_a_torn_slot_makes_both_whole_first(tmp_path):
    path, chosen = tmp_path / "k", suite("intl")
    Keystore.create(path, PASSPHRASE, chosen, cost=CHEAP, now=NOW).close()
    whole = path.read_bytes()
    for content, steps in ((whole, 2), (whole[:4096] + os.urandom(4096), 4)):
        path.write_bytes(content)
        seam = Seam()
        with Keystore.open(path, PASSPHRASE, chosen, crossing=seam) as keystore:
            seam.armed = True
            keystore.keep_lock_stores(keystore.lock_stores.begun(LATER, 32))
            assert seam.names == ["keystore: overwrite"] * steps
            assert keystore.is_whole
