"""How long things are kept: classes, each with its days in a box's policy.

Clause: 6.2.3.c-1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

LONG_KEPT_DAYS = 365
"""Kept longer than this, or without an end, a key must withstand machines of another kind."""


INBOX_KEPT_DAYS = 1
"""Whole days for which an inbox's key outlives its day: a film may end late, a clock be behind."""


class RetentionClass(IntEnum):
    """The class in a segment's header; each has epoch keys of its own.

    HOLD: what a hold keeps beyond its time. INBOX: locks on their way in from a door.
    """

    USUAL = 0
    SHORT = 1
    LONG = 2
    INBOX = 0xFFFE
    HOLD = 0xFFFF


@dataclass(frozen=True, slots=True)
class Retention:
    """Days to keep, by class; a class without days is kept until somebody erases it."""

    days: tuple[tuple[RetentionClass, int], ...] = ()

    @classmethod
    def of(cls, days: Iterable[tuple[RetentionClass, int]]) -> "Retention":
        """Return it in the order of the classes."""
        return cls(tuple(sorted(days)))

    def days_of(self, retention: int) -> int | None:
        """Return the days of a class, or None for no end."""
        return next((days for kept, days in self.days if kept == retention), None)

    def last_day(self, made: date, retention: int) -> date | None:
        """Return the last UTC day on which what was made that day is kept, or None."""
        days = self.days_of(retention)
        return None if days is None else made + timedelta(days=days)

    def long_kept(self, retention: int) -> bool:
        """Return whether a class is kept longer than a year, or without an end."""
        days = self.days_of(retention)
        return days is None or days > LONG_KEPT_DAYS


UNBOUNDED = Retention()
