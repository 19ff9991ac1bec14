"""An original that is withheld while it is written: whatever strikes, no lock of it was ever kept."""

import os
import shutil
from pathlib import Path

import pytest

from test_vault_crash import DIED, FINISHED, Scene, Seam, StruckError, death, fault, must_be_whole
from vault_house import NOW, open_vault, segment
from yingbi.domain.part import PartKind
from yingbi.store.stored import ObjectInfo

OWN = [segment(number, b"somebody %d" % number) for number in range(2)]
"""Two segments of people's own films, the same in every run."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene(tmp_path_factory.mktemp("drop") / "vault")


def withhold(scene: Scene, path: Path, seam: Seam, *, kept: bool = False) -> None:
    """Write film and people's own films by turns; then let go of these, or not."""
    with open_vault(path, crossing=seam) as house:
        seam.armed = True
        with house.writer(scene.box, scene.new) as writer:
            for number, content in enumerate((b"first", b"second")):
                writer.add(PartKind.MASKED, segment(number, content))
                writer.add(PartKind.ROI, OWN[number], track=1)
            if not kept:
                writer.drop(PartKind.ROI)
            writer.commit(ObjectInfo(camera="gate"), now=NOW)
        seam.armed = False


def locks_of(scene: Scene, path: Path) -> set:
    """Return whose locks the key database has of the new object, settled or not."""
    with open_vault(path) as house:
        locks = house.rooms.locks
        return set(locks.locks_of(scene.new)) if locks.holds(scene.new) else set()


def test_a_part_that_is_let_go_of_is_nowhere_and_the_rest_is_whole(scene, tmp_path):
    own = {one.segment_id for one in OWN}
    for kept in (False, True):
        path = tmp_path / str(kept)
        shutil.copytree(scene.path, path)
        withhold(scene, path, Seam(), kept=kept)
        assert (own <= locks_of(scene, path)) is kept, "kept is the control"
        lies = any(b"somebody" in one.read_bytes() for one in (path / "objects").glob("??/*"))
        assert lies is kept
    assert must_be_whole(scene, tmp_path / "False") == {"kept", "doomed", "gate"}


def test_to_let_go_of_what_was_never_written_is_nothing(scene, tmp_path):
    shutil.copytree(scene.path, tmp_path / "v")
    with open_vault(tmp_path / "v") as house, house.writer(scene.box) as writer:
        writer.add(PartKind.MASKED, segment(0, b"first"))
        writer.drop(PartKind.ROI)
        stored = writer.commit(ObjectInfo(), now=NOW)
    assert [part.kind for part in stored.parts] == [PartKind.MASKED]


@pytest.mark.parametrize("strike", [fault, death])
def test_at_every_boundary_nobody_gets_a_lock_of_what_is_withheld(scene, tmp_path, strike):
    shutil.copytree(scene.path, tmp_path / "count")
    counting = Seam()
    withhold(scene, tmp_path / "count", counting)
    assert "shelf: unlink" in counting.names
    own = {one.segment_id for one in OWN}
    for at in range(len(counting.names)):
        path = tmp_path / f"at{at}"
        shutil.copytree(scene.path, path)
        assert struck(scene, path, Seam(at, strike=strike)), counting.names[at]
        assert not own & locks_of(scene, path)
        assert {"kept", "doomed"} <= must_be_whole(scene, path)
        lies = any(b"somebody" in one.read_bytes() for one in (path / "objects").glob("??/*"))
        assert not lies
        shutil.rmtree(path)


def struck(scene: Scene, path: Path, seam: Seam) -> bool:
    """Run in a child that the strike may kill; return whether it did not end well."""
    child = os.fork()
    if child == 0:
        status = FINISHED
        try:
            withhold(scene, path, seam)
        except StruckError:
            status = DIED
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
