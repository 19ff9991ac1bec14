"""Finding rows of the index: which of them were asked for.

Clause: 6.1-8; A.1-3.
"""

import math
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from yingbi.domain.subject import Appearance
from yingbi.errors import SealBrokenError
from yingbi.keys.index_page import INDEX, IndexEntry
from yingbi.store.event_rows import NAMED, UNKNOWN_US, Happening, Row, Rows, began, decoded

_US = 1_000_000
_DAY_US = 86_400 * _US


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person as records may speak of them.

    names: what they are called in any object. links: by object, where they were linked to it.
    on_day: what they are called in objects of one UTC day, told as days since 1970; None where
    names do not change. It is asked once for each day.
    """

    names: frozenset[str] = frozenset()
    links: Mapping[bytes, Sequence[Appearance]] = field(default_factory=dict, repr=False)
    on_day: Callable[[int], str] | None = field(default=None, repr=False)
    _by_day: dict[int, frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    def names_in(self, entry: IndexEntry) -> frozenset[str]:
        """Return what the person is called in an object; raises SealBrokenError as `began` does."""
        if self.on_day is None:
            return self.names
        day = _day(entry)
        if day not in self._by_day:
            self._by_day[day] = self.names | {self.on_day(day)}
        return self._by_day[day]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. what: "event fell", "identity", ...; None for all.

    first_us: the first microsecond since 1970 that is meant. until_us: the first that is no
    longer. None is open; where both are, what has no time is found as well. person: None for all.
    """

    what: frozenset[str] | None = None
    first_us: int | None = None
    until_us: int | None = None
    person: Somebody | None = None

    @property
    def timed(self) -> bool:
        """Whether only what has a time is meant."""
        return self.first_us is not None or self.until_us is not None

    def may_be_in(self, first_us: int, last_us: int) -> bool:
        """Return whether something of it can lie between two microseconds, both of them within."""
        if not self.timed:
            return True
        begins = self.first_us is None or last_us >= self.first_us
        return (
            first_us <= last_us and begins and (self.until_us is None or first_us < self.until_us)
        )


def search(entries: Iterable[IndexEntry], wanted: Wanted) -> Iterator[Happening]:
    """Yield what is wanted of what the entries tell, in their order.

    Raises: SealBrokenError where an entry is not what the index holds.
    """
    person, timed, what = wanted.person, wanted.timed, _encoded(wanted.what or ())
    names, words = frozenset[str](), tuple[bytes, ...]()
    for entry in entries:
        object_id, _, first_us, last_us, content = entry
        if timed and not wanted.may_be_in(first_us, last_us):
            continue
        # most objects are left at the sight of their bytes: a year has a hundred thousand
        if what and not any(map(content.__contains__, what)):
            continue
        if person is not None:
            here = person.names_in(entry)
            if here is not names:
                names, words = here, _encoded(here)
            if object_id not in person.links and not any(map(content.__contains__, words)):
                continue
        try:
            yield from _in_object(entry, wanted, names)
        except IndexError:
            raise SealBrokenError(what=INDEX, reason="an entry cannot be read") from None


def _encoded(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


def _day(entry: IndexEntry) -> int:
    """Return the day by which an object names people: it began then, or was taken in.

    An id says when it was made, in milliseconds since 1970 (RFC 9562, version 7).
    """
    began_us = began(entry.content)
    if began_us == UNKNOWN_US:
        return (int.from_bytes(entry.object_id[:6]) * 1000) // _DAY_US
    return began_us // _DAY_US


def _in_object(entry: IndexEntry, wanted: Wanted, names: frozenset[str]) -> Iterator[Happening]:
    """Yield what is wanted of one object. names: what the person is called in it."""
    told, person, what = decoded(entry.content), wanted.person, wanted.what
    texts, links, timed = told.texts, tuple[Appearance, ...](), wanted.timed
    kinds: Container[int] = range(len(texts))
    if what is not None:
        kinds = {n for n, text in enumerate(texts) if text in what}
    people = None
    if person is not None:
        links = tuple(person.links.get(entry.object_id, ()))
        people = {NAMED + texts.index(name) for name in names if name in texts}
    object_id = UUID(bytes=entry.object_id)
    for row in told.rows(kinds, None if links else people):
        if timed and not _in_time(told, row, wanted):
            continue
        if people is None or row.subject in people or any(_linked(row, link) for link in links):
            yield told.happening(object_id, row)


def _in_time(told: Rows, row: Row, wanted: Wanted) -> bool:
    """Return whether a row lies within: a moment as such, what lasts where any of it does."""
    if told.began_us == UNKNOWN_US:
        return False
    first = last = told.began_us + round(row.from_s * _US)
    if not math.isnan(row.for_s) and not told.texts[row.what].startswith("event "):
        last += round(row.for_s * _US)
    begins = wanted.first_us is None or last >= wanted.first_us
    return begins and (wanted.until_us is None or first < wanted.until_us)


def _linked(row: Row, link: Appearance) -> bool:
    """Return whether a row of an object speaks of whom the link means."""
    if row.subject != (link.track or row.subject) or not row.subject:
        return False
    to_s = row.from_s + (0.0 if math.isnan(row.for_s) else row.for_s)
    ends = link.from_s is None or to_s >= link.from_s
    return ends and (link.to_s is None or row.from_s <= link.to_s)
