"""Key points made steady: what trembles is followed slowly, what goes on quickly.

The 1-euro filter of Casiez, Roussel and Vogel, CHI 2012. Its lag is that of its slowest part:
a point that stands still and begins to move is LAG_S late at most.
"""

from dataclasses import dataclass, field
from math import pi

from yingbi.domain.glimpse import Points

SLOWEST_HZ, PER_SPEED, SPEED_HZ = 1.2, 4.0, 1.0
"""Cut-off of a point at rest; how it grows by the speed in shares a second; cut-off of the speed."""
LAG_S = 1 / (2 * pi * SLOWEST_HZ)
"""0.13 s."""
AWAY_S = 0.7
"""After not being seen for so long a point begins anew."""


@dataclass(slots=True)
class _Value:
    at: float
    speed: float = 0.0

    def go(self, to: float, gap_s: float) -> None:
        speed = (to - self.at) / gap_s
        self.speed += _share(SPEED_HZ, gap_s) * (speed - self.speed)
        self.at += _share(SLOWEST_HZ + PER_SPEED * abs(self.speed), gap_s) * (to - self.at)


@dataclass(slots=True)
class Steady:
    """The key points of one person, made steady."""

    _last_s: float = float("-inf")
    _points: list[tuple[_Value, _Value]] = field(default_factory=list)

    def follow(self, time_s: float, points: Points) -> Points:
        """Return the points of this time, after those before; visibility stays as it is."""
        gap_s, self._last_s = time_s - self._last_s, time_s
        if not self._points or not 0 < gap_s <= AWAY_S:
            self._points = [(_Value(x), _Value(y)) for x, y, _ in points]
            return points
        for (along, down), (x, y, _) in zip(self._points, points, strict=True):
            along.go(x, gap_s)
            down.go(y, gap_s)
        pairs = zip(self._points, points, strict=True)
        return tuple((along.at, down.at, seen) for (along, down), (_, _, seen) in pairs)


def _share(cut_off_hz: float, gap_s: float) -> float:
    turn = 2 * pi * cut_off_hz * gap_s
    return turn / (turn + 1)
