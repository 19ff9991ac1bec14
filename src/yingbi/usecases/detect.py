"""Say what is private in a film or picture, frame by frame, without a picture in the answer.

Clause: 6.2.1.f-2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yingbi.domain.region import Region, clipped
from yingbi.domain.report import Progress, Tally
from yingbi.pipeline.engine import Seen, Sight, Take, open_reel, see


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found: one JSON-ready line a frame, and the tally."""

    lines: list[dict[str, Any]]
    tally: Tally


def detect(path: Path, sight: Sight, progress: Progress) -> Detection:
    """Return every frame's regions, or raise what makes the input unusable: never half of it."""
    tally = Tally()
    with open_reel(path, sight.threads) as reel:
        looking = replace(sight, tick=progress.begin(path.name, reel.source.frames))
        lines = [_line(seen) for seen in see(Take(reel, looking, tally))]
    return Detection(lines, tally)


def _line(seen: Seen) -> dict[str, Any]:
    frame = seen.frame
    return {
        "frame": frame.index,
        "pts": frame.pts,
        "time_s": round(frame.time_s, 6),
        "regions": list(_regions(seen.regions, frame.size)),
    }


def _regions(regions: Sequence[Region], size: tuple[int, int]) -> Iterator[dict[str, Any]]:
    for region in regions:
        box = clipped(region.box, *size)
        if box is not None:
            told: dict[str, Any] = {
                "kind": region.kind.value,
                "box": list(box),
                "score": round(region.score, 3),
                "track": region.track,
            }
            yield told if region.seen else told | {"held": True}
