"""What is noted for the report while frames go by; no pixel is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from yingbi.domain.course import Course
from yingbi.domain.moment import Moments
from yingbi.pipeline.engine import Seen


@dataclass(slots=True)
class Notes:
    """The notes on one input."""

    course: Course = field(default_factory=Course)
    moments: Moments = field(default_factory=Moments)

    def to_json(self) -> dict[str, Any]:
        """Return what was noted, for the report."""
        moments = self.moments.finish()
        return self.course.to_json() | {
            "moments": [moment.to_json() for moment in moments],
            "moments_left_out": self.moments.left_out,
        }


def noted(seen: Iterable[Seen], notes: Notes) -> Iterator[Seen]:
    """Yield what comes, noted; whatever masks it comes after this."""
    for one in seen:
        frame = one.frame
        notes.course.take(one.regions, frame.time_s)
        notes.moments.take(one.regions, frame.time_s, frame.size)
        yield one
