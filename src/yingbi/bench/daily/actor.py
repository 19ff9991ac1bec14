"""Somebody who moves: poses that follow each other smoothly, and where the body is meanwhile.

Reaching and sitting down have the timing of least jerk (Flash and Hogan 1985); whoever falls gathers speed as
a pendulum does that was upside down.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import asin, ceil, cosh, pi

import numpy as np

from yingbi.bench.daily.body import ANGLES, COLUMN, JOINTS, PELVIS, Body, Floats, resting

STEP_S, LONG_S, LONG_STEP_S = 1 / 24, 3.0, 1 / 10
"""Time between two poses that are worked out, and the same of what takes long, walking aside."""
LONGER, DOWN_M = 12, 0.04
"""So often a fall may take a tenth longer, until the body is this near to the floor."""
GRAVITY = 9.81
TOPPLING = 2.0
"""Time constants of the pendulum in one fall: more of them, and it begins more slowly."""


@dataclass(frozen=True, slots=True)
class Span:
    """What was done, or how somebody was, between two times."""

    name: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Fall:
    """A fall: when balance was lost, when the descent began, and when the body struck the floor."""

    kind: str
    lost_s: float
    descent_s: float
    struck_s: float


@dataclass(frozen=True, slots=True)
class Swing:
    """One joint that goes back and forth.

    size: radians or metres. shape: of the phase in radians. rate_hz: times a second. phase: 0..1.
    """

    joint: str
    size: float
    rate_hz: float
    phase: float
    shape: Callable[[Floats], Floats]


def smooth(share: Floats) -> Floats:
    """Return how far a movement of least jerk has come after a share of its time."""
    return share**3 * (10 - 15 * share + 6 * share**2)


def falling(share: Floats) -> Floats:
    """Return how far who topples has come after a share of the time."""
    return (np.cosh(TOPPLING * share) - 1) / (cosh(TOPPLING) - 1)


def broken(by: float) -> Callable[[Floats], Floats]:
    """Return a fall of which a share is broken by hands and knees, so that it ends more slowly."""

    def ease(share: Floats) -> Floats:
        return falling(share) * (1 - by) + smooth(share) * by

    return ease


def ballistic(heights: Floats, step_s: float) -> Floats:
    """Return the lowest heights, none below those given, that never rise and fall no faster than free."""
    floor = np.maximum.accumulate(heights[::-1])[::-1]
    found = floor.copy()
    for i in range(2, len(found)):
        free = 2 * found[i - 1] - found[i - 2] - GRAVITY * step_s**2
        found[i] = max(found[i], free)
    return found


def steady(share: Floats) -> Floats:
    """Return the share itself: as fast at its ends as between."""
    return share


def wave_of(phase: Floats) -> Floats:
    """Return the plain back and forth."""
    return np.sin(phase)


def stride_of(phase: Floats) -> Floats:
    """Return the back and forth of a thigh: nearly as fast all the way."""
    found: Floats = np.arcsin(0.97 * np.sin(phase)) / asin(0.97)
    return found


def step_of(phase: Floats) -> Floats:
    """Return the bending of a knee while its foot goes ahead, where `stride_of` moves the hip."""
    return np.maximum(np.cos(phase + 0.25), 0)


def hop_of(phase: Floats) -> Floats:
    """Return what leaves the floor twice in each round."""
    return np.abs(np.sin(phase)) ** 2


@dataclass(slots=True, eq=False)
class Actor:
    """One person through time, from a first pose on.

    Everything is done at the end of what was done before; `played` returns it all.
    """

    body: Body
    chance: np.random.Generator
    pose: Floats
    place: tuple[float, float] = (0.0, 0.0)
    time_s: float = 0.0
    doing: list[Span] = field(default_factory=list)
    being: list[Span] = field(default_factory=list)
    falls: list[Fall] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    hidden: list[Span] = field(default_factory=list)
    _times: list[Floats] = field(default_factory=list)
    _points: list[Floats] = field(default_factory=list)

    def to(
        self,
        for_s: float,
        target: Floats,
        *,
        ease: Callable[[Floats], Floats] = smooth,
        via: Floats | None = None,
        late: dict[str, float] | None = None,
        swings: tuple[Swing, ...] = (),
        stride: Swing | None = None,
    ) -> None:
        """Go from the pose now to another.

        via: added in between, most of all halfway. late: share of the time that passes before a
        joint begins. swings: go on top of it, growing at the beginning and fading at the end.
        stride: that of the left hip, of who goes: the foot that moves back bears.
        """
        poses = self._between(
            for_s, target, ease=ease, via=via, late=late, swings=swings, finely=stride is not None
        )
        on_left = None
        if stride is not None:
            phase = 2 * pi * (stride.rate_hz * np.linspace(0, for_s, len(poses)) + stride.phase)
            on_left = (np.cos(phase) < 0).astype(float)
        points, place = resting(self.body, poses, self.place, on_left)
        self._keep(for_s, target, points, place)

    def drop(
        self,
        for_s: float,
        target: Floats,
        *,
        ease: Callable[[Floats], Floats],
        via: Floats,
        late: dict[str, float] | None = None,
    ) -> None:
        """Go to another pose as who falls: never up again, and nowhere faster than free fall.

        It takes longer than `for_s` where gravity does not bring the body down in that time.
        """
        for _ in range(LONGER):
            poses = self._between(for_s, target, ease=ease, via=via, late=late)
            points, place = resting(self.body, poses, self.place)
            above = (
                ballistic(points[:, PELVIS, 2], for_s / (len(points) - 1)) - points[:, PELVIS, 2]
            )
            if above[-1] < DOWN_M:
                break
            for_s *= 1.1
        above -= above[-1] * np.linspace(0, 1, len(above)) ** 2  # it ends on the floor
        points[:, :, 2] += above[:, None]
        self._keep(for_s, target, points, place)

    def _between(
        self,
        for_s: float,
        target: Floats,
        *,
        ease: Callable[[Floats], Floats],
        via: Floats | None = None,
        late: dict[str, float] | None = None,
        swings: tuple[Swing, ...] = (),
        finely: bool = False,
    ) -> Floats:
        """Return the poses on the way, (T, 28)."""
        step_s = LONG_STEP_S if for_s > LONG_S and not finely else STEP_S
        count = max(2, ceil(for_s / step_s) + 1)
        share = np.linspace(0, 1, count)
        begins = np.zeros(len(JOINTS))
        for name, part in (late or {}).items():
            begins[COLUMN[name]] = part
        of_joint = np.clip((share[:, None] - begins) / (1 - begins), 0, 1)
        poses = self.pose + ease(of_joint) * (target - self.pose)
        if via is not None:
            poses += np.sin(pi * ease(share)[:, None]) ** 2 * via
        ramp = smooth(np.clip(np.minimum(share, 1 - share) * for_s / 0.5, 0, 1))
        for swing in swings:
            phase = 2 * pi * (swing.rate_hz * share * for_s + swing.phase)
            poses[:, COLUMN[swing.joint]] += ramp * swing.size * swing.shape(phase)
        return poses

    def _keep(
        self, for_s: float, target: Floats, points: Floats, place: tuple[float, float]
    ) -> None:
        self._times.append(self.time_s + np.linspace(0, for_s, len(points))[:-1])
        self._points.append(points[:-1])
        self.pose, self.time_s, self.place = target.copy(), self.time_s + for_s, place
        self._last = points[-1:]

    _last: Floats = field(default_factory=lambda: np.zeros((0, 20, 3)))

    def changed(self, **degrees_or_metres: float) -> Floats:
        """Return the pose now with some joints set otherwise."""
        pose = self.pose.copy()
        for name, value in degrees_or_metres.items():
            pose[COLUMN[name]] = np.radians(value) if name in ANGLES else value
        return pose

    def towards(self, posture: Floats, **degrees_or_metres: float) -> Floats:
        """Return a posture at the heading and place of now, with some joints set otherwise."""
        pose = posture.copy()
        for name in ("yaw", "ahead", "aside"):
            pose[COLUMN[name]] += self.pose[COLUMN[name]]
        for name, value in degrees_or_metres.items():
            added = np.radians(value) if name in ANGLES else value
            pose[COLUMN[name]] = pose[COLUMN[name]] + added
        return pose

    def did(self, activity: str, since_s: float) -> None:
        """Note what was done since a time."""
        self.doing.append(Span(activity, since_s, self.time_s))

    def was(self, behaviour: str, since_s: float) -> None:
        """Note how the person was since a time; nothing is noted of the ways between."""
        if self.time_s > since_s:
            self.being.append(Span(behaviour, since_s, self.time_s))

    def played(self) -> tuple[Floats, Floats]:
        """Return times (T,) and points (T, 20, 3) of all that was done."""
        times = np.concatenate([*self._times, [self.time_s]])
        return times, np.concatenate([*self._points, self._last])
