"""Postures that movements begin and end with."""

from math import acos, degrees

import numpy as np

from yingbi.bench.daily.body import Body, Floats, pose_of


def both(**degrees_: float) -> dict[str, float]:
    """Return the same angles for the left and the right."""
    return {f"{name}_{side}": value for name, value in degrees_.items() for side in "lr"}


ARMS = both(elbow=18.0, spread=7.0)

STAND = pose_of(**ARMS, **both(hip=2.0, knee=4.0, out=2.0))
BEND = pose_of(pitch=48, stoop=38, nod=-15, **both(hip=58, knee=16, out=3, **{"raise": 92}))
STOOP_LOW = pose_of(pitch=60, stoop=45, nod=-10, **both(hip=76, knee=34, out=4, **{"raise": 112}))
SQUAT = pose_of(pitch=34, stoop=25, nod=-10, **both(hip=112, knee=125, out=12, **{"raise": 60}))
KNEEL = pose_of(pitch=4, **both(hip=6, knee=92, out=5), **ARMS)
HALF_KNEEL = pose_of(
    pitch=18, stoop=42, nod=5, hip_l=112, knee_l=96, hip_r=14, knee_r=98, out_l=4, out_r=6,
    **both(elbow=25, **{"raise": 66}),
)  # fmt: skip
ALL_FOURS = pose_of(pitch=72, nod=-48, **both(hip=72, knee=92, out=3, elbow=4, **{"raise": 73}))
PLANK = pose_of(pitch=74, nod=-20, **both(hip=-2, knee=2, elbow=5, **{"raise": 76}))
LIE_BACK = pose_of(pitch=-88, nod=12, **both(hip=6, knee=8, out=6, spread=14, elbow=14))
LIE_SIDE = pose_of(
    roll=86, lean=4, hip_l=38, knee_l=52, hip_r=28, knee_r=40, nod=8,
    raise_l=52, elbow_l=66, raise_r=48, elbow_r=62,
)  # fmt: skip
LIE_FRONT = pose_of(pitch=87, look=62, nod=-4, **both(knee=5, out=7, spread=62, turn=-90, elbow=75))
SLUMP = pose_of(pitch=-32, stoop=14, nod=28, **both(hip=52, knee=18, out=12, spread=20, elbow=20))
"""Half sitting on the floor, the back against a wall."""
FLOOR_SIT = pose_of(pitch=-12, stoop=22, **both(hip=88, knee=50, out=14, elbow=38, **{"raise": 42}))
PROP = pose_of(
    pitch=-48, stoop=24, hip_l=58, knee_l=70, hip_r=42, knee_r=40,
    **both(spread=22, elbow=20, **{"raise": -48}),
)  # fmt: skip
"""On the floor, raised on both arms behind the back."""


def seated(body: Body, seat_m: float, back: float = -8.0) -> Floats:
    """Return sitting with the feet on the floor, or with hanging feet where the legs are short.

    seat_m: height of the seat. back: how far the pelvis leans, degrees.
    """
    hips_m = seat_m + 0.065 * body.height
    below = body.shank + 0.039 * body.height
    thigh = degrees(acos(float(np.clip((hips_m - below) / body.thigh, -0.5, 0.42))))
    reach = below + body.thigh * float(np.cos(np.radians(thigh)))
    return pose_of(
        pitch=back, stoop=16, nod=6, lift=max(0.0, hips_m - reach),
        **both(hip=thigh + back, knee=thigh, out=8, spread=6, elbow=52, **{"raise": 24}),
    )  # fmt: skip
