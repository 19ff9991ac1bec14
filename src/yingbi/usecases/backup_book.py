"""The book of backups: where each lies and when its keys go, sealed in the catalogue.

Clause: 6.2.3.e-2.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from yingbi.db.schema import backups
from yingbi.db.sql import insert, select, update
from yingbi.domain.ledger import Action, Deed
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.store.backup import Places
from yingbi.store.erasures import as_text
from yingbi.usecases.opened import Vault

_STEP = 256


def resolved(places: Places) -> Places:
    """Return the folders by their whole paths."""
    return Places(places.bodies.resolve(), places.keys.resolve())


def add_row(
    vault: Vault,
    backup_id: UUID,
    key_id: bytes,
    places: Places,
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Write down where the backup will lie, before anything of it does."""
    where = resolved(places)
    text = {"bodies": str(where.bodies), "keys": str(where.keys), "until": as_text(until)}
    content = json.dumps(text).encode()
    padded = content.ljust(-(-len(content) // _STEP) * _STEP)
    keystore = vault.keystore
    cell = seal_cell(
        keystore.suite, keystore.catalogue_key("backups"), padded, _at(vault, backup_id)
    )
    row = {
        "backup_id": backup_id,
        "controller_id": vault.folder.controller_id,
        "lock_store_id": key_id,
        "made_at": as_text(now),
        "sealed": cell,
    }
    with vault.rooms.catalogue_db.begin() as unit:
        unit.run(insert(backups), row)


def rows_of(vault: Vault) -> list[tuple[UUID, Places, datetime]]:
    """Return the backups that were not deleted: id, folders, and when their keys go."""
    keystore = vault.keystore
    with vault.rooms.catalogue_db.read() as unit:
        rows = unit.all(select(backups).where(backups.c.deleted_at.is_(None)))
    found = []
    for row in rows:
        content = open_cell(
            keystore.suite,
            keystore.catalogue_key("backups"),
            row.sealed,
            _at(vault, row.backup_id),
            what="a backup's row",
        )
        text: dict[str, Any] = json.loads(content)
        places = Places(Path(text["bodies"]), Path(text["keys"]))
        found.append((row.backup_id, places, datetime.fromisoformat(text["until"])))
    return found


def mark_deleted(vault: Vault, backup_id: UUID, now: datetime, *, reached: bool) -> None:
    """Write down and log that a backup is deleted. reached: whether its folders were."""
    facts = {"backup": str(backup_id), "folders": "reached" if reached else "not-reached"}
    with vault.rooms.catalogue_db.begin() as unit:
        mine = backups.c.backup_id == backup_id
        unit.run(update(backups).where(mine).values(deleted_at=as_text(now)))
        vault.log.append(unit, Deed(Action.BACKUP_DELETED, now, facts=facts))


def _at(vault: Vault, backup_id: UUID) -> bytes:
    return place("backup", vault.folder.controller_id.bytes, backup_id.bytes)
