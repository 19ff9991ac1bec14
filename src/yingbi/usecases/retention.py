"""Erasing by time: what a box keeps for so many days is erased when its last day is over.

A clock that lies must not erase anything. Where the last entry of the log is newer
than now, nothing is erased. Where more time passed than the settings allow, that is
logged, and nothing is erased by itself until somebody says that the clock is right.

Clause: 6.2.3.c-1; 6.2.5.g-1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from yingbi.audit.newest import TOLERANCE, clock_is_doubted, newest_at
from yingbi.domain.box import Box
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say
from yingbi.domain.retention import INBOX_KEPT_DAYS, RetentionClass
from yingbi.errors import LogBrokenError
from yingbi.keys.epochs import day_of_epoch, epoch_of
from yingbi.store.erase import erase_many
from yingbi.store.stored import Erasure
from yingbi.usecases.opened import Vault

MAX_JUMP_DAYS = 400
EpochName = tuple[int, int]
"""A day's epoch and a retention class."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What of one box is over its time.

    epochs: days and classes of which nothing is held. held: what a hold keeps all the same.
    """

    box: Box
    epochs: tuple[EpochName, ...]
    objects: tuple[UUID, ...]
    held: tuple[UUID, ...]


def expired(vault: Vault, today: date) -> list[Expired]:
    """Return, box by box, what is over its time; epochs stand for it until they are destroyed.

    Only days before today are over, so that nobody seals to a key that is destroyed.
    """
    found = []
    for box in vault.boxes.boxes():
        names = _epochs_over(vault, box, today)
        its = vault.rooms.catalogue.of_epochs(box.box_id, set(names)) if names else {}
        held = {one: name for one, name in its.items() if vault.rooms.held(box.box_id, one)}
        kept = set(held.values())
        epochs = tuple(name for name in names if name not in kept)
        left = tuple(one for one in its if one not in held)
        if names:
            found.append(Expired(box, epochs, left, tuple(held)))
    return found


def _epochs_over(vault: Vault, box: Box, today: date) -> Sequence[EpochName]:
    over: list[EpochName] = []
    for kept, days in box.policy.retention.days:
        first_kept = epoch_of(today - timedelta(days=max(1, days)))
        over += [(e, int(kept)) for e in vault.epochs.before(box.box_id, first_kept, int(kept))]
    inbox, first_kept = int(RetentionClass.INBOX), epoch_of(today - timedelta(days=INBOX_KEPT_DAYS))
    waits = vault.rooms.inbox.waits_for(box.box_id)
    old = vault.epochs.before(box.box_id, first_kept, inbox)
    over += [(epoch, inbox) for epoch in old if epoch not in waits]
    return over


def erase_expired(vault: Vault, over: Sequence[Expired], now: datetime) -> list[Erasure]:
    """Erase it, then destroy the keys of epochs that hold nothing any more; return the receipts.

    Raises: as `erase_many` does.
    """
    receipts = list[Erasure]()
    for one in over:
        facts = {"by": "retention"}
        receipts += erase_many(vault.rooms, one.objects, now=now, facts=facts)
        for name in one.epochs:
            if not vault.rooms.catalogue.of_epochs(one.box.box_id, {name}):
                _destroy_epoch(vault, one.box.box_id, name, now)
        for epoch in sorted({epoch for epoch, _ in one.epochs}):
            _destroy_key_of_ended_hold(vault, one.box.box_id, epoch, now)
    if over:
        vault.rooms.keys_db.empty_journal()
    return receipts


def _destroy_key_of_ended_hold(vault: Vault, box_id: UUID, epoch: int, now: datetime) -> None:
    """Destroy the key that held a day's objects beyond their time, if none of the day is left."""
    held = int(RetentionClass.HOLD)
    if epoch not in vault.epochs.before(box_id, epoch + 1, held):
        return
    if not vault.rooms.catalogue.of_epochs(box_id, {(epoch, int(kept)) for kept in RetentionClass}):
        _destroy_epoch(vault, box_id, (epoch, held), now)


def _destroy_epoch(vault: Vault, box_id: UUID, name: EpochName, now: datetime) -> None:
    epoch, retention = name
    kept = RetentionClass(retention).name.lower()
    facts = {"day": day_of_epoch(epoch).isoformat(), "retention": kept}
    with vault.rooms.catalogue_db.begin() as unit_of_catalogue:
        if retention == RetentionClass.INBOX:
            vault.rooms.catalogue.erased_under_this(unit_of_catalogue, box_id, epoch)
        deed = Deed(Action.EPOCH_DESTROYED, now, box_id=box_id, facts=facts)
        vault.log.append(unit_of_catalogue, deed)
    with vault.rooms.keys_db.begin() as unit:
        vault.epochs.destroy(unit, box_id, epoch, retention)


def look_at_the_clock(vault: Vault, now: datetime, max_jump_days: int) -> str:
    """Return why this clock must not erase by time, in the user's words, or nothing.

    Where more time passed since the log's last entry than is to be believed, that is logged
    and doubted until `believe_the_clock`. This comes before anything else is logged, which
    would hide it.
    """
    try:
        newest = newest_at(vault.rooms.catalogue_db)
    except LogBrokenError:
        return ""  # nothing can be erased then
    if newest is None:
        return ""
    if now < newest - TOLERANCE:
        return say(
            "The clock stands before the log's last entry ({time}); nothing is erased by time."
            " If the clock is right, run 'yingbi vault sweep --clock-is-right'.",
            time=newest.isoformat(timespec="seconds"),
        )
    if now - newest > timedelta(days=max_jump_days):
        facts = {"last_entry": newest.astimezone(UTC).isoformat(timespec="seconds")}
        vault.log.record(Deed(Action.CLOCK_DOUBTED, now, facts=facts))
    return ""


def believe_the_clock(vault: Vault, now: datetime) -> None:
    """Log that somebody looked, and that the clock is right."""
    vault.log.record(Deed(Action.CLOCK_CONFIRMED, now))


def clock_problem(vault: Vault) -> str:
    """Return in the user's words why this clock must not erase by time, or nothing."""
    if vault.clock_problem:
        return vault.clock_problem
    if clock_is_doubted(vault.rooms.catalogue_db):
        return say(
            "The clock leapt far ahead of the log; nothing is erased by time."
            " If the clock is right, run 'yingbi vault sweep --clock-is-right'."
        )
    return ""
