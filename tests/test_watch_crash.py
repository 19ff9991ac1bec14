"""A watched folder and death: each file once and whole, whenever the watcher died."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest

from crash_house import quick_folder
from door_house import gate, owner
from made_films import Recipe, make_film
from stills import make_still
from watch_house import (
    BLIND,
    QUICK,
    all_once,
    command,
    dies,
    frames,
    masking,
    nothing_half,
    outputs,
    started,
    to_the_end,
)
from yb import with_vault
from yingbi.envelope.delivery import first_slip
from yingbi.errors import YingbiError
from yingbi.usecases.door_desk import open_door
from yingbi.usecases.protect import ProtectOptions, Protector
from yingbi.usecases.watch_door import DoorWork
from yingbi.usecases.watch_mask import MaskWork

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # it only dies

SHORT = Recipe(pts=tuple(range(0, 6006, 1001)))
LONGER = Recipe(pts=tuple(range(0, 9009, 1001)))


# --- masking, at each step -----------------------------------------------------------------------


EXPECTED = {"deep/film.mp4": 9, "still.jpg": 1}


@pytest.fixture
def path():
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def scene():
    with quick_folder() as folder:
        yield made(folder)


def made(root: Path) -> Path:
    """A folder with a film that was done and then changed, a new still, and a film that is cut off."""
    (root / "in" / "deep").mkdir(parents=True)
    make_film(root / "in" / "deep" / "film.mp4", SHORT)
    run(root)
    make_film(root / "in" / "deep" / "film.mp4", LONGER)
    make_still(root / "in" / "still.jpg")
    (root / "in" / "cut.mp4").write_bytes((root / "in" / "deep" / "film.mp4").read_bytes()[:3000])
    return root


def run(root: Path) -> None:
    to_the_end(root / "in", root / "out" / ".yingbi-watch", lambda _: masking(root))


def copy(scene: Path, path: Path) -> Path:
    return Path(shutil.copytree(scene, path))


def judged(root: Path) -> None:
    """Hold a folder, in which the watcher died, to all that is promised."""
    nothing_half(root / "out", {"deep/film.mp4": 9, "still.jpg": 1} | older(root))
    run(root)
    (root / "in" / "cut.mp4").rename(root / "in" / ".cut")  # the rest is done
    all_once(root, root / "home", EXPECTED)
    earlier = sorted(path.name for path in (root / "out" / "earlier").rglob("*.*"))
    assert earlier == ["film.1.mp4", "film.mp4.1.json"]
    assert [path.name for path in (root / "out" / "quarantine").iterdir()] == ["cut.mp4.json"]


def older(root: Path) -> dict[str, int]:
    """What the film was before it changed may stand there until the new one comes."""
    moved = (root / "out" / "earlier" / "deep" / "film.1.mp4").exists()
    film = root / "out" / "deep" / "film.mp4"
    return {} if moved or not film.exists() else {"deep/film.mp4": 6}


def test_a_death_at_any_step_leaves_nothing_half_and_the_next_run_ends_it(scene, path):
    steps = dies(lambda: run(copy(scene, path / "count")), None)
    print(f"masking: {steps} steps on the disk")
    assert steps > 30
    for number in range(steps):
        there = copy(scene, path / str(number))
        dies(lambda there=there: run(there), number)
        judged(there)
        shutil.rmtree(there)


@contextmanager
def straight_to_its_place(path, *, force, private=True):
    with path.open("w+b") as file:
        os.fsync(file.fileno())
        yield file
        file.flush()
        os.fsync(file.fileno())


def broken(steps: int, at: Callable[[int], None]) -> bool:
    """Return whether a death at any step breaks a promise; the last ones are tried first."""
    for number in reversed(range(steps)):
        try:
            at(number)
        except (AssertionError, OSError, ValueError, YingbiError):
            return True
    return False


def broken_by(scene: Path, path: Path) -> bool:
    def at(number: int) -> None:
        there = copy(scene, path / str(number))
        dies(lambda: run(there), number)
        judged(there)

    return broken(dies(lambda: run(copy(scene, path / "count")), None), at)


def test_the_control_a_copy_written_straight_to_its_place_is_noticed(scene, path, monkeypatch):
    monkeypatch.setattr("yingbi.usecases.mask.new_file", straight_to_its_place)
    assert broken_by(scene, path)


def test_the_control_a_second_copy_under_another_name_is_noticed(scene, path, monkeypatch):
    real = MaskWork.output_of

    def another(self, arrival):
        place = Path(real(self, arrival))
        return place.with_name(f"{random.randrange(1 << 30)}{place.suffix}").as_posix()

    monkeypatch.setattr(MaskWork, "output_of", another)
    assert broken_by(scene, path)


# --- removing sources ----------------------------------------------------------------------------


def removing(root: Path) -> None:
    state = root / "out" / ".yingbi-watch"
    to_the_end(root / "in", state, lambda _: masking(root, removes=True))


def test_a_death_at_any_step_removes_no_source_without_its_whole_copy(path):
    (path / "in").mkdir()
    make_film(path / "in" / "a.mp4", SHORT)
    steps = dies(lambda: removing(copy(path / "in", path / "count" / "in").parent), None)
    print(f"removing: {steps} steps on the disk")
    for number in range(steps):
        there = copy(path / "in", path / str(number) / "in").parent
        dies(lambda there=there: removing(there), number)
        nothing_half(there / "out", {"a.mp4": 6})
        source, done = there / "in" / "a.mp4", outputs(there / "out")
        assert source.exists() or done
        removing(there)
        assert not source.exists()
        assert outputs(there / "out").keys() == {"a.mp4"}


# --- a door, at each step ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def yard():
    """A vault with a door, and a folder with a film."""
    with quick_folder() as root:
        (root / "in").mkdir()
        make_film(root / "in" / "film.mp4", SHORT)
        gate(root)
        yield root


def sealing(root: Path) -> None:
    options = ProtectOptions(keep=("event",))

    def work(memory):
        return DoorWork(
            lambda: open_door(root / "door.yb", root / "vault", memory="wanted"),
            lambda desk: Protector(desk, options, BLIND, None),
            memory,
            root / "vault" / "inbox",
            root / "state",
        )

    to_the_end(root / "in", root / "state", work)


def in_the_vault(root: Path) -> list[str]:
    """Let the owner start twice; return the names of what was sealed, and that nothing is wrong."""
    told: list[str] = []
    with owner(root / "vault", told):
        pass
    with owner(root / "vault", told) as vault:
        found = list(vault.rooms.catalogue.find())
        assert vault.rooms.shelf.marks() == []
        assert set(vault.rooms.shelf.names()) == {p.file_name for s in found for p in s.parts}
        vault.log.verify()
    assert told == []
    assert not list((root / "vault" / "inbox").glob("refused/*"))
    return sorted(name for stored in found for name in stored.info.source_names)


def door_judged(root: Path, *, owner_between: bool) -> None:
    if owner_between:
        with owner(root / "vault"):
            pass
    sealing(root)
    sealing(root)  # and a third run has nothing to do
    assert in_the_vault(root) == ["film.mp4"]
    assert list((root / "state" / "leaving").iterdir()) == []


@pytest.mark.parametrize("owner_between", [False, True], ids=["alone", "the owner takes in"])
def test_a_death_at_any_step_seals_each_file_once(yard, path, owner_between):
    steps = dies(lambda: sealing(copy(yard, path / "count")), None)
    print(f"sealing: {steps} steps on the disk")
    assert steps > 20
    for number in range(steps):
        there = copy(yard, path / str(number))
        dies(lambda there=there: sealing(there), number)
        door_judged(there, owner_between=owner_between)
        shutil.rmtree(there)


def door_broken_by(yard: Path, path: Path, *, owner_between: bool) -> bool:
    def at(number: int) -> None:
        there = copy(yard, path / str(number))
        dies(lambda: sealing(there), number)
        door_judged(there, owner_between=owner_between)

    return broken(dies(lambda: sealing(copy(yard, path / "count")), None), at)


def test_the_control_not_asking_whether_it_was_left_is_noticed(yard, path, monkeypatch):
    monkeypatch.setattr(DoorWork, "_left", lambda *_: False)
    assert door_broken_by(yard, path, owner_between=False)


def test_the_control_asking_the_inbox_alone_is_noticed(yard, path, monkeypatch):
    def left(self, desk, object_id):
        slip = first_slip(self._kept(object_id).read_bytes())
        return set(slip.bodies) <= desk.counter.inbox.claimed()

    monkeypatch.setattr(DoorWork, "_left", left)
    assert door_broken_by(yard, path, owner_between=True)


# --- kills at any moment -------------------------------------------------------------------------


class Post:
    """What keeps arriving while the watcher is killed: films, stills, and films that change."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root, self._chance = root, chance
        self.expected: dict[str, int] = {}
        (root / "in" / "deep").mkdir(parents=True)
        self._films = {
            n: make_film(root / f"{n}.mp4", Recipe(pts=tuple(range(0, 1001 * n, 1001))))
            for n in (6, 48, 90)
        }
        self._still = make_still(root / "still.jpg")

    def bring(self) -> None:
        number = len(self.expected)
        if number % 5 == 4:
            self._arrive(f"{number}.jpg", self._still, 1)
            return
        frames = self._chance.choice(list(self._films))
        self._arrive(f"deep/{number}.mp4", self._films[frames], frames)

    def change(self) -> None:
        """Put another content into the place of a film."""
        films = [name for name in self.expected if name.endswith(".mp4")]
        name = self._chance.choice(films)
        frames = self._chance.choice([n for n in self._films if n != self.expected[name]])
        self._arrive(name, self._films[frames], frames)

    def _arrive(self, name: str, source: Path, frames: int) -> None:
        hidden = self.root / "in" / ".arriving"
        shutil.copyfile(source, hidden)
        hidden.replace(self.root / "in" / name)
        self.expected[name] = frames


def whole_to_be_seen(root: Path) -> None:
    """Whatever copy is there now can be decoded to its end."""
    for path in outputs(root / "out").values():
        assert frames(path)


def killed(root: Path, seed: int, kills: int) -> tuple[int, list[str]]:
    """Kill the command so many times; return how many files it told of, and all of their names."""
    chance, told = random.Random(seed), []
    post, yingbi = Post(root, chance), command(root)
    for number in range(kills):
        post.bring()
        if number % 4 == 3:
            post.change()
        with started(yingbi, "in", "out", "--settle", "0.1", "--targets", "face") as running:
            if number % 4:
                running.said_of("watching 'in'")
            time.sleep(chance.uniform(0.0, 0.6))
            running.process.send_signal(signal.SIGKILL)
            out, _ = running.process.communicate()
        told += out.splitlines()
        whole_to_be_seen(root)
    yingbi("watch", "in", "out", "--settle", "0.1", "--targets", "face", "--once")
    home = root / ".local" / "share" / "yingbi"
    all_once(root, home, post.expected)
    print(
        f"seed {seed}: {kills} kills, {len(post.expected)} files, {len(told)} told of before the end"
    )
    return len(told), list(post.expected)


def test_twenty_kills_at_random_moments_mask_each_file_once_and_whole(path):
    told, files = killed(path, int(os.environ.get("YINGBI_SEED", "4711")), 20)
    assert told
    assert len(files) == 20


@pytest.mark.torture
def test_a_hundred_kills_at_random_moments_mask_each_file_once_and_whole(path):
    told, files = killed(path, random.SystemRandom().randrange(1 << 32), 100)
    assert told > 10
    assert len(files) == 100


@pytest.mark.torture
def test_a_hundred_kills_at_random_moments_seal_each_file_once(path):
    home, chance = path / "home", random.SystemRandom()
    (home / "in").mkdir(parents=True)
    yingbi = with_vault(home, "intl", **QUICK)
    camera = command(home, YINGBI_VAULT=str(home / "vault"))  # knows no passphrase
    yingbi("box", "create", "hall", "--level", "2")
    yingbi("box", "pass", "hall", "-o", "door.yb")
    still = make_still(home / "still.jpg")
    for number in range(100):
        shutil.copyfile(still, home / "in" / f"{number}.jpg")
        with started(camera, "in", "--door", "door.yb", "--settle", "0.1") as running:
            running.said_of("watching 'in'")
            time.sleep(chance.uniform(0.0, 0.8))
            running.process.send_signal(signal.SIGKILL)
            running.process.communicate()
        if number % 7 == 6:
            yingbi("list", "--box", "hall")  # the owner takes in what is there
    camera("watch", "in", "--door", "door.yb", "--settle", "0.1", "--once")
    found = yingbi("list", "--box", "hall", "--json").json
    told = [yingbi("inspect", one["id"], "--json").json["sources"] for one in found]
    assert sorted(name for (name,) in told) == sorted(f"{n}.jpg" for n in range(100))
    assert yingbi("box", "deliveries", "--json").json == []
    yingbi("verify")
