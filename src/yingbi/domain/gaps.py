"""How far apart frames come, and for how long whoever is not seen may just have had no frame.

Some films have a frame a second, some cameras give one in five. What a file says of its rate is
not to be trusted: only the times of the frames count.

Clause: 6.2.1.f-2.
"""

from collections import deque
from statistics import median

AS_FAR = 1.5
"""A next frame may come so many times later than usual, and nobody is let go of for that."""
QUICK_S = 0.25
"""Frames that come at least so often need nothing: whoever is held is held longer than that."""
SLOWEST_S = 5.0
"""Of frames that are farther apart than this nobody knows whether they show the same person."""
LAST = 5
"""The usual gap is the median of so many: one jump in time makes none usual."""


class Gaps:
    """The gaps between the last frames. Feed it the time of every frame in order."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._last_s: float | None = None
        self._gaps: deque[float] = deque(maxlen=LAST)

    def see(self, time_s: float) -> float:
        """Take a frame's time; return for how many seconds to hold on, 0 at usual rates.

        Two frames of one time, as some films have, are one; the most is AS_FAR * SLOWEST_S.
        """
        if self._last_s is not None and time_s > self._last_s:
            self._gaps.append(time_s - self._last_s)
        self._last_s = time_s
        usual_s = median(self._gaps) if self._gaps else 0.0
        return AS_FAR * min(usual_s, SLOWEST_S) if usual_s > QUICK_S else 0.0
