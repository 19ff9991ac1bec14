"""What the index keeps of an object's records: rows of fixed length, and the texts they name.

HEAD start 8 | texts 4 | rows 4, then texts in UTF-8 with zeros between, then rows; all of it
little-endian. Poses and attributes are not kept: they tell nothing that is asked for by time.
No numpy is used: its import alone would take longer than most questions do.

Clause: A.1-3; 6.2.3-1.
"""

import math
import re
import struct
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from yingbi.domain.messages import say
from yingbi.domain.record import DIRECTIONS, Behaviour, Event, Identity, Record, kind_of, span_of
from yingbi.errors import RecordRefusedError, SealBrokenError
from yingbi.keys.index_page import INDEX

INDEXED = ("identity", "behaviour", "event")
"""Kinds of record of which the index is made."""

UNKNOWN_US = -(2**63)
"""Where it is unknown when an object began."""

NAMED = 1 << 31
"""A subject is 0 for nobody, N for "unknown N", and from here on the number of a text."""

_NO_COUNT, _NO_SHARE = 0xFFFFFFFF, 255
_HEAD = struct.Struct("<qII")
_ROW = struct.Struct("<ddIIHHBB")
_MOST_TEXTS = 1 << 16
MOST_ROWS = 1_000_000
"""No object tells more: a year of records every half minute."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN = re.compile(r"unknown ([1-9][0-9]{0,8})")


class Row(NamedTuple):
    """One thing that is told, as it stands in the index.

    from_s: from the object's start. for_s: NaN for none. people: how many. what, place: numbers of texts, 0 for
    none. direction: of `DIRECTIONS`, counted from 1. share: the confidence in hundredths.
    """

    from_s: float
    for_s: float
    subject: int
    people: int
    what: int
    place: int
    direction: int
    share: int


_WHAT, _WHO = Row._fields.index("what"), Row._fields.index("subject")


class Happening(NamedTuple):
    """One thing that the index tells of an object; a tuple, since an answer has tens of thousands.

    kind: of `INDEXED`. name: of the event or behaviour, empty for an identity. from_s: from the
    object's start. for_s: how long. at: the moment, None where it is unknown when the object
    began. people: how many.
    """

    object_id: UUID
    kind: str
    name: str
    at: datetime | None
    from_s: float
    for_s: float | None = None
    subject: str | None = None
    place: str | None = None
    direction: str | None = None
    people: int | None = None
    confidence: float | None = None


class Rows(NamedTuple):
    """What an object tells: when it began (`UNKNOWN_US` where that is unknown), texts, rows."""

    began_us: int
    texts: Sequence[str]
    packed: bytes

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<rows of the index>"

    def rows(self, kinds: Container[int], people: Container[int] | None = None) -> Iterator[Row]:
        """Yield, in their order, the rows of these kinds, and of these people where given."""
        for raw in _ROW.iter_unpack(self.packed):
            if raw[_WHAT] in kinds and (people is None or raw[_WHO] in people):
                yield Row._make(raw)

    def happening(self, object_id: UUID, row: Row) -> Happening:
        """Return a row as a value; raises IndexError where it names a text that is none."""
        from_s, for_s, who, people, what, place, direction, share = row
        kind, _, name = self.texts[what].partition(" ")
        return Happening(
            object_id,
            kind,
            name,
            None if self.began_us == UNKNOWN_US else moment_of(self.began_us, from_s),
            from_s,
            None if math.isnan(for_s) else round(for_s, 3),
            self._subject(who),
            self.texts[place] or None,
            DIRECTIONS[direction - 1] if direction else None,
            None if people == _NO_COUNT else people,
            None if share == _NO_SHARE else share / 100,
        )

    def _subject(self, number: int) -> str | None:
        if number >= NAMED:
            return self.texts[number - NAMED]
        return f"unknown {number}" if number else None


class _Texts:
    """Texts by number, the empty one first."""

    def __init__(self) -> None:
        self.numbers = {"": 0}

    def number(self, text: str | None) -> int:
        number = self.numbers.setdefault((text or "").replace("\0", " "), len(self.numbers))
        if number >= _MOST_TEXTS:
            raise RecordRefusedError(reason=say("an object names too many people and places"))
        return number

    def encoded(self) -> bytes:
        return "\0".join(self.numbers).encode()


def indexed(records: Iterable[Record]) -> list[Record]:
    """Return those of the records that the index takes; RecordRefusedError beyond `MOST_ROWS`."""
    mine = (record for record in records if kind_of(record) in INDEXED)
    kept = list(islice(mine, MOST_ROWS + 1))
    if len(kept) > MOST_ROWS:
        raise RecordRefusedError(reason=say("an object tells too much for the index of events"))
    return kept


def start_us(recorded_at: str | None) -> int:
    """Return microseconds since 1970 of an ISO 8601 moment; without a zone it is UTC."""
    if recorded_at is None:
        return UNKNOWN_US
    moment = datetime.fromisoformat(recorded_at)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (zoned - EPOCH) // timedelta(microseconds=1)


def encoded(records: Iterable[Record], began_us: int) -> bytes:
    """Return the rows of an object's records, those of other kinds left out.

    Raises: RecordRefusedError where they are more, or name more, than the index takes.
    """
    texts, kept = _Texts(), indexed(records)
    rows = [_ROW.pack(*_row(record, texts)) for record in kept]
    words = texts.encoded()
    return _HEAD.pack(began_us, len(words), len(rows)) + words + b"".join(rows)


def span_us(records: Iterable[Record], began_us: int) -> tuple[int, int] | None:
    """Return between which microseconds since 1970 the records tell something, if anything."""
    spans = [span_of(record) for record in records if kind_of(record) in INDEXED]
    if not spans or began_us == UNKNOWN_US:
        return None
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    return began_us + math.floor(first * 1e6), began_us + math.ceil(last * 1e6)


def _row(record: Record, texts: _Texts) -> tuple[float | int, ...]:
    from_s, to_s = span_of(record)
    for_s = record.for_s if isinstance(record, Event) else to_s - from_s
    event = record if isinstance(record, Event) else None
    share = getattr(record, "confidence", None)
    return (
        from_s,
        math.nan if for_s is None else for_s,
        _subject(record.subject, texts),
        _NO_COUNT if event is None or event.count is None else event.count,
        texts.number(_what(record)),
        texts.number(event.place if event else None),
        DIRECTIONS.index(event.direction) + 1 if event and event.direction else 0,
        _NO_SHARE if share is None else round(share * 100),
    )


def _what(record: Record) -> str:
    match record:
        case Event():
            return f"event {record.event}"
        case Behaviour():
            return f"behaviour {record.behaviour}"
        case Identity():
            return "identity"
    raise ValueError("a kind that the index does not keep")


def _subject(subject: str | None, texts: _Texts) -> int:
    if subject is None:
        return 0
    found = _UNKNOWN.fullmatch(subject)
    return int(found[1]) if found else NAMED + texts.number(subject)


def decoded(content: bytes) -> Rows:
    """Return what `encoded` wrote. Raises: SealBrokenError where it is anything else."""
    try:
        start, length, many = _HEAD.unpack_from(content)
        texts = content[_HEAD.size : _HEAD.size + length].decode().split("\0")
    except (struct.error, UnicodeDecodeError):
        raise SealBrokenError(what=INDEX, reason="an entry cannot be read") from None
    rows = content[_HEAD.size + length :]
    if len(rows) != many * _ROW.size:
        raise SealBrokenError(what=INDEX, reason="an entry cannot be read")
    return Rows(start, texts, rows)


def began(content: bytes) -> int:
    """Return when an object began, of what `encoded` wrote; SealBrokenError where it is cut."""
    try:
        began_us, _, _ = _HEAD.unpack_from(content)
    except struct.error:
        raise SealBrokenError(what=INDEX, reason="an entry cannot be read") from None
    return int(began_us)


def moment_of(began_us: int, from_s: float) -> datetime | None:
    """Return the moment so many seconds after the start; None where no calendar has it."""
    try:
        return EPOCH + timedelta(microseconds=began_us + round(from_s * 1e6))
    except (OverflowError, ValueError):
        return None
