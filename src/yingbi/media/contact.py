"""A sheet of small pictures, each of one place in a masked film, that place covered once more."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY
from yingbi.media.outline import DARK, RED, label
from yingbi.media.upright import Rgb, upright_crop

WIDTH, HEIGHT, GAP, COLUMNS = 240, 180, 6, 6
FLAT = (128, 128, 128)
LEAST = 160
"""A picture shows at least so many pixels of the film from side to side."""
AROUND = 3
"""And so many times the region's size."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One small picture, (HEIGHT, WIDTH, 3) RGB, and the words in it."""

    picture: Rgb
    words: str


def cell(frame: Frame, box: BoxXYXY, words: str) -> Cell:
    """Return the surroundings of a box of the displayed picture, the box filled flat.

    The filling does not trust the frame: whatever is in the box, nothing of it is left.
    """
    x0, y0, x1, y1 = box
    wide = max((x1 - x0) * AROUND, (y1 - y0) * AROUND * WIDTH / HEIGHT, LEAST)
    wide = min(wide, max(frame.size[0], frame.size[1] * WIDTH / HEIGHT))
    tall = wide * HEIGHT / WIDTH
    left = _placed((x0 + x1) / 2 - wide / 2, wide, frame.size[0])
    top = _placed((y0 + y1) / 2 - tall / 2, tall, frame.size[1])
    view = round(left), round(top), round(left + wide), round(top + tall)
    picture = upright_crop(frame, view, WIDTH, HEIGHT)
    scale = WIDTH / (view[2] - view[0]), HEIGHT / (view[3] - view[1])
    # A sample of the small picture may hold a pixel beside it: one more on each side.
    a = (int((x0 - view[0]) * scale[0]) - 2, int((y0 - view[1]) * scale[1]) - 2)
    b = (int((x1 - view[0]) * scale[0]) + 2, int((y1 - view[1]) * scale[1]) + 2)
    cv2.rectangle(picture, a, b, FLAT, cv2.FILLED)
    cv2.rectangle(picture, a, b, RED, 1)
    return Cell(picture, words)


def chart(size: tuple[int, int], box: BoxXYXY, words: str) -> Cell:
    """Return where a box lies in a displayed picture of (width, height), and nothing of it.

    For a copy in quarantine: what is in doubt may be seen anywhere in it.
    """
    scale = min((WIDTH - 8) / size[0], (HEIGHT - 30) / size[1])
    picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    cv2.rectangle(picture, (4, 4), (4 + int(size[0] * scale), 4 + int(size[1] * scale)), FLAT, 1)
    a = (4 + int(box[0] * scale), 4 + int(box[1] * scale))
    b = (4 + int(box[2] * scale), 4 + int(box[3] * scale))
    cv2.rectangle(picture, a, b, RED, 2)
    return Cell(picture, words)


def sheet(cells: Sequence[Cell], title: str) -> Rgb:
    """Return the cells as one picture, in rows, each with its words."""
    rows = -(-len(cells) // COLUMNS)
    width = COLUMNS * (WIDTH + GAP) + GAP
    height = 30 + rows * (HEIGHT + GAP) + GAP
    page = np.full((height, width, 3), 245, np.uint8)
    for number, one in enumerate(cells):
        x = GAP + number % COLUMNS * (WIDTH + GAP)
        y = 30 + number // COLUMNS * (HEIGHT + GAP)
        page[y : y + HEIGHT, x : x + WIDTH] = one.picture
    image = Image.fromarray(page)
    label(image, (GAP, 4), title, DARK)
    for number, one in enumerate(cells):
        x = GAP + number % COLUMNS * (WIDTH + GAP)
        y = 30 + number // COLUMNS * (HEIGHT + GAP)
        label(image, (x, y + HEIGHT), one.words, DARK, within=(x, y, x + WIDTH, y + HEIGHT))
    return np.asarray(image, np.uint8)


def _placed(start: float, length: float, most: int) -> float:
    """Return the start moved so that the length lies in 0..most, where it can."""
    return (most - length) / 2 if length >= most else min(max(start, 0.0), most - length)
