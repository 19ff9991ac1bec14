"""Rotation, holds, passphrase and shares: everything opens before, after, and after any crash."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_house import Scene, contents, opened, protect
from test_vault_crash import Seam, StruckError, fault
from vault_house import PASSPHRASE
from yingbi.domain.key_errors import BadSharesError, NoSuchHoldError
from yingbi.domain.ledger import Action
from yingbi.domain.retention import RetentionClass
from yingbi.envelope.lock import lock_key_ids
from yingbi.errors import (
    NoKeyError,
    NoVaultError,
    ObjectErasedError,
    ObjectHeldError,
    SealBrokenError,
    UsageError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from yingbi.keys.cell import open_cell
from yingbi.keys.recovery import RecoveryFile, opened_copy, secret_of, shares_of
from yingbi.keys.slots import fields_of
from yingbi.store.destroy import decide, destroy
from yingbi.usecases import keys
from yingbi.usecases.doors import make_door
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.hold import Wanted, add_hold, end_hold, take_to_hold_keys
from yingbi.usecases.retention import expired

NEW = b"another passphrase"


@pytest.fixture(scope="module", params=["intl", "sm"])
def made(request, tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("keys") / "vault", request.param)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A vault of one suite: where crashes fall does not depend on the ciphers."""
    return Scene(tmp_path_factory.mktemp("first") / "vault")


@pytest.fixture
def scene(made, tmp_path):
    copy = Scene.__new__(Scene)
    copy.__dict__ |= made.__dict__ | {"path": tmp_path / "vault"}
    shutil.copytree(made.path, copy.path)
    return copy


def _now() -> datetime:
    return datetime.now(UTC)


def deeds(vault, action: Action):
    return [entry.deed for entry in vault.log.entries() if entry.deed.action is action]


def named(vault, object_id) -> set[bytes]:
    return {
        one for lock in vault.rooms.locks.locks_of(object_id).values() for one in lock_key_ids(lock)
    }


def key_id(vault, box, epoch, retention=0) -> bytes:
    return vault.epochs.epoch_private(box.box_id, epoch, retention)[0].key_id


def test_a_new_root_wraps_every_box_and_the_old_one_opens_none(scene) -> None:
    with opened(scene.path) as vault:
        old = vault.keystore.subkey("box KEK")
        assert keys.rotate_root(vault) == 2
        assert vault.keystore.subkey("box KEK") != old
        assert vault.keystore.former_subkey("box KEK") is None
        scene.must_open(vault)
        assert [deed.facts["key"] for deed in deeds(vault, Action.ROTATED)] == ["root"]
        with vault.rooms.keys_db.read() as unit:
            from yingbi.db.schema import box_keys
            from yingbi.db.sql import select

            row = unit.one(select(box_keys))
        at = vault.boxes._at("box KEK", row.box_id)
        with pytest.raises(SealBrokenError):
            open_cell(vault.keystore.suite, old, row.wrapped_kek, at, what="x")
    with opened(scene.path) as vault:
        scene.must_open(vault)


def test_a_boxs_new_key_seals_its_signer_and_its_days(scene) -> None:
    with opened(scene.path) as vault:
        with vault.rooms.keys_db.read() as unit:
            old, other = (vault.boxes.kek(unit, b.box_id) for b in (scene.hall, scene.yard))
        assert keys.rotate_box(vault, "hall") == 2
        with vault.rooms.keys_db.read() as unit:
            assert vault.boxes.kek(unit, scene.hall.box_id) != old
            assert vault.boxes.kek(unit, scene.yard.box_id) == other
        scene.must_open(vault)
        protect(vault, scene.hall)


def test_a_days_new_key_opens_its_locks_and_the_old_one_is_gone(scene) -> None:
    with opened(scene.path) as vault:
        old, _ = vault.epochs.epoch_private(scene.hall.box_id, scene.epoch())
        before = named(vault, scene.ids[0]), named(vault, scene.ids[3])
        done = keys.rotate_epochs(vault, "hall", scene.day)
        assert (done.epochs, done.locks) == (1, 5)
        new = key_id(vault, scene.hall, scene.epoch())
        assert new != old.key_id
        assert named(vault, scene.ids[1]) == named(vault, scene.ids[2]) == {new}
        assert (named(vault, scene.ids[0]), named(vault, scene.ids[3])) == before
        with pytest.raises(NoKeyError):
            vault.epochs.private_named(scene.hall.box_id, [old.key_id])
        scene.must_open(vault)
        assert keys.rotate_epochs(vault, "hall").locks == 7
        scene.must_open(vault)


def test_a_day_without_key_and_a_day_that_a_door_has_are_not_rotated(scene, tmp_path) -> None:
    with opened(scene.path) as vault:
        with pytest.raises(UsageError):
            keys.rotate_epochs(vault, "hall", scene.day - timedelta(days=1))
        make_door(vault, vault.boxes.box_named("hall"), tmp_path / "door.yb", days=3)
        before = key_id(vault, scene.hall, scene.epoch())
        with pytest.raises(UsageError):
            keys.rotate_epochs(vault, "hall", scene.day)
        done = keys.rotate_epochs(vault, "hall")
        assert done.locks == 2
        assert scene.day in done.spared
        assert key_id(vault, scene.hall, scene.epoch()) == before
        scene.must_open(vault)


def rotate_root(vault, _scene) -> None:
    keys.rotate_root(vault)


def rotate_box(vault, _scene) -> None:
    keys.rotate_box(vault, "hall")


def rotate_epoch(vault, _scene) -> None:
    keys.rotate_epochs(vault, "hall")


def passphrase(vault, _scene) -> None:
    keys.change_passphrase(vault, NEW)


def shares(vault, _scene) -> None:
    keys.make_shares(vault, 2, 3)


def hold(vault, scene) -> None:
    add_hold(vault, Wanted("hall", scene.ids[1], "court"))


def hold_box(vault, _scene) -> None:
    add_hold(vault, Wanted("hall", None, "inquiry"))


COMMANDS = [rotate_root, rotate_box, rotate_epoch, passphrase, shares, hold, hold_box]


def must_go_on(path, first, command) -> bytes:
    """Open what a crash left, hold it to everything, give the command again; return the passphrase."""
    for passphrase_ in (NEW, PASSPHRASE):
        try:
            with opened(path, passphrase_) as vault:
                assert vault.keystore.is_whole
                first.must_open(vault)
                command(vault, first)
                first.must_open(vault)
                assert not [one for one in keys.ages(vault, _now()) if one["due"]]
        except WrongPassphraseError:
            continue
        return passphrase_
    raise AssertionError("neither passphrase opens it")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.__name__)
def test_a_crash_at_any_boundary_loses_nothing_and_the_command_can_be_given_again(
    first, tmp_path, command
) -> None:
    counting = Seam()
    shutil.copytree(first.path, tmp_path / "count")
    with opened(tmp_path / "count", crossing=counting) as vault:
        counting.armed = True
        command(vault, first)
        counting.armed = False
    assert len(counting.names) >= 3
    for number in range(len(counting.names)):
        path = tmp_path / f"at-{number}"
        shutil.copytree(first.path, path)
        seam = Seam(number, strike=fault, lasting=True)
        with pytest.raises(StruckError), opened(path, crossing=seam) as vault:  # noqa: PT012
            seam.armed = True
            command(vault, first)
        found = must_go_on(path, first, command)
        if command is passphrase:
            assert found == (PASSPHRASE if number == 0 else NEW)
        shutil.rmtree(path)
    print(f"{command.__name__}: {len(counting.names)} boundaries")


def test_a_changed_passphrase_alone_opens_and_a_weak_one_changes_nothing(scene) -> None:
    with opened(scene.path) as vault:
        with pytest.raises(WeakPassphraseError):
            keys.change_passphrase(vault, b"short")
        keys.change_passphrase(vault, NEW)
        assert len(deeds(vault, Action.PASSPHRASE_CHANGED)) == 1
    with pytest.raises(WrongPassphraseError), opened(scene.path):
        pass
    with opened(scene.path, NEW) as vault:
        scene.must_open(vault)


def recovered(scene, given_, new=NEW) -> None:
    keys.recover(scene.path, lambda: given_, lambda: new, memory="wanted")


def test_enough_shares_open_the_vault_whatever_was_replaced_since(scene) -> None:
    with opened(scene.path) as vault:
        made = keys.make_shares(vault, 2, 3)
        keys.rotate_root(vault)
        keys.rotate_epochs(vault, "hall")
        vault.replacer.replace(_now(), lambda _n: None)
        keys.change_passphrase(vault, b"forgotten by now")
    for few in ([], made[:1], [made[0], made[0]]):
        with pytest.raises(BadSharesError):
            recovered(scene, few)
    with pytest.raises(WeakPassphraseError):
        recovered(scene, made[1:], b"short")
    recovered(scene, [f"  {made[2].upper()} ", "", made[0]])
    with opened(scene.path, NEW) as vault:
        keys.tell_recovered(vault)
        scene.must_open(vault)
        assert len(deeds(vault, Action.RECOVERED)) == len(deeds(vault, Action.SHARES_MADE)) == 1
    with pytest.raises(WrongPassphraseError), opened(scene.path, b"forgotten by now"):
        pass


def test_shares_open_a_vault_whose_keystore_is_lost(scene) -> None:
    with opened(scene.path) as vault:
        made = keys.make_shares(vault, 2, 2)
    (scene.path / "keystore").unlink()
    recovered(scene, made)
    with opened(scene.path, NEW) as vault:
        scene.must_open(vault)


def test_wrong_words_other_shares_and_earlier_shares_open_nothing(scene) -> None:
    with opened(scene.path) as vault:
        earlier, made = keys.make_shares(vault, 2, 3), keys.make_shares(vault, 2, 3)
    words, last = made[0].rsplit(" ", 1)
    wrong = f"{words} {'acid' if last == 'academic' else 'academic'}"
    before = (scene.path / "keystore").read_bytes()
    for given_ in (
        earlier[:2],
        [made[0], earlier[1]],
        [wrong, made[1]],
        [made[0], "no share"],
        shares_of(bytes(32), 2, 2),
    ):
        with pytest.raises(BadSharesError):
            recovered(scene, given_)
    assert (scene.path / "keystore").read_bytes() == before
    with opened(scene.path) as vault:
        scene.must_open(vault)


def test_the_recovery_file_keeps_no_secret_that_the_keystore_replaced(scene) -> None:
    with opened(scene.path) as vault:
        secret = secret_of(keys.make_shares(vault, 2, 2))
        suite = vault.keystore.suite
        held = RecoveryFile(scene.path / "keystore", suite, None)

        def stored() -> set[bytes]:
            found = [fields_of(opened_copy(suite, copy, secret)) for copy in held.copies()]
            assert len(found) == 2
            return {fields[tag] for fields in found for tag in (1, 3)}

        before = stored()
        keys.rotate_root(vault)
        vault.replacer.replace(_now(), lambda _n: None)
        after = stored()
        assert len(before) == len(after) == 2
        assert not before & after


@pytest.mark.parametrize("at", [0, 30, 700, 8192, 9000])
def test_an_altered_recovery_file_opens_nothing_of_another(scene, at) -> None:
    with opened(scene.path) as vault:
        made = keys.make_shares(vault, 2, 2)
    place = scene.path / "keystore.recovery"
    for altered in ([at], [at % 8192, at % 8192 + 8192]):
        data = bytearray(place.read_bytes())
        for one in altered:
            data[one] ^= 1
        place.write_bytes(data)
        if len(altered) == 1:
            recovered(scene, made)  # by the other copy
    with pytest.raises((BadSharesError, SealBrokenError)):
        recovered(scene, made)
    with opened(scene.path, NEW) as vault:
        scene.must_open(vault)


def test_a_foreign_recovery_key_is_never_sealed_to(scene, tmp_path) -> None:
    other = Scene(tmp_path / "other", "intl")
    with opened(other.path) as vault:
        theirs = secret_of(keys.make_shares(vault, 2, 2))
    with opened(scene.path) as vault:
        keys.make_shares(vault, 2, 2)
        suite = vault.keystore.suite
    shutil.copy(other.path / "keystore.recovery", scene.path / "keystore.recovery")
    with opened(scene.path) as vault:
        assert not vault.keystore.recovery_is_there
        keys.rotate_root(vault)
        scene.must_open(vault)
    for copy in RecoveryFile(scene.path / "keystore", suite, None).copies():
        fields = fields_of(opened_copy(suite, copy, theirs))
        assert fields[7] == other_identity(other)


def other_identity(other) -> bytes:
    with opened(other.path) as vault:
        return vault.folder.identity


def test_a_hold_moves_locks_to_keys_of_its_own_and_blocks(scene) -> None:
    with opened(scene.path) as vault:
        hall, mine = scene.hall.box_id, scene.ids[1]
        usual = key_id(vault, scene.hall, scene.epoch())
        made, locks = add_hold(vault, Wanted("hall", mine, "case 7"))
        assert locks == 2
        assert named(vault, mine) == {key_id(vault, scene.hall, scene.epoch(), RetentionClass.HOLD)}
        assert named(vault, scene.ids[2]) == {usual}
        assert vault.holds.blocking(hall, mine)
        assert not vault.holds.blocking(hall, scene.ids[2])
        assert take_to_hold_keys(vault, vault.holds.all()) == 0
        with vault.rooms.keys_db.begin() as unit:  # as the end of the day's time does
            vault.epochs.destroy(unit, hall, scene.epoch())
        assert contents(vault, [mine, scene.ids[0]]) == {
            one: scene.digests[one] for one in (mine, scene.ids[0])
        }
        with pytest.raises(NoKeyError):
            contents(vault, [scene.ids[2]])
        end_hold(vault, made.hold_id)
        assert not vault.holds.blocking(hall, mine)
        with pytest.raises(NoSuchHoldError):
            end_hold(vault, made.hold_id)
        assert [deed.purpose for deed in deeds(vault, Action.HELD)] == ["case 7"]


def test_a_boxs_hold_keeps_what_comes_in_later_and_lasts_until_its_day(scene) -> None:
    with opened(scene.path) as vault:
        made, _ = add_hold(vault, Wanted("hall", None, "inquiry", scene.day))
        late = protect(vault, scene.hall)
        assert vault.holds.blocking(scene.hall.box_id, late)
        assert not vault.holds.blocking(scene.yard.box_id, scene.ids[3])
        assert take_to_hold_keys(vault, [made]) == 2
        assert not made.keeps(scene.hall.box_id, late, scene.day + timedelta(days=1))
        scene.must_open(vault)
        for reason, until in (("", None), ("a\nb", None), ("x" * 501, None), ("x", scene.day - timedelta(days=1))):  # fmt: skip
            with pytest.raises(UsageError):
                add_hold(vault, Wanted("hall", None, reason, until))


def test_a_hold_that_was_altered_or_moved_keeps_everything_and_says_so(scene) -> None:
    import sqlite3

    with opened(scene.path) as vault:
        add_hold(vault, Wanted("hall", scene.ids[1], "case"))
    for change in ("object_id = NULL", "sealed = zeroblob(length(sealed))"):
        with sqlite3.connect(scene.path / "catalogue.db") as database:
            database.execute(f"UPDATE holds SET {change}")
        with opened(scene.path) as vault, pytest.raises(SealBrokenError):
            vault.holds.blocking(scene.hall.box_id, scene.ids[2])


@settings(max_examples=6, deadline=None)
@given(
    order=st.lists(
        st.sampled_from([rotate_root, rotate_box, rotate_epoch, hold, hold_box, shares]),
        min_size=2,
        max_size=5,
    )
)
def test_after_any_order_everything_opens(first, tmp_path_factory, order) -> None:
    path = tmp_path_factory.mktemp("order") / "vault"
    shutil.copytree(first.path, path)
    with opened(path) as vault:
        for command in order:
            command(vault, first)
        first.must_open(vault)
    with opened(path) as vault:
        first.must_open(vault)
    shutil.rmtree(path)


def test_ages_tell_every_kind_of_key_and_what_is_due(scene) -> None:
    with opened(scene.path) as vault:
        now = _now()
        told = {(one["key"], one["name"]): one for one in keys.ages(vault, now)}
        assert {key for key, _ in told} == {
            "root",
            "lock-store",
            "device",
            "recovery",
            "box",
            "days",
        }
        assert told["days", "hall"]["age_days"] == 2
        assert told["days", "hall"]["days"] == 2
        assert told["recovery", "none"]["age_days"] is None
        assert not any(one["due"] for one in told.values())
        later = {one["key"]: one for one in keys.ages(vault, now + timedelta(hours=25))}
        assert later["lock-store"]["due"]
        assert later["lock-store"]["age_days"] == 1


def test_a_destroyed_vault_leaves_nothing_for_shares_to_open(scene) -> None:
    with opened(scene.path) as vault:
        made = keys.make_shares(vault, 2, 2)
        decide(scene.path)
    seam = Seam()
    seam.armed = True
    destroy(scene.path, seam)
    assert seam.names.count("destroy: overwrite") == 4
    assert not scene.path.exists()
    with pytest.raises(NoVaultError):
        recovered(scene, made)


def test_what_is_held_is_erased_by_nobody_until_the_hold_ends(scene) -> None:
    with opened(scene.path) as vault:
        made, _ = add_hold(vault, Wanted("hall", scene.ids[1], "case 7"))
        far = _now() + timedelta(days=400)
        with pytest.raises(ObjectHeldError):
            erase_objects(vault, [scene.ids[1]])
        over = {one for box in expired(vault, far.date()) for one in box.objects}
        assert over == {*scene.ids} - {scene.ids[1]}
        scene.must_open(vault)
        end_hold(vault, made.hold_id)
        assert {one for box in expired(vault, far.date()) for one in box.objects} == {*scene.ids}
        erase_objects(vault, [scene.ids[1]])
        with pytest.raises(ObjectErasedError):
            contents(vault, [scene.ids[1]])
