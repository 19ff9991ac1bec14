"""Films with a card in their last second, and boxes that ask about it."""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from films import portrait
from networks import models_dir
from yingbi.bootstrap import home_of_box, load_settings, looking_in, sight
from yingbi.capture.inputs import find_inputs
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.level import Level, Scene
from yingbi.domain.report import Quiet
from yingbi.usecases.opened import Vault
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.protect import Protected, ProtectOptions, Protector

NUMBER = "11010519491231002X"
"""The resident's number that the standard for them gives as its example (GB 11643-1999)."""
CARD, SIGN = f"ID {NUMBER}", "Exit B"
RATE, SIZE = 4, (480, 270)


def last_second_film(path: Path, line: str, seconds: int = 2) -> Path:
    """Write a film of a face, in whose last second a card with a line of text is held up."""
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=RATE, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for number in range(seconds * RATE):
            held_up = number >= (seconds - 1) * RATE
            picture = np.asarray(_picture(number, line if held_up else ""))
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _picture(number: int, line: str) -> Image.Image:
    picture = Image.new("RGB", SIZE, (90, 110, 100))
    face = portrait().crop((150, 30, 300, 230)).resize((120, 160))
    picture.paste(face, (10 + number, 10))
    if line:
        draw = ImageDraw.Draw(picture)
        draw.rectangle((40, 190, 470, 250), fill="white")
        draw.text((60, 205), line, font=ImageFont.load_default(26), fill="black")
    return picture


@cache
def _looking(tighten: tuple[str, ...], scene: Scene | None) -> tuple[Any, Any]:
    """Return who looks, once for all boxes that ask for the same."""
    policy = BoxPolicy(Level.RAW_ON_RELEASE, scene, tighten=tighten)
    settings, targets = looking_in(
        load_settings({"models.dir": str(models_dir()), "detect.size": 480}), policy
    )
    return sight(settings, targets), home_of_box(settings, policy)


def protected(vault: Vault, box: Box, film: Path, *, home: Any = None, **said: str) -> Protected:
    """Take a film in as `protect` does; home: who looks for a home instead of the network."""
    looking, usual = _looking(box.policy.tighten, box.policy.scene)
    options = ProtectOptions(("identity",), **said)
    (item,) = find_inputs([film])
    desk = OwnDesk(vault, box)
    return Protector(desk, options, looking, None, home=home or usual).protect(item, Quiet())


class Looks:
    """Sees the things of a home that it is told, look after look; the last again and again."""

    def __init__(self, *looks: dict[str, float]) -> None:
        self._looks, self.times = looks or ({},), 0

    def look(self, _frame: object) -> dict[str, float]:
        self.times += 1
        return self._looks[min(self.times, len(self._looks)) - 1]
