"""What people do at home, each thing from standing to standing, never twice the same."""

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, hypot, pi, sin

import numpy as np

from yingbi.bench.daily.actor import Actor, Swing, hop_of, steady, step_of, stride_of, wave_of
from yingbi.bench.daily.body import COLUMN, JOINTS, Floats, pose_of
from yingbi.bench.daily.postures import (
    BEND,
    HALF_KNEEL,
    SQUAT,
    STAND,
    STOOP_LOW,
    both,
    seated,
)

Move = Callable[[Actor], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How somebody goes: swing of the thighs and bend of the knees in degrees, hop in metres."""

    thigh: float
    knee: float
    rounds_hz: float
    elbow: float = 22.0
    hop: float = 0.0


def uniform(actor: Actor, low: float, high: float) -> float:
    """Return a number between two."""
    return float(actor.chance.uniform(low, high))


def varied(actor: Actor, pose: Floats, degrees: float = 4.0) -> Floats:
    """Return the pose with every joint a little otherwise; heading and place stay."""
    off = actor.chance.normal(0, np.radians(degrees), len(JOINTS))
    off[:4], off[-3:] = off[:4] / 3, 0
    off[0] = 0
    return pose + off


def sway(actor: Actor, size: float = 2.0) -> tuple[Swing, ...]:
    """Return the small movements of somebody who does nothing."""
    joints = ("stoop", "lean", "look", "nod", "raise_l", "raise_r", "elbow_l", "elbow_r")
    return tuple(
        Swing(name, np.radians(uniform(actor, 0, size)), uniform(actor, 0.08, 0.5),
              uniform(actor, 0, 1), wave_of)
        for name in joints
    )  # fmt: skip


def busy_hands(actor: Actor) -> tuple[Swing, ...]:
    """Return the movements of hands that work at something."""
    joints = ("raise_l", "raise_r", "elbow_l", "elbow_r", "twist", "nod")
    return tuple(
        Swing(name, np.radians(uniform(actor, 2, 14)), uniform(actor, 0.3, 1.4),
              uniform(actor, 0, 1), wave_of)
        for name in joints
    )  # fmt: skip


def stand(actor: Actor, for_s: float | None = None) -> None:
    """Stand, look about, shift."""
    since = actor.time_s
    left = for_s or uniform(actor, 2, 15)
    actor.to(0.5, varied(actor, actor.towards(STAND)))
    while left > 0:
        part = min(left, uniform(actor, 2, 6))
        target = varied(actor, actor.towards(STAND), 6)
        actor.to(max(part, 0.3), target, swings=sway(actor, 4))
        left -= part
    actor.was("standing", since)


def work_standing(actor: Actor) -> None:
    """Stand and do something with both hands, as at a kitchen board."""
    since = actor.time_s
    arms = both(elbow=uniform(actor, 50, 95), spread=12)
    pose = actor.towards(STAND, stoop=uniform(actor, 5, 22), nod=18, **arms)
    pose[[COLUMN["raise_l"], COLUMN["raise_r"]]] += np.radians(uniform(actor, 5, 50))
    actor.to(0.8, pose)
    actor.to(uniform(actor, 8, 60), varied(actor, pose), swings=busy_hands(actor))
    actor.to(0.8, actor.towards(STAND))
    actor.was("standing", since)


def turn(actor: Actor, yaw: float) -> None:
    """Turn on the spot to a heading, in radians."""
    now = float(actor.pose[0])
    by = (yaw - now + pi) % (2 * pi) - pi
    if abs(by) < 0.1:
        return
    pose = actor.pose.copy()
    pose[0] = now + by
    steps = tuple(
        Swing(f"knee_{side}", np.radians(25), 1.4, phase, step_of)
        for side, phase in (("l", 0.0), ("r", 0.5))
    )
    since = actor.time_s
    actor.to(0.35 + abs(by) / 2.4, pose, swings=steps)
    actor.was("standing", since)


def go(actor: Actor, metres: float, pace: Pace, stoop: float = 0.0) -> None:
    """Go straight ahead; the feet do the way."""
    since = actor.time_s
    leg = actor.body.thigh + actor.body.shank
    speed = 4 * leg * sin(np.radians(pace.thigh)) * pace.rounds_hz
    for_s = max(metres / speed, 0.8) + 0.4
    swings = []
    for side, phase in (("l", 0.0), ("r", 0.5)):
        swings += [
            Swing(f"hip_{side}", np.radians(pace.thigh), pace.rounds_hz, phase, stride_of),
            Swing(f"knee_{side}", np.radians(pace.knee), pace.rounds_hz, phase, step_of),
            Swing(f"raise_{side}", np.radians(pace.thigh), pace.rounds_hz, phase + 0.5, wave_of),
        ]
    swings.append(Swing("lift", pace.hop, pace.rounds_hz, 0.1, hop_of))
    pose = actor.towards(STAND, stoop=stoop, **both(elbow=pace.elbow))
    actor.to(for_s, varied(actor, pose, 2), swings=tuple(swings), stride=swings[0])
    actor.was("running" if pace.hop else "walking", since)


def walking_pace(actor: Actor) -> Pace:
    """Return how this person walks today."""
    return Pace(uniform(actor, 14, 24), uniform(actor, 40, 62), uniform(actor, 0.72, 1.02))


def walk_to(actor: Actor, x: float, y: float, *, run: bool = False) -> None:
    """Turn to a place and go there."""
    dx, dy = x - actor.place[0], y - actor.place[1]
    far = hypot(dx, dy)
    if far < 0.3:
        return
    turn(actor, atan2(dy, dx))
    pace = walking_pace(actor)
    if run:
        pace = Pace(
            uniform(actor, 30, 40), uniform(actor, 80, 105), uniform(actor, 1.2, 1.5), 85, 0.05
        )
    go(actor, far, pace, stoop=uniform(actor, 0, 8))


def wave(actor: Actor) -> None:
    """Lift one hand and wave."""
    side = "l" if actor.chance.random() < 0.5 else "r"
    up = {f"raise_{side}": uniform(actor, 10, 40), f"spread_{side}": uniform(actor, 75, 110),
          f"turn_{side}": -90, f"elbow_{side}": uniform(actor, 55, 85)}  # fmt: skip
    actor.to(0.6, actor.towards(STAND, **up))
    since = actor.time_s
    back = Swing(
        f"elbow_{side}", np.radians(uniform(actor, 18, 32)), uniform(actor, 1.0, 2.2), 0, wave_of
    )
    actor.to(uniform(actor, 2.0, 5.0), actor.pose, swings=(back,))
    actor.was("waving", since)
    actor.to(0.7, actor.towards(STAND))


LEANING = pose_of(pitch=24, stoop=14, **both(hip=24, **{"raise": 25}))


def sit_down(actor: Actor, seat_m: float, for_s: float) -> None:
    """Sit down on something of a height."""
    target = actor.towards(seated(actor.body, seat_m, uniform(actor, -22, 2)))
    actor.to(for_s, varied(actor, target, 3), via=LEANING)


def stand_up(actor: Actor) -> None:
    """Stand up from where one sits."""
    actor.to(uniform(actor, 1.1, 2.2), varied(actor, actor.towards(STAND), 2), via=LEANING)


def sit_on(actor: Actor, low_m: float, high_m: float, least_s: float, most_s: float) -> None:
    """Sit for a while on something of a height between two."""
    sit_down(actor, uniform(actor, low_m, high_m), uniform(actor, 1.1, 2.4))
    since, left = actor.time_s, uniform(actor, least_s, most_s)
    while left > 0:
        part = min(left, uniform(actor, 5, 40))
        moved = varied(actor, actor.pose, 3)
        moved[4] = np.clip(moved[4], -0.1, 0.7)
        actor.to(max(part, 0.5), moved, swings=sway(actor, 4))
        left -= part
    actor.was("sitting", since)
    stand_up(actor)


def sit_on_chair(actor: Actor) -> None:
    """Sit on a chair."""
    sit_on(actor, 0.42, 0.5, 15, 240)


def sit_on_sofa(actor: Actor) -> None:
    """Sit on a sofa."""
    sit_on(actor, 0.34, 0.44, 20, 300)


def pick_up(actor: Actor) -> None:
    """Bend down for something and come up again."""
    low = (BEND, STOOP_LOW, SQUAT)[actor.chance.integers(3)]
    actor.to(uniform(actor, 0.6, 1.3), varied(actor, actor.towards(low), 5))
    actor.to(uniform(actor, 0.2, 2.0), varied(actor, actor.pose, 3), swings=sway(actor, 6))
    actor.to(uniform(actor, 0.7, 1.4), varied(actor, actor.towards(STAND), 2))


def tie_shoes(actor: Actor) -> None:
    """Kneel or stoop to the shoes and tie them."""
    low = (HALF_KNEEL, STOOP_LOW, HALF_KNEEL, SQUAT)[actor.chance.integers(4)]
    actor.to(uniform(actor, 0.8, 1.6), varied(actor, actor.towards(low), 4))
    actor.to(uniform(actor, 5, 25), varied(actor, actor.pose, 4), swings=busy_hands(actor))
    actor.to(uniform(actor, 0.8, 1.7), varied(actor, actor.towards(STAND), 2))


def squat(actor: Actor) -> None:
    """Squat for a while, as in front of a cupboard."""
    actor.to(uniform(actor, 0.7, 1.4), varied(actor, actor.towards(SQUAT), 5))
    actor.to(uniform(actor, 1, 20), varied(actor, actor.pose, 4), swings=busy_hands(actor))
    actor.to(uniform(actor, 0.8, 1.5), varied(actor, actor.towards(STAND), 2))


def jump(actor: Actor) -> None:
    """Jump, once or a few times."""
    for _ in range(int(actor.chance.integers(1, 5))):
        high = uniform(actor, 0.08, 0.35)
        crouch = actor.towards(STAND, pitch=18, **both(hip=48, knee=60))
        actor.to(0.28, crouch)
        actor.to(0.16, actor.towards(STAND))
        up = np.zeros(len(JOINTS))
        up[COLUMN["lift"]] = high
        flight_s = 2 * (2 * high / 9.81) ** 0.5
        actor.to(flight_s, actor.towards(STAND), ease=steady, via=up)
        actor.to(0.14, crouch * 0.7 + actor.pose * 0.3)
        actor.to(0.3, actor.towards(STAND))


def pick_up_child(actor: Actor) -> None:
    """Squat to a child, lift it, carry and put it down."""
    actor.to(uniform(actor, 0.7, 1.2), varied(actor, actor.towards(SQUAT), 4))
    actor.to(uniform(actor, 0.5, 1.5), varied(actor, actor.pose, 3))
    holding = actor.towards(STAND, stoop=-6, **both(elbow=70, spread=4, **{"raise": 42}))
    actor.to(uniform(actor, 0.9, 1.6), holding)
    since = actor.time_s
    actor.to(uniform(actor, 4, 20), varied(actor, holding, 4), swings=sway(actor, 6))
    actor.was("standing", since)
    actor.to(uniform(actor, 0.9, 1.4), varied(actor, actor.towards(SQUAT), 4))
    actor.to(uniform(actor, 0.8, 1.4), varied(actor, actor.towards(STAND), 2))


def named(kind: Move, name: str) -> Move:
    """Return the move that also notes what was done."""

    def whole(actor: Actor) -> None:
        since = actor.time_s
        kind(actor)
        actor.did(name, since)

    return whole
