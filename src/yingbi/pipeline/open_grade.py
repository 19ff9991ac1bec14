"""The grade of one source, open while its frames go by; no original is sealed before it is closed.

What the finders find anywhere counts, also what tracking makes nothing of. For the things of a
home the frames are looked at by the way, where the box's scene or its policy asks for them.

Clause: 6.2.3-1; 6.4.1-3; A.3-2.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from yingbi.domain.box import BoxPolicy
from yingbi.domain.frame import Frame
from yingbi.domain.grade_errors import SceneDoubtfulError
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.domain.report import Tally
from yingbi.domain.tightening import HOME, Verdict, looked_for, looks_for_home
from yingbi.errors import UnmaskableError, YingbiError
from yingbi.grade.classes import classes
from yingbi.grade.closing import closed
from yingbi.grade.home import Home, HomeFinder, Judgement, judge
from yingbi.grade.stretches import Stretches, apart
from yingbi.pipeline.engine import Finder, Reel


@dataclass(frozen=True, slots=True)
class _Noting:
    """A finder of whose findings every class is noted."""

    inner: Finder
    noted: set[str]

    @property
    def kinds(self) -> frozenset[Target]:
        return self.inner.kinds

    @property
    def pace(self) -> Pace:
        return self.inner.pace

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        found = self.inner.find(frame, part)
        self.noted.update(classes(found))
        return found


@dataclass(slots=True)
class OpenGrade:
    """What one source shows, until its grade is closed.

    home: who looks for the things of a home; needed where the policy asks for them.
    approved: whether somebody answers for a scene that is in doubt. answered: whether it was.
    """

    policy: BoxPolicy
    reel: Reel
    home: HomeFinder | None = None
    approved: bool = False
    answered: bool = False
    _noted: set[str] = field(default_factory=set)
    _looks: list[Mapping[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse to begin where nobody can look for what the policy asks."""
        if looks_for_home(self.policy) and self.home is None:
            raise ValueError("the box is held to its scene, and nobody looks for a home")

    def finders(self, finders: Iterable[Finder]) -> Sequence[Finder]:
        """Return the finders; what they find is noted from now on."""
        return [_Noting(finder, self._noted) for finder in finders]

    def watched(self) -> Reel:
        """Return the reel, whose frames are looked at as they go by.

        Raises, while they do: SceneContradictedError as soon as it is sure; UnmaskableError.
        """
        if not looks_for_home(self.policy):
            return self.reel
        return replace(self.reel, frames=self._looking())

    def close(self, tally: Tally) -> Verdict:
        """Return what follows, and have the tally tell of all that was found.

        Raises: SceneContradictedError; SceneDoubtfulError where nobody approves.
        Clause: 6.2.3-1.
        """
        judged, seen = judge(self._looks), looked_for(self.policy)
        tally.labels |= self._noted & set(seen)
        tally.labels |= set() if judged.home is Home.NO else {HOME}
        try:
            return self._follows(tally.labels, judged, approved=False)
        except SceneDoubtfulError:
            self.answered = self.approved
            return self._follows(tally.labels, judged, approved=self.approved)

    def _follows(self, found: Iterable[str], judged: Judgement, *, approved: bool) -> Verdict:
        return closed(self.policy, found, judged, self.reel.source.path, approved=approved)

    def _looking(self) -> Iterator[Frame]:
        reel = self.reel
        length_s = reel.source.duration_s or 0.0
        stretches = Stretches(apart(length_s) if reel.info is not None else 0.0)
        for frame in reel.frames:
            if stretches.begins(frame):
                self._look(frame)
            yield frame

    def _look(self, frame: Frame) -> None:
        """Look once; a home that is sure by now needs no more frames."""
        if self.home is None:
            return
        try:
            look = self.home.look(frame)
        except YingbiError:
            raise
        except Exception as error:
            path, reason = self.reel.source.path, type(error).__name__
            raise UnmaskableError(path=path, frame=frame.index, reason=reason) from error
        self._looks.append(look)
        judged = judge(self._looks) if look else Judgement(Home.NO)
        if judged.home is Home.YES:
            self._follows((), judged, approved=False)
