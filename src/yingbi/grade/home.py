"""Tell from furniture whether a film shows the inside of a home, and hold its scene to it.

The network that finds people knows 80 kinds of things (COCO). Beds, couches and what stands in
kitchens and bathrooms speak of a home; chairs only of a room, of whatever kind.

Clause: 6.4.1-3; A.1-1; A.3-1; 6.2.3-1.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from yingbi.domain.frame import Frame
from yingbi.domain.grade_errors import SceneContradictedError, SceneDoubtfulError
from yingbi.domain.level import Scene
from yingbi.domain.messages import listed, say
from yingbi.inference.session import Network
from yingbi.media.upright import upright_rgb


def _(template: str) -> str:
    return template


SIZE, STRIDE, LARGEST_SCALE = 512, 32, 2.0
"""Longer side of the network's input, whole strides of it, and how far a picture is enlarged."""

OF_A_HOME = {
    _("couch"): 57,
    _("bed"): 59,
    _("toilet"): 61,
    _("microwave oven"): 68,
    _("oven"): 69,
    _("sink"): 71,
    _("refrigerator"): 72,
}
OF_A_ROOM = {_("chair"): 56}
FAINT, CLEAR = 0.25, 0.4
"""Scores from which on a thing may be there, and is there."""
OFTEN = 1 / 3
"""Share of the looks in which chairs stand clearly: then it is a room."""


class Home(StrEnum):
    """Whether the inside of a home is seen."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What all looks together say. signs: the things that speak for it, in English."""

    home: Home
    signs: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The signs in the user's language."""
        return listed(say(sign) for sign in self.signs)


class HomeFinder:
    """Looks for the things of a home, one picture at a time."""

    def __init__(self, network: Network) -> None:
        """Keep a loaded network, "person-centernet"."""
        self._network = network
        (self._input,) = network.input_names

    def look(self, frame: Frame) -> dict[str, float]:
        """Return the things that may be in the picture as displayed, with scores 0..1."""
        width, height = frame.size
        scale = min(SIZE / max(width, height), LARGEST_SCALE)
        sides = [max(1, round(side * scale)) for side in (width, height)]
        picture = np.zeros((_strides(sides[1]), _strides(sides[0]), 3), np.float32)
        picture[: sides[1], : sides[0]] = upright_rgb(frame, *sides)
        heat, _reach = self._network.run({self._input: picture[None]})
        things = OF_A_HOME | OF_A_ROOM
        scores = {thing: float(heat[0, :, :, place].max()) for thing, place in things.items()}
        return {thing: score for thing, score in scores.items() if score >= FAINT}


def judge(looks: Sequence[Mapping[str, float]]) -> Judgement:
    """Return whether it is a home, from what every look has seen.

    YES: things of a home clearly in two looks, or one clearly beside another in one look. MAYBE:
    any such thing at all, or chairs in so many looks that it must be a room.
    """
    faint = [{thing for thing in look if thing in OF_A_HOME} for look in looks]
    clear = [{t for t in of if look[t] >= CLEAR} for of, look in zip(faint, looks, strict=True)]
    seen = Counter(thing for of in faint for thing in sorted(of))
    signs = tuple(thing for thing, _times in seen.most_common())
    beside = any(sure and len(of) > 1 for sure, of in zip(clear, faint, strict=True))
    if beside or sum(map(bool, clear)) > 1:
        return Judgement(Home.YES, signs)
    rooms = sum(look.get("chair", 0.0) >= CLEAR for look in looks)
    room = tuple(OF_A_ROOM) if looks and rooms >= OFTEN * len(looks) else ()
    return Judgement(Home.MAYBE if signs or room else Home.NO, signs + room)


def hold_to(scene: Scene, judged: Judgement, path: Path) -> None:
    """Raise unless what is seen fits the scene that the source is declared to be.

    A meeting has chairs; so they speak against a scene out of doors alone.

    Raises: SceneContradictedError; SceneDoubtfulError where it is not sure.
    """
    meets = scene is Scene.MEETING and not set(judged.signs) & set(OF_A_HOME)
    if scene in (Scene.HOME_INTERIOR, Scene.HOME_CALL) or judged.home is Home.NO or meets:
        return
    seen = Scene.HOME_INTERIOR
    error = SceneContradictedError if judged.home is Home.YES else SceneDoubtfulError
    raise error(
        path=path,
        scene=scene.value,
        seen=seen.value,
        signs=judged.words,
        floor=int(seen.floor),
        words=say(seen.floor.words),
    )


def _strides(length: int) -> int:
    return max(-(-length // STRIDE), 1) * STRIDE
