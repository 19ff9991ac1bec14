"""Every number by which behaviour and falls are told, in two tables.

Lengths are shares of the person's own stature in the picture, so that nothing depends on how
far away somebody is; angles are degrees from upright; times are seconds. The guide shows both
tables and what each number does.
"""

from dataclasses import dataclass
from math import inf, isnan


@dataclass(frozen=True, slots=True)
class Clue:
    """Something that speaks for a fall: a measure between two bounds, and its points.

    unseen: points where the measure is not known, since whoever lies often has no pose.
    """

    measure: str
    points: float
    at_least: float = -inf
    at_most: float = inf
    unseen: float = 0.0

    def worth(self, value: float) -> float:
        """Return the points that a value gives; what was not seen is not a number."""
        if isnan(value):
            return self.unseen
        return self.points if self.at_least <= value <= self.at_most else 0.0


CLUES = (
    Clue("knees below", 4, at_most=0.15, unseen=2),
    Clue("ankles below", 1, at_most=0.15, unseen=0.5),
    Clue("hips down", 1, at_least=0.3, unseen=0.5),
    Clue("tall", 1, at_most=0.3, unseen=0.5),
    Clue("stays down", 2, at_least=0.1),
    Clue("stays down", 1, at_least=0.3),
    Clue("foot down", 1, at_least=-0.2),
    Clue("flat", 2, at_least=0.9),
    Clue("aside", 1, at_least=0.2),
    Clue("moves", 1, at_most=0.1, unseen=1),
    Clue("top speed", 1, at_least=0.5),
    Clue("top speed", 1, at_least=0.8),
    Clue("shoulder speed", 1, at_least=0.8, unseen=1),
    Clue("shoulder speed", 1, at_least=1.1, unseen=1),
    Clue("hip speed", 1, at_least=0.5, unseen=1),
    Clue("lean before", 2, at_most=20.0, unseen=2),
    Clue("low before", 3, at_most=0.05),
)
"""What speaks for a fall, by the measures of `clues`; all that hold add up."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """By what somebody stands, sits, lies, walks, runs, waves or has fallen.

    visible: a key point with less visibility is not used.
    memory_s: how far back sights are remembered.
    look_s: a posture, a pace is the middle of what was seen in this time.
    steady_s: it has to hold so long, or the one before goes on.
    upright: a trunk that leans less is upright.
    tilted: a trunk that leans more lies, or is bent over.
    straight: somebody stands whose knees are so far below the hips.
    tall: share of the stature that the box of somebody who stands has at least.
    slim: a box narrower than this share of its height may be that of somebody upright.
    flat: a box so much wider than high lies.
    edge: a box that ends lower in the picture may be cut by its border.
    low: share of the stature that the box of somebody who lies has at most.
    lowest: who is no higher than this lies, however the trunk leans.
    walk, run: statures a second.
    wave_s, wave_turns, wave_reach: so many turns of a raised hand within this time, each so long.
    drop, drop_s: a drop takes the shoulders or the top down by so much within this time.
    apart_s: two drops are at least so long apart.
    ages_s: a drop is judged at these times after it began,
    needed: and is a fall with so many points.
    up_s: who has fallen has got up after standing or sitting for this time.
    """

    visible: float = 0.3
    memory_s: float = 13.0
    look_s: float = 0.8
    steady_s: float = 0.6
    upright: float = 40.0
    tilted: float = 55.0
    straight: float = 0.15
    tall: float = 0.8
    slim: float = 0.75
    flat: float = 1.1
    edge: float = 0.98
    low: float = 0.68
    lowest: float = 0.35
    walk: float = 0.25
    run: float = 1.15
    wave_s: float = 1.4
    wave_turns: int = 2
    wave_reach: float = 0.05
    drop: float = 0.2
    drop_s: float = 1.6
    apart_s: float = 1.2
    ages_s: tuple[float, ...] = (2.0, 3.5, 6.0, 10.0)
    needed: float = 21.0
    up_s: float = 1.5
    clues: tuple[Clue, ...] = CLUES


THRESHOLDS = Thresholds()
