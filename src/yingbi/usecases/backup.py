"""Back up a vault: bodies to one folder, the keys that open them to another.

A backup that nobody can use any more is no backup, and one that opens what was
erased is a leak. So each copy of the key database names its lock-store key, which
is kept for it `backup.key_days`; then both go. What is erased meanwhile is told to
the erase ledger beside the copies, and a restore erases it again.

Clause: 6.2.3-2; 6.2.3.e-2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from yingbi.db.schema import erasures
from yingbi.db.sql import select
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.report import Progress
from yingbi.errors import SealBrokenError, YingbiError
from yingbi.keys.index_pages import lock_store_ids_of_pages
from yingbi.keys.snapshot import Kind, Label
from yingbi.store.backup import BackupShelf, Places, check_places, pieces_of
from yingbi.store.check import CHANGES
from yingbi.store.erasures import as_text
from yingbi.store.manifest import Body, ErasedSince, Manifest
from yingbi.usecases.backup_book import add_row, mark_deleted, resolved, rows_of
from yingbi.usecases.opened import Vault
from yingbi.usecases.retention import clock_problem

KEY_DAYS = 7


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup took. copied: new bodies and their bytes; removed: bodies no longer needed."""

    backup_id: UUID
    made_at: str
    bodies: int
    copied: int
    copied_bytes: int
    removed: int
    keys_until: str
    expired: int


def create_backup(
    vault: Vault,
    places: Places,
    now: datetime,
    progress: Progress,
    *,
    key_days: int = KEY_DAYS,
) -> Made:
    """Add a backup to the two folders; bodies that are there already are not copied again.

    The caller holds the vault alone.

    Raises: UnsafeOutputError, CannotCreateError; ReadWriteError, NoSuchInputError, and what
        was made until then is not taken for a backup.
    """
    check_places(vault.folder.path, places)
    shelf = _shelf(vault, places)
    shelf.prepare()
    expired = expire_backups(vault, now)
    stores = vault.keystore.lock_stores
    if stores.next is not None:
        vault.replacer.replace(now, lambda _done: None)
    until = now + timedelta(days=key_days)
    key_id = vault.keystore.lock_store_key.key_id
    vault.keystore.keep_lock_stores(vault.keystore.lock_stores.kept(key_id, until))
    backup_id = uuid4()
    add_row(vault, backup_id, key_id, places, now=now, until=until)
    shelf.copy_identity()
    shelf.write_ledger(erased_now(vault, now).to_bytes(), now)
    known = {body.name: body for manifest in manifests(shelf) for body in manifest.bodies}
    bodies, copied = _copy_bodies(vault, shelf, known, progress)
    manifest = _write_snapshots(
        vault, shelf, backup_id, key_id=key_id, bodies=tuple(bodies), now=now
    )
    digest = shelf.write(shelf.label(Kind.MANIFEST, backup_id), [manifest.to_bytes()], now)
    facts = {"backup": str(backup_id), "bodies": str(len(bodies)), "lock_store": key_id.hex()}
    vault.log.record(Deed(Action.BACKED_UP, now, digests={"manifest": digest.hex()}, facts=facts))
    removed = _prune(vault, shelf, places, now)
    sizes = sum(body.size for body in copied)
    return Made(
        backup_id,
        manifest.made_at,
        len(bodies),
        len(copied),
        sizes,
        removed,
        as_text(until),
        expired,
    )


def manifests(shelf: BackupShelf) -> list[Manifest]:
    """Return every backup's manifest, the oldest first. Raises: SealBrokenError."""
    found = [read_manifest(shelf, backup_id) for backup_id in shelf.ids()]
    return sorted(found, key=lambda manifest: manifest.made_at)


def read_manifest(shelf: BackupShelf, backup_id: UUID) -> Manifest:
    """Return one backup's manifest. Raises: SealBrokenError, NoSuchInputError."""
    return Manifest.from_bytes(shelf.read(Kind.MANIFEST, backup_id))


def erased_now(vault: Vault, now: datetime) -> ErasedSince:
    """Return everything that was ever erased in the vault."""
    segments: dict[str, tuple[str, ...]] = {}
    replaced: dict[str, tuple[int, str]] = {}
    for entry in vault.log.entries():
        deed = entry.deed
        if deed.action not in CHANGES or deed.object_id is None:
            continue
        if "segments" in deed.facts:
            found = segments.get(str(deed.object_id), ())
            segments[str(deed.object_id)] = (*found, *deed.facts["segments"].split())
        for kind in deed.facts.get("replaced", "").split():
            replaced[f"{deed.object_id} {kind}"] = (entry.sequence, as_text(deed.at))
    return ErasedSince(as_text(now), _objects_erased(vault), segments, replaced)


def _objects_erased(vault: Vault) -> frozenset[str]:
    with vault.rooms.catalogue_db.read() as unit:
        return frozenset(str(row.object_id) for row in unit.all(select(erasures.c.object_id)))


def renew_ledgers(vault: Vault, now: datetime, *, by_key: bool = False) -> list[Path]:
    """Write what is erased by now beside every backup; return the folders that are not reached.

    by_key: whether part of an object was erased; looking for that costs the whole log.

    An erasing must not fail because a disk is not plugged in: what is not written now is
    written by the next one, or by the next backup.
    """
    missed = list[Path]()
    known = {(places.bodies, places.keys) for _, places, _ in rows_of(vault)}
    for pair in sorted(known):
        places = Places(*pair)
        shelf = _shelf(vault, places)
        try:
            if not places.reachable:
                missed += pair
                continue
            before = ErasedSince.from_bytes(shelf.read_ledger(places.ledgers[0]))
            objects = ErasedSince(as_text(now), _objects_erased(vault))
            fresh = erased_now(vault, now) if by_key else objects
            shelf.write_ledger(before.joined(fresh).to_bytes(), now)
        except YingbiError:
            missed += pair
    return missed


def expire_backups(vault: Vault, now: datetime) -> int:
    """Delete the backups whose time is over and let go of their keys; return how many.

    The caller holds the vault alone. Where a folder is not reached the key goes all the
    same: what lies there is noise, and the log says so. A clock that is not to be
    believed deletes nothing.

    Raises: ReadWriteError.
    """
    if clock_problem(vault):
        return 0
    over = [(one, places) for one, places, until in rows_of(vault) if until <= now]
    for backup_id, places in over:
        reached = places.reachable
        if reached:
            _shelf(vault, places).remove(backup_id)
        mark_deleted(vault, backup_id, now, reached=reached)
    stores = vault.keystore.lock_stores
    left = stores.dropped(now)
    with vault.rooms.keys_db.read() as unit:
        named = vault.rooms.locks.lock_store_ids(unit) | vault.epochs.lock_store_ids(unit)
        named |= lock_store_ids_of_pages(unit)
    gone = {key.key_id for key in stores.all} - {key.key_id for key in left.all}
    if gone and not gone & named:
        vault.keystore.keep_lock_stores(left)
    for places in {places for _, places in over}:
        if places.reachable:
            _shelf(vault, places).copy_keystore()
    return len(over)


def _copy_bodies(
    vault: Vault, shelf: BackupShelf, known: Mapping[str, Body], progress: Progress
) -> tuple[list[Body], list[Body]]:
    """Return all bodies of the vault, and those of them that were copied now."""
    catalogue = vault.rooms.catalogue
    wanted = [
        (part.file_name, part.size, str(stored.object_id))
        for stored in catalogue.all()
        for part in stored.parts
    ]
    tick = progress.begin("", len(wanted))
    bodies, copied = list[Body](), list[Body]()
    for name, size, object_id in wanted:
        body = known.get(name)
        if body is None or body.size != size or not shelf.has_body(name, size):
            source = vault.folder.objects / name
            if not source.is_file():
                raise SealBrokenError(what=f"object {object_id}", reason="its bytes are missing")
            body = Body(name, size, shelf.add_body(source, name).hex(), object_id)
            copied.append(body)
        bodies.append(body)
        tick(1)
    return bodies, copied


def _write_snapshots(
    vault: Vault,
    shelf: BackupShelf,
    backup_id: UUID,
    *,
    key_id: bytes,
    bodies: tuple[Body, ...],
    now: datetime,
) -> Manifest:
    """Copy both databases and the keystore; the keystore last, it has all keys of before."""
    rooms, checkpoint = vault.rooms, vault.log.present()
    for each in (rooms.keys_db, rooms.catalogue_db):
        each.empty_journal()
        each.close()  # reading the file beside an open connection would drop that one's locks
    catalogue = shelf.write(
        shelf.label(Kind.CATALOGUE, backup_id), pieces_of(vault.folder.catalogue_db), now
    )
    label = shelf.label(Kind.KEYS, backup_id, key_id)
    keys = shelf.write(label, pieces_of(vault.folder.keys_db), now)
    shelf.copy_keystore()
    return Manifest(
        backup_id,
        now.astimezone(UTC).isoformat(timespec="microseconds"),
        key_id.hex(),
        catalogue.hex(),
        keys.hex(),
        checkpoint.size,
        checkpoint.root.hex(),
        bodies,
    )


def _prune(vault: Vault, shelf: BackupShelf, places: Places, now: datetime) -> int:
    """Remove what no backup in these folders needs, and rows of attempts that broke off."""
    whole = manifests(shelf)
    here = {one for one, its, _ in rows_of(vault) if its == resolved(places)}
    broken_off = here - {manifest.backup_id for manifest in whole}
    erased = erased_now(vault, now).objects
    wanted = {b.name for m in whole for b in m.bodies if b.object_id not in erased}
    removed = shelf.prune(wanted, broken_off)
    for backup_id in broken_off:
        mark_deleted(vault, backup_id, now, reached=True)
    return removed


def _shelf(vault: Vault, places: Places) -> BackupShelf:
    return BackupShelf(places, vault.folder, vault.keystore, vault.crossing)


def broken_bodies(
    shelf: BackupShelf, bodies: Iterable[Body], erased: frozenset[str], progress: Progress
) -> list[tuple[str, YingbiError]]:
    """Return the bodies that are missing or others than they were, but for those erased since."""
    chosen = [body for body in bodies if body.object_id not in erased]
    tick, broken = progress.begin("", len(chosen)), list[tuple[str, YingbiError]]()
    for body in chosen:
        try:
            if shelf.digest_of(body.name).hex() != body.digest:
                raise SealBrokenError(what=f"body {body.name}", reason="it was altered")
        except YingbiError as error:
            broken.append((body.name, error))
        tick(1)
    return broken


def snapshot_labels(shelf: BackupShelf, manifest: Manifest) -> tuple[tuple[Label, bytes], ...]:
    """Return both sealed databases of a backup, with their digests."""
    catalogue = shelf.label(Kind.CATALOGUE, manifest.backup_id)
    keys = shelf.label(Kind.KEYS, manifest.backup_id, manifest.label_of_keys)
    digests = bytes.fromhex(manifest.catalogue), bytes.fromhex(manifest.keys)
    return (catalogue, digests[0]), (keys, digests[1])
