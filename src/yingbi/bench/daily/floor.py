"""What people do on beds, sofas and the floor, each thing from standing to standing."""

from math import pi, radians

import numpy as np

from yingbi.bench.daily.actor import Actor, Swing, falling, hop_of, smooth, steady, wave_of
from yingbi.bench.daily.body import COLUMN, JOINTS
from yingbi.bench.daily.moves import (
    LEANING,
    busy_hands,
    sit_down,
    stand_up,
    sway,
    uniform,
    varied,
)
from yingbi.bench.daily.postures import (
    ALL_FOURS,
    FLOOR_SIT,
    HALF_KNEEL,
    KNEEL,
    LIE_BACK,
    LIE_FRONT,
    PLANK,
    PROP,
    SQUAT,
    STAND,
    both,
    seated,
)


def flop(actor: Actor) -> None:
    """Drop onto a sofa, fast, and at times stretch out on it at once."""
    seat_m = uniform(actor, 0.36, 0.44)
    back = uniform(actor, -34, -14)
    actor.to(
        uniform(actor, 0.4, 0.75),
        actor.towards(seated(actor.body, seat_m, back)),
        ease=falling,
        via=LEANING * 0.6,
    )
    bounced = actor.pose.copy()
    bounced[COLUMN["lift"]] += 0.05
    actor.to(0.3, varied(actor, actor.pose, 4), via=bounced - actor.pose)
    since = actor.time_s
    if actor.chance.random() < 0.4:
        stretch_out(actor, seat_m, uniform(actor, 0.8, 1.6))
        since = actor.time_s
        actor.to(uniform(actor, 10, 90), varied(actor, actor.pose, 3), swings=sway(actor, 3))
        actor.was("lying", since)
        sit_up(actor, seat_m)
    else:
        actor.to(uniform(actor, 5, 60), varied(actor, actor.pose, 3), swings=sway(actor, 4))
        actor.was("sitting", since)
    stand_up(actor)


def stretch_out(actor: Actor, seat_m: float, for_s: float) -> float:
    """Lie down from sitting, along what one sits on; return where its edge is: 1 left, -1 right."""
    left = 1.0 if actor.chance.random() < 0.5 else -1.0
    actor.to(for_s, varied(actor, actor.towards(LIE_BACK, yaw=90 * left, lift=seat_m), 3))
    return -left


def sit_up(actor: Actor, seat_m: float) -> None:
    """Sit up at the edge of what one lies on."""
    sideways = 90.0 if actor.chance.random() < 0.5 else -90.0
    target = actor.towards(seated(actor.body, seat_m))
    target[0] += np.radians(sideways)
    actor.to(uniform(actor, 1.3, 2.8), target)


def lie_on_bed(actor: Actor) -> None:
    """Lie down on a bed by way of sitting, rest, turn over, get up."""
    bed_m = uniform(actor, 0.4, 0.58)
    sit_down(actor, bed_m, uniform(actor, 1.1, 2.2))
    since = actor.time_s
    actor.to(uniform(actor, 0.3, 4), varied(actor, actor.pose, 3))
    actor.was("sitting", since)
    stretch_out(actor, bed_m, uniform(actor, 1.6, 3.4))
    since = actor.time_s
    for _ in range(int(actor.chance.integers(1, 5))):
        actor.to(uniform(actor, 10, 90), varied(actor, actor.pose, 3), swings=sway(actor, 2))
        spin = float(actor.chance.choice([-80, 0, 80]))
        bent = both(hip=uniform(actor, 0, 45), knee=uniform(actor, 0, 60))
        actor.to(uniform(actor, 1.0, 2.0), actor.changed(spin=spin, **bent))
    actor.was("lying", since)
    actor.to(1.2, actor.towards(LIE_BACK, lift=bed_m))
    sit_up(actor, bed_m)
    since = actor.time_s
    actor.to(uniform(actor, 0.5, 6), varied(actor, actor.pose, 3))
    actor.was("sitting", since)
    stand_up(actor)


def lower(actor: Actor) -> None:
    """Go down to the floor slowly and sit on it."""
    actor.to(uniform(actor, 0.9, 1.6), varied(actor, actor.towards(SQUAT), 4))
    actor.to(uniform(actor, 0.9, 1.8), varied(actor, actor.towards(FLOOR_SIT), 4))


def rise(actor: Actor) -> None:
    """Get up from the floor over the knees."""
    actor.to(uniform(actor, 1.0, 1.8), actor.towards(HALF_KNEEL))
    actor.to(uniform(actor, 0.9, 1.6), varied(actor, actor.towards(STAND), 2), via=LEANING * 0.5)


def sit_on_floor(actor: Actor) -> None:
    """Sit on the floor for a while."""
    lower(actor)
    since = actor.time_s
    for _ in range(int(uniform(actor, 1, 5))):
        actor.to(
            uniform(actor, 5, 30), varied(actor, actor.towards(FLOOR_SIT), 6), swings=sway(actor, 5)
        )
    actor.was("sitting", since)
    rise(actor)


def kneel_quickly(actor: Actor) -> None:
    """Drop on the knees, as under a table after something."""
    actor.to(uniform(actor, 0.4, 0.7), actor.towards(KNEEL), ease=smooth)
    if actor.chance.random() < 0.5:
        actor.to(uniform(actor, 0.5, 0.9), varied(actor, actor.towards(ALL_FOURS), 4))
        actor.to(uniform(actor, 2, 12), varied(actor, actor.pose, 4), swings=sway(actor, 8))
        actor.to(uniform(actor, 0.7, 1.2), actor.towards(KNEEL))
    else:
        actor.to(uniform(actor, 2, 12), varied(actor, actor.pose, 5), swings=busy_hands(actor))
    rise(actor)


def exercise(actor: Actor) -> None:
    """Do exercises on the floor: sit-ups, press-ups or stretching."""
    lower(actor)
    kind = actor.chance.integers(3)
    if kind == 0:
        back = varied(actor, actor.towards(LIE_BACK, **both(hip=48, knee=85)), 3)
        up = actor.towards(LIE_BACK, pitch=62, stoop=24, **both(hip=88, knee=78, **{"raise": 60}))
        actor.to(uniform(actor, 1.0, 2.0), back)
        for _ in range(int(actor.chance.integers(5, 16))):
            actor.to(uniform(actor, 0.7, 1.3), up)
            actor.to(uniform(actor, 0.7, 1.3), back)
    elif kind == 1:
        actor.to(uniform(actor, 1.2, 2.0), actor.towards(ALL_FOURS))
        plank = actor.towards(PLANK)
        low = actor.towards(PLANK, pitch=12, **both(elbow=95, spread=18, **{"raise": -58}))
        actor.to(1.0, plank)
        for _ in range(int(actor.chance.integers(4, 14))):
            actor.to(uniform(actor, 0.6, 1.2), low)
            actor.to(uniform(actor, 0.6, 1.2), plank)
        actor.to(1.0, actor.towards(ALL_FOURS))
    else:
        actor.to(uniform(actor, 1.2, 2.6), varied(actor, actor.towards(LIE_BACK), 3))
        turned = actor.chance.integers(3)
        if turned == 1:
            onto_front(actor)
        elif turned == 2:
            actor.to(uniform(actor, 0.8, 1.5), actor.changed(spin=80))
        since = actor.time_s
        size = -14.0 if prone(actor) else 30.0
        legs = Swing("hip_l", np.radians(size), uniform(actor, 0.2, 0.5), 0, hop_of)
        actor.to(uniform(actor, 10, 40), actor.pose, swings=(legs, *sway(actor, 5)))
        actor.was("lying", since)
        onto_back(actor)
        actor.to(uniform(actor, 1.2, 2.2), actor.towards(FLOOR_SIT))
    rise(actor)


def crawl(actor: Actor, for_s: float | None = None) -> None:
    """Go on hands and knees."""
    for_s = for_s or uniform(actor, 4, 12)
    rate = uniform(actor, 0.7, 1.3)
    swings = [
        Swing(f"{joint}_{side}", np.radians(16), rate, phase + shift, wave_of)
        for side, phase in (("l", 0.0), ("r", 0.5))
        for joint, shift in (("hip", 0.0), ("raise", 0.5))
    ]
    target = varied(actor, actor.towards(ALL_FOURS), 2)
    target[COLUMN["ahead"]] += for_s * rate * 1.4 * actor.body.thigh
    actor.to(for_s, target, ease=steady, swings=tuple(swings))


def child_on_floor(actor: Actor) -> None:
    """Play on the floor: crawl, sit, roll over, crawl on."""
    actor.to(uniform(actor, 0.8, 1.5), actor.towards(SQUAT))
    actor.to(uniform(actor, 0.6, 1.0), actor.towards(ALL_FOURS))
    for _ in range(int(actor.chance.integers(2, 6))):
        turn_on_knees(actor)
        crawl(actor)
        match actor.chance.integers(3):
            case 0:
                actor.to(uniform(actor, 0.6, 1.3), varied(actor, actor.towards(FLOOR_SIT), 6))
                since = actor.time_s
                actor.to(
                    uniform(actor, 3, 25), varied(actor, actor.pose, 5), swings=busy_hands(actor)
                )
                actor.was("sitting", since)
            case 1:
                actor.to(uniform(actor, 0.7, 1.4), varied(actor, actor.towards(LIE_FRONT), 3))
                since = actor.time_s
                if actor.chance.random() < 0.5:
                    onto_back(actor)
                actor.to(
                    uniform(actor, 2, 10), varied(actor, actor.pose, 5), swings=sway(actor, 12)
                )
                onto_front(actor)
                actor.was("lying", since)
        actor.to(uniform(actor, 0.7, 1.4), actor.towards(ALL_FOURS))
    actor.to(uniform(actor, 0.6, 1.2), actor.towards(SQUAT))
    actor.to(uniform(actor, 0.6, 1.2), actor.towards(STAND))


def turn_on_knees(actor: Actor) -> None:
    """Turn to another heading on hands and knees."""
    actor.to(uniform(actor, 0.8, 1.6), actor.towards(ALL_FOURS, yaw=uniform(actor, -100, 100)))


def get_up(actor: Actor) -> None:
    """Get up from lying on the floor, slowly."""
    if not prone(actor) and actor.chance.random() < 0.5:
        on_one_side(actor)
        actor.to(uniform(actor, 1.4, 3.0), actor.towards(PROP))
        actor.to(uniform(actor, 0.8, 1.4), actor.towards(LIE_BACK))
    onto_front(actor)
    actor.to(uniform(actor, 1.2, 2.5), actor.towards(ALL_FOURS))
    rise(actor)


def prone(actor: Actor) -> bool:
    """Return whether somebody who lies does so on the front."""
    return bool(actor.pose[COLUMN["pitch"]] > radians(45))


def on_one_side(actor: Actor) -> None:
    """Tell the pose of who lies on a side as lying on the back and turned: the body stays as it is."""
    yaw, pitch, roll, spin = (COLUMN[name] for name in ("yaw", "pitch", "roll", "spin"))
    tilt = actor.pose[roll]
    if abs(tilt) > radians(45):
        side = 1.0 if tilt > 0 else -1.0
        actor.pose[yaw] += side * pi / 2
        actor.pose[[pitch, roll, spin]] = -abs(tilt), 0.0, -side * pi / 2


def onto_back(actor: Actor) -> None:
    """Roll onto the back, from however one lies."""
    if prone(actor):
        _other_way_up(actor, pi)
    on_one_side(actor)
    actor.to(uniform(actor, 0.9, 1.8), varied(actor, actor.towards(LIE_BACK), 3))


def onto_front(actor: Actor) -> None:
    """Roll onto the front, from however one lies."""
    if prone(actor):
        return
    on_one_side(actor)
    spin = actor.pose[COLUMN["spin"]]
    target = actor.towards(LIE_BACK)
    arms = [COLUMN[f"{name}_{side}"] for name in ("spread", "turn", "elbow") for side in "lr"]
    target[arms] = LIE_FRONT[arms]
    target[COLUMN["spin"]] = pi if spin >= 0 else -pi
    late = {JOINTS[column]: 0.6 for column in arms}
    actor.to(uniform(actor, 0.9, 1.8), target, late=late)
    _other_way_up(actor, 0.0)


def _other_way_up(actor: Actor, spin: float) -> None:
    """Tell a pose on the front as one on the back that is turned by half, or the other way round."""
    actor.pose[COLUMN["yaw"]] += pi
    actor.pose[COLUMN["pitch"]] *= -1
    actor.pose[COLUMN["spin"]] = spin
