"""Put a vault back from a backup, and look whether that would work.

What was erased since the backup was made is erased in the new folder before it
becomes a vault. Then its lock-store key is replaced: the copies from which it came
open nothing of it that is erased later.

Clause: 6.2.3-2; 6.2.3.e-2.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from yingbi.crypto.suite import suite
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.part import PartKind
from yingbi.domain.report import Progress, Quiet
from yingbi.errors import NoSuchInputError, SealBrokenError, UnsafeOutputError, YingbiError
from yingbi.keys.keystore import Keystore
from yingbi.keys.memory import guard
from yingbi.store.backup import BackupShelf, Places, pieces_of, write_whole
from yingbi.store.check import check, check_boxes
from yingbi.store.erase import erase_many, forget
from yingbi.store.folder import VaultFolder
from yingbi.store.manifest import ErasedSince, Manifest
from yingbi.store.replace import Change, change
from yingbi.store.restoring import finish, give_up, make, prepare
from yingbi.store.writer import nothing_held
from yingbi.usecases.backup import (
    broken_bodies,
    erased_now,
    manifests,
    snapshot_labels,
)
from yingbi.usecases.event_index import index_of
from yingbi.usecases.opened import Vault
from yingbi.usecases.vault import Ask, databases_of, joined, open_vault


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a backup found. erased: how many of its objects a restore would erase."""

    backup_id: UUID
    made_at: str
    ledger_at: str
    bodies: int
    erased: int
    broken: tuple[tuple[str, YingbiError], ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. erased: what was erased again, since it had been by `ledger_at`."""

    backup_id: UUID
    made_at: str
    ledger_at: str
    objects: int
    erased: int


@dataclass(frozen=True, slots=True)
class _Source:
    """A backup's folders, opened by the keystore's copy that lies in one of them."""

    folder: VaultFolder
    keystore: Keystore
    shelf: BackupShelf
    passphrase: Ask


def verify_backup(
    places: Places,
    ask: Ask,
    *,
    memory: str,
    backup_id: UUID | None = None,
    progress: Progress,
) -> Checked:
    """Look whether a backup could be restored: every body, both databases, the log.

    The databases are unsealed into a folder of their own under the system's for passing
    things, and looked at there; they are as sealed as they lie in a vault. The keystore is
    not copied: a copy of it that is unlinked may stay on the disk.

    Raises: NoSuchInputError, SealBrokenError, NoKeyError, LogBrokenError where what all
        else rests on is not whole; single bodies are told in the answer.
    """
    guard(memory)
    with _source(places, ask) as source:
        manifest = _chosen(source, backup_id)
        erased = _ledger(source, manifest, ())
        with TemporaryDirectory(prefix="yingbi-") as path:
            folder = replace(source.folder, path=Path(path))
            disk = Disk("verify")
            with _unsealed(source, manifest, folder, source.keystore, disk) as vault:
                _hold_together(vault, manifest)
                gone = len(_still_there(vault, erased.objects))
        broken = broken_bodies(source.shelf, manifest.bodies, erased.objects, progress)
    bodies = len(manifest.bodies)
    return Checked(manifest.backup_id, manifest.made_at, erased.at, bodies, gone, tuple(broken))


def restore_backup(
    places: Places,
    target: Path,
    ask: Ask,
    *,
    memory: str,
    now: datetime,
    backup_id: UUID | None = None,
    ledgers: Sequence[Path] = (),
    vault_now: Path | None = None,
    progress: Progress | None = None,
    crossing: Crossing = no_crossing,
) -> Restored:
    """Make a vault of a backup in a new or empty folder; until it is whole it is none.

    backup_id: the newest if not given. ledgers: further erase ledgers. vault_now: the vault
    itself where it is still there; what it knows to be erased is erased as well.

    Raises: VaultExistsError, UnsafeOutputError, CannotCreateError; WrongPassphraseError;
        NoSuchInputError, SealBrokenError, NoKeyError, LogBrokenError, and nothing is
        restored. The same call after a crash clears what is half-made and begins anew.
    """
    guard(memory)
    for one in (places.bodies, places.keys):
        if target.resolve().is_relative_to(one.resolve()):
            raise UnsafeOutputError(output=target, reason="it lies in the backup")
    with _source(places, ask) as source:
        manifest = _chosen(source, backup_id)
        erased = _ledger(source, manifest, ledgers)
        if vault_now is not None:
            erased = erased.joined(_told_by(vault_now, source, memory, now))
        disk = Disk("restore", crossing)
        make(target, disk)
        folder = replace(source.folder, path=target)
        with folder.held_alone():
            prepare(folder, disk)
            try:
                done = _fill(
                    source,
                    manifest,
                    erased,
                    folder,
                    now=now,
                    disk=disk,
                    crossing=crossing,
                    progress=progress,
                )
                finish(folder, disk)
            except YingbiError:
                give_up(folder, disk)
                raise
    return done


@contextmanager
def _source(places: Places, ask: Ask) -> Iterator[_Source]:
    """Open the folders of a backup. Raises: NoSuchInputError, SealBrokenError, WrongPassphraseError."""
    for path in (places.bodies, places.keys, places.keys / "vault.json", places.keys / "keystore"):
        if not path.exists():
            raise NoSuchInputError(path=path)
    folder, passphrase = VaultFolder.open(places.keys), ask()
    opened = Keystore.open(
        folder.keystore, passphrase, suite(folder.suite_name), bound_to=folder.identity
    )
    with opened as keystore:
        shelf = BackupShelf(places, folder, keystore)
        yield _Source(folder, keystore, shelf, lambda: passphrase)


def _chosen(source: _Source, backup_id: UUID | None) -> Manifest:
    """Return the manifest of that backup, or of the newest."""
    found = manifests(source.shelf)
    mine = [one for one in found if backup_id in (None, one.backup_id)]
    if not mine:
        raise NoSuchInputError(path=source.shelf.places.bodies / (str(backup_id or "*.backup")))
    return mine[-1]


def _ledger(source: _Source, manifest: Manifest, more: Sequence[Path]) -> ErasedSince:
    """Return all that any erase ledger tells.

    Raises: SealBrokenError where one is missing or altered, or all are older than the backup.
    """
    erased = None
    for path in (*source.shelf.places.ledgers, *more):
        found = ErasedSince.from_bytes(source.shelf.read_ledger(path))
        erased = found if erased is None else erased.joined(found)
    made = datetime.fromisoformat(manifest.made_at).replace(microsecond=0)
    if erased is None or datetime.fromisoformat(erased.at) < made:
        raise SealBrokenError(what="the erase ledger", reason="it is older than the backup")
    return erased


def _told_by(path: Path, source: _Source, memory: str, now: datetime) -> ErasedSince:
    """Return what the vault itself knows to be erased. Raises: SealBrokenError for another vault."""
    with open_vault(path, source.passphrase, memory=memory, by_time=False) as vault:
        if vault.folder.identity != source.folder.identity:
            raise SealBrokenError(what=str(path), reason="it is another vault")
        return erased_now(vault, now)


@contextmanager
def _own_keystore(
    source: _Source, folder: VaultFolder, disk: Disk, crossing: Crossing
) -> Iterator[Keystore]:
    """Put the keystore into the folder and yield it open."""
    chosen, now = source.keystore.suite, datetime.now(UTC)
    for name in ("keystore", "keystore.recovery"):
        if (source.folder.path / name).exists():
            content = pieces_of(source.folder.path / name)
            write_whole(disk, chosen, folder.path / name, content, now)
    with Keystore.open(
        folder.keystore,
        source.passphrase(),
        chosen,
        bound_to=folder.identity,
        crossing=crossing,
    ) as keystore:
        yield keystore


@contextmanager
def _unsealed(
    source: _Source,
    manifest: Manifest,
    folder: VaultFolder,
    keystore: Keystore,
    disk: Disk,
    *,
    crossing: Crossing = no_crossing,
) -> Iterator[Vault]:
    """Put the databases into the folder and yield them joined; bodies are not there."""
    chosen, now = source.keystore.suite, datetime.now(UTC)
    targets = folder.catalogue_db, folder.keys_db
    for (label, digest), target in zip(
        snapshot_labels(source.shelf, manifest), targets, strict=True
    ):
        write_whole(disk, chosen, target, source.shelf.pieces(label, digest), now)
    with ExitStack() as stack:
        databases = databases_of(folder, crossing)
        for each in databases:
            stack.enter_context(closing(each))
            each.open()
        vault = joined(folder, keystore, databases, guard(), crossing)
        if keystore.kept_subkeys("box KEK"):
            with vault.rooms.keys_db.begin() as unit:
                vault.boxes.rewrap_keks(unit, restored=True)
        yield vault


def _hold_together(vault: Vault, manifest: Manifest) -> None:
    """Hold log, catalogue, boxes and locks to each other. Raises: LogBrokenError, SealBrokenError."""
    head = vault.log.verified_head()
    if head is None or (head.size, head.root.hex()) != (manifest.log_size, manifest.log_root):
        raise SealBrokenError(what="the log", reason="the manifest tells of another one")
    check(vault.rooms.catalogue, (entry.deed for entry in vault.log.entries()))
    check_boxes(vault.boxes.ids(), (entry.deed for entry in vault.log.entries()))
    vault.rooms.locks.verify()
    for box_id in vault.boxes.ids():
        vault.boxes.verify(box_id)
    named = {body.name for body in manifest.bodies}
    if vault.rooms.catalogue.known_files() != named:
        raise SealBrokenError(what="the catalogue", reason="the manifest tells of other bodies")


def _fill(
    source: _Source,
    manifest: Manifest,
    erased: ErasedSince,
    folder: VaultFolder,
    *,
    now: datetime,
    disk: Disk,
    crossing: Crossing,
    progress: Progress | None,
) -> Restored:
    """Fill the folder, erase what was erased since, and put a fresh lock-store key in force."""
    _copy_bodies(
        source, manifest, erased.objects, folder.objects, disk, progress=progress or Quiet()
    )
    with (
        _own_keystore(source, folder, disk, crossing) as keystore,
        _unsealed(source, manifest, folder, keystore, disk, crossing=crossing) as vault,
    ):
        _hold_together(vault, manifest)
        gone = _erase_again(vault, erased, erased.parts_since(manifest), now)
        with vault.rooms.keys_db.begin() as unit:
            index_of(vault).mend(unit)  # what was not whole when it was backed up is read again
        vault.replacer.replace(now, lambda _done: None)
        facts = {"backup": str(manifest.backup_id), "erased": str(gone), "ledger": erased.at}
        vault.log.record(Deed(Action.RESTORED, now, facts=facts))
        objects = sum(1 for _ in vault.rooms.catalogue.all())
        vault.rooms.keys_db.empty_journal()
        vault.rooms.catalogue_db.empty_journal()
    return Restored(manifest.backup_id, manifest.made_at, erased.at, objects, gone)


def _copy_bodies(
    source: _Source,
    manifest: Manifest,
    gone: frozenset[str],
    objects: Path,
    disk: Disk,
    *,
    progress: Progress,
) -> None:
    """Copy every body but those of what was erased; each must be what the manifest tells of."""
    chosen = [body for body in manifest.bodies if body.object_id not in gone]
    tick = progress.begin("", len(chosen))
    for body in chosen:
        path, target = source.shelf.places.body(body.name), objects / body.name
        if not path.is_file():
            raise SealBrokenError(what=f"body {body.name}", reason="it is missing in the backup")
        disk.make_folder(target.parent)
        day = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        digest = write_whole(disk, source.keystore.suite, target, pieces_of(path), day)
        if digest.hex() != body.digest:
            raise SealBrokenError(what=f"body {body.name}", reason="it was altered")
        tick(1)


def _still_there(vault: Vault, whole: frozenset[str]) -> list[UUID]:
    """Return the objects and people among these that have rows."""
    known = vault.rooms.catalogue.known_ids()
    return sorted(one for one in known if str(one) in whole)


def _erase_again(
    vault: Vault, erased: ErasedSince, parts: Mapping[str, set[str]], now: datetime
) -> int:
    """Erase what the ledger tells, holds or not; return how many objects and people went.

    parts: by object, the parts that were written anew. The old ones are not to come back
    and the new ones are not in this backup; an object that has no others goes whole.
    """
    rooms = replace(vault.rooms, held=nothing_held)
    gone = _still_there(vault, erased.objects | _without_others(vault, parts))
    people = vault.people.subjects.ids()
    things = [one for one in gone if one not in people]
    erase_many(rooms, things, now=now, facts={"ledger": erased.at})
    for one in gone:
        if one in people:
            forget(rooms, one, vault.folder.controller_id, now=now, along=_rows_of(vault, one))
    known = rooms.catalogue.known_ids()
    for object_id in sorted({*erased.segments, *parts}):
        if UUID(object_id) in known:
            segments, kinds = erased.segments.get(object_id, ()), parts.get(object_id, ())
            _change_again(vault, UUID(object_id), segments, kinds, now=now)
    return len(gone)


def _rows_of(vault: Vault, subject_id: UUID) -> Callable[..., None]:
    return lambda unit: vault.people.appearances.remove_of(unit, subject_id)


def _without_others(vault: Vault, parts: Mapping[str, set[str]]) -> frozenset[str]:
    """Return the objects of which nothing would be left without these parts."""
    known = vault.rooms.catalogue.known_ids()
    return frozenset(
        one
        for one, kinds in parts.items()
        if UUID(one) in known
        and {part.kind.value for part in vault.rooms.catalogue.get(UUID(one)).parts} <= kinds
    )


def _change_again(
    vault: Vault, object_id: UUID, segments: Iterable[str], kinds: Iterable[str], *, now: datetime
) -> None:
    """Erase segments by key, and parts, as it was done in the vault; nothing where it was before."""
    stored = vault.rooms.catalogue.get(object_id)
    left = frozenset(UUID(one) for one in segments) & set(vault.rooms.locks.locks_of(object_id))
    dropped = {part.kind for part in stored.parts} & {PartKind(kind) for kind in kinds}
    for kind in dropped:
        left -= {one.segment_id for one in vault.rooms.catalogue.segments_of(object_id, kind)}
    if left or dropped:
        wanted = Change(Action.PERSON_ERASED, erased=left, dropped=frozenset(dropped))
        change(vault.rooms, stored, wanted, now=now)
