"""More than one process, more than one user."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vault_house import NOW, PASSPHRASE, make_vault, new_vault, open_vault
from yingbi.errors import (
    NotOnThisSystemError,
    UnreadableInputError,
    VaultExistsError,
    VaultLockedError,
)
from yingbi.store.erase import Settled, settle
from yingbi.store.folder import VaultFolder
from yingbi.usecases.vault import init_vault

pytestmark = pytest.mark.unguarded


PRELUDE = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from vault_house import NOW, open_vault
"""
NOBODY = 65534


@pytest.fixture
def vault(tmp_path):
    return new_vault(tmp_path / "vault")


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate()
    return process.returncode


WRITES = """
with open_vault(Path(sys.argv[1])) as house:
    print("open", flush=True)
    box = house.boxes.box_named(sys.argv[2])
    for number in range(int(sys.argv[3])):
        house.protect(box, camera=f"{sys.argv[2]} {number}")
"""

HOLDS = """
with open_vault(Path(sys.argv[1])) as house:
    box = house.boxes.boxes()[0]
    with house.writer(box) as writer:
        print("open", flush=True)
        sys.stdin.read()
"""


def test_two_writers_and_a_reader_at_once_lose_nothing(vault):
    with open_vault(vault) as house:
        for name in ("hall", "yard"):
            house.new_box(name)
    writers = [start(WRITES, vault, name, 15) for name in ("hall", "yard")]
    with open_vault(vault) as house:
        while any(writer.poll() is None for writer in writers):
            for stored in house.rooms.catalogue.find():
                assert house.body(stored) == b"firstsecond"
            house.log.verify()
            time.sleep(0.02)
        assert [ended(writer) for writer in writers] == [0, 0]
        cameras = {stored.info.camera for stored in house.rooms.catalogue.find()}
        assert cameras == {f"{name} {n}" for name in ("hall", "yard") for n in range(15)}
        assert house.log.verify() == 32


def test_nobody_settles_while_another_writes(vault):
    with open_vault(vault) as house:
        house.new_box()
    other = start(HOLDS, vault)
    assert other.stdout.readline() == "open\n"
    folder = VaultFolder.open(vault)
    with pytest.raises(VaultLockedError), folder.held_alone():
        pass
    with folder.held():
        pass
    other.communicate("")
    assert other.returncode == 0
    with folder.held_alone():
        pass


def test_two_who_make_a_vault_in_one_folder_do_not_meet(tmp_path):
    def second() -> bytes:
        with pytest.raises(VaultLockedError):
            init_vault(tmp_path / "v", "intl", must_not_be_asked, memory="wanted")
        return PASSPHRASE

    made = init_vault(tmp_path / "v", "intl", second, memory="wanted")
    assert VaultFolder.open(tmp_path / "v") == made
    with pytest.raises(VaultExistsError):
        init_vault(tmp_path / "v", "intl", must_not_be_asked, memory="wanted")


def must_not_be_asked() -> bytes:
    raise AssertionError("the passphrase was asked for in vain")


def test_without_file_locks_no_vault_is_made_at_all(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(NotOnThisSystemError):
        init_vault(tmp_path / "v", "intl", must_not_be_asked, memory="wanted")
    assert list(tmp_path.iterdir()) == []


def test_a_vault_that_is_held_alone_makes_others_wait_and_then_tells(vault):
    folder = VaultFolder.open(vault)
    with folder.held_alone():
        before = time.monotonic()
        with pytest.raises(VaultLockedError), folder.held(wait_s=0.2):
            pass
        assert time.monotonic() - before >= 0.2
    with folder.held(wait_s=0):
        pass


def test_a_process_that_died_holds_nothing_and_leaves_its_mark(vault):
    with open_vault(vault) as house:
        house.new_box()
    other = start(HOLDS, vault)
    assert other.stdout.readline() == "open\n"
    other.kill()
    ended(other)
    with VaultFolder.open(vault).held_alone(), open_rooms(vault) as rooms:
        assert len(rooms.shelf.marks()) == 1
        assert settle(rooms, now=NOW) == Settled()
        assert rooms.shelf.marks() == []


def open_rooms(vault: Path):
    """The rooms of a vault that this process already holds alone."""
    from contextlib import contextmanager

    @contextmanager
    def opened():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(VaultFolder, "held", _held_already)
            with open_vault(vault) as house:
                yield house.rooms

    return opened()


def _held_already(self):
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_vault_of_another_user_opens_for_nobody_else(tmp_path):
    """Control: the same reading succeeds once the vault is that user's own."""
    for above in (tmp_path, *tmp_path.parents):
        if above == tmp_path or above.name.startswith(("pytest-", "popen-")):
            above.chmod(0o755)
    vault = make_vault(tmp_path / "vault")
    ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    names = ["vault.json", "keystore", "keys.db", "catalogue.db", "lock"]
    for name in names:
        reads = ["setpriv", *ids, "cat", str(vault / name)]
        refused = subprocess.run(reads, check=False, capture_output=True)
        assert (refused.returncode, refused.stdout) == (1, b"")
    for path in (vault, *vault.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for name in names:
        reads = ["setpriv", *ids, "cat", str(vault / name)]
        assert (
            subprocess.run(reads, check=True, capture_output=True).stdout
            == (vault / name).read_bytes()
        )


def test_a_folder_that_may_not_be_read_is_told(vault, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableInputError):
        VaultFolder.open(vault)


def test_without_file_locks_the_vault_says_that_it_is_not_for_this_system(vault, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(NotOnThisSystemError), VaultFolder.open(vault).held():
        pass
