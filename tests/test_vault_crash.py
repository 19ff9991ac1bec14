"""Crashes: at every boundary of protect and erase, as an exception and as a death."""

import os
import shutil
from pathlib import Path

import pytest

from vault_house import NOW, everything, make_vault, open_vault, segment
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.errors import NoSuchObjectError, ObjectErasedError, SealBrokenError
from yingbi.store.erase import Settled, erase, settle
from yingbi.store.shelf import ObjectShelf
from yingbi.store.stored import ObjectInfo

DIED, FINISHED = 9, 0


class StruckError(Exception):
    """The fault that a test lets fall."""


class Seam:
    """Counts the boundaries that a run crosses; at the one chosen it strikes."""

    def __init__(self, at: int | None = None, *, strike=None, lasting: bool = False) -> None:
        self.names: list[str] = []
        self._at, self._strike, self._lasting = at, strike, lasting
        self.armed = False

    def __call__(self, name: str, *_paths: Path) -> None:
        if not self.armed:
            return
        number = len(self.names)
        self.names.append(name)
        if number == self._at or (self._lasting and self._at is not None and number > self._at):
            self._strike()


def fault() -> None:
    raise StruckError


def death() -> None:
    os._exit(DIED)  # no cleaning up: what kill -9 leaves


def protect(house, box, object_id) -> None:
    with house.writer(box, object_id) as writer:
        writer.add(PartKind.MASKED, segment(0, b"first"))
        writer.add(PartKind.RECORDS, segment(0, b"records"))
        writer.add(PartKind.MASKED, segment(1, b"second"))
        writer.commit(ObjectInfo(camera="door"), now=NOW)


class Scene:
    """A vault that holds two objects, to be copied for each crash."""

    def __init__(self, path: Path) -> None:
        self.path = make_vault(path)
        with open_vault(self.path) as house:
            self.box = house.new_box()
            self.kept = house.protect(self.box, camera="kept")
            self.doomed = house.protect(self.box, camera="doomed")
        self.new = new_id()

    def run(self, command: str, path: Path, seam: Seam) -> None:
        with open_vault(path, crossing=seam) as house:
            seam.armed = True
            if command == "protect":
                protect(house, self.box, self.new)
            else:
                erase(house.rooms, self.doomed.object_id, now=NOW)
            seam.armed = False

    def boundaries(self, command: str, path: Path) -> list[str]:
        shutil.copytree(self.path, path)
        seam = Seam()
        self.run(command, path, seam)
        return seam.names


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("crash") / "vault")


def must_be_whole(scene: Scene, path: Path) -> set[str]:
    """Settle the vault, hold it to every promise, and return what is in it."""
    with open_vault(path) as house:
        settle(house.rooms, now=NOW)
        assert settle(house.rooms, now=NOW) == Settled()
        rooms = house.rooms
        listed = {stored.object_id: stored for stored in rooms.catalogue.find()}
        assert scene.kept.object_id in listed
        for stored in listed.values():
            expected = b"firstsecond"
            assert house.body(stored) == expected
            segments = sum(part.segments for part in stored.parts)
            assert len(rooms.locks.locks_of(stored.object_id)) == segments
        named = {part.file_name for stored in listed.values() for part in stored.parts}
        assert set(rooms.shelf.names()) == named
        assert rooms.locks.object_ids() == set(listed)
        assert rooms.catalogue.unfinished_erasures() == []
        house.log.verify()
        deeds = [entry.deed for entry in house.log.entries()]
        told = {deed.object_id for deed in deeds if deed.action is Action.PROTECTED}
        gone = {deed.object_id for deed in deeds if deed.action is Action.ERASED}
        assert told - gone == set(listed)
        house.protect(scene.box)  # and it goes on
    with open_vault(path) as house:
        house.log.verify()
    return {stored.info.camera for stored in listed.values()}


def all_of(command: str) -> list[str]:
    order = {
        "protect": [
            "mark: create",
            "shelf: create",
            "write",
            "fsync",
            "rename",
            "keys",
            "catalogue",
            "mark: unlink",
        ],
        "erase": ["catalogue", "keys", "checkpoint", "unlink", "fsync folder", "catalogue"],
    }
    return order[command]


@pytest.mark.parametrize("command", ["protect", "erase"])
def test_the_steps_cross_the_disk_in_the_order_that_makes_crashes_harmless(
    scene, tmp_path, command
):
    names = iter(scene.boundaries(command, tmp_path / "v"))
    for step in all_of(command):
        assert any(step in name for name in names), step


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("command", ["protect", "erase"])
def test_a_fault_at_any_boundary_leaves_a_whole_vault(scene, tmp_path, command, lasting):
    names = scene.boundaries(command, tmp_path / "count")
    for number, name in enumerate(names):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        with pytest.raises(StruckError):
            scene.run(command, path, Seam(number, strike=fault, lasting=lasting))
        found = must_be_whole(scene, path)
        judge(command, name, names[:number], found)


def judge(command: str, name: str, crossed: list[str], found: set[str]) -> None:
    """What was acknowledged is there, what was not is not, what was decided is finished."""
    if command == "protect":
        acknowledged = crossed.count("catalogue.db: commit") == 1
        assert found == {"kept", "doomed"} | ({"door"} if acknowledged else set()), name
    else:
        decided = crossed.count("catalogue.db: commit") >= 1
        assert found == {"kept"} | (set() if decided else {"doomed"}), name


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
@pytest.mark.parametrize("command", ["protect", "erase"])
def test_a_death_at_any_boundary_leaves_a_whole_vault(scene, tmp_path, command):
    names = scene.boundaries(command, tmp_path / "count")
    for number, name in enumerate(names):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        child = os.fork()
        if child == 0:
            try:
                scene.run(command, path, Seam(number, strike=death))
            finally:
                os._exit(FINISHED)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        judge(command, name, names[:number], must_be_whole(scene, path))


def test_a_crash_while_settling_is_settled_again(scene, tmp_path):
    struck = tmp_path / "struck"
    shutil.copytree(scene.path, struck)
    names = scene.boundaries("erase", tmp_path / "count")
    decided = names.index("catalogue.db: committed")
    with pytest.raises(StruckError):
        scene.run("erase", struck, Seam(decided, strike=fault))
    for number in range(40):
        path = tmp_path / str(number)
        shutil.copytree(struck, path)
        seam = Seam(number, strike=fault)
        try:
            with open_vault(path, crossing=seam) as house:
                seam.armed = True
                settle(house.rooms, now=NOW)
        except StruckError:
            assert must_be_whole(scene, path) == {"kept"}
        else:
            break
    assert number > 5


def test_swapping_two_steps_of_protect_is_noticed(scene, tmp_path, monkeypatch):
    """The control: were the row acknowledged before the body is on the disk, these tests fail."""
    from yingbi.store import writer

    def early(self, info, *, now, facts=None):
        stored = self._stored(info)
        segments = {kind: part.segments for kind, part in self._growing.items()}
        with self._rooms.catalogue_db.begin() as unit:
            self._rooms.catalogue.add(unit, stored, segments, b"k" * 32)
            self._rooms.ledger.append(unit, self._deed(stored, now, facts))
        with self._rooms.keys_db.begin() as unit:
            self._rooms.locks.put(unit, self._group, self._object_id, self._locks, b"k" * 32)
        for part in self._growing.values():
            part.body.finish()
        self._acknowledged = True

    monkeypatch.setattr(writer.ObjectWriter, "commit", early)
    broken = 0
    names = scene.boundaries("protect", tmp_path / "count")
    for number in range(len(names)):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        with pytest.raises(StruckError):
            scene.run("protect", path, Seam(number, strike=fault, lasting=True))
        try:
            judge("protect", names[number], names[:number], must_be_whole(scene, path))
        except (AssertionError, SealBrokenError):
            broken += 1
    assert broken


def test_what_was_never_acknowledged_is_unknown_and_what_was_erased_is_named(scene, tmp_path):
    shutil.copytree(scene.path, tmp_path / "v")
    with open_vault(tmp_path / "v") as house:
        erase(house.rooms, scene.doomed.object_id, now=NOW)
        with pytest.raises(ObjectErasedError):
            house.rooms.catalogue.get(scene.doomed.object_id)
        with pytest.raises(NoSuchObjectError):
            house.rooms.catalogue.get(scene.new)
    assert b"firstsecond" in everything(tmp_path / "v")  # the store seals nothing itself
    assert isinstance(ObjectShelf(tmp_path / "v" / "objects").marks(), list)
