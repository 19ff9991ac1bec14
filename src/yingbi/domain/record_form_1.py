"""Schema 1 of records: read for ever, since vaults hold it, and never sealed again.

What was sealed as schema 1 is opened as it always was, byte for byte, and so it is written here
as well. Times are seconds and coordinates shares, both with a point. The published JSON Schema is
`standard/record-1.schema.json`; a test proves that both accept and refuse the same.

Clause: A.1-3; A.1-4; 6.2.4.b.6-1.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from yingbi.domain.messages import say
from yingbi.domain.record import KEY_POINTS, Event, Identity, Pose, Record, kind_of
from yingbi.domain.record_form_checks import exactly, refuse, rows, text, word

_SUBJECT = re.compile("unknown [0-9]{1,9}")
_FIELDS = {
    "identity": ("v", "kind", "subject", "from_s", "to_s", "confidence"),
    "pose": ("v", "kind", "subject", "time_s", "points"),
    "count": ("v", "kind", "event", "time_s", "count"),
    "event": ("v", "kind", "event", "time_s", "subject"),
}


def to_lines(records: Iterable[Record]) -> bytes:
    """Return JSON Lines, one record a line, of records that were read from schema 1."""
    lines = (json.dumps(_told(record), separators=(",", ":")) for record in records)
    return b"".join(line.encode("ascii") + b"\n" for line in lines)


def _told(record: Record) -> dict[str, Any]:
    told: dict[str, Any] = {"v": 1, "kind": kind_of(record)}
    match record:
        case Identity():
            times = {"from_s": round(record.from_s, 3), "to_s": round(record.to_s, 3)}
            told |= {"subject": record.subject, **times}
            return told | {"confidence": round(record.confidence, 2)}
        case Pose():
            points = [[round(x, 3), round(y, 3), round(s, 2)] for x, y, s in record.points]
            told |= {"subject": record.subject, "time_s": round(record.time_s, 3)}
            return told | {"points": points}
        case Event():
            field = "count" if record.event == "count" else "subject"
            told |= {"event": record.event, "time_s": round(record.time_s, 3)}
            return told | {field: getattr(record, field)}
    raise ValueError(f"schema 1 knows no {type(record).__name__}")


def from_json(value: object) -> Record:
    """Return the record that a line of schema 1 tells.

    Raises: RecordRefusedError on another version, and on an unknown kind, field or value.
    """
    if not isinstance(value, dict) or value.get("v") is True or value.get("v") != 1:
        refuse(say("it is not of schema {schema}", schema=1))
    kind = word(value.get("kind"), "kind", ("identity", "pose", "event"))
    form = "count" if kind == "event" and value.get("event") == "count" else kind
    told = exactly(value, form, _FIELDS[form])
    match form:
        case "identity":
            times = _time(told["from_s"], "from_s"), _time(told["to_s"], "to_s")
            share = _number(told["confidence"], "confidence", 0, 1)
            return Identity(_subject(told), *times, share)
        case "pose":
            return Pose(_subject(told), _time(told["time_s"], "time_s"), _points(told["points"]))
        case "count":
            return Event("count", _time(told["time_s"], "time_s"), count=_count(told["count"]))
        case _:
            event = word(told["event"], "event", ("entered", "left"))
            return Event(event, _time(told["time_s"], "time_s"), subject=_subject(told))


def _subject(told: Mapping[str, Any]) -> str:
    return text(told["subject"], "subject", _SUBJECT)


def _number(value: object, field: str, low: float, high: float) -> float:
    told = None if isinstance(value, bool) or not isinstance(value, int | float) else value
    if told is None or not low <= told <= high:
        fine = f"{low:g}..{high:g}"
        refuse(say("'{field}' is not a number in {range}", field=field, range=fine))
    return float(told)


def _time(value: object, field: str) -> float:
    return _number(value, field, 0, 1e9)


def _count(value: object) -> int:
    count = _number(value, "count", 0, 100_000)
    if not count.is_integer():
        refuse(say("'{field}' is not a whole number in {range}", field="count", range="0..100000"))
    return int(count)


def _points(value: object) -> tuple[tuple[float, float, float], ...]:
    points = []
    for point in rows(value, "points", KEY_POINTS):
        x, y, score = rows(point, "points", 3)
        place = _number(x, "points", -4, 4), _number(y, "points", -4, 4)
        points.append((*place, _number(score, "points", 0, 1)))
    return tuple(points)
