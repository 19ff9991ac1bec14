"""Lines and words drawn over a picture that is already masked."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from yingbi.media.upright import Rgb

Colour = tuple[int, int, int]

RED, BLUE, DARK, LIGHT = (230, 40, 40), (40, 110, 230), (20, 20, 20), (245, 245, 245)


def outlined(
    picture: Rgb, shapes: Sequence[tuple[Sequence[tuple[float, float]], Colour, str]]
) -> Rgb:
    """Return the picture, (H, W, 3) RGB, with each closed line in its colour, and a number or name.

    shapes: corners in pixels, the colour, and the words; what no plain font has is a box.
    """
    drawn = picture.copy()
    thick = max(2, round(max(picture.shape[:2]) / 400))
    for corners, colour, _ in shapes:
        line = np.rint(np.array(corners, np.float64) - 0.5).astype(np.int32)
        cv2.polylines(drawn, [line], isClosed=True, color=colour, thickness=thick)
    image = Image.fromarray(drawn)
    for corners, colour, words in shapes:
        x, y = min(corners, key=lambda point: (point[1], point[0]))
        label(image, (round(x) + 2 * thick, round(y) + 2 * thick), words, colour)
    return np.asarray(image, np.uint8)


def label(
    image: Image.Image,
    place: tuple[int, int],
    words: str,
    ground: Colour = DARK,
    within: tuple[int, int, int, int] | None = None,
) -> None:
    """Write words on a ground of their own, inside the picture or a box of it."""
    x0, y0, x1, y1 = within or (0, 0, image.width, image.height)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(min(max(11, round(max(image.size) / 80)), 13 if within else 40))
    left, top, right, bottom = draw.textbbox((0, 0), words, font)
    wide, tall = int(right - left) + 6, int(bottom - top) + 6
    x = max(x0, min(place[0], x1 - wide - 1))
    y = max(y0, min(place[1], y1 - tall - 1))
    draw.rectangle((x, y, x + wide, y + tall), fill=ground)
    draw.text((x + 3 - left, y + 3 - top), words, LIGHT, font)


def encoded(picture: Rgb, ending: str) -> bytes:
    """Return the picture as PNG, or as JPEG where the ending is .jpg or .jpeg."""
    sink = io.BytesIO()
    image = Image.fromarray(picture)
    if ending.lower() in (".jpg", ".jpeg"):
        image.save(sink, "JPEG", quality=88)
    else:
        image.save(sink, "PNG")
    return sink.getvalue()
