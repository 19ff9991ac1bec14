"""Erase objects: their locks first, so that no copy of their bytes opens again.

Clause: 6.1-8; 6.2.3.c-1.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from yingbi.domain.box import Box
from yingbi.domain.ids import new_id
from yingbi.errors import NoSuchObjectError
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

    What was erased is final after it, except where a backup still needs an old key.
    """
    now = datetime.now(UTC)
    replace_lock_store_key(vault, now, tell)
    finish_receipts(vault.rooms, now=now)


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
