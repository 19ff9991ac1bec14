"""Backups: nothing lost, nothing revived, nothing half-made taken for whole."""

import os
import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from test_vault_crash import DIED, FINISHED, Seam, StruckError, death, fault
from vault_house import PASSPHRASE, House, new_vault, segment
from yingbi.db.schema import box_keys
from yingbi.db.sql import select, update
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.domain.subject import Subject
from yingbi.errors import (
    CannotCreateError,
    NoKeyError,
    NoSuchInputError,
    ObjectErasedError,
    SealBrokenError,
    UnsafeOutputError,
    VaultExistsError,
    WrongPassphraseError,
    YingbiError,
)
from yingbi.store.backup import Places
from yingbi.store.replace import Change, Piece, change
from yingbi.store.stored import ObjectInfo
from yingbi.usecases.backup import create_backup, expire_backups
from yingbi.usecases.erase import erase_objects, make_final
from yingbi.usecases.forget import erase_subject
from yingbi.usecases.keys import rotate_root
from yingbi.usecases.restore import restore_backup, verify_backup
from yingbi.usecases.sweep import tell_nobody
from yingbi.usecases.vault import open_vault

TODAY = datetime.now(UTC)
CANARY = "canary-Zhang-San-front-door"


def ago(days: float) -> datetime:
    """A moment in the past: a log that is ahead of the clock would be another matter."""
    return TODAY - timedelta(days=days)


@contextmanager
def opened(path: Path, *, alone=True, **more):
    with open_vault(
        path, lambda: PASSPHRASE, memory="wanted", alone=alone, by_time=False, **more
    ) as vault:
        yield vault


def house(vault) -> House:
    parts = vault.folder, vault.keystore, vault.boxes, vault.epochs, vault.log, vault.rooms
    return House(*parts, vault.people)


def protect(vault, *names: str):
    """One object for each name, in the one box."""
    mine = house(vault)
    box = vault.boxes.boxes()[0] if vault.boxes.ids() else mine.new_box()
    return [mine.protect(box, (name.encode() * 99,), camera=name) for name in names]


def create(vault, places, now=TODAY, **more):
    return create_backup(vault, places, now, Quiet(), **more)


def restore(places, target, *, now=TODAY, passphrase=PASSPHRASE, **more):
    return restore_backup(
        places, target, lambda: passphrase, memory="wanted", now=now, progress=Quiet(), **more
    )


def verify(places, **more):
    return verify_backup(places, lambda: PASSPHRASE, memory="wanted", progress=Quiet(), **more)


def content(vault) -> dict:
    """Everything that opening an object rests on: its bytes, its locks, its information."""
    rooms = vault.rooms
    return {
        one.object_id: (
            one,
            house(vault).body(one),
            rooms.locks.locks_of(one.object_id),
            rooms.catalogue.segments_of(one.object_id, PartKind.MASKED),
        )
        for one in rooms.catalogue.all()
    }


def files(*folders: Path) -> list[Path]:
    return sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path / "bodies", tmp_path / "keys")


@pytest.fixture
def path(tmp_path):
    return new_vault(tmp_path / "vault")


@pytest.mark.parametrize("suite", ["intl", "sm"])
def test_a_lost_vault_comes_back_whole_and_only_new_bodies_were_copied(tmp_path, places, suite):
    path = new_vault(tmp_path / "vault", suite)
    with opened(path) as vault:
        protect(vault, "one", "two")
        first = create(vault, places, ago(2))
        protect(vault, "three")
        second = create(vault, places, ago(1))
        expected = content(vault)
        size = vault.log.verify()
    assert (first.bodies, first.copied) == (2, 2)
    assert (second.bodies, second.copied, second.removed) == (3, 1, 0)
    assert verify(places).broken == ()
    shutil.rmtree(path)
    done = restore(places, tmp_path / "again")
    assert (done.objects, done.erased) == (3, 0)
    with opened(tmp_path / "again") as vault:
        assert content(vault) == expected
        assert vault.log.verify() > size - 1
        assert [e.deed.action for e in vault.log.entries()].count(Action.RESTORED) == 1
        protect(vault, "four")  # and it goes on
        assert create(vault, places).copied == 1


@pytest.mark.parametrize("suite", ["intl", "sm"])
def test_backups_of_before_and_after_a_new_root_are_restored_until_the_root_is_gone(
    tmp_path, places, suite
):
    path = new_vault(tmp_path / "vault", suite)
    with opened(path) as vault:
        protect(vault, "one")
        expected = content(vault)
        first = create(vault, places, ago(2))
        rotate_root(vault)
        assert vault.keystore.kept_subkeys("box KEK")
        rotate_root(vault)
        assert len(vault.keystore.kept_subkeys("box KEK")) == 2
        protect(vault, "two")
        create(vault, places, ago(1))
    for number, (backup, objects) in enumerate(((first.backup_id, 1), (None, 2))):
        target = tmp_path / f"again-{number}"
        assert restore(places, target, backup_id=backup).objects == objects
        with opened(target) as vault:
            assert expected.items() <= content(vault).items()
            assert vault.boxes.verify(vault.boxes.ids()[0]) is None
    with opened(path) as vault:
        expire_backups(vault, TODAY + timedelta(days=30))
        vault.replacer.replace(TODAY + timedelta(days=30), lambda _n: None)
        assert vault.keystore.kept_subkeys("box KEK") == []


def test_a_row_of_a_former_root_is_refused_by_the_vault_though_a_backup_needs_that_root(
    path, places
):
    with opened(path) as vault:
        box = protect(vault, "one")[0].box_id
        create(vault, places)
        with vault.rooms.keys_db.read() as unit:
            before = unit.one(select(box_keys.c.wrapped_kek).where(box_keys.c.box_id == box))
        rotate_root(vault)
        with vault.rooms.keys_db.begin() as unit:
            assert vault.boxes.kek(unit, box)
            changed = update(box_keys).where(box_keys.c.box_id == box)
            unit.run(changed.values(wrapped_kek=before.wrapped_kek))
            with pytest.raises(SealBrokenError):
                vault.boxes.kek(unit, box)
            assert vault.boxes.rewrap_keks(unit, restored=True) == 1
            assert vault.boxes.kek(unit, box)


def test_a_backup_of_day_3_restores_on_day_6_without_what_was_erased_on_day_4(
    tmp_path, path, places
):
    with opened(path) as vault:
        _, doomed, held = protect(vault, "kept", "doomed", "held")
        create(vault, places, ago(3))
        before = content(vault)
        erase_objects(vault, [doomed.object_id])  # day 4: the folders are reached
    done = restore(places, tmp_path / "again")
    assert (done.objects, done.erased) == (2, 1)
    with opened(tmp_path / "again") as vault:
        after = content(vault)
        assert after == {key: value for key, value in before.items() if key != doomed.object_id}
        with pytest.raises(ObjectErasedError):
            vault.rooms.catalogue.get(doomed.object_id)
        assert vault.rooms.locks.locks_of(doomed.object_id) == {}
        assert held.object_id in after
    assert not (tmp_path / "again" / "objects" / doomed.parts[0].file_name).exists()


def test_what_no_ledger_knows_comes_back_and_the_vault_itself_tells(tmp_path, path, places):
    """The control of the test before, and the limit that the guide names."""
    with opened(path) as vault:
        doomed = protect(vault, "doomed")[0]
        create(vault, places)
        shutil.move(places.bodies, tmp_path / "unplugged")
        erase_objects(vault, [doomed.object_id])
        shutil.move(tmp_path / "unplugged", places.bodies)
    assert restore(places, tmp_path / "a").objects == 1
    assert restore(places, tmp_path / "b", vault_now=path).objects == 0
    with opened(path) as vault:
        create(vault, places)
    first = verify(places).backup_id
    assert restore(places, tmp_path / "c", backup_id=first).objects == 0


def test_people_and_segments_that_were_erased_by_key_stay_so(tmp_path, path, places):
    with opened(path) as vault:
        mine = house(vault)
        stored = mine.protect(mine.new_box(), (b"a" * 9, b"b" * 9))
        person = Subject(new_id(), CANARY, "2026-01-01T00:00:00+00:00")
        vault.people.subjects.make_key(person.subject_id)
        with vault.rooms.catalogue_db.begin() as unit:
            vault.people.subjects.add(unit, person)
        first = create(vault, places, ago(3))
        one = vault.rooms.catalogue.segments_of(stored.object_id, PartKind.MASKED)[0]
        gone = frozenset({one.segment_id})
        change(vault.rooms, stored, Change(Action.PERSON_ERASED, erased=gone), now=ago(2))
        erase_subject(vault, person, forget_too=True, sight_of=pytest.fail)
        create(vault, places, ago(1))
    restore(places, tmp_path / "again", backup_id=first.backup_id)
    with opened(tmp_path / "again") as vault:
        assert set(vault.rooms.locks.locks_of(stored.object_id)) & gone == set()
        assert len(vault.rooms.locks.locks_of(stored.object_id)) == 1
        assert vault.people.subjects.all() == []
        assert person.subject_id not in vault.rooms.locks.object_ids()


def test_a_part_that_was_written_anew_does_not_come_back_and_the_others_do(tmp_path, path, places):
    with opened(path) as vault:
        mine = house(vault)
        box = mine.new_box()
        with mine.writer(box) as writer:
            writer.add(PartKind.MASKED, segment(0, b"masked"))
            writer.add(PartKind.RECORDS, segment(0, b"with her"))
            both = writer.commit(ObjectInfo(), now=ago(4))
        with mine.writer(box) as writer:
            writer.add(PartKind.RECORDS, segment(0, b"with her"))
            alone = writer.commit(ObjectInfo(), now=ago(4))
        first = create(vault, places, ago(3))
        for stored in (both, alone):
            new = {PartKind.RECORDS: [Piece(segment(0, b"without"))]}
            change(vault.rooms, stored, Change(Action.PERSON_ERASED, new), now=ago(2))
        create(vault, places, ago(1))
    restore(places, tmp_path / "old", backup_id=first.backup_id)
    with opened(tmp_path / "old") as vault:
        (found,) = vault.rooms.catalogue.all()
        assert found.object_id == both.object_id
        assert [part.kind for part in found.parts] == [PartKind.MASKED]
        assert house(vault).body(found) == b"masked"
    assert b"with her" not in b"".join(p.read_bytes() for p in files(tmp_path / "old"))
    restore(places, tmp_path / "new")
    with opened(tmp_path / "new") as vault:
        assert len(list(vault.rooms.catalogue.all())) == 2
    assert b"without" in b"".join(p.read_bytes() for p in files(tmp_path / "new"))


def test_after_its_time_a_backup_opens_with_no_key_that_exists(tmp_path, path, places):
    with opened(path) as vault:
        doomed = protect(vault, "kept", "doomed")[1]
        create(vault, places, ago(8))
        for name in ("bodies", "keys"):
            shutil.copytree(tmp_path / name, tmp_path / "kept" / name)  # a copy made by hand
        erase_objects(vault, [doomed.object_id])
        ready = Places(tmp_path / "kept" / "bodies", tmp_path / "kept" / "keys")
        make_final_without_expiring(vault)
        shutil.copy(vault.folder.keystore, ready.keys)  # every key that exists at this moment
        assert verify(ready).broken == ()  # the control: until then it opens
        receipt = vault.rooms.catalogue.erasure(doomed.object_id)
        assert receipt.final_at is None
        assert expire_backups(vault, TODAY) == 1
        make_final(vault, tell_nobody)
        assert vault.rooms.catalogue.erasure(doomed.object_id).final_at is not None
        shutil.copy(vault.folder.keystore, ready.keys)
    left = {p.name for p in files(places.bodies, places.keys) if p.suffix != ".yb"}
    assert left == {"ledger", "keystore", "vault.json"}  # the product deleted the rest
    with pytest.raises(NoKeyError):
        verify(ready)
    with pytest.raises(NoKeyError):
        restore(ready, tmp_path / "again")
    assert not (tmp_path / "again").exists() or not list((tmp_path / "again").glob("*.db"))


def make_final_without_expiring(vault) -> None:
    vault.replacer.replace(ago(7.5), lambda _n: None)


def test_keys_go_although_the_folders_are_not_reached_and_the_log_says_so(tmp_path, path, places):
    with opened(path) as vault:
        protect(vault, "one")
        create(vault, places, ago(8))
        vault.replacer.replace(ago(7.5), lambda _n: None)
        assert len(vault.keystore.lock_stores.retired) == 1
        shutil.move(places.keys, tmp_path / "away")
        assert expire_backups(vault, TODAY) == 1
        assert vault.keystore.lock_stores.retired == ()
        told = [e.deed for e in vault.log.entries() if e.deed.action is Action.BACKUP_DELETED]
        assert [deed.facts["folders"] for deed in told] == ["not-reached"]
        shutil.move(tmp_path / "away", places.keys)
        create(vault, places)
    assert len(list(places.keys.glob("*.keys"))) == 1  # the noise was swept


ALTERED = ["*.catalogue", "*.backup", "*.keys", "ledger", "objects/*/*.yb", "keystore"]


@pytest.mark.parametrize("how", ["altered", "cut", "swapped", "missing"])
@pytest.mark.parametrize("which", ALTERED)
def test_what_was_altered_is_refused_and_nothing_is_restored(tmp_path, path, places, which, how):
    other = Places(tmp_path / "b2", tmp_path / "k2")
    with opened(path) as vault:
        protect(vault, "one", "two")
        create(vault, places)
        create(vault, other)
    found = [p for folder in (places.bodies, places.keys) for p in sorted(folder.glob(which))]
    assert found
    victim, whole = found[0], found[0].read_bytes()
    match how:
        case "altered":
            at = 200 if which == "keystore" else len(whole) // 2
            victim.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            if which == "keystore":  # the second slot is there for just that
                victim.write_bytes(victim.read_bytes()[:4096] * 2)
        case "cut":
            victim.write_bytes(whole[:-1])
        case "swapped":
            twins = [p for f in (other.bodies, other.keys) for p in sorted(f.glob(which))]
            if which == "objects/*/*.yb":
                twins = found[1:]
            elif which in ("ledger", "keystore"):  # of another vault
                stranger = new_vault(tmp_path / "stranger", "sm")
                twins = [stranger / "keystore"]
            victim.write_bytes(twins[0].read_bytes())
        case "missing":
            victim.unlink()
    allowed = (SealBrokenError, NoSuchInputError, WrongPassphraseError)
    with pytest.raises(allowed) as caught:
        restore(places, tmp_path / "again")
    if how != "missing" and which != "keystore":
        assert isinstance(caught.value, SealBrokenError)
    assert not (tmp_path / "again" / "vault.json").exists()
    assert files(tmp_path / "again") in ([], [tmp_path / "again" / "lock"])
    if which == "objects/*/*.yb":
        assert [name in str(error) for name, error in verify(places).broken] == [True]
    else:
        with pytest.raises(allowed):
            verify(places)
    victim.write_bytes(whole)
    restore(places, tmp_path / "again")


def test_a_ledger_that_was_put_back_is_noticed(tmp_path, path, places):
    with opened(path) as vault:
        protect(vault, "one")
        create(vault, places, ago(3))
        old = [ledger.read_bytes() for ledger in places.ledgers]
        create(vault, places, ago(1))
    for ledger, was in zip(places.ledgers, old, strict=True):
        ledger.write_bytes(was)
    with pytest.raises(SealBrokenError, match="older"):
        restore(places, tmp_path / "again")


def test_places_that_cannot_hold_a_backup_are_refused(tmp_path, path, places):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    a, b, full = tmp_path / "a", tmp_path / "b", tmp_path / "full"
    with opened(path) as vault:
        protect(vault, "one")
        for bodies, keys in [(a, a), (a, a / "k"), (path / "b", a), (a, tmp_path), (b, path)]:
            with pytest.raises(UnsafeOutputError):
                create(vault, Places(bodies, keys))
        for bodies, keys in [(full, a), (a, full), (tmp_path / "no" / "b", a)]:
            with pytest.raises(CannotCreateError):
                create(vault, Places(bodies, keys))
        create(vault, places)
    stranger = new_vault(tmp_path / "sm", "sm")
    with opened(stranger) as vault, pytest.raises(CannotCreateError):
        create(vault, places)
    assert (full / "letter.txt").read_text() == "mine"
    assert [p.name for p in full.iterdir()] == ["letter.txt"]
    for target in (full, path):
        with pytest.raises(VaultExistsError):
            restore(places, target)
    with pytest.raises(WrongPassphraseError):
        restore(places, tmp_path / "again", passphrase=b"no such words")
    assert not (tmp_path / "again").exists()


def test_neither_folder_tells_what_the_vault_keeps_sealed(tmp_path, path, places):
    with opened(path) as vault:
        mine = house(vault)
        mine.protect(mine.new_box(CANARY + "-box"), camera=CANARY)
        create(vault, places)
    wanted = [CANARY.encode(), PASSPHRASE, str(tmp_path).encode(), b"SQLite format"]

    def leaks() -> list[Path]:
        return [
            p for p in files(places.bodies, places.keys) if any(w in p.read_bytes() for w in wanted)
        ]

    assert leaks() == []
    assert {p.stat().st_mode & 0o777 for p in files(places.bodies, places.keys)} == {0o600}
    folders = [places.bodies, places.keys, *(p for p in places.bodies.rglob("*") if p.is_dir())]
    assert {p.stat().st_mode & 0o777 for p in folders} == {0o700}
    (places.keys / "planted").write_bytes(b"x" + CANARY.encode())
    assert leaks() == [places.keys / "planted"]  # the control


class Scene:
    """A vault with a backup of yesterday and one object more, to be copied for each crash."""

    def __init__(self, path: Path) -> None:
        self.path = path
        new_vault(path / "vault")
        with opened(path / "vault") as vault:
            self.kept, self.doomed = protect(vault, "kept", "doomed")
            create(vault, self.places(path), ago(1))
            erase_objects(vault, [self.doomed.object_id])
            protect(vault, "new")
            self.expected = content(vault)

    @staticmethod
    def places(path: Path) -> Places:
        return Places(path / "bodies", path / "keys")

    def run(self, command: str, path: Path, seam: Seam) -> None:
        if command == "create":
            with opened(path / "vault", crossing=seam) as vault:
                seam.armed = True
                create(vault, self.places(path))
                seam.armed = False
        else:
            seam.armed = True
            restore(self.places(path), path / "again", crossing=seam)
            seam.armed = False

    def boundaries(self, command: str, path: Path) -> list[str]:
        shutil.copytree(self.path, path)
        seam = Seam()
        self.run(command, path, seam)
        print(f"\nbackup {command}: {len(seam.names)} boundaries")
        return seam.names


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("backup-crash"))


def judge_create(scene: Scene, path: Path) -> None:
    """Whatever a crash left: what passes for a backup is one, the vault is whole, and it goes on."""
    places = scene.places(path)
    assert verify(places).broken == ()
    restore(places, path / "probe")
    with opened(path / "probe") as vault:
        found = content(vault)
    assert scene.doomed.object_id not in found
    assert found[scene.kept.object_id] == scene.expected[scene.kept.object_id]
    with opened(path / "vault") as vault:
        assert content(vault) == scene.expected
        create(vault, places)
        vault.log.verify()
    assert verify(places).bodies == 2
    assert [p for p in files(places.bodies, places.keys) if p.suffix == ".part"] == []


def judge_restore(scene: Scene, path: Path) -> None:
    """Either it is a whole vault or none, and the same command then makes one."""
    again = path / "again"
    if not (again / "vault.json").exists():
        with pytest.raises(YingbiError), opened(again):
            pass
        restore(scene.places(path), again)
    with opened(again) as vault:
        found = content(vault)
        vault.log.verify()
    assert found == {scene.kept.object_id: scene.expected[scene.kept.object_id]}


JUDGES = {"create": judge_create, "restore": judge_restore}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
@pytest.mark.parametrize("command", ["create", "restore"])
def test_a_death_or_a_fault_at_any_boundary_loses_nothing_and_fakes_nothing(
    scene, tmp_path, command
):
    names = scene.boundaries(command, tmp_path / "count")
    for number in range(len(names)):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        if number % 2:
            with pytest.raises(StruckError):
                scene.run(command, path, Seam(number, strike=fault))
        else:
            child = os.fork()
            if child == 0:
                try:
                    scene.run(command, path, Seam(number, strike=death))
                finally:
                    os._exit(FINISHED)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        JUDGES[command](scene, path)
        shutil.rmtree(path)
