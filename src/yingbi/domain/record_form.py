"""Records as bytes: JSON Lines of schema 1, checked at the door.

The published JSON Schema is `standard/record-1.schema.json`; a test proves that
both accept and refuse the same.

Clause: A.1-3; A.1-4; 6.2.4.b.6-1.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from yingbi.domain.record import KEY_POINTS, Event, Identity, Pose, Record
from yingbi.errors import RecordRefusedError

RECORD_SCHEMA = 1


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as schema 1 writes it."""
    match record:
        case Identity():
            return {
                "v": RECORD_SCHEMA,
                "kind": "identity",
                "subject": record.subject,
                "from_s": round(record.from_s, 3),
                "to_s": round(record.to_s, 3),
                "confidence": round(record.confidence, 2),
            }
        case Pose():
            points = [[round(x, 3), round(y, 3), round(s, 2)] for x, y, s in record.points]
            return {
                "v": RECORD_SCHEMA,
                "kind": "pose",
                "subject": record.subject,
                "time_s": round(record.time_s, 3),
                "points": points,
            }
        case Event():
            told: dict[str, Any] = {
                "v": RECORD_SCHEMA,
                "kind": "event",
                "event": record.event,
                "time_s": round(record.time_s, 3),
            }
            if record.event == "count":
                return told | {"count": record.count}
            return told | {"subject": record.subject}
    raise ValueError(f"schema 1 knows no {type(record).__name__}")


def to_lines(records: Iterable[Record]) -> bytes:
    """Return JSON Lines, one record a line, without spaces."""
    lines = (json.dumps(to_json(r), separators=(",", ":"), ensure_ascii=False) for r in records)
    return b"".join(line.encode() + b"\n" for line in lines)


def from_lines(content: bytes) -> list[Record]:
    """Return the records of JSON Lines.

    Raises: RecordRefusedError where one is not exactly as schema 1 says.
    """
    try:
        return [from_json(json.loads(line)) for line in content.decode("utf-8").splitlines()]
    except ValueError as error:
        raise RecordRefusedError(reason="it is not JSON Lines in UTF-8") from error


def from_json(record: object) -> Record:
    """Return the checked record.

    Raises: RecordRefusedError on an unknown version, kind, field or value.
    """
    version = record.get("v") if isinstance(record, dict) else None
    if version is True or version != RECORD_SCHEMA or not isinstance(record, dict):
        raise RecordRefusedError(reason=f"it is not of schema {RECORD_SCHEMA}")
    match record.get("kind"):
        case "identity":
            _exactly(record, "subject", "from_s", "to_s", "confidence")
            return Identity(
                _subject(record),
                _time(record, "from_s"),
                _time(record, "to_s"),
                _share(record["confidence"], "confidence"),
            )
        case "pose":
            _exactly(record, "subject", "time_s", "points")
            return Pose(_subject(record), _time(record, "time_s"), _points(record["points"]))
        case "event":
            return _event(record)
        case _:
            raise RecordRefusedError(reason="its kind is not known")


def _event(record: Mapping[str, Any]) -> Event:
    name = record.get("event")
    if name == "count":
        _exactly(record, "event", "time_s", "count")
        count = record["count"]
        number = _number(count, "count", 0, 100_000)
        if not number.is_integer():
            raise RecordRefusedError(reason="'count' is not a whole number of people")
        return Event("count", _time(record, "time_s"), count=int(number))
    if name not in ("entered", "left"):
        raise RecordRefusedError(reason="its event is not known")
    _exactly(record, "event", "time_s", "subject")
    return Event(name, _time(record, "time_s"), subject=_subject(record))


def _exactly(record: Mapping[str, Any], *fields: str) -> None:
    if set(record) != {"v", "kind", *fields}:
        raise RecordRefusedError(reason=f"a {record['kind']} has exactly: {', '.join(fields)}")


def _subject(record: Mapping[str, Any]) -> str:
    words = record["subject"].split(" ") if isinstance(record["subject"], str) else []
    known = len(words) == 2 and words[0] == "unknown" and words[1].isascii() and words[1].isdigit()
    if not known or len(words[1]) > 9:
        raise RecordRefusedError(reason="'subject' is not 'unknown' and a number")
    return " ".join(words)


def _number(value: object, name: str, low: float, high: float) -> float:
    if type(value) not in (int, float) or not low <= value <= high:  # type: ignore[operator]
        raise RecordRefusedError(reason=f"'{name}' is not a number from {low:g} to {high:g}")
    return float(value)  # type: ignore[arg-type]


def _time(record: Mapping[str, Any], name: str) -> float:
    return _number(record[name], name, 0, 1e9)


def _share(value: object, name: str) -> float:
    return _number(value, name, 0, 1)


def _points(value: object) -> tuple[tuple[float, float, float], ...]:
    if not isinstance(value, list) or len(value) != KEY_POINTS:
        raise RecordRefusedError(reason=f"'points' is not a list of {KEY_POINTS} points")
    points = []
    for point in value:
        if not isinstance(point, list) or len(point) != 3:
            raise RecordRefusedError(reason="a point is not [x, y, score]")
        x, y = (_number(v, "point", -4, 4) for v in point[:2])
        points.append((x, y, _share(point[2], "score")))
    return tuple(points)
