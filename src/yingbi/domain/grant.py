"""Permission as a value: whoever opens a part holds one.

Clause: A.3.a-2; 6.2.4-2.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from yingbi.domain.part import PartKind
from yingbi.errors import NotAuthorisedError


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to open some parts of one object for a purpose until a time.

    Only `access` makes one (a test holds the callers to it).
    """

    object_id: UUID
    parts: frozenset[PartKind]
    purpose: str
    holder: str
    not_after: datetime

    def must_cover(self, object_id: UUID, part: PartKind, *, at: datetime) -> None:
        """Raise NotAuthorisedError unless this grant opens the part at that time."""
        if self.object_id != object_id or part not in self.parts:
            raise NotAuthorisedError(reason="the grant is for something else")
        if at > self.not_after:
            raise NotAuthorisedError(reason="the grant has run out")
