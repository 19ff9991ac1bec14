"""Erasing by time, many at once, held objects, and when a receipt becomes final."""

import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from vault_house import PASSPHRASE, new_vault, segment
from vault_house import open_vault as open_house
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.errors import NoKeyError, ObjectErasedError, ObjectHeldError, UsageError
from yingbi.keys.epochs import epoch_of
from yingbi.keys.locks import LockGroup
from yingbi.store.erase import erase_many
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter
from yingbi.usecases import retention, sweep
from yingbi.usecases.asked import retention as parsed
from yingbi.usecases.box import create_box
from yingbi.usecases.erase import erase_objects, make_final, objects_of, receipt_of
from yingbi.usecases.vault import open_vault

SHORT, USUAL, LONG = RetentionClass.SHORT, RetentionClass.USUAL, RetentionClass.LONG
NOW = datetime.now(UTC)
WEEK = Retention.of([(USUAL, 30), (SHORT, 7)])


@pytest.fixture
def path(tmp_path):
    return new_vault(tmp_path / "vault")


@contextmanager
def vault_at(path, now=None, monkeypatch=None, **more):
    """Open the vault as the product does; with a clock that says `now`."""
    said = []
    with pytest.MonkeyPatch.context() as patch:
        if now is not None:

            class Clock(datetime):
                @classmethod
                def now(cls, _zone=None):
                    return now

            for module in ("vault", "sweep", "box", "erase"):
                patch.setattr(f"yingbi.usecases.{module}.datetime", Clock)
        with open_vault(path, lambda: PASSPHRASE, memory="wanted", tell=said.append, **more) as v:
            yield v, said


def protect(vault, box, day, kept=USUAL):
    """Take an object in as if on that day."""
    with vault.rooms.keys_db.begin() as unit:
        vault.epochs.epoch_for(unit, box.box_id, day.date(), kept)
    object_id = new_id(int(day.timestamp() * 1000))
    group = LockGroup(box.box_id, epoch_of(day.date()), int(kept))
    writer = ObjectWriter(
        vault.rooms, object_id=object_id, level=Level.OBSCURED, group=group, day=day.date()
    )
    with writer:
        for number in range(2):
            writer.add(PartKind.MASKED, segment(number, b"body"))
        return writer.commit(ObjectInfo(camera="door"), now=day).object_id


def filled(path, at=NOW, policy=WEEK):
    """Return a box and the ages in days of its objects, which end at `at`."""
    with vault_at(path, at - timedelta(days=60)) as (vault, _):
        box = create_box(vault, "hall", BoxPolicy(Level.OBSCURED, retention=policy))
        made = {}
        for age in (40, 31, 30, 8, 7, 0):
            for kept in (USUAL, SHORT):
                made[age, kept] = protect(vault, box, at - timedelta(days=age), kept)
        return box, made


def left(vault) -> set:
    return {one.object_id for one in vault.rooms.catalogue.all()}


def actions(vault) -> list:
    return [entry.deed.action for entry in vault.log.entries()]


def test_each_class_is_erased_when_its_last_day_is_over_and_its_keys_are_destroyed(path):
    box, made = filled(path)
    kept = {
        one
        for (age, cls), one in made.items()
        if (cls is USUAL and age <= 30) or (cls is SHORT and age <= 7)
    }
    with vault_at(path, NOW) as (vault, said):
        assert left(vault) == kept
        assert len(kept) == 6
        assert any("6 objects" in line for line in said)
        for (age, cls), one in made.items():
            name = box.box_id, epoch_of((NOW - timedelta(days=age)).date()), int(cls)
            if one in kept:
                vault.epochs.epoch_private(*name)
                assert len(vault.rooms.locks.locks_of(one)) == 2
            else:
                with pytest.raises(NoKeyError):
                    vault.epochs.epoch_private(*name)
                with pytest.raises(ObjectErasedError):
                    vault.rooms.catalogue.get(one)
        assert actions(vault).count(Action.EPOCH_DESTROYED) == 6
        vault.log.verify()
    with vault_at(path, NOW) as (vault, said):  # and the next start finds nothing to do
        assert said == []
        assert left(vault) == kept


def test_what_has_no_days_is_kept_without_an_end(path):
    _, made = filled(path, policy=Retention())
    with vault_at(path, NOW + timedelta(days=390)) as (vault, said):
        assert left(vault) == set(made.values())
        assert said == []


def test_a_dry_run_tells_what_a_sweep_then_does(path):
    _, made = filled(path)
    with vault_at(path, NOW, by_time=False) as (vault, _):
        plan = sweep.sweep_plan(vault, NOW)
        assert left(vault) == set(made.values())
    with vault_at(path, NOW, by_time=False, alone=True) as (vault, _):
        done = sweep.sweep(vault, NOW, print, clock_is_right=False)
        assert set(done.erased) == set(plan.erased) == set(made.values()) - left(vault)
        assert len(done.erased) == 6


def test_a_clock_behind_the_log_erases_nothing_and_says_so(path):
    _, made = filled(path, at=NOW - timedelta(days=1))
    with vault_at(path, NOW + timedelta(days=1)) as (vault, _):
        vault.log.record(Deed(Action.VERIFIED, NOW + timedelta(days=20)))
        kept = left(vault)
    assert 0 < len(kept) < len(made)
    later = NOW + timedelta(days=10)  # more would be over by then
    with vault_at(path, later) as (vault, said):
        assert left(vault) == kept
        assert any("before the log" in line for line in said)
    earlier = NOW + timedelta(days=9)
    with vault_at(path, earlier, by_time=False, alone=True) as (vault, _):
        with pytest.raises(UsageError):
            sweep.sweep(vault, earlier, print, clock_is_right=False)
        assert sweep.sweep(vault, earlier, print, clock_is_right=True).erased


def test_a_clock_that_leapt_ahead_erases_nothing_until_somebody_says_that_it_is_right(path):
    _, made = filled(path)
    leapt = NOW + timedelta(days=401)
    with vault_at(path, leapt) as (vault, said):
        assert left(vault) == set(made.values())
        assert any("leapt" in line for line in said)
        vault.log.record(Deed(Action.VERIFIED, leapt))  # an entry of the wrong time hides nothing
    with vault_at(path, leapt + timedelta(days=1)) as (vault, said):
        assert left(vault) == set(made.values())
        assert any("leapt" in line for line in said)
    with vault_at(path, NOW) as (vault, said):  # and set right again: behind the log now
        assert left(vault) == set(made.values())
    with vault_at(path, NOW, by_time=False, alone=True) as (vault, _):
        assert len(sweep.sweep(vault, NOW, print, clock_is_right=True).erased) == 6
    with vault_at(path, NOW + timedelta(days=1)) as (vault, said):
        assert not any("clock" in line for line in said)  # believed from here on
    with vault_at(path, NOW + timedelta(days=399)) as (vault, said):  # control: no leap
        assert left(vault) == set()


def test_what_is_held_is_not_erased_and_its_epoch_keeps_its_key(path):
    box, made = filled(path)
    held = made[40, USUAL]
    with vault_at(path, NOW, by_time=False) as (plain, _):
        rooms = replace(plain.rooms, held=lambda _box, one: one == held)
        vault = replace(plain, rooms=rooms)
        with pytest.raises(ObjectHeldError):
            erase_objects(vault, [made[0, USUAL], held])
        assert left(vault) == set(made.values())  # nothing of the lot was touched
        over = retention.expired(vault, NOW.date())
        assert over[0].held == (held,)
        assert len(retention.erase_expired(vault, over, NOW)) == 5
        assert held in left(vault)
        epoch = epoch_of((NOW - timedelta(days=40)).date())
        vault.epochs.epoch_private(box.box_id, epoch, int(USUAL))
        with pytest.raises(NoKeyError):
            vault.epochs.epoch_private(box.box_id, epoch, int(SHORT))
        assert objects_of(vault, box, None)[1] == [held]


def test_a_hold_outlives_the_time_and_when_it_ends_all_goes_with_its_keys(path):
    box, made = filled(path)
    held, day = made[40, USUAL], (NOW - timedelta(days=40)).date()
    with vault_at(path, NOW, by_time=False) as (vault, _):
        with vault.rooms.keys_db.begin() as unit:
            vault.epochs.epoch_for(unit, box.box_id, day, RetentionClass.HOLD)
        with vault.rooms.catalogue_db.begin() as unit:
            hold = vault.holds.add(unit, box.box_id, held, reason="court", until=None, now=NOW)
    with vault_at(path, NOW) as (vault, said):
        assert held in left(vault)
        assert len(left(vault)) == 7
        assert any("5 objects" in line for line in said)
        vault.epochs.epoch_private(box.box_id, epoch_of(day), int(RetentionClass.HOLD))
        with pytest.raises(ObjectHeldError):
            erase_objects(vault, [held])
        with vault.rooms.catalogue_db.begin() as unit:
            vault.holds.end(unit, hold)
    with vault_at(path, NOW) as (vault, said):
        assert held not in left(vault)
        for kept in (USUAL, RetentionClass.HOLD):
            with pytest.raises(NoKeyError):
                vault.epochs.epoch_private(box.box_id, epoch_of(day), int(kept))


def test_a_receipt_is_erased_at_once_and_final_when_the_key_is_replaced(path):
    _, made = filled(path, policy=Retention())
    gone = made[0, USUAL]
    with vault_at(path, NOW) as (vault, _):
        (told,) = erase_objects(vault, [gone])
        key_made = vault.keystore.lock_stores.current.made_at
        assert (told["state"], told["final_at"]) == ("erased", None)
        promised = datetime.fromisoformat(told["promised_at"])
        assert promised == max(NOW.replace(microsecond=0), key_made + timedelta(hours=24))
        assert receipt_of(vault, gone) == told
    with vault_at(path, NOW + timedelta(hours=23)) as (vault, _):
        assert receipt_of(vault, gone)["state"] == "erased"
    later = promised + timedelta(seconds=1)
    with vault_at(path, later) as (vault, _):
        told = receipt_of(vault, gone)
        assert told["state"] == "final"
        assert told["final_at"] == later.isoformat(timespec="seconds")
        assert actions(vault)[-2:] == [Action.LOCK_STORE_REPLACED, Action.ERASED_FINALLY]
        vault.log.verify()
        assert left(vault) == set(made.values()) - {gone}


def test_a_backup_that_needs_the_old_key_puts_off_what_is_final(path):
    _, made = filled(path, policy=Retention())
    one, two = made[0, USUAL], made[0, SHORT]
    until = (NOW + timedelta(days=7)).replace(microsecond=0)
    with vault_at(path, NOW, alone=True) as (vault, _):
        stores = vault.keystore.lock_stores
        vault.keystore.keep_lock_stores(stores.kept(stores.current.key_id, until))
        (told,) = erase_objects(vault, [one])
        assert datetime.fromisoformat(told["promised_at"]) == until
        make_final(vault, print)
        assert receipt_of(vault, one)["state"] == "erased"  # the backup still opens it
        erase_objects(vault, [two])  # under the second key, but the first wrapped it as well
        make_final(vault, print)
        assert receipt_of(vault, two)["state"] == "erased"
    with vault_at(path, NOW + timedelta(days=7, hours=1)) as (vault, _):
        assert receipt_of(vault, one)["state"] == "final"
        assert receipt_of(vault, two)["state"] == "final"
        assert vault.keystore.lock_stores.retired == ()


def test_a_thousand_objects_are_erased_with_each_page_written_once_a_lot(tmp_path, monkeypatch):
    from yingbi.keys import locks

    path = new_vault(tmp_path / "v")
    with open_house(path) as house:
        box = house.new_box()
        group = LockGroup(box.box_id, 1)
        with house.rooms.keys_db.begin() as unit:
            ids = [new_id() for _ in range(1000)]
            for one in ids:
                house.rooms.locks.put(unit, group, one, {new_id(): b"x" * 100}, b"k" * 32)
        writes = []
        columns = locks.LockTable._columns
        monkeypatch.setattr(
            locks.LockTable, "_columns", lambda self, page: writes.append(1) or columns(self, page)
        )
        with house.rooms.keys_db.begin() as unit:
            assert house.rooms.locks.destroy(unit, *ids[:999]) == 999 * 2
        assert len(writes) <= 2  # the control: one by one it is one for each
        assert house.rooms.locks.object_ids() == {ids[999]}


def test_many_are_erased_at_once_and_each_has_its_receipt(path):
    _, made = filled(path, policy=Retention())
    with vault_at(path, NOW) as (vault, _):
        chosen = list(made.values())[:7]
        receipts = erase_many(vault.rooms, chosen, now=NOW, purpose="they asked")
        assert [receipt.object_id for receipt in receipts] == sorted(chosen)
        assert left(vault) == set(made.values()) - set(chosen)
        intended = [e.deed for e in vault.log.entries() if e.deed.action is Action.ERASE_INTENDED]
        assert {deed.object_id for deed in intended} == set(chosen)
        assert {deed.purpose for deed in intended} == {"they asked"}
        with pytest.raises(ObjectErasedError):
            erase_many(vault.rooms, [*left(vault), chosen[0]], now=NOW)
        assert left(vault) == set(made.values()) - set(chosen)


def test_before_a_day_means_what_was_taken_in_before_it(path):
    box, made = filled(path, policy=Retention())
    day = (NOW - timedelta(days=8)).date()
    with vault_at(path, NOW) as (vault, _):
        ids, held = objects_of(vault, box, day)
        assert held == []
        assert set(ids) == {one for (age, _), one in made.items() if age > 8}
        assert set(objects_of(vault, box, None)[0]) == set(made.values())


@pytest.mark.parametrize(
    "text", ["0", "x", "usual", "usual=0", "weekly=3", "usual=1,usual=2", "", "٣"]
)
def test_days_that_make_no_sense_are_refused(text):
    with pytest.raises(UsageError):
        parsed(text)


def test_days_are_read_for_every_class_or_for_each():
    assert parsed(None) == Retention()
    assert parsed("30") == Retention.of([(USUAL, 30), (SHORT, 30), (LONG, 30)])
    assert parsed("usual=30, short=7") == WEEK


def test_a_broken_page_lets_the_vault_open_and_is_told(path):
    _, made = filled(path, policy=Retention())
    with sqlite3.connect(path / "keys.db") as db:
        db.execute("UPDATE lock_pages SET wrapped_key=zeroblob(60) WHERE rowid=1")
    with vault_at(path, NOW + timedelta(days=2)) as (vault, said):
        assert any("not final" in line for line in said)
        assert vault.boxes.boxes()
    assert made


class StruckError(Exception):
    """The fault that a test lets fall."""


class Seam:
    """Counts the boundaries of a sweep; at the one chosen it strikes, and from then on."""

    def __init__(self, at=None) -> None:
        self.names, self.armed, self._at = [], False, at

    def __call__(self, name, *_paths) -> None:
        if self.armed:
            self.names.append(name)
            if self._at is not None and len(self.names) > self._at:
                raise StruckError


def swept(path, now, seam) -> None:
    with vault_at(path, now, by_time=False, alone=True, crossing=seam) as (vault, _):
        seam.armed = True
        try:
            sweep.sweep(vault, now, print, clock_is_right=False)
        finally:
            seam.armed = False


def few(path):
    """Return a vault's box with two objects that are over their time and one that is not."""
    with vault_at(path, NOW - timedelta(days=60)) as (vault, _):
        box = create_box(vault, "hall", BoxPolicy(Level.OBSCURED, retention=WEEK))
        made = [protect(vault, box, NOW - timedelta(days=age)) for age in (40, 31, 3)]
        return box, made


def test_a_sweep_that_breaks_off_anywhere_is_finished_by_the_next_opening(tmp_path):
    whole, later = new_vault(tmp_path / "whole"), NOW + timedelta(days=1)
    box, (*over, kept) = few(whole)
    counting = Seam()
    swept(shutil.copytree(whole, tmp_path / "count"), later, counting)
    names = counting.names
    assert len(names) > 20
    assert {n.partition(":")[0] for n in names} >= {"keys.db", "catalogue.db", "shelf"}
    for number in range(len(names)):
        path = shutil.copytree(whole, tmp_path / "each")
        with pytest.raises(StruckError):
            swept(path, later, Seam(number))
        for hours in (1, 2):  # what is due is due once a day
            with vault_at(path, later + timedelta(days=1, hours=hours)) as (vault, _):
                assert left(vault) == {kept}, names[number]
                states = {receipt_of(vault, one)["state"] for one in over}
                vault.epochs.epoch_private(box.box_id, epoch_of((NOW - timedelta(days=3)).date()))
                for age in (40, 31):
                    epoch = epoch_of((NOW - timedelta(days=age)).date())
                    with pytest.raises(NoKeyError):
                        vault.epochs.epoch_private(box.box_id, epoch)
                assert len(vault.rooms.locks.locks_of(kept)) == 2
                vault.log.verify()
        with vault_at(path, later + timedelta(days=3)) as (vault, _):
            states = {receipt_of(vault, one)["state"] for one in over}
            assert states == {"final"}, names[number]
        shutil.rmtree(path)
