"""Check what the vault holds without opening any of it: seals, chains, ends, the log.

Clause: 6.2.3-2; 6.2.5.g-1.
"""

from dataclasses import dataclass
from uuid import UUID

from yingbi.domain.report import Progress
from yingbi.envelope.part import PartEnd
from yingbi.errors import SealBrokenError, YingbiError
from yingbi.release.verify import verify_part
from yingbi.store.check import check
from yingbi.store.stored import StoredObject
from yingbi.usecases.vault import Vault


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was checked, and which objects are broken, with their error."""

    objects: int
    parts: int
    log_entries: int
    broken: tuple[tuple[UUID, YingbiError], ...]


def verify(vault: Vault, object_id: UUID | None, progress: Progress) -> Verified:
    """Check one object, or all of them, the log, and that both tell of the same objects.

    Raises: LogBrokenError; SealBrokenError where the one object asked for is broken, or
        an object was taken out, added or exchanged behind the log's back.
    """
    entries = vault.log.verify()
    if object_id is None:
        _same_as_logged(vault)
    catalogue = vault.rooms.catalogue
    chosen = catalogue.find() if object_id is None else [catalogue.get(object_id)]
    tick = progress.begin("", len(chosen))
    parts, broken = 0, []
    for stored in chosen:
        try:
            parts += _verify_object(vault, stored)
        except YingbiError as error:
            if object_id is not None:
                raise
            broken.append((stored.object_id, error))
        tick(1)
    return Verified(len(chosen), parts, entries, tuple(broken))


def _same_as_logged(vault: Vault) -> None:
    """Compare twice where it fails: another process may have written in between."""
    for last in (False, True):
        try:
            check(vault.rooms.catalogue, (entry.deed for entry in vault.log.entries()))
        except SealBrokenError:
            if last:
                raise
        else:
            return


def _verify_object(vault: Vault, stored: StoredObject) -> int:
    for part in stored.parts:
        with vault.rooms.shelf.open(part.file_name) as source:
            heads = verify_part(
                vault.keystore.suite,
                source,
                vault.keystore.device.public_key,
                object_id=stored.object_id,
                part=part.kind,
                end=PartEnd(part.segments, part.final_seal),
            )
        locks = vault.rooms.locks.locks_of(stored.object_id)
        if not {head.header.segment_id for head in heads} <= set(locks):
            raise SealBrokenError(what=f"object {stored.object_id}", reason="a lock is missing")
    return len(stored.parts)
