"""How a run behaves: its start, its memory as films grow longer, two at once, each target's price."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from yingbi.bench import clips
from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.bench.speed import everything, mask, unmeasured
from yingbi.bench.tree import ended, started
from yingbi.domain.messages import say
from yingbi.domain.region import BUILT

START_GOAL_S, STARTS = 1.5, 5
LONG_FRAMES = 5400
"""Nine minutes at ten frames a second, compared with a third of it; the long tests take an hour."""

FLAT_GOAL_MB = 2.0
"""Growth per 1000 frames that counts as none: noise of the allocator."""

PAIRS, PAIR_FRAMES, PAIR_GOAL = 5, 40, 1.9
TARGET_FRAMES = 40


def beginning() -> list[Row]:
    """Measure `mask` with the default targets on a film of two small frames."""
    what = say("start: `mask` of two small frames, by the clock, median")
    source = clips.evaluation_clip("meeting_640x360")
    if source is None:
        return [unmeasured("run-start", what)]
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        film, out = Path(name) / "two.mp4", Path(name) / "out.mp4"
        clips.looped(source, film, 2)
        took = [mask(film, out, everything()) for _ in range(STARTS + 1)][1:]
    return [
        Row("run-start", what, median(one.wall_s for one in took), "s", START_GOAL_S),
        Row("run-start-cpu", say("the same in processor time"), median(o.cpu_s for o in took), "s"),
    ]


def memory(frames: int = LONG_FRAMES) -> list[Row]:
    """Measure whether the peak of memory grows with the length of a film."""
    what = say("memory that 1000 frames more add, 640x360")
    source = clips.evaluation_clip("meeting_640x360")
    if source is None:
        return [unmeasured("run-memory-growth", what)]
    short, peaks = frames // 3, []
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        for length in (short, frames):
            film = Path(name) / f"{length}.mp4"
            clips.looped(source, film, length)
            peaks.append(mask(film, Path(name) / "out.mp4", everything()).peak_mb)
    growth = (peaks[1] - peaks[0]) * 1000 / (frames - short)
    told = say("most memory with {n} frames of 640x360", n=frames)
    return [
        Row("run-memory", told, peaks[1], "MB"),
        Row("run-memory-growth", what, max(0.0, growth), "MB", FLAT_GOAL_MB),
    ]


def side_by_side(pairs: int = PAIRS, frames: int = PAIR_FRAMES) -> list[Row]:
    """Measure two runs on a core each against one run on one core, by the clock."""
    what = say("two runs on two cores, as work done by one run on one, median of {n}", n=pairs)
    source = clips.evaluation_clip("towncentre_1080p")
    cores = sorted(os.sched_getaffinity(0))[:2]
    if source is None or len(cores) < 2:
        return [unmeasured("run-two", what)]
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        film = Path(name) / "film.mp4"
        clips.busy(source, film, frames)
        found = [_pair(film, cores) for _ in range(pairs)]
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    told = say("{what} (load {load})", what=what, load=load)
    return [Row("run-two", told, median(found), "", PAIR_GOAL, at_least=True)]


def _pair(film: Path, cores: list[int]) -> float:
    """Return how much more two runs at once do in a second than one."""
    one = mask(film, film.with_name("one.mp4"), everything(), cores=cores[:1]).wall_s
    waiting = [
        started(
            [COMMAND, "mask", film, "-o", film.with_name(f"two-{core}.mp4"), "--force"],
            cores=[core],
        )
        for core in cores
    ]
    return 2 * one / max([ended(run).wall_s for run in waiting])


def each_target(frames: int = TARGET_FRAMES) -> list[Row]:
    """Measure what each target costs alone, per frame of 1080p with people in it."""
    source = clips.evaluation_clip("towncentre_1080p")
    if source is None:
        return [unmeasured("run-target", say("cost of each target"))]
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        film = Path(name) / "film.mp4"
        clips.busy(source, film, frames)
        return list(_targets(film, frames))


def _targets(film: Path, frames: int) -> Iterator[Row]:
    for target in BUILT:
        took = mask(film, film.with_name("out.mp4"), target.value)
        what = say("`--targets {targets}` alone, 1080p, processor per frame", targets=target.value)
        key = f"run-target-{target.value}"
        yield Row(key, what, took.cpu_s * 1000 / frames, "ms")
        yield Row(f"{key}-peak", say("most memory"), took.peak_mb, "MB")
