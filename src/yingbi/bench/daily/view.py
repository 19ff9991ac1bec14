"""A camera on a wall or shelf, and what it sees of somebody: points, and a box around what is visible."""

from dataclasses import dataclass, field
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.daily.body import HEAD, KEY_POINTS, PELVIS, Body, Floats

BLOCKED = 0.05
"""A point is behind the trunk that is so far farther away than it, in heights."""
OVER = 0.04
"""So far a box reaches over the border at most, in heights of the picture."""
TRUNK = 0.075
"""Half width of the trunk, in heights."""
SEEN_FROM = 0.12
"""Cosine between face and camera from which a nose or eye is seen; ears are seen from their own side."""
OUTSKIRT = np.array([0.035] * 5 + [0.06] * 2 + [0.03] * 2 + [0.07] * 2 + [0.08] * 2
                    + [0.05] * 2 + [0.075] * 2 + [0.075, 0.075, 0.09])  # fmt: skip
"""How far hair, clothes, hands and feet reach around each point, in heights."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera stands: in the origin, at a height, looking along x and down.

    lens_deg: angle of view from left to right. aspect: width by height of the picture.
    """

    height_m: float
    down_deg: float
    lens_deg: float
    aspect: float

    @property
    def focal(self) -> float:
        """Focal length in heights of the picture."""
        return self.aspect / 2 / tan(radians(self.lens_deg) / 2)


@dataclass(frozen=True, slots=True)
class Screen:
    """A piece of furniture: x0, x1 and top in heights of the picture; hides what is beyond its distance."""

    x0: float
    x1: float
    top: float
    beyond_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a camera sees in T moments, before any network looks at it.

    points: (T, 17, 2) in heights of the picture. shown: (T, 17) not hidden and not outside.
    outside: (T, 17) beside the picture. box: (T, 4). visible: (T,) share of the body.
    """

    points: Floats = field(repr=False)
    shown: NDArray[np.bool_] = field(repr=False)
    outside: NDArray[np.bool_] = field(repr=False)
    box: Floats = field(repr=False)
    visible: Floats = field(repr=False)


def drawn_camera(chance: np.random.Generator) -> Camera:
    """Return one of the cameras that people have, 1.2 to 2.6 m high with a lens of 40 to 100 degrees."""
    height_m = float(chance.uniform(1.2, 2.6))
    aspect = float(chance.choice([16 / 9, 4 / 3]))
    lens = float(chance.uniform(55, 100) if chance.random() < 0.85 else chance.uniform(40, 55))
    down = float(np.degrees(np.arctan2(height_m - 0.85, 3.6)) + chance.uniform(-4, 5))
    return Camera(height_m, down, lens, aspect)


def seen(camera: Camera, body: Body, points: Floats, screen: Screen | None = None) -> Seen:
    """Return what is seen of the points (T, 20, 3), in metres in the room."""
    side, up, depth = _in_camera(camera, points)
    near = np.maximum(depth, 0.3)
    x = camera.aspect / 2 - camera.focal * side / near
    y = 0.5 - camera.focal * up / near
    hidden = depth < 0.3
    if screen is not None:
        behind = (x > screen.x0) & (x < screen.x1) & (y > screen.top)
        hidden |= behind & (depth > screen.beyond_m)
    inside = (x > 0) & (x < camera.aspect) & (y > 0) & (y < 1)
    reach = OUTSKIRT * body.height * camera.focal / near
    visible = inside & ~hidden
    box = _box(x, y, reach, hidden, screen)
    edges = np.array([0, 0, camera.aspect, 1]) + np.array([-OVER, -OVER, OVER, OVER])
    box = np.clip(box, edges[[0, 1, 0, 1]], edges[[2, 3, 2, 3]])
    shown = visible[:, :KEY_POINTS] & ~_behind_trunk(points, body, camera)
    shown[:, :5] &= _facing(points, body, camera)
    places = np.stack([x, y], axis=2)[:, :KEY_POINTS]
    return Seen(places, shown, ~inside[:, :KEY_POINTS], box, visible.mean(axis=1))


def _in_camera(camera: Camera, points: Floats) -> tuple[Floats, Floats, Floats]:
    """Return metres to the left, up and away from the camera."""
    down = radians(camera.down_deg)
    x, y, z = points[..., 0], points[..., 1], points[..., 2] - camera.height_m
    return y, x * sin(down) + z * cos(down), x * cos(down) - z * sin(down)


def _box(
    x: Floats, y: Floats, reach: Floats, hidden: NDArray[np.bool_], screen: Screen | None
) -> Floats:
    """Return the box around what is not hidden; it may reach over the border."""
    far = 9.0
    left = np.where(hidden, far, x - reach).min(axis=1)
    right = np.where(hidden, -far, x + reach).max(axis=1)
    top = np.where(hidden, far, y - reach).min(axis=1)
    bottom = np.where(hidden, -far, y + reach).max(axis=1)
    if screen is not None:
        cut = hidden.any(axis=1) & (bottom < screen.top)
        bottom = np.where(cut, screen.top, bottom)
    return np.stack([left, top, right, bottom], axis=1)


def _to_camera(camera: Camera, points: Floats) -> Floats:
    """Return unit vectors from the points to the camera."""
    way = np.array([0, 0, camera.height_m]) - points
    unit: Floats = way / np.linalg.norm(way, axis=-1, keepdims=True)
    return unit


def _facing(points: Floats, body: Body, camera: Camera) -> NDArray[np.bool_]:
    """Return (T, 5): which of nose, eyes and ears are on the side of the head that is seen."""
    middle = points[:, HEAD]
    out = (points[:, :5] - middle[:, None]) / body.head
    toward = np.einsum("tpi,ti->tp", out, _to_camera(camera, middle))
    facing: NDArray[np.bool_] = toward > np.array([SEEN_FROM, 0.0, 0.0, -0.25, -0.25])
    return facing


def _behind_trunk(points: Floats, body: Body, camera: Camera) -> NDArray[np.bool_]:
    """Return (T, 17): which points the trunk hides, by the ray to the camera past its axis."""
    neck = (points[:, 5] + points[:, 6]) / 2
    axis = points[:, PELVIS] - neck
    key = points[:, :KEY_POINTS]
    ray = _to_camera(camera, key)
    start = key - neck[:, None]
    across = np.cross(ray, axis[:, None])
    long = np.maximum(np.linalg.norm(across, axis=2), 1e-6)
    apart = np.abs(np.einsum("tpi,tpi->tp", start, across)) / long
    square = long**2
    along_ray = np.einsum("tpi,tpi->tp", np.cross(axis[:, None], start), across) / square
    along_axis = np.einsum("tpi,tpi->tp", np.cross(ray, start), across) / square
    hidden = (apart < TRUNK * body.height) & (along_axis > 0.05) & (along_axis < 0.95)
    hidden &= along_ray > BLOCKED * body.height
    hidden[:, [5, 6, 11, 12]] = False  # they are on the trunk itself
    found: NDArray[np.bool_] = hidden
    return found
