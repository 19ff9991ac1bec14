"""The films that speed is measured on, made on the spot from the evaluation clips.

They are encoded as a good camera does (H.264, crf 18, no B-frames, a key frame every 50
frames), always the same for the same clips, so that what a slow peer did can be kept.
"""

import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain, islice, repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.media.planes import Planes, read_planes, write_planes

CRF, GOP = 18, 50
FPS = 30
STRETCH = 3 * FPS
"""Frames of a busy or a quiet stretch of the half busy film."""

NOISE_SIGMA = 2.0
DRIFT, DRIFT_S = 4.0, 20.0
"""The light grows and falls by so many of 255 steps, once in so many seconds."""

MEDIAN_OF = 31
SPARE = 64


def evaluation_clip(name: str) -> Path | None:
    """Return a clip of the evaluation data, None where it is not there."""
    given = os.environ.get("YINGBI_EVAL_DATA", "")
    found = sorted(Path(given, "video").glob(f"{name}.*")) if given else []
    return found[0] if found else None


def busy(source: Path, out: Path, frames: int) -> int:
    """People in every frame: the clip's beginning."""
    return _write(out, islice(read_planes(source), frames), FPS)


def quiet(source: Path, out: Path, frames: int) -> int:
    """Nobody: what the clip's camera sees when all have gone, with noise and drifting light."""
    return _write(out, islice(_empty(source), frames), FPS)


def half_busy(source: Path, out: Path, frames: int) -> int:
    """Three seconds of the one, three of the other, and so on."""
    people, nobody = read_planes(source), _empty(source)
    turns = chain.from_iterable(
        chain(islice(people, STRETCH), islice(nobody, STRETCH)) for _ in repeat(None)
    )
    return _write(out, islice(turns, frames), FPS)


def moving(source: Path, out: Path, frames: int) -> int:
    """A camera that walks: the clip's beginning at its own rate."""
    return _write(out, islice(read_planes(source), frames), 50)


def looped(source: Path, out: Path, frames: int) -> int:
    """A long film: the clip again and again at ten frames a second."""
    again = chain.from_iterable(read_planes(source) for _ in repeat(None))
    return _write(out, islice(again, frames), 10)


Maker = Callable[[Path, Path, int], int]


def _write(out: Path, pictures: Iterator[Planes], fps: int) -> int:
    return write_planes(out, pictures, Fraction(fps), crf=CRF, gop=GOP)


def _empty(source: Path) -> Iterator[Planes]:
    """Yield without end what is left of the clip when all that moves is taken away."""
    chance = np.random.default_rng(110)
    still = _median(source)
    noise = [_field(plane.shape, chance) for plane in still]
    for index in range(1 << 30):
        light = DRIFT * np.sin(2 * np.pi * index / FPS / DRIFT_S)
        luma, blue, red = (
            _noisy(plane, field, chance, drift)
            for plane, field, drift in zip(still, noise, (light, 0.0, 0.0), strict=True)
        )
        yield luma, blue, red


def _median(source: Path) -> tuple[NDArray[np.float32], ...]:
    """Return each plane's median over frames spread through the clip."""
    pictures = list(islice(read_planes(source), 0, None, 9))[:MEDIAN_OF]
    return tuple(
        np.median([picture[n] for picture in pictures], axis=0).astype(np.float32) for n in range(3)
    )


def _field(shape: tuple[int, ...], chance: np.random.Generator) -> NDArray[np.float32]:
    """Return noise larger than the picture: each frame takes it from another place."""
    height, width = shape
    around = (height + SPARE, width + SPARE)
    return chance.standard_normal(around, np.float32) * np.float32(NOISE_SIGMA)


def _noisy(
    plane: NDArray[np.float32],
    field: NDArray[np.float32],
    chance: np.random.Generator,
    light: float,
) -> NDArray[np.uint8]:
    (height, width), (top, left) = plane.shape, chance.integers(0, SPARE, 2)
    noise = field[top : top + height, left : left + width]
    lit = plane + noise + np.float32(light + 0.5)
    found: NDArray[np.uint8] = lit.clip(0, 255, out=lit).astype(np.uint8)
    return found
