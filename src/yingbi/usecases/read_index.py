"""Read into the index what is not in it yet: what doors brought, what was changed, older vaults.

Clause: 6.2.4-2; A.1-3.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from yingbi.access.owner import self_grant
from yingbi.db.schema import dying_locks, erasures, objects, subjects
from yingbi.db.sql import select
from yingbi.domain.box import Box
from yingbi.domain.keep import keeps
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.part import PartKind
from yingbi.domain.record import Record
from yingbi.domain.report import Progress
from yingbi.envelope.header import Header
from yingbi.envelope.part import PartEnd
from yingbi.errors import NoSuchObjectError, ObjectErasedError, YingbiError
from yingbi.keys.wrap import EpochPublic
from yingbi.release.part import open_part
from yingbi.store.event_rows import indexed
from yingbi.store.index import Read, entry_of
from yingbi.store.stored import StoredObject
from yingbi.structure.pack import unpack
from yingbi.usecases.event_index import index_of
from yingbi.usecases.vault import Vault

LOT = 100
"""So many objects are logged, read and written at a time."""

KeyPair = tuple[EpochPublic, bytes]


def read_waiting(
    vault: Vault, box: Box, progress: Progress
) -> tuple[int, int, tuple[YingbiError, ...]]:
    """Read what waits of a box into the index; return the bytes, the objects, and what failed.

    Every object is granted and logged before it is opened. One that does not open waits on, and
    so does one that another process changes meanwhile.

    Raises: ReadWriteError, VaultLockedError.
    """
    index, waiting = index_of(vault), _waiting_of(vault, box)
    tick = progress.begin(box.name, len(waiting))
    reader, broken, size, many = _Reader(vault, box), list[YingbiError](), 0, 0
    for start in range(0, len(waiting), LOT):
        some = waiting[start : start + LOT]
        with vault.rooms.keys_db.read() as unit_of_keys:
            generations = index.generations(unit_of_keys, some)  # before anything is read
        lot = list(_stored(vault, [one for one in some if one in generations], broken))
        reader.log(lot)
        read = list[Read]()
        for stored in lot:
            try:
                entry = entry_of(stored, reader.records(stored))
            except ObjectErasedError:
                continue  # by another process, meanwhile
            except YingbiError as error:
                broken.append(error)
                continue
            read.append((stored, entry, generations[stored.object_id]))
            size += sum(part.size for part in stored.parts if part.kind is PartKind.RECORDS)
        with vault.rooms.keys_db.begin() as unit:
            many += index.put_read(unit, read)
        vault.rooms.keys_db.empty_journal()
        tick(LOT)
    return size, many, tuple(broken)


def _waiting_of(vault: Vault, box: Box) -> list[UUID]:
    """Return the objects of a box that wait; people, whom an upgrade lets wait too, are let go.

    Left out are those of which segments are on their way out: a change is under way.
    """
    index = index_of(vault)
    with vault.rooms.keys_db.read() as unit:
        waiting = index.waiting(unit)
    mine = select(objects.c.object_id).where(objects.c.box_id == box.box_id)
    with vault.rooms.catalogue_db.read() as unit_of_catalogue:
        here = {row.object_id for row in unit_of_catalogue.all(mine)}
        over = {row.object_id for row in unit_of_catalogue.all(select(erasures.c.object_id))}
        dying = {r.object_id for r in unit_of_catalogue.all(select(dying_locks.c.object_id))}
        people = {r.subject_id for r in unit_of_catalogue.all(select(subjects.c.subject_id))}
    if gone := (people | over) & set(waiting):
        with vault.rooms.keys_db.begin() as unit_of_keys:
            index.forget_waiting(unit_of_keys, sorted(gone))
    here -= over | dying
    return [one for one in waiting if one in here]


def _stored(vault: Vault, lot: Sequence[UUID], broken: list[YingbiError]) -> Iterator[StoredObject]:
    for object_id in lot:
        try:
            yield vault.rooms.catalogue.get(object_id)
        except (ObjectErasedError, NoSuchObjectError):
            continue
        except YingbiError as error:
            broken.append(error)


@dataclass(slots=True)
class _Reader:
    """Opens records of one box's objects, each day's key once."""

    vault: Vault
    box: Box
    keys: dict[tuple[bytes, ...], KeyPair] = field(default_factory=dict, repr=False)

    def log(self, lot: Sequence[StoredObject]) -> None:
        """Log the grant and the opening of each; on the disk before anything is opened."""
        now, facts = datetime.now(UTC), {"part": PartKind.RECORDS.value, "holder": "owner"}
        deeds = [
            Deed(action, now, stored.box_id, stored.object_id, facts=facts)
            for stored in lot
            if _has_records(stored)
            for action in (Action.GRANTED, Action.OPENED)
        ]
        if deeds:
            with self.vault.rooms.catalogue_db.begin() as unit:
                self.vault.log.append_all(unit, deeds)

    def records(self, stored: StoredObject) -> list[Record]:
        """Return the object's records for the index that its box keeps.

        Raises: as `open_object`; RecordRefusedError where they are too many.
        """
        if not _has_records(stored):
            return []
        vault, kept, now = self.vault, stored.part(PartKind.RECORDS), datetime.now(UTC)
        wanted, policy = [PartKind.RECORDS], self.box.policy
        grant = self_grant(vault.keystore, policy, stored.object_id, wanted, purpose="", now=now)
        locks: Mapping[UUID, bytes] = vault.rooms.locks.locks_of(stored.object_id)
        with (
            vault.telling_if_erased(stored.object_id),
            vault.rooms.shelf.open(kept.file_name) as source,
        ):
            segments = open_part(
                vault.keystore.suite,
                source,
                locks=locks,
                epoch_key_of=self._key_of,
                device_public_key=vault.device_public_key(source),
                grant=grant,
                object_id=stored.object_id,
                part=PartKind.RECORDS,
                now=now,
                end=PartEnd(kept.segments, kept.final_seal),
            )
            found = (record for _, content in segments for record in unpack(content))
            return indexed(record for record in found if keeps(policy.keep, record))

    def _key_of(self, _header: Header, key_ids: tuple[bytes, ...]) -> KeyPair:
        if key_ids not in self.keys:
            self.keys[key_ids] = self.vault.epochs.private_named(self.box.box_id, key_ids)
        return self.keys[key_ids]


def _has_records(stored: StoredObject) -> bool:
    return any(part.kind is PartKind.RECORDS for part in stored.parts)
