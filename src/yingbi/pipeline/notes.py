"""What is noted for the report while frames go by; no pixel is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from yingbi.domain.course import Course
from yingbi.domain.moment import Moments
from yingbi.domain.sightings import SightingsWriter
from yingbi.mask.zones import ZoneCloth
from yingbi.media.scene import Scenes
from yingbi.pipeline.engine import Seen
from yingbi.pipeline.recheck import Watch


@dataclass(slots=True)
class Notes:
    """The notes on one input, and its zones.

    watch: what is looked at again when it is written; None where nothing is.
    clear: the course of what was found and is left to be seen, since somebody chose so.
    zoned: how many zones the last frame that was yielded has covered.
    keeping: whether what was found is kept for an edit, in sightings; size: of the picture.
    """

    zones: ZoneCloth = field(default_factory=lambda: ZoneCloth(()))
    course: Course = field(default_factory=Course)
    clear: Course = field(default_factory=Course)
    moments: Moments = field(default_factory=Moments)
    watch: Watch | None = None
    zoned: int = 0
    zoned_frames: int = 0
    keeping: bool = False
    sightings: SightingsWriter | None = None
    size: tuple[int, int] = (0, 0)
    scenes: Scenes = field(default_factory=Scenes)

    def to_json(self) -> dict[str, Any]:
        """Return what was noted, for the report."""
        moments = self.moments.finish()
        return self.course.to_json() | {
            "zones": {
                "frames_covered": self.zoned_frames,
                "regions_ignored": dict(sorted(self.zones.ignored.items())),
            },
            "left_clear": self.clear.to_json()["tracks"],
            "moments": [moment.to_json() for moment in moments],
            "moments_left_out": self.moments.left_out,
        }


def noted(seen: Iterable[Seen], notes: Notes) -> Iterator[Seen]:
    """Yield what comes, with its zones covered and noted; what masks regions comes after this."""
    first = True
    for one in seen:
        frame = one.frame
        if first:
            notes.zones.start_s, first = frame.time_s, False
        if notes.keeping:
            notes.size = frame.size
            notes.sightings = notes.sightings or SightingsWriter(frame.time_base)
            cut = notes.scenes.cut(frame)
            notes.sightings.take(frame.pts, one.regions, cut=cut)
        regions = notes.zones.left(one.regions, frame)
        notes.zoned = notes.zones.cover(frame)
        notes.zoned_frames += notes.zoned > 0
        notes.course.take(regions, frame.time_s)
        notes.clear.take(one.clear, frame.time_s)
        outside = notes.zones.outside(regions, frame)
        doubtful = notes.moments.take(outside, frame.time_s, frame.size)
        if notes.watch is not None:
            notes.watch.take(frame, [*regions, *one.clear], doubtful=doubtful)
        yield replace(one, regions=regions)
