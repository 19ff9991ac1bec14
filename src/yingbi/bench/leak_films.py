"""Films in which it is known where every face is: stills that are moved, turned, darkened, covered.

The map from still to frame gives the exact place in every frame. Always the same films for
the same stills.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import numpy as np

from yingbi.bench.stills import Still
from yingbi.bench.truth import Affine, Clip, Person, around, head, patch
from yingbi.domain.region import BoxXYXY, clipped
from yingbi.media.degrade import darkened
from yingbi.media.planes import Planes, Samples8, planes_of, read_rgb, resized, warped, write_planes

WIDTH, HEIGHT, FRAMES = 640, 352, 48
FILMS = 45
KINDS = ("pan", "zoom", "turn", "dark", "cover")
FACE_HEIGHTS = (20, 32, 48, 72, 110)
RATES = (10, 25, 50)
GAPS = (1, 2, 4, 8, 15, 30)
"""Frames for which a face is wholly behind something."""

MOST_TURNED_DEG = 60.0
DARKEST = 3.0
PARTLY = 0.4
"""Share of a face that is covered just before and after it is covered wholly."""

LANES = (0.17, 0.5, 0.83)
CROWD_HEIGHT, ROOM = 48, 0.9
"""Up to this height three faces have room, each with so many of its heights around it."""

CRF, GOP = 14, 50


@dataclass(frozen=True, slots=True)
class Moment:
    """How one frame shows the still: its map, how dark (gamma), and what lies over it."""

    affine: Affine
    gamma: float = 1.0
    hidden: tuple[BoxXYXY, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One film to be made; where faces are small, three people move in it, one below the other."""

    number: int
    cast: tuple[Still, ...]
    kind: str
    rate: int
    high: int
    frames: int
    chance: np.random.Generator = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Actor:
    """One still that moves through a film: what is shown of it, the boxes in that, its path."""

    picture: Samples8
    boxes: tuple[BoxXYXY, ...]
    moments: tuple[Moment, ...]


def plans(stills: Sequence[Still], films: int = FILMS, frames: int = FRAMES) -> Iterator[Plan]:
    """Yield the films to make of the stills, every kind at every rate and size."""
    order = [stills[at] for at in np.random.default_rng(110).permutation(len(stills))]
    alone = cycle([still for still in order if len(still.boxes) == 1])
    leading = cycle(order)
    for number in range(films):
        high = FACE_HEIGHTS[(number + number // len(KINDS)) % len(FACE_HEIGHTS)]
        crowd = high <= CROWD_HEIGHT
        cast = tuple(next(alone) for _ in LANES) if crowd else (next(leading),)
        chance = np.random.default_rng([110, number])
        kind, rate = KINDS[number % len(KINDS)], RATES[number % len(RATES)]
        yield Plan(number, cast, kind, rate, high, frames, chance)


def make(plan: Plan, folder: Path) -> Clip:
    """Write a plan's film into the folder and return it with all that is known of it."""
    lanes = LANES if len(plan.cast) > 1 else (plan.chance.uniform(0.35, 0.65),)
    actors = [_actor(plan, still, lane) for still, lane in zip(plan.cast, lanes, strict=True)]
    path = folder / f"{plan.number:02d}-{plan.kind}.mp4"
    rate = Fraction(plan.rate)
    write_planes(path, _frames(plan, actors), rate, crf=CRF, gop=GOP)
    people = tuple(_person(box, actor.moments) for actor in actors for box in actor.boxes)
    return Clip(path, plan.kind, rate, people)


def _person(box: BoxXYXY, moments: Sequence[Moment]) -> Person:
    return Person(
        tuple(patch(box, m.affine, (WIDTH, HEIGHT), m.hidden) for m in moments),
        tuple(head(box, m.affine) for m in moments),
    )


def _actor(plan: Plan, still: Still, lane: float) -> Actor:
    picture, boxes = read_rgb(still.path), still.boxes
    if len(plan.cast) > 1:
        picture, boxes = _cut(picture, boxes[0])
    return Actor(picture, boxes, tuple(_moments(plan, boxes[0], lane)))


def _cut(picture: Samples8, box: BoxXYXY) -> tuple[Samples8, tuple[BoxXYXY]]:
    """Return so much of the still that three of them have room, and the box in it."""
    x0, y0, x1, y1 = box
    reach = round((y1 - y0) * ROOM)
    middle, row = (x0 + x1) // 2, (y0 + y1) // 2
    left, top = max(0, middle - reach), max(0, row - reach)
    part = picture[top : row + reach, left : middle + reach]
    return part, ((x0 - left, y0 - top, x1 - left, y1 - top),)


def _moments(plan: Plan, box: BoxXYXY, lane: float) -> Iterator[Moment]:
    """Yield how each frame shows the still whose first face has this box."""
    x0, y0, x1, y1 = box
    middle, scale = ((x0 + x1) / 2, (y0 + y1) / 2), plan.high / (y1 - y0)
    side, late = plan.chance.choice((-1, 1)), plan.chance.uniform(0, 0.15)
    for index in range(plan.frames):
        time = index / max(1, plan.frames - 1)
        size = scale * (0.6 + 0.9 * time) if plan.kind == "zoom" else scale
        turned = MOST_TURNED_DEG * (2 * time - 1) if plan.kind == "turn" else 0.0
        place = (_column(plan.kind, time - late, side), HEIGHT * lane + 6 * np.sin(6 * time))
        affine = around(size, turned, middle, place)
        gamma = 1 + (DARKEST - 1) * np.sin(np.pi * time) if plan.kind == "dark" else 1.0
        yield Moment(affine, gamma, _hidden(plan, index, box, affine))


def _column(kind: str, time: float, side: int) -> float:
    """Return where the leading face is: panned from border to border, else in from one."""
    travelled = 1.4 * time - 0.125 if kind == "pan" else min(0.5, 1.6 * time - 0.1)
    return WIDTH * (0.5 + side * (travelled - 0.5))


def _hidden(plan: Plan, index: int, box: BoxXYXY, affine: Affine) -> tuple[BoxXYXY, ...]:
    """Return what lies over the face in a frame of a film in which something does."""
    if plan.kind != "cover":
        return ()
    gap = min(GAPS[plan.number // len(KINDS) % len(GAPS)], plan.frames // 2)
    since = index - (plan.frames - gap) // 2
    if not -3 <= since < gap + 3:
        return ()
    low = affine[:, :2] @ box[:2] + affine[:, 2]
    high = affine[:, :2] @ box[2:] + affine[:, 2]
    wide, tall = high - low
    left = low[0] - wide * 0.15 if 0 <= since < gap else high[0] - wide * PARTLY
    edges = (left, low[1] - tall * 0.2, high[0] + wide * 0.3, high[1] + tall * 0.2)
    a, b, c, d = (round(float(edge) / 2) * 2 for edge in edges)
    inside = clipped((a, b, max(c, a + 2), max(d, b + 2)), WIDTH, HEIGHT)
    return () if inside is None else (inside,)


def _frames(plan: Plan, actors: Sequence[Actor]) -> Iterator[Planes]:
    beside = wall(actors[0].picture)
    grain, bar = plan.chance.uniform(1.5, 5), plan.chance.integers(0, 256, 3)
    for index in range(plan.frames):
        shown = np.full((HEIGHT, WIDTH, 3), beside, np.uint8)
        for actor in actors:
            _lay(shown, actor, actor.moments[index].affine)
        for actor in actors:
            for x0, y0, x1, y1 in actor.moments[index].hidden:
                shown[y0:y1, x0:x1] = bar
        yield planes_of(darkened(shown, actors[0].moments[index].gamma, grain, plan.chance))


def _lay(shown: Samples8, actor: Actor, affine: Affine) -> None:
    """Draw the actor's still into the frame, in place."""
    size = (WIDTH, HEIGHT)
    there = np.full(actor.picture.shape, 255, np.uint8)
    solid = show(there, affine, size, (0, 0, 0))[:, :, 0] > 127
    shown[solid] = show(actor.picture, affine, size, wall(actor.picture))[solid]


def wall(picture: Samples8) -> tuple[int, ...]:
    """Return the colour beside a still: its own, but never the grey that masks are filled with."""
    red, green, blue = picture.reshape(-1, 3).mean(axis=0)
    return int(red * 0.7), int(green * 0.9), int(min(255, blue * 0.9 + 50))


def show(
    picture: Samples8, affine: Affine, size: tuple[int, int], beside: tuple[int, ...]
) -> Samples8:
    """Return the still as a frame shows it; what shrinks much is shrunk first, so that it stays smooth."""
    scale = float(np.hypot(affine[0, 0], affine[1, 0]))
    shrunk = min(1.0, scale)
    if shrunk < 0.7:
        height, width = picture.shape[:2]
        wide, high = max(1, round(width * shrunk)), max(1, round(height * shrunk))
        picture = resized(picture, wide, high)
        affine = affine.copy()
        affine[:, 0] *= width / wide
        affine[:, 1] *= height / high
    return warped(picture, affine, *size, beside)
