"""What is private in a frame, and where. Needs nothing but the standard library."""

from dataclasses import dataclass
from enum import StrEnum

BoxXYXY = tuple[int, int, int, int]
"""x0 y0 x1 y1 in pixels of the picture as displayed; x1 and y1 exclusive."""


class Target(StrEnum):
    """Kinds of visual privacy data that can be looked for (6.2.1 f)."""

    FACE = "face"
    HEAD = "head"
    PERSON = "person"
    PLATE = "plate"
    TEXT = "text"
    SCREEN = "screen"


BUILT = tuple(Target)
"""What this version finds. Others are refused, never silently left out."""

DEFAULT = (Target.FACE, Target.HEAD, Target.PLATE)
"""What is covered when nothing is said."""

KEPT = (Target.FACE, Target.PERSON)
"""What a vault covers and writes records of."""

PEOPLE = frozenset({Target.FACE, Target.HEAD, Target.PERSON})
"""Kinds that belong to a person: only whoever has one of them is counted and numbered."""


class Pace(StrEnum):
    """How often a finder is worth asking in a film.

    QUICK: wherever there is doubt. PART: at a stretch's end, where something moved.
    WHOLE: at a stretch's end, in whole pictures, if anything moved.
    """

    QUICK = "quick"
    PART = "part"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Region:
    """One place in one frame that holds something private.

    box: as displayed, may reach over the frame's border.
    score: 0..1 of the detector; a held or interpolated region keeps the last one.
    track: the id that one person keeps through the film, once known.
    seen: False where tracking holds it, with no sight shortly before and after.
    drawn: whether a person drew it, and no network found it.
    read: the classes of what was read in it, never the text itself.
    """

    kind: Target
    box: BoxXYXY
    score: float
    track: int | None = None
    seen: bool = True
    drawn: bool = False
    read: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse an empty or inverted box."""
        x0, y0, x1, y1 = self.box
        if x1 <= x0 or y1 <= y0:
            raise ValueError(f"box must have x0 < x1 and y0 < y1, got {self.box}")


def grown(box: BoxXYXY, share: float) -> BoxXYXY:
    """Return the box larger by `share` of its own width and height on each side."""
    x0, y0, x1, y1 = box
    dx, dy = round((x1 - x0) * share), round((y1 - y0) * share)
    return x0 - dx, y0 - dy, x1 + dx, y1 + dy


def clipped(box: BoxXYXY, width: int, height: int) -> BoxXYXY | None:
    """Return the part of the box inside the picture, or None where there is none."""
    x0, y0, x1, y1 = box
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def overlap(a: BoxXYXY, b: BoxXYXY) -> float:
    """Return the intersection over union (IoU) of two boxes, 0..1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (area(a) + area(b) - shared)


def area(box: BoxXYXY) -> int:
    """Return the number of pixels in the box."""
    return (box[2] - box[0]) * (box[3] - box[1])


CLEAR_SIGHT, BEYOND_DOUBT = 0.35, 0.6
"""Scores from which on a sight helps to count a person, and from which on one is enough."""


def surely_there(clear_sights: int, best: float) -> bool:
    """Return whether a track counts as a person: three clear sights, or one beyond doubt.

    What does not count is masked all the same; it is only not spoken of.
    """
    return clear_sights >= 3 or best >= BEYOND_DOUBT
