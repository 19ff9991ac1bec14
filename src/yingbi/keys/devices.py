"""The doors of a vault's boxes: which device may deliver where, from when to when.

A row is sealed, so that nobody adds, changes or moves one. Whoever puts an older row
back can undo a revocation; `verify` holds the rows to the log and finds it.

Clause: 6.2.4-1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from yingbi.db.database import CatalogueUnit, Database
from yingbi.db.schema import devices
from yingbi.db.sql import Row, insert, select, update
from yingbi.errors import NoSuchDoorError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.keystore import Keystore

_SEALED_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Registered:
    """A door as its vault knows it.

    device_id: the 16 bytes of every header, as an id. public_key: verifies what it seals.
    made_at, revoked_at: ISO 8601. first_epoch, last_epoch: the days it was given keys for.
    """

    device_id: UUID
    box_id: UUID
    public_key: bytes
    name: str = field(repr=False)
    made_at: str
    first_epoch: int
    last_epoch: int
    revoked_at: str | None = None


class Devices:
    """The doors of one vault."""

    def __init__(
        self, keystore: Keystore, database: Database[CatalogueUnit], controller_id: UUID
    ) -> None:
        self._keystore, self._database, self._controller = keystore, database, controller_id

    def add(self, unit: CatalogueUnit, door: Registered) -> None:
        """Register a door in the caller's transaction."""
        row = {
            "device_id": door.device_id,
            "controller_id": self._controller,
            "box_id": door.box_id,
            "sealed": self._sealed(door),
        }
        unit.run(insert(devices), row)

    def find(self, device_id: UUID) -> Registered | None:
        """Return the door of that id, revoked or not; raises SealBrokenError on an altered row."""
        with self._database.read() as unit:
            row = unit.one(select(devices).where(devices.c.device_id == device_id))
        return None if row is None else self._opened(row)

    def get(self, device_id: UUID) -> Registered:
        """Return the door of that id. Raises: NoSuchDoorError; as `find` does."""
        found = self.find(device_id)
        if found is None:
            raise NoSuchDoorError(device=device_id)
        return found

    def all(self, box_id: UUID | None = None) -> list[Registered]:
        """Return every door, of a box or of all, the oldest first; raises as `find` does."""
        chosen = select(devices)
        if box_id is not None:
            chosen = chosen.where(devices.c.box_id == box_id)
        with self._database.read() as unit:
            found = [self._opened(row) for row in unit.all(chosen)]
        return sorted(found, key=lambda door: (door.made_at, door.device_id))

    def revoke(self, unit: CatalogueUnit, door: Registered, now: datetime) -> None:
        """Note in the caller's transaction that the door may deliver no more."""
        revoked = replace(door, revoked_at=now.isoformat(timespec="seconds"))
        mine = devices.c.device_id == door.device_id
        unit.run(update(devices).where(mine).values(sealed=self._sealed(revoked)))

    def _sealed(self, door: Registered) -> bytes:
        text = {
            "public": door.public_key.hex(),
            "name": door.name,
            "made_at": door.made_at,
            "epochs": [door.first_epoch, door.last_epoch],
            "revoked_at": door.revoked_at,
        }
        content = json.dumps(text, ensure_ascii=False).encode().ljust(_SEALED_BYTES)
        at = self._at(door.device_id, door.box_id)
        return seal_cell(self._keystore.suite, self._key, content, at)

    def _opened(self, row: Row[Any]) -> Registered:
        at = self._at(row.device_id, row.box_id)
        content = open_cell(self._keystore.suite, self._key, row.sealed, at, what="a door's row")
        text: Mapping[str, Any] = json.loads(content)
        return Registered(
            device_id=row.device_id,
            box_id=row.box_id,
            public_key=bytes.fromhex(text["public"]),
            name=text["name"],
            made_at=text["made_at"],
            first_epoch=text["epochs"][0],
            last_epoch=text["epochs"][1],
            revoked_at=text["revoked_at"],
        )

    @property
    def _key(self) -> bytes:
        return self._keystore.catalogue_key("devices")

    def _at(self, device_id: UUID, box_id: UUID) -> bytes:
        return place("device", self._controller.bytes, device_id.bytes, box_id.bytes)
