"""Falls, from the loss of balance to what the person does afterwards.

How long they take is after falls of old people that cameras of homes saw (Choi, Wakeling and Robinovitch,
Journal of Biomechanics 48, 2015): the descent 0.58 s (standard deviation 0.26), from the loss of balance
1.27 s (0.65), and the pelvis strikes at 2.1 m/s (0.6). What happens afterwards is after Vlaeyen and others
(BMC Geriatrics 13:103, 2013): many lie still, many move, and few get up.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yingbi.bench.daily.actor import Actor, Fall, Swing, broken, wave_of
from yingbi.bench.daily.body import COLUMN, JOINTS, Floats, pose_of
from yingbi.bench.daily.floor import (
    crawl,
    get_up,
    on_one_side,
    onto_front,
    prone,
    stretch_out,
)
from yingbi.bench.daily.moves import (
    go,
    sit_down,
    stand,
    sway,
    uniform,
    varied,
    walking_pace,
    work_standing,
)
from yingbi.bench.daily.postures import ALL_FOURS, LIE_BACK, LIE_FRONT, LIE_SIDE, PROP, SLUMP, both

LEAST_S, MOST_S, USUAL_S, SPREAD_S = 0.4, 1.1, 0.52, 0.2
"""How long a descent takes, before gravity makes some longer; nothing reaches the floor from standing in less than free fall."""

MIRRORED = ("yaw", "roll", "spin", "lean", "twist", "look", "aside")


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way to fall.

    ends: postures of which one is where it ends. via: added between. late: joints that begin later, by the
    share of the time. carried_m: how far the body goes ahead meanwhile. stagger_s: most time between the loss of
    balance and the descent. least_s: of the descent.
    """

    ends: tuple[Floats, ...]
    via: Floats
    late: dict[str, float]
    carried_m: tuple[float, float] = (0.0, 0.0)
    stagger_s: float = 0.9
    least_s: float = LEAST_S


REACHING = both(elbow=-8, spread=25, **{"raise": 78})
FLAILING = both(spread=55, elbow=35, **{"raise": 25})
KNEES = both(hip=48, knee=78)

WAYS = {
    "forward": Way((LIE_FRONT,), pose_of(**REACHING, **both(knee=38, hip=8)), {}, (0.0, 0.3)),
    "backward": Way((LIE_BACK, SLUMP), pose_of(stoop=24, **FLAILING, **KNEES), {"pitch": 0.1}),
    "sideways": Way((LIE_SIDE,), pose_of(lean=-14, spread_l=60, raise_r=30, **both(knee=32, hip=16)), {}),
    "faint": Way(
        (LIE_SIDE, LIE_BACK, LIE_FRONT, SLUMP),
        pose_of(stoop=18, nod=25, **both(hip=50, knee=88)),
        {"pitch": 0.2, "roll": 0.2},
        stagger_s=0.4,
        least_s=0.5,
    ),
    "slip": Way((LIE_BACK, SLUMP), pose_of(stoop=20, hip_l=62, hip_r=34, knee_r=30, **FLAILING), {},
                (0.5, 0.9), 0.3),
    "trip": Way((LIE_FRONT,), pose_of(hip_l=46, knee_l=60, knee_r=30, **REACHING), {}, (0.4, 0.9), 0.4),
}  # fmt: skip
"""From standing or walking."""

OFF_CHAIR = Way(
    (LIE_SIDE, LIE_FRONT, LIE_SIDE), pose_of(stoop=14),
    {f"{joint}_{side}": 0.4 for joint in ("hip", "knee") for side in "lr"}, (0.1, 0.4),
)  # fmt: skip
KINDS = (*WAYS, "from a chair", "off the bed")


def mirrored(pose: Floats) -> Floats:
    """Return the pose with left and right exchanged."""
    other = pose.copy()
    for name, column in COLUMN.items():
        if name.endswith("_l"):
            twin = COLUMN[name[:-1] + "r"]
            other[[column, twin]] = pose[[twin, column]]
        elif name in MIRRORED:
            other[column] = -pose[column]
    return other


def descent_s(actor: Actor, least_s: float = LEAST_S) -> float:
    """Return how long a descent takes."""
    return float(np.clip(actor.chance.normal(USUAL_S, SPREAD_S), least_s, MOST_S))


def fall(actor: Actor, kind: str) -> None:
    """Do what comes before a fall of a kind, fall, and go on from there."""
    since = actor.time_s
    match kind:
        case "from a chair":
            _from_chair(actor)
        case "off the bed":
            _off_bed(actor)
        case _:
            _from_feet(actor, kind)
    actor.did(f"fall {kind}", since)
    aftermath(actor)


def _from_feet(actor: Actor, kind: str) -> None:
    way = WAYS[kind]
    moving = kind in ("slip", "trip") or (kind != "faint" and actor.chance.random() < 0.5)
    if moving:
        go(actor, uniform(actor, 0.8, 2.0), walking_pace(actor))
    elif actor.chance.random() < 0.3:
        work_standing(actor)
    else:
        stand(actor, uniform(actor, 2, 6))
    lost_s = actor.time_s
    _stagger(actor, kind, uniform(actor, 0.08, way.stagger_s))
    _descend(actor, kind, lost_s, way)


def _stagger(actor: Actor, kind: str, for_s: float) -> None:
    """Sway out of balance, the arms flying up."""
    off = {"forward": 10, "trip": 14, "backward": -9, "slip": -8}.get(kind, 3)
    target = actor.towards(
        actor.pose * 0, pitch=off, **both(spread=22, elbow=30, hip=off + 8, knee=16)
    )
    target[0] = actor.pose[0]
    target[-2:] = actor.pose[-2:]
    actor.to(for_s, varied(actor, target, 5))


def _descend(actor: Actor, kind: str, lost_s: float, way: Way) -> None:
    """Go down in one of the way's manners, to the left or the right, and strike the floor."""
    posture, via = way.ends[actor.chance.integers(len(way.ends))], way.via
    if actor.chance.random() < 0.5:
        posture, via = mirrored(posture), mirrored(via)
    turned, ahead_m = uniform(actor, -25, 25), uniform(actor, *way.carried_m)
    target = varied(actor, actor.towards(posture, yaw=turned, ahead=ahead_m), 7)
    begins_s, for_s = actor.time_s, descent_s(actor, way.least_s)
    ease, via = broken(uniform(actor, 0.15, 0.6)), via * uniform(actor, 0.6, 1.15)
    actor.drop(for_s, target, ease=ease, via=via, late=way.late)
    actor.falls.append(Fall(kind, lost_s, begins_s, actor.time_s))
    recoil = np.zeros(len(JOINTS))
    for name in ("hip_l", "hip_r", "knee_l", "knee_r", "raise_l", "raise_r", "nod"):
        recoil[COLUMN[name]] = np.radians(uniform(actor, -6, 12))
    actor.to(uniform(actor, 0.25, 0.5), varied(actor, actor.pose, 4), via=recoil)


def _from_chair(actor: Actor) -> None:
    """Slide or topple off a chair."""
    sit_down(actor, uniform(actor, 0.4, 0.5), uniform(actor, 1.1, 2.0))
    actor.to(uniform(actor, 3, 10), varied(actor, actor.pose, 3), swings=sway(actor, 4))
    lost_s = actor.time_s
    leaning = actor.changed(lean=18, nod=25, **both(elbow=20))
    actor.to(uniform(actor, 0.3, 0.8), leaning)
    _descend(actor, "from a chair", lost_s, OFF_CHAIR)


def _off_bed(actor: Actor) -> None:
    """Lie down on a bed by way of sitting, rest, and roll off over the edge one came from."""
    bed_m = uniform(actor, 0.4, 0.6)
    sit_down(actor, bed_m, uniform(actor, 1.1, 2.2))
    actor.to(uniform(actor, 0.3, 4), varied(actor, actor.pose, 3))
    edge = stretch_out(actor, bed_m, uniform(actor, 1.6, 3.4))
    since = actor.time_s
    actor.to(uniform(actor, 5, 40), varied(actor, actor.pose, 4), swings=sway(actor, 3))
    actor.was("lying", since)
    lost_s = actor.time_s
    actor.to(uniform(actor, 0.4, 0.9), actor.changed(spin=95 * edge, **both(hip=20, knee=30)))
    target = varied(actor, actor.changed(spin=165 * edge, lift=0.0), 6)
    target[COLUMN["aside"]] += 0.35 * edge
    via = pose_of(**both(knee=20, hip=15, **{"raise": 30}))
    begins_s = actor.time_s
    free_s = (2 * bed_m / 9.81) ** 0.5
    actor.drop(uniform(actor, free_s, free_s * 1.5), target, ease=lambda u: u**2, via=via)
    actor.falls.append(Fall("off the bed", lost_s, begins_s, actor.time_s))
    actor.to(0.4, varied(actor, actor.pose, 4))


def lie_still(actor: Actor) -> None:
    """Lie as one fell."""
    actor.to(uniform(actor, 12, 40), varied(actor, actor.pose, 2), swings=sway(actor, 1.5))


def move_about(actor: Actor) -> None:
    """Move arms and legs without getting anywhere."""
    swings = tuple(
        Swing(name, np.radians(uniform(actor, 4, 22)), uniform(actor, 0.2, 0.8), 0, wave_of)
        for name in ("hip_l", "hip_r", "knee_l", "raise_l", "raise_r", "elbow_r", "look", "spin")
    )
    actor.to(uniform(actor, 8, 25), varied(actor, actor.pose, 4), swings=swings)


def try_to_get_up(actor: Actor) -> None:
    """Raise the trunk on the arms, sink back, and again."""
    down = actor.pose.copy()
    actor.to(uniform(actor, 2, 6), varied(actor, down, 3), swings=sway(actor, 4))
    on_one_side(actor)
    up, back = (ALL_FOURS, LIE_FRONT) if prone(actor) else (PROP, LIE_BACK)
    for _ in range(int(actor.chance.integers(1, 4))):
        actor.to(uniform(actor, 1.2, 2.4), varied(actor, actor.towards(up), 5))
        actor.to(uniform(actor, 0.5, 3.0), varied(actor, actor.pose, 3))
        actor.to(uniform(actor, 0.8, 1.6), varied(actor, actor.towards(back), 4))
        actor.to(uniform(actor, 1.0, 5.0), varied(actor, actor.pose, 3))


def crawl_away(actor: Actor) -> None:
    """Lie a little, then crawl."""
    actor.to(uniform(actor, 3, 8), varied(actor, actor.pose, 3), swings=sway(actor, 4))
    onto_front(actor)
    actor.to(uniform(actor, 1.0, 2.5), actor.towards(ALL_FOURS))
    crawl(actor, uniform(actor, 4, 9))


def recover(actor: Actor) -> None:
    """Lie a little, then get up."""
    actor.to(uniform(actor, 5, 15), varied(actor, actor.pose, 3), swings=sway(actor, 4))
    get_up(actor)
    stand(actor, 5)


AFTER: tuple[tuple[Callable[[Actor], None], float], ...] = (
    (lie_still, 0.45), (move_about, 0.2), (try_to_get_up, 0.15), (crawl_away, 0.08), (recover, 0.12),
)  # fmt: skip
"""What follows, and how often."""


def aftermath(actor: Actor) -> None:
    """Do one of the things that people do who fell."""
    moves, weights = zip(*AFTER, strict=True)
    moves[int(actor.chance.choice(len(moves), p=np.array(weights)))](actor)
