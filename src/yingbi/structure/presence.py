"""From when to when everybody is there, so that nothing else is told of them that denies it.

What people do is told late and set back: a fall is sure only seconds after it began, and a new
track takes up what was known of a lost one. Each is right by itself, and together they may
contradict each other. Here they are brought in line before a page is closed.

Clause: A.1-3; A.1-4.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from yingbi.domain.record import Behaviour, Record


@dataclass(slots=True)
class _Stay:
    """From when to when somebody was there, in seconds; `inf` while they are."""

    from_s: float
    to_s: float = inf


class Presence:
    """Who came and went when, by name, and what closed pages tell of each of them."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._stays: dict[str, list[_Stay]] = {}
        self._told_s: dict[str, float] = {}

    def enter(self, name: str, time_s: float) -> None:
        """Somebody is there from a time on; also who was there before."""
        self._stays.setdefault(name, []).append(_Stay(time_s))

    def leave(self, name: str, time_s: float) -> float:
        """Somebody is gone since a time; return when they left by what is told already."""
        time_s = max(time_s, self._told_s.get(name, 0.0))
        self._stays[name][-1].to_s = time_s
        return time_s

    def settle(self, records: Sequence[Record]) -> list[Record]:
        """Return the records of a page in their order, behaviours as they can have been.

        Whoever is told to do something was there all the while. Of two behaviours at one time
        the one that was told later holds: it knew more. What closed pages tell stays.
        """
        settled: list[Record | None] = []
        places: dict[str, list[int]] = {}  # of each person's behaviours
        for record in records:
            if not isinstance(record, Behaviour):
                settled.append(record)
                continue
            before = places.setdefault(record.subject, [])
            for one in self._there(record):
                for at in before:
                    settled[at] = _until(settled[at], one)
                before.append(len(settled))
                settled.append(one)
        return [record for record in settled if record is not None]

    def close(self, records: Sequence[Record], gone_before_s: float) -> None:
        """Remember what a page tells that is closed; forget who left before a time."""
        for one in records:
            if isinstance(one, Behaviour):
                told_s = self._told_s.get(one.subject, 0.0)
                self._told_s[one.subject] = max(told_s, one.to_s)
        gone = [name for name, stays in self._stays.items() if stays[-1].to_s < gone_before_s]
        self._forget(gone)

    def _forget(self, names: Collection[str]) -> None:
        for name in names:
            del self._stays[name]
            self._told_s.pop(name, None)

    def _there(self, one: Behaviour) -> Iterator[Behaviour]:
        """Yield the parts of a behaviour in which they were there, after what was told before."""
        told_s = self._told_s.get(one.subject, 0.0)
        for stay in self._stays.get(one.subject, []):
            from_s, to_s = max(one.from_s, stay.from_s, told_s), min(one.to_s, stay.to_s)
            if from_s < to_s:
                yield replace(one, from_s=from_s, to_s=to_s)


def _until(before: Record | None, after: Behaviour) -> Record | None:
    """Return what is left of a behaviour once a later one is known; None is nothing."""
    if not isinstance(before, Behaviour) or after.to_s <= before.from_s:
        return before
    to_s = min(before.to_s, after.from_s)
    return replace(before, to_s=to_s) if before.from_s < to_s else None
