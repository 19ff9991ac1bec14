"""A vault worth attacking, and what an owner finds when he comes back to it.

The attacker has the folder and writes what he likes; sometimes he holds a key. The
owner then starts the vault (which also settles what a crash left: a mark lies there),
opens everything and verifies. `Found` is what he got; `judge` holds it to the promises.
"""

import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from door_house import owner
from vault_house import make_vault
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.domain.part import MaskedFilm, PartKind, RawFilm
from yingbi.domain.record_page import Page, page_lines
from yingbi.domain.report import Quiet
from yingbi.domain.subject import FIELDS, Basis
from yingbi.errors import YingbiError
from yingbi.seal.door import PartSealer
from yingbi.seal.masked import masked
from yingbi.seal.raw import raw
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.consent import add_consent, withdraw
from yingbi.usecases.doors import make_door, revoke_door
from yingbi.usecases.erase import erase_objects, receipt_of
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.subject import add_subject, link
from yingbi.usecases.verify import verify

KINDS = (PartKind.MASKED, PartKind.RECORDS, PartKind.RAW)
DATABASES = ("catalogue.db", "keys.db")
MARK = "00112233445566aa.open"

Part = tuple[UUID, PartKind]


@dataclass(frozen=True)
class Scene:
    """A vault, an older copy of it, and what it holds. `hall` gives originals out, `yard` never."""

    vault: Path
    before: Path
    hall: Box
    yard: Box
    first: UUID
    second: UUID
    other: UUID
    erased: UUID
    people: tuple[UUID, ...]
    contents: dict[Part, bytes] = field(repr=False)
    forbidden: frozenset[Part]

    @property
    def looked_at(self) -> list[Part]:
        """What the owner opens; `verify` looks at all."""
        some = [(self.second, PartKind.MASKED), (self.other, PartKind.RAW)]
        return [*((self.first, kind) for kind in KINDS), *some, (self.erased, PartKind.RAW)]


@dataclass
class Found:
    """What the owner found: clear bytes or a code for each part, and what `verify` said."""

    started: str = ""
    parts: dict[Part, bytes | str] = field(default_factory=dict)
    verified: str = ""
    receipt: str = ""
    left: bool = False


def make_scene(root: Path, suite: str) -> Scene:
    root.mkdir()
    path, free = make_vault(root / "vault", suite), RawExport.OWNER
    given = BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE, raw_export=free)
    shut = BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE, raw_export=RawExport.NEVER)
    contents: dict[Part, bytes] = {}
    with owner(path) as vault:
        hall, yard = create_box(vault, "hall", given), create_box(vault, "yard", shut)
        door = make_door(vault, hall, root / "first.yb", days=3)
        ids = [hand_in(vault, box, contents) for box in (hall, hall, yard, hall)]
        ada, bea = (add_subject(vault, name, minor=False, contact="") for name in ("Ada", "Bea"))
        agreed = [consent(vault, one) for one in (ada, bea)]
        link(vault, ada, ids[0], track=None)
        link(vault, bea, ids[1], track=None)
    before = root / "before"
    shutil.copytree(path, before)
    with owner(path) as vault:
        erase_objects(vault, [ids[3]])
        withdraw(vault, agreed[0])
        revoke_door(vault, door.device_id)
        make_door(vault, hall, root / "second.yb", days=3)
    for database in DATABASES:
        closed(path / database)
        closed(before / database)
    forbidden = frozenset({(ids[2], PartKind.RAW)} | {(ids[3], kind) for kind in KINDS})
    people = (ada.subject_id, bea.subject_id)
    return Scene(path, before, hall, yard, *ids, people, contents, forbidden)


def hand_in(vault, box: Box, contents: dict[Part, bytes]) -> UUID:
    """Protect content that is nobody else's."""
    object_id, now, desk = new_id(), datetime.now(UTC), OwnDesk(vault, box)
    door = desk.door(object_id, now)
    films = [b"film %d of %s " % (n, object_id.bytes) * 20 for n in range(2)]
    original = b"the original of " + object_id.bytes * 9
    with desk.writer(door, now, "gate") as writer:
        sealer = PartSealer(door, PartKind.MASKED)
        for n, content in enumerate(films):
            film = MaskedFilm(content, "video/mp4", float(n), n + 1.0, ("none",))
            writer.add(PartKind.MASKED, masked(sealer, film), from_s=float(n), to_s=n + 1.0)
        page = next(pack([], (0.0, 2.0), 4096, ("none",)))
        writer.add(PartKind.RECORDS, records(PartSealer(door, PartKind.RECORDS), page), to_s=2.0)
        whole = raw(PartSealer(door, PartKind.RAW), RawFilm(original, "video/mp4", ("none",)))
        writer.add(PartKind.RAW, whole, to_s=2.0)
        types = {"masked": "video/mp4", "raw": "video/mp4"}
        writer.commit(ObjectInfo(media_types=types, to_s=2.0), now=now, facts=desk.facts)
    contents[object_id, PartKind.MASKED] = b"".join(films)
    contents[object_id, PartKind.RECORDS] = page_lines(Page())
    contents[object_id, PartKind.RAW] = original
    return object_id


def consent(vault, subject):
    until = (datetime.now(UTC) + timedelta(days=9)).date()
    return add_consent(vault, subject, Basis.CONSENT, FIELDS, until=until)


def look(scene: Scene, vault: Path, out: Path) -> Found:
    """Come back as the owner: start, open all, verify; whatever else is raised is a bug."""
    found = Found()
    try:
        with owner(vault) as opened:
            for object_id, kind in scene.looked_at:
                wish = Wish(object_id, kind, purpose="to see")
                found.parts[object_id, kind] = one_opened(opened, wish, out)
                found.left |= out.exists()
                out.unlink(missing_ok=True)
            try:
                found.receipt = receipt_of(opened, scene.first)["state"]
            except YingbiError as error:
                found.receipt = error.code
            try:
                checked = verify(opened, None, Quiet())
                broken = [error.code for _, error in checked.broken]
                found.verified = ",".join([*broken, *("refused" for _ in checked.refused)])
            except YingbiError as error:
                found.verified = error.code
    except YingbiError as error:
        found.started = error.code
    return found


def one_opened(vault, wish: Wish, out: Path) -> bytes | str:
    try:
        open_object(vault, wish, out, force=False)
    except YingbiError as error:
        return error.code if not out.exists() else f"{error.code}, and clear bytes were left"
    content = out.read_bytes()
    out.unlink()
    return content


def wrongs(scene: Scene, found: Found) -> list[str]:
    """Return every promise that was broken; refusals are none."""
    bad = ["clear bytes were left"] if found.left else []
    for part, got in found.parts.items():
        if isinstance(got, bytes):
            if part in scene.forbidden:
                bad.append(f"{part[1]} opened that must not")
            elif got != scene.contents[part]:
                bad.append(f"{part[1]} opened wrongly")
        elif "left" in got:
            bad.append(got)
    return bad


def is_whole(scene: Scene, found: Found) -> bool:
    """Return whether nothing is missing and nothing is told."""
    due = {part for part in scene.looked_at if part not in scene.forbidden}
    opened = {part for part, got in found.parts.items() if isinstance(got, bytes)}
    return not found.started and not found.verified and opened == due


def closed(database: Path) -> None:
    """Bring a database into one file."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


@contextmanager
def edited(vault: Path, name: str):
    """One of a vault's databases as whoever can write to its file has it."""
    path = vault / name
    closed(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def undo(good: Path, attacked: Path, touched: set[str]) -> None:
    """Put back what the attacker changed, and nothing else."""
    for name in touched:
        path = attacked / name
        if name in DATABASES:
            for ending in ("-wal", "-shm"):
                path.with_name(name + ending).unlink(missing_ok=True)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        if (good / name).exists():
            path.parent.mkdir(exist_ok=True)
            shutil.copy2(good / name, path)
    shutil.rmtree(attacked / "inbox", ignore_errors=True)  # a delivery that was refused


def differences(good: Path, attacked: Path) -> set[str]:
    """Return the files that an attack changed, made or removed."""
    names = {
        str(p.relative_to(r)) for r in (good, attacked) for p in r.rglob("*") if not p.is_dir()
    }
    return {name for name in names if not _same(good / name, attacked / name)}


def _same(one: Path, two: Path) -> bool:
    if not (one.is_file() and two.is_file()) or two.is_symlink():
        return False
    return one.read_bytes() == two.read_bytes()
