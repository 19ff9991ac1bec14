"""One person keeps one id, and nothing blinks.

Frames wait in the tracker until the time that a mask is held has passed, so that
a region found now also covers the frames just before it: a face that one frame
misses, or that enters at the border, does not show in a single frame. Where frames come
seldom, a mask is held until the next one at least, or everybody would be new in each.

Clause: 4.2.a; 6.2.1.f-2.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import ceil, hypot
from typing import Generic, Protocol, TypeVar

from yingbi.domain.gaps import Gaps
from yingbi.domain.region import BoxXYXY, Region, Target, grown, overlap

FACE_GROWTH_PER_S, BODY_GROWTH_PER_S = 0.6, 0.2
"""A held box grows on each side by this share of its size a second, as the person may move."""
SURE_S = 0.4
"""Between two sights that are no farther apart, what is bridged counts as seen."""
REACH = 0.8
"""A region this near to where a track should be, in shares of its size, continues it."""
LEAP = 2.5
"""The same where it is not known yet how the track moves: it may be somebody else, so both stay."""
AS_LONG = 1.5
"""Nobody is taken to move on for more than so many times as long as they were seen to move."""
SLOWEST = 0.25
"""Whoever is out of sight moves on at least at this share of their pace, and at most at all of it."""
PACE_S, STEP = 0.2, 0.4
"""How something moves is told from its sights of so long: from two that are closer than half of it
only where they are this many sizes apart, else their own uncertainty would tell."""


class Timed(Protocol):
    """What the tracker needs of a frame."""

    @property
    def index(self) -> int:
        """0-based place in the film."""

    @property
    def time_s(self) -> float:
        """Presentation time in seconds."""


F = TypeVar("F", bound=Timed)


@dataclass(frozen=True, slots=True)
class _Sight:
    """Where something was seen, how surely, and when."""

    box: BoxXYXY
    score: float
    time_s: float
    read: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class _Track:
    """One thing of one kind through time; `subject` is the id that is shown."""

    kind: Target
    subject: int
    first: _Sight
    last: _Sight
    recent: deque[_Sight] = field(default_factory=deque)
    velocity: tuple[float, float] | None = None  # of the centre, pixels a second

    def see(self, sight: _Sight) -> None:
        """Go on from another sight."""
        self.recent.append(self.last)
        while len(self.recent) > 1 and sight.time_s - self.recent[1].time_s >= PACE_S:
            self.recent.popleft()
        since = self.recent[0]
        gap_s = sight.time_s - since.time_s
        told = gap_s >= PACE_S / 2 or _away(since.box, sight.box) >= STEP
        if told and gap_s > 0:  # some films give two frames one time
            (x, y), (px, py) = _centre(sight.box), _centre(since.box)
            self.velocity = (x - px) / gap_s, (y - py) / gap_s
        elif self.velocity is None:
            self.velocity = 0.0, 0.0
        self.last = sight

    @property
    def still(self) -> bool:
        """Whether it was never seen to move, as most are of which nothing comes."""
        return self.velocity in (None, (0.0, 0.0)) or self.last.time_s == self.first.time_s

    def ways(self, time_s: float) -> list[BoxXYXY]:
        """Return where the box may be at that time: moving on as it did, slower, or stopped."""
        if self.still:
            return [self.last.box]
        return [self._moved(self.last, time_s, share) for share in (1.0, SLOWEST, 0.0)]

    def _moved(self, sight: _Sight, time_s: float, share: float = 1.0) -> BoxXYXY:
        told_s = AS_LONG * (self.last.time_s - self.first.time_s)
        away_s = share * max(-told_s, min(time_s - sight.time_s, told_s))
        dx, dy = (round(v * away_s) for v in self.velocity or (0, 0))
        x0, y0, x1, y1 = sight.box
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy

    def haste(self, sight: _Sight) -> float:
        """Return how many times as fast they came as it takes to be at another sight; 1 at least."""
        (x, y), (px, py) = _centre(sight.box), _centre(self.last.box)
        way = hypot(x - px, y - py)
        came = hypot(*(self.velocity or (0.0, 0.0))) * (sight.time_s - self.last.time_s)
        return max(1.0, came / way) if way else 1.0

    def expected(self, sight: _Sight) -> BoxXYXY:
        """Return where the last sight should be by the ones before and after it.

        A face that one frame shows in part has a box of that part alone.
        """
        before, last = self.recent[-1] if self.recent else self.last, self.last
        span_s = sight.time_s - before.time_s
        if before is last or span_s > SURE_S or span_s <= 0:
            return last.box
        return _between(before.box, sight.box, (last.time_s - before.time_s) / span_s)

    def growth(self, away_s: float) -> float:
        """Return by how much a box grows on each side when so long unseen."""
        return away_s * (BODY_GROWTH_PER_S if self.kind is Target.PERSON else FACE_GROWTH_PER_S)

    def held(self, time_s: float) -> Region:
        """Return the region before the first or after the last sight: as expected, and grown."""
        sight = self.first if time_s < self.first.time_s else self.last
        growth = self.growth(abs(time_s - sight.time_s))
        place = sight.box
        if not self.still:
            slow, fast = (self._moved(sight, time_s, share) for share in (SLOWEST, 1.0))
            place = _hull(slow, fast)
        area = grown(place, growth)
        return Region(self.kind, area, sight.score, self.subject, seen=False, read=sight.read)


@dataclass(slots=True, eq=False)
class _Waiting(Generic[F]):
    frame: F
    regions: dict[_Track, Region] = field(default_factory=dict)


def track(
    found: Iterable[tuple[F, Sequence[Region]]], *, hold_s: float
) -> Iterator[tuple[F, list[Region]]]:
    """Yield every frame, in order, with its regions carrying track ids.

    Args:
        found: frames with what was seen in each.
        hold_s: seconds that a mask stays before the first and after the last sight; it is longer
            where frames come so seldom that they are farther apart.

    Yields:
        The same frames; regions that were not seen but are held have seen=False.
    """
    tracker: _Tracker[F] = _Tracker(hold_s)
    for frame, regions in found:
        tracker.take(frame, regions)
        yield from tracker.ready(frame.time_s - tracker.hold_s)
    yield from tracker.ready(float("inf"))


class _Tracker(Generic[F]):
    def __init__(self, hold_s: float) -> None:
        self._least_s = self.hold_s = hold_s
        self._gaps = Gaps()
        self._alive: list[_Track] = []
        self._waiting: deque[_Waiting[F]] = deque()
        self._subjects = 0

    def take(self, frame: F, regions: Sequence[Region]) -> None:
        """Add a frame; rewrite what waits where a track begins or is found again."""
        now = frame.time_s
        self.hold_s = max(self._least_s, self._gaps.see(now))
        waiting = _Waiting(frame)
        self._alive = [t for t in self._alive if now - t.last.time_s <= self.hold_s]
        pairs, new = _associate(self._alive, regions, now)
        for known, region in pairs:
            waiting.regions[known] = replace(region, track=known.subject)
            self._go_on(known, _Sight(region.box, region.score, now, region.read))
        lone = [t for t in self._alive if t.velocity is None and t not in waiting.regions]
        for region in new:
            known = self._begin(region, waiting, lone, now)
            waiting.regions[known] = replace(region, track=known.subject)
        for known in self._alive:
            if known not in waiting.regions:
                waiting.regions[known] = known.held(now)
        self._waiting.append(waiting)

    def ready(self, until_s: float) -> Iterator[tuple[F, list[Region]]]:
        """Yield the frames that nothing seen later can change any more."""
        while self._waiting and self._waiting[0].frame.time_s < until_s:
            waiting = self._waiting.popleft()
            yield waiting.frame, list(waiting.regions.values())

    def _go_on(self, known: _Track, sight: _Sight) -> None:
        """Replace what was held since the last sight by the straight way between both.

        Whoever came faster than it takes on the whole may have stopped anywhere on it.
        """
        last, haste, expected = known.last, known.haste(sight), known.expected(sight)
        known.see(sight)
        gap_s = sight.time_s - last.time_s
        for waiting in self._waiting:
            time_s = waiting.frame.time_s
            if last.time_s < time_s:
                box = _on_the_way(last.box, sight.box, (time_s - last.time_s) / gap_s, haste)
                span = min(time_s - last.time_s, sight.time_s - time_s)
                waiting.regions[known] = Region(
                    known.kind,
                    grown(box, known.growth(span)),
                    min(sight.score, last.score),
                    known.subject,
                    seen=gap_s <= SURE_S,
                    read=sight.read | last.read,
                )
            elif last.time_s == time_s and known in waiting.regions:
                seen = waiting.regions[known]
                waiting.regions[known] = replace(seen, box=_hull(seen.box, expected))
        if sight.time_s - known.first.time_s <= PACE_S or last is known.first:
            self._reach_back(known)

    def _begin(
        self, region: Region, waiting: _Waiting[F], lone: Sequence[_Track], now: float
    ) -> _Track:
        """Return a new track, which may be one of the lone ones that leapt: that one stays too."""
        sight = _Sight(region.box, region.score, now, region.read)
        source = _leapt(lone, sight, region.kind)
        subject = _same_person(region, waiting.regions) or (source.subject if source else None)
        if subject is None:
            self._subjects += 1
            subject = self._subjects
        known = _Track(region.kind, subject, sight, sight)
        self._reach_back(known)
        if source is not None:
            known = _Track(region.kind, subject, source.last, source.last)
            self._go_on(known, sight)
        self._alive.append(known)
        return known

    def _reach_back(self, known: _Track) -> None:
        """Cover who is seen first also where they must have been before."""
        for waiting in self._waiting:
            if 0 < known.first.time_s - waiting.frame.time_s <= self.hold_s:
                waiting.regions[known] = known.held(waiting.frame.time_s)


def _associate(
    alive: Sequence[_Track], regions: Sequence[Region], now: float
) -> tuple[list[tuple[_Track, Region]], list[Region]]:
    """Pair tracks and regions of one kind, the nearest first; return pairs and the rest."""
    offers = []
    for i, known in enumerate(alive):
        ways = known.ways(now)
        place = _place(ways)
        for j, region in enumerate(regions):
            if known.kind is not region.kind or not _meet(place, region.box):
                continue
            nearness = max(_nearness(way, region.box) for way in ways)
            if nearness > 0:
                offers.append((nearness, i, j))
    pairs, used, taken = [], set(), set()
    for _, i, j in sorted(offers, reverse=True):
        if i not in used and j not in taken:
            used.add(i)
            taken.add(j)
            pairs.append((alive[i], regions[j]))
    return pairs, [region for j, region in enumerate(regions) if j not in taken]


def _leapt(lone: Sequence[_Track], sight: _Sight, kind: Target) -> _Track | None:
    """Return the track that may have come to a new sight from one shortly before."""
    late = [t for t in lone if t.kind is kind and sight.time_s - t.last.time_s <= SURE_S]
    offers = [(_away(t.last.box, sight.box), t) for t in late]
    away, nearest = min(offers, key=lambda offer: offer[0], default=(LEAP, None))
    return nearest if away < LEAP else None


def _place(ways: Sequence[BoxXYXY]) -> BoxXYXY:
    """Return a box that meets whatever is near one of the ways; most boxes are far from it."""
    x0, y0, x1, y1 = reduce(_hull, ways)
    left, top, right, bottom = ways[0]
    edge = ceil(REACH * max(right - left, bottom - top, 1))
    return x0 - edge, y0 - edge, x1 + edge, y1 + edge


def _meet(a: BoxXYXY, b: BoxXYXY) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _nearness(expected: BoxXYXY, box: BoxXYXY) -> float:
    """Return 1 + IoU where boxes overlap well, 0..1 where only near, 0 where strange."""
    shared = overlap(expected, box)
    if shared >= 0.2:
        return 1 + shared
    return max(0.0, 1 - _away(expected, box) / REACH)


def _away(a: BoxXYXY, b: BoxXYXY) -> float:
    """Return how far apart two boxes are, in sizes of the first; without end where sizes differ."""
    size, other = (max(x1 - x0, y1 - y0, 1) for x0, y0, x1, y1 in (a, b))
    (x, y), (u, v) = _centre(a), _centre(b)
    alike = min(size, other) / max(size, other)
    return max(abs(x - u), abs(y - v)) / size if alike > 0.5 else float("inf")


def _same_person(region: Region, others: dict[_Track, Region]) -> int | None:
    """Return the subject whose body holds this face, or whose face this body holds."""
    kinds = {region.kind, Target.FACE, Target.PERSON}
    if kinds != {Target.FACE, Target.PERSON}:
        return None
    linked = {(t.subject, t.kind) for t in others}
    for known, other in others.items():
        if known.kind is region.kind or (known.subject, region.kind) in linked:
            continue
        face, body = (region, other) if region.kind is Target.FACE else (other, region)
        if _holds(body.box, face.box):
            return known.subject
    return None


def _holds(body: BoxXYXY, face: BoxXYXY) -> bool:
    x, y = _centre(face)
    upper = body[1] + 0.6 * (body[3] - body[1])
    return body[0] <= x <= body[2] and body[1] - 2 <= y <= upper


def _centre(box: BoxXYXY) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _hull(a: BoxXYXY, b: BoxXYXY) -> BoxXYXY:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _on_the_way(a: BoxXYXY, b: BoxXYXY, share: float, haste: float) -> BoxXYXY:
    """Return what holds them at a share of the time, gone at first or at last so much faster."""
    soon, late = min(1.0, haste * share), max(0.0, 1 - haste * (1 - share))
    return _hull(_between(a, b, soon), _between(a, b, late))


def _between(a: BoxXYXY, b: BoxXYXY, share: float) -> BoxXYXY:
    x0, y0, x1, y1 = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return x0, y0, x1, y1
