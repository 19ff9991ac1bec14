"""Drawn falls and drawn days: seeded streams of glimpses, with the truth about each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import hypot

import numpy as np

from yingbi.bench.daily.actor import Actor, Fall, Span
from yingbi.bench.daily.body import Body, Floats
from yingbi.bench.daily.falls import KINDS, fall
from yingbi.bench.daily.floor import (
    child_on_floor,
    exercise,
    flop,
    kneel_quickly,
    lie_on_bed,
    sit_on_floor,
)  # fmt: skip
from yingbi.bench.daily.moves import (
    Move,
    jump,
    pick_up,
    pick_up_child,
    sit_on_chair,
    sit_on_sofa,
    squat,
    stand,
    tie_shoes,
    uniform,
    walk_to,
    wave,
    work_standing,
)  # fmt: skip
from yingbi.bench.daily.noise import HOLD_S, Look, glimpses_of, postures_of, times_of
from yingbi.bench.daily.postures import STAND
from yingbi.bench.daily.view import Camera, Screen, drawn_camera, seen
from yingbi.domain.glimpse import Glimpse

NEAR_M, FAR_M = 2.0, 7.0
SCENE_S = 300.0
"""A day is made of scenes of about so long, each with a person and a camera of its own."""
IN_SIGHT, TRIES = 0.55, 40
"""Share of the body that is in sight of a fall that counts, and how many cameras are tried for it."""
RUN_M = 2.5
"""Nobody runs a shorter way."""
CHILD = 0.25
SCREENED = 0.3
"""Shares of scenes with a child, and with furniture before the person."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One person before one camera, and the truth.

    tracks: glimpses of one track each, in time order. falls: what happened. doing: what was done when;
    being: how the person was, of `BEHAVIOURS`, with nothing said of the ways between. length_s: of all.
    """

    tracks: tuple[tuple[Glimpse, ...], ...]
    falls: tuple[Fall, ...]
    doing: tuple[Span, ...]
    being: tuple[Span, ...]
    length_s: float


def walk_about(actor: Actor) -> None:
    """Walk to somewhere else in the room."""
    walk_to(actor, *_spot(actor))


def run_about(actor: Actor) -> None:
    """Run through the room and back; nobody runs a step or two."""
    for _ in range(2):
        x, y = next(spot for spot in iter(lambda: _spot(actor), None) if _far(actor, spot))
        walk_to(actor, x, y, run=True)


def _far(actor: Actor, spot: tuple[float, float]) -> bool:
    return hypot(spot[0] - actor.place[0], spot[1] - actor.place[1]) >= RUN_M


def out_and_in(actor: Actor) -> None:
    """Leave the picture, stay away, come back."""
    x, y = actor.place
    aside = 9.0 if y > 0 else -9.0
    walk_to(actor, x, aside)
    stand(actor, uniform(actor, 1, 30))
    walk_to(actor, *_spot(actor))


ROUTINE: dict[str, tuple[Move, float]] = {
    "standing": (stand, 10),
    "working standing": (work_standing, 8),
    "walking": (walk_about, 14),
    "running": (run_about, 1.5),
    "waving": (wave, 2),
    "sitting on a chair": (sit_on_chair, 7),
    "sitting on a sofa": (sit_on_sofa, 6),
    "sitting on the floor": (sit_on_floor, 3),
    "picking up": (pick_up, 8),
    "tying shoes": (tie_shoes, 4),
    "squatting": (squat, 4),
    "lying on a bed": (lie_on_bed, 3),
    "exercising on the floor": (exercise, 2),
    "dropping onto a sofa": (flop, 3),
    "kneeling quickly": (kneel_quickly, 3),
    "jumping": (jump, 2),
    "lifting a child": (pick_up_child, 2),
    "leaving and coming back": (out_and_in, 3),
}
"""What is done, and how often beside the rest. Hard things are far more frequent than in a real day."""

OF_CHILDREN: dict[str, tuple[Move, float]] = {
    **{name: ROUTINE[name] for name in (
        "standing", "walking", "sitting on a sofa", "sitting on the floor", "picking up", "squatting",
        "dropping onto a sofa", "kneeling quickly", "leaving and coming back", "waving",
    )},
    "running": (run_about, 6),
    "jumping": (jump, 5),
    "a child on the floor": (child_on_floor, 12),
}  # fmt: skip

REAL_DAY: dict[str, float] = {
    "standing": 100, "working standing": 30, "walking": 200, "running": 2, "waving": 2,
    "sitting on a chair": 30, "sitting on a sofa": 27, "dropping onto a sofa": 3,
    "sitting on the floor": 1, "picking up": 25, "tying shoes": 4, "squatting": 8,
    "lying on a bed": 3, "exercising on the floor": 0.3, "kneeling quickly": 2, "jumping": 1,
    "lifting a child": 1, "leaving and coming back": 20, "a child on the floor": 4,
}  # fmt: skip
"""How often each is done in a real day, all of it before the camera. Somebody sits down 60 times a day
(standard deviation 22, 140 adults: Dall and Kerr, Applied Ergonomics 41, 2010); the rest is assumed, and
rather too much than too little."""


def drawn_life(hours: float, seed: int, hold_s: float = HOLD_S) -> Iterator[Stream]:
    """Yield scenes of daily life, in which nobody falls, of so many hours in all."""
    left_s, number = hours * 3600, 0
    while left_s > 0:
        chance = np.random.default_rng([110, seed, 1, number])
        stream = life_scene(chance, min(SCENE_S, max(left_s, 30.0)), hold_s)
        left_s, number = left_s - stream.length_s, number + 1
        yield stream


def drawn_falls(count: int, seed: int, hold_s: float = HOLD_S) -> Iterator[Stream]:
    """Yield so many streams of under a minute, each with one fall; the kinds take turns."""
    for number in range(count):
        chance = np.random.default_rng([110, seed, 2, number])
        yield fall_scene(chance, KINDS[number % len(KINDS)], hold_s)


def life_scene(chance: np.random.Generator, for_s: float, hold_s: float = HOLD_S) -> Stream:
    """Return one scene of daily life of at least so long."""
    child = chance.random() < CHILD
    actor = drawn_actor(chance, child=child)
    routine = OF_CHILDREN if child else ROUTINE
    moves, weights = zip(*routine.values(), strict=True)
    often = np.array(weights) / sum(weights)
    while actor.time_s < for_s:
        at = int(chance.choice(len(moves), p=often))
        since = actor.time_s
        moves[at](actor)
        actor.did(list(routine)[at], since)
        if abs(actor.place[1]) > 3 or not NEAR_M - 0.5 < actor.place[0] < FAR_M + 0.5:
            since = actor.time_s
            walk_about(actor)
            actor.did("walking", since)
    camera = drawn_camera(chance)
    screen = _screen(camera, chance) if chance.random() < SCREENED else None
    return _filmed(actor, camera, screen, hold_s)


def fall_scene(chance: np.random.Generator, kind: str, hold_s: float = HOLD_S) -> Stream:
    """Return one fall of a kind that the camera sees, with what comes before and after."""
    while True:
        actor = drawn_actor(chance, child=chance.random() < 0.1)
        since = actor.time_s
        before: Callable[[Actor], None] = walk_about if chance.random() < 0.5 else stand
        before(actor)
        actor.did("before", since)
        fall(actor, kind)
        for _ in range(TRIES):
            camera, screen = drawn_camera(chance), None
            if chance.random() < SCREENED:
                screen = _screen(camera, chance)
            if _sees_fall(actor, camera, screen):
                return _filmed(actor, camera, screen, hold_s)


def _sees_fall(actor: Actor, camera: Camera, screen: Screen | None) -> bool:
    """Return whether most of the body is in sight while it falls and once it is down."""
    moments, points = actor.played()
    one = actor.falls[0]
    falling = (moments >= one.descent_s) & (moments <= one.struck_s + 2)
    visible = seen(camera, actor.body, points[falling], screen).visible
    return bool(visible.mean() >= IN_SIGHT and visible[-1] >= IN_SIGHT)


def drawn_actor(chance: np.random.Generator, *, child: bool = False) -> Actor:
    """Return somebody who stands in the room."""
    height = chance.uniform(0.8, 1.35) if child else np.clip(chance.normal(1.67, 0.1), 1.45, 1.95)
    pose = STAND.copy()
    pose[0] = chance.uniform(-np.pi, np.pi)
    actor = Actor(Body.of(float(height)), chance, pose)
    actor.place = _spot(actor)
    return actor


def _filmed(actor: Actor, camera: Camera, screen: Screen | None, hold_s: float) -> Stream:
    """Return what a camera, the networks and the tracker make of all that somebody did."""
    chance = actor.chance
    moments, points = actor.played()
    times = times_of(actor.time_s, chance)
    between = between_poses(times, moments, points)
    view = seen(camera, actor.body, between, screen)
    tracks = glimpses_of(Look(times, view, postures_of(between, actor.body)), hold_s, chance)
    return Stream(
        tuple(map(tuple, tracks)),
        tuple(actor.falls),
        tuple(actor.doing),
        tuple(actor.being),
        actor.time_s,
    )


def between_poses(times: Floats, moments: Floats, points: Floats) -> Floats:
    """Return the points at times between the moments for which they were worked out."""
    after = np.clip(np.searchsorted(moments, times, side="right"), 1, len(moments) - 1)
    span = np.maximum(moments[after] - moments[after - 1], 1e-9)
    share = np.clip((times - moments[after - 1]) / span, 0, 1)[:, None, None]
    found: Floats = points[after - 1] * (1 - share) + points[after] * share
    return found


def _spot(actor: Actor) -> tuple[float, float]:
    """Return a place that most cameras see well."""
    x = uniform(actor, NEAR_M + 0.4, FAR_M)
    wide = 0.42 * x
    return x, uniform(actor, -wide, wide)


def _screen(camera: Camera, chance: np.random.Generator) -> Screen:
    """Return a table or a sofa's back between the camera and part of the room."""
    x0 = float(chance.uniform(-0.2, 0.8) * camera.aspect)
    wide = float(chance.uniform(0.2, 0.6) * camera.aspect)
    away_m = float(chance.uniform(2.0, 5.0))
    top_m, down = float(chance.uniform(0.35, 0.8)), np.radians(camera.down_deg)
    below = top_m - camera.height_m
    up = away_m * np.sin(down) + below * np.cos(down)
    depth = away_m * np.cos(down) - below * np.sin(down)
    return Screen(x0, x0 + wide, float(0.5 - camera.focal * up / depth), float(depth))
