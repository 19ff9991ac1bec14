"""Turn tracked regions into records: who, how they stood, who came and went.

People are numbered, never named. Records are cut by the clock, also when nothing
happened, so that the number of segments tells nothing but the time that passed.

Clause: A.1-2; A.1-3; A.1-4; 6.2.1.b-1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from yingbi.domain.frame import Frame
from yingbi.domain.part import Records
from yingbi.domain.record import Event, Identity, Pose, Record, kind_of
from yingbi.domain.region import CLEAR_SIGHT, PEOPLE, BoxXYXY, Region, Target, surely_there
from yingbi.structure.pack import pack

GONE_AFTER_S = 1.0

Points = tuple[tuple[float, float, float], ...]


class PoseSource(Protocol):
    """Finds the key points of the person in a box, or None where it is unsure."""

    def find(self, frame: Frame, box: BoxXYXY) -> Points | None:
        """Return 17 (x, y, score) as shares of the displayed picture."""


@dataclass(frozen=True, slots=True)
class Diary:
    """What a box wants written down.

    keep: kinds of record; fixed: one size for every segment (level 1).
    """

    keep: tuple[str, ...]
    fixed: bool
    poses_per_second: float

    @property
    def interval_s(self) -> float:
        """Length of a clock interval: a minute with poses, five without."""
        return 60.0 if "pose" in self.keep else 300.0

    @property
    def padded_to(self) -> int | None:
        """The fixed size of a segment in bytes, or None."""
        if not self.fixed:
            return None
        return 65536 if "pose" in self.keep else 4096


@dataclass(slots=True, eq=False)
class _Person:
    number: int | None
    first_s: float
    last_s: float
    clear_sights: int = 0
    best: float = 0.0
    posed_s: float = float("-inf")
    noted: bool = False  # an identity record is due for this interval

    @property
    def name(self) -> str:
        return f"unknown {self.number}"


class Scribe:
    """Writes one film's records. Feed it every frame in order, then `finish`.

    numbers: by track, of everybody whom the records speak of.
    """

    def __init__(self, diary: Diary, poses: PoseSource | None) -> None:
        self._diary = diary
        self._poses = poses if "pose" in diary.keep else None
        self._people: dict[int, _Person] = {}
        self.numbers: dict[int, int] = {}
        self._count = 0
        self._records: list[Record] = []
        self._labels: set[str] = set()
        self._start_s: float | None = None
        self._end_s = 0.0

    def note(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[Records]:
        """Take a frame's regions; yield the records of each interval that it closes."""
        now = max(0.0, frame.time_s)  # a film may begin before its own zero
        if self._start_s is None:
            self._start_s = now
        while now >= self._start_s + self._diary.interval_s:
            yield from self._close(self._start_s + self._diary.interval_s)
        self._end_s = now
        self._labels |= labels
        for region in regions:
            if region.seen and region.track is not None and region.kind in PEOPLE:
                self._sight(region.track, region, now)
        self._leave(now)
        self._write_poses(frame, regions, now)
        self._write_count(now)

    def finish(self) -> Iterator[Records]:
        """Yield the records of the last interval, also when it is empty."""
        yield from self._close(self._end_s)

    def _sight(self, track: int, region: Region, now: float) -> None:
        person = self._people.setdefault(track, _Person(None, now, now))
        person.last_s = now
        person.clear_sights += region.score >= CLEAR_SIGHT
        person.best = max(person.best, region.score)
        if person.number is None and surely_there(person.clear_sights, person.best):
            person.number = self.numbers[track] = len(self.numbers) + 1
            self._records.append(Event("entered", person.first_s, person.name))
        person.noted = True

    def _leave(self, now: float) -> None:
        for track, person in list(self._people.items()):
            if now - person.last_s > GONE_AFTER_S:
                if person.number is not None:
                    self._write_identity(person)
                    self._records.append(Event("left", person.last_s, person.name))
                del self._people[track]

    def _write_identity(self, person: _Person) -> None:
        if person.noted and person.number is not None and self._start_s is not None:
            first = max(person.first_s, self._start_s)
            self._records.append(
                Identity(person.name, first, max(first, person.last_s), person.best)
            )
            person.noted = False

    def _write_poses(self, frame: Frame, regions: Sequence[Region], now: float) -> None:
        if self._poses is None:
            return
        for region in regions:
            person = self._people.get(region.track or 0)
            due = (
                person is not None
                and now - person.posed_s >= 1 / self._diary.poses_per_second - 1e-6
            )
            if (
                not due
                or person is None
                or person.number is None
                or region.kind is not Target.PERSON
            ):
                continue
            if region.seen and (points := self._poses.find(frame, region.box)) is not None:
                self._records.append(Pose(person.name, now, points))
                person.posed_s = now

    def _write_count(self, now: float) -> None:
        count = sum(person.number is not None for person in self._people.values())
        if count != self._count:
            self._count = count
            self._records.append(Event("count", now, count=count))

    def _close(self, end_s: float) -> Iterator[Records]:
        for person in self._people.values():
            self._write_identity(person)
        kept = [r for r in self._records if kind_of(r) in self._diary.keep]
        span = (self._start_s or 0.0, end_s)
        yield from pack(kept, span, self._diary.padded_to, tuple(sorted(self._labels)))
        self._records, self._start_s, self._labels = [], end_s, set()
