"""How a region is covered: a fixed colour, or one of two styles that only look like covering.

`solid` is the default and the only style that cannot be undone. `pixelate` and `blur`
are for those who must show something; what they still give away is in `measured`.

Clause: 4.2.a; 6.2.5.b.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal, Self

from yingbi.domain.messages import listed, say

StyleName = Literal["solid", "pixelate", "blur"]

Rgb = tuple[int, int, int]
"""Red, green and blue, 0..255, in the picture's own colour space."""

NAMES: tuple[StyleName, ...] = ("solid", "pixelate", "blur")
USUAL = {"pixelate": 8.0, "blur": 0.25}
LIMITS = {"pixelate": (2.0, 32.0), "blur": (0.05, 1.0)}
"""The strength that a name alone means, and the least and the largest."""

COLOURS: dict[str, Rgb] = {"black": (0, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255)}


@dataclass(frozen=True, slots=True)
class Style:
    """A way of covering.

    strength: "pixelate": cells across the covered box; "blur": the Gauss function's sigma
        as a share of the box's width; "solid" has none, 0.
    colour: of "solid"; None is mid grey. It never depends on the picture.
    """

    name: StyleName = "solid"
    strength: float = 0.0
    colour: Rgb | None = None

    @classmethod
    def parse(cls, text: str, colour: str = "") -> Self:
        """Return the style of "solid", "pixelate", "blur", "pixelate:6", "blur:0.3", ...

        colour: "#rrggbb", or black, grey, white; empty is mid grey.

        Raises: ValueError, in the user's words.
        """
        name, _, given = text.strip().lower().partition(":")
        if name not in NAMES:
            allowed = listed(NAMES)
            raise ValueError(say("it must be one of {allowed}", allowed=allowed))
        style = cls(name, _strength(name, given), _colour(colour))
        if style.colour is not None and name != "solid":
            raise ValueError(say("a colour goes with solid alone"))
        # Mid grey is what "no colour" means: two names of one style would differ in reports.
        return replace(style, colour=None) if style.colour == COLOURS["grey"] else style

    @property
    def irreversible(self) -> bool:
        """Whether nothing of what was covered is left."""
        return self.name == "solid"

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.name}:{self.strength:g}" if self.strength else self.name


SOLID = Style()


def _strength(name: StyleName, given: str) -> float:
    if name == "solid":
        if given:
            raise ValueError(say("solid has no strength"))
        return 0.0
    low, high = LIMITS[name]
    try:
        strength = float(given) if given else USUAL[name]
    except ValueError:
        raise ValueError(say("'{value}' is not a number", value=given)) from None
    if not low <= strength <= high:
        raise ValueError(say("it must lie from {low} to {high}", low=f"{low:g}", high=f"{high:g}"))
    return float(round(strength)) if name == "pixelate" else strength


def _colour(text: str) -> Rgb | None:
    text = text.strip().lower()
    if not text:
        return None
    if text in COLOURS:
        return COLOURS[text]
    if not re.fullmatch("#[0-9a-f]{6}", text):
        raise ValueError(say("'{value}' is no colour like #204060", value=text))
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue
