"""What the default misses of what the slowest way of looking finds: on anybody's own films.

No film of a user is written anywhere: boxes are compared, in memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.clips import evaluation_clip
from yingbi.bench.leaks import COVERED, wilson
from yingbi.bench.row import Row
from yingbi.bootstrap import finders, load_settings, parse_targets, sight
from yingbi.capture.inputs import find_inputs
from yingbi.domain.messages import say
from yingbi.domain.region import BoxXYXY, Target, clipped, overlap
from yingbi.domain.settings import Settings
from yingbi.errors import YingbiError
from yingbi.mask.cover import reach
from yingbi.pipeline.engine import Finder, Sight, Take, open_reel, see

SLOWEST = {"detect.strict": True}
"""Every frame is searched, without tracking, by two families, at four turns, at full size."""

HELD = 3
"""Frames in a row that must show a face before it counts: a single one may be a fancy."""

SAME_FACE = 0.3
RECALL_GOAL = 99.5
CLIPS = (
    "egoblur_gen1_talker",
    "meeting_640x360",
    "ocv4n_crowd_800x450",
    "office_people_movement",
    "one-by-one-person-detection",
    "short_hamilton_clip",
    "towncentre_1080p",
)


@dataclass(frozen=True, slots=True)
class Windows:
    """Which frames the slowest way looks at: so many in a row, again after so many, to the end."""

    length: int = 5
    every: int = 50
    end: int | None = None

    def holds(self, index: int) -> bool:
        """Return whether the frame is looked at."""
        return index % self.every < self.length


@dataclass(frozen=True, slots=True)
class Found:
    """What was compared in some films: faces in frames, and how many of them the default covers."""

    faces: int
    covered: int


def own_footage(folder: Path, windows: Windows | None = None) -> list[Row]:
    """Compare both ways on every film below the folder.

    Raises: what reading the films raises where none of them can be read.
    """
    paths = [item.path for item in find_inputs([folder])]
    return rows("own", say("faces of your films that the default covers"), paths, windows)


def on_video() -> list[Row]:
    """Compare both ways on the beginnings of the evaluation clips."""
    paths = [path for path in map(evaluation_clip, CLIPS) if path is not None]
    what = say("faces of real films that the default covers")
    if not paths:
        note = say("not measured: YINGBI_EVAL_DATA names no folder")
        return [Row("leak-video", what, None, "%", RECALL_GOAL, note, at_least=True)]
    return rows("leak-video", what, paths, Windows(5, 25, 60))


def rows(key: str, what: str, paths: Sequence[Path], windows: Windows | None = None) -> list[Row]:
    """Return the rows of some films."""
    settings = load_settings({})
    slow = finders(_slowest(settings), (Target.FACE,))
    usual = sight(settings, parse_targets(None))
    faces = covered = read = 0
    problem: YingbiError | None = None
    for path in paths:
        try:
            found = compare(path, usual, slow, windows or Windows())
        except YingbiError as error:
            problem = error
            continue
        faces, covered, read = faces + found.faces, covered + found.covered, read + 1
    if problem is not None and not read:
        raise problem
    if not faces:
        note = say("the slowest way finds no face that stays")
        return [Row(key, what, None, "%", RECALL_GOAL, note, at_least=True)]
    low, high = (f"{100 * edge:.1f}" for edge in wilson(covered, faces))
    told = say(
        "{what}: {covered} of {faces} in {films} films ({low} to {high} %)",
        what=what,
        covered=covered,
        faces=faces,
        films=read,
        low=low,
        high=high,
    )
    return [Row(key, told, 100 * covered / faces, "%", RECALL_GOAL, at_least=True)]


def compare(path: Path, usual: Sight, slow: Sequence[Finder], windows: Windows) -> Found:
    """Return how many faces the slowest way finds in a film, and how many of them are covered."""
    sure, size = _looked(path, slow, windows)
    drawn = dict(_usual(path, usual, windows, set(sure)))
    shares = [_share(box, drawn[index], size) for index, boxes in sure.items() for box in boxes]
    return Found(len(shares), sum(share >= COVERED for share in shares))


def _slowest(settings: Settings) -> Settings:
    return replace(settings, values={**settings.values, **SLOWEST})


def _looked(
    path: Path, slow: Sequence[Finder], windows: Windows
) -> tuple[dict[int, list[BoxXYXY]], tuple[int, int]]:
    """Return the faces of each frame looked at that stay for some frames, and the picture's size."""
    found: dict[int, list[BoxXYXY]] = {}
    with open_reel(path) as reel:
        for index, frame in enumerate(islice(reel.frames, windows.end)):
            if windows.holds(index):
                regions = [region for finder in slow for region in finder.find(frame)]
                found[index] = [r.box for r in regions if r.kind is Target.FACE]
        size = (reel.source.width, reel.source.height)
    return {index: lasting(found, index) for index in found}, size


def lasting(found: dict[int, list[BoxXYXY]], index: int) -> list[BoxXYXY]:
    """Return the boxes of a frame that go on for at least three frames in a row, this among them."""
    kept = []
    for box in found[index]:
        run = 1 + _run(found, index, box, 1) + _run(found, index, box, -1)
        if run >= HELD:
            kept.append(box)
    return kept


def _run(found: dict[int, list[BoxXYXY]], index: int, box: BoxXYXY, step: int) -> int:
    """Return for how many frames a box goes on in one direction."""
    length = 0
    while index + step in found and length < HELD:
        best = max(found[index + step], key=lambda other: overlap(other, box), default=None)
        if best is None or overlap(best, box) < SAME_FACE:
            break
        index, box, length = index + step, best, length + 1
    return length


def _usual(
    path: Path, usual: Sight, windows: Windows, wanted: set[int]
) -> Iterator[tuple[int, list[BoxXYXY]]]:
    """Yield what the default covers in each frame that is asked for."""
    with open_reel(path, usual.threads) as reel:
        beginning = replace(reel, frames=islice(reel.frames, windows.end))
        for seen in see(Take(beginning, usual)):
            if seen.frame.index in wanted:
                yield seen.frame.index, [reach(region, usual.grow) for region in seen.regions]


def _share(box: BoxXYXY, drawn: Sequence[BoxXYXY], size: tuple[int, int]) -> float:
    """Return which share of a box in the picture lies under the drawn ones."""
    inside = clipped(box, *size)
    if inside is None:
        return 1.0
    x0, y0, x1, y1 = inside
    under: NDArray[np.bool_] = np.zeros((y1 - y0, x1 - x0), np.bool_)
    for a, b, c, d in drawn:
        under[max(0, b - y0) : max(0, d - y0), max(0, a - x0) : max(0, c - x0)] = True
    return float(under.mean())
