"""What each way of looking buys and costs: hard faces, looked at in one way more or one less.

Every picture is looked at once by each network at each turn; the ways are put together from
these looks, so that all of them see the same pictures and their costs are those of their looks.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.leak import evaluation_data, unmeasured
from yingbi.bench.leaks import COVERED, share
from yingbi.bench.row import Row
from yingbi.bench.stills import Still, native_stills
from yingbi.bench.strata import SIZE, Hard, Stratum, hard_faces, kinds
from yingbi.bootstrap import load_settings
from yingbi.detect.parts import parts
from yingbi.detect.strict import turned
from yingbi.domain.frame import Frame
from yingbi.domain.messages import say
from yingbi.domain.region import PEOPLE, Region, Target, clipped, grown
from yingbi.mask.cover import reach
from yingbi.media.still import read_still
from yingbi.pipeline.engine import wanted
from yingbi.pipeline.finders import Finders

EACH = 20
"""Faces of each kind."""

LARGE = (1920, 1440)
"""A picture that is reduced before it is searched, unless it is searched in parts."""

ROOM = 0.5
"""A face grown by so much on each side is its own area; what is masked beyond is beside it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a picture found, and the processor time that it took, in ms."""

    regions: Sequence[Region]
    ms: float


@dataclass(frozen=True, slots=True)
class Way:
    """One way of looking: the looks that it is made of, and whether heads are derived."""

    key: str
    what: str
    looks: tuple[str, ...]
    targets: frozenset[Target] = frozenset({Target.FACE, Target.HEAD})


@dataclass(slots=True)
class Outcome:
    """What one way missed, by kind of face, what it took and what it masked beside faces."""

    missed: dict[str, list[bool]] = field(default_factory=dict)
    ms: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)


TURNS, SECONDS = (
    tuple(f"{name} {turns}" for turns in range(1, 4)) for name in ("turn", "second turn")
)


def _ways() -> list[Way]:
    default = ("first", "people")
    return [
        Way("alone", say("faces alone"), ("first",), frozenset({Target.FACE})),
        Way("default", say("with head boxes (the default)"), default),
        Way("small", say("not enlarged: detect.size 640"), ("first at 640", "people")),
        Way("parts", say("in parts as well"), (*default, "parts")),
        Way("turns", say("at four turns"), (*default, *TURNS)),
        Way("second", say("with the second family"), (*default, "second")),
        Way("all", say("all of it"), (*default, "parts", "second", *TURNS, *SECONDS)),
    ]


def ways(each: int = EACH) -> list[Row]:
    """Measure each way on the same faces."""
    what, data = say("ways of looking"), evaluation_data()
    stills = native_stills(data) if data else []
    if not stills:
        return unmeasured("ways", what)
    found = {way.key: Outcome() for way in _ways()}
    lookers = _lookers()
    for kind, size in [*((kind, SIZE) for kind in kinds()), (_small_in_large(), LARGE)]:
        with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
            for hard in _spread(kind, stills, Path(name), size, each):
                frame = read_still(hard.path)
                looks = {look: _timed(see, frame) for look, see in lookers.items()}
                for way in _ways():
                    _judge(found[way.key], kind.key, hard, frame, _put_together(way, looks))
    return [row for way in _ways() for row in _rows(way, found[way.key])]


def _small_in_large() -> Stratum:
    return Stratum("large", say("small faces in large pictures"), 12.5, 31)


def _spread(
    kind: Stratum, stills: Sequence[Still], folder: Path, size: tuple[int, int], each: int
) -> Sequence[Hard]:
    """Return as many faces as asked for, from stills that lie evenly apart."""
    step = max(1, len(stills) // each)
    return list(islice(hard_faces(kind, stills[::step], folder, size), each))


def _lookers() -> Mapping[str, Callable[[Frame], list[Region]]]:
    """Return every look by its name, at the default's scores."""
    settings = load_settings({})
    made = Finders(settings, frozenset({Target.FACE, Target.HEAD}), 1)
    first, people = made.all()
    (small,) = replace(
        made,
        settings=load_settings({"detect.size": 640}),
        targets=frozenset({Target.FACE}),
    ).all()
    second, length = made.second_family(), settings["detect.size"]

    def at(find: Callable[[Frame], list[Region]], turns: int) -> Callable[[Frame], list[Region]]:
        def look(frame: Frame) -> list[Region]:
            seen = replace(frame, turns=frame.turns + turns)
            return [
                replace(region, box=turned(region.box, seen.size, -turns)) for region in find(seen)
            ]

        return look

    def in_parts(frame: Frame) -> list[Region]:
        places = parts(frame.size, length) if max(frame.size) > length else []
        return [region for place in places for region in first.find(frame, place)]

    return {
        "first": first.find,
        "people": people.find,
        "first at 640": small.find,
        "parts": in_parts,
        "second": second.find,
        **{name: at(first.find, turns) for turns, name in enumerate(TURNS, 1)},
        **{name: at(second.find, turns) for turns, name in enumerate(SECONDS, 1)},
    }


def _timed(see: Callable[[Frame], list[Region]], frame: Frame) -> Look:
    began = time.process_time()
    regions = see(frame)
    return Look(regions, 1000 * (time.process_time() - began))


def _put_together(way: Way, looks: Mapping[str, Look]) -> Look:
    seen = [region for name in way.looks for region in looks[name].regions]
    return Look(wanted(seen, way.targets), sum(looks[name].ms for name in way.looks))


def _judge(outcome: Outcome, kind: str, hard: Hard, frame: Frame, look: Look) -> None:
    width, height = frame.size
    drawn = np.zeros((height // 2, width // 2), np.bool_)
    for region in look.regions:
        inside = clipped(reach(region, load_settings({})["mask.grow"]), width, height)
        if region.kind in PEOPLE and inside is not None:
            x0, y0, x1, y1 = inside
            drawn[-(-y0 // 2) : y1 // 2, -(-x0 // 2) : x1 // 2] = True
    outcome.missed.setdefault(kind, []).append(share(drawn, hard.face) < COVERED)
    outcome.ms.append(look.ms)
    outcome.beside.append(_beside(drawn, hard))


def _beside(drawn: NDArray[np.bool_], hard: Hard) -> float:
    """Return the part of the picture that is masked away from the face."""
    rows, columns = hard.face.seen.shape
    box = hard.face.left, hard.face.top, hard.face.left + columns, hard.face.top + rows
    own = clipped(grown(box, ROOM), drawn.shape[1], drawn.shape[0])
    away = drawn.copy()
    if own is not None:
        away[own[1] : own[3], own[0] : own[2]] = False
    return float(away.mean())


def _rows(way: Way, outcome: Outcome) -> list[Row]:
    every = [one for missed in outcome.missed.values() for one in missed]
    words = {
        "small": say("small"),
        "middle": say("middle"),
        "turned": say("turned"),
        "half": say("half covered"),
        "dark": say("dark"),
        "large": say("small in large pictures"),
    }
    by_kind = tuple((words[key], 100 * _mean(missed)) for key, missed in outcome.missed.items())
    told = say("{what}: missed of {n} hard faces", what=way.what, n=len(every))
    return [
        Row(f"ways-{way.key}", told, 100 * _mean(every), "%", more=by_kind),
        Row(f"ways-{way.key}-ms", say("processor time of a picture"), _mean(outcome.ms), "ms"),
        Row(f"ways-{way.key}-beside", say("masked elsewhere"), 100 * _mean(outcome.beside), "%"),
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))
