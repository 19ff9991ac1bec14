"""The number that matters: true people whom a masked film shows, by us and by the peer."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from yingbi.bench.fidelity import GREEN, OURS
from yingbi.bench.leak_films import FILMS, FRAMES, make, plans
from yingbi.bench.leaks import Judged, Leak, count, judge
from yingbi.bench.peer import PeerMissingError, run_peer_green
from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.bench.speed import faces
from yingbi.bench.stills import native_stills
from yingbi.bench.tree import cost
from yingbi.bench.truth import Clip
from yingbi.domain.interval import wilson
from yingbi.domain.messages import say

AT_ONCE = 9
"""Films that the peer is given in one run, so that its start counts little."""

AGAINST_PEER = 0.2
BESIDE_GOAL = 1.5


def evaluation_data() -> Path | None:
    """Return the folder of evaluation data, None where none is named."""
    given = os.environ.get("YINGBI_EVAL_DATA", "")
    return Path(given) if given and Path(given).is_dir() else None


def unmeasured(key: str, what: str) -> list[Row]:
    """Return the row of what needs the evaluation data where there is none."""
    note = say("not measured: YINGBI_EVAL_DATA names no folder")
    return [Row(key, what, None, "", note=note)]


def moved_stills(films: int = FILMS, frames: int = FRAMES) -> list[Row]:
    """Measure the films that are made of stills with native boxes."""
    what = say("people in moved stills who leak")
    data = evaluation_data()
    stills = native_stills(data) if data else []
    if not stills:
        return unmeasured("leak-moved", what)
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as folder:
        made = [make(plan, Path(folder)) for plan in plans(stills, films, frames)]
        return list(compared("leak-moved", what, made, Path(folder)))


def compared(key: str, what: str, made: Sequence[Clip], folder: Path) -> Iterator[Row]:
    """Yield what leaks of the people in some films: by us, by the peer, and in the films themselves."""
    clear = count(judge(clip.path, clip, OURS) for clip in made)
    ours = [
        judge(
            _masked(clip.path, folder),
            clip,
            OURS,
            _masked(clip.without, folder) if clip.without else None,
        )
        for clip in made
    ]
    leak = count(ours)
    try:
        theirs: Leak | None = count(_peers(made))
    except PeerMissingError as error:
        theirs = None
        yield Row(f"{key}-peer", say("deface"), None, "%", note=str(error))
    goal = None if theirs is None else 100 * AGAINST_PEER * theirs.leaked / max(1, theirs.people)
    yield from _rows(key, what, leak, goal)
    if theirs is not None:
        yield from _rows(f"{key}-peer", say("the same by deface"), theirs, None)
    yield Row(
        f"{key}-control",
        say("control: the films themselves, unmasked"),
        100 * clear.leaked / max(1, clear.people),
        "%",
    )
    own, beside = sum(one.own for one in ours), sum(one.beside for one in ours)
    yield Row(
        f"{key}-beside",
        say("masked beside people, as a part of their own area"),
        beside / max(1, own),
        "",
        BESIDE_GOAL,
    )


def _rows(key: str, what: str, leak: Leak, goal: float | None) -> Iterator[Row]:
    low, high = wilson(leak.leaked, leak.people)
    told = say(
        "{what}: {leaked} of {people} ({low} to {high} %)",
        what=what,
        leaked=leak.leaked,
        people=leak.people,
        low=f"{100 * low:.1f}",
        high=f"{100 * high:.1f}",
    )
    yield Row(key, told, 100 * leak.leaked / max(1, leak.people), "%", goal)
    open_ = 100 * leak.open_frames / max(1, leak.frames)
    yield Row(f"{key}-frames", say("of their {n} frames", n=leak.frames), open_, "%")
    longest = say("longest time that one was seen, {n} frames", n=leak.gap_frames)
    yield Row(f"{key}-gap", longest, leak.gap_s, "s")


def _masked(film: Path, folder: Path) -> Path:
    out = folder / f"masked-{film.name}"
    cost([COMMAND, "mask", film, "-o", out, "--force", "--targets", faces()])
    return out


def _peers(made: Sequence[Clip]) -> Iterator[Judged]:
    for start in range(0, len(made), AT_ONCE):
        some = made[start : start + AT_ONCE]
        outputs = run_peer_green([clip.path for clip in some]).outputs
        for clip, masked in zip(some, outputs, strict=True):
            yield judge(masked or clip.path, clip, GREEN)
