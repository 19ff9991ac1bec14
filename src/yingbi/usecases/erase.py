"""Erase an object: its locks first, so that no copy of its bytes opens again.

Clause: 6.1-8; 6.2.3.c-1.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yingbi.store.erase import erase
from yingbi.usecases.vault import Vault


def erase_object(vault: Vault, object_id: UUID) -> dict[str, Any]:
    """Erase the object and return the receipt. Raises: NoSuchObjectError, ObjectErasedError."""
    receipt = erase(vault.rooms, object_id, now=datetime.now(UTC))
    return {
        "id": str(receipt.object_id),
        "state": "erased",
        "intended_at": receipt.intended_at,
        "erased_at": receipt.erased_at,
    }
