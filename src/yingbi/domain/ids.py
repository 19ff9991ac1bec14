"""Identifiers that carry their day: UUIDv7 (RFC 9562, 5.7)."""

import os
import time
from datetime import UTC, datetime
from uuid import UUID


def new_id(unix_ms: int | None = None) -> UUID:
    """Return a fresh UUIDv7 for the time given in milliseconds, or for now."""
    ms = time.time_ns() // 1_000_000 if unix_ms is None else unix_ms
    value = (ms << 80) | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=value & ~(0x3 << 62) | (0x2 << 62))


def day_of(identifier: UUID) -> str:
    """Return the UTC day, as YYYY-MM-DD, that a UUIDv7 carries."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC).strftime("%Y-%m-%d")
