"""What a stretch of time tells: who was seen when, who fell, and what else happened.

Clause: A.1-3; A.1-4.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from yingbi.domain.lying import DOWN, DOWN_WITHIN_S, Points, lain
from yingbi.domain.record import Behaviour, Event, Record, span_of
from yingbi.domain.span import Span, merged

JOIN_S = 2.0
"""Shorter gaps are how a person is noted, by intervals and from picture to picture."""
REPEAT_S = 600.0
"""The same thing again within this time is one line, with how often it happened."""


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody of this day: as the records say, and the number here of a person not known.

    object_id: of which object the records are, where it is told; "" for a person who is known.
    """

    subject: str
    number: int | None = None
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """When somebody was seen, in spans that do not touch, in order."""

    who: Who
    seen: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Fall:
    """Somebody fell.

    figure: 17 key points of how they lay, as shares of the picture, or None.
    down_s: how long they were then seen lying, at least; None where that was not noted.
    camera: which one saw it, where there are several.
    """

    at_s: float
    who: Who | None
    figure: Points | None = None
    down_s: float | None = None
    camera: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, once or again and again; one or more times_s, in order.

    event, place, direction: as `record.Event` says. count: the most. for_s: all together.
    camera: which one saw it, where there are several.
    """

    event: str
    times_s: tuple[float, ...]
    who: Who | None = None
    place: str | None = None
    direction: str | None = None
    count: int | None = None
    for_s: float | None = None
    camera: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """What one stretch of time tells: a day's, or an object's of which the time is not known."""

    people: tuple[Person, ...]
    falls: tuple[Fall, ...]
    happened: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One object's records, laid on the day: what lies outside from 0 to end_s is cut off.

    camera: which one saw it, where there are several.
    """

    records: Sequence[Record]
    offset_s: float
    end_s: float
    camera: str | None = None

    def moment(self, time_s: float) -> float | None:
        """Return when that was, or None where it was on another day."""
        at_s = time_s + self.offset_s
        return at_s if 0 <= at_s < self.end_s else None

    def span(self, from_s: float, to_s: float) -> Span | None:
        """Return what of it lies in the day."""
        first, last = from_s + self.offset_s, to_s + self.offset_s
        if last < 0 or first >= self.end_s or (last == 0 and first < 0):
            return None
        return Span(max(first, 0.0), min(last, self.end_s))

    def seen(self) -> dict[str, tuple[Span, ...]]:
        """Return when each subject was seen: in each record of them, and from coming to leaving."""
        spans: dict[str, list[Span]] = defaultdict(list)
        for subject, from_s, to_s in (*_told(self.records), *_visits(self.records)):
            span = self.span(from_s, to_s)
            if span is not None:
                spans[subject].append(span)
        return {subject: merged(some, JOIN_S) for subject, some in spans.items()}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A sheet, and who its subjects are on this day. seen: when they were, by subject."""

    sheet: Sheet
    seen: Mapping[str, tuple[Span, ...]]
    cast: Mapping[str, Who]


Doing = Mapping[tuple[Who, str], tuple[Span, ...]]


def story_of(leaves: Sequence[Leaf], doing: Doing) -> Story:
    """Return what these leaves tell together; doing: of `behaviours`."""
    seen: dict[Who, list[Span]] = defaultdict(list)
    for leaf in leaves:
        for subject, spans in leaf.seen.items():
            seen[leaf.cast[subject]] += spans
    people = [Person(who, merged(spans, JOIN_S)) for who, spans in seen.items()]
    people.sort(key=lambda one: (one.who.number is not None, one.seen[0], one.who.subject))
    falls = {(fall.at_s, fall.who): fall for leaf in leaves for fall in _falls(leaf, doing)}
    singles = {one for leaf in leaves for one in _singles(leaf)}
    order = sorted(falls.values(), key=lambda fall: fall.at_s)
    return Story(tuple(people), tuple(order), repeats(singles))


def _told(records: Iterable[Record]) -> Iterator[tuple[str, float, float]]:
    for record in records:
        if record.subject is not None:
            yield record.subject, *span_of(record)


def _visits(records: Iterable[Record]) -> Iterator[tuple[str, float, float]]:
    came: dict[str, float] = {}
    events = (r for r in records if isinstance(r, Event) and r.event in ("entered", "left"))
    for event in sorted(events, key=lambda e: (e.time_s, e.event == "left")):
        if event.subject is not None and event.event == "entered":
            came.setdefault(event.subject, event.time_s)
        elif event.subject in came:
            yield event.subject, came.pop(event.subject), event.time_s


def behaviours(leaves: Sequence[Leaf]) -> Doing:
    """Return when who did what, in spans that do not touch."""
    doing: dict[tuple[Who, str], list[Span]] = defaultdict(list)
    for leaf in leaves:
        for record in leaf.sheet.records:
            if isinstance(record, Behaviour):
                span = leaf.sheet.span(record.from_s, record.to_s)
                if span is not None:
                    doing[leaf.cast[record.subject], record.behaviour].append(span)
    return {key: merged(spans) for key, spans in doing.items()}


def _falls(leaf: Leaf, doing: Doing) -> Iterator[Fall]:
    for record in leaf.sheet.records:
        if not isinstance(record, Event) or record.event != "fell":
            continue
        at_s = leaf.sheet.moment(record.time_s)
        if at_s is not None:
            who = None if record.subject is None else leaf.cast[record.subject]
            figure, down_s = lain(record, leaf.sheet.records), _down_s(at_s, who, doing)
            yield Fall(at_s, who, figure, down_s, leaf.sheet.camera)


def _down_s(at_s: float, who: Who | None, doing: Doing) -> float | None:
    if who is None:
        return None
    lying = merged((span for name in DOWN for span in doing.get((who, name), ())), JOIN_S)
    ends = (s.to_s for s in lying if s.from_s <= at_s + DOWN_WITHIN_S and s.to_s > at_s)
    return next((end - at_s for end in ends), None)


def _singles(leaf: Leaf) -> Iterator[Happening]:
    for record in leaf.sheet.records:
        if isinstance(record, Event) and record.event != "count":
            at_s = leaf.sheet.moment(record.time_s)
            who = leaf.cast.get(record.subject) if record.subject is not None else None
            if at_s is not None:
                yield Happening(
                    record.event, (at_s,), who, record.place, record.direction,
                    record.count, record.for_s, leaf.sheet.camera,
                )  # fmt: skip


def repeats(happened: Iterable[Happening]) -> tuple[Happening, ...]:
    """Return them in order, repeats in one; every fall stands for itself."""
    told: list[Happening] = []
    last: dict[tuple[object, ...], int] = {}
    for one in sorted(
        happened, key=lambda h: (h.times_s, h.event, str(h.who), str(h.place), str(h.camera))
    ):
        key = one.event, one.who, one.place, one.direction, one.camera
        place = last.get(key)
        again = place is not None and one.times_s[0] - told[place].times_s[-1] <= REPEAT_S
        if place is None or not again or one.event == "fell":
            last[key] = len(told)
            told.append(one)
        else:
            told[place] = _joined(told[place], one)
    return tuple(told)


def _joined(first: Happening, again: Happening) -> Happening:
    counts = [n for n in (first.count, again.count) if n is not None]
    lasted = [s for s in (first.for_s, again.for_s) if s is not None]
    return replace(
        first,
        times_s=tuple(sorted((*first.times_s, *again.times_s))),
        count=max(counts) if counts else None,
        for_s=sum(lasted) if lasted else None,
    )
