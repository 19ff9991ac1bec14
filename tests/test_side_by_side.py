"""Several processes at one vault: two that write, each into a box of its own, and one that reads."""

import os
import time
from contextlib import suppress
from uuid import UUID

import pytest

from crash_house import FILM, NOW, Scene, hand_in, quick_folder
from door_house import opened_film, owner
from yingbi.domain.ids import new_id
from yingbi.domain.report import Quiet
from yingbi.errors import NoSuchObjectError, ObjectErasedError, VaultLockedError
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.verify import verify

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # it ends at once

SECONDS = 6.0


def writes(scene: Scene, box: str, tell) -> None:
    """Take in two objects and erase one of them, again and again, for some seconds."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        made = [new_id(), new_id()]
        with suppress(VaultLockedError), owner(scene.path, by_time=False) as vault:
            for object_id in made:
                hand_in(vault, scene.boxes[box], object_id, NOW)
                tell("made", object_id)
            tell("going", made[1])  # decided may be finished later, where a reader is in the way
            erase_objects(vault, made[1:])
            tell("gone", made[1])


def child(scene: Scene, box: str) -> tuple[int, int]:
    reads_from, writes_to = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            writes(scene, box, lambda word, one: os.write(writes_to, f"{word} {one}\n".encode()))
            status = 0
        finally:
            os._exit(status)
    os.close(writes_to)
    return process, reads_from


def test_who_reads_beside_two_who_write_reads_nothing_wrong(tmp_path):
    with quick_folder() as folder:
        scene = Scene.made(folder)
        children = [child(scene, box) for box in ("hall", "people")]
        rounds = looked = 0
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            rounds += 1
            with suppress(VaultLockedError), owner(scene.path, by_time=False) as vault:
                for stored in list(vault.rooms.catalogue.all())[-4:]:
                    with suppress(ObjectErasedError, NoSuchObjectError):
                        assert opened_film(vault, stored.object_id, tmp_path / "out") == FILM
                        looked += 1
                if rounds % 4 == 0:
                    assert verify(vault, None, Quiet()).broken == ()
        told = {"made": set(), "going": set(), "gone": set()}
        for process, reads_from in children:
            assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
            with os.fdopen(reads_from) as source:
                for line in source:
                    word, one = line.split()
                    told[word].add(UUID(one))
        print(f"{len(told['made'])} made, {len(told['gone'])} erased, {looked} opened beside them")
        assert told["gone"]
        assert looked
        with owner(scene.path, by_time=False) as vault:
            there = {stored.object_id for stored in vault.rooms.catalogue.all()}
            assert told["made"] - told["going"] <= there
            for one in told["made"] - there:
                assert vault.rooms.catalogue.erasure(one) is not None
            assert not told["gone"] & there
            assert verify(vault, None, Quiet()).broken == ()
