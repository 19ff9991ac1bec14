"""A table of rules as `yingbi.structure.fall_rules` reads it."""

from collections.abc import Iterable, Sequence

from yingbi.bench.daily.fit.boost import Condition, Rule
from yingbi.bench.daily.fit.examples import Singles

SCALE = 20.0
"""Points of one unit of the logarithm of odds."""
ANGLES = ("lean", "lean before", "lean most")
"""Measures whose bounds are whole degrees; those of others have two decimals."""


def table_of(
    rules: Iterable[tuple[Rule, float]], names: Sequence[str], edges: Sequence[Singles]
) -> str:
    """Return the lines of rules with values in logarithms of odds, most points first.

    Rules with the same signs become one; those without points are left out. names, edges: of the measures.
    """
    points: dict[frozenset[str], int] = {}
    lines: dict[frozenset[str], list[str]] = {}
    for rule, value in rules:
        signs = _signs(rule, names, edges)
        same = frozenset(signs)
        lines.setdefault(same, signs)
        points[same] = points.get(same, 0) + round(value * SCALE)
    told = [same for same in lines if points[same]]
    told.sort(key=lambda same: (-points[same], lines[same]))
    return "".join(f"{points[same]:+d}  {', '.join(lines[same])}\n" for same in told)


def _signs(rule: Rule, names: Sequence[str], edges: Sequence[Singles]) -> list[str]:
    """Return what has to hold, in words; a measure that has two conditions keeps its place."""
    by_measure: dict[int, list[Condition]] = {}
    for condition in rule:
        by_measure.setdefault(condition.measure, []).append(condition)
    return [
        sign
        for measure, mine in by_measure.items()
        for sign in _of_one(names[measure], edges[measure], mine)
    ]


def _of_one(name: str, edges: Singles, conditions: list[Condition]) -> list[str]:
    """Return the signs of one measure: its highest least bound, its lowest most, or whether it is known."""
    bounded = [one for one in conditions if one.bin <= len(edges)]
    if any(one.unseen and one.least for one in conditions if one not in bounded):
        return [f"{name} unseen"]
    if not bounded:
        return [f"{name} seen"]
    unseen = " ?" if all(one.unseen for one in conditions) else ""
    least = [_bound(name, edges, one) for one in bounded if one.least]
    below = [_bound(name, edges, one) for one in bounded if not one.least]
    return [
        *(f"{name} >= {bound:g}{unseen}" for bound in ([max(least)] if least else [])),
        *(f"{name} < {bound:g}{unseen}" for bound in ([min(below)] if below else [])),
    ]


def _bound(name: str, edges: Singles, condition: Condition) -> float:
    bound = float(edges[condition.bin - 1])
    return round(bound, 0 if name in ANGLES else 2) + 0.0  # no -0
