"""What a person decided about a film: who is masked, who may be seen, and what is added.

A decision names people by the track that their regions carry, and times by frames, counted
from 0, both ends included. Later decisions are stronger than earlier ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from yingbi.domain.region import BoxXYXY, Region, Target
from yingbi.domain.zone import Zone

Verdict = Literal["mask", "release"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Mask a person or a kind, or let it be seen; where there is doubt a person is masked anyway.

    track, kind: exactly one of them is set. first, last: frames; None is the film's end.
    """

    do: Verdict
    track: int | None = None
    kind: Target | None = None
    first: int = 0
    last: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the edit file says it."""
        whom = {"track": self.track} if self.kind is None else {"kind": self.kind.value}
        ends = {"from": self.first} | ({} if self.last is None else {"to": self.last})
        return {"do": self.do, **whom, **ends}


@dataclass(frozen=True, slots=True)
class Split:
    """From this frame on, what carries the track is another one."""

    track: int
    at: int
    into: int

    def to_json(self) -> dict[str, Any]:
        """Return it as the edit file says it."""
        return {"do": "split", "track": self.track, "at": self.at, "into": self.into}


@dataclass(frozen=True, slots=True)
class Join:
    """Two tracks are one person, who carries the first's number."""

    track: int
    other: int

    def to_json(self) -> dict[str, Any]:
        """Return it as the edit file says it."""
        return {"do": "join", "tracks": [self.track, self.other]}


@dataclass(frozen=True, slots=True)
class Addition:
    """A region that a person drew. path: (frame, box), frames growing; straight in between."""

    track: int
    kind: Target
    path: tuple[tuple[int, BoxXYXY], ...]

    @property
    def first(self) -> int:
        """Its first frame."""
        return self.path[0][0]

    @property
    def last(self) -> int:
        """Its last frame."""
        return self.path[-1][0]

    def at(self, frame: int) -> Region | None:
        """Return where it is in a frame, None where it is not."""
        if not self.first <= frame <= self.last:
            return None
        known = dict(self.path)
        box = known.get(frame) or next(
            _between(a, b, (frame - early) / (late - early))
            for (early, a), (late, b) in pairwise(self.path)
            if early < frame < late
        )
        return Region(self.kind, box, 1.0, self.track, drawn=True)

    def trimmed(self, first: int, last: int) -> "Addition | None":
        """Return what of it lies within the frames, or None."""
        first, last = max(first, self.first), min(last, self.last)
        inner = [(frame, box) for frame, box in self.path if first < frame < last]
        ends = [(frame, region.box) for frame in (first, last) if (region := self.at(frame))]
        path = dict([*ends[:1], *inner, *ends[1:]]) if first <= last else {}
        return replace(self, path=tuple(sorted(path.items()))) if path else None

    def to_json(self) -> dict[str, Any]:
        """Return it as the edit file says it."""
        path = [[frame, *box] for frame, box in self.path]
        return {"do": "add", "track": self.track, "kind": self.kind.value, "path": path}


Decision = Judgement | Split | Join | Addition


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Seconds from a film's first frame on, both ends included."""

    from_s: float
    to_s: float

    def to_json(self) -> dict[str, Any]:
        """Return it as the edit file says it."""
        return {"from_s": self.from_s, "to_s": self.to_s}


@dataclass(frozen=True, slots=True)
class Choices:
    """All that was decided about one film.

    ranges: where there are any, nothing that was found outside of them is masked.
    """

    decisions: tuple[Decision, ...] = ()
    zones: tuple[Zone, ...] = ()
    ranges: tuple[TimeRange, ...] = ()

    @property
    def additions(self) -> list[Addition]:
        """The regions that were drawn."""
        return [one for one in self.decisions if isinstance(one, Addition)]


def within(ranges: Sequence[TimeRange], time_s: float) -> bool:
    """Return whether the time lies in one of the ranges; of none, every time does."""
    return not ranges or any(one.from_s <= time_s <= one.to_s for one in ranges)


def added_at(additions: Sequence[Addition], frame: int) -> Iterator[Region]:
    """Yield the drawn regions of one frame."""
    found = (one.at(frame) for one in additions)
    return (region for region in found if region is not None)


def _between(a: BoxXYXY, b: BoxXYXY, share: float) -> BoxXYXY:
    """Return the box on the straight way, rounded outwards so that it never shrinks."""
    low = [int((p + (q - p) * share) // 1) for p, q in zip(a[:2], b[:2], strict=True)]
    high = [int(-(-(p + (q - p) * share) // 1)) for p, q in zip(a[2:], b[2:], strict=True)]
    return low[0], low[1], high[0], high[1]
