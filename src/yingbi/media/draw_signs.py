"""What stands on the plain floor beside the figures: places, and signs of what happened.

Letters are those that the drawing library knows, which are not Chinese ones; a sign has a shape
and a colour too, so that it says the same without words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.place import Places

Colour = tuple[int, int, int]
Shape = tuple[tuple[tuple[float, float], ...], ...]
"""Polygons in a square of one by one, y down."""

EDGE: Colour = (150, 158, 168)
TINT = 0.12
LETTERS: Colour = (236, 240, 244)
GREEN, GREY, BLUE = (120, 210, 130), (170, 178, 188), (110, 180, 250)
AMBER, RED = (250, 190, 70), (250, 90, 80)
MOST_SIGNS = 5

_ARROW = ((0.1, 0.35), (0.5, 0.35), (0.5, 0.1), (0.95, 0.5), (0.5, 0.9), (0.5, 0.65), (0.1, 0.65))
_BACK = tuple((1 - x, y) for x, y in _ARROW)
_FROM = tuple((0.2 + 0.8 * x, y) for x, y in _ARROW)
_BAR = ((0.0, 0.0), (0.14, 0.0), (0.14, 1.0), (0.0, 1.0))
_SQUARE = ((0.15, 0.15), (0.85, 0.15), (0.85, 0.85), (0.15, 0.85))
_GLASS = ((0.2, 0.05), (0.8, 0.05), (0.2, 0.95), (0.8, 0.95))
_DOWN = ((0.05, 0.1), (0.95, 0.1), (0.5, 0.95))
_DIAMOND = ((0.5, 0.05), (0.95, 0.5), (0.5, 0.95), (0.05, 0.5))
_THREE = tuple(
    ((x, y), (x + 0.34, y), (x + 0.34, y + 0.34), (x, y + 0.34))
    for x, y in ((0.33, 0.08), (0.08, 0.55), (0.58, 0.55))
)

MARKS: dict[str, tuple[Colour, Shape]] = {
    "entered": (GREEN, (_ARROW,)),
    "left": (GREY, (_BACK,)),
    "crossed": (BLUE, (_FROM, _BAR)),
    "in-zone": (BLUE, (_SQUARE,)),
    "dwelt": (BLUE, (_GLASS,)),
    "crowd": (AMBER, _THREE),
    "fell": (RED, (_DOWN,)),
}
OTHER: tuple[Colour, Shape] = (AMBER, (_DIAMOND,))
"""The mark of every other event."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that happened. colour: of whose figure it is, None where nobody's."""

    event: str
    words: str
    colour: Colour | None = None


def draw_places(picture: NDArray[np.uint8], places: Places) -> None:
    """Draw areas and lines with their names into an (H, W, 3) picture."""
    height, width = picture.shape[:2]
    scale, thick = np.array([width, height]), max(1, height // 240)
    for area in places.areas:
        corners = np.rint(np.array(area.points) * scale).astype(np.int32)
        tinted = picture.copy()
        cv2.fillPoly(tinted, [corners], EDGE)
        cv2.addWeighted(tinted, TINT, picture, 1 - TINT, 0, picture)
        cv2.polylines(picture, [corners], True, EDGE, thick, cv2.LINE_AA)
    for line in places.lines:
        _dashed(picture, np.array(line.start) * scale, np.array(line.end) * scale, thick)
    named = [(one.name, one.points[0]) for one in places.areas]
    named += [(one.name, one.start) for one in places.lines]
    for name, (x, y) in named:
        _write(picture, name, (round(x * width) + 4, round(y * height) - 4), height, EDGE)


def draw_signs(picture: NDArray[np.uint8], signs: Sequence[Sign]) -> None:
    """Draw the signs one under another in the upper left; words of other letters are left out."""
    height = picture.shape[0]
    side = max(10, height // 18)
    for row, sign in enumerate(signs[:MOST_SIGNS]):
        left, top = side // 2, side // 2 + row * round(side * 1.35)
        colour, shape = MARKS.get(sign.event, OTHER)
        for polygon in shape:
            corners = np.rint(np.array(polygon) * side + (left, top)).astype(np.int32)
            cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
        x = left + round(side * 1.3)
        if sign.colour is not None:
            middle = (x + side // 3, top + side // 2)
            cv2.circle(picture, middle, side // 3, sign.colour, cv2.FILLED, cv2.LINE_AA)
            x += side
        _write(picture, sign.words, (x, top + round(side * 0.8)), height, LETTERS)


def _write(
    picture: NDArray[np.uint8], words: str, place: tuple[int, int], height: int, colour: Colour
) -> None:
    if words.isascii():
        x, y = max(2, place[0]), max(12, place[1])
        size, thick = max(0.35, height / 720), max(1, height // 360)
        cv2.putText(
            picture, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA
        )


def _dashed(
    picture: NDArray[np.uint8], start: NDArray[np.float64], end: NDArray[np.float64], thick: int
) -> None:
    """Draw a line in dashes, so that nobody takes it for the edge of an area."""
    pieces = max(3, round(float(np.hypot(*(end - start))) / 8)) | 1
    for n in range(0, pieces, 2):
        a, b = start + (end - start) * n / pieces, start + (end - start) * (n + 1) / pieces
        ends = [(round(float(x)), round(float(y))) for x, y in (a, b)]
        cv2.line(picture, ends[0], ends[1], EDGE, thick + 1, cv2.LINE_AA)
