"""What the default misses of what slower ways of looking find: on anybody's own films.

No film of a user is written anywhere: boxes are compared, in memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.clips import evaluation_clip
from yingbi.bench.leaks import COVERED
from yingbi.bench.row import Row
from yingbi.bootstrap import finders, load_settings, parse_targets, second_family, sight
from yingbi.capture.inputs import find_inputs
from yingbi.domain.frame import Frame
from yingbi.domain.interval import wilson
from yingbi.domain.messages import say
from yingbi.domain.region import BEYOND_DOUBT, BoxXYXY, Target, clipped, overlap
from yingbi.domain.settings import Settings
from yingbi.errors import YingbiError
from yingbi.mask.cover import reach
from yingbi.pipeline.engine import Finder, Sight, Take, open_reel, see

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
    """Which frames the slow ways look at: so many in a row, again after so many, to the end."""

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

    def and_(self, other: "Found") -> "Found":
        """Return both together."""
        return Found(self.faces + other.faces, self.covered + other.covered)


Look = Callable[[Frame], list[BoxXYXY]]
"""A way of looking at one frame by itself, without tracking."""


def own_footage(folder: Path, windows: Windows | None = None) -> list[Row]:
    """Compare the ways on every film below the folder; stills have no frames that follow.

    Raises: what reading the films raises where none of them can be read.
    """
    paths = [item.path for item in find_inputs([folder])]
    return rows("own", paths, windows or Windows())


def on_video() -> list[Row]:
    """Compare the ways on the beginnings of the evaluation clips."""
    paths = [path for path in map(evaluation_clip, CLIPS) if path is not None]
    if not paths:
        note = say("not measured: YINGBI_EVAL_DATA names no folder")
        return [_row("leak-video", _words()["two"], Found(0, 0), 0, note)]
    return rows("leak-video", paths, Windows(4, 25, 60))


def rows(key: str, paths: Sequence[Path], windows: Windows) -> list[Row]:
    """Return the rows of some films."""
    settings = load_settings({})
    looks, usual = ways(settings), sight(settings, parse_targets(None))
    total, read = dict.fromkeys(looks, Found(0, 0)), 0
    problem: YingbiError | None = None
    for path in paths:
        try:
            found = compare(path, usual, looks, windows)
        except YingbiError as error:
            problem = error
            continue
        total = {name: total[name].and_(found[name]) for name in looks}
        read += 1
    if problem is not None and not read:
        raise problem
    words, note = _words(), say("nothing was found that stays for three frames")
    return [_row(f"{key}-{name}", words[name], total[name], read, note) for name in looks]


def ways(settings: Settings) -> dict[str, Look]:
    """Return the ways that the default is held against.

    two: faces in which both families of networks agree. strict: what the strict way is
    beyond doubt about, which is not always a face.
    """
    strict = replace(settings, values={**settings.values, "detect.strict": True})
    first, second = finders(settings, (Target.FACE,)), second_family(settings)
    both = finders(strict, (Target.FACE,))

    def two(frame: Frame) -> list[BoxXYXY]:
        others = _boxes(frame, [second], 0.0)
        found = _boxes(frame, first, 0.0)
        return [box for box in found if any(overlap(box, o) >= SAME_FACE for o in others)]

    return {"two": two, "strict": lambda frame: _boxes(frame, both, BEYOND_DOUBT)}


def compare(
    path: Path, usual: Sight, looks: Mapping[str, Look], windows: Windows
) -> dict[str, Found]:
    """Return what each way finds in a film that stays, and how much of that the default covers."""
    seen: dict[str, dict[int, list[BoxXYXY]]] = {name: {} for name in looks}
    with open_reel(path) as reel:
        for index, frame in enumerate(islice(reel.frames, windows.end)):
            if windows.holds(index):
                for name, look in looks.items():
                    seen[name][index] = look(frame)
        size = (reel.source.width, reel.source.height)
    looked = set().union(*seen.values())
    drawn = dict(_usual(path, usual, windows, looked))
    found = {}
    for name, its in seen.items():
        shares = [_share(box, drawn[index], size) for index in its for box in lasting(its, index)]
        found[name] = Found(len(shares), sum(share >= COVERED for share in shares))
    return found


def _boxes(frame: Frame, looking: Sequence[Finder], least: float) -> list[BoxXYXY]:
    regions = [region for finder in looking for region in finder.find(frame)]
    return [r.box for r in regions if r.kind is Target.FACE and r.score >= least]


def _words() -> dict[str, str]:
    return {
        "two": say("faces that two families see, covered by the default"),
        "strict": say("what the strict way holds beyond doubt, covered by the default"),
    }


def _row(key: str, what: str, found: Found, films: int, note: str) -> Row:
    goal = RECALL_GOAL if key.endswith("two") else None
    if not found.faces:
        return Row(key, what, None, "%", goal, note, at_least=True)
    low, high = (f"{100 * edge:.1f}" for edge in wilson(found.covered, found.faces))
    told = say(
        "{what}: {covered} of {faces} in {films} films ({low} to {high} %)",
        what=what,
        covered=found.covered,
        faces=found.faces,
        films=films,
        low=low,
        high=high,
    )
    return Row(key, told, 100 * found.covered / found.faces, "%", goal, at_least=True)


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
