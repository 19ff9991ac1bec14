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
    Clue("top speed", 4, at_least=0.38, unseen=9),
    Clue("top speed", 1, at_least=0.51),
    Clue("top speed", 4, at_least=0.67),
    Clue("top speed", 2, at_least=0.87),
    Clue("top speed", 2, at_least=1.04),
    Clue("top speed", 2, at_least=1.26),
    Clue("top speed", 1, at_least=1.51),
    Clue("knees below", 1, at_least=0.01, unseen=8.5),
    Clue("knees below", 5, at_most=0.16),
    Clue("knees below", 4, at_most=0.21),
    Clue("low before", 8, at_most=0.06, unseen=7),
    Clue("trunk", 2, at_most=0.12, unseen=2),
    Clue("trunk", 1, at_most=0.23),
    Clue("trunk", 2, at_most=0.26),
    Clue("trunk", 2, at_most=0.29),
    Clue("flat", 3, at_least=0.64, unseen=4),
    Clue("flat", 3, at_least=0.81),
    Clue("stays down", 2, at_least=-0.04, unseen=5),
    Clue("stays down", 1, at_least=0.1),
    Clue("stays down", 2, at_least=0.17),
    Clue("stays down", 1, at_least=0.24),
    Clue("ankles below", 6, at_most=0.14, unseen=4),
    Clue("lean before", 5, at_most=27.66, unseen=6.5),
    Clue("hip pace", 5, at_least=0.44, unseen=0.5),
    Clue("hip speed", 1, at_least=0.5, unseen=1),
    Clue("hip speed", 3, at_least=0.59),
    Clue("ankles down", 3, at_most=-0.03, unseen=2),
    Clue("breadth", 1, at_most=0.2, unseen=1.5),
    Clue("breadth", 1, at_most=0.24),
    Clue("lean", 2, at_most=34.45, unseen=0.5),
    Clue("aside", 2, at_least=0.15, unseen=1.5),
    Clue("aside", 1, at_least=0.22),
    Clue("hips stay down", 2, at_least=0.23, unseen=1),
    Clue("wide", 1, at_least=0.68),
    Clue("hips aside", 1, at_least=0.23, unseen=0.5),
    Clue("knees before", 1, at_least=0.18, unseen=1.5),
)
"""What speaks for a fall of who stood before, by the measures of `clues`; all that hold add up."""

LOW_CLUES = (
    Clue("hips stay down", 3, at_least=0.02, unseen=4),
    Clue("hips stay down", 1, at_least=0.13),
    Clue("hips stay down", 6, at_least=0.29),
    Clue("knees below", 3, at_least=-0.1, unseen=7.5),
    Clue("knees below", 1, at_least=-0.05),
    Clue("knees below", 2, at_least=-0.01),
    Clue("knees below", 3, at_least=0.01),
    Clue("knees below", 3, at_most=0.12),
    Clue("head above hips", 2, at_most=0.1, unseen=5.5),
    Clue("head above hips", 2, at_most=0.16),
    Clue("head above hips", 3, at_most=0.34),
    Clue("hip speed", 4, at_least=0.08, unseen=3.5),
    Clue("hip speed", 2, at_least=0.24),
    Clue("hip speed", 1, at_least=0.49),
    Clue("top pace", 1, at_least=0.22, unseen=3),
    Clue("top pace", 4, at_least=0.39),
    Clue("top pace", 1, at_least=0.45),
    Clue("head over floor", 1, at_most=0.0, unseen=3),
    Clue("head over floor", 3, at_most=0.14),
    Clue("head over floor", 1, at_most=0.22),
    Clue("head over floor", 1, at_most=0.35),
    Clue("shoulders down", 6, at_least=0.11, unseen=3),
    Clue("breadth", 4, at_most=0.27, unseen=3),
    Clue("breadth", 1, at_most=0.28),
    Clue("top speed", 4, at_least=0.41, unseen=3.5),
    Clue("hips aside", 2, at_least=0.03, unseen=3),
    Clue("hips aside", 1, at_least=0.21),
    Clue("shoulder speed", 3, at_least=0.91),
    Clue("head speed", 2, at_least=0.39, unseen=1),
    Clue("head speed", 1, at_least=0.94),
    Clue("moves", 1, at_most=0.09, unseen=1),
    Clue("moves", 1, at_most=0.15),
    Clue("moves", 1, at_most=0.19),
    Clue("head pace", 3, at_least=0.05, unseen=2),
    Clue("top over floor", 2, at_most=0.26, unseen=1),
    Clue("top over floor", 1, at_most=0.39),
    Clue("knees before", 3, at_most=0.05, unseen=3.5),
    Clue("stays down", 2, at_least=-0.21, unseen=2.5),
    Clue("stays down", 1, at_least=-0.09),
)
"""The same of who sat or lay before."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """By what somebody stands, sits, lies, walks, runs, waves or has fallen.

    visible: a key point with less visibility is not used.
    memory_s: how far back sights are remembered.
    look_s: a posture, a pace is the middle of what was seen in this time.
    steady_s: it has to hold so long, or the one before goes on;
    brief_s: who runs or waves, only so long.
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
    needed: and is a fall of who stood before with so many points,
    low_needed: of who sat or lay before with so many: of whom
    bent: the knees were less far below the hips, or who
    short: was lower, where no pose was known.
    nearer: whose box begins so far below where it ended before has come nearer and did not fall.
    up_s: who has fallen has got up after standing or sitting for this time.
    """

    visible: float = 0.3
    memory_s: float = 18.0
    look_s: float = 0.8
    steady_s: float = 0.6
    brief_s: float = 0.2
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
    wave_reach: float = 0.03
    drop: float = 0.14
    drop_s: float = 1.6
    apart_s: float = 0.8
    ages_s: tuple[float, ...] = (1.6, 2.4, 4.0, 8.0, 14.0)
    needed: float = 66.0
    low_needed: float = 66.0
    bent: float = 0.12
    short: float = 0.65
    nearer: float = 0.25
    up_s: float = 1.5
    clues: tuple[Clue, ...] = CLUES
    low_clues: tuple[Clue, ...] = LOW_CLUES


THRESHOLDS = Thresholds()
