"""The rules by which a drop was a fall: each says what has to hold at once, and its points.

A line is a rule: its points, and up to three signs, each a measure of `clues` and a bound. With
a question mark a sign holds as well where its measure is not known, since whoever lies often has
no pose; a measure may also have to be seen, whatever it is, or unseen. Lengths are in statures,
angles in degrees, `while` in seconds, speeds and paces a second.

The points were fitted to drawn falls and drawn life (`yingbi.bench.daily.fit`), and go together:
no rule is to be changed by hand.
Clause: A.1-3; A.1-4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, isnan, nan


@dataclass(frozen=True, slots=True)
class Sign:
    """A measure that is at least so much, or less; unseen: it holds where it is not known too."""

    measure: str
    bound: float
    least: bool
    unseen: bool

    def holds(self, measures: Mapping[str, float]) -> bool:
        """Return whether it does; what was not seen is not a number."""
        value = measures.get(self.measure, nan)
        if isnan(value):
            return self.unseen
        return (value >= self.bound) is self.least


@dataclass(frozen=True, slots=True)
class Rule:
    """What speaks for a fall, or against one, where all of its signs hold."""

    points: int
    signs: tuple[Sign, ...]


def points_of(measures: Mapping[str, float], rules: Iterable[Rule]) -> int:
    """Return the sum of the points of all rules that hold."""
    return sum(rule.points for rule in rules if all(one.holds(measures) for one in rule.signs))


def rules_of(text: str) -> tuple[Rule, ...]:
    """Return the rules of a table, one a line: `-7  top speed < 0.37, flat >= 1.4 ?`."""
    rules = []
    for line in text.strip().splitlines():
        points, signs = line.split(None, 1)
        rules.append(Rule(int(points), tuple(_sign(one) for one in signs.split(", "))))
    return tuple(rules)


def _sign(text: str) -> Sign:
    for word, unseen in ((" unseen", True), (" seen", False)):
        if text.endswith(word):
            return Sign(text.removesuffix(word), inf, unseen, unseen)
    told = text.removesuffix(" ?")
    least = ">=" in told
    measure, bound = told.split(" >= " if least else " < ")
    return Sign(measure, float(bound), least, told != text)


TABLE = """
+28  head above hips < -0.05, knees below < 0.14, ankles down >= -0.16
+27  knees below >= 0.05, knees before < 0.14, head above hips < 0.2
+25  high before < 0.46, foot jump < 0.32, knees beside hips < 0.22 ?
+22  hips stay down >= 0.27, ankles down < 0.07, breadth before < 0.26 ?
+21  top speed < 0.19, shoulders down < 0.1, lean most < 108
+20  ankles down < -0.03 ?, head speed >= 1.03, breadth < 0.28
+19  lean < 90, wide >= 0.83, knees below >= 0.1
+18  ankles down >= -0.22, ankles down < -0.04, shoulders down >= 0.15 ?
+18  ankles down < -0.01, knees before < 0.04 ?, breadth >= 0.14
+18  foot down < -0.08, aside way < 0.14, knees below < 0.06 ?
+18  head above hips >= 0.28 ?, knees beside hips < 0.09, aside way < 0.28
+18  head beside hips < 0.06, breadth < 0.25, wider >= 0.07
+18  head pace < 0.58, top over floor >= 0.64, knees over floor < 0.38 ?
+18  high before >= 0.95, high before < 1.02, top speed >= 1.04
+18  hip pace < 0.22, top over floor >= 0.97, head over floor < 0.92
+18  lean most >= 81, pace before >= 0.08, breadth before >= 0.22 ?
+18  stays down >= 0.31, ankles below < 0.16, ankles down >= -0.22
+18  trunk before < 0.25 ?, ankles down >= 0.27 ?, breadth before < 0.33
+18  wider >= 0.29, top pace >= 0.65, top over floor >= 0.07
+17  ankles down < -0.01, shoulder pace < 0.08, breadth >= 0.15 ?
+17  head above hips < 0.08, shoulders down < 0.15, knees beside hips >= 0.07
+17  head pace < 0.15, knees below >= 0.24, knees below < 0.31
+16  breadth < 0.19, knees below >= 0.04 ?, trunk < 0.21 ?
+16  head above hips < 0.07, knees below >= -0.03, knees below < 0.16
+16  hip pace >= 0.44, ankles down < 0.07, lean before < 18 ?
+15  head pace < 0.51, ankles below < 0.03 ?, aside way < 0.3
+15  hips stay down >= 0.02, knees below < 0.18 ?, foot jump >= 0.04
+15  hips stay down >= 0.24, ankles below >= 0.25 ?, lean before >= 7
+15  top over floor >= 0.73, top pace < 0.3, head pace >= 0.13 ?
+14  breadth < 0.17, head beside hips < 0.19, knees below >= 0.01 ?
+14  head beside hips < 0.16, aside way < 0.33, knees before >= 0.14
+14  trunk < 0.23, breadth < 0.21 ?, hip pace >= 0.07 ?
+13  aside way >= 0.48, lean most >= 34 ?, shoulders down >= 0.28 ?
+13  hip speed >= 0.52, ankles down < -0.01 ?, hips stay down >= 0.13 ?
+13  pace before >= 0.1, trunk before < 0.31 ?, hip pace >= 0.32 ?
+13  while < 0.78, stays down >= 0.05, foot jump < 0.32
+13  while < 0.5, hip pace < 0.06, hip speed >= 0.03
+12  aside < 0.04, low before < 0.02, shoulders down < 0.01
+12  aside way >= 0.3, while < 1.33, wider >= 0.02
+12  head beside hips < 0.11, lean >= 10 ?, breadth < 0.23 ?
+12  lean most >= 89, knees beside hips >= 0.14 ?, knees below >= -0.03 ?
+11  ankles down < -0.03, head beside hips < 0.19, breadth < 0.24
+11  head beside hips < 0.11, knees below >= 0.03 ?, shoulders down < 0.5
+11  lean < 38, lean most < 43, head over floor >= 0.45 ?
+11  moves < 0.12, ankles below < 0.13 ?, foot jump < 0.14
+10  ankles below < -0.03 ?, knees before >= 0.19, low before < 0.02
+10  head pace < 0.69, ankles below >= 0.25 ?, moves >= 0.07
+9  breadth before >= 0.19 ?, knees beside hips < 0.22, wide >= 0.53
+9  knees below >= 0.05 ?, head beside hips < 0.21, wide >= 0.58
+9  moves < 0.12, ankles below < 0.11 ?, foot jump < 0.14
+8  hip pace < 0.22, breadth >= 0.14, trunk before >= 0.26
+7  lean before < 8, knees beside hips < 0.09 ?, knees before >= 0.14
+5  pace before >= 0.05, knees below >= 0.05 ?, head beside hips < 0.29
-5  flat < 0.69
-6  low before >= 0.02, high before >= 0.59
-7  low before >= 0.02, lean before < 59 ?, aside < 0.38
-7  top speed < 0.63
-9  flat < 0.83, trunk >= 0.16 ?
-9  flat < 0.69, ankles down >= -0.03 ?, pace before < 0.17
-9  foot jump < 0.07, aside way < 0.26, knees beside hips >= 0.1
-9  head above hips >= 0.4, head speed < 0.8, top speed < 0.87
-9  head above hips >= 0.41, knees before < 0.24 ?, ankles down >= -0.09 ?
-9  top speed < 0.49, head speed < 0.75 ?
-10  flat < 0.76
-10  foot jump < 0.04, hips aside < 0.18, ankles below >= 0.11
-10  knees below >= 0.2, trunk before >= 0.26 ?, foot jump < 0.32
-10  top pace < 0.3, head speed < 0.59 ?
-10  top pace < 0.17, hip speed >= 0.12 ?, hip speed < 0.37 ?
-10  trunk >= 0.3, hip speed < 0.6, top speed < 1.35
-10  wide < 0.59, trunk >= 0.17, knees beside hips >= 0.1
-11  breadth >= 0.21, hip pace < 0.44 ?, trunk before < 0.31 ?
-11  flat >= 2.26, while < 1.18, pace before < 0.19
-11  head above hips >= 0.15, lean most >= 46, stays down < 0.46
-11  knees before >= 0.23 ?, top pace < 0.4, breadth before < 0.29
-11  knees below < -0.05, knees before < 0.16 ?, aside way < 0.59
-11  knees beside hips < 0.03, knees below >= 0.14, high before < 1.08
-11  lean before < 4, top speed < 0.87, trunk before >= 0.24
-11  pace before < 0.02, high before < 0.91, shoulders down >= 0.28 ?
-11  wide < 0.51, ankles down >= -0.03 ?, trunk before >= 0.14 ?
-12  foot jump < 0.05, aside way < 0.26, while >= 0.69
-12  head above hips >= 0.4, lean < 13 ?, ankles down >= -0.07 ?
-12  head above hips >= 0.45, lean < 18 ?, wide < 0.92
-12  knees below >= 0.18, pace before < 0.13, low before < 0.25
-12  top pace < 0.26, head speed < 0.42 ?, hip speed < 0.42 ?
-12  top pace < 0.26, shoulders down >= 0.16 ?, shoulder pace < 0.32 ?
-13  head speed < 0.48, breadth >= 0.18 ?, high before < 0.99
-13  knees below < 0.02, ankles below >= 0.13, knees beside hips < 0.28
-13  pace before < 0.03, knees before < 0.17, head above hips >= 0.08 ?
-13  top pace < 0.38, head speed < 0.67 ?, wider >= -0.1
-13  trunk before < 0.22, knees below < 0.1, breadth before >= 0.15
-14  ankles down >= -0.02, pace before < 0.06, head above hips >= 0.02
-14  aside way < 0.11, ankles below >= 0.11 ?
-14  breadth < 0.13, lean most >= 46 ?, lean < 62 ?
-14  flat < 1.03, lean most >= 39 ?, hip pace < 0.49 ?
-14  flat >= 2.5, knees below < 0.03 ?, knees before < 0.18 ?
-14  hip speed < 0.25, knees below < 0.03, shoulders down < 0.66 ?
-14  knees before >= 0.24, foot jump < 0.11, lean most >= 30
-14  lean most < 72, top over floor < 0.58, top speed < 0.87
-14  low before >= 0.02, knees before >= 0.12 ?
-14  low before >= 0.02, high before >= 0.74, ankles below >= 0.01 ?
-14  moves >= 0.26 ?, top speed >= 0.54, knees before < 0.16 ?
-14  stays down < 0.17, wider >= -0.05, top over floor < 0.77
-15  aside < 0.16, knees before < 0.16, knees beside hips < 0.11 ?
-15  aside way < 0.09, foot down >= -0.08, breadth before >= 0.09
-15  breadth >= 0.24, hips stay down < 0.36 ?, breadth before < 0.33
-15  head above hips >= 0.52, pace before >= 0, wide >= 0.3
-15  head beside hips >= 0.21, flat < 1.25, foot jump < 0.1
-15  head beside hips >= 0.41, hips stay down < 0.32, knees before >= -0.02 ?
-15  head speed < 0.23, high before < 0.87, ankles down >= -0.05 ?
-15  hips aside < 0.01, ankles down >= -0.12, ankles down < 0.04
-15  knees below >= 0.18, knees beside hips < 0.09, trunk before >= 0.18 ?
-15  lean before >= 21, low before < 0.2, ankles below < 0.27 ?
-15  stays down < -0.01, head above hips >= 0.07 ?, ankles down >= -0.22 ?
-16  flat < 0.6, wider >= -0.03, head above hips >= 0.28 ?
-16  foot jump < 0.04, aside way < 0.24, lean most >= 18
-16  foot jump < 0.02, lean most >= 21 ?, trunk >= 0.09 ?
-16  head over floor >= 0.67, hip pace >= 0.11 ?, ankles below >= 0.21
-16  knees below < -0.02, knees beside hips >= 0.13, aside way < 0.75
-16  knees beside hips < 0.03, knees below >= 0.12, knees over floor < 0.36
-16  low before >= 0.02, knees before >= 0.12, trunk >= 0.09 ?
-16  trunk >= 0.41, ankles below >= -0.15, top pace < 1.19
-16  wide < 0.41, breadth before >= 0.18 ?, ankles below >= 0.04 ?
-17  aside way >= 0.88, flat < 1.77, foot jump < 0.27
-17  head pace < 0.09, knees before < 0.12, hip pace >= -0 ?
-17  hip speed < 0.08, knees over floor < 0.33, hips stay down < 0.05 ?
-17  knees over floor >= 0.29, knees before >= 0.05 ?, knees beside hips >= 0.13 ?
-17  stays down < -0.23, lean before >= 4 ?, shoulder speed < 1.5 ?
-18  flat < 0.67, hip speed < 0.39 ?, lean before < 12 ?
-18  foot jump >= 0.39, wide < 1.03, ankles down >= 0.12 ?
-18  head beside hips >= 0.29, aside way < 0.44, ankles down < 0.04
-18  hips stay down < -0.03, knees beside hips < 0.12, wider < 0.19
-18  knees before >= 0.28, knees over floor >= -0.04 ?, trunk before seen
-18  knees below < -0.09, foot jump < 0.22, knees beside hips >= 0.04
-18  knees beside hips < 0.04, knees below >= 0.14, breadth before < 0.24 ?
-18  stays down < -0.09, ankles below >= -0.03 ?, while < 1.45
-19  flat >= 2.26, stays down < 0.39, knees before >= 0.04 ?
-19  knees below < 0.03, ankles below >= 0.11, wide < 0.78
-19  knees below < -0.11, knees over floor >= 0.12, aside < 0.67
-20  breadth >= 0.28, foot jump < 0.19, lean most >= 26 ?
-20  flat >= 2.5, top pace < 0.48, ankles down < 0.01 ?
-20  head beside hips >= 0.38, breadth < 0.19, ankles down < 0.07
-20  knees below < -0.07, head above hips >= -0.22, trunk >= 0.19 ?
-20  knees below >= 0.2, ankles down < 0.27, knees beside hips < 0.1
-20  wide < 0.56, trunk >= 0.16 ?, ankles below >= 0.1
-20  wide < 0.39, ankles below >= 0.1, knees beside hips < 0.08
-21  breadth before >= 0.31, aside < 0.52, hips stay down >= -0.19 ?
-21  lean before >= 26, knees below < 0.07, head above hips >= 0.02
-22  knees below < -0.06, hips stay down < 0.4, aside way < 0.53
-22  shoulders down >= 0.66, ankles down >= 0.19 ?, knees beside hips < 0.24
-23  knees below >= 0.14, ankles below < 0.25, knees beside hips < 0.15
-24  low before >= 0.02, lean before < 59, trunk before >= 0.18
-24  top over floor < 0.23, top pace < 1, low before < 0.32
-25  breadth before < 0.11, knees beside hips < 0.12, shoulder speed >= 0.08 ?
-27  knees over floor >= 0.33, knees below < 0.07 ?, knees before >= 0.01 ?
-27  top speed >= 2.26, wider < 0.56, lean < 119 ?
-29  wider < 0.02, top speed >= 1.35, wide < 0.86
-30  lean before >= 26, knees before >= 0.14 ?, ankles below < 0.3 ?
-32  foot down < -0.26, trunk before >= 0.25 ?, knees before >= -0.09 ?
-34  foot jump >= 0.56, ankles below >= -0.15 ?, pace before < 0.4
-37  high before >= 1.17, ankles below < 0.44 ?, knees before >= -0.12 ?
"""
"""What speaks most for a fall comes first, what speaks most against one last."""

RULES = rules_of(TABLE)
