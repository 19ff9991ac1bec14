"""Turn tracked regions into records: who, how they stood, what they did, who came and went.

People are numbered. Whoever is recognised is told of by their pseudonym in every record of the
page that is open when that is clear, and in those that follow; pages that are closed keep the
number, and so does whoever is in doubt when a page is closed.

Records are cut by the clock, also when nothing happened, so that the number of segments tells
nothing but the time that passed.

Clause: A.1-2; A.1-3; A.1-4; 6.2.1.b-1.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from yingbi.domain.data_class import NOTHING
from yingbi.domain.detail import EXACT, Detail, coarsened
from yingbi.domain.frame import Frame
from yingbi.domain.gaps import Gaps
from yingbi.domain.keep import allows, keeps, needs_poses, tells_clothes, tells_conduct
from yingbi.domain.part import Records
from yingbi.domain.place import Places
from yingbi.domain.record import Attribute, Event, Identity, Pose, Record, kind_of, span_of
from yingbi.domain.record_page import Head
from yingbi.domain.region import CLEAR_SIGHT, PEOPLE, Region, Target, surely_there
from yingbi.structure.acquaintance import Acquaintance
from yingbi.structure.alone import Alone
from yingbi.structure.attention import Attention, Look, PoseSource
from yingbi.structure.camera import CameraWatch
from yingbi.structure.clothes import Clothes
from yingbi.structure.company import Company
from yingbi.structure.covering import COVERING, Covering
from yingbi.structure.pack import pack
from yingbi.structure.places import PlaceWatch
from yingbi.structure.presence import Presence

GONE_AFTER_S = 1.0
"""Who is not seen for so long has left; it takes longer where frames come more seldom."""
UNKNOWN = "unknown-person"
LOOKS_PER_SECOND = 10.0
"""So often is looked at somebody whose conduct is told: a fall takes less than a second."""


@dataclass(frozen=True, slots=True)
class Diary:
    """What a box wants written down.

    keep: what of the records, as `domain.keep` names it. fixed: one size for every segment
    (level 1). places: lines and areas that are watched. head: what is true of every page.
    """

    keep: tuple[str, ...]
    fixed: bool
    poses_per_second: float
    places: Places | None = None
    head: Head | None = None

    @property
    def interval_s(self) -> float:
        """Length of a clock interval: a minute with poses, six without; whole steps at least.

        A page that ended within a step would tell a finer time than its records.
        """
        usual_s, step_s = 60 if "pose" in self.keep else 360, self.detail.step_s or 1
        return float(-(-usual_s // step_s) * step_s)

    @property
    def padded_to(self) -> int | None:
        """The fixed size of a segment in bytes, or None."""
        if not self.fixed:
            return None
        return 65536 if "pose" in self.keep else 4096

    @property
    def detail(self) -> Detail:
        """How coarse the records are made before anything is sealed."""
        return EXACT if self.head is None else self.head.detail

    def keeps(self, record: Record) -> bool:
        """Return whether the record is wanted."""
        return keeps(self.keep, record)


@dataclass(slots=True, eq=False)
class _Person:
    """Somebody who is there.

    first_s, last_s: when the networks found them. there_s: when they were last seen, of who
    fell also by pose alone: whoever lies is hard to find, and has not left.
    """

    number: int | None
    first_s: float
    last_s: float
    there_s: float
    clear_sights: int = 0
    best: float = 0.0
    posed_s: float = float("-inf")
    noted: bool = False  # an identity record is due for this interval

    @property
    def name(self) -> str:
        return f"unknown {self.number}"


@dataclass(slots=True)
class _Interval:
    """What was noted since the last page was closed."""

    start_s: float
    records: list[Record] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    seen: dict[str, tuple[float, float]] = field(default_factory=dict)


class Scribe:
    """Writes one film's records. Feed it every frame in order, then `finish`.

    numbers: by track, of everybody whom the records speak of. known: by number, the pseudonyms
    under which closed pages speak of somebody.
    """

    def __init__(
        self, diary: Diary, poses: PoseSource | None, who: Acquaintance | None = None
    ) -> None:
        """Begin the records of a film; without poses conduct is told from boxes alone.

        who: says who is recognised, and has looked at each frame before this; None knows nobody.
        """
        self._who, self._alone = who, Alone()
        self._tracks: dict[str, int] = {}
        self._strangers: set[int] = set()  # of whom it was told that nobody knows them
        self.known: dict[int, set[str]] = {}
        self._diary = diary
        self._company = Company() if tells_conduct(diary.keep) else None
        often = diary.places is not None or self._company is not None
        rate = max(LOOKS_PER_SECOND, diary.poses_per_second) if often else diary.poses_per_second
        self._attention = Attention(poses if needs_poses(diary.keep) else None, rate)
        self._places = PlaceWatch(diary.places) if diary.places is not None else None
        self._clothes = Clothes() if tells_clothes(diary.keep) else None
        self._covering = Covering() if allows(diary.keep, f"attributes.{COVERING}") else None
        watched = any(allows(diary.keep, f"event.camera-{what}") for what in ("covered", "moved"))
        self._camera = CameraWatch() if watched else None
        self._people: dict[int, _Person] = {}
        self._presence, self._gaps = Presence(), Gaps()
        self._gone_after_s = GONE_AFTER_S
        self.numbers: dict[int, int] = {}
        self._given = 0  # numbers, so far
        self._count = 0
        self._interval: _Interval | None = None
        self._end_s = 0.0

    def note(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[Records]:
        """Take a frame's regions; yield the records of each interval that it closes."""
        now = max(0.0, frame.time_s)  # a film may begin before its own zero
        interval = self._interval = self._interval or _Interval(now)
        while now >= interval.start_s + self._diary.interval_s:
            end_s = interval.start_s + self._diary.interval_s
            if self._company is not None:
                self._write(self._company.cut(end_s))
            yield from self._close(interval, end_s)
            interval = self._interval = _Interval(end_s, labels={NOTHING})
        self._end_s = now
        self._gone_after_s = max(GONE_AFTER_S, self._gaps.see(now))
        interval.labels |= labels
        for region in regions:
            if region.seen and region.track is not None and region.kind in PEOPLE:
                self._sight(region.track, region, now)
        self._leave(now)
        self._follow(frame, regions, now)
        self._mind(now)
        if self._camera is not None and frame.filmed:
            self._write(self._camera.see(frame, now))
        self._write_count(now)

    def finish(self) -> Iterator[Records]:
        """Yield the records of the last interval, also when it is empty."""
        interval = self._interval = self._interval or _Interval(0.0, labels={NOTHING})
        if self._company is not None:
            self._write(self._company.finish())
        if self._places is not None:
            self._write(self._places.finish(self._end_s))
        yield from self._close(interval, self._end_s)

    def _write(self, records: Sequence[Record]) -> None:
        if self._interval is not None:
            self._interval.records += filter(self._diary.keeps, records)

    def _sight(self, track: int, region: Region, now: float) -> None:
        person = self._people.setdefault(track, _Person(None, now, now, now))
        person.last_s = person.there_s = now
        person.clear_sights += region.score >= CLEAR_SIGHT
        person.best = max(person.best, region.score)
        if person.number is None and surely_there(person.clear_sights, person.best):
            person.number = self._number_of(track)
            self._tracks[person.name] = track
            self._presence.enter(person.name, person.first_s)
            self._write([Event("entered", person.first_s, person.name)])
        person.noted = True
        if person.number is not None and self._interval is not None:
            first, _ = self._interval.seen.get(person.name, (now, now))
            self._interval.seen[person.name] = first, now

    def _number_of(self, track: int) -> int:
        if track not in self.numbers:
            self._given += 1
            self.numbers[track] = self._given
        return self.numbers[track]

    def _keep_only(self, tracks: Collection[int]) -> None:
        """Forget all tracks but these; one that comes again is told of by another number."""
        self.numbers = {track: n for track, n in self.numbers.items() if track in tracks}
        self._tracks = {name: track for name, track in self._tracks.items() if track in tracks}
        self._strangers.intersection_update(tracks)
        self.known = {n: names for n, names in self.known.items() if n in self.numbers.values()}

    def _leave(self, now: float) -> None:
        """Let go of whoever is gone; who went down and is not found may lie there."""
        down = set[str]() if self._company is None else self._company.may_have_fallen()
        for track, person in list(self._people.items()):
            if now - person.there_s > self._gone_after_s and person.name not in down:
                if person.number is not None:
                    self._write_identity(person)
                    left_s = self._presence.leave(person.name, person.there_s)
                    self._write([Event("left", left_s, person.name)])
                del self._people[track]

    def _write_identity(self, person: _Person) -> None:
        interval = self._interval
        if person.noted and person.number is not None and interval is not None:
            first = max(person.first_s, interval.start_s)
            last = max(first, person.last_s)
            self._write([Identity(person.name, first, last, person.best)])
            person.noted = False

    def _follow(self, frame: Frame, regions: Sequence[Region], now: float) -> None:
        """Write poses, what people do, and what happens at places."""
        looks = self._attention.look(frame, regions, now)
        names = {t: one.name for t, one in self._people.items() if one.number is not None}
        if self._company is not None:
            glimpses = {track: look.glimpse for track, look in looks.items()}
            self._write(self._company.see(now, glimpses, names))
            last_s = self._company.seen_s()
            for person in self._people.values():
                person.there_s = max(person.there_s, last_s.get(person.name, 0.0))
        if self._places is not None:
            seen = {t: look for t, look in looks.items() if t in names and look.glimpse.seen}
            feet = {names[track]: _foot(look) for track, look in seen.items()}
            self._write(self._places.see(now, feet))
        if self._clothes is not None:
            for track, look in looks.items():
                if track in names and look.points is not None and look.glimpse.seen:
                    self._clothes.see(frame, names[track], look.points, now)
        if self._covering is not None:
            for one in regions:
                if one.kind is Target.FACE and one.seen and one.track in names:
                    self._covering.see(frame, names[one.track], one.box, now)
        self._write_poses(looks, now)

    def _mind(self, now: float) -> None:
        """Write who is surely nobody of the enrolled, and who was left alone."""
        who, there = self._who, dict[str, bool]()
        for track, person in self._people.items() if who is not None else ():
            if who is None or person.number is None:
                continue
            there[person.name] = who.band_of(track) == "possibly-under-14"
            if track not in self._strangers and who.is_stranger(track):
                self._strangers.add(track)
                self._write([Event(UNKNOWN, now, person.name)])
        if who is not None:
            self._write(self._alone.see(now, there))

    def _called(self, subject: str | None) -> tuple[str, float] | None:
        """Return the pseudonym of somebody who has a number, and how alike they are."""
        track = None if subject is None else self._tracks.get(subject)
        return None if track is None or self._who is None else self._who.name_of(track)

    def _named(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield records with pseudonyms; of who has one only what that person agreed to.

        That they are not known was said too early.
        """
        found = {name: self._called(name) for name in {one.subject for one in records}}
        for one in records:
            known = found[one.subject]
            if known is None or self._who is None or one.subject is None:
                yield one
            elif isinstance(one, Event) and one.event == UNKNOWN:
                continue
            elif kind_of(one) in self._who.agreed(known[0]):
                number = self.numbers[self._tracks[one.subject]]
                self.known.setdefault(number, set()).add(known[0])
                named = replace(one, subject=known[0])
                sure = min(max(known[1], 0.0), 1.0)
                yield replace(named, confidence=sure) if isinstance(named, Identity) else named

    def _bands(self, interval: _Interval) -> Iterator[Attribute]:
        """Yield the age bands of all whom the interval speaks of."""
        if self._who is None or not allows(self._diary.keep, "attributes.age-band"):
            return
        for name, span in interval.seen.items():
            band = self._who.band_of(self._tracks[name])
            if band != "unknown":
                sure = self._who.sureness(self._tracks[name])
                yield Attribute(name, *span, "age-band", band, sure)

    def _write_poses(self, looks: Mapping[int, Look], now: float) -> None:
        gap_s = 1 / self._diary.poses_per_second - 1e-6
        for track, look in looks.items():
            person = self._people.get(track)
            if person is None or person.number is None or look.points is None:
                continue
            if look.glimpse.seen and now - person.posed_s >= gap_s:
                self._write([Pose(person.name, now, look.points, look.box)])
                person.posed_s = now

    def _write_count(self, now: float) -> None:
        count = sum(person.number is not None for person in self._people.values())
        if count != self._count:
            self._count = count
            self._write([Event("count", now, count=count)])

    def _close(self, interval: _Interval, end_s: float) -> Iterator[Records]:
        for person in self._people.values():
            self._write_identity(person)
        for attributes in (self._clothes, self._covering):
            if attributes is not None:
                self._write(attributes.told())
        written = self._presence.settle(interval.records)
        self._presence.close(written, interval.start_s)
        records = [*written, *self._bands(interval)]
        told = coarsened(self._named(records), self._diary.detail)
        # What was told late belongs to a time before: who opens that time finds it.
        start_s = min([interval.start_s, *(span_of(one)[1] for one in told)])
        span, labels = (start_s, end_s), tuple(sorted(interval.labels))
        diary = self._diary
        yield from pack(told, span, diary.padded_to, labels, diary.head)


def _foot(look: Look) -> tuple[float, float]:
    """Return where somebody stands, in shares of the picture."""
    x0, _, x1, y1 = look.box
    return (x0 + x1) / 2, y1
