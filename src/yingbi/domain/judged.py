"""Decisions applied to sightings: who is whom, what is masked, and what can be seen.

A released person is masked all the same wherever there is doubt: where the mask is held
without a sight, where the score is low, and where somebody else is so near that the one
could be taken for the other. The tracker knows people by place alone: where the picture
changes, and where nobody is seen for a while, it may go on with another one.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.decision import Choices, Decision, Join, Judgement, Split, added_at
from yingbi.domain.edit import Edit
from yingbi.domain.edit_errors import DecisionRefusedError, NoSuchTrackError
from yingbi.domain.messages import say
from yingbi.domain.region import CLEAR_SIGHT, PEOPLE, Region, surely_there
from yingbi.domain.sightings import KINDS, NOBODY, Sightings

CROSSING = 0.15
"""Share of the smaller of two regions from which on two people could be taken for each other."""

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
Numbers = NDArray[np.int32]
_PERSONAL = np.array([kind in PEOPLE for kind in KINDS])


@dataclass(eq=False)
class Judged:
    """An edit's sightings as its choices have them; nothing of either is changed."""

    edit: Edit = field(repr=False)

    @property
    def sightings(self) -> Sightings:
        """What was found."""
        return self.edit.sightings

    @property
    def choices(self) -> Choices:
        """What was decided."""
        return self.edit.choices

    @cached_property
    def cast(self) -> Numbers:
        """(N,) int32, whom each region belongs to after splits and joins."""
        cast = self.sightings.tracks.copy()
        for one in self.choices.decisions:
            _recast(cast, self._frames, one)
        return cast

    @cached_property
    def masked(self) -> Flags:
        """(N,) bool, whether each region is masked: decided so, or in doubt, and at its time.

        Outside of the times that are masked at all, and in a zone that is ignored, none is.
        """
        decided = np.ones(len(self.cast), np.bool_)
        cast, frames = self.sightings.tracks.copy(), self._frames
        for one in self.choices.decisions:
            decided[_recast(cast, frames, one)] = True  # who is split off is another one
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
                decided[chosen] = one.do == "mask"
        masked: Flags = decided & self._inside & ~self._ignored
        return masked

    @cached_property
    def crossing(self) -> Flags:
        """(N,) bool, whether somebody else lies over the region who is surely there.

        What is seen doubtfully is as a rule a part of the person that it lies over. One number
        at two places of one frame is two people, of whom one may be another.
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
            two = (kinds[a] == kinds[b]) & _PERSONAL[kinds[a]]
            a, b = a[two], b[two]
            twice = self.cast[a] == self.cast[b]
            met = ~twice & (_shared(boxes[a], boxes[b]) > CROSSING)
            crossing[a[twice | (met & self._sure[b])]] = True
            crossing[b[twice | (met & self._sure[a])]] = True
            apart += 1
        return crossing

    @cached_property
    def doubtful(self) -> Flags:
        """(N,) bool, whether it is in doubt in this frame who is there, or whether anybody is."""
        sure = self.sightings.seen & (self.sightings.scores >= CLEAR_SIGHT)
        unsure: Flags = ~sure | self._crossed | (self.cast == NOBODY)
        return unsure

    def masked_at(self, frame: int) -> tuple[list[Region], list[Region]]:
        """Return what is masked in a frame and what is left to be seen, drawn regions among it.

        People carry the numbers that splits and joins have given them. What was drawn was
        drawn for its time and place: it is always masked.
        """
        masked: list[Region] = []
        clear: list[Region] = []
        for row in self.sightings.rows(frame):
            region = self.sightings.region(row, int(self.cast[row]))
            (masked if self.masked[row] else clear).append(region)
        masked += added_at(self.choices.additions, frame)
        return masked, clear

    def rows_of(self, number: int) -> Rows:
        """Return the rows of one person, in the order of time."""
        return np.flatnonzero(self.cast == number)

    def frame_of(self, rows: Rows) -> Rows:
        """Return the frames of rows."""
        frames: Rows = self._frames[rows]
        return frames

    def stretches(self, number: int) -> list[tuple[int, int]]:
        """Return the frames, first and last, in which the person is surely one and the same.

        A stretch ends where somebody crosses, where nobody is seen for a while, and where the
        picture changes.
        """
        rows = self.rows_of(number)
        present, places = np.unique(self._frames[rows], return_inverse=True)
        broken = np.bincount(places, weights=(self._crossed | ~self._met)[rows]) > 0
        begun = np.isin(present, self.sightings.cuts)
        pieces = np.cumsum(broken | begun | (np.diff(present, prepend=present[:1]) > 1))
        return [
            (int(frames[0]), int(frames[-1]))
            for piece in np.unique(pieces)
            if (frames := present[(pieces == piece) & ~broken]).size
        ]

    def release(self, number: int) -> Judgement:
        """Return the decision that lets a person be seen, up to where the first doubt comes.

        Raises: NoSuchTrackError where nobody has the number, DecisionRefusedError where others
            are near from the beginning.
        """
        rows = self.rows_of(number)
        if not rows.size:
            raise NoSuchTrackError(number=number)
        first_seen = self._frames[rows[self.sightings.seen[rows]]][:1]
        for first, last in self.stretches(number)[:1]:
            if first_seen.size and first <= first_seen[0] <= last:
                return Judgement("release", number, None, first, last)
        raise DecisionRefusedError(
            reason=say("others are too near to this person from the beginning")
        )

    @cached_property
    def _frames(self) -> Rows:
        return np.asarray(self.sightings.frames, np.int64)

    @cached_property
    def _inside(self) -> Flags:
        """(N,) bool, whether the region lies in the times that are masked at all."""
        ranges = self.choices.ranges
        if not ranges:
            return np.ones(len(self.cast), np.bool_)
        times = self.sightings.since_start_s
        held = [(one.from_s <= times) & (times <= one.to_s) for one in ranges]
        return np.asarray(np.any(held, axis=0)[self._frames], np.bool_)

    @cached_property
    def _ignored(self) -> Flags:
        """(N,) bool, whether the region's centre lies in a zone that is not looked at.

        A zone that is masked is stronger.
        """
        ignored = np.zeros(len(self.cast), np.bool_)
        zones = self.choices.zones
        if not any(zone.does == "ignore" for zone in zones):
            return ignored
        size = self.edit.film.width, self.edit.film.height
        boxes = self.sightings.boxes.astype(np.float64)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        times = self.sightings.since_start_s[self._frames]
        masked = ignored.copy()
        for zone in zones:
            held = (zone.from_s <= times) & (times <= zone.to_s)
            within = held & zone.encloses_all(centres, size)
            (masked if zone.does == "mask" else ignored)[within] = True
        return np.asarray(ignored & ~masked, np.bool_)

    @cached_property
    def _crossed(self) -> Flags:
        """(N,) bool, whether somebody crosses any of the person's regions in this frame."""
        return self._in_group(self.crossing)

    @cached_property
    def _met(self) -> Flags:
        """(N,) bool, whether any of the person's regions is seen in this frame."""
        return self._in_group(self.sightings.seen)

    @cached_property
    def _people(self) -> Rows:
        """(N,) int64, the person of each region, counted without gaps."""
        return np.asarray(np.unique(self.cast, return_inverse=True)[1], np.int64)

    @cached_property
    def _sure(self) -> Flags:
        """(N,) bool, whether the region's person is surely there in some of the film."""
        scores = np.where(self.sightings.seen, self.sightings.scores, 0)
        clear = np.bincount(self._people, weights=scores >= CLEAR_SIGHT, minlength=1)
        best = np.zeros(len(clear))
        np.maximum.at(best, self._people, scores)
        counted = [surely_there(int(n), s) for n, s in zip(clear, best, strict=True)]
        return np.asarray(np.array(counted, np.bool_)[self._people])

    @cached_property
    def _groups(self) -> Rows:
        """(N,) int64, equal for the regions of one person in one frame."""
        keys = self._frames * (int(self._people.max(initial=0)) + 1) + self._people
        return np.asarray(np.unique(keys, return_inverse=True)[1], np.int64)

    def _in_group(self, flags: Flags) -> Flags:
        """Return for each region whether any of its person's in that frame has the flag."""
        counts = np.bincount(self._groups, weights=flags, minlength=1)
        return np.asarray(counts[self._groups] > 0, np.bool_)


def _recast(cast: Numbers, frames: Rows, decision: Decision) -> Flags:
    """Give regions their new numbers, in place; return which ones were split off."""
    split_off = np.zeros(len(cast), np.bool_)
    if isinstance(decision, Split):
        split_off = (cast == decision.track) & (frames >= decision.at)
        cast[split_off] = decision.into
    elif isinstance(decision, Join):
        cast[cast == decision.other] = decision.track
    return split_off


def _shared(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the shares of the smaller of two boxes that lie in the other, (N, 4) each."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None).astype(np.float64), axis=1)
    areas = [np.prod((c[:, 2:] - c[:, :2]).astype(np.float64), axis=1) for c in (a, b)]
    return np.asarray(shared / np.maximum(np.minimum(areas[0], areas[1]), 1))
