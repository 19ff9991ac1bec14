"""TIFF of colours of 16 bits a channel, page by page; Pillow would cut them to 8."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Deep = NDArray[np.uint16]

NONE, DEFLATE = 1, 8
RGB, ALPHA = 2, 2
SHORT, LONG, UNDEFINED = 3, 4, 7
ORDER = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


@dataclass(frozen=True, slots=True, eq=False)
class DeepPage:
    """One page: (H, W, 3) or (H, W, 4) samples, and how it is written."""

    samples: Deep = field(repr=False)
    compressed: bool
    orientation: int
    icc: bytes | None = field(repr=False)


def read_deep_tiff(content: bytes) -> list[Deep] | None:
    """Return all pages as RGB or RGBA, None where one cannot be read or is of another kind."""
    read, pages = cv2.imdecodemulti(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if not read or any(page.dtype != np.uint16 or page.ndim != 3 for page in pages):
        return None
    return [np.asarray(cv2.cvtColor(page, ORDER[page.shape[2]]), np.uint16) for page in pages]


def write_deep_tiff(pages: Sequence[DeepPage]) -> bytes:
    """Return the pages as one little-endian TIFF without loss."""
    file = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for page in pages:
        link = _append(file, link, page)
    return bytes(file)


def _append(file: bytearray, link: int, page: DeepPage) -> int:
    """Append a page and return where the place of the next one is to be written."""
    height, width, channels = page.samples.shape
    plain = np.ascontiguousarray(page.samples).astype("<u2").tobytes()
    pixels = zlib.compress(plain, 4) if page.compressed else plain
    place = _put(file, pixels)
    bits = _put(file, struct.pack(f"<{channels}H", *(16,) * channels))
    tags = [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, channels, bits),
        (259, SHORT, 1, DEFLATE if page.compressed else NONE),
        (262, SHORT, 1, RGB),
        (273, LONG, 1, place),
        (274, SHORT, 1, page.orientation),
        (277, SHORT, 1, channels),
        (278, LONG, 1, height),
        (279, LONG, 1, len(pixels)),
        (284, SHORT, 1, 1),
    ]
    if channels == 4:
        tags.append((338, SHORT, 1, ALPHA))
    if page.icc:
        tags.append((34675, UNDEFINED, len(page.icc), _put(file, page.icc)))
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    start = _put(file, struct.pack("<H", len(tags)) + entries + bytes(4))
    file[link : link + 4] = start.to_bytes(4, "little")
    return start + 2 + len(entries)


def _put(file: bytearray, body: bytes) -> int:
    """Append bytes at an even place and return it."""
    file += bytes(len(file) % 2)
    place = len(file)
    file += body
    return place
