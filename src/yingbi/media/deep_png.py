"""PNG of 16 bits a channel; Pillow would cut its colours to 8."""

import zlib
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from yingbi.media.libav import reading, video_decoder
from yingbi.media.still_kind import PNG
from yingbi.media.still_layout import ColourChunks

CHANNELS = {"gray16be": 1, "ya16be": 2, "rgb48be": 3, "rgba64be": 4}
COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
UP = 2
"""The filter of every line: what differs from the line above."""

Deep = NDArray[np.uint16]


def read_deep_png(content: bytes, path: Path) -> Deep | None:
    """Return (H, W) or (H, W, C) samples, None where the pixels are of another kind.

    Raises CutOffError where it cannot be decoded.
    """
    decoder = video_decoder("png")
    with reading(path):
        pictures = decoder.decode(av.Packet(content))
        if not pictures or pictures[0].format.name not in CHANNELS:
            return None
    picture = pictures[0]
    channels, plane = CHANNELS[picture.format.name], picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    line = picture.width * channels * 2
    big = np.ascontiguousarray(rows[: picture.height, :line]).view(">u2")
    samples = big.astype(np.uint16)
    shape = (picture.height, picture.width, channels)
    return samples if channels == 1 else samples.reshape(shape)


def write_deep_png(samples: Deep, chunks: ColourChunks) -> bytes:
    """Return the samples as PNG without loss. chunks: what goes before the pixels."""
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    height, width = samples.shape[:2]
    head = width.to_bytes(4) + height.to_bytes(4) + bytes([16, COLOUR_TYPE[channels], 0, 0, 0])
    lines = np.ascontiguousarray(samples).astype(">u2").view(np.uint8).reshape(height, -1)
    filtered = np.empty((height, lines.shape[1] + 1), np.uint8)
    filtered[:, 0] = UP
    filtered[0, 1:] = lines[0]
    np.subtract(lines[1:], lines[:-1], out=filtered[1:, 1:])
    pixels = zlib.compress(filtered.data, 4)
    parts = ((b"IHDR", head), *chunks, (b"IDAT", pixels), (b"IEND", b""))
    return PNG + b"".join(_chunk(name, body) for name, body in parts)


def icc_chunk(profile: bytes) -> tuple[bytes, bytes]:
    """Return the chunk that holds a colour profile."""
    return b"iCCP", b"-\0\0" + zlib.compress(profile)


def exif_chunk(exif: bytes) -> tuple[bytes, bytes]:
    """Return the chunk that holds EXIF without its JPEG head."""
    return b"eXIf", exif.removeprefix(b"Exif\0\0")


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)
