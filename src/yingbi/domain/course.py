"""The course of one input: how many regions each frame had, and what each track was."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yingbi.domain.region import Region


@dataclass(slots=True)
class TrackCourse:
    """One kind of one track through its film."""

    kind: str
    from_s: float
    to_s: float
    seen: int = 0
    held: int = 0
    best: float = 0.0
    lowest: float = 1.0

    def to_json(self, track: int | None) -> dict[str, Any]:
        """Return the track for machines; times in milliseconds."""
        return {
            "track": track,
            "kind": self.kind,
            "from_ms": round(self.from_s * 1000),
            "to_ms": round(self.to_s * 1000),
            "seen": self.seen,
            "held": self.held,
            "best": round(self.best, 3),
            "lowest": round(self.lowest, 3),
        }


@dataclass(slots=True)
class Course:
    """Counts per frame as runs, and per track; all grows with the people, not with the frames."""

    frames: int = 0
    runs: list[list[int]] = field(default_factory=list)
    tracks: dict[tuple[int | None, str], TrackCourse] = field(default_factory=dict)

    def take(self, regions: Sequence[Region], time_s: float) -> None:
        """Count one frame."""
        self.frames += 1
        if self.runs and self.runs[-1][0] == len(regions):
            self.runs[-1][1] += 1
        else:
            self.runs.append([len(regions), 1])
        for region in regions:
            key = region.track, region.kind.value
            course = self.tracks.setdefault(key, TrackCourse(region.kind.value, time_s, time_s))
            course.to_s = time_s
            if region.seen:
                course.seen += 1
                course.best = max(course.best, region.score)
                course.lowest = min(course.lowest, region.score)
            else:
                course.held += 1

    def to_json(self) -> dict[str, Any]:
        """Return the runs as [regions, frames] and the tracks in the order of their ids."""
        tracks = sorted(self.tracks.items(), key=lambda item: (item[0][0] or 0, item[0][1]))
        return {
            "regions_per_frame": self.runs,
            "tracks": [course.to_json(track) for (track, _), course in tracks],
        }
