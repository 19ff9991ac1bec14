"""A hold: what must be kept beyond its time, because a court, an inquiry or an accident asks for it.

Clause: 6.2.3.c-1.
"""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Hold:
    """What is held, and why.

    object_id: None where the whole box is held. until: the last UTC day on which it holds;
    None until somebody ends it. made_at: ISO 8601 with its zone.
    """

    hold_id: UUID
    box_id: UUID
    object_id: UUID | None
    reason: str = field(repr=False)
    until: date | None
    made_at: str

    def keeps(self, box_id: UUID, object_id: UUID, today: date) -> bool:
        """Return whether the object may not be erased on that day."""
        mine = self.box_id == box_id and self.object_id in (None, object_id)
        return mine and (self.until is None or today <= self.until)
