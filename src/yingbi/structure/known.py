"""Who of the enrolled is seen in a film: told by several looks that agree, or not at all.

Everybody else is a stranger, and so is whoever is in doubt: one look that names another
person, or too few that name anybody, leave a track unknown. Vectors are wiped when they were
compared; what stays of a look is a name or none.

Clause: 6.1-4; A.1-3.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Protocol

from yingbi.domain.face import ReadsFaces
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY
from yingbi.domain.template import Gallery, Likeness

LONGEST_GAP_S = 1.0
"""So long may nobody look at a face until it is in doubt again who it is."""

PAIRS, SHOWN = 420, 0
"""Pairs of people, one a stranger and one enrolled, that were measured with this rule's
likeness and a single look, and how many strangers were taken for the other."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When somebody counts as known.

    likeness, margin: of one look, to the person and beyond the next one. Of 21 people, by
    whom it was chosen, strangers reached 0.475, and 95 of 100 looks at the right one pass. sights:
    looks that name the person at least. share: of all looks. apart_s: between two looks.
    """

    likeness: float = 0.55
    margin: float = 0.05
    sights: int = 3
    share: float = 2 / 3
    apart_s: float = 0.3

    def named(self, found: Likeness | None) -> str | None:
        """Return whom one look names, None for a stranger and for a doubt."""
        if found is None or found.likeness < self.likeness or found.margin < self.margin:
            return None
        return found.name


@dataclass(frozen=True, slots=True)
class Sight:
    """What is left of one look. frame: its number in the film. name: None for a stranger."""

    frame: int
    time_s: float
    name: str | None
    likeness: float
    age_years: float = field(repr=False)


class Recognises(Protocol):
    """Says who tracks are; what writes records or masks asks it."""

    def see(self, track: int, frame: Frame, face: BoxXYXY) -> None:
        """Look at a track's face; whoever calls does so for every frame in which it is seen."""

    def name_of(
        self, track: int, first: int | None = None, last: int | None = None
    ) -> tuple[str, float] | None:
        """Return the name and how alike, by looks in these frames; None where it is not sure."""


class Recogniser:
    """Compares faces with a gallery; a film's `Recognises`."""

    def __init__(self, reader: ReadsFaces, gallery: Gallery, rule: Rule | None = None) -> None:
        """Begin a film; nobody was seen yet. The caller wipes the gallery when it is done."""
        self._reader, self._gallery, self.rule = reader, gallery, rule or Rule()
        self._sights: dict[int, list[Sight]] = {}

    def see(self, track: int, frame: Frame, face: BoxXYXY) -> None:
        """Look at a track's face, unless it was looked at just now."""
        sights = self._sights.setdefault(track, [])
        if sights and 0 <= frame.time_s - sights[-1].time_s < self.rule.apart_s:
            return
        look = looked(self._reader, self._gallery, self.rule, frame, face)
        if look is not None:
            sights.append(look)

    def name_of(
        self, track: int, first: int | None = None, last: int | None = None
    ) -> tuple[str, float] | None:
        """Return the name and the mean likeness, by looks in these frames, ends included."""
        looks = self.sights_of(track, first or 0, sys.maxsize if last is None else last)
        return verdict(looks, self.rule)

    def sights_of(self, track: int, first: int, last: int) -> list[Sight]:
        """Return the looks at a track in these frames, ends included."""
        return [one for one in self._sights.get(track, ()) if first <= one.frame <= last]

    def names(self) -> set[str]:
        """Return everybody who was known in the film so far."""
        found = (self.name_of(track) for track in self._sights)
        return {one[0] for one in found if one is not None}


def looked(
    reader: ReadsFaces, gallery: Gallery | None, rule: Rule, frame: Frame, face: BoxXYXY
) -> Sight | None:
    """Return what is left of one look at a face, None where it tells nothing.

    gallery: None compares with nobody.
    """
    look = reader.read(frame, face)
    if look is None:
        return None
    try:
        found = None if gallery is None else gallery.nearest(look.vector)
    finally:
        look.wipe()
    likeness = 0.0 if found is None else found.likeness
    return Sight(frame.index, frame.time_s, rule.named(found), likeness, look.age_years)


def verdict(sights: Iterable[Sight], rule: Rule) -> tuple[str, float] | None:
    """Return the one whom looks name, with their mean likeness; None for strangers and doubts."""
    looks = list(sights)
    votes = Counter(one.name for one in looks if one.name is not None)
    if len(votes) != 1:
        return None
    ((name, count),) = votes.items()
    if count < rule.sights or count < rule.share * len(looks):
        return None
    return name, fmean(one.likeness for one in looks if one.name == name)


def runs(sights: Sequence[Sight], name: str, rule: Rule) -> list[tuple[int, int]]:
    """Return the frames, first and last, between looks that all name one person, ends included.

    A look that does not, and a while without any, ends a run: what lies between two looks
    is known only where both agree. A run has as many looks as the rule asks for.
    """
    found: list[list[Sight]] = [[]]
    for one, before in zip(sights, [None, *sights], strict=False):
        late = before is not None and one.time_s - before.time_s > LONGEST_GAP_S
        if late or one.name != name:
            found.append([])
        if one.name == name:
            found[-1].append(one)
    return [(run[0].frame, run[-1].frame) for run in found if len(run) >= rule.sights]
