"""Erase objects: their locks first, so that no copy of their bytes opens again.

Clause: 6.1-8; 6.2.3.c-1.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from yingbi.domain.box import Box
from yingbi.domain.ids import new_id
from yingbi.domain.messages import say_count
from yingbi.errors import NoSuchObjectError
from yingbi.keys.inbox_keys import gone_by, inbox_keys, opens
from yingbi.store.erase import erase_many, finish_receipts
from yingbi.store.stored import Erasure
from yingbi.usecases.backup import renew_ledgers
from yingbi.usecases.opened import Vault
from yingbi.usecases.sweep import Tell, replace_lock_store_key


def erase_objects(
    vault: Vault, object_ids: Sequence[UUID], *, purpose: str = ""
) -> list[dict[str, Any]]:
    """Erase the objects and return their receipts.

    Raises: NoSuchObjectError, ObjectErasedError, ObjectHeldError for the first that cannot
        be erased; those of earlier lots are erased by then.
    """
    now = datetime.now(UTC)
    try:
        done = erase_many(vault.rooms, object_ids, now=now, purpose=purpose)
    finally:
        renew_ledgers(vault, now)
    return [told(one) for one in done]


def objects_of(vault: Vault, box: Box, before: date | None) -> tuple[list[UUID], list[UUID]]:
    """Return what of a box can be erased and what a hold keeps.

    before: only what was taken in before this UTC day.
    """
    end = None
    if before is not None:
        start = datetime.combine(before, time(), UTC)
        end = UUID(int=new_id(int(start.timestamp() * 1000)).int >> 80 << 80)
    ids = vault.rooms.catalogue.ids_of(box.box_id, before=end)
    held = [one for one in ids if vault.rooms.held(box.box_id, one)]
    return [one for one in ids if one not in set(held)], held


def make_final(vault: Vault, tell: Tell) -> None:
    """Replace the lock-store key at once; the caller holds the vault alone.

    What was erased is final after it, except where a backup still needs an old key, or the
    box's inbox of that day still has one: what is not is told, a line for each reason.
    """
    now = datetime.now(UTC)
    replace_lock_store_key(vault, now, tell)
    finish_receipts(vault.rooms, now=now)
    for line in why_not_final(vault, now):
        tell(line)


def why_not_final(vault: Vault, now: datetime) -> list[str]:
    """Return in the user's words why erasings are not final, a line for each reason."""
    with vault.rooms.keys_db.read() as unit:
        inboxes = inbox_keys(unit)
    waiting = [
        one for one in vault.rooms.catalogue.receipts() if one.erased_at and not one.final_at
    ]
    left = [one for one in waiting if opens(inboxes, one.box_id, one.object_id)]
    lines = []
    if left:
        last = max(gone_by(inboxes, one.box_id, one.object_id, now) for one in left)
        lines.append(
            say_count(
                "{n} erasing is not final: it may have come in through a door, and the key of its box's inbox is kept until {day}; say --final again then.",
                "{n} erasings are not final: they may have come in through a door, and the keys of their boxes' inboxes are kept until {day}; say --final again then.",
                len(left),
                day=last.date().isoformat(),
            )
        )
    backed_up = [one for one in waiting if one not in left]
    if backed_up:
        lines.append(
            say_count(
                "{n} erasing is not final: a backup needs the old key until {time}.",
                "{n} erasings are not final: a backup needs the old keys until {time}.",
                len(backed_up),
                time=max(one.promised_at or "" for one in backed_up),
            )
        )
    return lines


def receipt_of(vault: Vault, object_id: UUID) -> dict[str, Any]:
    """Return the receipt of an erased object. Raises: NoSuchObjectError where there is none."""
    receipt = vault.rooms.catalogue.erasure(object_id)
    if receipt is None:
        raise NoSuchObjectError(object_id=object_id)
    return told(receipt)


def told(receipt: Erasure) -> dict[str, Any]:
    """Return a receipt for machines."""
    return {
        "id": str(receipt.object_id),
        "state": receipt.state,
        "intended_at": receipt.intended_at,
        "erased_at": receipt.erased_at,
        "promised_at": receipt.promised_at,
        "final_at": receipt.final_at,
    }
