"""A disk that is full: one clear line, nothing half-made, and it goes on when there is room."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from crash_house import COMMANDS, Scene, must_be_whole, quick_folder, run
from vault_house import PASSPHRASE
from yb import Yingbi
from yingbi.domain.messages import say_error
from yingbi.errors import ReadWriteError

ROOT = os.getuid() == 0
mounting = pytest.mark.skipif(not ROOT, reason="run in a name space of its own, below")


@pytest.mark.skipif(ROOT, reason="root mounts as it is")
def test_all_of_this_as_an_ordinary_user_in_a_name_space_of_its_own():
    call = ["unshare", "-rm", sys.executable, "-m", "pytest", "-q", __file__]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" in done.stdout  # this one, in there


@contextmanager
def small_disk(path: Path, megabytes: int):
    """A file system in memory of so many MB."""
    path.mkdir()
    size = f"size={megabytes}m,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "yingbi-test", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


def filled(disk: Path, left: int) -> Path:
    """Fill the disk but for so many bytes."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    ballast.write_bytes(bytes(free - left))
    return ballast


@pytest.fixture(scope="module")
def scene():
    with quick_folder() as folder:
        yield Scene.made(folder)


@mounting
@pytest.mark.parametrize("name", ["protect", "erase", "sweep", "rotate-root", "change"])
def test_a_full_disk_is_told_in_one_line_and_leaves_a_whole_vault(scene, tmp_path, name):
    """The disk has less and less room, so that another step is the first that finds none."""
    told = 0
    with small_disk(tmp_path / "disk", 8) as disk:
        for pages in range(0, 60, 6):
            path = Path(shutil.copytree(scene.path, disk / str(pages)))
            ballast = filled(disk, pages * 4096)
            try:
                run(scene, name, path)
            except ReadWriteError as error:
                told += 1
                line, done = say_error(error), []
                assert "\n" not in line
            else:
                done = ["catalogue.db: commit"] * COMMANDS[name].decides
            ballast.unlink()
            if done or name == "protect":
                must_be_whole(scene, name, path, done)
            else:
                run(scene, "start", path)  # decided or not: it is finished or was never begun
                with_or_without(scene, name, path)
            shutil.rmtree(path)
    print(f"{name}: full {told} times")
    assert told


def with_or_without(scene: Scene, name: str, path: Path) -> None:
    """Hold the vault to one of the two states that are allowed."""
    for done in ([], ["catalogue.db: commit"] * COMMANDS[name].decides):
        there = Path(shutil.copytree(path, path.parent / "judged"))
        try:
            must_be_whole(scene, name, there, done)
        except AssertionError:
            if done:
                raise
        else:
            return
        finally:
            shutil.rmtree(there)


@mounting
def test_the_command_says_it_in_one_line(scene, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    with small_disk(tmp_path / "disk", 4) as disk:
        path = Path(shutil.copytree(scene.path, disk / "vault"))
        yingbi = Yingbi(tmp_path, YINGBI_VAULT=str(path), YINGBI_PASSPHRASE_FILE=str(secret))
        ballast = filled(disk, 0)
        answer = yingbi("erase", scene.ids["doomed"], "--yes", status=74)
        assert answer.err.count("\n") == 1
        ballast.unlink()
        yingbi("erase", scene.ids["doomed"], "--yes")
        yingbi("verify")


@mounting
def test_a_disk_that_may_only_be_read_is_told_in_one_line_and_nothing_changes(scene, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    with small_disk(tmp_path / "disk", 8) as disk:
        path = Path(shutil.copytree(scene.path, disk / "vault"))
        before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        yingbi = Yingbi(tmp_path, YINGBI_VAULT=str(path), YINGBI_PASSPHRASE_FILE=str(secret))
        for command in (
            ("list", "--box", "hall"),
            ("erase", scene.ids["doomed"], "--yes"),
            ("box", "create", "other", "--level", "2"),
            ("vault", "sweep"),
            ("keys", "rotate", "--root"),
            ("vault", "init", "--suite", "intl"),
        ):
            answer = yingbi(*command, status=None)
            assert answer.status in (66, 73, 74), (command, answer)
            assert answer.err.count("\n") == 1, (command, answer)
        after = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
        assert after == before
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        yingbi("verify")
