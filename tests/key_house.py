"""A vault with really sealed objects, cheap and quick, for what is done to its keys."""

import hashlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from vault_house import PASSPHRASE, new_vault
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.crossing import no_crossing
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.record import Event
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.keys.epoch import epoch_of
from yingbi.keys.locks import LockGroup
from yingbi.seal.door import Door, PartSealer
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.vault import Vault, open_vault

YEAR = Retention.of([(RetentionClass.USUAL, 365)])
"""Kept for a year, so that its keys are X25519 and quick."""


@contextmanager
def opened(path: Path, passphrase: bytes = PASSPHRASE, crossing=no_crossing):
    with open_vault(path, lambda: passphrase, memory="wanted", alone=True, crossing=crossing) as v:
        yield v


def protect(vault: Vault, box: Box, *, segments: int = 2, days_ago: int = 0) -> UUID:
    """Seal an object of records into the box, as if some days ago."""
    now, object_id = datetime.now(UTC) - timedelta(days=days_ago), new_id()
    with vault.rooms.keys_db.begin() as unit:
        epoch = vault.epochs.epoch_for(unit, box.box_id, now.date())
    door = Door(
        suite=vault.keystore.suite,
        level=box.policy.level,
        controller_id=vault.folder.controller_id,
        box_id=box.box_id,
        object_id=object_id,
        epoch=epoch,
        device=vault.keystore.device,
    )
    sealer = PartSealer(door, PartKind.RECORDS)
    writer = ObjectWriter(
        vault.rooms,
        object_id=object_id,
        level=door.level,
        group=LockGroup(box.box_id, epoch.epoch, epoch.retention),
        day=now.date(),
    )
    with writer:
        for number in range(segments):
            event = Event("entered", 60.0 * number + 1.5, f"unknown {number + 1}")
            span = (60.0 * number, 60.0 * (number + 1))
            for page in pack([event], span, 4096, ("none",)):
                writer.add(PartKind.RECORDS, records(sealer, page))
        writer.commit(ObjectInfo(to_s=60.0 * segments), now=datetime.now(UTC))
    return object_id


class Scene:
    """A vault with two boxes and objects of two days; what each object opens as is known."""

    def __init__(self, path: Path, suite: str = "intl") -> None:
        self.path = new_vault(path, suite)
        with opened(self.path) as vault:
            policy = BoxPolicy(Level.STRUCTURED_ONLY, retention=YEAR)
            self.hall, self.yard = (create_box(vault, name, policy) for name in ("hall", "yard"))
            self.ids = [
                protect(vault, self.hall, days_ago=2),
                protect(vault, self.hall),
                protect(vault, self.hall, segments=3),
                protect(vault, self.yard),
            ]
            self.digests = contents(vault, self.ids)
        assert len(set(self.digests.values())) > 1

    def must_open(self, vault: Vault) -> None:
        assert contents(vault, self.ids) == self.digests
        vault.log.verify()
        vault.rooms.locks.verify()
        for box in (self.hall, self.yard):
            vault.boxes.verify(box.box_id)

    @property
    def day(self):
        return datetime.now(UTC).date()

    def epoch(self) -> int:
        return epoch_of(self.day)


def contents(vault: Vault, ids: list[UUID]) -> dict[UUID, str]:
    """Return the digest of what each object opens as."""
    out, found = vault.folder.path.parent / "opened", {}
    for object_id in ids:
        open_object(vault, Wish(object_id), out, force=True)
        found[object_id] = hashlib.sha256(out.read_bytes()).hexdigest()
        out.unlink()
    return found
