"""Stretches of time: joined where they meet, and counted where several run at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one time to another, in seconds; both are the same for a moment."""

    from_s: float
    to_s: float

    @property
    def length_s(self) -> float:
        """How long it lasts."""
        return self.to_s - self.from_s


def merged(spans: Iterable[Span], gap_s: float = 0.0) -> tuple[Span, ...]:
    """Return the same time in as few spans as can be, in order.

    gap_s: so much time between two spans still joins them.
    """
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.from_s <= joined[-1].to_s + gap_s:
            joined[-1] = Span(joined[-1].from_s, max(joined[-1].to_s, span.to_s))
        else:
            joined.append(span)
    return tuple(joined)


def at_once(lanes: Sequence[Iterable[Iterable[Span]]]) -> tuple[tuple[Span, int], ...]:
    """Return how many run at once, as spans with a number above 0 that changes from each to the next.

    lanes: each with the spans of several people, of which those of one person do not overlap.
        People of one lane are added up; of all lanes the greatest number counts.
    """
    turns = sorted(
        (at_s, lane, change)
        for lane, people in enumerate(lanes)
        for spans in people
        for span in spans
        if span.length_s > 0
        for at_s, change in ((span.from_s, 1), (span.to_s, -1))
    )
    told: list[tuple[Span, int]] = []
    running: dict[int, int] = {}
    before_s = 0.0
    for at_s, lane, change in turns:
        most = max(running.values(), default=0)
        if at_s > before_s and most:
            _tell(told, Span(before_s, at_s), most)
        before_s = at_s
        running[lane] = running.get(lane, 0) + change
        if not running[lane]:
            del running[lane]
    return tuple(told)


def _tell(told: list[tuple[Span, int]], span: Span, count: int) -> None:
    last = told[-1] if told else None
    if last is not None and last[1] == count and last[0].to_s == span.from_s:
        told[-1] = Span(last[0].from_s, span.to_s), count
    else:
        told.append((span, count))
