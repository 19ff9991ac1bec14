"""Drops that are none, made of drops of drawn life, and drops whose pose is not known.

What draws people knows one person at a time: tracks that pass from one to another, as in a crowd, and
people who leave the picture below the camera are made here. All numbers of this module are assumed.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from yingbi.bench.daily.body import Floats
from yingbi.bench.daily.fit.drops import BREADTH, FOOT, POSE, TIME, TOP, XS, YS, Noticed, bodies_of
from yingbi.structure.body import since
from yingbi.structure.clues import Drop
from yingbi.structure.falls import dropped
from yingbi.structure.thresholds import THRESHOLDS

Maker = Callable[[Sequence[Noticed], np.random.Generator], Noticed | None]
"""Makes one decoy of drops, or None where they do not do."""

LONG = 60
"""Decoys are made of drops with more sights."""
TRIES = 60
"""One decoy is tried for so often."""
BEFORE, LEAVES, BEGINS = 30, (20, 5), (5, 15)
"""Sights of the first person at most; at so many of either end no track leaves the first, or begins on the second."""
FOLLOWED_S, PASSES_S, BEGINS_S = 1.6, (0.05, 0.4), 0.4
"""How long the second person is seen at least, how long the track is lost, and how long before a drop may begin."""
LARGER, UNPOSED_BEFORE, UNPOSED_AFTER, CUT, CUT_BY = 0.3, 0.3, 0.5, 0.3, 0.5
"""Spread of the second person's size (logarithm), shares of either without a pose, and share of the second that the
lower border cuts, by up to so much of the first one's side."""
LEAST_SEEN = 8
"""So many sights of the second person are left where the picture's border cuts them."""
PLAYED_S, SETS_OUT_S = (7.0, 16.0), (2.0, 3.0)
"""How long somebody walks, and when they begin to come nearer."""
COMES, GROWS = (0.12, 0.8), (-0.05, 0.12)
"""Statures down the picture a second, and by how much they grow in one (logarithm)."""
UPRIGHT, WALKED = 14, 25
"""Sights of somebody upright of whom a walk is made, and of the walk."""
NOTICED_S = 4.0
"""A drop of a walk is noticed within so long after setting out."""


def passing(pool: Sequence[Noticed], chance: np.random.Generator) -> Noticed | None:
    """Return the drop of a track that passes from one person to another, as in a crowd."""
    first, second = (pool[int(chance.integers(len(pool)))] for _ in range(2))
    leaves = int(chance.integers(LEAVES[0], len(first.sights) - LEAVES[1]))
    begins = int(chance.integers(BEGINS[0], len(second.sights) - BEGINS[1]))
    before = first.sights[max(0, leaves - BEFORE) : leaves].copy()
    after = second.sights[begins:].copy()
    if after[-1, TIME] - after[0, TIME] < FOLLOWED_S:
        return None
    stature, lost_s = first.drop.stature, float(before[-1, TIME])
    side = _side(before[-1])
    larger = stature / second.drop.stature * np.exp(chance.normal(0.0, LARGER))
    _put(after, before[-1], larger, side, chance)
    after[:, TIME] += lost_s + chance.uniform(*PASSES_S) - after[0, TIME]
    if chance.random() < UNPOSED_AFTER:
        after[:, POSE:] = np.nan
    if chance.random() < UNPOSED_BEFORE:
        before[:, POSE:] = np.nan
    if chance.random() < CUT:
        border = after[0, FOOT] - chance.uniform(0, CUT_BY) * side
        after[:, FOOT] = np.minimum(after[:, FOOT], border)
        after = after[after[:, FOOT] - after[:, TOP] > 0.1 * side]
    if len(after) < LEAST_SEEN:
        return None
    down = after[:2, TOP].min() - np.sort(before[-6:, TOP])[1]
    if down < THRESHOLDS.drop * stature:
        return None
    begun_s = lost_s - float(chance.uniform(0, BEGINS_S))
    drop = Drop(begun_s, stature, first.drop.low_before)
    return _judged(drop, np.vstack([before, after]), lost_s, 0.0)


def walk(pool: Sequence[Noticed], chance: np.random.Generator) -> Noticed | None:
    """Return the drop of somebody who walks down the picture, and mostly out of it below."""
    one = pool[int(chance.integers(len(pool)))]
    stature, since_s = one.drop.stature, one.drop.time_s
    upright = one.sights[one.sights[:, TIME] <= since_s - 0.2]
    if len(upright) < UPRIGHT:
        return None
    if np.median(upright[:, FOOT] - upright[:, TOP]) < THRESHOLDS.tall * stature:
        return None
    sights = _back_and_forth(upright, chance)
    sets_out_s = float(chance.uniform(*SETS_OUT_S))
    floor = float(np.median(sights[:, FOOT]))
    _come_nearer(sights, sets_out_s, stature, chance)
    if chance.random() < 0.75:
        sights = _cut_below(sights, floor, stature, chance)
    if chance.random() < 0.15:
        sights[sights[:, TIME] > sets_out_s, POSE:] = np.nan
    if len(sights) < WALKED or sights[-1, TIME] < sets_out_s + 1:
        return None
    begun_s = _begun(sights[sights[:, TIME] <= sets_out_s + NOTICED_S], stature, sets_out_s)
    if begun_s is None:
        return None
    return _judged(Drop(begun_s, stature, one.drop.low_before), sights, begun_s, 1.0)


def decoys(
    make: Maker, pool: Sequence[Noticed], count: int, chance: np.random.Generator
) -> Iterator[Noticed]:
    """Yield so many decoys, or fewer where the drops do not do."""
    long = [one for one in pool if len(one.sights) > LONG]
    made = 0
    for _ in range(TRIES * count if long else 0):
        one = make(long, chance)
        if one is not None:
            made += 1
            yield one
        if made == count:
            return


def without_pose(noticed: Noticed, from_s: float) -> Noticed:
    """Return the same drop with no pose known from a time on."""
    sights = noticed.sights.copy()
    sights[sights[:, TIME] > from_s, POSE:] = np.nan
    return Noticed(noticed.drop, noticed.ages, sights)


def _judged(drop: Drop, sights: Floats, from_s: float, over_s: float) -> Noticed | None:
    """Return the drop with those ages of which there is enough to see, but for so many seconds."""
    seen_s = float(sights[-1, TIME]) - from_s + over_s
    ages = [(age, from_s + age) for age in THRESHOLDS.ages_s if age <= seen_s]
    return Noticed(drop, ages, sights) if ages else None


def _side(sight: Floats) -> float:
    """Return the larger side of the box of a sight (16,)."""
    return float(max(sight[3] - sight[1], sight[4] - sight[2]))


def _put(
    after: Floats, last: Floats, larger: float, side: float, chance: np.random.Generator
) -> None:
    """Scale (T, 16) sights and move them to where the last (16,) of somebody else was, or below."""
    after[:, [*XS, *YS, BREADTH]] *= larger
    right = (last[1] + last[3] - after[0, 1] - after[0, 3]) / 2
    down = (last[2] + last[4] - after[0, 2] - after[0, 4]) / 2
    after[:, XS] += right + chance.normal(0, 0.35) * side
    after[:, YS] += down + abs(chance.normal(0.1, 0.7)) * side


def _back_and_forth(sights: Floats, chance: np.random.Generator) -> Floats:
    """Return (T, 16) sights played on and back again, evenly from 0 s on."""
    step_s = float(np.median(np.diff(sights[:, TIME])))
    parts, now = list[Floats](), 0.0
    while now < chance.uniform(*PLAYED_S):
        part = sights[:: -1 if len(parts) % 2 else 1].copy()
        part[:, TIME] = now + np.arange(len(part)) * step_s
        now = float(part[-1, TIME]) + step_s
        parts.append(part)
    return np.vstack(parts)


def _come_nearer(
    sights: Floats, from_s: float, stature: float, chance: np.random.Generator
) -> None:
    """Move (T, 16) sights down and aside, and let them grow, from a time on."""
    for_s = np.maximum(sights[:, TIME] - from_s, 0)[:, None]
    down = chance.uniform(*COMES) * stature
    aside = chance.normal(0, 0.4) * stature
    grown = np.exp(for_s * chance.uniform(*GROWS))
    across = (sights[:, [1]] + sights[:, [3]]) / 2
    foot = sights[:, [FOOT]].copy()
    sights[:, XS] = across + (sights[:, XS] - across) * grown + aside * for_s
    sights[:, YS] = foot + (sights[:, YS] - foot) * grown + down * for_s
    sights[:, [BREADTH]] *= grown


def _cut_below(sights: Floats, floor: float, stature: float, chance: np.random.Generator) -> Floats:
    """Return those of (T, 16) sights of which something is left above the border of the picture."""
    border = floor + chance.uniform(-0.1, 1.2) * stature
    for down in YS[2:]:
        out = sights[:, down] > border + 0.03 * stature * chance.random()
        sights[out, down - 1 : down + 1] = np.nan
    trembles = chance.normal(0, 0.01, len(sights)) * stature
    sights[:, FOOT] = np.minimum(sights[:, FOOT], border + trembles)
    return sights[sights[:, FOOT] - sights[:, TOP] > chance.uniform(0.1, 0.4) * stature]


def _begun(sights: Floats, stature: float, from_s: float) -> float | None:
    """Return when the first drop from a time on began that the product notices in (T, 16) sights."""
    bodies = bodies_of(sights)
    for end in range(1, len(bodies) + 1):
        recent = since(bodies[:end], bodies[end - 1].time_s - THRESHOLDS.drop_s)
        begun_s = dropped(recent, stature, THRESHOLDS)
        if begun_s is not None and begun_s >= from_s:
            return begun_s
    return None
