"""The values of all rules at once, and fewer rules: logistic regression by Newton's method."""

from collections.abc import Iterator

import numpy as np

from yingbi.bench.daily.body import Floats
from yingbi.bench.daily.fit.boost import Flags, likely, shared
from yingbi.bench.daily.fit.examples import Examples, Numbers, Tell

SMALL = 50.0
"""How much large values cost (l2)."""
FEWER = 0.7
"""Share of the rules that is left after one step."""
TIMES, STEPS, STILL = 2, 6, 1e-3
"""How often what a fall counts is shared anew in a step, Newton's steps each time, and a step that is none."""
BLOCK = 32_768
"""Rows that are turned into numbers at a time."""


def refitted(
    held: Flags, fell: Floats, counts: Floats, values: Floats, small: float = SMALL
) -> Floats:
    """Return (R + 1,) values, the first of them that of no rule, by where the rules held (R, N).

    values: (R + 1,) to begin with. fell, counts: (N,) whether somebody fell in a row, and how much it counts.
    """
    costs = np.full(len(values), small)
    costs[0] = 0.0
    for _ in range(STEPS):
        slope, bend = costs * values, np.diag(costs + 1e-6)
        for since in range(0, len(fell), BLOCK):
            part = slice(since, since + BLOCK)
            rows = np.vstack([np.ones(len(fell[part])), held[:, part]]).astype(np.float32)
            odds = likely(values @ rows)
            slope += rows @ (counts[part] * (odds - fell[part]))
            bend += (rows * (counts[part] * odds * (1 - odds)).astype(np.float32)) @ rows.T
        step = np.linalg.solve(bend, slope)
        values = values - step
        if np.abs(step).max() < STILL:
            break
    return values


def pruned(
    examples: Examples, held: Flags, values: Floats, count: int, tell: Tell
) -> tuple[Numbers, Floats]:
    """Return which of the rules are left, so many at most, and (R + 1,) their values, after that of none."""
    left = np.arange(len(held))
    for target in _targets(len(held), count):
        if target < len(left):
            matter = np.abs(values[1:]) * _spread(held[left])
            kept = np.argsort(-matter, kind="stable")[:target]
            left, values = left[kept], np.concatenate([values[:1], values[1:][kept]])
        mine = held[left]
        for _ in range(TIMES):
            counts = shared(examples, scores_of(mine, values))
            values = refitted(mine, examples.fell, counts, values)
        tell(f"rules: {len(left)}")
    return left, values


def scores_of(held: Flags, values: Floats) -> Floats:
    """Return (N,) what the rules say together, by where they held (R, N)."""
    scores = np.full(held.shape[1], values[0])
    for where, value in zip(held, values[1:].tolist(), strict=True):
        scores[where] += value
    return scores


def _spread(held: Flags) -> Floats:
    """Return (R,) how far the rules tell the rows apart: the standard deviation of whether they hold."""
    share = held.mean(axis=1)
    spread: Floats = np.sqrt(share * (1 - share))
    return spread


def _targets(have: int, count: int) -> Iterator[int]:
    """Yield how many rules are left after each step."""
    yield have
    while have > count:
        have = max(count, int(FEWER * have))
        yield have
