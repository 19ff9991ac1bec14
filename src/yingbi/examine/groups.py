"""What is found of each group: by labels where somebody gave them, by size and light always.

Clause: 6.2.4.a.2-1.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.model_card import Counted, Grouping
from yingbi.domain.region import clipped
from yingbi.domain.truth import Truth

WANTED = ("skin", "sex", "age")
"""What the standard's groups are told by and no program should guess; a card says which nobody labelled."""

SIZES = ((32, "under 32 px"), (64, "32 to 63 px"), (128, "64 to 127 px"))
LIGHTS = ((70, "dark"), (150, "middle"))
LARGE, BRIGHT = "128 px or more", "bright"
MOST_GROUPS = 40

REST = "other"

Tally = dict[tuple[str, str], tuple[int, int]]


def groups_of(truth: Truth, picture: NDArray[np.uint8]) -> Mapping[str, str]:
    """Return by what a thing is told apart, and to which group it belongs."""
    longer = max(truth.box[2] - truth.box[0], truth.box[3] - truth.box[1])
    size = next((name for under, name in SIZES if longer < under), LARGE)
    found = {**truth.group, "size": size}
    inside = clipped(truth.box, picture.shape[1], picture.shape[0])
    if inside is not None:
        x0, y0, x1, y1 = inside
        light = float(picture[y0:y1, x0:x1].mean())
        found["light"] = next((name for under, name in LIGHTS if light < under), BRIGHT)
    return found


def count(tally: Tally, truth: Truth, picture: NDArray[np.uint8], *, found: bool) -> None:
    """Add one thing to the tally of its groups."""
    for key in groups_of(truth, picture).items():
        hits, of = tally.get(key, (0, 0))
        tally[key] = hits + found, of + 1


def groupings(tally: Tally) -> tuple[tuple[Grouping, ...], tuple[str, ...]]:
    """Return the groups, and what nobody labelled of `WANTED`."""
    told: dict[str, list[tuple[str, Counted]]] = defaultdict(list)
    for (by, name), (hits, of) in sorted(tally.items()):
        told[by].append((name, Counted(hits, of)))
    order = [name for _, name in (*SIZES, *LIGHTS)] + [LARGE, BRIGHT]
    found = []
    for by, groups in told.items():
        ranked = sorted(groups, key=lambda one: order.index(one[0]) if one[0] in order else -1)
        found.append(Grouping(by, (*ranked[:MOST_GROUPS], *_rest(ranked[MOST_GROUPS:]))))
    return tuple(found), tuple(one for one in WANTED if one not in told)


def _rest(groups: Sequence[tuple[str, Counted]]) -> Iterator[tuple[str, Counted]]:
    """Yield one group for all that are too many to be told one by one."""
    if groups:
        hits, of = (sum(n) for n in zip(*((one.hits, one.of) for _, one in groups), strict=True))
        yield REST, Counted(hits, of)
