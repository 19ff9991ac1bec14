"""Look through a film or picture and explain what is private in it: what, when, and what follows.

Nothing is written and no picture comes back, nor any text that was read.

Clause: 6.2.1.f-1; 6.2.1.f-2; 6.2.3-1; 6.4.1-3.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingbi.detect.private import LineJudge
from yingbi.domain.box import BoxPolicy
from yingbi.domain.data_class import CLASSES, DataClass, Sign
from yingbi.domain.frame import Frame
from yingbi.domain.level import Level, Scene
from yingbi.domain.region import Target
from yingbi.domain.report import Progress
from yingbi.domain.tightening import Verdict, reads
from yingbi.errors import UnmaskableError, YingbiError
from yingbi.grade.classes import classes
from yingbi.grade.closing import closed
from yingbi.grade.home import Home, HomeFinder, Judgement, hold_to, judge
from yingbi.grade.stretches import EVERY_S, Stretches, apart
from yingbi.keys.door_file import read_door
from yingbi.pipeline.engine import Finder, open_reel, wanted


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks. finders: of all targets. lines: who reads and judges lines of text."""

    finders: Sequence[Finder]
    lines: LineJudge
    home: HomeFinder
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One class in one film.

    first_s, last_s: of the looks that showed it. for_s: how long, by their number; a still has 0.
    score: of the surest sight, 0..1.
    """

    of: DataClass
    first_s: float
    last_s: float
    for_s: float
    score: float

    def to_json(self) -> dict[str, Any]:
        """Return the finding for machines."""
        return {
            "class": self.of.name,
            "first_s": round(self.first_s, 3),
            "last_s": round(self.last_s, 3),
            "for_s": round(self.for_s, 3),
            "score": round(self.score, 3),
            "sensitive": self.of.sensitive,
            "handling": self.of.handling.value,
            "mask": self.of.mask.value if self.of.mask else None,
            "clause": self.of.clause,
        }


@dataclass(frozen=True, slots=True)
class Grading:
    """What was found and what follows. every_s: seconds between the looks, 0 for a still.

    read: classes that only reading proved; where a box does not read, `protect` finds them not.
    """

    path: Path
    findings: tuple[Finding, ...]
    home: Judgement
    looks: int
    every_s: float
    read: frozenset[str] = frozenset()

    @property
    def level(self) -> Level | None:
        """The level that the content asks for; None where it asks for none."""
        return None if self.home.home is Home.NO else Scene.HOME_INTERIOR.floor

    def level_as(self, scene: Scene | None) -> Level | None:
        """Return the least strict level of the source declared to be this scene; None is unsaid.

        Raises: SceneContradictedError, SceneDoubtfulError: what is seen does not fit the scene.
        Clause: 6.4.1-3; A.1-1; A.2-1; A.3-1.
        """
        if scene is None:
            return self.level
        hold_to(scene, self.home, self.path)
        return scene.floor

    def verdict(self, policy: BoxPolicy) -> Verdict:
        """Return what `protect` would do with it in a box of this policy, nobody approving.

        Raises: SceneContradictedError, SceneDoubtfulError.
        """
        found = {found.of.name for found in self.findings}
        found -= frozenset() if reads(policy) else self.read
        return closed(policy, found, self.home, self.path, approved=False)


def policy_behind(door: Path) -> BoxPolicy:
    """Return the policy of the box behind a door, as of when the door was made.

    Raises: DoorRefusedError; LibraryMissingError.
    """
    return read_door(door).policy


def grade(path: Path, looking: Looking, progress: Progress, every_s: float = EVERY_S) -> Grading:
    """Return the classes of data in a film or picture, and whether it shows a home.

    every_s: seconds between two looks; more in a film so long that it would take too many.

    Raises: what makes the input unusable; UnmaskableError where a network fails on a frame.
    """
    with open_reel(path, looking.threads) as reel:
        tick = progress.begin(path.name, reel.source.frames)
        film, length_s = reel.info is not None, reel.source.duration_s or 0.0
        apart_s = apart(length_s, every_s) if film else 0.0
        chosen = _chosen(reel.frames, apart_s, tick)
        looks = [_look(frame, looking, path) for frame in chosen]
    judged = judge([look.things for look in looks])
    seen = frozenset[str]().union(*(look.seen for look in looks))
    read = frozenset[str]().union(*(look.scores for look in looks)) - seen
    findings = tuple(_findings(looks, judged, apart_s))
    return Grading(path, findings, judged, len(looks), apart_s, read)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look saw.

    scores: the best by class. things: of a home or a room, by name. seen: classes that regions
    prove, whatever is read in them.
    """

    time_s: float
    scores: Mapping[str, float]
    things: Mapping[str, float]
    seen: frozenset[str]


def _chosen(
    frames: Iterable[Frame], apart_s: float, tick: Callable[[int], None]
) -> Iterator[Frame]:
    """Yield the first frame of all and the first of each stretch of so many seconds."""
    stretches = Stretches(apart_s)
    for frame in frames:
        if stretches.begins(frame):
            yield frame
        tick(1)


def _look(frame: Frame, looking: Looking, path: Path) -> _Look:
    try:
        found = [region for finder in looking.finders for region in finder.find(frame)]
        lines = [region for region in found if region.kind is Target.TEXT]
        regions = wanted(found, tuple(Target))
        named = [(region, classes([region])) for region in regions]
        named += looking.lines.judged(frame, lines)
        things = looking.home.look(frame)
    except YingbiError:
        raise
    except Exception as error:
        reason = type(error).__name__
        raise UnmaskableError(path=path, frame=frame.index, reason=reason) from error
    scores: dict[str, float] = {}
    for region, names in named:
        scores |= {name: max(scores.get(name, 0.0), region.score) for name in names}
    return _Look(frame.time_s, scores, things, classes(regions))


def _findings(looks: Sequence[_Look], judged: Judgement, apart_s: float) -> Iterator[Finding]:
    """Yield what was found, in the table's order; the home where it may be one."""
    for of in CLASSES:
        if of.evidence is Sign.THINGS:
            seen = [(look.time_s, _most(look.things, judged.signs)) for look in looks]
        else:
            seen = [(look.time_s, look.scores.get(of.name, 0.0)) for look in looks]
        seen = [(time_s, score) for time_s, score in seen if score > 0]
        if seen:
            best = max(score for _, score in seen)
            yield Finding(of, seen[0][0], seen[-1][0], len(seen) * apart_s, best)


def _most(things: Mapping[str, float], signs: Sequence[str]) -> float:
    return max((things.get(sign, 0.0) for sign in signs), default=0.0)
