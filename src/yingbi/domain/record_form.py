"""Records as schema 2 writes them, in whole numbers alone, checked at the door.

Times are milliseconds from the object's start, coordinates per mille of the picture's width
and height, confidence and visibility percent: so each value is written in one way, and no
field can hold a picture. The published JSON Schema is `standard/record-2.schema.json`; a test
proves that both accept and refuse the same. `record_form_1` reads what was written before.

Clause: A.1-3; A.1-4; 6.2.4.b.6-1.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from yingbi.domain.messages import say
from yingbi.domain.record import (
    ATTRIBUTES,
    BEHAVIOURS,
    COLOURS,
    DIRECTIONS,
    EVENTS,
    KEY_POINTS,
    KINDS,
    Attribute,
    Behaviour,
    Event,
    Identity,
    Pose,
    Record,
    kind_of,
)
from yingbi.domain.record_form_checks import (
    LONGEST_MS,
    exactly,
    refuse,
    rows,
    text,
    whole,
    word,
)

RECORD_SCHEMA = 2
FURTHEST = 4000
"""Per mille; what lies further out of the picture is written as if it lay here."""
MOST_PEOPLE = 100_000
SUBJECT = re.compile("unknown [0-9]{1,9}|known [a-z2-7]{8}")
PLACE = re.compile("[a-z0-9][a-z0-9-]{0,23}")


def to_lines(records: Iterable[Record]) -> bytes:
    """Return JSON Lines, one record a line. Raises: as `to_json`."""
    return b"".join(as_line(to_json(record)) for record in records)


def as_line(told: Mapping[str, Any]) -> bytes:
    """Return one line of JSON in ASCII, without spaces, its fields in the order they have."""
    return json.dumps(told, separators=(",", ":")).encode("ascii") + b"\n"


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as schema 2 writes it.

    A pose without a box, as schema 1 has them, gets the box around its key points.
    Raises: RecordRefusedError where it could not be read again: that is never written.
    """
    told = {"v": RECORD_SCHEMA, "kind": kind_of(record), **_told(record)}
    from_json(told)
    return told


def from_json(value: object) -> Record:
    """Return the record that a line of schema 2 tells.

    Raises: RecordRefusedError on another version, and on an unknown kind, field or value.
    """
    version = value.get("v") if isinstance(value, dict) else None
    if type(version) is not int or version != RECORD_SCHEMA or not isinstance(value, dict):
        refuse(say("it is not of schema {schema}", schema=RECORD_SCHEMA))
    return _READERS[word(value.get("kind"), "kind", KINDS)](value)


# --- writing -------------------------------------------------------------------------------------


def _told(record: Record) -> dict[str, Any]:
    match record:
        case Identity():
            return {**_span_told(record), "confidence": _percent(record.confidence)}
        case Pose():
            return {
                "subject": record.subject,
                "time_ms": _ms(record.time_s),
                "box": [_mille(one) for one in record.box or _around(record.points)],
                "points": [[_mille(x), _mille(y), _percent(s)] for x, y, s in record.points],
            }
        case Attribute():
            kept = {"attribute": record.attribute, "value": record.value}
            return {**_span_told(record), **kept, "confidence": _percent(record.confidence)}
        case Behaviour():
            kept = {"behaviour": record.behaviour}
            return {**_span_told(record), **kept, "confidence": _percent(record.confidence)}
        case Event():
            return _event_told(record)


def _span_told(record: Identity | Attribute | Behaviour) -> dict[str, Any]:
    times = {"from_ms": _ms(record.from_s), "to_ms": _ms(record.to_s)}
    return {"subject": record.subject, **times}


def _event_told(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {"event": event.event, "time_ms": _ms(event.time_s)}
    for name in EVENTS[word(event.event, "event", EVENTS)]:
        value = getattr(event, name)
        write = _IN_WHOLE_NUMBERS.get(name)
        told[_written_as(name)] = value if write is None or value is None else write(value)
    return told


def _written_as(name: str) -> str:
    """Return what a field of an event is called where it is written in whole numbers."""
    return "for_ms" if name == "for_s" else name


def _around(points: Sequence[tuple[float, float, float]]) -> tuple[float, float, float, float]:
    across, down = [x for x, _, _ in points], [y for _, y, _ in points]
    return min(across), min(down), max(across), max(down)


def _ms(seconds: float) -> int:
    return _rounded(seconds * 1000)


def _mille(share: float) -> int:
    return min(max(_rounded(share * 1000), -FURTHEST), FURTHEST)


def _percent(share: float) -> int:
    return _rounded(share * 100)


def _rounded(value: float) -> int:
    if not math.isfinite(value):
        refuse(say("a number in it is endless or none at all"))
    return round(value)


_IN_WHOLE_NUMBERS: dict[str, Callable[[float], int]] = {"for_s": _ms, "confidence": _percent}


# --- reading -------------------------------------------------------------------------------------


def _fields(told: Mapping[str, Any], *fields: str) -> None:
    exactly(told, told["kind"], ("v", "kind", *fields))


def _identity(told: Mapping[str, Any]) -> Identity:
    _fields(told, "subject", "from_ms", "to_ms", "confidence")
    return Identity(*_whose(told), _share(told, "confidence"))


def _pose(told: Mapping[str, Any]) -> Pose:
    _fields(told, "subject", "time_ms", "box", "points")
    x0, y0, x1, y1 = (_place(one, "box") for one in rows(told["box"], "box", 4))
    points = tuple(_point(one) for one in rows(told["points"], "points", KEY_POINTS))
    return Pose(_subject(told), _time(told, "time_ms"), points, (x0, y0, x1, y1))


def _attribute(told: Mapping[str, Any]) -> Attribute:
    _fields(told, "subject", "from_ms", "to_ms", "attribute", "value", "confidence")
    name = word(told["attribute"], "attribute", ATTRIBUTES)
    value = word(told["value"], "value", ATTRIBUTES[name] or COLOURS)
    return Attribute(*_whose(told), name, value, _share(told, "confidence"))


def _behaviour(told: Mapping[str, Any]) -> Behaviour:
    _fields(told, "subject", "from_ms", "to_ms", "behaviour", "confidence")
    return Behaviour(
        *_whose(told), word(told["behaviour"], "behaviour", BEHAVIOURS), _share(told, "confidence")
    )


def _event(told: Mapping[str, Any]) -> Event:
    name = word(told.get("event"), "event", EVENTS)
    fields = EVENTS[name]
    _fields(told, "event", "time_ms", *map(_written_as, fields))
    return Event(name, _time(told, "time_ms"), **{one: _OF_EVENTS[one](told) for one in fields})


def _whose(told: Mapping[str, Any]) -> tuple[str, float, float]:
    return _subject(told), _time(told, "from_ms"), _time(told, "to_ms")


def _subject(told: Mapping[str, Any]) -> str:
    return text(told["subject"], "subject", SUBJECT)


def _time(told: Mapping[str, Any], field: str) -> float:
    return whole(told[field], field, 0, LONGEST_MS) / 1000


def _share(told: Mapping[str, Any], field: str) -> float:
    return whole(told[field], field, 0, 100) / 100


def _place(value: object, field: str) -> float:
    return whole(value, field, -FURTHEST, FURTHEST) / 1000


def _point(value: object) -> tuple[float, float, float]:
    x, y, seen = rows(value, "points", 3)
    return _place(x, "points"), _place(y, "points"), whole(seen, "points", 0, 100) / 100


_READERS: dict[str, Callable[[Mapping[str, Any]], Record]] = {
    "identity": _identity,
    "pose": _pose,
    "attributes": _attribute,
    "behaviour": _behaviour,
    "event": _event,
}
_OF_EVENTS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "subject": _subject,
    "count": lambda told: whole(told["count"], "count", 0, MOST_PEOPLE),
    "place": lambda told: text(told["place"], "place", PLACE),
    "direction": lambda told: word(told["direction"], "direction", DIRECTIONS),
    "for_s": lambda told: _time(told, "for_ms"),
    "confidence": lambda told: _share(told, "confidence"),
}
