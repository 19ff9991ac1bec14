"""Falls in real films, told as `protect` tells them: four that fell, and films of daily life.

Clause: A.1-2; 6.2.1.f-2.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from yingbi.bench.row import Row
from yingbi.bootstrap import load_settings, looking_in, poses, sight
from yingbi.domain.box import BoxPolicy
from yingbi.domain.keep import RECORD_KINDS
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.record import Event
from yingbi.media.planes import Planes, read_planes, write_planes
from yingbi.pipeline.engine import Take, open_reel, see
from yingbi.usecases.onlook import Moment, Onlooker

DOWN_S = {
    "fall-01-cam0": 114 / 30,
    "fall-03-cam0": 174 / 30,
    "fall-05-cam0": 108 / 30,
    "fall-07-cam0": 120 / 30,
}
"""When the person is down, by eye; the colour picture is the right half of these films."""
WITHIN_S, BEFORE_S = 3, 1
"""A fall is to be told so long after; one told so much earlier was something else."""
FPS = 30
MOST_FRAMES = 600
"""So many frames of each film of daily life are looked at, or all of a shorter one."""


def fall_films() -> list[Row]:
    """Tell what happens in the films of the evaluation data."""
    data = Path(os.environ.get("YINGBI_EVAL_DATA", ""))
    falls = [path for path in sorted((data / "home_fall").glob("*.mp4")) if path.stem in DOWN_S]
    lives = sorted(one for one in (data / "video").glob("*") if one.suffix in (".mp4", ".avi"))
    note = say("not measured: YINGBI_EVAL_DATA does not name this clip")
    what = say("real falls told within 3 s of being down, of {n}", n=len(DOWN_S))
    quiet = say("falls told in {n} films of daily life", n=len(lives))
    if not falls or not lives:
        return [Row("falls-films", what, None, "", note=note)]
    late = [_late(path) for path in falls]
    told = [(path.stem, len(list(_fells(path, MOST_FRAMES)))) for path in lives]
    heard = zip(falls, late, strict=True)
    most = tuple((path.stem, delay) for path, delay in heard if delay is not None)
    return [
        Row(
            "falls-films",
            what,
            float(sum(d is not None and -BEFORE_S <= d <= WITHIN_S for d in late)),
            "",
            float(len(DOWN_S)),
            at_least=True,
            more=most,
        ),
        Row("falls-life", quiet, float(sum(n for _, n in told)), "", 0.0, more=tuple(told)),
    ]


def _late(path: Path) -> float | None:
    """Return seconds from being down to being told; None where nothing is told."""
    with TemporaryDirectory(prefix="yingbi-bench-") as folder:
        film = Path(folder) / path.name
        write_planes(film, _right_half(path), Fraction(FPS), crf=10, gop=FPS)
        told = [at_s for at_s, _ in _fells(film)]
    return told[0] - DOWN_S[path.stem] if told else None


def _right_half(path: Path) -> Iterator[Planes]:
    for luma, blue, red in read_planes(path):
        half = [plane[:, plane.shape[1] // 2 :].copy() for plane in (luma, blue, red)]
        yield half[0], half[1], half[2]


def _fells(path: Path, most: int | None = None) -> Iterator[tuple[float, Event]]:
    """Yield each fall with the second of the film at which it was told."""
    policy = BoxPolicy(Level.STRUCTURED_ONLY, keep=RECORD_KINDS)
    settings, targets = looking_in(load_settings({}), policy)
    onlooker = Onlooker(RECORD_KINDS, poses(settings))
    with open_reel(path, 0) as reel:
        for seen in islice(see(Take(reel, sight(settings, targets))), most):
            moment = onlooker.look(seen.frame, seen.regions, seen.labels)
            yield from _falls(moment)
    yield from _falls(onlooker.end())


def _falls(moment: Moment) -> Iterator[tuple[float, Event]]:
    yield from ((moment.time_s, one) for one in moment.events if one.event == "fell")
