"""A film's coded pictures in closed groups: which may be copied, and when each frame is due."""

from collections import deque
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

MOST_HELD = 64 << 20
"""Bytes of packets of one group that are held; a longer group is encoded."""


class SpliceDoubtError(Exception):
    """A film cannot be put together from copied and encoded parts with certainty.

    Never shown: whoever catches it has the film encoded whole. reason: a word for the report.
    """

    def __init__(self, reason: str) -> None:
        """Remember the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Times:
    """When a frame is shown and decoded, and how long until the next is decoded, in ticks."""

    pts: int
    dts: int
    duration: int


@dataclass(frozen=True, slots=True)
class Coded:
    """One coded picture: its times, what is in it, and why it must not be copied, if so.

    begins: whether it and all that follow can be decoded without what came before.
    shown: whether the source shows it; an edit list may hide it.
    """

    times: Times
    content: bytes = field(repr=False)
    begins: bool = False
    shown: bool = True
    key: bool = False
    fault: str | None = None


@dataclass(slots=True)
class Group:
    """A closed group: from a picture that needs nothing before it to the next such picture.

    start: time of its first frame shown. pictures: in the order of decoding. given: times of the frames that came by so far, in
    the order shown. head: digests of the first of them, by pts.
    fault: why it must not be copied, None while it may be.
    spoilt: whether its frames are being encoded; it then holds nothing.
    """

    start: int
    pictures: list[Coded] = field(default_factory=list)
    given: list[Times] = field(default_factory=list)
    head: dict[int, bytes] = field(default_factory=dict, repr=False)
    fault: str | None = None
    spoilt: bool = False
    held: int = 0

    def add(self, coded: Coded) -> None:
        """Take in the next picture."""
        if self.spoilt:
            return
        self.held += len(coded.content)
        self.start = min(self.start, coded.times.pts)
        self.fault = self.fault or coded.fault or _fault(self, coded)
        self.pictures.append(coded)

    def spoil(self, reason: str) -> None:
        """Give up what is held: the group is encoded, for the reason."""
        self.spoilt, self.fault = True, reason
        self.pictures, self.given, self.head = [], [], {}

    def whole(self) -> bool:
        """Tell whether just the frames that its pictures show came by."""
        shown = sorted(coded.times.pts for coded in self.pictures)
        return shown == [times.pts for times in self.given]

    def until(self, pts: int | None) -> list[Coded]:
        """Return the pictures that a decoder needs for all frames before the time (None: all)."""
        if pts is None:
            return self.pictures
        last = max((n for n, c in enumerate(self.pictures) if c.times.pts < pts), default=-1)
        return self.pictures[: last + 1]


def _fault(group: Group, coded: Coded) -> str | None:
    if group.held > MOST_HELD:
        return "long"
    if not coded.shown:
        return "hidden"  # nobody looked at it
    return "open" if not group.pictures and not coded.begins else None


class Clock:
    """Gives each frame the decoding time that a film without reordering has it at.

    The n-th frame shown takes the n-th decoding time. Since no picture is shown before it
    is decoded, no frame is decoded too late by it, and the source's decoding times stay.
    Memory: what was decoded and not yet shown.
    """

    def __init__(self) -> None:
        """Begin with nothing decoded."""
        self._waiting: list[int] = []
        self._due: deque[Times] = deque()

    def decoded(self, times: Times) -> None:
        """Take in a picture, in the order of decoding."""
        heappush(self._waiting, times.pts)
        self._due.append(times)

    def shown(self, pts: int) -> Times:
        """Return the times of a frame; raise SpliceDoubtError where no picture has its time."""
        while self._waiting and self._waiting[0] <= pts:
            found, due = heappop(self._waiting), self._due.popleft()
            if found == pts:
                return replace(due, pts=pts)
        raise SpliceDoubtError("times")
