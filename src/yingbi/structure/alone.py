"""Who was left alone: somebody who should have company, with nobody else there for a while.

Who may be a child should have company, and company is somebody of whom that is not said. It is
told once for each time alone, with the time at which it began.

Clause: A.1-3; 6.5.a.
"""

from collections.abc import Mapping

from yingbi.domain.record import Event

ALONE_S = 60.0
"""So long is nobody else there until somebody counts as left alone."""


class Alone:
    """Watches over those who should have company. Feed it every time, in order."""

    def __init__(self, alone_s: float = ALONE_S) -> None:
        """Begin with nobody."""
        self._alone_s = alone_s
        self._since: dict[str, float] = {}
        self._told: set[str] = set()

    def see(self, now: float, there: Mapping[str, bool]) -> list[Event]:
        """Take who is there, and whether each of them should have company; tell who was left."""
        if not all(there.values()):
            self._since = dict.fromkeys(there, now)
            self._told.clear()
            return []
        self._since = {name: self._since.get(name, now) for name in there}
        left = [
            name
            for name, since in self._since.items()
            if now - since >= self._alone_s and name not in self._told
        ]
        self._told.update(left)
        return [Event("left-alone", self._since[name], name) for name in left]
