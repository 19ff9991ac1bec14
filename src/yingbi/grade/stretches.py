"""Where a film is looked into: at the first frame of each stretch of so many seconds."""

from math import floor

from yingbi.domain.frame import Frame

EVERY_S = 0.5
"""Seconds between two looks into a film."""
MOST_LOOKS = 240
"""A film so long that it would take more looks is looked into as often, farther apart."""
SLACK = 1e-6
"""Times of frames are fractions; a stretch begins with them all the same."""


def apart(length_s: float, every_s: float = EVERY_S) -> float:
    """Return the seconds between two looks into a film of this length."""
    return max(every_s, length_s / MOST_LOOKS)


class Stretches:
    """Says of each frame whether another stretch begins with it; of a still each one does.

    apart_s: seconds of a stretch; 0 for a still.
    """

    def __init__(self, apart_s: float) -> None:
        """Begin before the first frame."""
        self._apart_s, self._first_s, self._last = apart_s, 0.0, -1

    def begins(self, frame: Frame) -> bool:
        """Return whether this frame is the first of another stretch. Feed it every frame."""
        if self._last < 0:
            self._first_s = frame.time_s
        since_s = frame.time_s - self._first_s
        stretch = floor(since_s / self._apart_s + SLACK) if self._apart_s else frame.index
        if stretch <= self._last:
            return False
        self._last = stretch
        return True
