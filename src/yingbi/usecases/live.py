"""Look at a source while it happens: stick figures and events, at level 1.

    frames as they come -> what is seen (pipeline.engine) -> figures and events, at once
                                                          -> records, sealed at a door, if there is one

No picture is kept or shown. Without a door nothing is written at all.

Clause: A.1-2; A.1-3; A.1-4; A.1.c-1.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from yingbi.domain.frame import Frame
from yingbi.domain.glimpse import Points
from yingbi.domain.keep import allows
from yingbi.domain.messages import say, say_count
from yingbi.domain.notice import Notice
from yingbi.domain.record import Event
from yingbi.domain.region import BoxXYXY
from yingbi.errors import UnmaskableError, YingbiError
from yingbi.media.live_source import GoOn, LiveSource, passing
from yingbi.media.probe import Source
from yingbi.pipeline.engine import Reel, Sight, Take, see
from yingbi.structure.acquaintance import Acquaintance
from yingbi.structure.attention import PoseSource
from yingbi.usecases.live_deposit import OBJECT_S, Deposit, Stand
from yingbi.usecases.onlook import Moment, Onlooker
from yingbi.usecases.protect import ProtectOptions
from yingbi.usecases.tell import Teller

HOLD_S = 1.0
"""Whoever is not seen for so long is still the same: frames that are skipped make gaps."""
PACE_S = 3.0
"""Frames a second are counted over the last so many seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a source is looked at. options: camera, places, and what may be said and kept.

    stand: opens the door at which records are left, an object every `object_s`; None writes
    nothing. tell: takes a line about what goes wrong. who: looks at the people; None knows nobody.
    wall: tells the time of day, with this machine's zone.
    """

    sight: Sight
    poses: PoseSource | None
    options: ProtectOptions
    teller: Teller
    stand: Stand | None = None
    tell: Callable[[str], None] = field(default=lambda _line: None)
    object_s: float = OBJECT_S
    who: Acquaintance | None = None
    wall: Callable[[], datetime] = field(default=lambda: datetime.now().astimezone())

    @property
    def camera(self) -> str:
        """What the camera is called in words."""
        return self.options.camera or say("The camera")


@dataclass(frozen=True, slots=True)
class Told:
    """One moment with the words for it, and how well we keep up.

    rate: frames looked at in a second. skipped: frames that nobody looked at, so far.
    """

    moment: Moment
    notices: tuple[Notice, ...]
    rate: float
    skipped: int


def live(source: LiveSource, plan: Plan, go_on: GoOn = lambda: True) -> Iterator[Told]:
    """Yield what there is in each frame, until the source ends or `go_on` says no.

    Whoever asked for it is told of events by the way. What was seen until an end of any kind is
    told and left at the door before an error is raised, also when whoever looks goes away.

    Raises: what reading and sealing raise; UnmaskableError where anything else fails on a frame.
    """
    hold_s = max(plan.sight.hold_s, HOLD_S)
    looks, broke = replace(plan.sight, hold_s=hold_s), list[Exception]()
    take = Take(_reel(source, go_on), looks, who=plan.who, broke=broke)
    poses = None if plan.poses is None else _Once(plan.poses)
    onlooker = Onlooker(plan.options.keep, poses, plan.options.places, plan.who)
    begun = _begun(source, plan)
    deposit = _deposit(plan, poses, take, begun)
    pace = _Pace()
    try:
        for moment in _until_it_breaks(take, onlooker, deposit, broke):
            notices = _notices(moment, begun(), plan)
            yield Told(moment, notices, pace.count(), source.skipped)
        last = onlooker.end()
        yield Told(last, _notices(last, begun(), plan), 0.0, source.skipped)
    finally:
        if deposit is not None:
            deposit.finish()
            plan.tell(_left(deposit.left))
    if broke:
        raise broke[0]


def _left(objects: int) -> str:
    if not objects:
        return say("nothing was left at the door")
    return say_count(
        "{n} object was left at the door", "{n} objects were left at the door", objects
    )


def _begun(source: LiveSource, plan: Plan) -> Callable[[], datetime]:
    """Return what tells when the source began by the clock as it is now: it may be set meanwhile."""
    late, first_s = plan.wall() - source.begun, passing()
    return lambda: plan.wall() - late - timedelta(seconds=passing() - first_s)


def _notices(moment: Moment, begun: datetime, plan: Plan) -> tuple[Notice, ...]:
    """Tell whoever asked for it, and return what happened in words."""
    notices = tuple(_notice(event, begun, plan.camera) for event in moment.events)
    for notice in notices:
        plan.teller.tell(notice)
    return notices


def _notice(event: Event, begun: datetime, camera: str) -> Notice:
    return Notice(event, begun + timedelta(seconds=event.time_s), camera)


def _reel(source: LiveSource, go_on: GoOn) -> Reel:
    info = source.info
    film = Source(
        Path(source.address.name), "film", "", *info.size, None, 0.0, info.turns, has_audio=False
    )
    return Reel(film, info, source.frames(go_on)).from_zero()


def _deposit(
    plan: Plan, poses: PoseSource | None, take: Take, begun: Callable[[], datetime]
) -> Deposit | None:
    if plan.stand is None:
        return None
    return Deposit(
        plan.stand,
        plan.options,
        poses,
        take,
        begun,
        tell=plan.tell,
        object_s=plan.object_s,
        who=plan.who,
    )


def _until_it_breaks(
    take: Take, onlooker: Onlooker, deposit: Deposit | None, broke: list[Exception]
) -> Iterator[Moment]:
    """Yield what there is in each frame; what breaks it off is kept for later, in words."""
    index = 0
    try:
        for seen in see(take):
            index = seen.frame.index
            take.tally.subjects.clear()  # nobody asks, and a camera goes on for days
            take.tally.best.clear()
            moment = onlooker.look(seen.frame, seen.regions, seen.labels)
            if deposit is not None:
                deposit.note(seen)
            yield moment
    except Exception as error:  # noqa: BLE001 whatever fails, what was seen before is left
        broke.append(error)
    if broke and not isinstance(broke[0], YingbiError):
        path, cause = take.reel.source.path, broke[0]
        broke[0] = UnmaskableError(path=path, frame=index, reason=type(cause).__name__)
        broke[0].__cause__ = cause


class _Once:
    """Looks at a pose once, though two scribes ask for it."""

    def __init__(self, poses: PoseSource) -> None:
        self._poses = poses
        self._frame = -1
        self._known: dict[BoxXYXY, Points | None] = {}

    def find(self, frame: Frame, box: BoxXYXY) -> Points | None:
        """Return the key points of the person in the box."""
        if frame.index != self._frame:
            self._frame, self._known = frame.index, {}
        if box not in self._known:
            self._known[box] = self._poses.find(frame, box)
        return self._known[box]


class _Pace:
    """Counts what is done in a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: deque[float] = deque()

    def count(self) -> float:
        """Count one more; return how many there were in a second of late."""
        now = self._clock()
        self._at.append(now)
        while now - self._at[0] > PACE_S:
            self._at.popleft()
        span_s = now - self._at[0]
        return (len(self._at) - 1) / span_s if span_s > 0 else 0.0


def never_told(asked: Sequence[str], keep: Sequence[str]) -> tuple[str, ...]:
    """Return which of the events asked for are not kept, and so can never be told."""
    return tuple(event for event in asked if not allows(keep, f"event.{event}"))
