"""Who is in a film by its edit: a line for each person or thing, and the doubtful moments."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.judged import Judged, Rows
from yingbi.domain.moment import Doubt, Moment, Moments
from yingbi.domain.region import Target
from yingbi.domain.sightings import KINDS, NOBODY, Sightings

State = Literal["masked", "visible", "partly"]
PieceState = Literal["masked", "visible", "held"]
_PIECES: tuple[PieceState, ...] = ("held", "masked", "visible")


@dataclass(frozen=True, slots=True)
class Member:
    """One person or thing. pieces: runs of frames, first and last, and how they are shown.

    doubts: moments in which something about it is unsure. drawn: whether a person drew it.
    """

    number: int
    kinds: tuple[Target, ...]
    first: int
    last: int
    best: float
    doubts: int
    state: State
    pieces: tuple[tuple[int, int, PieceState], ...]
    drawn: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it for machines; frames are counted from 0."""
        return {
            "id": self.number,
            "kinds": [kind.value for kind in self.kinds],
            "from": self.first,
            "to": self.last,
            "best": round(self.best, 3),
            "doubts": self.doubts,
            "drawn": self.drawn,
            "state": self.state,
            "pieces": [{"from": a, "to": b, "state": state} for a, b, state in self.pieces],
        }


def moments_of(sightings: Sightings, size: tuple[int, int]) -> list[Moment]:
    """Return the doubtful moments of all that was found, the most doubtful first.

    They name the tracks of the first pass; `recast` gives them the numbers of an edit.
    """
    moments = Moments()
    for frame in range(len(sightings)):
        moments.take(sightings.regions(frame), sightings.time_s(frame), size)
    return sorted(moments.finish(), key=lambda moment: moment.weight)


def frame_at(sightings: Sightings, time_s: float) -> int:
    """Return the frame that is shown at a time, the last one where it lies behind."""
    base = sightings.time_base
    ticks = round(time_s * base.denominator / base.numerator)
    return int(np.clip(np.searchsorted(sightings.pts, ticks), 0, len(sightings) - 1))


def recast(moments: Sequence[Moment], judged: Judged) -> list[Moment]:
    """Return the moments with the numbers that splits and joins have given to people.

    A head comes of a face or a body: its moment is left out where that has one of its own.
    """
    sightings = judged.sightings
    found = []
    for moment in moments:
        rows = sightings.rows(frame_at(sightings, moment.at_s))
        track = moment.track or NOBODY
        row = next((row for row in rows if int(sightings.tracks[row]) == track), None)
        number = track if row is None else int(judged.cast[row])
        found.append(replace(moment, track=number or None))
    return _once(found)


def _once(moments: Sequence[Moment]) -> list[Moment]:
    """Leave out the moments of heads at times of which their face or body tells the same."""
    head = Target.HEAD.value
    told: dict[tuple[int | None, Doubt], list[Moment]] = {}
    for one in moments:
        if one.kind != head:
            told.setdefault((one.track, one.doubt), []).append(one)
    return [
        one
        for one in moments
        if one.kind != head
        or not any(
            other.from_s <= one.to_s and one.from_s <= other.to_s
            for other in told.get((one.track, one.doubt), ())
        )
    ]


def cast_list(judged: Judged, moments: Sequence[Moment] = ()) -> list[Member]:
    """Return everybody, in the order in which they come. moments: recast ones, to be counted."""
    doubts = Counter(moment.track for moment in moments)
    order = np.argsort(judged.cast, kind="stable")
    numbers, begins = np.unique(judged.cast[order], return_index=True)
    ends = [*begins[1:].tolist(), len(order)]
    found = [
        _member(judged, int(number), order[begin:end], doubts[int(number)])
        for number, begin, end in zip(numbers, begins.tolist(), ends, strict=True)
        if number != NOBODY
    ]
    drawn = (
        Member(
            one.track, (one.kind,), one.first, one.last, 1.0, 0, "masked",
            ((one.first, one.last, "masked"),), drawn=True,
        )
        for one in judged.choices.additions
    )  # fmt: skip
    return sorted([*found, *drawn], key=lambda member: (member.first, member.number))


def kinds_of(judged: Judged) -> Iterator[tuple[Target, int, State]]:
    """Yield each kind that was found, how many people or things have it, and what becomes of it."""
    for place, kind in enumerate(KINDS):
        rows = np.flatnonzero(judged.sightings.kinds == place)
        if rows.size:
            yield kind, len(np.unique(judged.cast[rows])), _state(judged.masked[rows])


def _member(judged: Judged, number: int, rows: Rows, doubts: int) -> Member:
    sightings = judged.sightings
    frames, places = np.unique(judged.frame_of(rows), return_inverse=True)
    masked = np.bincount(places, weights=judged.masked[rows]) > 0
    seen = np.bincount(places, weights=sightings.seen[rows]) > 0
    states = np.where(~masked, 2, np.where(seen, 1, 0))
    return Member(
        number,
        tuple(KINDS[kind] for kind in np.unique(sightings.kinds[rows]).tolist()),
        int(frames[0]),
        int(frames[-1]),
        float(sightings.scores[rows].max()),
        doubts,
        _state(masked),
        tuple(_pieces(frames, states)),
    )


def _state(masked: NDArray[np.bool_]) -> State:
    if masked.all():
        return "masked"
    return "partly" if masked.any() else "visible"


def _pieces(frames: Rows, states: Rows) -> Iterator[tuple[int, int, PieceState]]:
    """Yield runs of frames that follow each other in one state."""
    breaks = np.flatnonzero((np.diff(frames) != 1) | (np.diff(states) != 0)) + 1
    for run in np.split(np.arange(len(frames)), breaks):
        yield int(frames[run[0]]), int(frames[run[-1]]), _PIECES[int(states[run[0]])]
