"""Real films with a real face: the astronaut of scikit-image (NASA, public domain), in motion."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image
from skimage import data


def view(step: float, width: int, height: int) -> Image.Image:
    """Return the picture that the camera sees at 0..1 of its way over the astronaut."""
    whole = Image.fromarray(data.astronaut())
    side = 260 + round(80 * step)
    left, top = round(60 + 60 * step), round(10 + 30 * step)
    seen = whole.crop((left, top, left + side, top + side * height // width))
    return seen.resize((width, height), Image.Resampling.BILINEAR)


def make_film(
    path: Path,
    *,
    frames: int = 50,
    width: int = 320,
    height: int = 240,
    fps: int = 25,
    sound: bool = True,
) -> Path:
    """Write an H.264 MP4 in which the face is always in view; return its path."""
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"crf": "20", "preset": "veryfast"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        voice = container.add_stream("aac", rate=16000) if sound else None
        for i in range(frames):
            picture = av.VideoFrame.from_image(view(i / max(frames - 1, 1), width, height))
            picture.pts, picture.time_base = i, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if voice is not None:
            _hum(container, voice, seconds=frames / fps)
    return path


def _hum(
    container: av.container.OutputContainer, stream: av.AudioStream, *, seconds: float
) -> None:
    count = round(seconds * 16000)
    tone = (0.2 * np.sin(np.arange(count) * 2 * np.pi * 220 / 16000)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(tone[np.newaxis], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = 16000, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def make_still(path: Path, *, orientation: int = 1) -> Path:
    """Write a JPEG of the astronaut; with an EXIF orientation it is stored turned."""
    picture = view(0.5, 400, 300)
    turned = {1: None, 6: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_180}[orientation]
    stored = picture if turned is None else picture.transpose(turned)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera maker"
    stored.save(path, quality=92, exif=exif)
    return path
