"""Decisions applied to sightings: who is whom, and what is masked.

A released person is masked all the same wherever there is doubt: where the mask is held
without a sight, where the score is low, and where somebody else is so near that the one
could be taken for the other.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.decision import Choices, Decision, Join, Judgement, Split, added_at, within
from yingbi.domain.edit_errors import DecisionRefusedError, NoSuchTrackError
from yingbi.domain.messages import say
from yingbi.domain.region import CLEAR_SIGHT, PEOPLE, Region, surely_there
from yingbi.domain.sightings import KINDS, NOBODY, Sightings

CROSSING = 0.1
"""IoU from which on two people of one frame could be taken for each other."""

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
Numbers = NDArray[np.int32]
_PERSONAL = np.array([kind in PEOPLE for kind in KINDS])


@dataclass(eq=False)
class Judged:
    """Sightings as the choices have them; nothing of either is changed."""

    sightings: Sightings = field(repr=False)
    choices: Choices = field(default_factory=Choices)

    @cached_property
    def cast(self) -> Numbers:
        """(N,) int32, whom each region belongs to after splits and joins."""
        cast = self.sightings.tracks.copy()
        for one in self.choices.decisions:
            _recast(cast, self._frames, one)
        return cast

    @cached_property
    def masked(self) -> Flags:
        """(N,) bool, whether each region is masked, whatever its time."""
        masked = np.ones(len(self.cast), np.bool_)
        cast, frames = self.sightings.tracks.copy(), self._frames
        for one in self.choices.decisions:
            _recast(cast, frames, one)
            if isinstance(one, Judgement):
                last = len(self.sightings) if one.last is None else one.last
                of = (
                    cast == one.track
                    if one.kind is None
                    else self.sightings.kinds == KINDS.index(one.kind)
                )
                chosen = of & (frames >= one.first) & (frames <= last)
                if one.do == "release" and one.kind is None:
                    chosen &= ~self.doubtful
                masked[chosen] = one.do == "mask"
        return masked

    @cached_property
    def crossing(self) -> Flags:
        """(N,) bool, whether somebody else lies over the region who is surely there.

        What is seen doubtfully is as a rule a part of the person that it lies over.
        """
        crossing = np.zeros(len(self.cast), np.bool_)
        kinds, boxes, frames = self.sightings.kinds, self.sightings.boxes, self._frames
        apart = 1
        while apart < len(frames):
            same = frames[:-apart] == frames[apart:]
            if not same.any():
                break
            near = np.flatnonzero(same)
            a, b = near, near + apart
            two = (kinds[a] == kinds[b]) & (self.cast[a] != self.cast[b]) & _PERSONAL[kinds[a]]
            a, b = a[two], b[two]
            met = _overlaps(boxes[a], boxes[b]) > CROSSING
            crossing[a[met & self._sure[b]]] = True
            crossing[b[met & self._sure[a]]] = True
            apart += 1
        return crossing

    @cached_property
    def doubtful(self) -> Flags:
        """(N,) bool, whether it is in doubt in this frame who is there, or whether anybody is."""
        sure = self.sightings.seen & (self.sightings.scores >= CLEAR_SIGHT)
        unsure: Flags = self._without(sure) | self._crossed | (self.cast == NOBODY)
        return unsure

    def masked_at(self, frame: int) -> tuple[list[Region], list[Region]]:
        """Return what is masked in a frame and what is left to be seen, drawn regions among it.

        People carry the numbers that splits and joins have given them.
        """
        sightings = self.sightings
        masked: list[Region] = []
        clear: list[Region] = []
        inside = within(self.choices.ranges, sightings.time_s(frame))
        for row in sightings.rows(frame):
            region = sightings.region(row, int(self.cast[row]))
            (masked if inside and self.masked[row] else clear).append(region)
        masked += added_at(self.choices.additions, frame)  # drawn for that time: always masked
        return masked, clear

    def rows_of(self, number: int) -> Rows:
        """Return the rows of one person, in the order of time."""
        return np.flatnonzero(self.cast == number)

    def frame_of(self, rows: Rows) -> Rows:
        """Return the frames of rows."""
        frames: Rows = self._frames[rows]
        return frames

    def stretches(self, number: int) -> list[tuple[int, int]]:
        """Return the frames, first and last, between which nobody can be taken for the person.

        A stretch ends where somebody crosses. Where the person is out of sight for a while,
        nobody else was near, and the stretch goes on.
        """
        rows = self.rows_of(number)
        present, places = np.unique(self._frames[rows], return_inverse=True)
        crossed = np.bincount(places, weights=self._crossed[rows]) > 0
        pieces = np.cumsum(crossed)
        return [
            (int(frames[0]), int(frames[-1]))
            for piece in np.unique(pieces)
            if (frames := present[(pieces == piece) & ~crossed]).size
        ]

    def release(self, number: int) -> Judgement:
        """Return the decision that lets a person be seen, up to where the first doubt comes.

        Raises: NoSuchTrackError where nobody has the number, DecisionRefusedError where the
            person is never apart from others.
        """
        if not self.rows_of(number).size:
            raise NoSuchTrackError(number=number)
        stretches = self.stretches(number)
        if not stretches:
            raise DecisionRefusedError(reason=say("others are always too near to this person"))
        return Judgement("release", number, None, *stretches[0])

    @cached_property
    def _frames(self) -> Rows:
        return np.asarray(self.sightings.frames, np.int64)

    @cached_property
    def _crossed(self) -> Flags:
        """(N,) bool, whether somebody crosses any of the person's regions in this frame."""
        return self._in_group(self.crossing)

    @cached_property
    def _sure(self) -> Flags:
        """(N,) bool, whether the region's person is surely there in some of the film."""
        scores = np.where(self.sightings.seen, self.sightings.scores, 0)
        clear = np.bincount(self.cast, weights=scores >= CLEAR_SIGHT, minlength=1)
        best = np.zeros(len(clear))
        np.maximum.at(best, self.cast, scores)
        counted = [surely_there(int(n), s) for n, s in zip(clear, best, strict=True)]
        return np.asarray(np.array(counted, np.bool_)[self.cast])

    @cached_property
    def _groups(self) -> Rows:
        """(N,) int64, equal for the regions of one person in one frame."""
        width = int(self.cast.max(initial=0)) + 1
        keys = self._frames * width + self.cast
        return np.asarray(np.unique(keys, return_inverse=True)[1], np.int64)

    def _in_group(self, flags: Flags) -> Flags:
        """Return for each region whether any of its person's in that frame has the flag."""
        counts = np.bincount(self._groups, weights=flags, minlength=1)
        return np.asarray(counts[self._groups] > 0, np.bool_)

    def _without(self, flags: Flags) -> Flags:
        """Return for each region whether none of its person's in that frame has the flag."""
        return np.asarray(~self._in_group(flags), np.bool_)


def _recast(cast: Numbers, frames: Rows, decision: Decision) -> None:
    """Give regions their new numbers, in place, where the decision is a split or a join."""
    if isinstance(decision, Split):
        cast[(cast == decision.track) & (frames >= decision.at)] = decision.into
    elif isinstance(decision, Join):
        cast[cast == decision.other] = decision.track


def _overlaps(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the IoU of pairs of boxes, (N, 4) each."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None).astype(np.float64), axis=1)
    areas = [np.prod((c[:, 2:] - c[:, :2]).astype(np.float64), axis=1) for c in (a, b)]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1))
