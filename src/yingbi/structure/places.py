"""What happens at places: who crosses a line, enters an area and stays there, where a crowd gathers.

Somebody is where their feet are, and goes straight from one sight to the next; times between
two sights are reckoned from that way. Whoever is not seen for more than AWAY_S is gone: nobody
knows their way, so it ends at the last sight, and begins anew if they come back.

A line is crossed when somebody who was on one side goes through it and gets clear of it on the
other, told with the time at which they went through it last. Around its ends is no crossing. To
stand on it, walk along it, or touch it and turn round is none either; whoever leaves it for the
other side leaves it at that point. Whoever is gone before they are clear has crossed it if they
were last seen beyond it.

    from (0.5, 1) to (0.5, 0):    |            a left hand, b right hand, y grows downwards:
                               a  |->  b       from a to b is forward, from b to a is back

A stay is all the time in an area, ways out of it of at most AWAY_S included. It is told when it
has lasted SETTLE_S ("in-zone", with the time of entering), and again when it is over ("dwelt",
with the time of leaving), unless it was shorter than the area's dwell_s.

A crowd is told with the time from which on more people than n stayed, once that has lasted
GATHER_S without a break, and its count is the most in that half second: what comes later cannot
be known while it is told. The next is told only after a calm: n or fewer for CALM_S. Who stays is
certain only AWAY_S later, so a crowd is told by so much later, with its own time.

Clause: A.1-4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from yingbi.domain.place import PICTURE, WHOLE, Area, Line, Places
from yingbi.domain.record import Event
from yingbi.domain.zone import Point

CLEAR = 0.015
"""Whoever is so far from a line, in shares, is clear of it. Of six people who stood still for a while
with two lines through their feet, sights crossed 225 times; 11 times by more than 0.01, 7 by more
than this, 5 by more than 0.03."""
AWAY_S = 1.0
"""Somebody out of sight or outside for no longer is still there: behind a pillar, or on the edge."""
SETTLE_S = 0.5
"""A shorter stay is none: one wrong sight, or a corner that was cut."""
GATHER_S = 0.5
"""More people for a shorter time are no crowd: two who pass each other."""
CALM_S = 2.0
"""After a crowd, so long a time with few people must pass before the next is another one."""


class PlaceWatch:
    """Follows everybody through one film. Feed it every frame in order, then `finish`.

    A time that does not grow is taken for the latest one, so that nothing goes back. Events of
    one call come in the order of their times, which lie at the call's time or before it.
    """

    def __init__(self, places: Places) -> None:
        self._lines = places.lines
        self._areas = [*map(_Gathering, places.areas)]
        if places.crowd is not None:
            whole = Area(PICTURE, WHOLE, crowd=places.crowd)
            self._areas.append(_Gathering(whole, silent=True))
        self._people: dict[str, _Walk] = {}
        self._now_s = -inf

    def see(self, time_s: float, feet: Mapping[str, Point]) -> list[Event]:
        """Take a frame: where everybody stands who is seen in it, in shares, by subject.

        Feet beyond the picture are taken to be at its border.
        """
        found = self._pass(time_s)
        for subject, (x, y) in feet.items():
            at = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
            found += self._walk_of(subject, at).go(at, self._now_s)
        for walk in self._people.values():
            found += [event for stay in walk.stays for event in stay.settle(self._now_s)]
        return self._in_order(found, self._now_s - AWAY_S)

    def gone(self, subject: str, time_s: float) -> list[Event]:
        """End what somebody did, at their last sight; nothing where they are not known."""
        found = self._pass(time_s)
        walk = self._people.pop(subject, None)
        return self._in_order(found + (walk.end() if walk else []), self._now_s - AWAY_S)

    def finish(self, time_s: float) -> list[Event]:
        """End everything at the film's end."""
        found = self._pass(time_s)
        for walk in self._people.values():
            found += walk.end()
        self._people.clear()
        return self._in_order(found, inf)

    def _pass(self, time_s: float) -> list[Event]:
        """Let time pass; return what ends for those who have been away too long."""
        self._now_s = max(self._now_s, time_s)
        away = [s for s, walk in self._people.items() if self._now_s - walk.last_s > AWAY_S]
        return [event for subject in away for event in self._people.pop(subject).end()]

    def _walk_of(self, subject: str, at: Point) -> "_Walk":
        if subject not in self._people:
            passages = tuple(_Passage(line, subject) for line in self._lines)
            stays = tuple(_Stay(area, subject) for area in self._areas)
            self._people[subject] = _Walk(at, self._now_s, passages, stays)
        return self._people[subject]

    def _in_order(self, found: list[Event], known_s: float) -> list[Event]:
        crowds = [event for area in self._areas for event in area.crowds(known_s)]
        return sorted(found + crowds, key=lambda event: event.time_s)


@dataclass(frozen=True, slots=True)
class _Step:
    """The way between two sights of one person."""

    before: Point
    after: Point
    from_s: float
    to_s: float

    def time_s(self, share: float) -> float:
        """Return when they were at a share of the way."""
        return self.to_s if share == 1 else self.from_s + share * (self.to_s - self.from_s)


@dataclass(slots=True, eq=False)
class _Walk:
    """One person up to their last sight."""

    at: Point
    last_s: float
    passages: "tuple[_Passage, ...]"
    stays: "tuple[_Stay, ...]"

    def go(self, to: Point, now_s: float) -> list[Event]:
        """Go on to another sight; return what is certain by it."""
        step = _Step(self.at, to, self.last_s, now_s)
        self.at, self.last_s = to, now_s
        crossed = [event for passage in self.passages for event in passage.go(step)]
        return crossed + [event for stay in self.stays for event in stay.go(step)]

    def end(self) -> list[Event]:
        """Return what ends with the last sight."""
        crossed = [event for passage in self.passages for event in passage.end()]
        return crossed + [event for stay in self.stays for event in stay.end()]


@dataclass(slots=True, eq=False)
class _Passage:
    """One person and one line.

    clear: the side on which they were last clear of it, or began. side: on which they were last.
    passed_s: when they last changed sides, if that was through the line.
    """

    line: Line
    subject: str
    clear: int = 0
    side: int = 0
    passed_s: float | None = None

    def go(self, step: _Step) -> Iterator[Event]:
        side = self.line.side_of(step.after)
        if side == 0:
            return
        if self.side == 0:
            self.clear = side
        elif side != self.side:
            self.passed_s = self._passed_s(step)
        self.side = side
        if side != self.clear and abs(self.line.reach_to(step.after)) >= CLEAR:
            yield from self.end()
            self.clear = side

    def _passed_s(self, step: _Step) -> float | None:
        if not self.line.parts(step.before, step.after):
            return None
        before, after = (abs(self.line.reach_to(p)) for p in (step.before, step.after))
        return step.time_s(before / (before + after or 1.0))

    def end(self) -> Iterator[Event]:
        """Yield the crossing, if they are beyond the line and went through it."""
        if self.side != self.clear and self.passed_s is not None:
            way = "forward" if self.side > 0 else "back"
            yield Event("crossed", self.passed_s, self.subject, place=self.line.name, direction=way)


@dataclass(slots=True, eq=False)
class _Stay:
    """One person and one area: from when on, and until when at least, they have stayed in it."""

    place: "_Gathering"
    subject: str
    from_s: float | None = None
    to_s: float = -inf
    told: bool = False

    def go(self, step: _Step) -> Iterator[Event]:
        for low, high in self.place.area.shares_of(step.before, step.after):
            from_s = step.time_s(low)
            if self.from_s is not None and from_s - self.to_s > AWAY_S:
                yield from self.end()
            if self.from_s is None:
                self.from_s = from_s
                self.place.note(from_s, 1)
            self.to_s = step.time_s(high)

    def settle(self, now_s: float) -> Iterator[Event]:
        """Yield what is certain by now of a stay that may go on or be over."""
        if self.from_s is not None and not self.told and self.to_s - self.from_s >= SETTLE_S:
            self.told = True
            if not self.place.silent:
                yield Event("in-zone", self.from_s, self.subject, place=self.place.area.name)
        if now_s - self.to_s > AWAY_S:
            yield from self.end()

    def end(self) -> Iterator[Event]:
        """Yield the stay that is over, if it was long enough."""
        if self.from_s is None:
            return
        for_s, area = self.to_s - self.from_s, self.place.area
        if self.told and not self.place.silent and for_s >= (area.dwell_s or 0.0):
            yield Event("dwelt", self.to_s, self.subject, place=area.name, for_s=for_s)
        self.place.note(self.to_s, -1)
        self.from_s, self.told = None, False


@dataclass(slots=True, eq=False)
class _Gathering:
    """An area and how many stay in it. silent: nothing but its crowds is told.

    changes: by time, how many come or go. over_s: since when there are more than its crowd, and
    most: of them since then. calm_s: since when there are not. told: whether the last crowd was.
    """

    area: Area
    silent: bool = False
    changes: dict[float, int] = field(default_factory=dict)
    people: int = 0
    over_s: float | None = None
    most: int = 0
    calm_s: float = -inf
    told: bool = False

    def note(self, time_s: float, by: int) -> None:
        """Note somebody's coming or going, which is no earlier than what `crowds` has asked for."""
        if self.area.crowd is not None:
            self.changes[time_s] = self.changes.get(time_s, 0) + by

    def crowds(self, known_s: float) -> Iterator[Event]:
        """Yield the crowds that are certain if nothing more will change before a time."""
        for time_s in sorted(time_s for time_s in self.changes if time_s < known_s):
            yield from self._crowd(time_s)
            self.people += self.changes.pop(time_s)
            self._count(time_s)
        yield from self._crowd(known_s)

    def _count(self, time_s: float) -> None:
        if self.people > (self.area.crowd or 0):
            if self.over_s is None:
                self.told = self.told and time_s - self.calm_s < CALM_S
                self.over_s, self.most = time_s, 0
            self.most = max(self.most, self.people)
        elif self.over_s is not None:
            self.over_s, self.calm_s = None, time_s

    def _crowd(self, until_s: float) -> Iterator[Event]:
        if self.over_s is not None and not self.told and until_s - self.over_s >= GATHER_S:
            self.told = True
            yield Event("crowd", self.over_s, place=self.area.name, count=self.most)
