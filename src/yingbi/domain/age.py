"""An age band out of guesses, and what it may lead to: a second look, never a proof.

Guesses of the network are wrong by years. Under a mean of 25, nearly all who are under 14
are flagged, most who are 14 to 17, and of adults about one in twelve. So an age alone decides
nothing: several looks must agree, what somebody's stature tells beside a grown-up is heard where
the guess is near the bound, and of whoever is recognised the owner's word counts instead. A
flag asks a person to look, and may tighten what is done; that somebody is not flagged loosens
nothing.

Clause: 6.5-0; 6.5.a.
"""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Literal

Band = Literal["possibly-under-14", "older", "unknown"]

YOUNG_YEARS, NEAR_YEARS = 25.0, 30.0
"""Mean guesses below which somebody is flagged, and below which their stature is asked as well."""
SHORT = 0.8
"""Whoever has less of a grown-up's height, with feet as far down in the picture, is short."""
ENOUGH = 3
"""So many faces of one person at least, and so many heights; of fewer nothing is said."""


def band_of(guesses: Sequence[float], heights: Sequence[float] = ()) -> Band:
    """Return the band of one person by guesses in years, one for each face seen.

    heights: shares of the height of a grown-up who stands as far away, one for each sight.
    """
    if len(guesses) < ENOUGH:
        return "unknown"
    years = fmean(guesses)
    short = len(heights) >= ENOUGH and median(heights) < SHORT
    return "possibly-under-14" if years < (NEAR_YEARS if short else YOUNG_YEARS) else "older"


def agreeing(guesses: Sequence[float], band: Band) -> float:
    """Return the share, 0..1, of guesses that say the band by themselves; of none 0."""
    if band == "unknown" or not guesses:
        return 0.0
    return fmean((guess < YOUNG_YEARS) == (band == "possibly-under-14") for guess in guesses)


def needs_guardian(band: Band, *, minor: bool) -> bool:
    """Return whether the rule for children must be looked at for somebody.

    minor: whether the vault knows the person as a minor; that alone settles it. A band
    only adds to it, since an age that a network guesses is no ground to leave it out.
    """
    return minor or band == "possibly-under-14"
