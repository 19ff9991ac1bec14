"""Handing objects in at an open vault.

Clause: 6.2.3-2; 6.2.3.b-2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.retention import RetentionClass
from yingbi.keys.locks import LockGroup
from yingbi.seal.door import Door
from yingbi.store.stored import StoredObject
from yingbi.store.writer import ObjectWriter
from yingbi.usecases.named import link_named
from yingbi.usecases.opened import Vault


@dataclass(frozen=True, slots=True)
class OwnDesk:
    """One box of an open vault; a `Desk`.

    subject_id: the person whom each source shows, linked to the object as a whole.
    retention: the class that tells how long the box keeps it.
    """

    vault: Vault
    box: Box
    subject_id: UUID | None = None
    retention: RetentionClass = RetentionClass.USUAL

    @property
    def policy(self) -> BoxPolicy:
        """What the owner laid down for the box."""
        return self.box.policy

    @property
    def facts(self) -> Mapping[str, str]:
        """Whether this process's memory is locked."""
        return {"memory": "locked" if self.vault.memory.locked else "not locked"}

    def door(self, object_id: UUID, now: datetime) -> Door:
        """Return where the object is sealed to; the day's key is made where there is none."""
        with self.vault.rooms.keys_db.begin() as unit:
            epoch = self.vault.epochs.epoch_for(unit, self.box.box_id, now.date(), self.retention)
        keystore = self.vault.keystore
        return Door(
            suite=keystore.suite,
            level=self.box.policy.level,
            controller_id=self.vault.folder.controller_id,
            box_id=self.box.box_id,
            object_id=object_id,
            epoch=epoch,
            device=keystore.device,
        )

    def writer(self, door: Door, now: datetime, camera: str | None) -> ObjectWriter:
        """Return what writes the object's locks and rows itself."""
        return ObjectWriter(
            self.vault.rooms,
            object_id=door.object_id,
            level=door.level,
            group=LockGroup.of_object(
                door.object_id, door.box_id, door.epoch.epoch, door.epoch.retention, camera
            ),
            day=now.date(),
            along=partial(self._link, now),
        )

    def _link(self, now: datetime, unit: CatalogueUnit, stored: StoredObject) -> None:
        """Link the object to whom it shows, in the transaction that acknowledges it."""
        if self.subject_id is not None:
            found = self.vault.people.appearances.link(unit, self.subject_id, stored.object_id)
            facts = {"appearance": str(found.appearance_id)}
            self.vault.log.append(unit, Deed(Action.SUBJECT_LINKED, now, facts=facts))
        link_named(self.vault, unit, stored)
