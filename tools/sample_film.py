"""Make the sample film of the demo from one picture that is in the public domain.

It is NASA's portrait of Eileen Collins as scikit-image brings it (`astronaut.png`). It hangs on a
wall beside a landscape; both of these are drawn here. A camera moves along the wall: the face
enters from the border, leaves, comes back larger, and turns dark. Noise as of a small sensor
keeps neighbouring frames from being equal.
"""

import sys
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 640, 360
FPS = 25
SECONDS = 8
FRAMES = FPS * SECONDS
RATE = 48_000
SOUND_FRAME = 1024
NOISE = 3.0  # standard deviation, in steps of 8 bits

WALL_WIDTH, WALL_HEIGHT, FLOOR = 1400, 720, 610

WAY = (
    # s, centre x and y, width of what the camera sees (pixels of the wall), brightness
    (0.0, 1030, 320, 640, 1.0),  # the landscape alone
    (0.8, 1030, 320, 640, 1.0),
    (2.3, 500, 330, 860, 1.0),  # the face came in over the left border
    (3.0, 500, 330, 860, 1.0),
    (4.2, 1000, 350, 640, 1.0),  # and left over it
    (4.7, 1000, 350, 640, 1.0),
    (6.0, 390, 285, 600, 1.0),  # here it is again, larger
    (6.4, 390, 285, 600, 1.0),
    (7.2, 380, 285, 580, 0.22),  # now it turns dark
    (8.0, 370, 285, 570, 0.22),
)


def main() -> None:
    """Write the film to the path that is given."""
    if len(sys.argv) != 2:
        sys.exit("usage: sample_film.py OUT.mp4")
    make_sample(Path(sys.argv[1]))


def make_sample(path: Path) -> Path:
    """Write the film (H.264 and AAC, 640x360, 25 frames a second, 8 s) and return its path."""
    with av.open(str(path), "w", format="mp4") as container:
        film = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        film.width, film.height, film.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        film.time_base = Fraction(1, FPS)
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for number, picture in enumerate(_pictures()):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(film.encode(frame))
        container.mux(film.encode(None))
        for tone in _tones():
            container.mux(sound.encode(tone))
        container.mux(sound.encode(None))
    return path


def portrait() -> Image.Image:
    """Return the portrait, 512x512 RGB; it is read without loading scikit-image."""
    found = find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        sys.exit("scikit-image is missing; run: tools/bootstrap.sh demo")
    place = Path(found.submodule_search_locations[0]) / "data" / "astronaut.png"
    with Image.open(place) as picture:
        return picture.convert("RGB")


def _landscape(width: int, height: int) -> Image.Image:
    """Return hills behind hills under an evening sky."""
    rows, columns = np.mgrid[0:height, 0:width]
    sky = rows[..., None] / height
    picture = np.array([92, 138, 190]) * (1 - sky) + np.array([250, 214, 160]) * sky
    for ridge in range(5):
        wave = np.sin(columns / (130 - 18 * ridge) + 2.1 * ridge)
        wave += 0.4 * np.sin(columns / (41 - 5 * ridge) + 0.7 * ridge)
        crest = height * (0.42 + 0.13 * ridge) + 22 * wave
        colour = np.array([112, 140, 150]) * (1 - ridge / 5) + np.array([24, 58, 48]) * ridge / 5
        picture = np.where((rows > crest)[..., None], colour, picture)
    return Image.fromarray(picture.round().clip(0, 255).astype(np.uint8))


def _wall() -> Image.Image:
    """Return the wall with both pictures, lit from above, and the floor below."""
    rows, columns = np.mgrid[0:WALL_HEIGHT, 0:WALL_WIDTH]
    lamps = sum(
        np.exp(-(((columns - x) / 330) ** 2) - ((rows - 150) / 420) ** 2) for x in (330, 1020)
    )
    wall = np.array([122, 132, 136]) + 58 * lamps[..., None]
    planks = 8 * ((columns + (rows - FLOOR) * (columns - 700) // 900) // 90 % 2)
    floor = np.array([104, 82, 62]) + planks[..., None]
    room = np.where(rows[..., None] < FLOOR, wall, floor)
    room[FLOOR - 14 : FLOOR] = (214, 212, 206)
    picture = Image.fromarray(room.clip(0, 255).astype(np.uint8))
    for hung, x, y in ((portrait().resize((420, 420)), 120, 90), (_landscape(560, 420), 740, 90)):
        picture.paste((52, 44, 38), (x - 12, y - 12, x + hung.width + 12, y + hung.height + 12))
        picture.paste((236, 234, 228), (x - 6, y - 6, x + hung.width + 6, y + hung.height + 6))
        picture.paste(hung, (x, y))
    return picture


def _pictures() -> Iterator[NDArray[np.uint8]]:
    """Yield (360, 640, 3) of every frame."""
    source, chance = _wall(), np.random.default_rng(1_979)
    for number in range(FRAMES):
        x, y, width, light = _camera(number / FPS)
        zoom = width / WIDTH
        left, top = x - width / 2, y - zoom * HEIGHT / 2
        seen = source.transform(
            (WIDTH, HEIGHT),
            Image.Transform.AFFINE,
            (zoom, 0, left, 0, zoom, top),
            Image.Resampling.BICUBIC,
        )
        noise = chance.normal(0, NOISE, (HEIGHT, WIDTH, 1))
        lit = np.asarray(seen, np.float64) * light + noise
        yield lit.round().clip(0, 255).astype(np.uint8)


def _camera(time_s: float) -> tuple[float, float, float, float]:
    """Return where the camera looks (x, y, width) and the light, between two stations."""
    before = max(i for i, station in enumerate(WAY[:-1]) if station[0] <= time_s)
    start, end = WAY[before], WAY[before + 1]
    share = (time_s - start[0]) / (end[0] - start[0])
    ease = share * share * (3 - 2 * share)  # it starts and stops gently, as a hand does
    x, y, width, light = (a + (b - a) * ease for a, b in zip(start[1:], end[1:], strict=True))
    return x, y, width, light


def _tones() -> Iterator[av.AudioFrame]:
    """Yield a soft chord that swells and fades, as long as the film."""
    for start in range(0, RATE * SECONDS, SOUND_FRAME):
        moment = np.arange(start, start + SOUND_FRAME) / RATE
        swell = 0.06 * np.sin(np.pi * np.clip(moment / SECONDS, 0, 1))
        wave = sum(np.sin(2 * np.pi * pitch * moment) for pitch in (220.0, 277.2, 329.6))
        frame = av.AudioFrame.from_ndarray(
            (swell * wave).astype(np.float32)[None], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        yield frame


if __name__ == "__main__":
    main()
