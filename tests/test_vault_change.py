"""Changing an object: at every boundary it is the old one or the new one, and nothing else is left."""

import os
import shutil

import pytest

from test_vault_crash import DIED, FINISHED, Seam, StruckError, death, fault
from vault_house import NOW, make_vault, open_vault, segment
from yingbi.db.schema import dying_locks
from yingbi.db.sql import select
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.errors import NoSuchObjectError, ObjectErasedError
from yingbi.store.check import check
from yingbi.store.erase import erase, settle
from yingbi.store.replace import Change, Piece, change
from yingbi.store.stored import ObjectInfo


class Scene:
    """A vault with an object of masked film, records and two people's own films."""

    def __init__(self, path):
        self.path = make_vault(path)
        with open_vault(self.path) as house:
            box = house.new_box()
            with house.writer(box) as writer:
                writer.add(PartKind.MASKED, segment(0, b"film"))
                writer.add(PartKind.RECORDS, segment(0, b"old records"))
                for number, track in enumerate((1, 2, 1)):
                    writer.add(PartKind.ROI, segment(number, b"person %d" % track), track=track)
                self.stored = writer.commit(ObjectInfo(camera="door"), now=NOW)
            self.bystander = house.protect(box)
            index = house.rooms.catalogue.segments_of(self.stored.object_id, PartKind.ROI)
            self.hers = frozenset(one.segment_id for one in index if one.track == 1)

    def run(self, path, seam):
        pieces = [Piece(segment(0, b"new records"), 0.0, 4.0)]
        wanted = Change(Action.PERSON_ERASED, {PartKind.RECORDS: pieces}, self.hers)
        with open_vault(path, crossing=seam) as house:
            seam.armed = True
            change(house.rooms, house.rooms.catalogue.get(self.stored.object_id), wanted, now=NOW)
            seam.armed = False


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return Scene(tmp_path_factory.mktemp("change") / "vault")


def state(scene, path) -> str:
    """Settle the vault, hold it to every promise, and say which of the two the object is."""
    with open_vault(path) as house:
        settle(house.rooms, now=NOW)
        rooms = house.rooms
        stored = rooms.catalogue.get(scene.stored.object_id)
        body = house.body(stored, PartKind.RECORDS)
        new = body == b"new records"
        assert new or body == b"old records"
        named, people = set(), []
        for part in stored.parts:
            for one in rooms.catalogue.segments_of(stored.object_id, part.kind):
                if one.erased:
                    people.append(one.segment_id)
                else:
                    named.add(one.segment_id)
        assert set(people) == (scene.hers if new else set())
        assert set(rooms.locks.locks_of(stored.object_id)) == named
        files = {p.file_name for o in rooms.catalogue.all() for p in o.parts}
        assert set(rooms.shelf.names()) == files
        assert not rooms.shelf.marks()
        with rooms.catalogue_db.read() as unit:
            assert unit.all(select(dying_locks)) == []
        assert check(rooms.catalogue, rooms.told()) == 2
        assert house.body(scene.bystander) == b"firstsecond"
    return "new" if new else "old"


def boundaries(scene, path):
    shutil.copytree(scene.path, path)
    seam = Seam()
    scene.run(path, seam)
    return seam.names


def decided(names):
    """The second commit of the catalogue is the decision; the first writes down what is on its way."""
    return [n for n, name in enumerate(names) if name == "catalogue.db: committed"][1]


def test_a_change_takes_what_it_names_and_nothing_else(scene, tmp_path):
    names = boundaries(scene, tmp_path / "v")
    print(f"change: {len(names)} boundaries")
    assert state(scene, tmp_path / "v") == "new"


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_a_fault_at_any_boundary_leaves_the_old_or_the_new(scene, tmp_path, lasting):
    names = boundaries(scene, tmp_path / "count")
    for number, name in enumerate(names):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        with pytest.raises(StruckError):
            scene.run(path, Seam(number, strike=fault, lasting=lasting))
        assert state(scene, path) == ("new" if number >= decided(names) else "old"), name


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the child only dies
def test_a_death_at_any_boundary_leaves_the_old_or_the_new(scene, tmp_path):
    names = boundaries(scene, tmp_path / "count")
    for number, name in enumerate(names):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        child = os.fork()
        if child == 0:
            try:
                scene.run(path, Seam(number, strike=death))
            finally:
                os._exit(FINISHED)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
        assert state(scene, path) == ("new" if number >= decided(names) else "old"), name


def test_an_object_that_was_erased_meanwhile_is_not_changed(scene, tmp_path):
    shutil.copytree(scene.path, tmp_path / "v")
    with open_vault(tmp_path / "v") as house:
        stored = house.rooms.catalogue.get(scene.stored.object_id)
        erase(house.rooms, stored.object_id, now=NOW)
        pieces = {PartKind.RECORDS: [Piece(segment(0, b"late"))]}
        with pytest.raises((NoSuchObjectError, ObjectErasedError)):
            change(house.rooms, stored, Change(Action.REMASKED, pieces), now=NOW)
        assert house.rooms.locks.locks_of(stored.object_id) == {}


def test_the_control_a_change_that_destroys_before_it_decides_is_found(
    scene, tmp_path, monkeypatch
):
    from yingbi.store import replace as module

    def early(self, old, now, true=module._Run.commit):
        module._destroy(self.rooms, self.stored.object_id, old)
        return true(self, old, now)

    monkeypatch.setattr(module._Run, "commit", early)
    names = boundaries(scene, tmp_path / "count")
    broken = 0
    for number in range(len(names)):
        path = tmp_path / str(number)
        shutil.copytree(scene.path, path)
        with pytest.raises(StruckError):
            scene.run(path, Seam(number, strike=fault, lasting=True))
        try:
            state(scene, path)
        except AssertionError:
            broken += 1
    assert broken
