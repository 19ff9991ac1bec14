"""What a first pass saw in a film: every frame with its regions, as columns of numbers."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.region import Region, Target

KINDS = tuple(Target)
NOBODY = 0
"""The track of a region that has none; ids of tracks begin at 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """All frames of one film, and all regions in them, in order.

    pts: (F,) int64, when each frame is shown. starts: (F + 1,) int64, where each frame's regions
    begin among all. kinds: (N,) uint8, places in KINDS. boxes: (N, 4) int32, as displayed, may
    reach over the border. scores: (N,) float64. tracks: (N,) int32. seen: (N,) bool.
    cuts: (C,) int64, frames that begin another picture: whoever stands there may be another one.
    """

    time_base: Fraction
    pts: NDArray[np.int64] = field(repr=False)
    starts: NDArray[np.int64] = field(repr=False)
    kinds: NDArray[np.uint8] = field(repr=False)
    boxes: NDArray[np.int32] = field(repr=False)
    scores: NDArray[np.float64] = field(repr=False)
    tracks: NDArray[np.int32] = field(repr=False)
    seen: NDArray[np.bool_] = field(repr=False)
    cuts: NDArray[np.int64] = field(repr=False)

    def __len__(self) -> int:
        """Return how many frames there are."""
        return len(self.pts)

    @property
    def frames(self) -> NDArray[np.int64]:
        """(N,) int64, the frame of each region."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def time_s(self, frame: int) -> float:
        """Return when a frame is shown, by the film's own clock."""
        return float(self.pts[frame]) * self.time_base.numerator / self.time_base.denominator

    @property
    def since_start_s(self) -> NDArray[np.float64]:
        """(F,) float64, seconds from the first frame on."""
        ticks = (self.pts - self.pts[:1]).astype(np.float64)
        return ticks * self.time_base.numerator / self.time_base.denominator

    def rows(self, frame: int) -> range:
        """Return the numbers of a frame's regions."""
        return range(int(self.starts[frame]), int(self.starts[frame + 1]))

    def region(self, row: int, track: int | None = None) -> Region:
        """Return one region, under its own track or under another."""
        x0, y0, x1, y1 = self.boxes[row].tolist()
        number = int(self.tracks[row]) if track is None else track
        return Region(
            KINDS[self.kinds[row]],
            (x0, y0, x1, y1),
            float(self.scores[row]),
            number or None,
            seen=bool(self.seen[row]),
        )

    def regions(self, frame: int) -> list[Region]:
        """Return the regions of a frame."""
        return [self.region(row) for row in self.rows(frame)]

    @property
    def largest_track(self) -> int:
        """The largest id in use, 0 where nobody was seen."""
        return int(self.tracks.max(initial=0))


@dataclass(slots=True)
class SightingsWriter:
    """Gathers sightings frame by frame."""

    time_base: Fraction
    _pts: "array[int]" = field(default_factory=lambda: array("q"), repr=False)
    _counts: "array[int]" = field(default_factory=lambda: array("q"), repr=False)
    _columns: "array[int]" = field(default_factory=lambda: array("q"), repr=False)
    _scores: "array[float]" = field(default_factory=lambda: array("d"), repr=False)
    _cuts: "array[int]" = field(default_factory=lambda: array("q"), repr=False)

    def take(self, pts: int, regions: Iterable[Region], *, cut: bool = False) -> None:
        """Add the next frame; scores are rounded down, so that none becomes a clear sight by it."""
        if cut:
            self._cuts.append(len(self._pts))
        count = 0
        for region in regions:
            count += 1
            kind = KINDS.index(region.kind)
            row = (kind, *region.box, region.track or NOBODY, int(region.seen))
            self._columns.extend(row)
            self._scores.append(int(region.score * 1000 + 1e-6) / 1000)
        self._pts.append(pts)
        self._counts.append(count)

    def __len__(self) -> int:
        """Return how many frames there are so far."""
        return len(self._pts)

    def finish(self) -> Sightings:
        """Return what was gathered so far; more may be added afterwards."""
        table = np.array(self._columns, np.int64).reshape(-1, 7)
        return Sightings(
            self.time_base,
            np.array(self._pts, np.int64),
            np.concatenate(([0], np.cumsum(np.array(self._counts, np.int64)))).astype(np.int64),
            table[:, 0].astype(np.uint8),
            table[:, 1:5].astype(np.int32),
            np.array(self._scores, np.float64),
            table[:, 5].astype(np.int32),
            table[:, 6].astype(np.bool_),
            np.array(self._cuts, np.int64),
        )
