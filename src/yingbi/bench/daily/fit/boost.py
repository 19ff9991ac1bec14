"""Rules, found one after another: each is the one that the rules before it lack most.

Measures are put into bins, up to 40 of them equally full, and bin 0 for what was not seen. A rule is a conjunction
of conditions on bins. After each the rows are weighed anew by what all rules say of them (gradient boosting).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.daily.body import Floats
from yingbi.bench.daily.fit.examples import Examples, Numbers, Singles

BINS = 40
CONDITIONS, BEAM, WORTH = 3, 5, 1.03
"""Conditions of a rule at most, how many beginnings are followed, and the gain that a further one must bring."""
RATE, STIFF = 0.45, 2.0
"""How much of its best value a rule gets, and how little of it where it holds for few."""
HOLDS = 20.0
"""A rule holds at least for so much: rows by what they count, times how unsure they are."""
ROWS, MEASURES = 0.25, 0.7
"""Share of the rows and of the measures among which one rule is looked for."""
AGAIN = 10
"""After so many rules what a fall counts is shared anew among its rows."""

Bins = NDArray[np.uint8]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Condition:
    """A measure is in a bin above `bin`, or else in it or one below; unseen: or it is not known."""

    measure: int
    bin: int
    least: bool
    unseen: bool

    def holds(self, bins: Bins) -> Flags:
        """Return (N,) where it does, of (M, N) bins."""
        mine = bins[self.measure]
        inside = mine > self.bin if self.least else (mine <= self.bin) & (mine > 0)
        where: Flags = inside | (mine == 0) if self.unseen else inside
        return where


Rule = tuple[Condition, ...]


def edges_of(measures: Singles) -> list[Singles]:
    """Return the bounds between the bins of each of (N, M) measures."""
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    known = (column[np.isfinite(column)] for column in measures.T)
    return [
        np.unique(np.quantile(one, shares)).astype(np.float32) if len(one) else one for one in known
    ]


def binned(measures: Singles, edges: Sequence[Singles]) -> Bins:
    """Return (M, N) bins of (N, M) measures; bin k + 1 begins with bound k."""
    found = np.zeros(measures.T.shape, np.uint8)
    for row, column, bounds in zip(found, measures.T, edges, strict=True):
        known = np.isfinite(column)
        row[known] = np.searchsorted(bounds, column[known], side="right") + 1
    return found


def holding(rule: Rule, bins: Bins) -> Flags:
    """Return (N,) where all conditions of a rule hold."""
    found = np.ones(bins.shape[1], np.bool_)
    for condition in rule:
        found &= condition.holds(bins)
    return found


def shared(examples: Examples, scores: Floats) -> Floats:
    """Return (N,) what each row counts: the surer rows of a fall have more of what it counts (softmax)."""
    counts = examples.counts.copy()
    of_fall = examples.of_fall >= 0
    _, number = np.unique(examples.of_fall[of_fall], return_inverse=True)
    most = np.full(len(number), -np.inf)
    np.maximum.at(most, number, scores[of_fall])
    parts = np.exp(scores[of_fall] - most[number])
    counts[of_fall] *= parts / np.bincount(number, parts)[number]
    return counts


def usual(examples: Examples) -> float:
    """Return the logarithm of the odds of a fall, of all examples as they count."""
    fell, counts = examples.fell == 1, shared(examples, np.zeros(len(examples.counts)))
    return float(np.log(counts[fell].sum() / counts[~fell].sum()))


def boosted(
    examples: Examples, bins: Bins, rounds: int, chance: np.random.Generator
) -> Iterator[tuple[Rule, float]]:
    """Yield up to so many rules, each with its value in logarithms of odds."""
    fell, counts = examples.fell, shared(examples, np.zeros(bins.shape[1]))
    scores = np.full(len(fell), usual(examples))
    for number in range(rounds):
        if number and number % AGAIN == 0:
            counts = shared(examples, scores)
        odds = likely(scores)
        slope, bend = counts * (odds - fell), counts * odds * (1 - odds)
        rows = np.flatnonzero(chance.random(len(fell)) < ROWS)
        measures = np.flatnonzero(chance.random(len(bins)) < MEASURES)
        rule = best_rule(bins[:, rows], slope[rows], bend[rows], measures)
        if rule is None:
            continue
        where = holding(rule, bins)
        value = -float(slope[where].sum() / (bend[where].sum() + STIFF)) * RATE
        scores[where] += value
        yield rule, value


def best_rule(bins: Bins, slope: Floats, bend: Floats, measures: Numbers) -> Rule | None:
    """Return the best rule of (M, N) bins by the slope and the bend (N,) of the loss, if there is any."""
    best, rule = 0.0, None
    front: list[tuple[Rule, Numbers]] = [((), np.arange(bins.shape[1]))]
    for _ in range(CONDITIONS):
        longer: list[tuple[float, Rule, Numbers]] = []
        for begun, rows in front:
            further = _further(bins, slope, bend, rows, measures)
            longer += [(gain, (*begun, condition), rows) for gain, condition in further]
        longer.sort(key=lambda one: -one[0])
        front, seen = [], set[frozenset[Condition]]()
        for gain, whole, rows in longer[:BEAM]:
            if frozenset(whole) in seen:
                continue
            seen.add(frozenset(whole))
            front.append((whole, rows[whole[-1].holds(bins[:, rows])]))
            if gain > best * WORTH:
                best, rule = gain, whole
    return rule


def _further(
    bins: Bins, slope: Floats, bend: Floats, rows: Numbers, measures: Numbers
) -> list[tuple[float, Condition]]:
    """Return the best conditions on the rows, at most one of a measure, with the gain of each."""
    slope, bend = slope[rows], bend[rows]
    found = []
    for measure in measures.tolist():
        mine = bins[measure, rows]
        slopes, bends = (
            np.bincount(mine, one, BINS + 1).astype(np.float64) for one in (slope, bend)
        )
        best = _best(slopes, bends, measure)
        if best is not None:
            found.append(best)
    found.sort(key=lambda one: -one[0])
    return found[:BEAM]


def _best(slopes: Floats, bends: Floats, measure: int) -> tuple[float, Condition] | None:
    """Return the best condition on one measure by the sums of slope and bend in its bins."""
    best: tuple[float, Condition] | None = None
    slope_up, bend_up = np.cumsum(slopes[1:]), np.cumsum(bends[1:])
    for unseen in (False, True):
        for least in (False, True):
            slope = slope_up[-1] - slope_up if least else slope_up
            bend = bend_up[-1] - bend_up if least else bend_up
            slope, bend = slope + unseen * slopes[0], bend + unseen * bends[0]
            gains = np.where(bend > HOLDS * ROWS, slope**2 / (bend + STIFF), -1.0)
            if unseen and not least:
                gains[-1] = -1.0  # it would always hold
            at = int(np.argmax(gains))
            if gains[at] > (best[0] if best else 0.0):
                best = float(gains[at]), Condition(measure, at + 1, least, unseen)
    return best


def likely(scores: Floats) -> Floats:
    """Return (N,) probabilities of logarithms of odds."""
    odds: Floats = 1 / (1 + np.exp(-scores))
    return odds
