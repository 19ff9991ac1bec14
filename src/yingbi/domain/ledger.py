"""What is done to a vault, as it is told to the log.

Clause: 6.1-2; 6.2.4.b.2-2.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID


class Action(StrEnum):
    """Every kind of deed that the log knows."""

    VAULT_MADE = "vault-made"
    MEMORY_UNGUARDED = "memory-unguarded"
    BOX_MADE = "box-made"
    GRADED = "graded"
    SCENE_APPROVED = "scene-approved"
    PROTECTED = "protected"
    GRANTED = "granted"
    OPENED = "opened"
    VERIFIED = "verified"
    ERASE_INTENDED = "erase-intended"
    ERASED = "erased"
    SETTLED = "settled"
    LOCK_STORE_REPLACED = "lock-store-replaced"
    ERASED_FINALLY = "erased-finally"
    EPOCH_DESTROYED = "epoch-destroyed"
    VAULT_DESTROYED = "vault-destroyed"
    SOURCE_REMOVED = "source-removed"
    HELD = "held"
    HOLD_ENDED = "hold-ended"
    POLICY_CHANGED = "policy-changed"
    ROTATED = "rotated"
    PASSPHRASE_CHANGED = "passphrase-changed"  # noqa: S105 the name of a deed
    SHARES_MADE = "shares-made"
    RECOVERED = "recovered"
    DOOR_MADE = "door-made"
    DOOR_REVOKED = "door-revoked"
    DELIVERED = "delivered"
    SUBJECT_ADDED = "subject-added"
    SUBJECT_LINKED = "subject-linked"
    SUBJECT_UNLINKED = "subject-unlinked"
    CONSENT_GIVEN = "consent-given"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    ENROLLED = "enrolled"
    ENROLMENT_REVOKED = "enrolment-revoked"
    TEMPLATES_RENEWED = "templates-renewed"
    FACES_COMPARED = "faces-compared"
    REMASKED = "remasked"
    PERSON_ERASED = "person-erased"
    BACKED_UP = "backed-up"
    BACKUP_DELETED = "backup-deleted"
    RESTORED = "restored"
    UPGRADED = "upgraded"
    REPAIRED = "repaired"
    CLOCK_DOUBTED = "clock-doubted"
    CLOCK_CONFIRMED = "clock-confirmed"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing done.

    at: with its zone.
    purpose: why, in the user's words; it may name people, so the log seals it.
    digests: what identifies the bytes that were touched, as hexadecimal; public.
    facts: further public facts, such as counts; never a name.
    """

    action: Action
    at: datetime
    box_id: UUID | None = None
    object_id: UUID | None = None
    purpose: str = field(default="", repr=False)
    digests: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


UnitT_contra = TypeVar("UnitT_contra", contravariant=True)


class Ledger(Protocol[UnitT_contra]):
    """Where deeds are told; a log that cannot be rewritten stands behind it."""

    def append(self, unit: UnitT_contra, deed: Deed) -> int:
        """Write the deed in the caller's transaction; return its sequence number."""

    def append_all(self, unit: UnitT_contra, deeds: Sequence[Deed]) -> int:
        """Write deeds in the caller's transaction; return the last one's sequence number."""

    def record(self, deed: Deed) -> int:
        """Write the deed in a transaction of its own: on the disk when this returns."""
