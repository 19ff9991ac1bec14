"""A power cut at any step: what was acknowledged is there, what was not is not, nothing is broken."""

import shutil
from pathlib import Path

import pytest

from crash_house import COMMANDS, Scene, must_be_whole, quick_folder, run
from door_house import leave, owner
from power_cut import lay_down, pictures_of
from yingbi.disk.durable import Disk, NewFile
from yingbi.domain.ids import new_id
from yingbi.errors import YingbiError


@pytest.fixture(scope="module")
def scenes():
    """The vault of each command."""
    with quick_folder() as folder:
        usual = Scene.made(folder)
        waiting = usual.with_delivery(folder / "waiting")
        yield {name: waiting if name == "start" else usual for name in COMMANDS}


@pytest.fixture
def quick():
    with quick_folder() as folder:
        yield folder


def recorded(scene, name, quick):
    path = Path(shutil.copytree(scene.path, quick / "run"))
    cut = pictures_of(path, lambda seam: run(scene, name, path, seam))
    print(f"{name}: {len(cut.names) - 1} boundaries, {len(cut.pictures)} different pictures")
    return cut


def must_be_noticed(scene, name, quick, monkeypatch):
    """Record a run of what was patched; one of its pictures must break a promise."""
    cut = recorded(scene, name, quick)
    monkeypatch.undo()
    for number, (step, _way, tree) in enumerate(cut.pictures):
        path = lay_down(tree, quick / str(number))
        try:
            must_be_whole(scene, name, path, cut.names[:step])
        except (AssertionError, YingbiError):
            return
    pytest.fail("nothing was noticed")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_power_cut_at_any_step_leaves_a_whole_vault(scenes, quick, name):
    scene = scenes[name]
    cut = recorded(scene, name, quick)
    assert len(cut.pictures) > 3
    for number, (step, way, tree) in enumerate(cut.pictures):
        path = lay_down(tree, quick / str(number))
        try:
            must_be_whole(scene, name, path, cut.names[:step])
        except (AssertionError, YingbiError) as error:
            raise AssertionError(f"{cut.names[: step + 1]}: {way}") from error
        shutil.rmtree(path)


def test_a_power_cut_while_a_door_delivers_loses_nothing_that_it_acknowledged(scenes, quick):
    scene, object_id = scenes["protect"], new_id()
    path = Path(shutil.copytree(scene.path, quick / "run"))
    cut = pictures_of(path, lambda seam: leave(path, scene.door, object_id=object_id, seam=seam))
    print(f"door: {len(cut.names) - 1} boundaries, {len(cut.pictures)} different pictures")
    acknowledged = cut.names.index("mark: unlink")
    for number, (step, way, tree) in enumerate(cut.pictures):
        path = lay_down(tree, quick / str(number))
        with owner(path, by_time=False) as vault:
            found = {stored.object_id for stored in vault.rooms.catalogue.find()}
        there = dict(scene.ids)
        if object_id in found:
            there["waits"] = object_id
        assert object_id in found or step < acknowledged, (cut.names[: step + 1], way)
        again = Scene(scene.path, scene.boxes, there, scene.hers)
        must_be_whole(again, "start", path, [])


CONTROLS = {
    "a body's bytes are not synced": (NewFile, "sync"),
    "a folder's names are not synced": (Disk, "sync_folder"),
}


@pytest.mark.parametrize("missing", CONTROLS)
def test_the_control_a_missing_sync_is_noticed(scenes, quick, monkeypatch, missing):
    def sync(self, _moment=None):
        with self._disk.step("fsync", self.path):
            self._file.close()

    def sync_folder(self, path):
        with self.step("fsync folder", path):
            pass

    where, name = CONTROLS[missing]
    monkeypatch.setattr(where, name, sync if name == "sync" else sync_folder)
    must_be_noticed(scenes["protect"], "protect", quick, monkeypatch)


def test_the_control_a_name_before_its_bytes_is_noticed(scenes, quick, monkeypatch):
    """The two steps of a body swapped: renamed and put in the folder first, synced at the end."""
    from yingbi.store.writer import ObjectWriter

    late = []

    def keep_for_later(self, moment=None):
        late.append((self, moment))

    real = ObjectWriter.commit

    def commit(self, info, *, now, facts=None):
        stored = real(self, info, now=now, facts=facts)
        for file, moment in late:
            file.path = file.path.with_suffix(".yb")
            sync(file, moment)
        return stored

    sync = NewFile.sync
    monkeypatch.setattr(NewFile, "sync", keep_for_later)
    monkeypatch.setattr(ObjectWriter, "commit", commit)
    must_be_noticed(scenes["protect"], "protect", quick, monkeypatch)


def test_the_control_one_slot_alone_does_not_outlive_a_torn_writing(scenes, quick, monkeypatch):
    """Were both slots written at once, a power cut would take the keystore."""
    from yingbi.keys import safe

    def at_once(disk, path, slot):
        disk.overwrite(path, 0, slot * 2)

    monkeypatch.setattr(safe, "overwrite", at_once)
    must_be_noticed(scenes["sweep"], "sweep", quick, monkeypatch)
