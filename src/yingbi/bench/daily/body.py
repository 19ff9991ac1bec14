"""A jointed person in three dimensions, posed by the angles of the joints.

Axes: x ahead, y to the person's left, z up, in metres. Lengths are shares of the height after Drillis and
Contini (1966, "Body segment parameters", as in Winter, "Biomechanics and motor control of human
movement"). Children have a larger head and shorter legs, after the growth of stature and sitting height.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ANGLES = (
    "yaw", "pitch", "roll", "spin", "stoop", "lean", "twist", "nod", "look",
    "raise_l", "spread_l", "turn_l", "elbow_l", "raise_r", "spread_r", "turn_r", "elbow_r",
    "hip_l", "out_l", "swivel_l", "knee_l", "hip_r", "out_r", "swivel_r", "knee_r",
)  # fmt: skip
"""Joint angles in radians. The first four turn the whole body: heading, forward, to the right, about itself."""
JOINTS: Final = (*ANGLES, "lift", "ahead", "aside")
"""What a pose is made of. The last three in metres: above the floor, and moved along and across."""
COLUMN = {name: number for number, name in enumerate(JOINTS)}

KEY_POINTS = 17
HEAD, LOIN, PELVIS = 17, 18, 19
"""Points after the 17 of COCO: middle of the head, of the trunk, and between the hips."""
FLESH = (0.03, 0.03, 0.03, 0.03, 0.03, 0.05, 0.05, 0.025, 0.025, 0.02, 0.02, 0.065, 0.065,
         0.03, 0.03, 0.039, 0.039, 0.075, 0.06, 0.065)  # fmt: skip
"""How far the skin is from each point, in heights."""
TOUCHING = np.array([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
"""Points on which a body can rest."""
ANKLES = 10
"""Place of the left one among those; the right one follows."""
LEAST_SHARE = 1e-4
GRIP_M = 0.004
"""A part so far above the floor bears e times less than one on it."""
ADULT_M, INFANT_M = 1.5, 0.7
"""Heights between which proportions change from an infant's to an adult's."""


@dataclass(frozen=True, slots=True)
class Body:
    """Lengths of one person, in metres."""

    height: float
    trunk: float
    neck: float
    head: float
    shoulders: float
    hips: float
    upper_arm: float
    forearm: float
    thigh: float
    shank: float

    @classmethod
    def of(cls, height_m: float) -> "Body":
        """Return the body of somebody of that height, an infant of 0.7 m or a tall adult."""
        young = float(np.clip((ADULT_M - height_m) / (ADULT_M - INFANT_M), 0, 1))
        legs = 1 - 0.24 * young
        head = 0.065 * (1 + 0.5 * young)
        trunk = 0.288 * (1 + 0.12 * young)
        share = {
            "trunk": trunk, "neck": 0.105 * (1 + 0.35 * young), "head": head,
            "shoulders": 0.22, "hips": 0.11,
            "upper_arm": 0.186 * (1 - 0.12 * young), "forearm": 0.146 * (1 - 0.12 * young),
            "thigh": 0.245 * legs, "shank": 0.246 * legs,
        }  # fmt: skip
        return cls(height_m, **{name: height_m * value for name, value in share.items()})

    @property
    def flesh(self) -> Floats:
        """Return (20,) how far the skin is from each point, in metres."""
        return self.height * np.array(FLESH)


def pose_of(**degrees_or_metres: float) -> Floats:
    """Return a pose, (28,); what is not named is zero. Angles are given in degrees."""
    pose = np.zeros(len(JOINTS))
    for name, value in degrees_or_metres.items():
        pose[COLUMN[name]] = np.radians(value) if name in ANGLES else value
    return pose


def points_of(body: Body, poses: Floats) -> Floats:
    """Return (T, 20, 3) points of the poses (T, 28), in metres from the middle of the hips."""
    angle = {name: poses[:, COLUMN[name]] for name in ANGLES}
    pelvis = _about_z(angle["yaw"]) @ _about_y(angle["pitch"])
    pelvis = pelvis @ _about_x(angle["roll"]) @ _about_z(angle["spin"])
    lumbar = pelvis @ _about_y(angle["stoop"] / 2) @ _about_x(angle["lean"] / 2)
    bent = _about_y(angle["stoop"]) @ _about_x(angle["lean"]) @ _about_z(angle["twist"])
    chest = pelvis @ bent
    head = chest @ _about_z(angle["look"]) @ _about_y(angle["nod"])
    points = np.zeros((len(poses), 20, 3))
    loin = lumbar[:, :, 2] * (body.trunk / 2)
    neck = loin + chest[:, :, 2] * (body.trunk / 2)
    middle = neck + chest[:, :, 2] * (body.neck * 0.45) + head[:, :, 2] * (body.neck * 0.55)
    points[:, LOIN], points[:, HEAD] = loin, middle
    points[:, :5] = middle[:, None] + np.einsum("tij,pj->tpi", head, FACE * body.head)
    for side, (left, name) in enumerate(((1.0, "l"), (-1.0, "r"))):
        shoulder = neck + chest[:, :, 1] * (left * body.shoulders / 2)
        arm = [angle[f"{part}_{name}"] for part in ("raise", "spread", "turn", "elbow")]
        upper, lower = _limb(chest, left, arm, bends=-1.0)
        points[:, 5 + side] = shoulder
        points[:, 7 + side] = shoulder + upper * body.upper_arm
        points[:, 9 + side] = points[:, 7 + side] + lower * body.forearm
        hip = pelvis[:, :, 1] * (left * body.hips / 2)
        leg = [angle[f"{part}_{name}"] for part in ("hip", "out", "swivel", "knee")]
        upper, lower = _limb(pelvis, left, leg, bends=1.0)
        points[:, 11 + side] = hip
        points[:, 13 + side] = hip + upper * body.thigh
        points[:, 15 + side] = points[:, 13 + side] + lower * body.shank
    return points


FACE = np.array(
    [[1.1, 0, -0.1], [0.95, 0.45, 0.3], [0.95, -0.45, 0.3], [0.1, 1.0, 0.1], [0.1, -1.0, 0.1]]
)
"""Nose, eyes and ears from the middle of the head, in half widths of it."""


def resting(
    body: Body,
    poses: Floats,
    at: tuple[float, float] = (0.0, 0.0),
    on_left: Floats | None = None,
) -> tuple[Floats, tuple[float, float]]:
    """Return the points on the floor, (T, 20, 3), and where the middle of the hips ends.

    The lowest part touches the floor (or what is `lift` above it), and whatever touches stays where it is:
    a foot that bears does not slide, a body rolls over what it rests on.

    at: where the middle of the hips begins, x and y.
    on_left: (T,) 1 where the left foot bears and 0 where the right one does, of who goes; None: what is lowest.
    """
    points = points_of(body, poses)
    low = points[:, TOUCHING, 2] - body.flesh[TOUCHING]
    floor = low.min(axis=1)
    bears = np.exp(-(low - floor[:, None]) / GRIP_M)
    if on_left is not None:
        bears[:] = 0
        bears[:, [ANKLES, ANKLES + 1]] = np.stack([on_left, 1 - on_left], axis=1)
    bears = bears / bears.sum(axis=1, keepdims=True) + LEAST_SHARE
    ground = points[:, TOUCHING, :2]
    shared = np.sqrt(bears[1:] * bears[:-1])
    shared /= shared.sum(axis=1, keepdims=True)
    steps = -np.einsum("tp,tpi->ti", shared, np.diff(ground, axis=0))
    yaw = poses[1:, COLUMN["yaw"]]
    ahead, aside = (np.diff(poses[:, COLUMN[name]]) for name in ("ahead", "aside"))
    steps[:, 0] += np.cos(yaw) * ahead - np.sin(yaw) * aside
    steps[:, 1] += np.sin(yaw) * ahead + np.cos(yaw) * aside
    place = np.concatenate([[at], np.asarray(at) + np.cumsum(steps, axis=0)])
    points[:, :, :2] += place[:, None]
    points[:, :, 2] += (poses[:, COLUMN["lift"]] - floor)[:, None]
    return points, (float(place[-1, 0]), float(place[-1, 1]))


def _limb(
    frame: Floats, left: float, angles: Sequence[Floats], *, bends: float
) -> tuple[Floats, Floats]:
    """Return the directions of a limb's upper and lower part, (T, 3) each.

    angles: how far it is lifted, spread and turned about itself, and how far its middle joint is bent.
    """
    lifted, spread, turned, bent = angles
    upper = frame @ _about_x(left * spread) @ _about_y(-lifted)
    lower = upper @ _about_z(-left * turned) @ _about_y(bends * bent)
    return -upper[:, :, 2], -lower[:, :, 2]


def _about_x(angle: Floats) -> Floats:
    return _about(angle, 1, 2)


def _about_y(angle: Floats) -> Floats:
    return _about(angle, 2, 0)


def _about_z(angle: Floats) -> Floats:
    return _about(angle, 0, 1)


def _about(angle: Floats, first: int, second: int) -> Floats:
    """Return (T, 3, 3) rotations that take the first axis towards the second."""
    turn = np.zeros((len(angle), 3, 3))
    turn[:, 0, 0] = turn[:, 1, 1] = turn[:, 2, 2] = 1
    turn[:, first, first] = turn[:, second, second] = np.cos(angle)
    turn[:, second, first] = np.sin(angle)
    turn[:, first, second] = -turn[:, second, first]
    return turn
