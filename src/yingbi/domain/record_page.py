"""A page: the records of one interval, and what is true for all of them.

As JSON Lines its first line is the head and each other line a record:

    {"v":2,"page":{"start":"2026-11-29T19:00:00Z","clock":{...},"networks":{...}}}

The published JSON Schema of a line is `standard/record-2.schema.json`.

Clause: A.1-3; A.1-4; 6.2.4.b.6-1.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from yingbi.domain import record_form_1
from yingbi.domain.detail import EXACT, LEAST_CELLS, LONGEST_STEP_S, MOST_CELLS, Detail, Names
from yingbi.domain.messages import say
from yingbi.domain.record import Record
from yingbi.domain.record_form import RECORD_SCHEMA, as_line, from_json, to_lines
from yingbi.domain.record_form_checks import LONGEST_MS, exactly, refuse, text, whole, word
from yingbi.errors import RecordRefusedError

CLOCKS = ("option", "file", "device", "unknown")
"""Where a start comes from: somebody said it, the file says it, a camera's clock, or nobody."""
MOST_NETWORKS = 32
"""Digests do not shrink, and a head has to fit the smallest fixed size, 4096 bytes, twice."""
_MOMENT = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.([1-9][0-9]{2}|0[1-9][0-9]|00[1-9]))?Z"
)
_NETWORK = re.compile("[a-z0-9][a-z0-9-]{0,31}")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is known of the clock that gave the start.

    source: of `CLOCKS`. offset_ms: how far it was ahead of UTC when it was last compared.
    uncertainty_ms: how far it may be off besides. None: nobody measured it.
    """

    source: str = "unknown"
    offset_ms: int | None = None
    uncertainty_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What is true for all records of a page.

    start: UTC, to the millisecond, of second 0 of the object; None: unknown.
    networks: name and SHA-256, in hexadecimal digits, of what saw it, in order of names.
    detail: how coarse the records were made before they were sealed.
    Raises: ValueError for a start without a time zone, and for names out of order or twice.
    """

    start: datetime | None = None
    clock: ClockState = ClockState()
    networks: tuple[tuple[str, str], ...] = ()
    detail: Detail = EXACT

    def __post_init__(self) -> None:
        """Refuse what would be read in two ways."""
        names = [name for name, _ in self.networks]
        if names != sorted(set(names)):
            raise ValueError("networks stand in order of names, each once")
        if self.start is not None and self.start.utcoffset() is None:
            raise ValueError("a start has a time zone")


@dataclass(frozen=True, slots=True)
class Page(Head):
    """A head, and the records it is true for.

    schema: by which it was written; pages of schema 1 have an empty head.
    """

    records: tuple[Record, ...] = ()
    schema: int = RECORD_SCHEMA

    @property
    def head(self) -> Head:
        """What is left without the records."""
        return Head(self.start, self.clock, self.networks, self.detail)

    def only(self, records: Iterable[Record]) -> "Page":
        """Return the page with these of its records."""
        return replace(self, records=tuple(records))


def page_of(head: Head, records: tuple[Record, ...]) -> Page:
    """Return the page of a head and its records."""
    return Page(head.start, head.clock, head.networks, head.detail, records)


# --- the head ------------------------------------------------------------------------------------


def head_to_json(head: Head) -> dict[str, Any]:
    """Return the head as schema 2 writes it.

    Raises: RecordRefusedError where it could not be read again: that is never written.
    """
    clock = {
        "source": head.clock.source,
        "offset_ms": head.clock.offset_ms,
        "uncertainty_ms": head.clock.uncertainty_ms,
    }
    start = None if head.start is None else utc_text(head.start)
    page = {"start": start, "clock": clock, "networks": dict(head.networks)}
    if head.detail != EXACT:
        page["detail"] = _detail_told(head.detail)
    told = {"v": RECORD_SCHEMA, "page": page}
    head_from_json(told)
    return told


def head_from_json(value: object) -> Head:
    """Return the head that the first line of a page tells; RecordRefusedError otherwise."""
    told = exactly(value, "head", ("v", "page"))
    whole(told["v"], "v", RECORD_SCHEMA, RECORD_SCHEMA)
    coarse = isinstance(told["page"], dict) and "detail" in told["page"]
    fields = ("start", "clock", "networks", "detail") if coarse else ("start", "clock", "networks")
    page = exactly(told["page"], "page", fields)
    clock = exactly(page["clock"], "clock", ("source", "offset_ms", "uncertainty_ms"))
    state = ClockState(
        word(clock["source"], "source", CLOCKS),
        _or_none(clock["offset_ms"], "offset_ms", -LONGEST_MS),
        _or_none(clock["uncertainty_ms"], "uncertainty_ms", 0),
    )
    start = None if page["start"] is None else _moment(page["start"])
    detail = _detail(page["detail"]) if coarse else EXACT
    return Head(start, state, _networks(page["networks"]), detail)


def _detail_told(detail: Detail) -> dict[str, Any]:
    return {
        "grid": detail.grid or None,
        "step_ms": detail.step_s * 1000 or None,
        "names": None if detail.names == "none" else detail.names,
    }


def _detail(value: object) -> Detail:
    """Return how coarse a page says it is; one that is not at all says nothing of it."""
    told = exactly(value, "detail", ("grid", "step_ms", "names"))
    names: Names = "none"
    if told["names"] is not None:
        names = "day" if word(told["names"], "names", ("day", "box")) == "day" else "box"
    grid, step = told["grid"], told["step_ms"]
    cells = 0 if grid is None else whole(grid, "grid", LEAST_CELLS, MOST_CELLS)
    step_ms = 0 if step is None else whole(step, "step_ms", 1000, LONGEST_STEP_S * 1000)
    detail = Detail(cells, step_ms // 1000, names)
    if step_ms % 1000 or detail == EXACT:
        refuse(say("'{field}' is not written as it has to be", field="detail"))
    return detail


def utc_text(moment: datetime) -> str:
    """Return the moment in UTC as RFC 3339 writes it, with milliseconds where there are any."""
    written = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return written.removesuffix("+00:00").removesuffix(".000") + "Z"


def _moment(value: object) -> datetime:
    written = text(value, "start", _MOMENT)
    try:
        return datetime.fromisoformat(written)
    except ValueError:  # the 30th of February
        refuse(say("'{field}' is not written as it has to be", field="start"))


def _or_none(value: object, field: str, low: int) -> int | None:
    return None if value is None else whole(value, field, low, LONGEST_MS)


def _networks(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or len(value) > MOST_NETWORKS:
        most = MOST_NETWORKS
        refuse(say("'{field}' is not a map of {most} at most", field="networks", most=most))
    pairs = (
        (text(name, "networks", _NETWORK), text(digest, "networks", _SHA256))
        for name, digest in value.items()
    )
    return tuple(sorted(pairs))


# --- JSON Lines ----------------------------------------------------------------------------------


def page_lines(page: Page) -> bytes:
    """Return the page as JSON Lines: its head, then one record a line.

    A page of schema 1 is written as it was: without a head. Raises: as `to_json`.
    """
    if page.schema == 1:
        return record_form_1.to_lines(page.records)
    return as_line(head_to_json(page)) + to_lines(page.records)


def lines_of(pages: Iterable[Page]) -> Iterator[bytes]:
    """Yield the lines of pages that follow each other; a head that stays the same stands once.

    Raises: as `to_json`.
    """
    told: Head | None = None
    for page in pages:
        yield page_lines(page) if page.schema == 1 or page.head != told else to_lines(page.records)
        told = None if page.schema == 1 else page.head


def page_of_lines(content: bytes) -> Page:
    """Return the page that JSON Lines tell, of schema 2 or of schema 1, which has no head.

    Lines of schema 2 are read only as `page_lines` writes them, byte for byte: a field that
    stands twice, or a number in other digits, would be read otherwise elsewhere.
    Raises: RecordRefusedError for anything else.
    """
    lines = _parsed(content)
    if not lines or (isinstance(lines[0], dict) and lines[0].get("v") == 1):
        return Page(records=tuple(map(record_form_1.from_json, lines)), schema=1)
    page = page_of(head_from_json(lines[0]), tuple(map(from_json, lines[1:])))
    if page_lines(page) != content:
        refuse(say("its lines are not written in the one way they can be"))
    return page


def _parsed(content: bytes) -> list[object]:
    try:
        return [json.loads(line) for line in content.decode("utf-8").splitlines()]
    # Nesting without an end exhausts the parser instead of being refused by it.
    except (ValueError, RecursionError) as error:
        raise RecordRefusedError(reason="it is not JSON Lines in UTF-8") from error
