"""One person keeps one id, and nothing blinks.

Frames wait in the tracker until the time that a mask is held has passed, so that
a region found now also covers the frames just before it: a face that one frame
misses, or that enters at the border, does not show in a single frame.

Clause: 4.2.a; 6.2.1.f-2.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from yingbi.domain.region import BoxXYXY, Region, Target, grown, overlap

FACE_GROWTH_PER_S, BODY_GROWTH_PER_S = 0.6, 0.2
"""A held box grows on each side by this share of its size a second, as the person may move."""
SURE_S = 0.4
"""Between two sights that are no farther apart, what is bridged counts as seen."""
REACH = 0.8
"""A region this near to where a track should be, in shares of its size, continues it."""


class Timed(Protocol):
    """What the tracker needs of a frame."""

    @property
    def index(self) -> int:
        """0-based place in the film."""

    @property
    def time_s(self) -> float:
        """Presentation time in seconds."""


F = TypeVar("F", bound=Timed)


@dataclass(slots=True, eq=False)
class _Track:
    """One thing of one kind through time; `subject` is the id that is shown."""

    kind: Target
    subject: int
    box: BoxXYXY
    score: float
    time_s: float
    velocity: tuple[float, float] = (0.0, 0.0)  # of the centre, pixels a second

    def expected(self, time_s: float) -> BoxXYXY:
        """Return where the box should be at that time, moving on as it did."""
        dx, dy = (round(v * (time_s - self.time_s)) for v in self.velocity)
        x0, y0, x1, y1 = self.box
        return x0 + dx, y0 + dy, x1 + dx, y1 + dy

    def growth(self, away_s: float) -> float:
        """Return by how much a box grows on each side when so long unseen."""
        return away_s * (BODY_GROWTH_PER_S if self.kind is Target.PERSON else FACE_GROWTH_PER_S)

    def held(self, time_s: float) -> Region:
        """Return the region where nothing was seen: as expected, and grown."""
        away_s = abs(time_s - self.time_s)
        still = grown(self.box, self.growth(away_s))
        moved = grown(self.expected(time_s), self.growth(away_s))
        box = (
            min(still[0], moved[0]),
            min(still[1], moved[1]),
            max(still[2], moved[2]),
            max(still[3], moved[3]),
        )
        return Region(self.kind, box, self.score, self.subject, seen=False)


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
        hold_s: seconds that a mask stays before the first and after the last sight.

    Yields:
        The same frames; regions that were not seen but are held have seen=False.
    """
    tracker: _Tracker[F] = _Tracker(hold_s)
    for frame, regions in found:
        tracker.take(frame, regions)
        yield from tracker.ready(frame.time_s - hold_s)
    yield from tracker.ready(float("inf"))


class _Tracker(Generic[F]):
    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._alive: list[_Track] = []
        self._waiting: deque[_Waiting[F]] = deque()
        self._subjects = 0

    def take(self, frame: F, regions: Sequence[Region]) -> None:
        """Add a frame; rewrite what waits where a track begins or is found again."""
        now = frame.time_s
        waiting = _Waiting(frame)
        self._alive = [t for t in self._alive if now - t.time_s <= self._hold_s]
        pairs, new = _associate(self._alive, regions, now)
        for known, region in pairs:
            self._bridge(known, region, now)
            waiting.regions[known] = replace(region, track=known.subject)
        for region in new:
            known = self._begin(region, waiting, now)
            self._reach_back(known)
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

    def _bridge(self, known: _Track, region: Region, now: float) -> None:
        """Replace what was held since the last sight by the straight way between both."""
        gap_s = now - known.time_s
        for waiting in self._waiting:
            time_s = waiting.frame.time_s
            if known.time_s < time_s and gap_s > 0:
                share = (time_s - known.time_s) / gap_s
                box = _between(known.box, region.box, share)
                span = min(time_s - known.time_s, now - time_s)
                held = Region(
                    known.kind,
                    grown(box, known.growth(span)),
                    min(region.score, known.score),
                    known.subject,
                    seen=gap_s <= SURE_S,
                )
                waiting.regions[known] = held
        if gap_s > 0:
            (x, y), (px, py) = _centre(region.box), _centre(known.box)
            step = (x - px) / gap_s, (y - py) / gap_s
            vx, vy = known.velocity
            known.velocity = (vx + step[0]) / 2, (vy + step[1]) / 2
        known.box, known.score, known.time_s = region.box, region.score, now

    def _begin(self, region: Region, waiting: _Waiting[F], now: float) -> _Track:
        linked = _same_person(region, waiting.regions)
        if linked is None:
            self._subjects += 1
            linked = self._subjects
        known = _Track(region.kind, linked, region.box, region.score, now)
        self._alive.append(known)
        return known

    def _reach_back(self, known: _Track) -> None:
        for waiting in self._waiting:
            if known.time_s - waiting.frame.time_s <= self._hold_s:
                waiting.regions[known] = known.held(waiting.frame.time_s)


def _associate(
    alive: Sequence[_Track], regions: Sequence[Region], now: float
) -> tuple[list[tuple[_Track, Region]], list[Region]]:
    """Pair tracks and regions of one kind, the nearest first; return pairs and the rest."""
    offers = [
        (nearness, i, j)
        for i, known in enumerate(alive)
        for j, region in enumerate(regions)
        if known.kind is region.kind
        and (nearness := _nearness(known.expected(now), region.box)) > 0
    ]
    pairs, used, taken = [], set(), set()
    for _, i, j in sorted(offers, reverse=True):
        if i not in used and j not in taken:
            used.add(i)
            taken.add(j)
            pairs.append((alive[i], regions[j]))
    return pairs, [region for j, region in enumerate(regions) if j not in taken]


def _nearness(expected: BoxXYXY, box: BoxXYXY) -> float:
    """Return 1 + IoU where boxes overlap well, 0..1 where only near, 0 where strange."""
    shared = overlap(expected, box)
    if shared >= 0.2:
        return 1 + shared
    size = max(expected[2] - expected[0], expected[3] - expected[1], 1)
    other = max(box[2] - box[0], box[3] - box[1], 1)
    (x, y), (u, v) = _centre(expected), _centre(box)
    away = max(abs(x - u), abs(y - v)) / size
    alike = min(size, other) / max(size, other)
    return 1 - away / REACH if away < REACH and alike > 0.5 else 0.0


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


def _between(a: BoxXYXY, b: BoxXYXY, share: float) -> BoxXYXY:
    x0, y0, x1, y1 = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return x0, y0, x1, y1
