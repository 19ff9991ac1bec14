"""Epochs: UTC days, counted."""

from datetime import date, timedelta

_DAY_ZERO = date(1970, 1, 1)


def epoch_of(day: date) -> int:
    """Return the epoch of a UTC day: whole days since 1970-01-01."""
    return (day - _DAY_ZERO).days


def day_of_epoch(epoch: int) -> date:
    """Return the UTC day of an epoch."""
    return _DAY_ZERO + timedelta(days=epoch)
