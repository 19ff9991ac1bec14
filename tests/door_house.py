"""A vault with a box and a door, and what is left at it: real parts, small content."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from vault_house import PASSPHRASE, new_vault
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.crossing import no_crossing
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import MaskedFilm, PartKind, RawFilm
from yingbi.domain.retention import RetentionClass
from yingbi.keys.door_file import DoorFile, read_door
from yingbi.seal.door import PartSealer
from yingbi.seal.masked import masked
from yingbi.seal.raw import raw
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.door_desk import open_door
from yingbi.usecases.doors import make_door
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.protect import Desk
from yingbi.usecases.vault import open_vault

FIRST, SECOND = b"the first film", b"the second film"
RAW = b"the original, as it was"
INFO = ObjectInfo(
    camera="gate", source_names=("evening.mp4",), media_types={"masked": "video/mp4"}, to_s=2.0
)


@contextmanager
def owner(path: Path, tell=None, **given):
    told = [] if tell is None else tell
    with open_vault(path, lambda: PASSPHRASE, memory="wanted", tell=told.append, **given) as vault:
        yield vault


@dataclass
class Gate:
    """A vault, one of its boxes, and a door of that box."""

    vault: Path
    box: Box
    door: Path

    @property
    def file(self) -> DoorFile:
        return read_door(self.door)

    def leave(self, given: DoorFile | None = None, **wanted) -> UUID:
        """Leave an object at the door, or at one that a file of other content makes."""
        door = self.door
        if given is not None:
            door = self.door.with_name(f"{new_id()}.yb")
            door.touch(mode=0o600)
            door.write_bytes(given.encode())
        return leave(self.vault, door, **wanted)

    def found(self, tell=None) -> list[UUID]:
        with owner(self.vault, tell) as vault:
            return [stored.object_id for stored in vault.rooms.catalogue.find()]

    @property
    def waiting(self) -> list[Path]:
        return sorted((self.vault / "inbox").glob("*.yd"))

    @property
    def refused(self) -> list[Path]:
        return sorted((self.vault / "inbox" / "refused").glob("*.yd"))

    @property
    def bodies(self) -> set[Path]:
        return set((self.vault / "objects").glob("??/*"))


def gate(path: Path, suite: str = "intl", level: Level = Level.OBSCURED, **policy) -> Gate:
    path.mkdir(exist_ok=True)
    vault, door = new_vault(path / "vault", suite), path / "door.yb"
    with owner(vault) as opened:
        box = create_box(opened, "hall", BoxPolicy(level, **policy))
        make_door(opened, box, door, days=3)
    return Gate(vault, box, door)


def leave(
    vault: Path,
    door: Path,
    *,
    object_id: UUID | None = None,
    now: datetime | None = None,
    seam=None,
    kinds: tuple[PartKind, ...] = (),
    info: ObjectInfo = INFO,
    retention: RetentionClass = RetentionClass.USUAL,
) -> UUID:
    """Leave an object of a film in two segments and empty records; at level 1 records alone."""
    at = now or datetime.now(UTC)
    chosen = object_id or new_id()
    given = {"memory": "wanted", "retention": retention, "crossing": seam or no_crossing}
    with open_door(door, vault, **given) as desk:
        if seam is not None:
            seam.armed = True
        fill(desk, chosen, at, kinds, info)
    return chosen


def fill(desk: Desk, object_id: UUID, now: datetime, kinds, info: ObjectInfo) -> None:
    """Hand in small content of the kinds."""
    door = desk.door(object_id, now)
    if not kinds:
        usual = {Level.STRUCTURED_ONLY: (PartKind.RECORDS,)}
        kinds = usual.get(door.level, (PartKind.MASKED, PartKind.RECORDS))
    with desk.writer(door, now, None) as writer:
        for kind in kinds:
            sealer = PartSealer(door, kind)
            match kind:
                case PartKind.RECORDS:
                    page = next(pack([], (0.0, 2.0), 4096, ("none",)))
                    writer.add(kind, records(sealer, page), to_s=2.0)
                case PartKind.RAW:
                    writer.add(kind, raw(sealer, RawFilm(RAW, "video/mp4", ("none",))), to_s=2.0)
                case _:
                    for n, content in enumerate((FIRST, SECOND)):
                        film = MaskedFilm(content, "video/mp4", float(n), n + 1.0, ("none",))
                        writer.add(kind, masked(sealer, film), from_s=float(n), to_s=n + 1.0)
        writer.commit(info, now=now, facts=desk.facts)


def opened_film(vault, object_id: UUID, out: Path) -> bytes:
    open_object(vault, Wish(object_id, PartKind.MASKED), out, force=True)
    return out.read_bytes()


def hand_in(path: Path) -> UUID:
    """Protect the same as the vault's owner does, beside its doors."""
    object_id, now = new_id(), datetime.now(UTC)
    with owner(path) as vault:
        (box,) = vault.boxes.boxes()
        fill(OwnDesk(vault, box), object_id, now, (), INFO)
    return object_id


def must_be_whole(gate: Gate, out: Path, own: int = 0) -> set[UUID]:
    """Start the vault, hold it to every promise about what doors leave, return what it holds.

    own: how many objects came from no door.
    """
    told: list[str] = []
    with owner(gate.vault, told):
        assert told == []
    with owner(gate.vault, told) as vault:  # a second start has nothing to do
        assert told == []
        rooms = vault.rooms
        listed = {stored.object_id: stored for stored in rooms.catalogue.find()}
        for object_id in listed:
            assert opened_film(vault, object_id, out) == FIRST + SECOND
        assert rooms.shelf.marks() == []
        named = {part.file_name for stored in listed.values() for part in stored.parts}
        assert set(rooms.shelf.names()) == named
        assert rooms.locks.object_ids() == set(listed)
        left = {entry.name for entry in (gate.vault / "inbox").glob("*")}
        assert left <= {"lock"}
        deeds = [entry.deed for entry in vault.log.entries()]
        told_of = [deed.object_id for deed in deeds if deed.action is Action.PROTECTED]
        assert sorted(told_of) == sorted(listed)
        delivered = [deed.object_id for deed in deeds if deed.action is Action.DELIVERED]
        assert len(delivered) == len(set(delivered)) == len(listed) - own
        vault.log.verify()
    return set(listed)
