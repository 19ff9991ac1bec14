"""Taking in what doors delivered, at the start of a vault: exactly once, and nothing silently.

Locks are committed, then one transaction of the catalogue writes the object's row and the
log's entries, then the delivery is unlinked. Whatever breaks off before that is done again.

Clause: 6.2.3-2; 6.2.4-1; 6.1-2.
"""

import contextlib
import os
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say, say_error
from yingbi.errors import DeliveryRefusedError, VaultLockedError, YingbiError
from yingbi.store.graded import grade_deeds
from yingbi.store.writer import lock_group
from yingbi.usecases.judge_delivery import Judged, judge
from yingbi.usecases.named import link_named
from yingbi.usecases.opened import Vault
from yingbi.usecases.sweep import Tell

MEMORY_WORDS = frozenset({"locked", "not locked"})


@dataclass(frozen=True, slots=True)
class Aside:
    """A delivery that was not taken in. refused: it lies in inbox/refused now; else it waits on."""

    name: str
    error: YingbiError
    refused: bool


def take_in_alone(vault: Vault, now: datetime, tell: Tell) -> None:
    """Take in what waits, unless another start is at it; tell of each that was not taken in.

    Nothing that is wrong here keeps the owner out of the vault: it is told.
    """
    try:
        with vault.folder.taking_in():
            aside = take_in(vault, now=now)
    except YingbiError as error:  # a full disk, say
        aside = [Aside("", error, refused=False)]
    for one in aside:
        message = say_error(one.error)
        if not one.refused:
            message = say("A delivery waits on: {reason}", reason=message)
        tell(f"yingbi: {message} [{one.error.code}]")


def take_in(vault: Vault, *, now: datetime) -> list[Aside]:
    """Take in every delivery that waits and return those that were not.

    The caller is the one process that does so, and holds the vault. One that is bad blocks
    no other, nor the vault. A mark lies on the shelf meanwhile, so that locks without a row
    are cleared away by the next start that is alone.
    """
    shelf, inbox = vault.rooms.shelf, vault.rooms.inbox
    mark = shelf.mark()
    outcomes = [_outcome(vault, name, now) for name in inbox.waiting()]
    aside = [outcome for outcome in outcomes if outcome is not None]
    if all(one.refused for one in aside):
        shelf.clear([mark])
    return aside


def _outcome(vault: Vault, name: str, now: datetime) -> Aside | None:
    try:
        try:
            judged = judge(vault, name)
        except DeliveryRefusedError as error:
            vault.rooms.inbox.refuse(name)
            return Aside(name, error, refused=True)
        if not judged.again:
            _write(vault, judged, now)
        vault.rooms.inbox.remove(name)
    except YingbiError as error:
        return Aside(name, error, refused=False)
    return None


def _write(vault: Vault, judged: Judged, now: datetime) -> None:
    rooms, told, stored = vault.rooms, judged.told, judged.told.stored
    if rooms.locks.holds(stored.object_id):
        raise VaultLockedError  # an earlier attempt is cleared away by a start that is alone
    info_key = os.urandom(rooms.key_bytes)
    group = lock_group(stored)
    with rooms.keys_db.begin() as unit:
        rooms.locks.put(unit, group, stored.object_id, told.locks, info_key)
        rooms.index.put(unit, stored, None)  # read at the next query, with leave and log
    try:
        with rooms.catalogue_db.begin() as unit_of_catalogue:
            rooms.catalogue.add(unit_of_catalogue, stored, told.segments, info_key)
            for deed in (*grade_deeds(stored, now), *_deeds(judged, now)):
                rooms.ledger.append(unit_of_catalogue, deed)
            link_named(vault, unit_of_catalogue, stored)
    except YingbiError:
        _take_back(vault, stored.object_id)
        raise


def _take_back(vault: Vault, object_id: UUID) -> None:
    """Remove the locks of an object that has no row; where that fails, the mark tells of them."""
    rooms = vault.rooms
    with contextlib.suppress(YingbiError):
        if not rooms.catalogue.holds(object_id):
            with rooms.keys_db.begin() as unit:
                rooms.locks.destroy(unit, object_id)
                rooms.index.destroy(unit, [object_id])
            rooms.keys_db.empty_journal()


def _deeds(judged: Judged, now: datetime) -> tuple[Deed, Deed]:
    """Return what the log is told: that it was protected, as always, and by which door."""
    stored, told, device = judged.told.stored, judged.told, str(judged.door.device_id)
    memory = told.facts.get("memory")
    facts = {"level": str(int(stored.level)), "device": device}
    protected = Deed(
        Action.PROTECTED,
        now,
        box_id=stored.box_id,
        object_id=stored.object_id,
        digests={part.kind.value: part.final_seal.hex() for part in stored.parts},
        facts=facts | ({"memory": memory} if memory in MEMORY_WORDS else {}),
    )
    delivered = Deed(
        Action.DELIVERED,
        now,
        box_id=stored.box_id,
        object_id=stored.object_id,
        facts={"device": device, "sealed_at": told.sealed_at},
    )
    return protected, delivered
