"""Every command fails, and dies, at every boundary that it crosses; the vault stays whole."""

import shutil
from pathlib import Path

import pytest

from crash_house import COMMANDS, Scene, boundaries, die, fail, must_be_whole, quick_folder
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


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
@pytest.mark.parametrize("strike", [fail, die], ids=["fails once", "dies"])
@pytest.mark.parametrize("name", COMMANDS)
def test_at_every_boundary_a_vault_stays_whole(scenes, quick, name, strike):
    scene = scenes[name]
    names = boundaries(scene, name, quick / "count")
    print(f"{name}: {len(names)} boundaries")
    must_be_whole(scene, name, quick / "count", names)
    for number in range(len(names)):
        path = Path(shutil.copytree(scene.path, quick / str(number)))
        strike(scene, name, path, number)
        must_be_whole(scene, name, path, names[:number])
        shutil.rmtree(path)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
@pytest.mark.parametrize("name", ["protect", "erase", "change"])
def test_the_control_a_start_that_settles_nothing_is_noticed(scenes, quick, monkeypatch, name):
    monkeypatch.setattr("yingbi.usecases.sweep.settle", lambda _rooms, *, now: now)
    scene, broken = scenes[name], 0
    names = boundaries(scene, name, quick / "count")
    for number in range(1, len(names), 3):
        path = Path(shutil.copytree(scene.path, quick / str(number)))
        die(scene, name, path, number)
        try:
            must_be_whole(scene, name, path, names[:number])
        except (AssertionError, YingbiError):
            broken += 1
    assert broken
