"""The keystore, boxes and epochs: who opens what, and what is seen without the passphrase."""

import os
import resource
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_house import (
    CHEAP,
    DAY,
    NOW,
    PASSPHRASE,
    everything,
    make_vault,
    new_vault,
    open_vault,
    undone,
)
from yingbi.crypto.passphrase import Cost
from yingbi.crypto.suite import suite
from yingbi.domain.box import BoxPolicy
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.errors import (
    BoxExistsError,
    NoKeyError,
    NoSuchBoxError,
    ReadWriteError,
    SealBrokenError,
    UsageError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.epoch import day_of_epoch, epoch_of
from yingbi.keys.keystore import Keystore
from yingbi.keys.slots import SLOT_BYTES
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import wrap


@pytest.fixture(params=["intl", "sm"])
def vault(request, tmp_path):
    return new_vault(tmp_path / "vault", request.param)


def created(path, passphrase=PASSPHRASE, **more):
    return Keystore.create(path, passphrase, suite("intl"), cost=CHEAP, **more)


def test_a_keystore_opens_with_its_passphrase_and_gives_the_same_keys(tmp_path):
    with created(tmp_path / "k") as first:
        kept = first.subkey("a"), first.catalogue_key("a"), first.lock_store_key, first.device
    with Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl")) as again:
        now = again.subkey("a"), again.catalogue_key("a"), again.lock_store_key, again.device
        signed = again.device.sign(b"message")
    assert kept[:3] == now[:3]
    assert kept[3].device_id == now[3].device_id
    suite("intl").verify(kept[3].public_key, signed, b"message")
    assert len({kept[0], kept[1], kept[2].key}) == 3


def test_a_key_of_one_use_is_not_the_key_of_another(tmp_path):
    with created(tmp_path / "k") as keystore:
        assert keystore.subkey("a") != keystore.subkey("b") != keystore.catalogue_key("b")


def test_the_default_cost_is_the_second_choice_of_rfc_9106(tmp_path):
    Keystore.create(tmp_path / "k", PASSPHRASE, suite("intl")).close()
    numbers = (tmp_path / "k").read_bytes()[16:28]
    found = [int.from_bytes(numbers[i : i + 4]) for i in (0, 4, 8)]
    assert found == [64 * 1024, 3, 4]


@pytest.mark.parametrize("wrong", [b"correct horsf", b"correct horse ", b"", b"\xff" * 13])
def test_a_wrong_passphrase_opens_nothing(tmp_path, wrong):
    created(tmp_path / "k").close()
    with pytest.raises(WrongPassphraseError) as refused:
        Keystore.open(tmp_path / "k", wrong, suite("intl"))
    assert refused.value.facts == {}


def test_a_passphrase_is_the_same_however_its_letters_are_composed(tmp_path):
    created(tmp_path / "k", "pass wörd lang".encode()).close()
    Keystore.open(tmp_path / "k", "pass wo\u0308rd lang".encode(), suite("intl")).close()


@pytest.mark.parametrize("weak", [b"", b"1234567", "四个汉字不够长".encode()])
def test_a_weak_passphrase_is_refused_and_leaves_no_file(tmp_path, weak):
    with pytest.raises(WeakPassphraseError):
        created(tmp_path / "k", weak)
    assert not (tmp_path / "k").exists()


def test_eight_characters_are_enough_whatever_their_bytes(tmp_path):
    created(tmp_path / "k", "八个汉字的口令啊".encode()).close()


def test_any_altered_byte_of_both_slots_opens_nothing(tmp_path):
    created(tmp_path / "k").close()
    whole = (tmp_path / "k").read_bytes()
    for at in [*range(56), 100, 1000, 56 + 1536 + 15]:
        altered = bytearray(whole)
        for half in (0, SLOT_BYTES):
            altered[half + at] ^= 1
        (tmp_path / "k").write_bytes(altered)
        with pytest.raises((WrongPassphraseError, SealBrokenError)):
            Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl"))


@pytest.mark.parametrize("content", [b"", b"x" * 100, bytes(2 * SLOT_BYTES)])
def test_a_file_that_is_no_keystore_is_named_so(tmp_path, content):
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(SealBrokenError):
        Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl"))


def test_a_file_cannot_ask_for_all_memory():
    with pytest.raises(ValueError, match="memory"):
        Cost(memory_kib=1024 * 1024 * 8)


def test_too_little_memory_for_a_passphrase_is_told(tmp_path):
    created(tmp_path / "k").close()
    content = bytearray((tmp_path / "k").read_bytes())
    for half in (0, SLOT_BYTES):  # what an altered file may ask for at most
        content[half + 16 : half + 20] = (1024 * 1024).to_bytes(4)
    (tmp_path / "k").write_bytes(content)
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, before[1]))
    try:
        with pytest.raises(ReadWriteError, match="memory"):
            Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl"))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_keystore_of_another_vault_is_refused(tmp_path):
    created(tmp_path / "k", bound_to=b"this").close()
    with pytest.raises(SealBrokenError):
        Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl"), bound_to=b"that")


def test_a_changed_identity_in_vault_json_is_refused(tmp_path):
    path = make_vault(tmp_path / "v")
    text = (path / "vault.json").read_text()
    (path / "vault.json").write_text(text.replace('"intl"', '"sm"'))
    with pytest.raises(SealBrokenError), open_vault(path):
        pass


def test_a_new_passphrase_replaces_the_old_one_in_place(tmp_path):
    with created(tmp_path / "k") as keystore:
        size, node, key = 2 * SLOT_BYTES, (tmp_path / "k").stat().st_ino, keystore.subkey("a")
        keystore.replace_passphrase(b"another passphrase")
    assert ((tmp_path / "k").stat().st_size, (tmp_path / "k").stat().st_ino) == (size, node)
    with pytest.raises(WrongPassphraseError):
        Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl"))
    with Keystore.open(tmp_path / "k", b"another passphrase", suite("intl")) as again:
        assert again.subkey("a") == key


@pytest.mark.parametrize("torn", [0, 1, 2000, 4095])
def test_a_crash_while_a_slot_is_written_loses_nothing(tmp_path, torn):
    with created(tmp_path / "k") as keystore:
        before = (tmp_path / "k").read_bytes()
        keystore.replace_passphrase(b"another passphrase")
        after = (tmp_path / "k").read_bytes()
        key = keystore.subkey("a")
    first = after[:torn] + before[torn:]  # the first slot torn, the second as it was
    second = after[: SLOT_BYTES + torn] + before[SLOT_BYTES + torn :]
    for content, passphrase in ((first, PASSPHRASE), (second, b"another passphrase")):
        (tmp_path / "k").write_bytes(content)
        with Keystore.open(tmp_path / "k", passphrase, suite("intl")) as again:
            assert again.subkey("a") == key


def test_a_change_of_passphrase_that_broke_off_is_completed_by_the_next_opening(tmp_path):
    with created(tmp_path / "k") as keystore:
        before = (tmp_path / "k").read_bytes()
        keystore.replace_passphrase(b"another passphrase")
    after = (tmp_path / "k").read_bytes()
    (tmp_path / "k").write_bytes(after[:SLOT_BYTES] + before[SLOT_BYTES:])
    with Keystore.open(tmp_path / "k", b"another passphrase", suite("intl")) as again:
        again.complete()  # the opening of a vault does, while nobody else is at work
    assert (tmp_path / "k").read_bytes() == after
    with pytest.raises(WrongPassphraseError):
        Keystore.open(tmp_path / "k", PASSPHRASE, suite("intl"))


def test_closing_zeroes_the_secrets_and_nothing_works_any_more(tmp_path):
    keystore = created(tmp_path / "k")
    held = list(keystore._secrets.values())
    device = keystore.device
    assert any(any(secret) for secret in held)
    keystore.close()
    assert not any(any(secret) for secret in held)
    for use in (lambda: keystore.subkey("a"), lambda: device.sign(b""), lambda: keystore.device):
        with pytest.raises(NoKeyError):
            use()


def test_a_repr_shows_no_secret(tmp_path):
    with created(tmp_path / "k") as keystore:
        shown = repr(keystore) + repr(keystore.lock_store_key) + repr(keystore.device)
        secrets = [*keystore._secrets.values(), keystore.lock_store_key.key]
    for secret in secrets[:3] + secrets[4:5]:
        assert repr(bytes(secret))[2:-1] not in shown
        assert bytes(secret).hex() not in shown
    assert PASSPHRASE.decode() not in shown


@given(content=st.binary(max_size=300), flip=st.integers(min_value=0))
def test_a_cell_opens_whole_at_its_place_and_nowhere_else(content, flip):
    chosen, key, at = suite("intl"), bytes(range(32)), place("test", b"ab", b"c")
    cell = seal_cell(chosen, key, content, at)
    assert open_cell(chosen, key, cell, at, what="it") == content
    altered = bytearray(cell)
    altered[flip % len(cell)] ^= 1
    for wrong, where in ((bytes(altered), at), (cell, place("test", b"a", b"bc")), (cell[:11], at)):
        with pytest.raises(SealBrokenError):
            open_cell(chosen, key, wrong, where, what="it")


def test_a_box_comes_back_as_it_was_made(vault):
    policy = BoxPolicy(
        Level.RAW_ON_RELEASE, Scene.MEETING, RawPolicy.WHOLE, RawExport.OWNER, ("pose",)
    )
    with open_vault(vault) as house, house.rooms.catalogue_db.begin() as unit:
        made = house.boxes.create_box(unit, "走廊 hall", policy, now=NOW)
    with open_vault(vault) as house:
        assert house.boxes.boxes() == [made]
        assert house.boxes.box_named("走廊 hall") == made
        assert made.policy == policy
        with pytest.raises(NoSuchBoxError):
            house.boxes.box_named("hall")


def test_two_boxes_of_one_name_are_refused_in_any_composition(vault):
    with open_vault(vault) as house:
        house.new_box("café")
        with pytest.raises(BoxExistsError):
            house.new_box("cafe\u0301")
        assert house.boxes.sweep() == 0


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65, "tab\t", " hall", "\x1b[31m"])
def test_a_name_that_cannot_be_shown_is_refused(vault, name):
    with open_vault(vault) as house, pytest.raises(UsageError):
        house.new_box(name)


def test_names_and_policy_are_invisible_without_the_passphrase(vault):
    words = ["Schlafzimmer-Nord", "camera-Elbe", "secret-film.mp4", "because-Anna", "label-Zug"]
    box, camera, source, purpose, label = words
    with open_vault(vault) as house:
        stored = house.protect(
            house.new_box(box), camera=camera, source_names=(source,), labels=(label,)
        )
        from yingbi.store.erase import erase

        open_files = everything(vault)
        assert house.rooms.catalogue.get(stored.object_id).info.camera == camera
        erase(house.rooms, stored.object_id, now=NOW, purpose=purpose)
    files = everything(vault) + open_files
    planted = vault / "objects" / "control"
    planted.write_text(box)
    assert box.encode() in everything(vault)  # the search finds what is there
    for word in words:
        for form in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
            assert form not in files


def test_all_boxes_take_the_same_room_whatever_their_names(vault):
    with open_vault(vault) as house:
        house.new_box("a")
        house.new_box("𠀀" * 64, Level.STRUCTURED_ONLY)
    with sqlite3.connect(vault / "catalogue.db") as db:
        assert db.execute("SELECT count(DISTINCT length(sealed)) FROM boxes").fetchone() == (1,)


def test_a_box_opens_its_own_epoch_and_no_other_boxs(vault):
    with open_vault(vault) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        with house.rooms.keys_db.begin() as unit:
            public = house.epochs.epoch_for(unit, hall.box_id, DAY)
            house.epochs.epoch_for(unit, yard.box_id, DAY)
            assert house.epochs.epoch_for(unit, hall.box_id, DAY) == public
        chosen, dek = house.keystore.suite, os.urandom(32)
        lock = wrap(chosen, dek, public, b"context")
        again, private = house.epochs.epoch_private(hall.box_id, public.epoch)
        assert again == public
        assert bytes(unwrap(chosen, lock, public, private, b"context")) == dek
        other, other_private = house.epochs.epoch_private(yard.box_id, public.epoch)
        for epoch, key in ((other, other_private), (public, other_private)):
            with pytest.raises((NoKeyError, SealBrokenError)):
                unwrap(chosen, lock, epoch, key, b"context")


def test_each_day_and_each_retention_class_has_a_key_of_its_own(vault):
    with open_vault(vault) as house:
        box = house.new_box()
        with house.rooms.keys_db.begin() as unit:
            made = [
                house.epochs.epoch_for(unit, box.box_id, day, retention)
                for day in (DAY, DAY + timedelta(days=1))
                for retention in (0, 1)
            ]
        assert len({epoch.public_key for epoch in made}) == 4
        with pytest.raises(NoKeyError):
            house.epochs.epoch_private(box.box_id, epoch_of(DAY) - 1)
    assert day_of_epoch(epoch_of(DAY)) == DAY


@pytest.mark.parametrize("change", ["public_key", "sealed_private", "swap", "kek"])
def test_altered_or_swapped_keys_are_refused(tmp_path, change):
    vault = make_vault(tmp_path / "v")
    with open_vault(vault) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        with house.rooms.keys_db.begin() as unit:
            for box in (hall, yard):
                house.epochs.epoch_for(unit, box.box_id, DAY)
        attacker = house.keystore.suite.new_recipient()[1]
    with sqlite3.connect(vault / "keys.db") as db:
        mine, other = hall.box_id.bytes, yard.box_id.bytes
        if change == "public_key":  # would have content sealed to the attacker's key
            db.execute("UPDATE epochs SET public_key=? WHERE box_id=?", (attacker, mine))
        elif change == "swap":
            columns = ("key_id", "public_key", "signature", "sealed_private")
            for column in columns:
                question = f"SELECT {column} FROM epochs WHERE box_id=?"
                found = db.execute(question, (other,)).fetchone()
                db.execute(f"UPDATE epochs SET {column}=? WHERE box_id=?", (found[0], mine))
        elif change == "kek":
            question = "SELECT wrapped_kek FROM box_keys WHERE box_id=?"
            found = db.execute(question, (other,)).fetchone()
            db.execute("UPDATE box_keys SET wrapped_kek=? WHERE box_id=?", (found[0], mine))
        else:
            db.execute(f"UPDATE epochs SET {change}=zeroblob(80) WHERE box_id=?", (mine,))
    with open_vault(vault) as house:
        house.epochs.epoch_private(yard.box_id, epoch_of(DAY))
        with pytest.raises(SealBrokenError):
            house.epochs.epoch_private(hall.box_id, epoch_of(DAY))
        if change in ("public_key", "swap"):
            with house.rooms.keys_db.begin() as unit, pytest.raises(SealBrokenError):
                house.epochs.epoch_for(unit, hall.box_id, DAY)


def test_a_box_that_was_never_committed_leaves_no_key(vault):
    with open_vault(vault) as house:
        kept = house.new_box()
        with undone(house.rooms.catalogue_db) as unit:
            house.boxes.create_box(unit, "lost", kept.policy, now=NOW)
        assert house.boxes.sweep() == 1
        assert house.boxes.boxes() == [kept]
        house.protect(kept)


def test_a_row_moved_from_another_vault_is_refused(tmp_path):
    first, second = make_vault(tmp_path / "1"), make_vault(tmp_path / "2")
    for vault in (first, second):
        with open_vault(vault) as house:
            house.new_box()
    shutil.copy(first / "catalogue.db", second / "catalogue.db")
    with open_vault(second) as house, pytest.raises(SealBrokenError):
        house.boxes.boxes()


@pytest.mark.parametrize(("days", "length"), [(365, 32), (366, 1216), (None, 1216)])
def test_keys_of_what_is_kept_over_a_year_are_hybrid(vault, days, length):
    retention = Retention.of(() if days is None else [(RetentionClass.USUAL, days)])
    with open_vault(vault) as house:
        with house.rooms.catalogue_db.begin() as unit:
            policy = BoxPolicy(Level.OBSCURED, retention=retention)
            box = house.boxes.create_box(unit, "hall", policy, now=NOW)
        with house.rooms.keys_db.begin() as unit:
            public = house.epochs.epoch_for(unit, box.box_id, DAY)
        suite = house.keystore.suite
        assert len(public.public_key) == (length if suite.name == "intl" else 65)
        found, private = house.epochs.private_named(box.box_id, [b"x" * 16, public.key_id])
        assert found == public
        assert suite.unwrap(private, suite.wrap(public.public_key, b"dek", b"at"), b"at") == b"dek"


def test_a_key_is_found_in_its_own_box_alone(vault):
    with open_vault(vault) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        with house.rooms.keys_db.begin() as unit:
            public = house.epochs.epoch_for(unit, hall.box_id, DAY)
        with pytest.raises(NoKeyError):
            house.epochs.private_named(yard.box_id, [public.key_id])
