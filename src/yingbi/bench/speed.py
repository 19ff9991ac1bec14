"""What masking costs beside the tool most people take: processor time of whole commands.

The same film for both, start and end included; every film is encoded by both. What the
peer took is kept in the cache, so compare on one machine only.
"""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from yingbi.bench import clips
from yingbi.bench.fidelity import psnr_outside
from yingbi.bench.peer import SCALED, STOCK, PeerMissingError, PeerRun, run_peer
from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.bench.tree import Cost, cost
from yingbi.bootstrap import parse_targets
from yingbi.domain.messages import say
from yingbi.domain.region import BUILT

SCALED_GOAL = 2.0
PSNR_GOAL_DB = 45.0
PEAK_GOAL_MB = 500.0
SHARE_WITH_ALL = 0.5
"""With all targets the goals are half as high."""

MEASURED = ("face", "head")
"""The rows are for these, as far as this version finds them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table: a film, how it is made, and how many times as fast we want to be."""

    key: str
    what: str
    clip: str
    make: clips.Maker
    frames: int
    goal: float
    options: tuple[str, ...] = ()


def faces() -> str:
    """Return the targets that the rows are for, as `--targets` takes them."""
    return ",".join(target.value for target in BUILT if target.value in MEASURED)


def everything() -> str:
    """Return the default targets."""
    return ",".join(target.value for target in parse_targets(None))


def passthrough() -> bool:
    """Return whether this version can copy what needs no mask."""
    told = subprocess.run(
        [str(COMMAND), "mask", "--help"], capture_output=True, text=True, check=True
    )
    return "--no-passthrough" in told.stdout


def cases() -> list[Case]:
    """Return the rows, in the user's language."""
    whole = ("--no-passthrough",) if passthrough() else ()
    half = clips.half_busy
    return [
        Case(
            "half",
            say("1080p, fixed camera, half busy, every frame encoded"),
            "towncentre_1080p",
            half,
            360,
            20,
            whole,
        ),
        Case(
            "half-copied",
            say("the same, untouched stretches copied"),
            "towncentre_1080p",
            half,
            360,
            30,
        ),
        Case("busy", say("1080p, people in every frame"), "towncentre_1080p", clips.busy, 90, 12),
        Case("quiet", say("1080p, nobody in it"), "towncentre_1080p", clips.quiet, 240, 80),
        Case("moving", say("720p, moving camera"), "openpose_street", clips.moving, 120, 6),
    ]


def speed(shorter: int = 1) -> list[Row]:
    """Measure every case; `shorter` divides the films' lengths, for tests."""
    copies = passthrough()
    rows = []
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as folder:
        for case in cases():
            if case.key == "half-copied" and not copies:
                note = say("not measured: this version copies nothing yet")
                rows.append(Row(f"speed-{case.key}", case.what, None, "", case.goal, note))
                continue
            rows += _case(case, Path(folder), max(2, case.frames // shorter))
    return rows


def _case(case: Case, folder: Path, frames: int) -> list[Row]:
    source = clips.evaluation_clip(case.clip)
    if source is None:
        return [unmeasured(f"speed-{case.key}", case.what)]
    film = folder / f"{case.make.__name__}.mp4"
    if not film.exists():
        case.make(source, film, frames)
    ours = folder / "ours.mp4"
    took = mask(film, ours, faces(), *case.options)
    took_all = mask(film, folder / "all.mp4", everything(), *case.options)
    rows = [
        Row(
            f"speed-{case.key}",
            say("{what}: `--targets {targets}`, processor", what=case.what, targets=faces()),
            took.cpu_s,
            "s",
        ),
        Row(
            f"speed-{case.key}-all",
            say("the same with `--targets {targets}`", targets=everything()),
            took_all.cpu_s,
            "s",
        ),
        *_beside(case, film, ours, took, took_all),
    ]
    if film.name != "moving.mp4":
        rows.append(
            Row(f"speed-{case.key}-peak", say("most memory"), took.peak_mb, "MB", PEAK_GOAL_MB)
        )
    return rows


def _beside(case: Case, film: Path, ours: Path, took: Cost, took_all: Cost) -> Iterator[Row]:
    """Yield what the peer took with the same film, ratios, sizes and losses."""
    key = f"speed-{case.key}"
    try:
        stock, scaled = run_peer([film], STOCK), run_peer([film], SCALED)
    except PeerMissingError as error:
        yield Row(f"{key}-stock", say("deface, stock"), None, "s", note=str(error))
        return
    yield from ratios(key, (took, took_all), (stock, scaled), case.goal)
    (theirs,) = stock.outputs
    yield Row(f"{key}-size", say("size of the copy"), _mb(ours), "MB")
    yield Row(f"{key}-source-size", say("size of the film"), _mb(film), "MB")
    yield Row(
        f"{key}-psnr",
        say("likeness outside masks, PSNR"),
        psnr_outside(film, ours, ours),
        "dB",
        PSNR_GOAL_DB,
        at_least=True,
    )
    if theirs is not None:
        yield Row(f"{key}-stock-size", say("size of deface's copy"), _mb(theirs), "MB")
        yield Row(
            f"{key}-stock-psnr",
            say("likeness of deface's copy there"),
            psnr_outside(film, ours, theirs),
            "dB",
        )


def ratios(
    key: str, ours: tuple[Cost, Cost], peer: tuple[PeerRun, PeerRun], goal: float
) -> Iterator[Row]:
    """Yield the peer's costs and how many times as fast we are, faces alone and with all targets."""
    (took, took_all), (stock, scaled) = ours, peer
    yield Row(f"{key}-stock", say("deface, stock"), stock.cost.cpu_s, "s")
    yield Row(f"{key}-scaled", say("deface `--scale 640x360`"), scaled.cost.cpu_s, "s")
    yield _times(f"{key}-ratio", say("times as fast as stock"), stock, took, goal)
    yield _times(f"{key}-scaled-ratio", say("as the scaled one"), scaled, took, SCALED_GOAL)
    yield _times(
        f"{key}-all-ratio",
        say("times as fast as stock, all targets"),
        stock,
        took_all,
        goal * SHARE_WITH_ALL,
    )


def _times(key: str, what: str, peer: PeerRun, ours: Cost, goal: float) -> Row:
    return Row(key, what, peer.cost.cpu_s / ours.cpu_s, "", goal, at_least=True)


def mask(film: Path, out: Path, targets: str, *options: str, cores: Sequence[int] = ()) -> Cost:
    """Return what one `mask` command costs."""
    named = ("--targets", targets) if targets else ()
    return cost([COMMAND, "mask", film, "-o", out, "--force", *named, *options], cores=cores)


def unmeasured(key: str, what: str) -> Row:
    """Return the row of what the evaluation data does not hold."""
    note = say("not measured: YINGBI_EVAL_DATA does not name this clip")
    return Row(key, what, None, "", note=note)


def _mb(path: Path) -> float:
    return path.stat().st_size / 1e6
