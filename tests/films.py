"""Films with a real face, made on the spot: a camera that pans and zooms over a portrait."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

RATE = 25
SOUND_RATE = 44100
FACE = (172, 62, 272, 210)
"""Where the face is in the portrait, x0 y0 x1 y1."""


@cache
def portrait() -> Image.Image:
    """Return the portrait of an astronaut (NASA, public domain), 512 by 512."""
    from skimage import data

    return Image.fromarray(data.astronaut())


def face_film(
    path: Path,
    *,
    seconds: float = 4.0,
    size: tuple[int, int] = (320, 240),
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write an MP4 of H.264 and AAC in which the face is in every frame and moves; return its path."""
    width, height = size
    frames = round(seconds * RATE)
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(
            "libx264", rate=RATE, options={"preset": "veryfast", "crf": "20"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        sound: Any = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, frames, size), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        _write_sound(container, sound, seconds)
    return path


def picture(number: int, frames: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return one frame, (H, W, 3): the view wanders over the portrait and comes nearer."""
    along = number / max(1, frames - 1)
    wide = 440 - 120 * along
    tall = wide * size[1] / size[0]
    x0 = 10 + (512 - wide - 20) * (0.5 + 0.5 * np.sin(2 * np.pi * along))
    y0 = 30 * along
    view = portrait().resize(size, Image.Resampling.BICUBIC, (x0, y0, x0 + wide, y0 + tall))
    return np.asarray(view)


def _write_sound(container: Any, sound: Any, seconds: float) -> None:
    """Write a tone under noise: packets that differ, as speech would make them."""
    random = np.random.default_rng(110)
    for start in range(0, int(seconds * SOUND_RATE), 1024):
        times = (np.arange(1024) + start) / SOUND_RATE
        tone = 0.3 * np.sin(2 * np.pi * 440 * times) + 0.1 * random.standard_normal(1024)
        frame = av.AudioFrame.from_ndarray(
            tone.astype(np.float32)[None], format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))
