"""What the rules are fitted to: measures of drops, whether each was a fall, and how much it counts."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.daily.body import Floats
from yingbi.bench.daily.days import REAL_DAY, Stream, drawn_falls, drawn_life
from yingbi.bench.daily.falls import KINDS
from yingbi.bench.daily.fit.decoys import Maker, decoys, passing, walk, without_pose
from yingbi.bench.daily.fit.drops import Noticed, drops_of, measured
from yingbi.bench.daily.judge import EARLY_S, LATE_S
from yingbi.structure.clues import Measures

FALLS, HOURS, SEED = 9600, 300.0, 501
"""Of falls and of life; with a seed that nothing is judged by."""

FALL, BESIDE, LIFE = 10.0, 1.0, 185_000.0
"""How much a fall counts, another drop in its stream, and all life together, of FALLS and HOURS.

Of fewer falls and hours each counts the more, so that all always counts the same.
"""
OFTEN = 0.75
"""So much of what life counts goes by how often a thing is done in a real day, the rest evenly."""
BEGINS_S, STRUCK_S = 1.6, 0.8
"""A drop is that of a fall from so long before the descent until so long after the body struck the floor."""

TAKEN_FALLS, TAKEN_LIFE, TAKEN_S, WHOLLY = 0.6, 0.15, (0.1, 0.9), 0.3
"""Falls and life whose pose is taken away so long after the drop count so much; of a share it is taken wholly."""
TAKEN, POOL = range(2)
OF_FALLS, OF_LIFE = 8, 6
"""Of so many parts of the falls, and of life, one is used again for each of these; of POOL decoys are made."""
DECOYS: tuple[tuple[Maker, int, float], ...] = (
    (passing, 10_000, 1.0),
    (walk, 5_000, 1.0),
)
"""What makes them, how many there are in HOURS, and how much each row of one counts."""

Singles = NDArray[np.float32]
Numbers = NDArray[np.intp]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Rows to fit to.

    names: of the M measures. measures: (N, M). of_fall: (N,) the number of the fall that a row is of, -1 where
    nobody fell. counts: (N,) how much a row counts; of a fall, how much all of its rows do.
    """

    names: tuple[str, ...]
    measures: Singles
    of_fall: Numbers
    counts: Floats

    @property
    def fell(self) -> Floats:
        """Return (N,) 1 where somebody fell, else 0."""
        return (self.of_fall >= 0).astype(np.float64)


class Gathering:
    """Takes measures in, one drop after another."""

    def __init__(self) -> None:
        """Begin without any."""
        self._names: tuple[str, ...] = ()
        self._values = array("f")
        self._of_fall: list[int] = []
        self._counts: list[float] = []

    def add(self, measures: Measures, count: float, of_fall: int = -1) -> int:
        """Take one row in; return its number."""
        self._names = self._names or tuple(sorted(measures))
        self._values.extend(measures[name] for name in self._names)
        self._of_fall.append(of_fall)
        self._counts.append(count)
        return len(self._counts) - 1

    def recount(self, row: int, count: float) -> None:
        """Let a row count so much."""
        self._counts[row] = count

    def all(self) -> Examples:
        """Return all that was taken in."""
        measures = np.frombuffer(self._values, np.float32).reshape(-1, len(self._names))
        of_fall = np.array(self._of_fall, np.intp)
        return Examples(self._names, measures, of_fall, np.array(self._counts))


def gathered(falls: int, hours: float, seed: int, tell: Tell) -> Examples:
    """Return the examples of so many drawn falls and so many hours of drawn life."""
    rows = Gathering()
    add_falls(rows, drawn_falls(falls, seed), FALLS / falls, np.random.default_rng([seed, 3]))
    tell(f"falls: {falls}")
    pool = add_life(rows, drawn_life(hours, seed), np.random.default_rng([seed, 4]))
    tell(f"life: {hours:g} h")
    add_decoys(rows, pool, hours / HOURS, seed)
    found = rows.all()
    tell(f"rows: {len(found.counts)}, of falls {int(found.fell.sum())}")
    return found


def add_falls(
    rows: Gathering, streams: Iterable[Stream], times: float, chance: np.random.Generator
) -> None:
    """Take in the drops of streams of one fall each; all count so many times as much."""
    for number, stream in enumerate(streams):
        part = number // len(KINDS) % OF_FALLS  # so that each part has every kind
        for noticed in drops_of(stream):
            _add_fall(rows, stream, noticed, 2 * number, times)
            if part == TAKEN:
                unposed = _unposed(noticed, chance)
                _add_fall(rows, stream, unposed, 2 * number + 1, times * TAKEN_FALLS)


def _add_fall(rows: Gathering, stream: Stream, noticed: Noticed, number: int, times: float) -> None:
    for now, measures in measured(noticed):
        fell = is_fall(stream, noticed.drop.time_s, now)
        if fell is not None:
            count = FALL if fell else BESIDE
            rows.add(measures, count * times, number if fell else -1)


def is_fall(stream: Stream, begun_s: float, now: float) -> bool | None:
    """Return whether a drop is that of the stream's fall if told now; None: of what comes after it."""
    fall = stream.falls[0]
    if begun_s < fall.descent_s - BEGINS_S or now < fall.descent_s - EARLY_S:
        return False
    in_time = begun_s <= fall.struck_s + STRUCK_S and now <= fall.struck_s + LATE_S
    return True if in_time else None


def add_life(
    rows: Gathering, streams: Iterable[Stream], chance: np.random.Generator
) -> list[Noticed]:
    """Take in the drops of daily life; return those of which decoys are made."""
    done, pool = Counter[str](), list[Noticed]()
    parts: list[list[tuple[int, str]]] = [[], []]
    for number, stream in enumerate(streams):
        part = number % OF_LIFE
        done.update(span.name for span in stream.doing)
        for noticed in drops_of(stream):
            doing = _doing(stream, noticed.ages[-1][1])
            parts[0] += [(rows.add(one, 0.0), doing) for _, one in measured(noticed)]
            if part == TAKEN:
                unposed = _unposed(noticed, chance)
                parts[1] += [(rows.add(one, 0.0), doing) for _, one in measured(unposed)]
            elif part == POOL:
                pool.append(noticed)
    for found, less in zip(parts, (1.0, TAKEN_LIFE), strict=True):
        counts = _as_often([doing for _, doing in found], done)
        for (row, _), count in zip(found, counts, strict=True):
            rows.recount(row, count * LIFE * less)
    return pool


def add_decoys(rows: Gathering, pool: Sequence[Noticed], share: float, seed: int) -> None:
    """Take in a share of all decoys; each counts the more the fewer they are."""
    for number, (make, count, each) in enumerate(DECOYS):
        chance = np.random.default_rng([seed, 5, number])
        for one in decoys(make, pool, round(count * share), chance):
            for _, measures in measured(one):
                rows.add(measures, each / share)


def _as_often(doing: Sequence[str], done: Counter[str]) -> Iterator[float]:
    """Yield how much each of the rows counts by what was done, of 1 in all."""
    often = np.array([REAL_DAY[name] / done[name] for name in doing])
    yield from (OFTEN * often / often.sum() + (1 - OFTEN) / len(often)).tolist() if doing else ()


def _unposed(noticed: Noticed, chance: np.random.Generator) -> Noticed:
    """Return the drop with the pose taken away after it, or altogether."""
    from_s = noticed.drop.time_s + float(chance.uniform(*TAKEN_S))
    wholly = chance.random() < WHOLLY
    return without_pose(noticed, -np.inf if wholly else from_s)


def _doing(stream: Stream, at_s: float) -> str:
    """Return what was done then, or just before."""
    begun = [span.name for span in stream.doing if span.from_s <= at_s]
    return begun[-1] if begun else stream.doing[0].name
