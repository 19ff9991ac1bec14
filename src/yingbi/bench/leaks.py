"""How many true people a masked film shows, in how many frames, and how sure that number is.

Covered is what has the colour of a mask in the film that came out; nothing is asked of the
program's own tracks or boxes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.fidelity import Fill
from yingbi.bench.truth import Clip, Patch, Person
from yingbi.domain.region import clipped
from yingbi.media.planes import read_planes

COVERED = 0.9
"""Share of what is seen of a face that must be under a mask."""

EVERY = 3
"""One frame of so many is asked how much is masked beside people."""

Shares = tuple[float | None, ...]
"""For every frame, which share of a person is covered; None where the person does not count."""


class OtherFramesError(RuntimeError):
    """A masked film with more or fewer frames than its source cannot be judged frame by frame."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one masked film shows.

    people: the shares of each person. own: samples of heads that are in the picture.
    beside: masked samples elsewhere.
    """

    people: tuple[Shares, ...]
    rate: Fraction
    own: int
    beside: int


@dataclass(frozen=True, slots=True)
class Leak:
    """The count over some films.

    people: true people that count. leaked: of those, with any uncovered frame. frames,
    open_frames: of all people together. gap_s: longest time that one was uncovered;
    gap_frames: most frames in a row.
    """

    people: int
    leaked: int
    frames: int
    open_frames: int
    gap_s: float
    gap_frames: int


def judge(masked: Path, clip: Clip, fill: Fill, others: Path | None = None) -> Judged:
    """Return what a masked film shows of the people in its source.

    others: the masked film without these people; what is masked there is not beside them.

    Raises: OtherFramesError.
    """
    drawn = [fill.drawn(planes) for planes in read_planes(masked)]
    frames = len(clip.people[0].patches) if clip.people else len(drawn)
    if len(drawn) != frames:
        raise OtherFramesError(f"{len(drawn)} frames where {frames} went in")
    people = tuple(
        tuple(
            None if patch is None else share(mask, patch)
            for mask, patch in zip(drawn, person.patches, strict=True)
        )
        for person in clip.people
    )
    own = beside = 0
    elsewhere = [fill.drawn(planes) for planes in read_planes(others)] if others else []
    for index, planes in islice(enumerate(read_planes(clip.path)), 0, None, EVERY):
        on = _heads(clip.people, index, drawn[index].shape)
        own += int(on.sum())
        known = on | fill.drawn(planes)
        beside += int((drawn[index] & ~(known | elsewhere[index] if others else known)).sum())
    return Judged(people, clip.rate, own, beside)


def share(drawn: NDArray[np.bool_], patch: Patch) -> float:
    """Return which share of what is seen of a person is covered."""
    rows, columns = patch.seen.shape
    part = drawn[patch.top : patch.top + rows, patch.left : patch.left + columns]
    return float(part[patch.seen].mean())


def count(judged: Iterable[Judged]) -> Leak:
    """Return the count over some films; a person whom no frame counts is left out."""
    people = leaked = frames = uncovered = most = 0
    longest = 0.0
    for one in judged:
        for shares in one.people:
            counted = [value for value in shares if value is not None]
            if not counted:
                continue
            missed = sum(value < COVERED for value in counted)
            gap = _longest(shares)
            people, leaked = people + 1, leaked + (missed > 0)
            frames, uncovered = frames + len(counted), uncovered + missed
            most, longest = max(most, gap), max(longest, float(gap / one.rate))
    return Leak(people, leaked, frames, uncovered, longest, most)


def _longest(shares: Sequence[float | None]) -> int:
    """Return the most uncovered frames in a row; frames that do not count end a row."""
    most = now = 0
    for value in shares:
        now = now + 1 if value is not None and value < COVERED else 0
        most = max(most, now)
    return most


def _heads(people: Sequence[Person], index: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    on = np.zeros(shape, np.bool_)
    for person in people:
        inside = clipped(person.heads[index], shape[1], shape[0])
        if inside is not None:
            x0, y0, x1, y1 = inside
            on[y0:y1, x0:x1] = True
    return on
