"""Every number by which behaviour is told and a drop noticed; `fall_rules` has those of falls.

Lengths are shares of the person's own stature in the picture, so that nothing depends on how
far away somebody is; angles are degrees from upright; times are seconds. The guide tells what
each number does.
"""

from dataclasses import dataclass


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
    needed: and is a fall with so many points.
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
    needed: float = 44.0
    up_s: float = 1.5


THRESHOLDS = Thresholds()
