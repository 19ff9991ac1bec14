"""Moments of a film that a person should look at: what was found there is in doubt.

Nothing is less masked for it. A moment says where the machine was least sure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yingbi.domain.region import CLEAR_SIGHT, BoxXYXY, Region

LONG_GAP_S = 0.25
"""Shorter gaps are how a film is searched: not every frame is looked at with every network."""
APART_S = 1.0
"""Doubts of one kind about one track that are less far apart are one moment."""
MOST = 2000
"""Moments kept of one input; the surest are left out first, and how many is said."""


class Doubt(StrEnum):
    """Why a moment is in doubt."""

    LOW_SCORE = "low-score"
    GAP = "gap"
    BORDER = "border"
    STILL_SEEN = "still-seen"


@dataclass(slots=True)
class Moment:
    """One track in doubt from one time to another.

    score: the lowest of the sights in it. box, at_s: as displayed, and of which frame; it is
    the one with the lowest score, or one well inside a gap.
    """

    doubt: Doubt
    track: int | None
    kind: str
    from_s: float
    to_s: float
    frames: int
    score: float
    box: BoxXYXY
    at_s: float
    serial: int = 0

    @property
    def weight(self) -> tuple[int, float]:
        """Order by doubt, the greatest first: what was guessed, then the lowest scores."""
        match self.doubt:
            case Doubt.STILL_SEEN:
                return 0, -self.score
            case Doubt.GAP:
                return 1, self.from_s - self.to_s
            case Doubt.LOW_SCORE:
                return 2, self.score
            case Doubt.BORDER:
                return 3, self.score

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Moment":
        """Return the moment of a report that was checked."""
        x0, y0, x1, y1 = map(int, told["box"])
        return cls(
            Doubt(told["doubt"]),
            told["track"],
            str(told["kind"]),
            told["from_ms"] / 1000,
            told["to_ms"] / 1000,
            int(told["frames"]),
            float(told["score"]),
            (x0, y0, x1, y1),
            told["at_ms"] / 1000,
        )

    def extend(self, region: Region, time_s: float) -> None:
        """Let the moment last until this frame."""
        self.frames += 1
        gap = self.doubt is Doubt.GAP
        if region.score < self.score or (gap and self.to_s - self.from_s < LONG_GAP_S):
            self.score, self.box, self.at_s = region.score, region.box, time_s
        self.to_s = time_s

    def to_json(self) -> dict[str, Any]:
        """Return the moment for machines; times in milliseconds."""
        return {
            "doubt": self.doubt.value,
            "track": self.track,
            "kind": self.kind,
            "from_ms": round(self.from_s * 1000),
            "to_ms": round(self.to_s * 1000),
            "at_ms": round(self.at_s * 1000),
            "frames": self.frames,
            "score": round(self.score, 3),
            "box": list(self.box),
        }


@dataclass(slots=True)
class _Life:
    """One kind of one track so far: its open moments, by doubt."""

    seen_at_s: float | None = None
    last_s: float = 0.0
    open: dict[Doubt, Moment] = field(default_factory=dict)


@dataclass(slots=True)
class Moments:
    """Gathers the moments of one input, frame by frame, in memory that does not grow with it."""

    kept: list[Moment] = field(default_factory=list)
    left_out: int = 0
    _lives: dict[tuple[int | None, str], _Life] = field(default_factory=dict)
    _serial: int = 0

    def take(self, regions: Sequence[Region], time_s: float, size: tuple[int, int]) -> bool:
        """Take a frame's regions; return whether something in this frame is in doubt."""
        doubtful = False
        for region in regions:
            life = self._lives.setdefault((region.track, region.kind.value), _Life())
            for doubt in _doubts(region, size):
                doubtful = True
                self._extend(life, doubt, region, time_s)
            if region.seen:
                self._sight(life, time_s)
            life.last_s = time_s
        self._settle(time_s)
        return doubtful

    def finish(self) -> list[Moment]:
        """Return all moments, in the order of time."""
        self._settle(float("inf"))
        self._trim()
        return sorted(self.kept, key=lambda moment: (moment.from_s, moment.serial))

    def _extend(self, life: _Life, doubt: Doubt, region: Region, time_s: float) -> None:
        """Prolong the doubt about this track, or begin one."""
        moment = life.open.get(doubt)
        if moment is not None:
            moment.extend(region, time_s)
        elif doubt is not Doubt.GAP or life.seen_at_s is not None:  # else held ahead of all sights
            self._serial += 1
            kind, box, score = region.kind.value, region.box, region.score
            life.open[doubt] = Moment(
                doubt, region.track, kind, time_s, time_s, 1, score, box, time_s, self._serial
            )

    def _sight(self, life: _Life, time_s: float) -> None:
        """A gap that ends with a sight was bridged; it is told where it was long."""
        life.seen_at_s = time_s
        gap = life.open.pop(Doubt.GAP, None)
        if gap is not None and gap.to_s - gap.from_s >= LONG_GAP_S:
            self._keep(gap)

    def _settle(self, now: float) -> None:
        """Close what has not been prolonged for a while, and forget tracks that are gone."""
        for key, life in list(self._lives.items()):
            for doubt, moment in list(life.open.items()):
                if now - moment.to_s > APART_S and doubt is not Doubt.GAP:
                    self._keep(life.open.pop(doubt))
            if now - life.last_s > APART_S:
                del self._lives[key]  # a gap that no sight ended is where the track ended

    def _keep(self, moment: Moment) -> None:
        self.kept.append(moment)
        if len(self.kept) > 2 * MOST:
            self._trim()

    def _trim(self) -> None:
        self.kept.sort(key=lambda one: one.weight)
        self.left_out += len(self.kept[MOST:])
        del self.kept[MOST:]


def _doubts(region: Region, size: tuple[int, int]) -> Iterator[Doubt]:
    if not region.seen:
        yield Doubt.GAP
        return
    if region.score < CLEAR_SIGHT:
        yield Doubt.LOW_SCORE
    x0, y0, x1, y1 = region.box
    if x0 <= 0 or y0 <= 0 or x1 >= size[0] or y1 >= size[1]:
        yield Doubt.BORDER
