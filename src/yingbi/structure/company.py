"""Who is in the picture, and what each of them does.

A track may break where somebody falls, since whoever lies is hard to find; a new track that
begins where another has just lost its person goes on with that one's history.

Clause: A.1-3; A.1-4.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yingbi.domain.glimpse import Glimpse
from yingbi.domain.record import Behaviour, Event
from yingbi.structure.conduct import Conduct
from yingbi.structure.falls import Falls

Box = tuple[float, float, float, float]

LOST_S, FORGOTTEN_S = 0.2, 3.0
"""Who was not seen for so long may go on under another track, and for how long."""
NEAR = 0.5
"""How far the middle of a new track may be from the lost one's, in the larger side of either."""


@dataclass(slots=True)
class _Member:
    name: str
    conduct: Conduct
    box: Box
    seen_s: float
    fell: bool = False


class Company:
    """Everybody's conduct. Feed it the glimpses of each time in order."""

    def __init__(self, falls: type[Falls] = Falls) -> None:
        """Begin with nobody; falls: what watches each of them for falls."""
        self._falls = falls
        self._members: dict[int, _Member] = {}

    def see(
        self, now: float, glimpses: Mapping[int, Glimpse], names: Mapping[int, str]
    ) -> list[Behaviour | Event]:
        """Take what is seen at one time, by track; return what has become sure.

        names: of the tracks that count as people; nothing is told of others.
        """
        told: list[Behaviour | Event] = []
        for track, glimpse in glimpses.items():
            member = self._members.get(track)
            if member is None:
                if track not in names and self._lost(track, glimpse) is None:
                    continue
                told += self._begin(track, glimpse, names)
                member = self._members[track]
            if track in names:  # whoever takes up another's history is told of by their own name
                member.name = names[track]
                told += member.conduct.call(member.name)
            told += member.conduct.see(glimpse)
            if glimpse.seen or glimpse.points is not None:
                member.seen_s, member.box = now, glimpse.box
        for track, member in list(self._members.items()):
            if track not in glimpses:
                told += member.conduct.wait(now)
            if now - member.seen_s > FORGOTTEN_S:
                told += member.conduct.finish()
                del self._members[track]
        fell = {one.subject for one in told if isinstance(one, Event)}
        for member in self._members.values():
            member.fell |= member.name in fell
        return told

    def may_have_fallen(self) -> set[str]:
        """Return of whom it is about to become sure that they fell."""
        return {one.name for one in self._members.values() if one.conduct.may_have_fallen}

    def seen_s(self) -> dict[str, float]:
        """Return when everybody who fell was last seen, or a pose, under whichever track."""
        return {one.name: one.seen_s for one in self._members.values() if one.fell}

    def cut(self, time_s: float) -> list[Behaviour | Event]:
        """Return what everybody does up to a time at which a page of records ends."""
        return [one for member in self._members.values() for one in member.conduct.cut(time_s)]

    def finish(self) -> list[Behaviour | Event]:
        """Return what everybody did last."""
        members, self._members = self._members, {}
        return [one for member in members.values() for one in member.conduct.finish()]

    def _begin(
        self, track: int, glimpse: Glimpse, names: Mapping[int, str]
    ) -> list[Behaviour | Event]:
        """Follow a new track; return what they did whose history it takes up."""
        lost, told = self._lost(track, glimpse), list[Behaviour | Event]()
        if lost is None:
            name, conduct = names[track], Conduct(names[track], falls=self._falls)
        else:
            member = self._members.pop(lost)
            name, conduct = member.name, member.conduct
            told = conduct.go_on()
        self._members[track] = _Member(name, conduct, glimpse.box, glimpse.time_s)
        return told

    def _lost(self, track: int, glimpse: Glimpse) -> int | None:
        """Return the track of the person who was lost where this one begins."""
        near = [
            (_away(one.box, glimpse.box), other)
            for other, one in self._members.items()
            if other != track and glimpse.time_s - one.seen_s >= LOST_S
        ]
        return next((other for away, other in sorted(near) if away <= NEAR), None)


def _away(a: Box, b: Box) -> float:
    """Return how far apart the middles are, in the larger side of either box."""
    right, down = (a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2
    side = max(a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1])
    return max(abs(right), abs(down)) / side
