"""`vault upgrade`: from a golden vault of the first schema, through every crash, losing nothing."""

import hashlib
import json
import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from test_golden import FOLDER, unpacked
from test_vault_crash import DIED, FINISHED, Seam, StruckError, death, fault
from vault_house import CHEAP
from yb import PASSPHRASE, Yingbi
from yingbi.crypto.suite import suite
from yingbi.db import schema
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.errors import (
    CannotCreateError,
    LogBrokenError,
    ObjectErasedError,
    ReadWriteError,
    SealBrokenError,
    UnsafeOutputError,
    VaultLockedError,
    VaultTooNewError,
    VaultTooOldError,
    WrongPassphraseError,
)
from yingbi.keys.keystore import Keystore
from yingbi.keys.slots import Place
from yingbi.store.folder import VaultFolder
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.upgrade import Step, plan_upgrade, upgrade_vault, usual_copy
from yingbi.usecases.vault import open_vault
from yingbi.usecases.verify import verify

TOLD = json.loads((FOLDER / "0001-intl.json").read_text("utf-8"))
COPIED = {"vault.json", "keystore", "keys.db", "catalogue.db"}


def ask() -> bytes:
    return PASSPHRASE.encode()


def must_not_be_asked() -> bytes:
    raise AssertionError("the passphrase was asked for")


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden vault, its passphrase stretched at little cost: it is opened many times."""
    path = unpacked("0001-intl", tmp_path_factory.mktemp("old"))
    folder, chosen = VaultFolder.open(path), suite("intl")
    with Keystore.open(folder.keystore, ask(), chosen, bound_to=folder.identity) as keystore:
        keystore._place = Place(0, CHEAP)
        keystore.replace_passphrase(ask())
    return path


@pytest.fixture
def old(golden: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(golden, tmp_path / "home" / "vault"))


def upgrade(path: Path, *, copy: bool = True, **given):
    return upgrade_vault(path, ask, usual_copy(path) if copy else None, memory="wanted", **given)


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return every file and folder with its mode, its time and its bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = about.st_mode, about.st_mtime_ns, content
    return found


def contents(folder: Path, names: set[str]) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names}


def edit(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


def must_be_whole(path: Path, out: Path, *, opened: int | None = None) -> None:
    """Open the upgraded vault and hold it to what the golden one held.

    opened: how many of its objects are opened, None for all.
    """
    with open_vault(path, ask, memory="wanted") as vault:
        done = verify(vault, None, Quiet())
        assert (done.objects, done.broken) == (len(TOLD["objects"]), ())
        for object_id, one in list(TOLD["objects"].items())[:opened]:
            for part, digest in one["parts"].items():
                if part != "raw":
                    open_object(vault, Wish(UUID(object_id), PartKind(part)), out, force=True)
                    assert hashlib.sha256(out.read_bytes()).hexdigest() == digest
        with pytest.raises(ObjectErasedError):
            vault.rooms.catalogue.get(UUID(TOLD["erased"][0]))
        deeds = [entry.deed.action for entry in vault.log.entries()]
    assert deeds[TOLD["log"]["entries"] :].count(Action.UPGRADED) == 1


# --- the way of an upgrade ---------------------------------------------------------------------


def test_an_older_vault_is_refused_until_it_is_upgraded_and_stays_as_it_is(old) -> None:
    before = contents(old, COPIED)
    with pytest.raises(VaultTooOldError) as refused, open_vault(old, ask, memory="wanted"):
        pass
    assert refused.value.facts == {"found": "0001", "known": schema.CATALOGUE.head}
    assert contents(old, COPIED) == before


def test_a_dry_run_writes_nothing_and_asks_for_nothing(old) -> None:
    before = snapshot(old.parent)
    plan = plan_upgrade(old, usual_copy(old))
    assert plan.steps == (
        Step("keys.db", "0001", schema.KEYS.head),
        Step("catalogue.db", "0001", schema.CATALOGUE.head),
    )
    assert plan.copy_to == old.parent / f"vault.before-{schema.CATALOGUE.head}"
    assert snapshot(old.parent) == before


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
def test_a_dry_run_sees_what_a_crash_left_in_a_journal_and_leaves_it_there(old) -> None:
    child = os.fork()
    if child == 0:
        db = sqlite3.connect(old / "keys.db")
        db.execute("UPDATE alembic_version SET version_num='9999'")
        db.commit()
        os._exit(DIED)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
    assert (old / "keys.db-wal").stat().st_size > 0
    (old / "keys.db-shm").unlink()  # an index over the journal, made anew by whoever reads it
    before = snapshot(old)
    with pytest.raises(VaultTooNewError):
        plan_upgrade(old, None)
    after = snapshot(old)
    after.pop("keys.db-shm", None)
    assert after == before


def test_an_upgrade_keeps_every_byte_of_the_bodies_and_all_that_they_hold(old, tmp_path) -> None:
    bodies, before = snapshot(old / "objects"), contents(old, COPIED)
    plan = upgrade(old)
    assert snapshot(old / "objects") == bodies
    assert not [path for path in old.iterdir() if path.name.endswith(("-wal", "-shm", ".part"))]
    assert contents(old, {"keystore", "vault.json"}) == contents(
        plan.copy_to, {"keystore", "vault.json"}
    )
    assert contents(plan.copy_to, COPIED) == before
    assert {path.name for path in plan.copy_to.iterdir()} == COPIED
    assert plan.copy_to.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in plan.copy_to.iterdir()} == {0o600}
    must_be_whole(old, tmp_path / "out")


def test_a_folder_of_any_name_holds_its_vault_and_its_copy_and_nothing_lies_beside(
    golden, tmp_path
) -> None:
    home = tmp_path / "why?mode=ro&x=1#%41 院"
    path = Path(shutil.copytree(golden, home / "vault"))
    upgrade(path)
    must_be_whole(path, tmp_path / "out", opened=1)
    assert set(tmp_path.iterdir()) == {home, tmp_path / "out"}
    assert set(home.iterdir()) == {path, usual_copy(path)}


def test_a_vault_that_is_up_to_date_is_left_alone(old) -> None:
    upgrade(old, copy=False)
    before = snapshot(old.parent)
    assert upgrade_vault(old, must_not_be_asked, usual_copy(old), memory="wanted").steps == ()
    assert plan_upgrade(old, usual_copy(old)).steps == ()
    assert snapshot(old.parent) == before


def test_the_copy_put_back_is_the_vault_from_before_and_can_be_upgraded_again(
    old, tmp_path
) -> None:
    copy = upgrade(old).copy_to
    for name in COPIED:
        shutil.copyfile(copy / name, old / name)
    with pytest.raises(VaultTooOldError), open_vault(old, ask, memory="wanted"):
        pass
    assert upgrade(old).copied
    must_be_whole(old, tmp_path / "out")


@pytest.mark.parametrize("name", ["keys.db", "catalogue.db"])
def test_one_database_alone_is_upgraded_and_told_of(old, name, tmp_path) -> None:
    other = {"keys.db": "catalogue.db", "catalogue.db": "keys.db"}[name]
    upgraded = Path(shutil.copytree(old, tmp_path / "upgraded"))
    upgrade(upgraded, copy=False)
    shutil.copyfile(upgraded / other, old / other)
    assert [step.name for step in plan_upgrade(old, None).steps] == [name]
    upgrade(old)
    with open_vault(old, ask, memory="wanted") as vault:
        told = [deed for deed in vault.log.told() if deed.action is Action.UPGRADED]
    heads = {"keys": schema.KEYS.head, "catalogue": schema.CATALOGUE.head}
    assert told[-1].facts == heads | {"copy": "made"}


# --- crashes -----------------------------------------------------------------------------------


def boundaries(old: Path, path: Path) -> list[str]:
    seam = Seam()
    seam.armed = True
    upgrade(Path(shutil.copytree(old, path / "vault")), crossing=seam)
    return seam.names


def test_the_copy_is_on_the_disk_before_the_first_database_changes(old, tmp_path) -> None:
    names = boundaries(old, tmp_path / "count")
    print(f"upgrade crosses {len(names)} boundaries")
    steps = [
        "keys.db: checkpoint",
        "catalogue.db: checkpoint",
        *4 * ["copy: create", "copy: write", "copy: fsync"],
        "copy: fsync folder",
        "copy: rename",
        "copy: fsync folder",
        "keys.db: commit",
        "catalogue.db: commit",
    ]
    left = iter(names)
    for step in steps:
        assert step in left, step
    assert names.count("keys.db: commit") == names.count("catalogue.db: commit") == 1


def must_go_on(path: Path, before: dict[str, bytes], name: str) -> None:
    """Finish what was struck; nothing may be lost, the copy whole or not there."""
    copy = usual_copy(path)
    if copy.exists():
        assert contents(copy, COPIED) == before, name
    finished = upgrade(path)
    assert not copy.with_name(copy.name + ".part").exists(), name
    if finished.steps:
        assert contents(copy, COPIED) == before, name
        assert finished.copy_to == copy
    must_be_whole(path, path.parent / "out", opened=1)
    assert upgrade(path).steps == ()


def test_an_upgrade_that_a_fault_stops_anywhere_is_finished_by_the_same_command(
    old, tmp_path
) -> None:
    before = contents(old, COPIED)
    for number, name in enumerate(boundaries(old, tmp_path / "count")):
        path = Path(shutil.copytree(old, tmp_path / str(number) / "vault"))
        seam = Seam(number, strike=fault)
        seam.armed = True
        with pytest.raises(StruckError):
            upgrade(path, crossing=seam)
        left = path.parent / f"{usual_copy(path).name}.part"
        assert not left.exists(), name
        must_go_on(path, before, name)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
def test_an_upgrade_that_dies_anywhere_is_finished_by_the_same_command(old, tmp_path) -> None:
    before = contents(old, COPIED)
    for number, name in enumerate(boundaries(old, tmp_path / "count")):
        path = Path(shutil.copytree(old, tmp_path / str(number) / "vault"))
        child = os.fork()
        if child == 0:
            seam = Seam(number, strike=death)
            seam.armed = True
            try:
                upgrade(path, crossing=seam)
            finally:
                os._exit(FINISHED)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        must_go_on(path, before, name)


def struck_at(old: Path, boundary: str) -> None:
    seam = _At(boundary)
    with pytest.raises(StruckError):
        upgrade(old, crossing=seam)


class _At:
    """Strikes at the first boundary of one name."""

    def __init__(self, boundary: str, error: Exception | None = None) -> None:
        self._boundary, self._error = boundary, error or StruckError()

    def __call__(self, boundary: str, *_paths: Path) -> None:
        if boundary == self._boundary:
            raise self._error


def test_between_the_two_databases_no_program_opens_the_vault(old) -> None:
    struck_at(old, "keys.db: committed")
    with pytest.raises(VaultTooOldError), open_vault(old, ask, memory="wanted"):
        pass
    plan = plan_upgrade(old, usual_copy(old))
    assert [step.name for step in plan.steps] == ["catalogue.db"]
    assert plan.copied


def test_a_copy_that_is_older_than_the_vault_is_neither_taken_nor_overwritten(old) -> None:
    struck_at(old, "keys.db: commit")
    copy = snapshot(usual_copy(old))
    edit(old / "catalogue.db", "CREATE TABLE later (x)")  # the older program went on
    edit(old / "catalogue.db", "DROP TABLE later")
    with pytest.raises(CannotCreateError):
        upgrade(old)
    assert snapshot(usual_copy(old)) == copy
    assert len(plan_upgrade(old, None).steps) == 2


# --- refusals ----------------------------------------------------------------------------------


def must_refuse(old: Path, error: type[Exception], copy_to: Path | None, ask=ask, **given) -> None:
    before = contents(old, COPIED), sorted(old.parent.iterdir())
    with pytest.raises(error):
        upgrade_vault(old, ask, copy_to, memory="wanted", **given)
    assert (contents(old, COPIED), sorted(old.parent.iterdir())) == before
    assert [step.found for step in plan_upgrade(old, None).steps] == ["0001", "0001"]


def test_a_place_that_cannot_take_the_copy_is_refused_before_anything_is_asked(old) -> None:
    taken, full = old.parent / "file", old.parent / "full"
    taken.touch()
    full.mkdir()
    (full / "note").touch()
    link = old.parent / "link"
    link.symlink_to(old.parent / "elsewhere")
    for place, error in {
        old / "copy": UnsafeOutputError,
        old.parent / "missing" / "copy": CannotCreateError,
        taken: CannotCreateError,
        link: CannotCreateError,
    }.items():
        must_refuse(old, error, place, must_not_be_asked)
        with pytest.raises(error):
            plan_upgrade(old, place)
    must_refuse(old, CannotCreateError, full)
    part = old.parent / "new.part"
    part.mkdir()
    (part / "note").touch()
    must_refuse(old, CannotCreateError, old.parent / "new")
    assert (part / "note").exists()


def test_a_wrong_passphrase_changes_nothing(old) -> None:
    must_refuse(old, WrongPassphraseError, usual_copy(old), lambda: b"another passphrase")


def test_a_disk_that_fails_under_the_copy_leaves_no_copy(old) -> None:
    full = ReadWriteError(path=old, reason="No space left on device")
    for boundary in ("copy: write", "copy: fsync", "copy: rename"):
        must_refuse(old, ReadWriteError, usual_copy(old), crossing=_At(boundary, full))


def test_what_would_fail_midway_fails_before_anything_changes(old, tmp_path) -> None:
    for number, (name, statement, error) in enumerate(
        [
            ("keys.db", "CREATE TABLE more (x)", SealBrokenError),
            ("catalogue.db", "CREATE TABLE more (x)", SealBrokenError),
            ("catalogue.db", "DROP TABLE erasures", SealBrokenError),
            ("catalogue.db", "UPDATE log_state SET size = size + 1", LogBrokenError),
        ]
    ):
        path = Path(shutil.copytree(old, tmp_path / str(number) / "vault"))
        edit(path / name, statement)
        must_refuse(path, error, usual_copy(path))


def test_a_vault_in_use_is_not_upgraded(old) -> None:
    with VaultFolder.open(old).held():
        must_refuse_locked(old)
    assert len(upgrade(old).steps) == 2


def must_refuse_locked(old: Path) -> None:
    before = snapshot(old.parent)
    with pytest.raises(VaultLockedError):
        upgrade_vault(old, must_not_be_asked, usual_copy(old), memory="wanted")
    with pytest.raises(VaultLockedError):
        plan_upgrade(old, usual_copy(old))
    assert snapshot(old.parent) == before


def test_a_program_that_was_opening_the_vault_meanwhile_looks_again(old) -> None:
    upgrade(old, copy=False)
    held = threading.Event()

    def later_program() -> None:
        with VaultFolder.open(old).held_alone():
            held.set()
            time.sleep(0.7)
            edit(old / "keys.db", "UPDATE alembic_version SET version_num='9999'")

    other = threading.Thread(target=later_program)
    other.start()
    held.wait()
    with pytest.raises(VaultTooNewError), open_vault(old, ask, memory="wanted"):
        pass
    other.join()


# --- from outside ------------------------------------------------------------------------------


def command(old: Path) -> Yingbi:
    secret = old.parent / "passphrase"
    secret.write_text(PASSPHRASE)
    secret.chmod(0o600)
    return Yingbi(old.parent, YINGBI_VAULT=str(old), YINGBI_PASSPHRASE_FILE=str(secret))


def test_the_command_says_what_it_would_do_then_does_it_and_says_what_to_delete(old) -> None:
    yingbi = command(old)
    refused = yingbi("list", "--box", "hall", status=69)
    assert refused.err.count("\n") == 1
    assert "yingbi vault upgrade" in refused.err
    assert refused.err.rstrip().endswith("[vault-too-old]")
    said = yingbi("vault", "upgrade", "--dry-run").out
    copy = str(usual_copy(old))
    assert copy in said
    assert "keys.db" in said
    assert not usual_copy(old).exists()
    done = yingbi("vault", "upgrade")
    assert copy in done.err
    assert "delete" in done.err
    assert yingbi("verify", "--json").json["broken"] == []
    assert copy in yingbi("vault", "upgrade").err  # it is there still
    told = yingbi("vault", "upgrade", "--json").json
    assert (told["steps"], told["backup"]) == ([], None)
    yingbi("vault", "upgrade", "--no-backup", "--backup", "x", status=2)


@pytest.mark.parametrize("what", ["vault.json", "keys.db", "catalogue.db"])
def test_a_vault_of_a_later_program_is_refused_in_one_line_and_left_alone(old, what) -> None:
    yingbi = command(old)
    upgrade(old, copy=False)
    if what == "vault.json":
        text = (old / what).read_text()
        (old / what).write_text(text.replace('"format": 1', '"format": 2'))
    else:
        edit(old / what, "UPDATE alembic_version SET version_num='9999'")
    before = contents(old, COPIED)
    for words in (["verify"], ["vault", "upgrade"], ["vault", "upgrade", "--dry-run"]):
        refused = yingbi(*words, status=69)
        assert refused.err.count("\n") == 1
        assert refused.err.rstrip().endswith("[vault-too-new]")
    assert contents(old, COPIED) == before
