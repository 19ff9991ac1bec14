"""Whom the attack is about: pictures of people, each made into a short film."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.media.film_info import FilmInfo
from yingbi.media.made import Affine, film_of_pictures, moved
from yingbi.media.still import read_still

FOLDER = "identities"
EACH = 5
"""Pictures drawn of each person; who has fewer is left out."""

FRAMES, RATE = 30, 25
GRAIN = 3.0
SOURCE_CRF = 14

SHIFT, ZOOM, TURN_DEG = 2.0, 0.01, 1.0
"""How far the camera moves at most: pixels, share, degrees."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of one person.

    person: number of the person. source: number of where the pictures come from.
    rgb: (H, W, 3) uint8, even sides.
    """

    person: int
    source: int
    rgb: NDArray[np.uint8] = field(repr=False)


def draw(folder: Path, seed: int = 110) -> list[Picture]:
    """Return EACH pictures of everybody who has so many, by name; none where there is no folder.

    A file is named after its source, its person and the picture: `src_Some_Body__0001.jpg`.
    """
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*__*")):
        files.setdefault(path.name.partition("__")[0], []).append(path)
    chance = np.random.default_rng(seed)
    sources: dict[str, int] = {}
    drawn: list[Picture] = []
    people = [paths for paths in files.values() if len(paths) >= EACH]
    for person, paths in enumerate(people):
        source = sources.setdefault(paths[0].name.partition("_")[0], len(sources))
        chosen = sorted(chance.choice(len(paths), EACH, replace=False))
        drawn += [Picture(person, source, _even(paths[at])) for at in chosen]
    return drawn


def _even(path: Path) -> NDArray[np.uint8]:
    samples = read_still(path).planes[0].samples
    colours = samples[:, :, :3] if samples.ndim == 3 else np.repeat(samples[:, :, None], 3, axis=2)
    height, width = colours.shape[:2]
    return np.ascontiguousarray(colours[: height // 2 * 2, : width // 2 * 2], np.uint8)


def ways(picture: Picture, seed: int) -> list[Affine]:
    """Return how each frame shows the picture: a hand that holds the camera nearly still."""
    chance = np.random.default_rng([seed, 1])
    height, width = picture.rgb.shape[:2]
    found = []
    for index in range(FRAMES):
        time = 2 * np.pi * index / FRAMES
        phases = time * np.array([1, 2, 1, 3]) + chance.uniform(0, 2 * np.pi, 4)
        right, down, zoom, turn = np.sin(phases) * (SHIFT, SHIFT, ZOOM, np.radians(TURN_DEG))
        scale = 1 + zoom
        turned = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        middle = np.array([width, height]) / 2
        found.append(np.column_stack([turned, middle - turned @ middle + (right, down)]))
    found[0] = np.eye(2, 3)
    return found


def film(picture: Picture, seed: int) -> bytes:
    """Return the picture as an MP4 of FRAMES frames, moved a little, with fresh grain in each."""
    height, width = picture.rgb.shape[:2]
    info = FilmInfo.plain(width, height, RATE)
    return film_of_pictures(_frames(picture, seed), info, crf=SOURCE_CRF)


def _frames(picture: Picture, seed: int) -> Iterator[NDArray[np.uint8]]:
    chance = np.random.default_rng([seed, 2])
    for way in ways(picture, seed):
        shown = moved(picture.rgb, way).astype(np.float32)
        grain = chance.standard_normal(shown.shape[:2], np.float32)[:, :, None] * GRAIN
        yield np.rint(shown + grain).clip(0, 255).astype(np.uint8)
