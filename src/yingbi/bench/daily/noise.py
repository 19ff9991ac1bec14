"""What the networks make of somebody: points that are off, poses and boxes that are lost.

The numbers of the two tables and of the constants below were measured; `python -m yingbi.bench.daily.measure`
measures them again. Sizes are shares of the longer side of the person's box.
"""

from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.daily.body import KEY_POINTS, LOIN, PELVIS, Body, Floats
from yingbi.bench.daily.view import Seen
from yingbi.domain.glimpse import Glimpse, Points
from yingbi.structure.attention import FOLLOWED_S, ROOM, VISIBLE
from yingbi.structure.attention import LOST_S as UNPOSED_S

UPRIGHT, BETWEEN, DOWN = range(3)
"""Postures that the networks see differently well."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a posture is seen.

    box: share of the time in which the box is found; box_lost_s: how long it is lost on average.
    pose, pose_lost_s: the same for the points of those whose box is found.
    followed: share of looks with points of those whose box is not found, where they were last.
    point, edge: standard deviation in x and in y of the error that lasts, of a point and of an edge of the box.
    trembles, edge_trembles: the same of what is new in every frame. sure: mean visibility that is given.
    """

    box: float
    box_lost_s: float
    pose: float
    pose_lost_s: float
    followed: float
    point: float
    trembles: float
    edge: float
    edge_trembles: float
    sure: float


FILMS = (
    Quality(0.998, 0.08, 0.998, 0.10, 0.44, 0.018, 0.003, 0.05, 0.003, 0.64),
    Quality(0.90, 0.08, 0.91, 0.12, 0.14, 0.013, 0.012, 0.07, 0.015, 0.55),
    Quality(0.90, 0.08, 0.58, 0.26, 0.33, 0.0125, 0.013, 0.10, 0.012, 0.45),
)
"""By posture, in the four films: 426 frames upright, 90 between, 166 down."""
STILLS = (
    Quality(0.998, 0.60, 0.83, 0.60, 0.83, 0.018, 0.003, 0.05, 0.003, 0.52),
    Quality(0.74, 0.60, 0.85, 0.60, 0.84, 0.013, 0.012, 0.10, 0.015, 0.51),
    Quality(0.48, 0.60, 0.88, 0.60, 0.84, 0.0125, 0.013, 0.14, 0.012, 0.51),
)
"""By posture, of 24 people in stills: upright, halfway, and turned by a quarter to either side. How long
something is lost cannot be seen in stills: 0.6 s is assumed. What trembles is that of the films.

`followed` of the films is of 9, 29 and 43 looks of the product at whoever the detector did not find; of the
stills it is of 25 people whom it did not find, looked for around points that were off as usual."""

Table = tuple[Quality, Quality, Quality]
Box = tuple[float, float, float, float]

GROSS, GROSS_ERROR = 0.06, 0.11
"""Share of points that are far off, and by how much (standard deviation in x and in y): with them the errors
reach 0.055 to 0.08 in one of ten points and 0.08 to 0.15 in one of twenty, as in the stills."""
HIDDEN_TIMES = 2.5
"""A point that is hidden is guessed with so many times the error."""
SPREAD, UNSURE, OUTSIDE = 0.17, 0.7, (0.12, 0.08)
"""Standard deviation of a visibility, share of it that a hidden point gets, and mean and spread outside."""
STEADY_S, BOX_STEADY_S = 1.3, 5.0
"""Time constants of the errors that last: with them points and boxes tremble from one look to the next as in
the films, where 7.5 looks a second differ by 0.005 (upright) and 0.02 (down) more than a steady motion would."""
GAPS_AN_HOUR, GAP_S = 30.0, (0.3, 1.5)
"""A whole gap comes so often, whatever the posture, and lasts so long."""
SURE_S, GROWS = 0.4, 0.2
"""What the tracker bridges as seen, and by how much of its size a held box grows each second."""
LEAST_VISIBLE, LEAST_SHOWN, LEAST_HIGH = 0.25, 5, 0.05
"""Of the body, of its points, and of the picture's height: with less, nothing is found."""
HOLD_S = 0.5
"""How long a tracker holds the box of somebody who is not found, if nothing else is said."""
SAME = 0.3
"""Whoever is looked for in a box that overlaps theirs (IoU) by less is not found. In the stills their points
were right in 0.4 of such boxes, and in 0.7 of those that overlap by 0.3 to 0.65, against 0.85 of whole ones."""
RATE_HZ, JITTER = (6.0, 10.0), 0.12


def times_of(length_s: float, chance: np.random.Generator) -> Floats:
    """Return when a camera looks: 6 to 10 times a second, not quite evenly."""
    step_s = 1 / chance.uniform(*RATE_HZ)
    count = int(length_s / step_s)
    times: Floats = np.arange(count) * step_s + chance.normal(0, JITTER * step_s, count).clip(
        -0.4 * step_s, 0.4 * step_s
    )
    return np.maximum(times, 0.0)


def postures_of(points: Floats, body: Body) -> NDArray[np.intp]:
    """Return (T,) the posture that decides how well the networks see, from the true body."""
    trunk = points[:, LOIN] - points[:, PELVIS]
    upright = trunk[:, 2] / np.linalg.norm(trunk, axis=1)
    found = np.full(len(points), UPRIGHT)
    found[(upright < 0.82) | (points[:, PELVIS, 2] < 0.3 * body.height)] = BETWEEN
    found[upright < 0.5] = DOWN
    return found


def lost(
    times: Floats, share: Floats, lost_s: Floats, chance: np.random.Generator
) -> NDArray[np.bool_]:
    """Return when something is lost that is found in a share of the time and is lost for so long on average."""
    steps = np.diff(times, prepend=times[0] - 0.12)
    leaves = -np.expm1(-steps * (1 - share) / np.maximum(share, 1e-3) / lost_s)
    returns = -np.expm1(-steps / lost_s)
    draws = chance.random(len(times))
    gone = bool(chance.random() > share[0]) if len(share) else False
    found = np.zeros(len(times), np.bool_)
    for i, (draw, leave, back) in enumerate(
        zip(draws.tolist(), leaves.tolist(), returns.tolist(), strict=True)
    ):
        gone = draw >= back if gone else draw < leave
        found[i] = gone
    return found


def of_posture(name: str, table: Table, postures: NDArray[np.intp]) -> Floats:
    """Return one column of a table for each posture."""
    return np.array([getattr(quality, name) for quality in table])[postures]


def lasting(times: Floats, width: int, steady_s: float, chance: np.random.Generator) -> Floats:
    """Return (T, width) errors of deviation 1 that are forgotten in about so long."""
    steps = np.diff(times, prepend=times[0])
    fresh = chance.standard_normal((len(times), width))
    slow = np.empty_like(fresh)
    last = chance.standard_normal(width)
    for i, step in enumerate(steps.tolist()):
        keep = exp(-step / steady_s)
        last = keep * last + (1 - keep * keep) ** 0.5 * fresh[i]
        slow[i] = last
    return slow


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What there is to see of one person: moments (T,), the true sight, and posture (T,)."""

    times: Floats = field(repr=False)
    seen: Seen
    postures: NDArray[np.intp] = field(repr=False)

    @property
    def sizes(self) -> Floats:
        """Return (T,) the longer side of the box."""
        box = self.seen.box
        return np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])


def noisy_points(look: Look, table: Table, chance: np.random.Generator) -> Floats:
    """Return (T, 17, 3) points as a network gives them."""
    seen = look.seen
    lasts, trembles, sure = (
        of_posture(name, table, look.postures) for name in ("point", "trembles", "sure")
    )
    width = 2 * KEY_POINTS
    off = lasting(look.times, width, STEADY_S, chance) * lasts[:, None]
    off += chance.standard_normal(off.shape) * trembles[:, None]
    off = off.reshape(-1, KEY_POINTS, 2)
    off[~seen.shown] *= HIDDEN_TIMES
    gross = chance.random(off.shape[:2]) < GROSS
    off[gross] += chance.normal(0, GROSS_ERROR, (int(gross.sum()), 2))
    where = seen.points + off * look.sizes[:, None, None]
    score = sure[:, None] * np.where(seen.shown, 1.0, UNSURE)
    score = score + SPREAD * chance.standard_normal(score.shape)
    score[seen.outside] = chance.normal(*OUTSIDE, int(seen.outside.sum()))
    return np.concatenate([where, score.clip(0.01, 0.98)[..., None]], axis=2)


def glimpses_of(
    look: Look, hold_s: float, chance: np.random.Generator, table: Table | None = None
) -> list[list[Glimpse]]:
    """Return the tracks of one person as networks and tracker give them, one list each.

    hold_s: how long a box is held of somebody who is not found; whoever is found later is somebody new.
    table: None draws one of the two.
    """
    table = table or (FILMS, STILLS)[int(chance.integers(2))]
    times, seen = look.times, look.seen

    def column(name: str) -> Floats:
        return of_posture(name, table, look.postures)

    gap = _gaps(times, chance)
    missing = lost(times, column("box"), column("box_lost_s"), chance) | gap
    missing |= (seen.visible < LEAST_VISIBLE) | (look.sizes < LEAST_HIGH)
    unposed = lost(times, column("pose"), column("pose_lost_s"), chance)
    unfollowed = lost(times, column("followed"), column("pose_lost_s"), chance)
    few = seen.shown.sum(axis=1) < LEAST_SHOWN
    off = lasting(times, 4, BOX_STEADY_S, chance) * column("edge")[:, None]
    off += chance.standard_normal(off.shape) * column("edge_trembles")[:, None]
    boxes = seen.box + off * look.sizes[:, None]
    points = noisy_points(look, table, chance)
    posed = ~np.where(missing, unfollowed, unposed) & ~few & ~gap
    return _tracked(Found(times, boxes, points, missing, posed), hold_s)


def _gaps(times: Floats, chance: np.random.Generator) -> NDArray[np.bool_]:
    """Return where somebody is lost as a whole."""
    gone = np.zeros(len(times), np.bool_)
    for _ in range(chance.poisson(GAPS_AN_HOUR * (times[-1] - times[0]) / 3600)):
        start_s = chance.uniform(times[0], times[-1])
        gone |= (times >= start_s) & (times < start_s + chance.uniform(*GAP_S))
    return gone


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the networks give: boxes (T, 4) and points (T, 17, 3), where a box is missing and points are known (T,)."""

    times: Floats = field(repr=False)
    boxes: Floats = field(repr=False)
    points: Floats = field(repr=False)
    missing: NDArray[np.bool_] = field(repr=False)
    posed: NDArray[np.bool_] = field(repr=False)


def _tracked(found: Found, hold_s: float) -> list[list[Glimpse]]:
    """Return what tracker and attention tell.

    A box is bridged where both ends are known, held for a while, and then given up; whoever is
    not found is looked for where their points were last, as `structure.attention` does.
    """
    known = np.flatnonzero(~found.missing)
    if not len(known):
        return []
    times, boxes, posed = found.times.tolist(), found.boxes.tolist(), found.posed.tolist()
    points: list[Points] = [tuple(map(tuple, one)) for one in found.points.tolist()]
    tracks: list[list[Glimpse]] = [[]]
    for at, after in zip(known.tolist(), [*known[1:].tolist(), len(times)], strict=True):
        given = points[at] if posed[at] else None
        tracks[-1].append(Glimpse(times[at], tuple(boxes[at]), given))
        if after == at + 1:
            continue
        end_s = times[after] if after < len(times) else float("inf")
        bridged = end_s - times[at] <= hold_s
        place, posed_s = boxes[at] if given is None else _around(given), times[at]
        for i in range(at + 1, after):
            here = None
            if times[i] - times[at] <= hold_s:
                here = _held(times, boxes, at, i, after if bridged else None)
            elif times[i] - posed_s > UNPOSED_S or times[i] - times[at] > FOLLOWED_S:
                break
            where = _around(points[i])
            looked = [place] if here is None else [place, here.box]
            if posed[i] and any(_overlap(one, where) >= SAME for one in looked):
                here = Glimpse(times[i], where, points[i], seen=False)
                place, posed_s = where, times[i]
            if here is not None:
                tracks[-1].append(here)
        if not bridged and after < len(times):
            tracks.append([])
    return tracks


def _around(points: Points) -> Box:
    """Return the box in which somebody is looked for next, by their points."""
    sure = [one for one in points if one[2] >= VISIBLE] or points
    xs, ys = [x for x, _, _ in sure], [y for _, y, _ in sure]
    room = ROOM * max(max(xs) - min(xs), max(ys) - min(ys), 1e-3)
    return min(xs) - room, min(ys) - room, max(xs) + room, max(ys) + room


def _overlap(a: Box, b: Box) -> float:
    """Return the intersection of two boxes over their union."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(wide, 0.0) * max(high, 0.0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def _held(
    times: list[float], boxes: list[list[float]], at: int, now: int, after: int | None
) -> Glimpse:
    """Return a box that nobody saw, grown by how long ago or soon it was seen."""
    box, away_s, sure = boxes[at], times[now] - times[at], False
    if after is not None:
        span_s = times[after] - times[at]
        share = away_s / span_s
        box = [p + (q - p) * share for p, q in zip(box, boxes[after], strict=True)]
        away_s, sure = min(away_s, times[after] - times[now]), span_s <= SURE_S
    dx, dy = (GROWS * away_s * (box[n + 2] - box[n]) for n in (0, 1))
    grown = box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy
    return Glimpse(times[now], grown, None, seen=sure)
