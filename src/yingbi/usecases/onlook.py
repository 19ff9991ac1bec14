"""Who is there now, how they stand and what happens: told at once, and kept nowhere.

A scribe writes pages for later; this one is read over its shoulder.

Clause: A.1-3; A.1-4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yingbi.domain.frame import Frame
from yingbi.domain.glimpse import Points
from yingbi.domain.place import Places
from yingbi.domain.record import Event, Record
from yingbi.domain.region import Region
from yingbi.structure.acquaintance import Acquaintance
from yingbi.structure.attention import Look, PoseSource
from yingbi.structure.scribe import LOOKS_PER_SECOND, Diary, Scribe


@dataclass(frozen=True, slots=True)
class Figure:
    """One person as they are now.

    subject: as records name them. points: 17 COCO key points as shares of the picture, or None
    where they are not known. behaviour: of `record.BEHAVIOURS`, or None.
    """

    subject: str
    points: Points | None = None
    behaviour: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """One time of a source: who is there, and what became known since the moment before.

    Events carry the time at which they were, which may be some seconds earlier.
    """

    time_s: float
    figures: tuple[Figure, ...]
    events: tuple[Event, ...]


class Onlooker(Scribe):
    """Looks at every frame in order and says what is there; its pages are nobody's.

    keep: what may be said, as a box says what is kept.
    """

    def __init__(
        self,
        keep: Sequence[str],
        poses: PoseSource | None,
        places: Places | None = None,
        who: Acquaintance | None = None,
    ) -> None:
        """Begin with nobody. who: says who is recognised; None knows nobody."""
        super().__init__(Diary(tuple(keep), False, LOOKS_PER_SECOND, places), poses, who)
        self._events: list[Event] = []
        self._points: dict[int, tuple[float, Points]] = {}
        self._doing: dict[str, str] = {}
        self._lately: set[int] = set()  # tracks, since the last page

    def look(self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]) -> Moment:
        """Return what is there in the frame."""
        pages = list(self.note(frame, regions, labels))
        self._lately |= self._people.keys()
        if pages:  # a camera goes on for days: who was not there for a page's time is forgotten
            self._keep_only(self._lately)
            self._lately = set(self._people)
        return self._moment(max(0.0, frame.time_s))

    def end(self) -> Moment:
        """Return what becomes known since nothing follows."""
        for _page in self.finish():
            pass
        return Moment(self._end_s, (), self._told())

    def _write(self, records: Sequence[Record]) -> None:
        self._events += [one for one in records if isinstance(one, Event)]

    def _write_poses(self, looks: Mapping[int, Look], now: float) -> None:
        if "pose" in self._diary.keep:
            for track, look in looks.items():
                if look.points is not None:
                    self._points[track] = now, look.points

    def _moment(self, now: float) -> Moment:
        if self._company is not None:  # what ends here goes on from here
            for one in self._company.cut(now):
                if not isinstance(one, Event) and self._diary.keeps(one):
                    self._doing[one.subject] = one.behaviour
        self._points = {
            track: (at, points)
            for track, (at, points) in self._points.items()
            if now - at <= self._gone_after_s
        }
        there = {t: one.name for t, one in self._people.items() if one.number is not None}
        self._doing = {name: what for name, what in self._doing.items() if name in there.values()}
        figures = tuple(self._figure(track, name, now) for track, name in there.items())
        return Moment(now, figures, self._told())

    def _figure(self, track: int, name: str, now: float) -> Figure:
        """Return somebody under the pseudonym that they have now, with what they agreed to."""
        points, doing = self._points.get(track, (now, None))[1], self._doing.get(name)
        known = self._called(name)
        if known is None or self._who is None:
            return Figure(name, points, doing)
        agreed = self._who.agreed(known[0])
        shown = points if "pose" in agreed else None
        return Figure(known[0], shown, doing if "behaviour" in agreed else None)

    def _told(self) -> tuple[Event, ...]:
        told, self._events = self._events, []
        kept = [one for one in self._named(told) if self._diary.keeps(one)]
        return tuple(one for one in kept if isinstance(one, Event))
