"""Pictures made worse on purpose, each in one way: for what measures, never for what protects."""

from io import BytesIO
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Rgb = NDArray[np.uint8]
Affine = NDArray[np.float64]

WALL = 128


def darkened(picture: Rgb, gamma: float, grain: float, chance: np.random.Generator) -> Rgb:
    """Return the picture at less light and with the camera's grain, of so many steps of 255."""
    light = 255 * (picture / np.float32(255)) ** np.float32(gamma)
    noise = chance.standard_normal(picture.shape[:2], np.float32)[:, :, None] * np.float32(grain)
    made: Rgb = (light + noise + np.float32(0.5)).clip(0, 255).astype(np.uint8)
    return made


def softened(picture: Rgb, sigma: float) -> Rgb:
    """Return the picture out of focus. sigma: in pixels, above 0."""
    return cast(Rgb, cv2.GaussianBlur(picture, (0, 0), sigma))


def compressed(picture: Rgb, quality: int) -> Rgb:
    """Return the picture after JPEG, its colours at half the size. quality: 1..95."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def turned(picture: Rgb, degrees: float) -> tuple[Rgb, Affine]:
    """Return the whole picture turned about its middle before a grey wall, and the map into it."""
    height, width = picture.shape[:2]
    way = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), np.float64)
    wide, tall = np.abs(way[:, :2]) @ (width, height)
    size = (round(float(wide)), round(float(tall)))
    way[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    wall = (WALL,) * 3
    made = cv2.warpAffine(
        picture, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=wall
    )
    return cast(Rgb, made), way


def enlarged_cells(cells: Rgb, width: int, height: int) -> Rgb:
    """Return a few cells of colour as a picture of that size, with sharp edges."""
    return cast(Rgb, cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST))
