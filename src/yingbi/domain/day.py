"""One calendar day of records, reckoned for people to read: who was seen when, and what happened.

Nothing is guessed. A number such as "unknown 3" is a name inside one object only: in another object,
or after coming back, the same person has another one. So as many people as were seen at once are
certain, and more numbers than that may be fewer people. Objects whose time is not known are told apart.

Times are real seconds since the day began, so that a day on which the clock is changed has 23 or
25 hours; `Day.clock` turns them into the time of day.

Clause: A.1-3; A.1-4.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import ceil, inf

from yingbi.domain.floor import Floor, trodden
from yingbi.domain.record import Pose, Record
from yingbi.domain.span import Span, at_once, merged
from yingbi.domain.story import JOIN_S, Doing, Leaf, Sheet, Story, Who, behaviours, story_of

HOUR_S = 3600.0

Spans = tuple[Span, ...]

_UNKNOWN = re.compile(r"unknown (\d{1,9})")


@dataclass(frozen=True, slots=True)
class Noted:
    """The records of one object.

    start_utc: the time of its second 0, with a zone; None where nobody knows it.
    lasts_s: how long it is; None where that is not told.
    camera: which one saw it, None where nobody knows. object_id: the object's, where told.
    Raises: ValueError for a time without a zone.
    """

    start_utc: datetime | None
    records: Sequence[Record]
    lasts_s: float | None = None
    camera: str | None = None
    object_id: str = ""

    def __post_init__(self) -> None:
        if self.start_utc is not None and self.start_utc.tzinfo is None:
            raise ValueError("start_utc has no zone")


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day in one time zone.

    at_once: spans with how many people were surely there, none where nobody was.
    doing_s: by behaviour the seconds of all people together, in each hour since the day began.
    cameras: whose objects there are on the day, None for those of which nobody knows.
    floors: by camera, in the order of `cameras`: each looks over another floor.
    watched: when there was an object at all; None where the length of one is not told.
    undated: of objects whose time is not known; their times are seconds since their own start.
    """

    date: date
    zone: tzinfo
    starts_utc: datetime
    length_s: float
    story: Story
    at_once: tuple[tuple[Span, int], ...]
    doing_s: Mapping[str, tuple[float, ...]]
    cameras: tuple[str | None, ...]
    floors: tuple[Floor, ...]
    watched: tuple[Span, ...] | None
    undated: tuple[Story, ...]

    def clock(self, at_s: float) -> datetime:
        """Return the time of day, in the day's zone."""
        return (self.starts_utc + timedelta(seconds=at_s)).astimezone(self.zone)

    @property
    def most(self) -> int:
        """How many people were there at once, at the most."""
        crowds = [one.count or 0 for one in self.story.happened if one.event == "crowd"]
        return max([0, *crowds, *(count for _, count in self.at_once)])

    @property
    def surely(self) -> int:
        """How many different people were seen, at least."""
        people = self.story.people
        known = sum(person.who.number is None for person in people)
        return max(known, self.most, min(1, len(people)))


def day_of(day: date, zone: tzinfo, noted: Iterable[Noted]) -> Day:
    """Return what the objects tell of this day; what they tell of other days is left out."""
    begins, ends = (_midnight(d, zone) for d in (day, day + timedelta(days=1)))
    length_s = (ends - begins).total_seconds()
    films = sorted(noted, key=lambda one: one.start_utc is None)  # whose time is known first
    cameras = tuple(sorted({one.camera for one in films}, key=lambda name: (name is None, name)))
    several = len(cameras) > 1
    sheets = [
        Sheet(
            one.records,
            0.0 if one.start_utc is None else (one.start_utc - begins).total_seconds(),
            inf if one.start_utc is None else length_s,
            one.camera if several else None,
        )
        for one in films
    ]
    dated = sheets[: sum(one.start_utc is not None for one in films)]
    seen = [sheet.seen() for sheet in sheets]
    cast = _numbered(seen, len(dated), [one.object_id for one in films])
    leaves = [Leaf(*parts) for parts in zip(sheets, seen, cast, strict=True)]
    here, adrift = leaves[: len(dated)], leaves[len(dated) :]
    doing = behaviours(here)
    return Day(
        day,
        zone,
        begins,
        length_s,
        story_of(here, doing),
        at_once(_lanes(here)),
        {name: _by_hour(spans, length_s) for name, spans in _by_name(doing).items()},
        cameras,
        tuple(
            trodden(_poses(s for s, one in zip(dated, films, strict=False) if one.camera == camera))
            for camera in cameras
        ),
        _watched(films, dated),
        tuple(story_of([one], behaviours([one])) for one in adrift if one.sheet.records),
    )


def _watched(films: Iterable[Noted], dated: Iterable[Sheet]) -> tuple[Span, ...] | None:
    lengths = [one.lasts_s for one in films if one.start_utc is not None]
    spans = []
    for sheet, lasts_s in zip(dated, lengths, strict=True):
        if lasts_s is None:
            return None
        spans.append(sheet.span(0.0, lasts_s))
    return merged((span for span in spans if span is not None), JOIN_S)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _numbered(
    seen: Sequence[Mapping[str, Spans]], dated: int, ids: Sequence[str]
) -> list[dict[str, Who]]:
    """Return who the subjects of each sheet are; a single sheet's numbers stay as they are.

    dated: how many of the sheets have a time; their people come first. ids: of the objects.
    """
    order = sorted(
        ((index, subject) for index, subjects in enumerate(seen) for subject in subjects),
        key=lambda key: (key[0] >= dated, seen[key[0]][key[1]][0].from_s, key),
    )
    unknown = [key for key in order if _UNKNOWN.fullmatch(key[1])]
    alone = len({index for index, _ in unknown}) == 1
    numbers = {
        key: int(key[1].split()[1]) if alone else n for n, key in enumerate(unknown, start=1)
    }
    cast: list[dict[str, Who]] = [{} for _ in seen]
    for index, subject in order:
        number = numbers.get((index, subject))
        cast[index][subject] = Who(subject, number, "" if number is None else ids[index])
    return cast


def _lanes(leaves: Sequence[Leaf]) -> list[list[Spans]]:
    """Return who may be counted together: all of one object, and all who are known.

    Two objects may show one room from two sides, so that their people are never added up.
    """
    known: dict[Who, list[Span]] = defaultdict(list)
    for leaf in leaves:
        for subject, spans in leaf.seen.items():
            if leaf.cast[subject].number is None:
                known[leaf.cast[subject]] += spans
    together = [merged(spans, JOIN_S) for spans in known.values()]
    return [together, *(list(leaf.seen.values()) for leaf in leaves)]


def _by_name(doing: Doing) -> dict[str, list[Span]]:
    names: dict[str, list[Span]] = defaultdict(list)
    for (_, name), spans in doing.items():
        names[name] += spans
    return names


def _by_hour(spans: Iterable[Span], length_s: float) -> tuple[float, ...]:
    hours = [0.0] * ceil(length_s / HOUR_S)
    for span in spans:
        for hour in range(int(span.from_s // HOUR_S), min(len(hours), ceil(span.to_s / HOUR_S))):
            first, last = max(span.from_s, hour * HOUR_S), min(span.to_s, (hour + 1) * HOUR_S)
            hours[hour] += max(0.0, last - first)
    return tuple(hours)


def _poses(sheets: Iterable[Sheet]) -> Iterator[list[Pose]]:
    """Yield the poses of one person after another that were taken on the day, in order."""
    for sheet in sheets:
        of: dict[str, list[Pose]] = defaultdict(list)
        for record in sheet.records:
            if isinstance(record, Pose) and sheet.moment(record.time_s) is not None:
                of[record.subject].append(record)
        yield from (sorted(poses, key=lambda pose: pose.time_s) for poses in of.values())
