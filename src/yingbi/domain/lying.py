"""How somebody lay after a fall: the pose that a page of a day draws, or none.

Clause: A.1-3.
"""

from collections.abc import Iterable, Sequence

from yingbi.domain.floor import SURE
from yingbi.domain.record import Behaviour, Event, Pose, Record

DOWN = ("fallen", "lying")
DOWN_WITHIN_S = 10.0
"""Within this time after a fall somebody lies, where they lie because of it."""
AROUND_S = 10.0
"""Poses so long before and after a fall are compared."""
LOWER = 0.25
"""By so much of their height the head of somebody who lies is lower than it was."""
LEAST_POINTS = 8
"""Of a pose with fewer sure key points nobody would see what it shows."""
WIDER = 16 / 9
"""Records do not say how wide their picture is: it is taken to be so much wider than high."""

Points = tuple[tuple[float, float, float], ...]


def lain(fall: Event, records: Sequence[Record]) -> Points | None:
    """Return the key points of the pose after a fall in which the head is the lowest.

    Only a pose counts in which the body is wider than high, or the head clearly lower than
    around the fall; and, where lying was noted, one of that time. None where there is none.
    """
    poses = [
        one
        for one in records
        if isinstance(one, Pose)
        and one.subject == fall.subject
        and abs(one.time_s - fall.time_s) <= AROUND_S
        and sum(score >= SURE for _, _, score in one.points) >= LEAST_POINTS
    ]
    highest = min(poses, key=_head, default=None)
    noted = list(_noted(fall, records))
    after = [
        one
        for one in poses
        if one.time_s >= fall.time_s
        and (not noted or any(from_s <= one.time_s <= to_s for from_s, to_s in noted))
    ]
    low = [one for one in after if highest is not None and _is_low(one, highest)]
    return max(low, key=_head).points if low else None


def _noted(fall: Event, records: Iterable[Record]) -> Iterable[tuple[float, float]]:
    """Yield when they were noted as lying because of it."""
    for one in records:
        if (
            isinstance(one, Behaviour)
            and one.subject == fall.subject
            and one.behaviour in DOWN
            and one.from_s <= fall.time_s + DOWN_WITHIN_S
            and one.to_s > fall.time_s
        ):
            yield one.from_s, one.to_s


def _is_low(pose: Pose, highest: Pose) -> bool:
    wide, high = _extent(pose)
    return wide > high or _head(pose) - _head(highest) >= LOWER * _extent(highest)[1]


def _head(pose: Pose) -> float:
    """Return how far down in the picture the head is; of a hidden one, the highest key point."""
    face = [y for _, y, score in pose.points[:5] if score >= SURE]
    return sum(face) / len(face) if face else min(_sure(pose))[0]


def _extent(pose: Pose) -> tuple[float, float]:
    """Return width and height of the sure key points, in heights of the picture."""
    ys, xs = zip(*_sure(pose), strict=True)
    return (max(xs) - min(xs)) * WIDER, max(ys) - min(ys)


def _sure(pose: Pose) -> list[tuple[float, float]]:
    return [(y, x) for x, y, score in pose.points if score >= SURE]
