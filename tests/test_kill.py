"""`kill -9` at random moments while a process protects, erases, sweeps and rotates."""

import os
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from crash_house import FILM, NOW, Scene, hand_in, nothing_is_left_over, quick_folder
from door_house import opened_film, owner
from yingbi.domain.ids import new_id
from yingbi.domain.report import Quiet
from yingbi.errors import NoSuchObjectError, ObjectErasedError
from yingbi.store.writer import ObjectWriter
from yingbi.usecases.erase import erase_objects, make_final
from yingbi.usecases.keys import rotate_box, rotate_epochs, rotate_root
from yingbi.usecases.sweep import sweep, tell_nobody
from yingbi.usecases.verify import verify

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # it is killed


def works(scene: Scene, acknowledge) -> None:
    """Do everything in turn, for ever; acknowledge what is done and not before."""
    turn = 0
    while True:
        turn += 1
        made = [new_id(), new_id()]
        with owner(scene.path, by_time=False) as vault:
            for object_id in made:
                hand_in(vault, scene.boxes["hall"], object_id, NOW)
                acknowledge("made", object_id)
            acknowledge("going", made[1])
            erase_objects(vault, [made[1]])
            acknowledge("gone", made[1])
        with owner(scene.path, by_time=False, alone=True) as vault:
            match turn % 4:
                case 0:
                    sweep(vault, NOW, tell_nobody, clock_is_right=True)
                case 1:
                    make_final(vault, tell_nobody)
                case 2:
                    rotate_root(vault)
                    rotate_box(vault, "hall")
                case 3:
                    rotate_epochs(vault, "people")


@dataclass
class Said:
    """What a child acknowledged before it died."""

    made: set[UUID] = field(default_factory=set)
    going: set[UUID] = field(default_factory=set)
    gone: set[UUID] = field(default_factory=set)

    def take(self, text: bytes) -> None:
        for line in text.splitlines(keepends=True):
            if line.endswith(b"\n"):
                word, _, name = line.decode().strip().partition(" ")
                getattr(self, word).add(UUID(name))


def killed(scene: Scene, after_s: float, said: Said) -> int:
    """Let a child work for so long, kill it, and return how many deeds it acknowledged."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            works(scene, lambda word, one: os.write(writes, f"{word} {one}\n".encode()))
        finally:
            os._exit(1)
    os.close(writes)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reads, "rb") as source:
        text = source.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    said.take(text)
    return text.count(b"\n")


def must_hold(scene: Scene, said: Said, out: Path) -> None:
    told: list[str] = []
    with owner(scene.path, told, by_time=False, alone=True) as vault:
        assert told == []
        for object_id in said.made - said.going:
            assert opened_film(vault, object_id, out) == FILM
        for object_id in said.gone:
            with pytest.raises(ObjectErasedError):
                vault.rooms.catalogue.get(object_id)
        for stored in vault.rooms.catalogue.all():
            assert opened_film(vault, stored.object_id, out) == FILM
        nothing_is_left_over(vault)
        assert verify(vault, None, Quiet()).broken == ()
        erase_objects(
            vault, sorted(said.made - said.going)
        )  # and it goes on; the vault stays small


def kills(count: int, seed: int) -> int:
    """Kill so many children; return how many deeds they acknowledged."""
    chance, deeds = random.Random(seed), 0
    with quick_folder() as folder:
        scene = Scene.made(folder)
        for _ in range(count):
            said = Said()
            deeds += killed(scene, chance.uniform(0.0, 0.6), said)
            must_hold(scene, said, folder / "out")
    print(f"seed {seed}: {count} kills, {deeds} deeds acknowledged")
    return deeds


def test_twenty_kills_lose_nothing_that_was_acknowledged():
    assert kills(20, seed=int(os.environ.get("YINGBI_SEED", "4711"))) > 20


@pytest.mark.torture
def test_two_hundred_kills_lose_nothing_that_was_acknowledged():
    assert kills(200, seed=random.SystemRandom().randrange(1 << 32)) > 200


def test_the_control_an_acknowledgement_before_the_commit_is_caught(monkeypatch):
    real, early = ObjectWriter.commit, []

    def hasty(self, info, *, now, facts=None):
        for acknowledge in early:
            acknowledge("made", self._object_id)
            time.sleep(0.05)  # a slow disk
        return real(self, info, now=now, facts=facts)

    def works_hastily(scene, acknowledge, true=works):
        early.append(acknowledge)
        true(scene, lambda word, one: None if word == "made" else acknowledge(word, one))

    monkeypatch.setattr(ObjectWriter, "commit", hasty)
    monkeypatch.setitem(globals(), "works", works_hastily)
    with pytest.raises(NoSuchObjectError):
        kills(40, seed=1)
