"""The keys of inboxes: while one lives, a copy of a delivery of its day can be opened with it.

Clause: 6.2.3.e-2.
"""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from yingbi.db.database import KeysUnit
from yingbi.db.schema import epochs
from yingbi.db.sql import select
from yingbi.domain.retention import INBOX_KEPT_DAYS, RetentionClass
from yingbi.keys.epoch import day_of_epoch

_DAY_MS = 86_400_000
InboxKeys = AbstractSet[tuple[UUID, int]]
"""The box and the epoch of each."""


def inbox_keys(unit: KeysUnit) -> InboxKeys:
    """Return the keys of inboxes that are there."""
    mine = epochs.c.retention == int(RetentionClass.INBOX)
    rows = unit.all(select(epochs.c.box_id, epochs.c.epoch).where(mine))
    return {(row.box_id, row.epoch) for row in rows}


def days_of(object_id: UUID) -> range:
    """Return the epochs to which an object of this id can have been sealed.

    Its moment is taken first, its id right after: midnight may lie between.
    """
    day = (object_id.int >> 80) // _DAY_MS
    return range(day - 1, day + 1)


def opens(keys: InboxKeys, box_id: UUID, object_id: UUID) -> bool:
    """Return whether one of the keys may open a copy of the object's delivery, if it had one."""
    return any((box_id, epoch) in keys for epoch in days_of(object_id))


def gone_by(keys: InboxKeys, box_id: UUID, object_id: UUID, now: datetime) -> datetime:
    """Return by when none of them does, if the vault is opened by then; now, where none does."""
    last = max((e for e in days_of(object_id) if (box_id, e) in keys), default=None)
    if last is None:
        return now
    first_day_without = day_of_epoch(last) + timedelta(days=INBOX_KEPT_DAYS + 1)
    return max(now, datetime.combine(first_day_without, time(), UTC))
