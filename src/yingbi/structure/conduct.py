"""What one person does: stands, sits, lies, walks, runs, waves, and has fallen.

Clear rules over key points and history, no network: each sight becomes a `Body`, the middle of
a short while of them tells a posture, and that has to hold before it counts. Falls have a module
of their own. The numbers stand in `thresholds`. What is told lags: a posture by `look_s` and
`steady_s` at most, a fall by the age of the drop; the times that are told do not.

Clause: A.1-3; A.1-4.
"""

from collections import deque
from collections.abc import Sequence
from statistics import median

from yingbi.domain.glimpse import Glimpse
from yingbi.domain.record import Behaviour, Event
from yingbi.structure.body import Body, body_of, since
from yingbi.structure.falls import Fall, Falls
from yingbi.structure.movement import pace_of, waves
from yingbi.structure.posture import posture_of, stature_of
from yingbi.structure.thresholds import THRESHOLDS, Thresholds

LIKELY, SURE = 0.6, 0.9
"""Confidence of a fall that had the points that it takes, and of one that had SURELY more."""
SURELY = 20.0
BRIEF = ("running", "waving")
"""What lasts a few seconds, and is over when it has held for long."""
WAVED = 0.7
"""Share of `wave_s` that they have waved when it is seen; a posture has held for half of `look_s`."""
TOLD = 0.8
"""Confidence of everything else."""
UPRIGHT_S = 2.0
"""How far back is looked for how tall somebody is."""


class Conduct:
    """One person's conduct. Feed it every glimpse in order of time, then `finish`."""

    def __init__(
        self, subject: str, table: Thresholds = THRESHOLDS, falls: type[Falls] = Falls
    ) -> None:
        """Begin with somebody of whom nothing is known; falls: what watches them for falls."""
        self._subject, self._table = subject, table
        self._recent: deque[Body] = deque()
        self._found = False
        self._stature = 0.0
        self._known = False  # whether that was learned from somebody upright
        self._falls = falls(table)
        self._doing: tuple[str, float] | None = None  # what is told, and since when
        self._may_be: tuple[str, float] | None = None  # what it looks like now, and since when
        self._down = False  # after a fall that is not over
        self._cut_s = 0.0  # what was before is told already

    def see(self, glimpse: Glimpse) -> list[Behaviour | Event]:
        """Take one sight; return what has become sure.

        Where they are only held and no pose is known time just passes, but not before the first
        sight: until then a track reaches back to where they must have been.
        """
        self._found |= glimpse.seen
        if self._found and not glimpse.seen and glimpse.points is None:
            return self.wait(glimpse.time_s)
        body = body_of(glimpse)
        if self._recent and body.time_s <= self._recent[-1].time_s:
            return []  # some films give two frames one time
        self._recent.append(body)
        while body.time_s - self._recent[0].time_s > self._table.memory_s:
            self._recent.popleft()
        self._measure(body)
        told = self._fell(self._falls.see(self._recent, self._stature))
        return [*told, *self._goes_on(self._looks(), body.time_s)]

    def go_on(self) -> list[Behaviour | Event]:
        """Be followed under another track from now on, which reaches back as every track does.

        Return what they did until they were lost: nobody saw what they did between.
        """
        self._found = False
        if self._doing is None or not self._recent:
            return []
        (doing, since_s), self._doing = self._doing, None
        return self._told(doing, since_s, self._recent[-1].time_s)

    def call(self, subject: str) -> list[Behaviour | Event]:
        """Go on under another name; return what was done under the former one."""
        if subject == self._subject:
            return []
        told = self.cut(self._recent[-1].time_s) if self._recent else []
        self._subject = subject
        return told

    @property
    def may_have_fallen(self) -> bool:
        """Whether it is about to become sure that they fell."""
        return not self._down and self._falls.open

    def wait(self, time_s: float) -> list[Behaviour | Event]:
        """Let time pass in which they are not seen; return the fall that this makes sure."""
        return self._fell(self._falls.wait(self._recent, time_s))

    def cut(self, time_s: float) -> list[Behaviour | Event]:
        """Return what they have been doing up to a time; it goes on from there."""
        if self._doing is None:
            return []
        doing, since_s = self._doing
        self._cut_s = time_s
        self._doing = (doing, max(since_s, time_s))
        return self._told(doing, since_s, time_s)

    def finish(self) -> list[Behaviour | Event]:
        """Return what they did last; whoever lies then after a drop was not seen to get up."""
        if not self._recent:
            return []
        fell = self._fell(self._falls.finish(self._recent))
        if self._doing is None:
            return fell
        (doing, since_s), self._doing = self._doing, None
        return [*fell, *self._told(doing, since_s, self._recent[-1].time_s)]

    def _since(self, time_s: float) -> list[Body]:
        return since(self._recent, time_s)

    def _measure(self, body: Body) -> None:
        """Learn the stature from who is upright; whoever lies keeps the one from before."""
        window = self._since(body.time_s - UPRIGHT_S)
        stature = stature_of(window, self._table)
        if stature is not None:
            self._stature, self._known = stature, True
        elif not self._known:
            side = median(max(one.height, one.width) for one in window)
            self._stature = max(self._stature, side)

    # --- what it looks like ----------------------------------------------------------------------

    def _looks(self) -> str | None:
        """Return what they look like now; None where it does not tell."""
        table, now = self._table, self._recent[-1].time_s
        window = self._since(now - table.look_s)
        posture = posture_of(window, self._stature, table)
        if self._down:
            return self._after_fall(posture, now)
        upright = posture in ("standing", "sitting")
        if upright and waves(self._since(now - table.wave_s), self._stature, table):
            return "waving"
        stands = posture == "standing"
        pace = pace_of(window, table.look_s, stands=stands) if upright else 0.0
        if pace >= table.run and self._is_tall(window):
            return "running"  # whose knees come up as if they sat
        return "walking" if stands and pace >= table.walk else posture

    def _is_tall(self, window: Sequence[Body]) -> bool:
        """Return whether they are as high as who stands: whoever falls is fast as well."""
        return median(one.height for one in window) >= self._table.tall * self._stature

    def _after_fall(self, posture: str | None, now: float) -> str | None:
        """Return "fallen" until somebody has stood or sat for a while."""
        if posture not in ("standing", "sitting"):
            self._may_be = None
            return "fallen"
        since_s = self._may_be[1] if self._may_be and self._may_be[0] == posture else now
        if now - since_s < self._table.up_s:
            self._may_be = (posture, since_s)
            return None
        self._down = False
        return posture

    # --- what is told ----------------------------------------------------------------------------

    def _fell(self, fall: Fall | None) -> list[Behaviour | Event]:
        if fall is None or self._down:
            return []
        self._down = True
        sure = SURE if fall.beyond >= SURELY else LIKELY
        event = Event("fell", fall.time_s, self._subject, confidence=sure)
        return [event, *self._changed("fallen", fall.time_s)]

    def _goes_on(self, looks: str | None, now: float) -> list[Behaviour | Event]:
        """Return the behaviour that is over once another has held for `steady_s`."""
        if looks is None:
            return []
        if self._doing is not None and looks == self._doing[0]:
            self._may_be = None
            return []
        if self._may_be is None or self._may_be[0] != looks:
            self._may_be = (looks, now)
        since_s = self._may_be[1]
        brief = looks in BRIEF
        if now - since_s < (self._table.brief_s if brief else self._table.steady_s):
            return []
        return self._changed(looks, since_s - self._began_before(looks))

    def _began_before(self, looks: str) -> float:
        """Return how long before its first sight a behaviour began."""
        return WAVED * self._table.wave_s if looks == "waving" else self._table.look_s / 2

    def _changed(self, doing: str, since_s: float) -> list[Behaviour | Event]:
        since_s = max(since_s, self._cut_s)
        before, self._doing, self._may_be = self._doing, (doing, since_s), None
        return [] if before is None else self._told(before[0], before[1], since_s)

    def _told(self, doing: str, from_s: float, to_s: float) -> list[Behaviour | Event]:
        if to_s <= from_s:
            return []
        return [Behaviour(self._subject, from_s, to_s, doing, TOLD)]
