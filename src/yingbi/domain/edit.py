"""An edit: one film's sightings, and what was decided about them. No pixel is in it.

    {"format": "yingbi-edit", "version": 1,
     "film": {"name", "sha256", "bytes", "width", "height", "time_base": [1, 90000]},
     "found": {"yingbi", "targets", "settings", "networks"},
     "decisions": [...], "zones": [...], "ranges": [...], "cuts": [...],
     "tracks": [{"track", "kind", "from_ms", "to_ms", "seen", "held", "best", "lowest"}],
     "frames": [{"frame", "pts", "time_s", "regions": [{"kind", "box", "score", "track"}]}]}

`cuts` are frames that begin another picture. `frames` holds what `detect --json` prints, but for boxes that reach over the border: here they
are not cut. `tracks` sums them up for people and is not read back. The schema is published as
`standard/edit-1.schema.json`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np

from yingbi.domain.course import Course
from yingbi.domain.decision import Choices
from yingbi.domain.region import Region, Target
from yingbi.domain.sightings import Sightings
from yingbi.domain.zone import Zone

FORMAT, VERSION = "yingbi-edit", 1
MOST_TRACKS = 1 << 24
"""Tracks have numbers from 1 on, below it."""


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """Which film it is, and the size of its picture as displayed, in pixels."""

    name: str
    sha256: str
    size: int
    width: int
    height: int
    time_base: Fraction

    def to_json(self) -> dict[str, Any]:
        """Return it as the edit file says it."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "bytes": self.size,
            "width": self.width,
            "height": self.height,
            "time_base": [self.time_base.numerator, self.time_base.denominator],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One film's sightings and the choices about them. found: by what they were found."""

    film: FilmFacts
    sightings: Sightings
    choices: Choices = field(default_factory=Choices)
    found: Mapping[str, Any] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What was looked for, in the order in which it was asked for."""
        return tuple(map(Target, self.found.get("targets", ())))

    @property
    def next_track(self) -> int:
        """A number that nobody has."""
        used = {int(track) for track in np.unique(self.sightings.tracks)}
        for told in (one.to_json() for one in self.choices.decisions):
            used |= {told.get("into", 0), told.get("track", 0)}
        after = max(used, default=0) + 1
        return after if after < MOST_TRACKS else next(n for n in count(1) if n not in used)


def frame_line(frame: int, pts: int, time_s: float, regions: Sequence[Region]) -> dict[str, Any]:
    """Return one frame as `detect --json` prints it."""
    return {
        "frame": frame,
        "pts": pts,
        "time_s": round(time_s, 6),
        "regions": [region_line(region) for region in regions],
    }


def region_line(region: Region) -> dict[str, Any]:
    """Return one region as `detect --json` prints it."""
    told: dict[str, Any] = {
        "kind": region.kind.value,
        "box": list(region.box),
        "score": round(region.score, 3),
        "track": region.track,
    }
    return told if region.seen else told | {"held": True}


def zone_line(zone: Zone) -> dict[str, Any]:
    """Return a zone as files of zones say it."""
    told = zone.to_json()
    line = {"name": told["name"], "do": told["do"], "polygon": told["points"]}
    line |= {"unit": zone.unit, "from_s": zone.from_s}
    return line if told["to_s"] is None else line | {"to_s": zone.to_s}


def frames_text(sightings: Sightings) -> Iterator[str]:
    """Yield the lines of `frames`, one frame a line; they never change with the choices."""
    for frame in range(len(sightings)):
        pts, time_s = int(sightings.pts[frame]), sightings.time_s(frame)
        line = frame_line(frame, pts, time_s, sightings.regions(frame))
        yield json.dumps(line, separators=(",", ":"))


def tracks_of(sightings: Sightings) -> list[dict[str, Any]]:
    """Return what `tracks` says: each kind of each track through the film."""
    course = Course()
    for frame in range(len(sightings)):
        course.take(sightings.regions(frame), sightings.time_s(frame))
    tracks: list[dict[str, Any]] = course.to_json()["tracks"]
    return tracks


def head_of(edit: Edit) -> dict[str, Any]:
    """Return all but `tracks` and `frames`: what changes while somebody edits."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "film": edit.film.to_json(),
        "found": dict(edit.found),
        "decisions": [one.to_json() for one in edit.choices.decisions],
        "zones": [zone_line(zone) for zone in edit.choices.zones],
        "ranges": [one.to_json() for one in edit.choices.ranges],
        "cuts": edit.sightings.cuts.tolist(),
    }


def edit_text(edit: Edit, rest: str | None = None) -> str:
    """Return the edit file. rest: what `rest_text` said before, where that is at hand."""
    named = [f"{json.dumps(name)}: {_shown(value)}" for name, value in head_of(edit).items()]
    return "{\n" + ",\n".join(named) + ",\n" + (rest or rest_text(edit.sightings)) + "\n}\n"


def rest_text(sightings: Sightings) -> str:
    """Return `tracks` and `frames` as they stand in the file."""
    tracks = _shown(tracks_of(sightings))
    frames = ",\n ".join(frames_text(sightings))
    return f'"tracks": {tracks},\n"frames": [\n {frames}\n]'


def _shown(value: Any) -> str:
    if isinstance(value, list) and value:
        lines = ",\n ".join(json.dumps(one, ensure_ascii=False) for one in value)
        return "[\n " + lines + "\n]"
    return json.dumps(value, ensure_ascii=False)
