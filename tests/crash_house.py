"""One vault with something of everything, the commands that change it, and what must hold after."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest

from door_house import FIRST, INFO, SECOND, leave, opened_film, owner
from test_vault_crash import DIED, FINISHED, Seam, death, fault
from vault_house import new_vault
from yingbi.db.schema import dying_locks
from yingbi.db.sql import select
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.crossing import no_crossing
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.domain.part import MaskedFilm, PartKind, RoiFilm
from yingbi.domain.report import Quiet
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.errors import NoSuchObjectError, ObjectErasedError
from yingbi.seal.door import PartSealer
from yingbi.seal.masked import masked
from yingbi.seal.records import records
from yingbi.seal.roi import roi
from yingbi.store.erase import Settled, settle
from yingbi.store.replace import Change, Piece, change
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.doors import make_door
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.forget import erase_subject
from yingbi.usecases.keys import make_shares, rotate_box, rotate_epochs, rotate_root
from yingbi.usecases.opened import Vault
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.person import _sealer
from yingbi.usecases.subject import add_subject, link
from yingbi.usecases.sweep import sweep, tell_nobody
from yingbi.usecases.verify import verify

NOW = datetime.now(UTC)
FILM = FIRST + SECOND
OLD, NEW = 4096, 8192
"""The record segments of before and after a change are told apart by their fixed sizes."""


def film_of(sealer: PartSealer, writer) -> None:
    for n, content in enumerate((FIRST, SECOND)):
        piece = MaskedFilm(content, "video/mp4", float(n), n + 1.0, ("none",))
        writer.add(PartKind.MASKED, masked(sealer, piece), from_s=float(n), to_s=n + 1.0)


def hand_in(vault: Vault, box: Box, object_id: UUID, at: datetime, tracks=()) -> None:
    """Protect a film of two segments, its records, and people's own films, as the owner does."""
    desk = OwnDesk(vault, box)
    door = desk.door(object_id, at)
    with desk.writer(door, at, INFO.camera) as writer:
        film_of(PartSealer(door, PartKind.MASKED), writer)
        page = next(pack([], (0.0, 2.0), OLD, ("none",)))
        writer.add(PartKind.RECORDS, records(PartSealer(door, PartKind.RECORDS), page), to_s=2.0)
        own = PartSealer(door, PartKind.ROI) if tracks else None
        for track in tracks:
            film = RoiFilm(b"person %d" % track, track, 0.0, 2.0, ("biometric.face",))
            writer.add(PartKind.ROI, roi(own, film), to_s=2.0, track=track)
        writer.commit(INFO, now=at, facts=desk.facts)


@dataclass
class Scene:
    """A vault: an object that stays and one for each way to go; a delivery for whoever wants it."""

    path: Path
    boxes: dict[str, Box] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    hers: frozenset[UUID] = frozenset()

    @classmethod
    def made(cls, folder: Path) -> "Scene":
        scene = cls(new_vault(folder / "vault"))
        with clock_at(NOW - timedelta(days=60)), owner(scene.path, by_time=False) as vault:
            month = Retention.of([(RetentionClass.USUAL, 30)])
            scene.boxes["hall"] = create_box(
                vault, "hall", BoxPolicy(Level.OBSCURED, retention=month)
            )
            wanted = BoxPolicy(
                Level.RAW_ON_RELEASE, raw=RawPolicy.PARTS, raw_export=RawExport.OWNER
            )
            scene.boxes["people"] = create_box(vault, "people", wanted)
            scene.put(vault, "expired", "hall", NOW - timedelta(days=40))
        with owner(scene.path, by_time=False) as vault:
            for name in ("kept", "doomed", "hers"):
                scene.put(vault, name, "hall", NOW)
            scene.put(vault, "changed", "people", NOW, tracks=(1, 2, 1))
            woman = add_subject(vault, "Somebody", minor=False, contact="")
            link(vault, woman, scene.ids["hers"], track=None)
            index = vault.rooms.catalogue.segments_of(scene.ids["changed"], PartKind.ROI)
            scene.hers = frozenset(one.segment_id for one in index if one.track == 1)
            make_door(vault, scene.boxes["hall"], scene.door, days=3)
        scene.ids["new"] = new_id()
        return scene

    @property
    def door(self) -> Path:
        return self.path.parent / "door.yb"

    def put(self, vault: Vault, name: str, box: str, at: datetime, tracks=()) -> None:
        self.ids[name] = new_id(int(at.timestamp() * 1000))
        hand_in(vault, self.boxes[box], self.ids[name], at, tracks)

    def with_delivery(self, folder: Path) -> "Scene":
        """Return a copy where a door's delivery waits."""
        folder.mkdir()
        shutil.copytree(self.path, folder / "vault")
        shutil.copy2(self.door, folder / "door.yb")
        there = Scene(folder / "vault", self.boxes, dict(self.ids), self.hers)
        there.ids["waits"] = leave(there.path, there.door)
        return there


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory, where there is such: what a disk keeps is judged without one."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@contextmanager
def clock_at(now: datetime) -> Iterator[None]:
    """Let the use cases read this clock."""

    class Clock(datetime):
        @classmethod
        def now(cls, _zone=None):
            return now

    with pytest.MonkeyPatch.context() as patch:
        for module in ("vault", "sweep", "box", "erase"):
            patch.setattr(f"yingbi.usecases.{module}.datetime", Clock)
        yield


# --- commands ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """A use case on an open vault.

    decides: after how many commits of the catalogue it counts; 0 where it changes no object.
    adds, takes: the objects that it brings or removes then.
    """

    run: Callable[[Scene, Vault], object]
    decides: int
    adds: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    at_start: bool = False


def run_protect(scene: Scene, vault: Vault) -> None:
    hand_in(vault, scene.boxes["hall"], scene.ids["new"], NOW)


def run_erase(scene: Scene, vault: Vault) -> None:
    erase_objects(vault, [scene.ids["doomed"]])


def run_sweep(_scene: Scene, vault: Vault) -> None:
    sweep(vault, NOW + timedelta(days=2), tell_nobody, clock_is_right=True)


def run_person(_scene: Scene, vault: Vault) -> None:
    for woman in vault.people.subjects.all():
        erase_subject(vault, woman, forget_too=True, sight_of=pytest.fail)


def run_change(scene: Scene, vault: Vault) -> None:
    stored = vault.rooms.catalogue.get(scene.ids["changed"])
    page = next(pack([], (0.0, 2.0), NEW, ("none",)))
    pieces = [Piece(records(_sealer(vault, stored, PartKind.RECORDS), page), 0.0, 2.0)]
    wanted = Change(Action.PERSON_ERASED, {PartKind.RECORDS: pieces}, scene.hers)
    change(vault.rooms, stored, wanted, now=NOW)


def run_rotate_root(_scene: Scene, vault: Vault) -> None:
    rotate_root(vault)


def run_rotate_box(_scene: Scene, vault: Vault) -> None:
    rotate_box(vault, "hall")


def run_rotate_epochs(_scene: Scene, vault: Vault) -> None:
    rotate_epochs(vault, "people")


def run_shares(_scene: Scene, vault: Vault) -> None:
    make_shares(vault, 2, 3)


def run_nothing(_scene: Scene, _vault: Vault) -> None:
    """An opening alone: what waits is taken in."""


COMMANDS = {
    "protect": Command(run_protect, 1, adds=("new",)),
    "erase": Command(run_erase, 1, takes=("doomed",)),
    "sweep": Command(run_sweep, 2, takes=("expired",)),
    "person": Command(run_person, 1, takes=("hers",)),
    "change": Command(run_change, 2),
    "rotate-root": Command(run_rotate_root, 0),
    "rotate-box": Command(run_rotate_box, 0),
    "rotate-epochs": Command(run_rotate_epochs, 0),
    "recovery": Command(run_shares, 0),
    "start": Command(run_nothing, 0, at_start=True),
}


def run(scene: Scene, name: str, path: Path, seam=no_crossing) -> None:
    """Open the copy and run the command in it, armed from its first step to its last."""
    command = COMMANDS[name]
    armed = isinstance(seam, Seam)
    if armed:
        seam.armed = command.at_start
    with owner(path, crossing=seam, by_time=False, alone=True) as vault:
        if armed:
            seam.armed = True
        try:
            command.run(scene, vault)
        finally:
            if armed:
                seam.armed = False


def boundaries(scene: Scene, name: str, path: Path) -> list[str]:
    seam = Seam()
    run(scene, name, Path(shutil.copytree(scene.path, path)), seam)
    return seam.names


def fail(scene: Scene, name: str, path: Path, number: int) -> None:
    """Let the step fail once; who caught it says so with an error of his own, or goes on."""
    struck = []

    def strike() -> None:
        struck.append(number)
        fault()

    try:
        run(scene, name, path, Seam(number, strike=strike))
    except Exception:  # noqa: BLE001  the vault is judged, not the error
        assert struck
    assert struck == [number]


def die(scene: Scene, name: str, path: Path, number: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            run(scene, name, path, Seam(number, strike=death))
        finally:
            os._exit(FINISHED)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED


# --- promises ------------------------------------------------------------------------------------


def must_be_whole(scene: Scene, name: str, path: Path, crossed: list[str]) -> None:
    """Open the vault again and hold it to every promise; then run the command once more."""
    command, told = COMMANDS[name], list[str]()
    decided = command.decides and crossed.count("catalogue.db: commit") >= command.decides
    with owner(path, told, by_time=False, alone=True) as vault:
        assert told == []
        assert settle(vault.rooms, now=NOW) == Settled()
        there = {"kept", "doomed", "hers", "changed", "expired"} | scene.ids.keys() & {"waits"}
        if decided:
            there = there - set(command.takes) | set(command.adds)
        found = {stored.object_id for stored in vault.rooms.catalogue.find()}
        assert found == {scene.ids[one] for one in there}, name
        all_opens(scene, vault, path, decided=bool(decided and name == "change"))
        nothing_is_left_over(vault)
        checked = verify(vault, None, Quiet())
        assert (checked.broken, checked.refused, checked.waiting) == ((), (), ())
        again = replace(scene, ids=scene.ids | {"new": new_id()})
        try:
            command.run(again, vault)
        except (ObjectErasedError, NoSuchObjectError):
            assert decided
        verify(vault, None, Quiet())


def all_opens(scene: Scene, vault: Vault, path: Path, *, decided: bool) -> None:
    for stored in vault.rooms.catalogue.find():
        out = path.parent / f"{path.name}.out"
        assert opened_film(vault, stored.object_id, out) == FILM
        index = [
            one
            for part in stored.parts
            for one in vault.rooms.catalogue.segments_of(stored.object_id, part.kind)
        ]
        living = {one.segment_id for one in index if not one.erased}
        assert set(vault.rooms.locks.locks_of(stored.object_id)) == living
        if stored.object_id == scene.ids["changed"]:
            size = stored.part(PartKind.RECORDS).size
            assert (size > NEW) == decided
            erased = {one.segment_id for one in index if one.erased}
            assert erased == (scene.hers if decided else set())


def nothing_is_left_over(vault: Vault) -> None:
    rooms = vault.rooms
    named = {part.file_name for stored in rooms.catalogue.all() for part in stored.parts}
    assert set(rooms.shelf.names()) == named
    assert rooms.shelf.marks() == []
    assert rooms.locks.object_ids() == rooms.catalogue.known_ids()
    assert rooms.catalogue.unfinished_erasures() == []
    assert vault.keystore.is_whole
    with rooms.catalogue_db.read() as unit:
        assert unit.all(select(dying_locks)) == []
    inbox = vault.folder.inbox
    assert {one.name for one in inbox.glob("*")} <= {"lock"}
