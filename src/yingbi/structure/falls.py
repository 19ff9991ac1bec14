"""A fall: a quick drop, and what is seen before and after it.

No network. A drop of the upper part or the hips is noticed while it happens. At some ages of it
the rules of `fall_rules` are looked at and their points added: a clear fall has enough of them early, another
only once somebody has stayed down for a while, and what is undone never.

Clause: A.1-3; A.1-4.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from yingbi.structure.body import Body, since
from yingbi.structure.clues import Drop, measures_of
from yingbi.structure.fall_rules import RULES, points_of
from yingbi.structure.thresholds import Thresholds

Recent = Sequence[Body] | deque[Body]

FIRST_AGES = 2
"""Of `ages_s`: at these most falls are told."""
MINUTE = 60
"""One sight of each of so many seconds is kept, to know who was low before."""


@dataclass(frozen=True, slots=True)
class Fall:
    """When it began, and how many points it had beyond those that it takes."""

    time_s: float
    beyond: float


@dataclass(slots=True)
class _Watched:
    """A drop, when it was noticed, and how many of its ages were looked at."""

    drop: Drop
    noticed_s: float
    ages: int = 0


class Falls:
    """Watches one person for falls."""

    def __init__(self, table: Thresholds) -> None:
        """Begin without a drop."""
        self._table = table
        self._watched: list[_Watched] = []
        self._minute: deque[tuple[float, bool]] = deque(maxlen=MINUTE)
        self._statures: deque[tuple[float, float]] = deque()

    def see(self, recent: Recent, stature: float) -> Fall | None:
        """Notice a drop that ends with the last of the recent sights; return a fall as `wait` does.

        recent: of the last seconds in order of time. stature: how tall they look upright.
        """
        table, last = self._table, recent[-1]
        self._remember(last, stature)
        if not self._watched or last.time_s - self._watched[-1].noticed_s >= table.apart_s:
            begun_s = dropped(recent, stature, table)
            if begun_s is not None:
                drop = Drop(begun_s, self._statures[0][1], self._low_before(begun_s))
                self._watched.append(_Watched(drop, last.time_s))
        return self.wait(recent, last.time_s)

    def wait(self, recent: Recent, now: float) -> Fall | None:
        """Return the fall that is sure by now.

        Whoever lies is hard to find: not being seen after it is not getting up.
        """
        fall = None
        for one in self._watched:
            due = [age for age in self._table.ages_s if one.drop.time_s + age <= now][one.ages :]
            for age in due:
                fall = fall or self.judge(recent, one.drop, age)
                one.ages += 1
        if fall is not None:
            self._watched.clear()
        self._watched = [one for one in self._watched if one.ages < len(self._table.ages_s)]
        return fall

    @property
    def open(self) -> bool:
        """Whether a drop was not looked at yet at its first ages."""
        return any(one.ages < FIRST_AGES for one in self._watched)

    def finish(self, recent: Recent) -> Fall | None:
        """Return the fall that what was seen makes one, as nothing more will be seen."""
        table, fall = self._table, None
        for one in self._watched:
            fall = fall or self.judge(recent, one.drop, table.ages_s[one.ages])
        self._watched.clear()
        return fall

    def judge(self, recent: Recent, drop: Drop, age_s: float) -> Fall | None:
        """Return the fall that a drop is by what was seen until it was so old."""
        measures = measures_of(recent, drop, drop.time_s + age_s)
        if measures is None:
            return None
        beyond = points_of(measures, RULES) - self._table.needed
        return Fall(drop.time_s, beyond) if beyond >= 0 else None

    def _remember(self, body: Body, stature: float) -> None:
        if not self._minute or body.time_s - self._minute[-1][0] >= 1:
            self._minute.append((body.time_s, body.height < self._table.low * stature))
        self._statures.append((body.time_s, stature))
        while body.time_s - self._statures[0][0] > self._table.drop_s:
            self._statures.popleft()

    def _low_before(self, time_s: float) -> float:
        lows = [low for at, low in self._minute if at < time_s - 1]
        return sum(lows) / len(lows) if lows else 0.0


def dropped(recent: Recent, stature: float, table: Thresholds) -> float | None:
    """Return when the drop began that ends with the last sight, if there is one.

    One sight that is off makes none: what counts is the second highest before, and the higher of
    the last two.
    """
    now = recent[-1].time_s
    window = since(recent, now - table.drop_s)
    tops = [(one.time_s, one.top) for one in window]
    shoulders = [(one.time_s, one.shoulders[1]) for one in window if one.shoulders is not None]
    hips = [(one.time_s, one.hips[1]) for one in window if one.hips is not None]
    begun = [_begun(line, table.drop * stature) for line in (tops, shoulders, hips)]
    return min((one for one in begun if one is not None), default=None)


def _begun(line: Sequence[tuple[float, float]], least: float) -> float | None:
    if len(line) < 4:
        return None
    ys = [y for _, y in line]
    high, low = sorted(ys)[1], min(ys[-2:])
    if low - high < least:
        return None
    return max(time_s for time_s, y in line if y <= high + 0.2 * (low - high))
