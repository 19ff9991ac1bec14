"""Draw the film of `make demo-home`: somebody comes into a room, waves, walks on, and falls.

Nobody was filmed for it. The person is the jointed one of `yingbi.bench.daily`, put into a room
with flesh of capsules; the networks find them as they find people.
"""

import sys
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import pi, radians, tan
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.bench.daily.actor import Actor
from yingbi.bench.daily.body import HEAD, LOIN, PELVIS
from yingbi.bench.daily.days import between_poses, drawn_actor
from yingbi.bench.daily.falls import fall
from yingbi.bench.daily.moves import turn, walk_to, wave
from yingbi.bench.daily.view import Camera

WIDTH, HEIGHT, FPS, SEED = 640, 360, 25, 1
LIES_S = 6.0
"""How long the film goes on after the fall."""
NOISE = 2.5
CAMERA = Camera(1.6, 12.0, 62.0, WIDTH / HEIGHT)
FOCAL = HEIGHT * CAMERA.aspect / 2 / tan(radians(CAMERA.lens_deg) / 2)
SKIN, SHIRT, TROUSERS, HAIR, SHOES = (
    (214, 168, 140), (60, 96, 170), (70, 66, 62), (50, 38, 30), (40, 36, 34),
)  # fmt: skip
LIMBS = (
    (5, 7, 0.055, SHIRT), (6, 8, 0.055, SHIRT), (7, 9, 0.042, SKIN), (8, 10, 0.042, SKIN),
    (11, 13, 0.085, TROUSERS), (12, 14, 0.085, TROUSERS), (13, 15, 0.06, TROUSERS),
    (14, 16, 0.06, TROUSERS),
)  # fmt: skip
"""From which point to which, how thick in metres, and of which colour."""

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]


def main() -> None:
    """Write the film to the path given."""
    make_home_film(Path(sys.argv[1]))


def make_home_film(path: Path) -> float:
    """Write the film; return when the fall begins, in seconds."""
    actor = played()
    moments, points = actor.played()
    times = np.arange(0, actor.falls[0].struck_s + LIES_S, 1 / FPS)
    chance, empty = np.random.default_rng(SEED), room()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, figure in enumerate(between_poses(times, moments, points)):
            picture = empty.copy()
            person(picture, figure)
            noisy = picture + chance.normal(0, NOISE, picture.shape)
            frame = av.VideoFrame.from_ndarray(np.clip(noisy, 0, 255).astype(np.uint8), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return actor.falls[0].descent_s


def played() -> Actor:
    """Return somebody who has come in, waved, gone on, fallen, and stays down."""
    actor = drawn_actor(np.random.default_rng(SEED), child=False)
    actor.place = (4.6, -2.6)
    walk_to(actor, 3.5, 0.9)
    turn(actor, pi)
    wave(actor)
    walk_to(actor, 3.3, 0.1)
    turn(actor, pi)
    fall(actor, "faint")
    return actor


def room() -> Picture:
    """Return the room without anybody: a wall, a floor, a window, a sofa, a picture, a plant."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    horizon = 205
    for y in range(HEIGHT):
        share = y / HEIGHT
        picture[y] = (206 - 30 * share, 200 - 32 * share, 188 - 34 * share)
        if y >= horizon:
            picture[y] = (150 - 40 * share, 122 - 38 * share, 96 - 34 * share)
    for n in range(9):  # boards run away from the camera
        x = WIDTH // 2 + (n - 4) * 46
        far = (WIDTH // 2 + (n - 4) * 150, HEIGHT)
        cv2.line(picture, (x, horizon), far, (104, 84, 66), 1, cv2.LINE_AA)
    cv2.rectangle(picture, (40, 40), (170, 150), (236, 240, 244), -1)
    cv2.rectangle(picture, (40, 40), (170, 150), (120, 110, 100), 5)
    cv2.line(picture, (105, 40), (105, 150), (120, 110, 100), 4)
    cv2.rectangle(picture, (430, 150), (620, 240), (120, 72, 60), -1)
    cv2.rectangle(picture, (430, 200), (620, 252), (140, 86, 70), -1)
    cv2.rectangle(picture, (300, 60), (372, 112), (90, 120, 110), -1)
    cv2.rectangle(picture, (300, 60), (372, 112), (70, 60, 50), 3)
    return np.asarray(cv2.GaussianBlur(picture, (3, 3), 0), np.uint8)


def seen(points: Points) -> tuple[Points, Points]:
    """Return (20, 2) pixels and (20,) metres away."""
    down = radians(CAMERA.down_deg)
    x, y, z = points[:, 0], points[:, 1], points[:, 2] - CAMERA.height_m
    up, away = x * np.sin(down) + z * np.cos(down), x * np.cos(down) - z * np.sin(down)
    pixels = np.stack([WIDTH / 2 - FOCAL * y / away, HEIGHT / 2 - FOCAL * up / away], axis=1)
    return pixels, away


def person(picture: Picture, points: Points) -> None:
    """Put the person into the picture, what is far first."""
    pixels, away = seen(points)
    shadow(picture, pixels, away)
    parts: list[tuple[float, Callable[[], None]]] = [
        (float(away[LOIN]) - 0.02, lambda: trunk(picture, pixels, away)),
        (float(away[HEAD]) - 0.02, lambda: head(picture, pixels, away)),
    ]
    for start, end, thick, colour in LIMBS:
        wide = FOCAL * thick * 2 / float(away[[start, end]].mean())
        limb = partial(capsule, picture, (pixels[start], pixels[end]), wide, colour)
        parts.append((float(away[[start, end]].mean()), limb))
    for _, draw in sorted(parts, key=lambda one: -one[0]):
        draw()
    for ankle in (15, 16):
        r = FOCAL * 0.06 / away[ankle]
        spot(picture, pixels[ankle], (r * 1.2, r * 0.8), SHOES)


def capsule(
    picture: Picture, ends: tuple[Points, Points], wide: float, colour: tuple[int, int, int]
) -> None:
    """Draw a limb that is lighter along its middle."""
    (x0, y0), (x1, y1) = (np.round(end).astype(int).tolist() for end in ends)
    for share in (1.0, 0.7, 0.4):
        tone = tuple(int(c * (0.75 + 0.3 * (1 - share))) for c in colour)
        cv2.line(picture, (x0, y0), (x1, y1), tone, max(2, round(wide * share)), cv2.LINE_AA)


def trunk(picture: Picture, pixels: Points, away: Points) -> None:
    """Draw the body from the shoulders to the hips, and the neck."""
    scale = float(FOCAL / away[LOIN])
    outline = cv2.convexHull(np.round(pixels[[5, 6, 12, 11]]).astype(np.int32))
    for share, tone in ((0.17, 0.78), (0.10, 0.92), (0.04, 1.05)):
        colour = tuple(min(255, int(c * tone)) for c in SHIRT)
        wide = max(1, round(share * scale))
        cv2.fillConvexPoly(picture, outline, colour, cv2.LINE_AA)
        cv2.polylines(
            picture, [outline], isClosed=True, color=colour, thickness=wide, lineType=cv2.LINE_AA
        )
    neck = (pixels[5] + pixels[6]) / 2
    capsule(picture, (neck, pixels[HEAD]), 0.09 * scale, SKIN)


def head(picture: Picture, pixels: Points, away: Points) -> None:
    """Draw head and hair, and the face where it looks this way."""
    r = float(FOCAL * 0.1 / away[HEAD])
    spot(picture, pixels[HEAD], (r * 0.95, r * 1.25), HAIR)
    if away[0] >= away[HEAD]:
        return
    nose = pixels[0]
    spot(picture, pixels[HEAD] + (nose - pixels[HEAD]) * 0.35, (r * 0.78, r), SKIN)
    for eye in (1, 2):
        spot(picture, pixels[eye], (r * 0.16, r * 0.1), (30, 26, 24))
    mouth = nose + (nose - (pixels[1] + pixels[2]) / 2) * 0.9
    spot(picture, mouth, (r * 0.26, r * 0.07), (150, 70, 66))
    spot(picture, nose, (r * 0.1, r * 0.14), (196, 146, 120))


def spot(
    picture: Picture, at: Points, axes: tuple[float, float], colour: tuple[int, int, int]
) -> None:
    """Draw a filled ellipse."""
    x, y = np.round(at).astype(int).tolist()
    size = (max(1, round(axes[0])), max(1, round(axes[1])))
    cv2.ellipse(picture, (x, y), size, 0, 0, 360, colour, cv2.FILLED, cv2.LINE_AA)


def shadow(picture: Picture, pixels: Points, away: Points) -> None:
    """Darken the floor under the person."""
    under = pixels[PELVIS].copy()
    under[1] = max(pixels[15, 1], pixels[16, 1], pixels[PELVIS, 1]) + 4
    dark = picture.copy()
    wide = FOCAL * 0.35 / away[PELVIS]
    spot(dark, under, (wide, wide * 0.3), (60, 50, 42))
    picture[:] = cv2.addWeighted(dark, 0.4, picture, 0.6, 0)


if __name__ == "__main__":
    main()
