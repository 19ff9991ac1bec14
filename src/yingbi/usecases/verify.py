"""Check what the vault holds without opening any of it: seals, chains, ends, keys, the log.

Clause: 6.2.3-2; 6.2.5.g-1.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from yingbi.audit.witness import check_witness
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.domain.report import Progress
from yingbi.envelope.lock import lock_key_ids
from yingbi.envelope.part import PartEnd
from yingbi.errors import ObjectErasedError, SealBrokenError, YingbiError
from yingbi.govern.people import Told
from yingbi.release.verify import verify_part
from yingbi.store.check import check, check_boxes, check_receipts
from yingbi.store.stored import StoredObject
from yingbi.usecases.event_index import check_index
from yingbi.usecases.vault import Vault

KeyName = tuple[UUID, tuple[bytes, ...]]
"""A box, and the ids of its keys that a lock names."""


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was checked, and which objects, boxes and pages of the index are broken, with their error.

    log_root: the root of the log's tree as hexadecimal. Whoever keeps it elsewhere
        can later show that nothing was cut off the log's end. refused, waiting: deliveries
    that were not taken in, by their names in the inbox.
    """

    objects: int
    parts: int
    log_entries: int
    log_root: str
    broken: tuple[tuple[UUID, YingbiError], ...]
    refused: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def verify(
    vault: Vault, object_id: UUID | None, progress: Progress, witness: Path | None = None
) -> Verified:
    """Check one object with its box, or all of them with all boxes, locks, the index and the log.

    witness: a file with a checkpoint that the log must continue.

    Raises: LogBrokenError; LogRolledBackError, NoWitnessError, BadInputError by the witness;
        SealBrokenError where the one object asked for is broken, a page of the lock table
        does not open, or the log tells of other objects or boxes.
    """
    head = vault.log.verified_head()
    if witness is not None:
        check_witness(vault.log, witness)
    broken: list[tuple[UUID, YingbiError]] = []
    if object_id is None:
        same_as_logged(vault)
        vault.rooms.locks.verify()
        broken += _broken_boxes(vault)
        broken += check_index(vault)
    catalogue = vault.rooms.catalogue
    chosen = catalogue.find() if object_id is None else [catalogue.get(object_id)]
    tick = progress.begin("", len(chosen))
    parts, keys = 0, set[KeyName]()
    for stored in chosen:
        try:
            with vault.telling_if_erased(stored.object_id):
                parts += verify_parts(vault, stored, keys)
        except YingbiError as error:
            if object_id is not None:
                raise
            if not isinstance(error, ObjectErasedError):  # by another process, meanwhile
                broken.append((stored.object_id, error))
        tick(1)
    entries, root = (0, b"") if head is None else (head.size, head.root)
    inbox = vault.rooms.inbox
    aside = tuple(inbox.refused()), tuple(inbox.waiting())
    return Verified(len(chosen), parts, entries, root.hex(), tuple(broken), *aside)


def _broken_boxes(vault: Vault) -> Iterator[tuple[UUID, YingbiError]]:
    for box_id in vault.boxes.ids():
        try:
            vault.boxes.verify(box_id)
        except YingbiError as error:
            yield box_id, error


def same_as_logged(vault: Vault) -> None:
    """Hold objects, boxes, people and doors to the log. Raises: SealBrokenError, LogBrokenError.

    Compares twice where it fails: another process may have written in between.
    """
    for last in (False, True):
        # The second time no other process may write: what differs then differs.
        still = vault.rooms.catalogue_db.begin() if last else nullcontext()
        try:
            with still:
                catalogue, log = vault.rooms.catalogue, vault.log
                check(catalogue, (entry.deed for entry in log.entries()))
                check_receipts(catalogue.receipts(), (entry.deed for entry in log.entries()))
                told, deeds = Told(), (entry.deed for entry in vault.log.entries())
                check_boxes(vault.boxes.ids(), told.overhear(deeds))
                vault.people.check(told)
                _check_doors(vault)
                _check_holds(vault)
        except SealBrokenError:
            if last:
                raise
        else:
            return


def _check_doors(vault: Vault) -> None:
    """Hold the doors to the log. Raises: SealBrokenError where one was added, lost or unrevoked."""
    told: dict[str, bool] = {}
    for entry in vault.log.entries():
        if entry.deed.action in (Action.DOOR_MADE, Action.DOOR_REVOKED):
            told[entry.deed.facts["device"]] = entry.deed.action is Action.DOOR_REVOKED
    found = {str(door.device_id): door.revoked_at is not None for door in vault.devices.all()}
    if found != told:
        raise SealBrokenError(what="a door's row", reason="the log tells of other doors")


def _check_holds(vault: Vault) -> None:
    """Hold the holds to the log: one that is gone would let evidence expire.

    Raises: SealBrokenError where one was added or lost.
    """
    told: set[str] = set()
    for entry in vault.log.entries():
        if entry.deed.action is Action.HELD:
            told.add(entry.deed.facts["hold"])
        elif entry.deed.action is Action.HOLD_ENDED:
            told.discard(entry.deed.facts["hold"])
    if {str(hold.hold_id) for hold in vault.holds.all()} != told:
        raise SealBrokenError(what="a hold's row", reason="the log tells of other holds")


def _erased(vault: Vault, stored: StoredObject, kind: PartKind, named: list[UUID]) -> set[UUID]:
    """Return the segments of people who were erased: their locks are gone, and must be.

    named: the part's segments in order, as it holds them. Raises: SealBrokenError where the
        index, by which a part is opened from one time to another, names others.
    """
    index = vault.rooms.catalogue.segments_of(stored.object_id, kind)
    if [one.segment_id for one in index] != named:
        raise SealBrokenError(what=f"object {stored.object_id}", reason="its rows were altered")
    return {one.segment_id for one in index if one.erased}


def verify_parts(vault: Vault, stored: StoredObject, known: set[KeyName] | None = None) -> int:
    """Check every part of an object, its locks and keys; return how many parts it has.

    known: the epoch keys known to open, added to here.

    Raises: SealBrokenError, NoKeyError, NoSuchBoxError.
    """
    keys = set[KeyName]() if known is None else known
    vault.boxes.verify(stored.box_id)
    for part in stored.parts:
        with vault.rooms.shelf.open(part.file_name) as source:
            heads = verify_part(
                vault.keystore.suite,
                source,
                vault.device_public_key(source),
                object_id=stored.object_id,
                part=part.kind,
                end=PartEnd(part.segments, part.final_seal),
            )
        locks = vault.rooms.locks.locks_of(stored.object_id)
        named = [head.header.segment_id for head in heads]
        wanted = set(named) - _erased(vault, stored, part.kind, named)
        if not wanted <= set(locks):
            raise SealBrokenError(what=f"object {stored.object_id}", reason="a lock is missing")
        used = {lock_key_ids(locks[segment_id]) for segment_id in wanted}
        for name in {(stored.box_id, key_ids) for key_ids in used} - keys:
            vault.epochs.private_named(*name)
            keys.add(name)
    return len(stored.parts)
