"""Crashes at a door and while its deliveries are taken in: once, whole, and nothing lost."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from door_house import Gate, gate, must_be_whole, owner
from test_vault_crash import DIED, FINISHED, Seam, StruckError, death, fault
from yingbi.domain.ids import new_id
from yingbi.errors import ReadWriteError, SealBrokenError
from yingbi.store import deliver, erase
from yingbi.store.inbox import Inbox

PRELUDE = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from door_house import hand_in, leave, owner
"""
LEAVES = """
for _ in range(int(sys.argv[3])):
    print(leave(Path(sys.argv[1]), Path(sys.argv[2])), flush=True)
"""
HANDS_IN = """
for _ in range(int(sys.argv[3])):
    print(hand_in(Path(sys.argv[1])), flush=True)
"""
STARTS = """
for _ in range(int(sys.argv[3])):
    with owner(Path(sys.argv[1])):
        print("open", flush=True)
"""


def full_disk() -> None:
    raise ReadWriteError(path="x", reason="No space left on device")


class Scene:
    """A vault that holds an object of its door, beside one that waits."""

    def __init__(self, path: Path) -> None:
        self.here = gate(path)
        self.kept = self.here.leave()
        with owner(self.here.vault):
            pass
        self.waits = self.here.leave()
        self.new = new_id()

    def copy(self, path: Path) -> Gate:
        path.mkdir()
        vault = shutil.copytree(self.here.vault, path / "vault")
        door = shutil.copy2(self.here.door, path / "door.yb")
        return Gate(Path(vault), self.here.box, Path(door))

    def run(self, command: str, there: Gate, seam: Seam) -> None:
        if command == "leave":
            there.leave(object_id=self.new, seam=seam)
            return
        seam.armed = True
        with owner(there.vault, crossing=seam):
            seam.armed = False

    def boundaries(self, command: str, path: Path) -> list[str]:
        seam = Seam()
        self.run(command, self.copy(path), seam)
        return seam.names

    def judge(self, command: str, crossed: list[str], found: set) -> None:
        """What waited is there, once; what was being left is there when it got its name."""
        expected = {self.kept, self.waits}
        if command == "leave" and "inbox: rename" in crossed:
            expected.add(self.new)
        assert found == expected, crossed


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("doors"))


ORDER = {
    "leave": [
        "mark: create", "shelf: create", "shelf: write", "shelf: fsync", "shelf: rename",
        "inbox: create", "inbox: write", "inbox: fsync", "inbox: rename", "inbox: fsync folder",
        "mark: unlink",
    ],
    "start": [
        "mark: create", "keys.db: commit", "catalogue.db: commit", "inbox: unlink",
        "inbox: fsync folder", "mark: unlink",
    ],
}  # fmt: skip


@pytest.mark.parametrize("command", ["leave", "start"])
def test_the_steps_cross_the_disk_in_the_order_that_makes_crashes_harmless(
    scene, tmp_path, command
):
    names = scene.boundaries(command, tmp_path / "count")
    print(f"{command}: {len(names)} boundaries")
    crossed = iter(names)
    for step in ORDER[command]:
        assert step in crossed, (step, names)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("command", ["leave", "start"])
def test_a_fault_at_any_boundary_loses_nothing_and_doubles_nothing(
    scene, tmp_path, command, lasting
):
    names = scene.boundaries(command, tmp_path / "count")
    for number in range(len(names)):
        there = scene.copy(tmp_path / str(number))
        seam = Seam(number, strike=fault, lasting=lasting)
        with pytest.raises(StruckError):
            scene.run(command, there, seam)
        scene.judge(command, names[:number], must_be_whole(there, tmp_path / "out"))


def test_a_full_disk_keeps_no_owner_out_and_loses_nothing(scene, tmp_path):
    names = scene.boundaries("start", tmp_path / "count")
    told_of = 0
    for number in range(len(names)):
        there = scene.copy(tmp_path / str(number))
        seam, told = Seam(number, strike=full_disk, lasting=True), []
        seam.armed = True
        with owner(there.vault, told, crossing=seam) as vault:
            seam.armed = False
            assert scene.kept in {stored.object_id for stored in vault.rooms.catalogue.find()}
        told_of += bool(told)
        assert there.refused == []
        scene.judge("start", names[:number], must_be_whole(there, tmp_path / "out"))
    assert told_of >= len(names) - 1


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
@pytest.mark.parametrize("command", ["leave", "start"])
def test_a_death_at_any_boundary_loses_nothing_and_doubles_nothing(scene, tmp_path, command):
    names = scene.boundaries(command, tmp_path / "count")
    for number in range(len(names)):
        there = scene.copy(tmp_path / str(number))
        child = os.fork()
        if child == 0:
            try:
                scene.run(command, there, Seam(number, strike=death))
            finally:
                os._exit(FINISHED)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        scene.judge(command, names[:number], must_be_whole(there, tmp_path / "out"))


def broken_by(scene, tmp_path, command) -> int:
    """Return at how many boundaries a death breaks a promise."""
    broken = 0
    names = scene.boundaries(command, tmp_path / "count")
    for number in range(len(names)):
        there = scene.copy(tmp_path / str(number))
        with pytest.raises(StruckError):
            scene.run(command, there, Seam(number, strike=fault, lasting=True))
        try:
            scene.judge(command, names[:number], must_be_whole(there, tmp_path / "out"))
        except (AssertionError, SealBrokenError):
            broken += 1
    return broken


def test_the_control_a_delivery_before_its_bodies_is_noticed(scene, tmp_path, monkeypatch):
    def early(self):
        self._finish_later = True

    def late(self, info, *, now, facts=None):
        monkeypatch.setattr(deliver.DeliveryWriter, "_finish_bodies", early)
        stored = real(self, info, now=now, facts=facts)
        for part in self._growing.values():
            part.body.finish()
        return stored

    real = deliver.DeliveryWriter.commit
    monkeypatch.setattr(deliver.DeliveryWriter, "commit", late)
    assert broken_by(scene, tmp_path, "leave")


def test_the_control_clearing_away_what_waits_is_noticed(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(Inbox, "claimed", lambda _self: set())
    assert broken_by(scene, tmp_path, "leave")
    assert erase.settle  # the start that would clear it away


def test_the_control_a_delivery_unlinked_before_it_is_taken_in_is_noticed(
    scene, tmp_path, monkeypatch
):
    from yingbi.usecases import deliveries

    real = deliveries.judge

    def hasty(vault, name):
        judged = real(vault, name)
        vault.rooms.inbox.remove(name)
        return judged

    monkeypatch.setattr(deliveries, "judge", hasty)
    assert broken_by(scene, tmp_path, "start")


# --- processes ---------------------------------------------------------------------------------


ENDLESS = 10**9
"""Nobody is done before they are killed, however long the one who kills has to wait for a turn."""


def started(program: str, here: Gate, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + program, here.vault, here.door, str(count)]
    pipe = subprocess.PIPE
    return subprocess.Popen([*map(str, command)], stdout=pipe, stderr=pipe, text=True)


def killed_at_random(here: Gate, rng, out: Path, rounds: int) -> int:
    """Kill a door and a start at random moments; return how many objects there are."""
    acknowledged, kills = set(), 0
    for number in range(rounds):
        program = (LEAVES, STARTS)[number % 2]
        with started(program, here, ENDLESS) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]  # it is at work
            time.sleep(rng.uniform(0, 0.25))
            process.send_signal(signal.SIGKILL)
            rest, told = process.communicate()
            lines += rest.splitlines(keepends=True)
            assert process.returncode == -signal.SIGKILL, told
            kills += 1
        if program is LEAVES:
            acknowledged |= {line.strip() for line in lines if line.endswith("\n")}
            if number % 4 == 0:
                continue  # the next one that is killed is a start, over what waits
        found = {str(one) for one in must_be_whole(here, out)}
        assert acknowledged <= found
        assert len(found) <= len(acknowledged) + rounds  # one at most was about to be told of
    assert kills == rounds
    return len(acknowledged)


def test_a_kill_at_a_random_moment_loses_nothing_that_was_acknowledged(tmp_path, rng):
    assert killed_at_random(gate(tmp_path), rng, tmp_path / "out", 4) > 1


@pytest.mark.torture
def test_many_kills_at_random_moments_lose_nothing_that_was_acknowledged(tmp_path, rng):
    assert killed_at_random(gate(tmp_path), rng, tmp_path / "out", 100) > 100


def test_two_doors_an_owner_and_a_start_at_once_lose_and_double_nothing(tmp_path):
    here = gate(tmp_path)
    at_work = ((LEAVES, 6), (LEAVES, 6), (HANDS_IN, 3), (STARTS, 4))
    processes = [started(program, here, count) for program, count in at_work]
    told = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    acknowledged = {one for lines in told[:3] for one in lines}
    assert len(acknowledged) == 15
    assert {str(one) for one in must_be_whole(here, tmp_path / "out", own=3)} == acknowledged
