"""What was erased for good is opened by nothing: old copies, all keys still in existence.

The attempt uses the product's own code with its checks taken away: every sealed
cell of every copy is tried with every key that today's vault still holds or can
derive, each at its right place. Two controls show that the attempt works: before
an erasing is final it opens the old copy, and with an old keystore it opens it
after. That last one is the limit that the documentation names.
"""

import os
import shutil
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_house import DAY, NOW, PASSPHRASE, make_vault, new_vault, open_vault, segment
from yingbi.crypto.suite import InvalidTagError, suite
from yingbi.db import database
from yingbi.db.schema import epochs, lock_pages
from yingbi.db.sql import select
from yingbi.domain.part import PartKind
from yingbi.errors import NoKeyError, YingbiError
from yingbi.keys.epochs import epoch_of
from yingbi.keys.keystore import Keystore
from yingbi.keys.lock_entry import parsed
from yingbi.keys.replace import LockStoreReplacer
from yingbi.keys.vouch import epoch_place
from yingbi.keys.wrap import EpochPublic
from yingbi.store.erase import erase, finish_receipts
from yingbi.store.folder import VaultFolder
from yingbi.store.stored import ObjectInfo

WEEK = timedelta(days=7)
LABELS = ("box KEK", "boxes", "log", "lock groups", "subjects", "holds")


def replacer(house) -> LockStoreReplacer:
    return LockStoreReplacer(house.keystore, house.rooms.keys_db, house.rooms.locks, house.epochs)


def make_final(house, now) -> None:
    replacer(house).replace(now, lambda _done: None)
    finish_receipts(house.rooms, now=now)


def opened(chosen, key, cell, at) -> bytes | None:
    """Return what a cell holds if this key opens it; no check but the cipher's own."""
    try:
        return chosen.open(bytes(key), bytes(cell[:12]), bytes(cell[12:]), at)
    except (InvalidTagError, ValueError):
        return None


def keys_of_today(house) -> set[bytes]:
    """Return every key that the vault holds or can derive, whatever it is for."""
    keystore, length = house.keystore, house.keystore.suite.key_bytes
    found = {store.key for store in keystore.lock_stores.all}
    found |= {keystore.subkey(label) for label in LABELS}
    found |= {keystore.catalogue_key(label) for label in LABELS}
    for secret in keystore._secrets.values():
        found |= {bytes(secret[at : at + length]) for at in range(max(0, len(secret) - length + 1))}
    with house.rooms.keys_db.read() as unit:
        for row in unit.all(select(lock_pages)):
            page = house.rooms.locks._open(row)
            found.add(page.key)
            found |= {e.lock for e in parsed(page.content) if e.object_id == e.segment_id}
        found |= {house.boxes.kek(unit, box.box_id) for box in house.boxes.boxes()}
    return {key for key in found if len(key) == length}


class Copy:
    """An old copy of the key database, read as whoever found it would."""

    def __init__(self, house, path: Path) -> None:
        self._house, self._suite = house, house.keystore.suite
        self._db = database.keys(path)
        with self._db.read() as unit:
            self.pages, self.epochs = unit.all(select(lock_pages)), unit.all(select(epochs))
        self._db.close()

    def locks(self, keys) -> dict[bytes, list[bytes]]:
        """Return the entries, by object, of every page that any of the keys leads into."""
        found: dict[bytes, list[bytes]] = {}
        for row in self.pages:
            at = self._house.rooms.locks._at(row.page_id, row.group_tag)
            inner = {opened(self._suite, k, row.wrapped_key, at + row.lock_store_id) for k in keys}
            for key in keys | {k for k in inner if k is not None}:
                content = opened(self._suite, key, row.sealed, at)
                for entry in parsed(bytearray(content or b"")):
                    found.setdefault(entry.object_id, []).append(entry.lock)
        return found

    def epochs_opened(self, keys) -> set[int]:
        """Return the epochs whose private half any of the keys leads to."""
        found = set()
        for row in self.epochs:
            public = EpochPublic(row.box_id, row.epoch, row.retention, row.key_id, row.public_key)
            at = epoch_place(self._house.folder.controller_id, public)
            outer = {
                opened(self._suite, k, row.sealed_private, at + (row.lock_store_id or b""))
                for k in keys
            }
            for cell in {c for c in outer if c is not None} | {row.sealed_private}:
                if any(opened(self._suite, k, cell, at) is not None for k in keys):
                    found.add(row.epoch)
        return found


@contextmanager
def keystore_of(path: Path, vault: Path):
    folder = VaultFolder.open(vault)
    chosen = suite(folder.suite_name)
    with Keystore.open(path, PASSPHRASE, chosen, bound_to=folder.identity) as keystore:
        yield keystore


class Scene:
    """A vault with one object to be erased, and everything that a thief copied before."""

    def __init__(self, folder: Path, suite_name: str) -> None:
        self.path, self.copies = make_vault(folder / "vault", suite_name), folder / "copies"
        with open_vault(self.path) as house:
            self.box = house.new_box()
            for day in (DAY, DAY - timedelta(days=9)):
                with house.rooms.keys_db.begin() as unit:
                    house.epochs.epoch_for(unit, self.box.box_id, day)
            self.gone = house.protect(self.box, camera="gone")
            self.kept = house.protect(self.box, camera="kept")
            stores = house.keystore.lock_stores
            named = stores.kept(stores.current.key_id, NOW + WEEK)
            house.keystore.keep_lock_stores(named)  # as a backup of the key database does
            shutil.copytree(self.path, self.copies)  # journals and all, while it is open
            assert (self.copies / "keys.db-wal").stat().st_size > 0

    def erase(self) -> None:
        with open_vault(self.path) as house:
            erase(house.rooms, self.gone.object_id, now=NOW)
            with house.rooms.keys_db.begin() as unit:
                house.epochs.destroy(unit, self.box.box_id, epoch_of(DAY) - 9)

    def attempt(self, keys_more=frozenset()) -> tuple[set, set]:
        """Return which objects and which epochs of the old copy today's keys open."""
        with open_vault(self.path) as house:
            keys = keys_of_today(house) | keys_more
            copy = self.copies.parent / "tried.db"
            for end in ("", "-wal"):
                shutil.copy(f"{self.copies / 'keys.db'}{end}", f"{copy}{end}")
            tried = Copy(house, copy)
            assert len(tried.pages) > 0
            return set(tried.locks(keys)), tried.epochs_opened(keys)

    def state(self) -> str:
        with open_vault(self.path) as house:
            return house.rooms.catalogue.erasure(self.gone.object_id).state


@pytest.fixture(params=["intl", "sm"])
def scene(request, tmp_path):
    return Scene(tmp_path, request.param)


def test_nothing_that_is_still_there_opens_what_was_erased_for_good(scene):
    gone, kept, today = scene.gone.object_id.bytes, scene.kept.object_id.bytes, epoch_of(DAY)
    scene.erase()
    assert scene.attempt() == ({gone, kept}, {today, today - 9})  # the first control
    with open_vault(scene.path) as house:
        make_final(house, NOW + timedelta(days=1))
    assert scene.state() == "erased"  # a backup still needs the old key, and it opens the copy
    assert scene.attempt() == ({gone, kept}, {today, today - 9})
    with open_vault(scene.path) as house:
        make_final(house, NOW + WEEK + timedelta(days=1))  # its time is over
    assert scene.state() == "final"
    assert scene.attempt() == (set(), set())
    with open_vault(scene.path) as house:
        assert house.rooms.catalogue.get(scene.kept.object_id) == scene.kept
        house.epochs.epoch_private(scene.box.box_id, today)
        with pytest.raises(NoKeyError):
            house.epochs.epoch_private(scene.box.box_id, today - 9)


def test_with_an_old_keystore_it_opens_which_is_the_limit_that_is_named(scene):
    scene.erase()
    with open_vault(scene.path) as house:
        make_final(house, NOW + WEEK + timedelta(days=1))
    with keystore_of(scene.copies / "keystore", scene.copies) as old:
        more = {store.key for store in old.lock_stores.all}
    objects, days = scene.attempt(frozenset(more))
    assert scene.gone.object_id.bytes in objects
    assert days == {epoch_of(DAY), epoch_of(DAY) - 9}


def test_the_old_copies_put_back_in_place_do_not_open_it_either(scene, tmp_path):
    scene.erase()
    with open_vault(scene.path) as house:
        make_final(house, NOW + WEEK + timedelta(days=1))
    mixed = shutil.copytree(scene.copies, tmp_path / "mixed")
    with open_vault(scene.copies) as house:  # control: the copies as such are whole
        assert house.rooms.catalogue.get(scene.gone.object_id) == scene.gone
    shutil.copy(scene.path / "keystore", mixed / "keystore")
    with open_vault(mixed) as house:
        for one in (scene.gone, scene.kept):
            with pytest.raises(YingbiError):
                house.rooms.catalogue.get(one.object_id)
            with pytest.raises(NoKeyError):
                house.rooms.locks.locks_of(one.object_id)


steps = st.lists(
    st.sampled_from(["protect", "protect", "erase", "erase two", "replace", "open again", "keep"]),
    min_size=4,
    max_size=14,
)


@settings(max_examples=8)
@given(steps, st.sampled_from(["intl", "sm"]), st.randoms(use_true_random=False))
def test_whatever_is_done_in_whatever_order_survivors_stay_bit_equal(steps, suite_name, chance):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        from yingbi.keys import locks

        patch.setattr(locks, "PAGE_ENTRIES", 5)
        path, now, alive = new_vault(Path(folder) / "vault", suite_name), NOW, {}
        with open_vault(path) as house:
            box = house.new_box()
        for step in steps:
            now += timedelta(hours=13)
            with open_vault(path) as house:
                act(house, step, box, alive, now, chance)
            with open_vault(path) as house:
                survivors_must_be_whole(house, alive)


def act(house, step, box, alive, now, chance) -> None:
    if step == "protect":
        bodies = [os.urandom(50) for _ in range(chance.randint(1, 4))]
        stored = protect(house, box, bodies)
        alive[stored.object_id] = stored, bodies, house.rooms.locks.locks_of(stored.object_id)
    elif step.startswith("erase") and alive:
        for one in chance.sample(sorted(alive), min(len(alive), 1 + (step == "erase two"))):
            erase(house.rooms, one, now=now)
            del alive[one]
    elif step == "replace":
        make_final(house, now)
    elif step == "keep":
        stores = house.keystore.lock_stores
        house.keystore.keep_lock_stores(stores.kept(stores.current.key_id, now + WEEK / 7))


def protect(house, box, bodies):
    with house.writer(box) as writer:
        for number, content in enumerate(bodies):
            writer.add(PartKind.MASKED, segment(number, content))
        return writer.commit(ObjectInfo(camera="c"), now=NOW)


def survivors_must_be_whole(house, alive) -> None:
    assert {one.object_id for one in house.rooms.catalogue.all()} == set(alive)
    for object_id, (stored, bodies, locks) in alive.items():
        assert house.rooms.catalogue.get(object_id) == stored
        assert house.body(stored) == b"".join(bodies)
        assert house.rooms.locks.locks_of(object_id) == locks
    house.log.verify()
