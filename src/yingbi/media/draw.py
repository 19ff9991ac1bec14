"""Stick figures on a plain floor: a film that shows what was done and not who did it."""

from collections.abc import Sequence
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.place import Places
from yingbi.media.draw_signs import Colour, Sign, draw_places, draw_signs
from yingbi.media.film import frame_of
from yingbi.media.film_info import FilmInfo

Points = Sequence[tuple[float, float, float]]
"""17 COCO key points of one person: x and y as shares of width and height, and a score."""

LIMBS = (
    (5, 7), (7, 9), (6, 8), (8, 10), (5, 6), (5, 11), (6, 12), (11, 12),
    (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
HEAD_POINTS = range(5)
SHOULDERS = (5, 6)

WALL, FLOOR, HORIZON = (38, 44, 52), (58, 66, 76), 0.62
COLOURS: tuple[Colour, ...] = (
    (240, 180, 60), (90, 200, 250), (140, 220, 120), (250, 120, 110),
    (190, 150, 250), (250, 220, 130), (110, 220, 200), (250, 160, 210),
)  # fmt: skip
SURE = 0.3
"""A key point with less than this score is not drawn."""


def colour_of(number: int) -> Colour:
    """Return the colour of a person's figure."""
    return COLOURS[number % len(COLOURS)]


def draw_figures(
    info: FilmInfo,
    people: Sequence[tuple[int, Points]],
    *,
    index: int,
    pts: int,
    places: Places | None = None,
    signs: Sequence[Sign] = (),
) -> Frame:
    """Return one frame with a figure for each person, for a film of `FilmInfo.plain`.

    people: number of the subject, which chooses the colour, and the key points. places: lines
    and areas on the floor. signs: what happened of late. Nothing of the source's picture goes in, only the points.

    Clause: A.1-3.
    """
    picture = _room(info.width, info.height)
    if places is not None:
        draw_places(picture, places)
    for number, points in people:
        _figure(picture, points, colour_of(number))
    draw_signs(picture, signs)
    drawn = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format=info.pixel_format, dst_colorspace="itu709", dst_color_range="MPEG"
    )
    drawn.pts, drawn.time_base = pts, Fraction(info.time_base)
    drawn.duration = round(1 / (info.rate * info.time_base))
    return frame_of(index, drawn, info)


def _room(width: int, height: int) -> NDArray[np.uint8]:
    room = np.empty((height, width, 3), np.uint8)
    horizon = round(height * HORIZON)
    room[:horizon], room[horizon:] = WALL, FLOOR
    return room


def _figure(picture: NDArray[np.uint8], points: Points, colour: Colour) -> None:
    height, width = picture.shape[:2]
    places = [
        (round(x * width), round(y * height)) if score >= SURE else None for x, y, score in points
    ]
    thick = max(2, round(height / 120))
    for a, b in LIMBS:
        start, end = places[a], places[b]
        if start is not None and end is not None:
            cv2.line(picture, start, end, colour, thick, cv2.LINE_AA)
    for place in places[5:]:
        if place is not None:
            cv2.circle(picture, place, thick, colour, cv2.FILLED, cv2.LINE_AA)
    _head(picture, places, colour)


def _head(
    picture: NDArray[np.uint8], places: Sequence[tuple[int, int] | None], colour: Colour
) -> None:
    """Draw the head as a plain disc about the middle of what is known of the face."""
    known = [place for n in HEAD_POINTS if (place := places[n]) is not None]
    if not known:
        return
    middle = np.mean(known, axis=0)
    shoulders = [place for n in SHOULDERS if (place := places[n]) is not None]
    spread = float(np.ptp(known, axis=0).max()) * 0.7
    if shoulders:
        neck = np.mean(shoulders, axis=0)
        spread = max(spread, float(np.hypot(*(neck - middle))) * 0.45)
        start = (round(float(middle[0])), round(float(middle[1])))
        end = (round(float(neck[0])), round(float(neck[1])))
        cv2.line(picture, start, end, colour, max(2, picture.shape[0] // 120), cv2.LINE_AA)
    centre = (round(float(middle[0])), round(float(middle[1])))
    cv2.circle(picture, centre, max(3, round(spread)), colour, cv2.FILLED, cv2.LINE_AA)
