"""Doors: they seal into a box without a passphrase, and open nothing."""

import contextlib
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from door_house import FIRST, INFO, SECOND, fill, gate, must_be_whole, opened_film, owner
from films import portrait
from vault_house import DAY, everything, make_vault, new_vault, open_vault
from yb import Yingbi, with_vault
from yingbi.crypto.suite import InvalidTagError, suite
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level, RawPolicy
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.envelope.canonical import read_map, write_map
from yingbi.envelope.delivery import parse_delivery
from yingbi.envelope.part import read_part
from yingbi.errors import (
    DoorExpiredError,
    DoorRefusedError,
    NoKeyError,
    OutputExistsError,
    SealBrokenError,
    UnsafeOutputError,
    UsageError,
)
from yingbi.keys.door_file import read_door
from yingbi.keys.epoch import day_of_epoch
from yingbi.keys.inbox_keys import inbox_keys
from yingbi.keys.take_delivery import open_delivery
from yingbi.keys.vouch import Vouched, epoch_place, vouched
from yingbi.store.deliver import DeliveryWriter
from yingbi.store.delivered import Delivered, decode
from yingbi.store.erase import finish_receipts
from yingbi.store.stored import StoredObject, StoredPart, StoredSegment
from yingbi.usecases.box import create_box
from yingbi.usecases.doors import make_door, revoke_door
from yingbi.usecases.erase import erase_objects, make_final, receipt_of
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.sweep import expire_at_start
from yingbi.usecases.verify import verify


@pytest.mark.parametrize("suite", ["intl", "sm"])
def test_epoch_keys_are_handed_out_ahead_and_whoever_gets_them_checks_them(tmp_path, suite):
    with open_vault(new_vault(tmp_path / "v", suite)) as house:
        hall, yard = house.new_box("hall"), house.new_box("yard")
        given = house.epochs.ahead(hall.box_id, DAY, 3)
        days = [day_of_epoch(one.public.epoch) for one in given]
        assert days == [DAY + timedelta(days=number) for number in range(3)]
        assert house.epochs.ahead(hall.box_id, DAY, 2) == given[:2]
        chosen, who = house.keystore.suite, house.folder.controller_id
        signer = house.boxes.record(hall.box_id).signer_public
        other = house.boxes.record(yard.box_id).signer_public
        for one in given:
            assert vouched(chosen, who, signer, one) == one.public
            with pytest.raises(SealBrokenError):
                vouched(chosen, who, other, one)
        swapped = Vouched(given[0].public, given[1].signature)
        with pytest.raises(SealBrokenError):
            vouched(chosen, who, signer, swapped)


@pytest.mark.parametrize("suite", ["intl", "sm"])
def test_what_a_door_leaves_is_taken_in_at_the_next_start_and_opens_bit_equal(tmp_path, suite):
    here = gate(tmp_path, suite)
    object_id = here.leave()
    assert len(here.waiting) == 1
    assert must_be_whole(here, tmp_path / "out") == {object_id}
    with owner(here.vault) as vault:
        stored = vault.rooms.catalogue.get(object_id)
        assert (stored.info, stored.box_id) == (INFO, here.box.box_id)
        assert not verify(vault, None, Quiet()).broken
        (door,) = vault.devices.all()
        deeds = [entry.deed for entry in vault.log.entries() if entry.deed.object_id == object_id]
        assert {deed.facts.get("device") for deed in deeds[:2]} == {str(door.device_id)}
        spans = vault.rooms.catalogue.segments_of(object_id, PartKind.MASKED)
        assert [(one.from_s, one.to_s) for one in spans] == [(0.0, 1.0), (1.0, 2.0)]


@pytest.mark.parametrize("suite", ["intl", "sm"])
def test_with_vault_and_door_but_no_passphrase_no_key_of_it_opens_anything(tmp_path, suite):
    here = gate(tmp_path, suite)
    object_id = here.leave()
    chosen, door = here.file.suite, here.file
    (left,) = here.waiting
    delivery = parse_delivery(chosen, left.read_bytes())
    keys = every_key(door)
    assert door.private_key in keys
    assert len(keys) > 20
    for key in keys:
        with pytest.raises((SealBrokenError, InvalidTagError, ValueError)):
            open_delivery(chosen, delivery, key)
        with pytest.raises((InvalidTagError, ValueError)):
            chosen.open(key[: chosen.key_bytes], bytes(12), delivery.sealed, delivery.slip.encode())
        for body in here.bodies:
            for segment in read_part(chosen, body.read_bytes()):
                head = segment.verify(door.public_key).head
                with pytest.raises((SealBrokenError, InvalidTagError, ValueError)):
                    head.open_metadata(key[:32])
    everything_there = everything(here.vault) + here.door.read_bytes()
    for plain in (FIRST, SECOND, b"gate", b"evening.mp4", b"hall"):
        assert plain not in everything_there
    with owner(here.vault) as vault:  # the control: the owner opens all of it
        assert opened_film(vault, object_id, tmp_path / "out") == FIRST + SECOND


def every_key(door):
    """Return every run of bytes in the file that could be a key: its fields, and pieces of them."""
    found = {door.private_key, door.public_key, door.signer_public, bytes(32)}
    for one in door.epochs.values():
        found |= {one.public.public_key, one.public.public_key[-32:], one.signature[:32]}
        found |= {one.signature[-32:], one.public.key_id * 2}
    return found


def test_the_control_of_the_above_the_right_key_opens_the_delivery(tmp_path):
    here = gate(tmp_path)
    here.leave()
    (left,) = here.waiting
    content = left.read_bytes()
    delivery = parse_delivery(here.file.suite, content)
    with owner(here.vault) as vault:
        key_ids = (delivery.slip.key_id,)
        public, private = vault.epochs.private_named(here.box.box_id, key_ids)
        assert public.retention == RetentionClass.INBOX
        told = decode(open_delivery(vault.keystore.suite, delivery, private))
    assert told.stored.info == INFO


# --- attacks -----------------------------------------------------------------------------------


def refused_for(here, reason: str, *, found: int = 0) -> None:
    """Start the vault: one delivery is refused for that reason, told, kept, and blocks nothing."""
    told: list[str] = []
    bodies = here.bodies
    assert len(here.found(told)) == found
    assert [reason in line and "[delivery-refused]" in line for line in told] == [True], told
    assert (len(here.waiting), len(here.refused)) == (0, 1)
    assert here.bodies == bodies  # what is refused is kept, bodies too
    told.clear()
    here.found(told)
    assert told == []
    with owner(here.vault) as vault:
        assert len(verify(vault, None, Quiet()).refused) == 1


def test_a_delivery_of_which_any_byte_was_altered_is_refused(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    (left,) = here.waiting
    whole = left.read_bytes()
    for at in [*range(0, len(whole), 97), len(whole) - 1]:
        left.write_bytes(whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :])
        assert here.found() == [], at
        here.refused[0].unlink()
    for cut in (0, 3, 90, len(whole) - 1):
        left.write_bytes(whole[:cut])
        assert here.found() == [], cut
        here.refused[0].unlink()
    left.write_bytes(whole + b"\0")
    refused_for(here, "something follows its end")
    here.refused[0].unlink()
    left.write_bytes(whole)  # the control
    assert here.found() == [object_id]


def test_what_is_no_delivery_at_all_blocks_nothing(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    inbox = here.vault / "inbox"
    (inbox / f"{'a' * 30}.yd").write_bytes(b"")
    (inbox / f"{'b' * 30}.yd").write_bytes(b"YBI1" + bytes(200))
    (inbox / f"{'c' * 30}.yd").mkdir()
    (inbox / f"{'d' * 30}.yd").symlink_to(here.door)
    (inbox / "notes.txt").write_text("hello")
    told: list[str] = []
    assert here.found(told) == [object_id]
    assert len(told) == 4
    assert here.door.exists()


def test_a_delivery_that_comes_again_is_taken_in_once(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    (left,) = here.waiting
    whole = left.read_bytes()
    assert here.found() == [object_id]
    left.write_bytes(whole)
    told: list[str] = []
    assert here.found(told) == [object_id]
    assert (told, here.waiting, here.refused) == ([], [], [])
    assert must_be_whole(here, tmp_path / "out") == {object_id}


def test_what_was_erased_does_not_come_back_with_its_delivery(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    (left,) = here.waiting
    kept = {path: path.read_bytes() for path in (left, *here.bodies)}
    assert here.found() == [object_id]
    with owner(here.vault) as vault:
        erase_objects(vault, [object_id])
    for path, content in kept.items():
        path.write_bytes(content)
    refused_for(here, "its object was erased")


def test_another_object_under_an_id_that_is_taken_is_refused(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    assert here.found() == [object_id]
    here.leave(object_id=object_id)
    refused_for(here, "another object of its id", found=1)


def test_two_deliveries_of_one_id_at_once_leave_one_object(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    here.leave(object_id=object_id)
    refused_for(here, "another object of its id", found=1)


def test_a_door_delivers_into_no_other_box(tmp_path):
    here = gate(tmp_path)
    with owner(here.vault) as vault:
        yard = create_box(vault, "yard", BoxPolicy(Level.OBSCURED))
        make_door(vault, yard, tmp_path / "yard.yb", days=3)
    other = read_door(tmp_path / "yard.yb")
    mine = here.file
    stolen = replace(other, public_key=mine.public_key, private_key=mine.private_key)
    here.leave(stolen)
    refused_for(here, "its door belongs to another box")


@pytest.mark.parametrize("level", [Level.STRUCTURED_ONLY, Level.OBSCURED])
def test_a_door_whose_file_says_level_3_brings_no_original_into_a_stricter_box(tmp_path, level):
    here = gate(tmp_path, level=level)
    looser = replace(here.file.policy, level=Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE)
    here.leave(replace(here.file, policy=looser), kinds=(PartKind.RAW,))
    refused_for(here, "it is of another level than its box")


@pytest.mark.parametrize("level", [Level.STRUCTURED_ONLY, Level.OBSCURED])
def test_an_original_called_by_the_level_of_its_box_is_refused_as_well(
    tmp_path, level, monkeypatch
):
    here = gate(tmp_path, level=level)
    looser = replace(here.file.policy, level=Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE)
    real = DeliveryWriter.__init__

    def lying(self, *given, **named):
        real(self, *given, **(named | {"level": level}))

    monkeypatch.setattr(DeliveryWriter, "__init__", lying)
    here.leave(replace(here.file, policy=looser), kinds=(PartKind.RAW,))
    refused_for(here, "a part of this kind cannot exist in its box")


def test_a_box_that_keeps_no_original_takes_none(tmp_path):
    here = gate(tmp_path, level=Level.RAW_ON_RELEASE, raw=RawPolicy.NONE)
    here.leave(kinds=(PartKind.MASKED, PartKind.RAW))
    refused_for(here, "a part of this kind cannot exist in its box")


def test_a_box_that_keeps_originals_takes_them_from_its_door(tmp_path):
    here = gate(tmp_path, level=Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE)
    object_id = here.leave(kinds=(PartKind.MASKED, PartKind.RAW))
    assert here.found() == [object_id]


def test_what_a_revoked_door_delivers_is_refused_and_what_came_before_stays(tmp_path):
    here = gate(tmp_path)
    before, waiting = here.leave(), None
    assert here.found() == [before]
    waiting = here.leave()
    with owner(here.vault) as vault:
        (door,) = vault.devices.all()
        revoked = revoke_door(vault, door.device_id)
        assert revoked.revoked_at
        assert revoke_door(vault, door.device_id) == revoked
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    here.leave(now=max(now - timedelta(hours=1), midnight))  # the door has no key of yesterday
    refused_for(here, "its door was revoked", found=2)
    with owner(here.vault) as vault:
        for object_id in (before, waiting):
            assert opened_film(vault, object_id, tmp_path / "out") == FIRST + SECOND


def test_a_revocation_that_is_undone_in_the_database_is_found_by_verify(tmp_path):
    here = gate(tmp_path)
    catalogue = here.vault / "catalogue.db"

    def row(value: bytes | None = None) -> bytes:
        with closing(sqlite3.connect(catalogue)) as db, db:
            if value is not None:
                db.execute("UPDATE devices SET sealed = ?", (value,))
            return db.execute("SELECT sealed FROM devices").fetchone()[0]

    before = row()
    with owner(here.vault) as vault:
        revoke_door(vault, vault.devices.all()[0].device_id)
        verify(vault, None, Quiet())
    row(before)
    with owner(here.vault) as vault, pytest.raises(SealBrokenError, match="a door"):
        verify(vault, None, Quiet())


@pytest.mark.parametrize("harm", ["altered", "cut", "gone", "swapped"])
def test_a_body_that_is_not_as_the_door_left_it_is_refused(tmp_path, harm):
    here = gate(tmp_path)
    here.leave()
    first, second = sorted(here.bodies)
    match harm:
        case "altered":
            content = first.read_bytes()
            first.write_bytes(content[:-200] + bytes((content[-200] ^ 1,)) + content[-199:])
        case "cut":
            first.write_bytes(first.read_bytes()[:-1])
        case "gone":
            first.unlink()
        case "swapped":
            first.rename(tmp_path / "x")
            second.rename(first)
            (tmp_path / "x").rename(second)
    assert here.found() == []
    assert len(here.refused) == 1


def test_a_key_that_the_box_does_not_sign_is_not_sealed_to(tmp_path):
    here = gate(tmp_path)
    with pytest.raises(SealBrokenError, match="its box does not sign it"):
        here.leave(with_own_keys(here.file, new_signer=False, same_ids=True))


@pytest.mark.parametrize("same_ids", [True, False])
@pytest.mark.parametrize("which", [RetentionClass.USUAL, RetentionClass.INBOX])
def test_a_door_whose_file_was_given_other_keys_and_another_signer_locks_nothing_away(
    tmp_path, same_ids, which
):
    """Sealed to a key of somebody else's, it would be taken in and open for him alone."""
    here = gate(tmp_path)
    here.leave(with_own_keys(here.file, new_signer=True, same_ids=same_ids, which=which))
    assert here.found() == []
    assert len(here.refused) == 1


def with_own_keys(door, *, new_signer: bool, same_ids: bool, which=RetentionClass.USUAL):
    chosen = door.suite
    private, public = chosen.new_signer()
    made = {}
    for name, one in door.epochs.items():
        epoch = one.public
        if name[1] == which:
            key_id = epoch.key_id if same_ids else os.urandom(16)
            epoch = replace(epoch, key_id=key_id, public_key=chosen.new_recipient()[1])
        signature = chosen.sign(private, epoch_place(door.controller_id, epoch))
        made[name] = Vouched(epoch, signature if new_signer or name[1] == which else one.signature)
    return replace(door, epochs=made, signer_public=public if new_signer else door.signer_public)


def test_a_door_of_another_vault_is_refused_at_once_and_its_key_brings_nothing_in(tmp_path):
    here = gate(tmp_path / "here")
    with owner(make_other(tmp_path)) as vault:
        box = create_box(vault, "hall", BoxPolicy(Level.OBSCURED))
        make_door(vault, box, tmp_path / "theirs.yb", days=3)
    theirs = read_door(tmp_path / "theirs.yb")
    with pytest.raises(DoorRefusedError, match="another vault"):
        here.leave(theirs)
    mine = here.file
    here.leave(replace(mine, public_key=theirs.public_key, private_key=theirs.private_key))
    refused_for(here, "no door of this vault made it")


def make_other(path):
    return make_vault(path / "other")


def test_strange_information_from_a_door_is_refused_before_it_is_shown(tmp_path):
    here = gate(tmp_path)
    for info in (
        replace(INFO, recorded_at="tomorrow"),
        replace(INFO, recorded_at="2026-11-24T10:00:00"),
        replace(INFO, to_s=float("inf")),
        replace(INFO, to_s=-1.0),
        replace(INFO, to_s=1.1e9),
        replace(INFO, extra={"width": "x", "height": "2"}),
        replace(INFO, labels=(b"bytes",)),
    ):
        here.leave(info=info)
        assert here.found() == [], info
    here.leave(object_id=new_id(2**48 - 1))
    assert here.found() == []
    assert len(here.refused) == 8
    for left in here.refused:
        left.unlink()
    assert len(here.found()) == 0


def test_whatever_bytes_stand_in_an_inbox_are_refused_as_a_broken_seal():
    chosen = suite("intl")

    @given(st.binary(max_size=400))
    def noise(data):
        with pytest.raises(SealBrokenError):
            parse_delivery(chosen, b"YBI1" + data)

    noise()


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**64), 2**64), st.floats(), st.text(max_size=5),
    st.binary(max_size=40), st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@given(st.data())
def test_a_content_that_no_door_writes_is_refused_as_a_broken_seal(data):
    """Also one that a stolen door signed: nothing in it is believed, and none of it costs memory."""
    segment = StoredSegment(new_id(), 0, 10, 0.0, 1.0)
    part = StoredPart(PartKind.MASKED, "aa/" + "0" * 30 + ".yb", 1, 10, bytes(32))
    stored = StoredObject(new_id(), new_id(), Level.OBSCURED, 20000, 0, (part,), INFO)
    told = Delivered(
        stored, {part.kind: (segment,)}, {segment.segment_id: b"l"}, "2026-11-24T10:00:00", {}
    )
    whole = read_map(told.encode(), "a delivery")
    assert decode(told.encode()) == told
    where = data.draw(
        st.sampled_from([*whole, *("info." + name for name in whole["info"]), "part"])
    )
    value = data.draw(VALUES)
    if where == "part":
        whole["parts"][0][data.draw(st.integers(0, 4))] = value
    elif where.startswith("info."):
        whole["info"][where.removeprefix("info.")] = value
    else:
        whole[where] = value
    with contextlib.suppress(SealBrokenError):
        decode(write_map(whole))


# --- days and files ----------------------------------------------------------------------------


def test_a_door_seals_on_its_days_and_on_no_other(tmp_path):
    here = gate(tmp_path)
    now = datetime.now(UTC)
    object_id = here.leave(now=now + timedelta(days=2), object_id=id_at(now + timedelta(days=2)))
    assert here.found() == [object_id]
    for days in (-1, 3):
        with pytest.raises(DoorExpiredError, match="ask the vault's owner"):
            here.leave(now=now + timedelta(days=days))
    assert here.waiting == []
    assert must_be_whole(here, tmp_path / "out") == {object_id}


def id_at(moment: datetime):
    return new_id(int(moment.timestamp() * 1000))


def test_a_door_that_others_can_read_or_that_is_damaged_is_refused(tmp_path):
    here = gate(tmp_path)
    assert here.door.stat().st_mode & 0o777 == 0o600
    whole = here.door.read_bytes()
    for content in (b"", whole[:-1], b"YBD1", whole[4:], whole + b"\0", b"x" * 100):
        here.door.write_bytes(content)
        with pytest.raises(DoorRefusedError):
            here.leave()
    here.door.write_bytes(whole)
    here.door.chmod(0o640)
    with pytest.raises(DoorRefusedError, match="others can read it"):
        here.leave()
    here.door.chmod(0o600)
    broken = replace(here.file, private_key=bytes(len(here.file.private_key) - 1) + b"\1")
    with pytest.raises(DoorRefusedError, match="damaged"):
        here.leave(broken)
    assert [*(here.vault / "objects").iterdir()] == []


def test_a_door_is_not_written_into_the_vault_nor_over_another_file(tmp_path):
    here = gate(tmp_path)
    with owner(here.vault) as vault:
        with pytest.raises(UnsafeOutputError):
            make_door(vault, here.box, here.vault / "door.yb", days=3)
        with pytest.raises(OutputExistsError):
            make_door(vault, here.box, here.door, days=3)
        for days in (0, 401):
            with pytest.raises(UsageError):
                make_door(vault, here.box, tmp_path / "d.yb", days=days)
        assert len(vault.devices.all()) == 1


def test_a_start_that_clears_away_what_is_unknown_leaves_what_waits_and_what_was_refused(tmp_path):
    here = gate(tmp_path)
    with owner(here.vault) as vault:
        (door,) = vault.devices.all()
        here.leave()
        revoke_door(vault, door.device_id)
    assert here.found() == []
    here.leave()
    waits, (refused,) = here.bodies, here.refused
    with owner(here.vault) as vault:
        shelf = vault.rooms.shelf
        shelf.mark()
        lost = shelf.begin(datetime.now(UTC).date())
        lost.write(b"what a writer that died left")
        lost.finish()
    told: list[str] = []
    here.found(told)
    assert here.bodies == waits
    assert refused in here.refused


# --- how long a copy of a delivery can be opened -------------------------------------------------


def inbox_days(vault) -> set:
    with vault.rooms.keys_db.read() as unit:
        return {day_of_epoch(epoch) for _, epoch in inbox_keys(unit)}


def test_the_key_of_an_inbox_is_destroyed_after_its_day_but_not_while_something_waits(tmp_path):
    here = gate(tmp_path)
    here.leave()
    today = datetime.now(UTC).date()
    days = [today + timedelta(days=n) for n in range(3)]
    later = [datetime.now(UTC) + timedelta(days=n) for n in range(4)]
    with owner(here.vault) as vault:
        expire_at_start(vault, later[1], print)
        assert inbox_days(vault) == set(days)  # a long film may end, a clock be behind
        here.leave()  # after this start looked
        expire_at_start(vault, later[2], print)
        assert inbox_days(vault) == set(days)
    with owner(here.vault) as vault:
        assert here.waiting == []
        expire_at_start(vault, later[2], print)
        assert inbox_days(vault) == set(days[1:])
        expire_at_start(vault, later[3], print)
        assert inbox_days(vault) == set(days[2:])
        deeds = [entry.deed for entry in vault.log.entries()]
        told = [deed.facts for deed in deeds if deed.action is Action.EPOCH_DESTROYED]
        assert told == [{"day": day.isoformat(), "retention": "inbox"} for day in days[:2]]
        assert not verify(vault, None, Quiet()).broken


def test_an_erasing_is_not_final_while_a_copy_of_the_delivery_can_be_opened(tmp_path):
    here = gate(tmp_path)
    object_id = here.leave()
    (left,) = here.waiting
    copy = parse_delivery(here.file.suite, left.read_bytes())
    key_ids = (copy.slip.key_id,)
    now = datetime.now(UTC)
    with owner(here.vault) as vault:
        own = hand_in_at(vault, here.box)
    with owner(here.vault, alone=True) as vault:
        for one in (object_id, own):
            erase_objects(vault, [one])
        make_final(vault, print)
        _, private = vault.epochs.private_named(here.box.box_id, key_ids)
        open_delivery(vault.keystore.suite, copy, private)  # what a copy would still give
        receipt = receipt_of(vault, object_id)
        assert receipt["final_at"] is None
        assert receipt["promised_at"][:10] >= (now + timedelta(days=2)).date().isoformat()
        expire_at_start(vault, now + timedelta(days=2), print)
        with pytest.raises(NoKeyError):
            vault.epochs.private_named(here.box.box_id, key_ids)
        finish_receipts(vault.rooms, now=now)
        assert receipt_of(vault, object_id)["final_at"] is None  # its row is in old copies
        make_final(vault, print)
        assert receipt_of(vault, object_id)["final_at"] is not None
        assert receipt_of(vault, own)["final_at"] is not None


def hand_in_at(vault, box):
    door_desk = OwnDesk(vault, box)
    object_id, now = new_id(), datetime.now(UTC)
    fill(door_desk, object_id, now, (), INFO)
    return object_id


def test_a_door_seals_to_the_class_that_it_has_keys_for_and_to_no_other(tmp_path):
    kept = Retention.of([(RetentionClass.USUAL, 30), (RetentionClass.SHORT, 7)])
    here = gate(tmp_path, retention=kept)
    object_id = here.leave(retention=RetentionClass.SHORT)
    with owner(here.vault) as vault:
        assert vault.rooms.catalogue.get(object_id).retention == RetentionClass.SHORT
        assert opened_film(vault, object_id, tmp_path / "out") == FIRST + SECOND
    with pytest.raises(DoorRefusedError, match="no keys for this retention class"):
        here.leave(retention=RetentionClass.LONG)
    here.leave(retention=RetentionClass.INBOX)
    refused_for(here, "class of keeping that no door may use", found=1)


def test_what_arrives_after_its_time_is_taken_in_and_erased_by_the_same_start(tmp_path):
    here = gate(tmp_path, retention=Retention.of([(RetentionClass.USUAL, 1)]))
    object_id = here.leave()
    with owner(here.vault) as vault:
        expire_at_start(vault, datetime.now(UTC) + timedelta(days=3), print)
        assert vault.rooms.catalogue.erasure(object_id) is not None
    assert here.bodies == set()


# --- the command ---------------------------------------------------------------------------------


def test_the_command_from_the_pass_to_the_revocation(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    portrait().save(home / "still.jpg", quality=90)
    small = {"YINGBI_DETECT_SIZE": "320"}
    yingbi = with_vault(home, "intl", **small)
    camera = Yingbi(home, YINGBI_VAULT=str(home / "vault"), **small)  # knows no passphrase
    yingbi("box", "create", "hall", "--level", "2")
    made = yingbi("box", "pass", "hall", "-o", "door.yb", "--days", "2", "--name", "门口", "--json")
    assert (home / "door.yb").stat().st_mode & 0o777 == 0o600
    (one,) = camera("protect", "--door", "door.yb", "still.jpg", "--json").json
    assert camera("list", "--box", "hall", status=77).err.count("\n") == 1
    assert [found["id"] for found in yingbi("list", "--box", "hall", "--json").json] == [one["id"]]
    (listed,) = yingbi("box", "passes", "hall", "--json").json
    assert listed == {k: v for k, v in made.json.items() if k != "file"}
    yingbi("box", "revoke", listed["device"])
    (late,) = camera("protect", "--door", "door.yb", "still.jpg", "--json").json
    told = yingbi("list", "--box", "hall")
    assert late["id"] not in told.out
    assert (told.err.count("\n"), "[delivery-refused]" in told.err) == (1, True)
    (aside,) = yingbi("box", "deliveries", "--json").json
    told_of = {"state": "refused", "door": listed["device"], "box": "hall"}
    assert {key: aside[key] for key in told_of} == told_of
    assert (aside["code"], aside["reason"]) == ("delivery-refused", "its door was revoked")
    assert aside["delivery"] in yingbi("box", "deliveries").out
    final = yingbi("erase", one["id"], "--final", "--yes", "--json")
    assert final.json["final_at"] is None
    assert final.err.count("\n") == 1
    assert "not final: it may have come in through a door" in final.err
    verified = yingbi("verify", "--json")
    assert len(verified.json["refused"]) == 1
    for arguments, code in (
        (("protect", "still.jpg", "--door", "door.yb", "--box", "hall"), "usage"),
        (("protect", "still.jpg", "--door", "still.jpg"), "door-refused"),
        (("box", "revoke", "nobody"), "no-such-door"),
        (("box", "pass", "hall", "-o", "other.yb", "--days", "0"), "usage"),
    ):
        answer = yingbi(*arguments, status=None)
        assert answer.status != 0
        assert answer.err.endswith(f"[{code}]\n"), answer
    assert not (home / "other.yb").exists()
