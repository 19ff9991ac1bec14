"""`yingbi watch` as a service: one watcher, ended, refused, at a door, on a full disk, in a unit."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from films import face_film
from house import ROOT
from stills import make_still
from test_full_disk import filled, small_disk
from test_no_open_road import NOT_AT_A_DOOR
from watch_house import QUICK, command, outputs, started
from yb import with_vault
from yingbi.domain.watch_errors import WatchInUseError
from yingbi.usecases.watch_memory import only_one, opened_memory

IS_ROOT = os.getuid() == 0


@pytest.fixture
def root(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path


# --- one watcher ---------------------------------------------------------------------------------


def test_a_second_watcher_is_refused_in_one_line_and_a_killed_one_leaves_no_lock(root):
    yingbi = command(root)
    with started(yingbi, "in", "out", "--targets", "face", "--settle", "0") as running:
        make_still(root / "in" / "a.jpg")
        assert running.line()["place"] == "a.jpg"
        for more in ((), ("--state", "elsewhere")):
            second = yingbi("watch", "in", "out", "--once", *more, status=75)
            assert (second.out, second.err.count("\n")) == ("", 1)
            assert second.err.endswith("[watch-in-use]\n")
        running.end(signal.SIGKILL)
    assert yingbi("watch", "in", "out", "--once", "--settle", "0", "--targets", "face").out == ""


def test_a_folder_is_held_once_at_a_time(tmp_path):
    with only_one(tmp_path), pytest.raises(WatchInUseError), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_an_interrupt_in_the_middle_of_a_film_leaves_nothing_half_and_counts_no_try(root):
    face_film(root / "in" / "a.mp4", seconds=8)
    for how in (signal.SIGTERM, signal.SIGINT):
        with started(command(root), "in", "out", "--settle", "0", "--targets", "face") as running:
            deadline = time.monotonic() + 20
            while not list((root / "out").glob(".*.part")):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            status, out, _ = running.end(how)
        assert (status, json.loads(out)["error"]["code"]) == (130, "interrupted")
        assert [path.name for path in (root / "out").glob("*.*")] == [".yingbi-watch"]
    with opened_memory(root / "out" / ".yingbi-watch") as memory:
        assert memory.get(Path("a.mp4")).tries == 0


def test_folders_that_would_feed_themselves_and_options_of_the_other_kind_are_refused(root):
    yingbi = command(root, YINGBI_VAULT="vault")
    (root / "film.mp4").touch()
    for arguments, code in (
        (("in", "in/out"), "unsafe-output"),
        (("in", "."), "unsafe-output"),
        (("in", "out", "--state", "in/state"), "unsafe-output"),
        (("film.mp4", "out"), "usage"),
        (("nowhere", "out"), "no-such-input"),
        (("in",), "usage"),
        (("in", "out", "--door", "door.yb"), "usage"),
        (("in", "out", "--camera", "gate"), "usage"),
        (("in", "--door", "door.yb", "--style", "blur"), "usage"),
        (("in", "--door", "door.yb", "--salvage"), "usage"),
        (("in", "--door", "door.yb", "--after", "remove"), "usage"),
        (("in", "--door", "door.yb"), "no-vault"),
    ):
        answer = yingbi("watch", *arguments, "--once", status=None)
        assert (answer.status != 0, answer.err.count("\n")) == (True, 1), answer
        assert answer.err.endswith(f"[{code}]\n"), answer
    assert sorted(path.name for path in root.iterdir() if path.name[0] != ".") == ["film.mp4", "in"]


# --- a door --------------------------------------------------------------------------------------


LOADED = f"""
import sys
from yingbi.__main__ import run
status = run(sys.argv[1:])
found = [name for name in {NOT_AT_A_DOOR!r} if any(m == name or m.startswith(name + ".") for m in sys.modules)]
print(*found, file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture(scope="module")
def gatehouse(tmp_path_factory):
    """A vault with a door at level 2: where it lies, its owner, a camera that knows no passphrase."""
    root = tmp_path_factory.mktemp("gatehouse")
    yingbi = with_vault(root, "intl", YINGBI_DETECT_SIZE="320", **QUICK)
    yingbi("box", "create", "hall", "--level", "2")
    yingbi("box", "pass", "hall", "-o", "door.yb")
    return root, yingbi, command(root, YINGBI_VAULT=str(root / "vault"), YINGBI_DETECT_SIZE="320")


def test_what_arrives_is_sealed_once_through_a_door_and_nothing_that_opens_is_loaded(gatehouse):
    root, owner, camera = gatehouse
    once = ("watch", "in", "--door", "door.yb", "--once", "--settle", "0", "--camera", "gate")
    (root / "in" / "deep").mkdir(parents=True)
    make_still(root / "in" / "deep" / "a.jpg")
    (root / "in" / "b.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(99))
    call = [sys.executable, "-c", LOADED, *once, "--json"]
    done = subprocess.run(
        call, env=camera.environment, cwd=root, capture_output=True, text=True, check=False
    )
    bad, sealed = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, done.stderr.strip()) == (1, "")
    assert (bad["event"], sealed["event"], sealed["place"]) == (
        "quarantined",
        "sealed",
        "deep/a.jpg",
    )
    assert [p.name for p in (root / "in.yingbi-watch" / "quarantine").iterdir()] == ["b.mp4.json"]
    (root / "in" / "b.mp4").unlink()
    assert camera(*once).out == ""
    (found,) = owner("list", "--box", "hall", "--json").json
    assert (found["id"], found["sources"], found["camera"]) == (sealed["id"], ["a.jpg"], "gate")
    make_still(root / "in" / "deep" / "a.jpg", orientation=6)
    assert camera(*once).out.startswith("sealed 'deep/a.jpg' as ")
    assert len(owner("list", "--box", "hall", "--json").json) == 2


def test_a_door_that_is_shut_for_now_is_waited_for_and_ends_a_single_run(gatehouse):
    root, _, camera = gatehouse
    (root / "yard").mkdir()
    make_still(root / "yard" / "a.jpg")
    with started(camera, "yard", "--door", "door.yb", "--settle", "0") as running:
        assert running.line()["event"] == "sealed"
        (root / "door.yb").rename(root / "away.yb")
        make_still(root / "yard" / "b.jpg")
        assert "Waiting" in running.said_of("[door-refused]")
        (root / "away.yb").rename(root / "door.yb")
        assert running.line()["place"] == "b.jpg"
    make_still(root / "yard" / "c.jpg")
    (root / "vault").rename(root / "gone")
    answer = camera("watch", "yard", "--door", "door.yb", "--once", "--settle", "0", status=66)
    assert answer.err.endswith("[no-vault]\n")
    assert not (root / "yard.yingbi-watch" / "quarantine").exists()


# --- a full disk ---------------------------------------------------------------------------------


@pytest.mark.skipif(IS_ROOT, reason="root mounts as it is")
def test_the_full_disk_as_an_ordinary_user_in_a_name_space_of_its_own():
    call = ["unshare", "-rm", sys.executable, "-m", "pytest", "-q", __file__, "-k", "quarantines"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not IS_ROOT, reason="run in a name space of its own, above")
def test_a_full_disk_is_told_once_quarantines_nothing_and_is_waited_for(root):
    with small_disk(root / "out", 4) as disk:
        with started(command(root), "in", "out", "--settle", "0", "--targets", "face") as running:
            make_still(root / "in" / "a.jpg")
            assert running.line()["place"] == "a.jpg"
            ballast = filled(disk, 0)
            for name in ("b.jpg", "c.jpg"):
                make_still(root / "in" / name)
            told = running.said_of("[read-write]", "[cannot-create]")
            assert "disk is full" in told or "No space left" in told
            time.sleep(1.0)
            assert outputs(disk).keys() == {"a.jpg"}
            ballast.unlink()
            assert {running.line()["place"] for _ in range(2)} == {"b.jpg", "c.jpg"}
            _, rest, errors = running.end()
        assert rest.count("\n") == 1
        assert errors.count("Waiting") == 0, "it was told once"
        assert outputs(disk).keys() == {"a.jpg", "b.jpg", "c.jpg"}
        assert not (disk / "quarantine").exists()
        make_still(root / "in" / "d.jpg")
        filled(disk, 0)
        once = ("watch", "in", "out", "--once", "--settle", "0", "--targets", "face")
        assert command(root)(*once, status=None).status in (73, 74)


# --- the unit of the guide -----------------------------------------------------------------------


def unit(language: str) -> str:
    page = (ROOT / "docs" / language / "guide" / "watch.md").read_text("utf-8")
    (found,) = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)
    return found


def command_line(text: str) -> list[str]:
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    return shlex.split(line)


def test_the_units_command_line_masks_what_arrives_with_no_network_at_all(root):
    assert unit("en") == unit("zh")
    program, *words = command_line(unit("en"))
    assert Path(program).name == "yingbi"
    make_still(root / "in" / "a.jpg")
    places = {"/srv/yingbi/in": "in", "/srv/yingbi/out": "out"}
    here = [places.get(word, word) for word in words]
    assert set(places.values()) <= set(here)
    alone = ["unshare", *([] if IS_ROOT else ["-r"]), "-n"]
    call = [*alone, sys.executable, "-m", "yingbi", *here, "--once", "--settle", "0"]
    done = subprocess.run(
        call, env=command(root).environment, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["event"] == "masked"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    program = command_line(unit("en"))[0]
    here = Path(sys.executable).with_name("yingbi")
    text = unit("en").replace(program, str(here))

    def complaints(text: str) -> str:
        path = tmp_path / "yingbi-watch.service"
        path.write_text(text)
        call = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)]
        return subprocess.run(call, capture_output=True, text=True, check=False).stderr

    assert "yingbi-watch.service" not in complaints(text)
    assert "Unknown key" in complaints(text.replace("ProtectHome=", "ProtectHomes="))
