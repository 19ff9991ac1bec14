"""The names under which records know people: they say nothing, and change by the box's policy.

Clause: 6.1-4; A.1-3.
"""

import base64
from datetime import date
from typing import Literal
from uuid import UUID

Rotation = Literal["day", "box"]
"""How long a name holds: for a day, or for as long as the box. Names of two boxes always differ."""

_BYTES = 5  # eight letters of base 32, and nothing left over


def message(person_id: UUID, rotation: Rotation, day: date) -> bytes:
    """Return what is authenticated with a box's key to name somebody."""
    period = day.isoformat() if rotation == "day" else ""
    return b"yingbi 1 known" + person_id.bytes + period.encode()


def known_as(digest: bytes) -> str:
    """Return the name that a keyed digest gives: "known " and 8 letters of a-z and 2-7."""
    return "known " + base64.b32encode(digest[:_BYTES]).decode().lower()
