"""Whether an attacker names people better than chance, and by how much.

Leave-one-out: each picture is named from what is known of all others. Two ways of naming,
the nearest neighbour and Fisher's discriminant after principal components; the better
counts. The label-permutation test asks how often it would do as well if names had nothing to
do with what is seen, with the same choice of the better, so that the choice is paid for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]
Numbers = NDArray[np.int64]

COMPONENTS = 20
RIDGE = 0.02
"""Share of the mean variance that is added to every direction before it is divided by."""

AT_ONCE = 50
ENOUGH = 60
"""So many shuffles at least as good as the truth settle it: the p-value is then known to 13 %."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One way of looking: what is known with names, and what is to be named.

    known, seen: (pictures, features) each, row for row of the same picture; row i of `seen`
    is named without row i of `known`. Where both are one array, the attacker knows
    pictures of the very kind that he sees.
    """

    known: Features
    seen: Features

    @property
    def alike(self) -> bool:
        """Whether known and seen are of one kind."""
        return self.known is self.seen


@dataclass(frozen=True, slots=True)
class Outcome:
    """How well an attacker did.

    percent: of pictures named right. chance: the same for shuffled names, on average.
    p: share of shuffles that did at least as well, the truth counted among them.
    """

    percent: float
    chance: float
    p: float


def outcome(
    views: Sequence[View], names: Numbers, groups: Numbers, *, draws: int, seed: int = 110
) -> Outcome:
    """Return how well the best of all views and both ways names people.

    names: (pictures,) who it is, 0..n-1, everybody equally often, at least twice.
    groups: (pictures,) names are shuffled within a group only, so that what tells the
        sources of pictures apart does not count as telling people apart.
    draws: how many shuffles at most; it ends early where the answer is plain.
    """
    chance = np.random.default_rng(seed)
    ways = [way for view in views for way in _ways(view, names, chance)]
    truth = _best(ways, np.arange(names.size)[None])[0]
    total, reached, sum_hits = 0, 0, 0.0
    while total < draws and reached < ENOUGH:
        hits = _best(ways, _orders(groups, min(AT_ONCE, draws - total), chance))
        total, sum_hits = total + hits.size, sum_hits + float(hits.sum())
        reached += int((hits >= truth).sum())
    share = 100 / names.size
    return Outcome(float(truth) * share, sum_hits / total * share, (reached + 1) / (total + 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return the p-values after Holm's correction for having asked several times."""
    largest, corrected = 0.0, {}
    for rank, key in enumerate(sorted(p_values, key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[key] * (len(p_values) - rank)))
        corrected[key] = largest
    return corrected


class _Way(Protocol):
    def hits(self, orders: Numbers) -> Numbers:
        """Return how many are named right, for each row of orders.

        orders: (shuffles, pictures); the i-th is given the place of the orders[i]-th.
        """


class _Foreseen:
    """Names from things of another kind: those stay as they are, what is seen is shuffled."""

    def __init__(self, named: Numbers, names: Numbers) -> None:
        """Keep who is named; named: (left out, seen) by number of the person."""
        self._right = named == names[:, None]

    def hits(self, orders: Numbers) -> Numbers:
        """Return the hits when each picture is seen in the place of another."""
        return np.asarray(self._right[np.arange(orders.shape[1]), orders].sum(axis=1), np.int64)


class _Nearest:
    """Names a picture after the one that looks most like it; names are shuffled."""

    def __init__(self, nearest: Numbers, names: Numbers) -> None:
        self._nearest, self._names = nearest, names

    def hits(self, orders: Numbers) -> Numbers:
        """Return the hits when pictures have the names of others."""
        names = self._names[orders]
        return np.asarray((names[:, self._nearest] == names).sum(axis=1), np.int64)


class _Discriminant:
    """Names a picture after the nearest mean of a person, as far as people differ within.

    Leaving one out is done by formula: the scatter without it differs by one product, and
    so does its inverse (Sherman and Morrison).
    """

    def __init__(self, known: Features, names: Numbers) -> None:
        self._known, self._names, self._people = known, names, int(names.max()) + 1

    def hits(self, orders: Numbers) -> Numbers:
        """Return the hits when pictures have the names of others."""
        x, names, count = self._known, self._names[orders], self._names.size
        each = count // self._people
        own = (names[:, :, None] == np.arange(self._people)).astype(np.float64)
        means = own.transpose(0, 2, 1) @ x / each
        scatter = x.T @ x / count - means.transpose(0, 2, 1) @ means / self._people
        inverse = np.linalg.inv(_ridged(scatter))
        away = x - np.take_along_axis(means, names[:, :, None], axis=1)
        u = away @ inverse
        u_away = (u * away).sum(axis=2)
        less = each / (each - 1) / count
        gain = (less / (1 - less * u_away))[:, :, None]
        u_seen, u_mean = (u * x).sum(axis=2)[:, :, None], u @ means.transpose(0, 2, 1)
        turned = inverse @ means.transpose(0, 2, 1)
        seen_mean, mean_mean = x @ turned, (means.transpose(0, 2, 1) * turned).sum(axis=1)[:, None]
        # The picture's own person loses it: their mean moves by away / (each - 1).
        step = 1 / (each - 1)
        u_own = (u_away * step)[:, :, None]
        mean_mean = mean_mean - own * (2 * u_mean * step - u_own * step)
        seen_mean = seen_mean - own * u_seen * step
        u_mean = u_mean - own * u_own
        distance = mean_mean - 2 * seen_mean + gain * (u_mean**2 - 2 * u_seen * u_mean)
        return np.asarray((distance.argmin(axis=2) == names).sum(axis=1), np.int64)


def _ways(view: View, names: Numbers, chance: np.random.Generator) -> Iterator[_Way]:
    distances = _distances(view, chance)
    known, seen = _components(view)
    if view.alike:
        np.fill_diagonal(distances, np.inf)
        yield _Nearest(distances.argmin(axis=1), names)
        if known.shape[1]:  # else nothing differs, and there is nothing to go by
            yield _Discriminant(known, names)
        return
    first, second = np.argsort(distances, axis=1)[:, :2].T
    left_out = np.arange(names.size)[:, None]
    yield _Foreseen(names[np.where(first == left_out, second, first)], names)
    if known.shape[1]:
        yield _Foreseen(_named(known, seen, names), names)


def _distances(view: View, chance: np.random.Generator) -> Features:
    """Return (seen, known) distances up to a constant; ties are broken by lot."""
    squares = (view.known**2).sum(axis=1)[None] - 2 * view.seen @ view.known.T
    lot = chance.random(squares.shape) * 1e-9 * max(float(np.abs(squares).max()), 1e-300)
    return np.asarray(squares + lot, np.float64)


def _components(view: View) -> tuple[Features, Features]:
    """Return known and seen by the principal components of what is known."""
    middle = view.known.mean(axis=0)
    _, sizes, axes = np.linalg.svd(view.known - middle, full_matrices=False)
    kept = axes[:COMPONENTS][sizes[:COMPONENTS] > 1e-6 * max(float(sizes[0]), 1e-3)]
    return (view.known - middle) @ kept.T, (view.seen - middle) @ kept.T


def _named(known: Features, seen: Features, names: Numbers) -> Numbers:
    """Return whom the discriminant names: (left out, seen)."""
    people, named = np.arange(names.max() + 1), np.empty((names.size, names.size), np.int64)
    for left_out in range(names.size):
        kept = np.arange(names.size) != left_out
        means = np.stack([known[kept & (names == one)].mean(axis=0) for one in people])
        within = (known - means[names])[kept]
        inverse = np.linalg.inv(_ridged(within.T @ within / names.size))
        turned = inverse @ means.T
        named[left_out] = ((means.T * turned).sum(axis=0) - 2 * seen @ turned).argmin(axis=1)
    return named


def _ridged(scatter: Features) -> Features:
    """Return the scatter, one or many, with a share of its mean variance added everywhere."""
    size = scatter.shape[-1]
    ridge = RIDGE * np.trace(scatter, axis1=-2, axis2=-1) / size + 1e-12
    return np.asarray(scatter + ridge[..., None, None] * np.eye(size), np.float64)


def _best(ways: Sequence[_Way], orders: Numbers) -> Numbers:
    """Return the most hits of any way, for each row of orders."""
    return np.asarray(np.max([way.hits(orders) for way in ways], axis=0), np.int64)


def _orders(groups: Numbers, rows: int, chance: np.random.Generator) -> Numbers:
    """Return that many shuffles, each within the groups."""
    orders = np.repeat(np.arange(groups.size)[None], rows, axis=0)
    for group in np.unique(groups):
        its = np.flatnonzero(groups == group)
        orders[:, its] = chance.permuted(orders[:, its], axis=1)
    return orders
