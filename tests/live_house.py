"""A film of a man who stands and then falls, made on the spot, and how tests look at it live."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from networks import models_dir
from yingbi.bootstrap import load_settings, poses, sight
from yingbi.domain.keep import RECORD_KINDS
from yingbi.domain.place import Places
from yingbi.domain.region import Target
from yingbi.media.live_source import Address, LiveSource
from yingbi.usecases.live import Plan, Told, live
from yingbi.usecases.live_deposit import OBJECT_S, Stand
from yingbi.usecases.protect import ProtectOptions
from yingbi.usecases.tell import Teller

PROGRAM = (sys.executable, "-m", "yingbi")
RATE, SIZE = 10, (480, 360)
UPRIGHT = 15
"""So many degrees he leans in the picture."""
STANDS_AT = 290
"""Pixels from above where the picture of him ends while he stands: he comes down as he falls."""


@cache
def man() -> Image.Image:
    """Return a man beside his camera (skimage's, CC0), upright."""
    from skimage import data

    return Image.fromarray(data.camera()).crop((0, 40, 300, 512)).resize((150, 236)).convert("RGBA")


def fall_film(path: Path, *, stands_s: float = 1.6, lies_s: float = 2.6) -> Path:
    """Write a film in which he stands, falls within half a second, and lies; return its path."""
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(round((stands_s + 0.5 + lies_s) * RATE)):
            share = min(1.0, max(0.0, (number / RATE - stands_s) / 0.5))
            room = Image.new("RGB", SIZE, (150, 150, 150))
            turned = man().rotate(UPRIGHT - (90 + UPRIGHT) * share, expand=True)
            foot = round(STANDS_AT + (SIZE[1] - 5 - STANDS_AT) * share)
            room.paste(turned, (110 + round(60 * share), foot - turned.height), turned)
            frame = av.VideoFrame.from_ndarray(np.asarray(room), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def plan(
    teller: Teller,
    *,
    keep: tuple[str, ...] = RECORD_KINDS,
    camera: str | None = None,
    places: Places | None = None,
    stand: Stand | None = None,
    object_s: float = OBJECT_S,
    **more: Any,
) -> Plan:
    """Return how tests look: with the networks that users have."""
    settings = load_settings({"models.dir": str(models_dir())})
    options = ProtectOptions(keep, camera, places=places)
    looks = sight(settings, (Target.PERSON,))
    return Plan(looks, poses(settings), options, teller, stand, object_s=object_s, **more)


@contextmanager
def looking(film: Path, made: Plan) -> Iterator[list[Told]]:
    """Yield all that is told of a film, looked at in its own time."""
    with LiveSource(Address.of(str(film))) as source:
        yield list(live(source, made))


def files_below(*folders: Path) -> set[str]:
    """Return the files of the folders, with what tells whether they were written to."""
    return {
        f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
