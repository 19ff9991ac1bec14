"""An age band out of guesses, and what it may lead to: a second look, never a proof.

Guesses of the network are wrong by years. Under a mean of 25, nearly all who are under 14
are flagged, most who are 14 to 17, and of adults about one in twelve. So a flag asks a
person to look, and may tighten what is done; that somebody is not flagged loosens nothing.

Clause: 6.5-0; 6.5.a.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

Band = Literal["possibly-under-14", "older", "unknown"]

YOUNG_YEARS = 25.0
ENOUGH = 3
"""So many faces of one person at least; of fewer nothing is said."""


def band_of(guesses: Sequence[float]) -> Band:
    """Return the band of one person by guesses in years, one for each face seen."""
    if len(guesses) < ENOUGH:
        return "unknown"
    return "possibly-under-14" if fmean(guesses) < YOUNG_YEARS else "older"


def needs_guardian(band: Band, *, minor: bool) -> bool:
    """Return whether the rule for children must be looked at for somebody.

    minor: whether the vault knows the person as a minor; that alone settles it. A band
    only adds to it, since an age that a network guesses is no ground to leave it out.
    """
    return minor or band == "possibly-under-14"


def stays_masked(band: Band, *, guardian: bool, tighten: bool) -> bool:
    """Return whether somebody is masked for what their face says of their age.

    guardian: whether a guardian's consent is in force. tighten: the policy; off by default
    in all faces, since one adult in twelve is flagged.
    """
    return tighten and band == "possibly-under-14" and not guardian
