"""Holds: kept beyond its time what a court, an inquiry or an accident asks for.

The hold is in force when its row is committed. Then what it keeps is locked to
keys of a class of its own, so that a day's usual key can be destroyed without it.

Clause: 6.2.3.c-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from yingbi.domain.hold import Hold
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.retention import RetentionClass
from yingbi.errors import NoSuchObjectError
from yingbi.keys.epoch import day_of_epoch
from yingbi.keys.rotate import Rewrapping
from yingbi.usecases.opened import Vault
from yingbi.usecases.relock import rewrap_locks


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be held; raises as `Holds.add` does. object_id: None for the whole box."""

    box: str
    object_id: UUID | None
    reason: str
    until: date | None = None


def add_hold(vault: Vault, wanted: Wanted) -> tuple[Hold, int]:
    """Hold an object or a box; return the hold and how many locks it took to its own keys.

    Raises: NoSuchBoxError; NoSuchObjectError where the box has no such object;
        ObjectErasedError; UsageError.
    """
    now, box = datetime.now(UTC), vault.boxes.box_named(wanted.box)
    object_id = wanted.object_id
    if object_id is not None and vault.rooms.catalogue.get(object_id).box_id != box.box_id:
        raise NoSuchObjectError(object_id=object_id)
    with vault.rooms.catalogue_db.begin() as unit:
        hold = vault.holds.add(
            unit, box.box_id, object_id, reason=wanted.reason, until=wanted.until, now=now
        )
        facts = {"hold": str(hold.hold_id), "until": str(wanted.until or "-")}
        vault.log.append(
            unit, Deed(Action.HELD, now, box.box_id, object_id, purpose=hold.reason, facts=facts)
        )
    return hold, take_to_hold_keys(vault, [hold])


def take_to_hold_keys(vault: Vault, holds: Sequence[Hold]) -> int:
    """Lock what these holds keep to keys of the class HOLD; return how many locks changed.

    What is there already is passed over, so this may be called before every sweep: a
    box's hold then takes what came in meanwhile as well.

    Raises: as `rewrap_locks` does.
    """
    return sum(_take(vault, hold) for hold in holds)


def _take(vault: Vault, hold: Hold) -> int:
    by_epoch: dict[int, list[UUID]] = {}
    catalogue = vault.rooms.catalogue
    its = catalogue.all(hold.box_id) if hold.object_id is None else [catalogue.get(hold.object_id)]
    for stored in its:
        by_epoch.setdefault(stored.epoch, []).append(stored.object_id)
    return sum(_take_day(vault, hold.box_id, *day) for day in by_epoch.items())


def _take_day(vault: Vault, box_id: UUID, epoch: int, object_ids: list[UUID]) -> int:
    day, kept = day_of_epoch(epoch), RetentionClass.HOLD
    with vault.rooms.keys_db.begin() as unit:
        new = vault.epochs.epoch_for(unit, box_id, day, kept)
    done = 0
    for old, private in vault.epochs.privates(box_id, epoch):
        if old.retention not in (RetentionClass.HOLD, RetentionClass.INBOX):
            change = Rewrapping(vault.keystore.suite, old, private, new)
            done += rewrap_locks(vault, object_ids, change, lambda _done: None)
    return done


def end_hold(vault: Vault, hold_id: UUID) -> Hold:
    """End a hold; what it kept is erased at the next sweep if its time is over.

    Raises: NoSuchHoldError.
    """
    hold, now = vault.holds.get(hold_id), datetime.now(UTC)
    with vault.rooms.catalogue_db.begin() as unit:
        vault.holds.end(unit, hold)
        facts = {"hold": str(hold.hold_id)}
        deed = Deed(Action.HOLD_ENDED, now, hold.box_id, hold.object_id, facts=facts)
        vault.log.append(unit, deed)
    return hold
