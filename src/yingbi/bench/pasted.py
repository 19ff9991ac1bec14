"""People from portraits that move through real films: where they are is known to the pixel."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.leak import compared, evaluation_data, unmeasured
from yingbi.bench.leak_films import CRF, GOP, show
from yingbi.bench.row import Row
from yingbi.bench.stills import Still, pasteable
from yingbi.bench.truth import Affine, Clip, Person, around, head, patch
from yingbi.domain.messages import say
from yingbi.domain.region import BoxXYXY
from yingbi.media.planes import (
    Planes,
    Samples8,
    planes_of,
    read_planes,
    read_rgb,
    resized,
    write_planes,
)

SCENES = (
    ("meeting_640x360", 25),
    ("ocv4n_crowd_800x450", 24),
    ("office_people_movement", 30),
    ("one-by-one-person-detection", 10),
    ("short_hamilton_clip", 30),
    ("towncentre_1080p", 30),
)
"""Films of the evaluation data and the rate that they are given."""

FRAMES, SKIPPED = 40, 20
TOGETHER = 3
LONGER_SIDE = 640
HEIGHTS = (20, 28, 40, 56, 80, 110)
REACH = (0.95, 1.15)
"""Half axes of what is shown of a portrait, in widths and heights of its face: head and neck."""


def pasted(frames: int = FRAMES) -> list[Row]:
    """Measure the films that people were pasted into; only these people are counted."""
    what = say("people pasted into films who leak")
    data = evaluation_data()
    people = pasteable(data) if data else []
    if data is None or not people:
        return unmeasured("leak-pasted", what)
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        folder = Path(name)
        made = [
            _scene(Scene(number, source, rate, frames), people, folder)
            for number, (scene, rate) in enumerate(SCENES)
            for source in sorted((data / "video").glob(f"{scene}.*"))
        ]
        return list(compared("leak-pasted", what, made, folder))


@dataclass(frozen=True, slots=True)
class Scene:
    """One film to paste into, and how much of it is shown."""

    number: int
    source: Path
    rate: int
    frames: int


def _scene(scene: Scene, people: Sequence[Still], folder: Path) -> Clip:
    end = SKIPPED + scene.frames
    background = [_fitted(planes) for planes in islice(read_planes(scene.source), SKIPPED, end)]
    high, wide = background[0][0].shape
    chance = np.random.default_rng([110, scene.number])
    cast = [people[(scene.number * TOGETHER + n) % len(people)] for n in range(TOGETHER)]
    boxes = [still.boxes[0] for still in cast]
    paths = []
    for which, box in enumerate(boxes):
        height = min(HEIGHTS[(scene.number + 2 * which) % len(HEIGHTS)], high // 4)
        row = high * (0.2 + 0.3 * which)
        paths.append(list(_path(box, height, (wide, row), len(background), chance)))
    path, rate = folder / f"pasted-{scene.number}.mp4", Fraction(scene.rate)
    write_planes(path, _pasted(background, cast, paths), rate, crf=CRF, gop=GOP)
    without = folder / f"without-{scene.number}.mp4"
    write_planes(without, background, rate, crf=CRF, gop=GOP)
    return Clip(path, "pasted", rate, tuple(_people(boxes, paths, (wide, high))), without)


def _people(
    boxes: Sequence[BoxXYXY], paths: Sequence[Sequence[Affine]], size: tuple[int, int]
) -> Iterator[Person]:
    """Yield who is seen where; who is drawn later hides who was drawn before."""
    for which, (box, its) in enumerate(zip(boxes, paths, strict=True)):
        later = list(zip(boxes[which + 1 :], paths[which + 1 :], strict=True))
        patches = [
            patch(box, affine, size, [_shown(other, over[index]) for other, over in later])
            for index, affine in enumerate(its)
        ]
        yield Person(tuple(patches), tuple(head(box, affine) for affine in its))


def _shown(box: BoxXYXY, affine: Affine) -> BoxXYXY:
    """Return the box of the frame in which a portrait shows."""
    x0, y0, x1, y1 = box
    scale = float(np.hypot(affine[0, 0], affine[1, 0]))
    column, row = affine[:, :2] @ ((x0 + x1) / 2, (y0 + y1) / 2) + affine[:, 2]
    wide, high = (x1 - x0) * REACH[0] * scale * 1.1, (y1 - y0) * REACH[1] * scale * 1.1
    return round(column - wide), round(row - high), round(column + wide), round(row + high)


def _fitted(planes: Planes) -> Planes:
    """Return the picture at no more than the longer side, its sides divisible by 16."""
    high, wide = planes[0].shape
    scale = min(1.0, LONGER_SIDE / max(wide, high))
    wide, high = (max(16, round(side * scale) // 16 * 16) for side in (wide, high))
    luma = resized(planes[0], wide, high)
    blue, red = (resized(plane, wide // 2, high // 2) for plane in planes[1:])
    return luma, blue, red


def _path(
    box: BoxXYXY, high: int, row: tuple[int, float], frames: int, chance: np.random.Generator
) -> Iterator[Affine]:
    """Yield the maps of a portrait that walks through the picture, in and out at its sides.

    row: the picture's width, and the height at which the face goes.
    """
    x0, y0, x1, y1 = box
    side, late = chance.choice((-1, 1)), chance.uniform(0, 0.2)
    for index in range(frames):
        time = index / max(1, frames - 1) - late
        column = row[0] * (0.5 + side * (1.3 * time - 0.6))
        scale = high / (y1 - y0) * (0.9 + 0.25 * time)
        sway = 4 * np.sin(9 * time)
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        yield around(scale, sway, middle, (column, row[1] + sway))


def _pasted(
    background: Sequence[Planes], cast: Sequence[Still], paths: Sequence[Sequence[Affine]]
) -> Iterator[Planes]:
    pictures = [read_rgb(still.path) for still in cast]
    edges = [
        _edge(picture.shape[:2], still.boxes[0])
        for picture, still in zip(pictures, cast, strict=True)
    ]
    for index, planes in enumerate(background):
        high, wide = planes[0].shape
        shown = [plane.astype(np.float32) for plane in planes]
        for picture, edge, its in zip(pictures, edges, paths, strict=True):
            over = planes_of(show(picture, its[index], (wide, high), (0, 0, 0)))
            solid = show(edge, its[index], (wide, high), (0, 0, 0))[:, :, 0]
            for number, own in enumerate(over):
                part = resized(solid, own.shape[1], own.shape[0]) / np.float32(255)
                shown[number] += part * (own - shown[number])
        luma, blue, red = (_rounded(plane) for plane in shown)
        yield luma, blue, red


def _edge(shape: tuple[int, ...], box: BoxXYXY) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return how much of a portrait shows, 0 to 255: an ellipse about the face that fades out."""
    x0, y0, x1, y1 = box
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    far = np.hypot(
        (columns - (x0 + x1) / 2) / ((x1 - x0) * REACH[0]),
        (rows - (y0 + y1) / 2) / ((y1 - y0) * REACH[1]),
    )
    part = ((1.08 - far) / 0.16).clip(0, 1) * 255
    return np.repeat(part.astype(np.uint8)[:, :, None], 3, axis=2)


def _rounded(plane: NDArray[np.float32]) -> Samples8:
    return (plane + np.float32(0.5)).clip(0, 255).astype(np.uint8)
