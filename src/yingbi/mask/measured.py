"""What is left of people under each weak style, as `yingbi bench attack` measured it.

Numbers of a test with few people and modest attackers: a better attacker reads more,
never less. They are kept here, with their date, so that every warning can name one.
"""

from typing import Any

from yingbi.domain.messages import say
from yingbi.mask.style import Style

MEASURED_ON = "2026-11-29"
PEOPLE, PICTURES = 18, 5
CHANCE = 12.0
"""Percent that the best of the same guesses gets right where nothing of a person is left."""

RECOGNISED: dict[str, tuple[tuple[float, float], ...]] = {
    "pixelate": ((16, 71.0), (8, 38.0), (4, 32.0), (2, 22.0)),
    "blur": ((0.125, 33.0), (0.25, 29.0), (0.5, 22.0)),
}
"""Strength, weakest first, to percent of pictures whose person the best attacker named.

The most of three runs, the last two of them on that day; by one frame or the average of 30, and four known pictures of each person. With ten aligned pictures of each of
40 people it was 97, 97, 95 and 65, and 97, 85 and 56: who knows more recognises more.
"""


def recognised(style: Style) -> float | None:
    """Return the percent recognised under a style, None where nothing is left to measure.

    Between two measured strengths the weaker one's number holds: no style looks better
    than it was measured. What is weaker than all has the weakest one's number.
    """
    if style.irreversible:
        return None
    rows = RECOGNISED[style.name]
    stronger = style.strength.__le__ if style.name == "pixelate" else style.strength.__ge__
    return next((percent for at, percent in reversed(rows) if stronger(at)), rows[0][1])


def facts(style: Style) -> dict[str, Any]:
    """Return what a report says of the style: whether it can be undone, and how far."""
    told: dict[str, Any] = {"style": str(style), "irreversible": style.irreversible}
    if style.colour is not None:
        told["color"] = "#{:02x}{:02x}{:02x}".format(*style.colour)
    if not style.irreversible:
        told["recognised_percent"] = recognised(style)
        told["chance_percent"], told["measured"] = CHANCE, MEASURED_ON
    return told


def each_percent() -> str:
    """Return every weak style that was measured with the percent recognised under it, as text."""
    rows = ((name, at, percent) for name, its in RECOGNISED.items() for at, percent in its)
    return ", ".join(f"{name}:{at:g} {percent:g}" for name, at, percent in rows)


def warning(style: Style) -> str | None:
    """Return the line that every use of a weak style prints, None for solid."""
    percent = recognised(style)
    if percent is None:
        return None
    return say(
        "Warning: '{style}' can be undone: with {people} people it let at least {percent} % of "
        "pictures be recognised (chance {chance} %); only solid hides for good.",
        style=style,
        people=PEOPLE,
        percent=f"{percent:g}",
        chance=f"{CHANCE:g}",
    )
