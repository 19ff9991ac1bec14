"""What is seen live, left at a door: one object an hour, of records alone.

Pages are sealed as they close and stay in memory, sealed; the vault is touched only when an
object is left, so that its owner finds it alone in between. Who dies loses what was not left:
an hour at most.

Clause: 6.2.3.b-2; A.1.c-1; A.1.c-2.
"""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from yingbi.domain.data_class import NOTHING, settled
from yingbi.domain.frame import Frame
from yingbi.domain.ids import new_id
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.domain.record_page import ClockState, Head
from yingbi.domain.tightening import classes_of, decide
from yingbi.errors import YingbiError
from yingbi.pipeline.engine import Sealed, Seen, Take
from yingbi.pipeline.level1 import sealed_pages
from yingbi.seal.door import About, Door, PartSealer
from yingbi.store.graded import graded_facts
from yingbi.store.stored import ObjectInfo
from yingbi.structure.acquaintance import Acquaintance
from yingbi.structure.attention import PoseSource
from yingbi.structure.scribe import Diary, Scribe
from yingbi.usecases.door_desk import DoorDesk
from yingbi.usecases.protect import ProtectOptions, known_facts
from yingbi.usecases.watch_work import over_soon

OBJECT_S = 3600.0
MOST_PENDING = 24
"""So many objects wait in memory for a vault that cannot be written; then the run ends."""
CLOCK_SET = timedelta(seconds=5)
"""Where the clock went on otherwise by more than this, somebody has set it."""
LAST_TRIES, LAST_EVERY_S = 25, 5.0
"""How often what is left last is tried, and how far apart: for two minutes in all."""

Stand = Callable[[], AbstractContextManager[DoorDesk]]


@dataclass(slots=True, eq=False)
class _Object:
    """One object that grows: where it is sealed to, its scribe, and its sealed pages."""

    object_id: UUID
    begun: datetime
    door: Door
    about: About
    take: Take
    scribe: Scribe
    book: PartSealer
    first_pts: int
    pages: list[Sealed] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    frames: int = 0

    def own(self, frame: Frame) -> Frame:
        """Return a frame with its time since the object began."""
        return replace(frame, pts=frame.pts - self.first_pts)

    def note(self, seen: Seen) -> None:
        """Take a frame."""
        frame = self.own(seen.frame)
        self.labels |= seen.labels
        self.frames += 1
        pages = self.scribe.note(frame, seen.regions, seen.labels)
        self.pages += sealed_pages(self.take, self.book, pages)

    def finish(self) -> None:
        """Seal the last page."""
        self.pages += sealed_pages(self.take, self.book, self.scribe.finish())


class Deposit:
    """Takes what is seen, frame after frame, and leaves it at the door hour after hour.

    stand: opens the door for a moment. begun: tells when the take's second 0 was, by the clock as
    it is. tell: takes a line.
    who: says who is recognised, and has looked at each frame before it comes here.
    Raises, when made: what `stand` raises.
    """

    def __init__(
        self,
        stand: Stand,
        options: ProtectOptions,
        poses: PoseSource | None,
        take: Take,
        begun: Callable[[], datetime],
        *,
        tell: Callable[[str], None],
        object_s: float = OBJECT_S,
        who: Acquaintance | None = None,
    ) -> None:
        self._stand, self._options, self._poses = stand, options, poses
        with stand() as desk:
            self._desk = desk  # to seal it takes its keys alone, and not the vault
        self._take, self._begun, self._tell = take, begun, tell
        self._object_s, self._who = object_s, who
        self._growing: _Object | None = None
        self._pending: list[_Object] = []
        self.left = 0

    def note(self, seen: Seen) -> None:
        """Take one frame.

        Raises: DoorExpiredError, DoorRefusedError and what keeps the vault from being written
            for so long that memory would be filled.
        """
        at = self._begun() + timedelta(seconds=seen.frame.time_s)
        if self._growing is not None and self._is_over(self._growing, seen.frame, at):
            self._close()
        one = self._growing = self._growing or self._begin(seen, at)
        one.note(seen)

    def finish(self) -> None:
        """Leave all that there is, waiting up to two minutes for a vault that cannot be written.

        Raises: as `note` does; what could not be left is lost.
        """
        try:
            self._end()
        finally:
            self._leave_last()

    def _leave_last(self) -> None:
        for more in reversed(range(LAST_TRIES)):
            try:
                self._leave_all()
            except YingbiError as error:
                if not more or not over_soon(error):
                    raise
            else:
                return
            if more == LAST_TRIES - 1:
                self._tell(
                    say("the vault cannot be written now; for two minutes it is tried again")
                )
            time.sleep(LAST_EVERY_S)

    def _is_over(self, one: _Object, frame: Frame, at: datetime) -> bool:
        """Return whether another object begins: after an hour, and with another day's keys.

        Also where the clock was set, so that what was wrong by it stays in one object.
        """
        own_s = one.own(frame).time_s
        was_set = abs(one.begun + timedelta(seconds=own_s) - at) > CLOCK_SET
        another_day = at.astimezone(UTC).date() != one.begun.astimezone(UTC).date()
        return own_s >= self._object_s or another_day or was_set

    def _begin(self, seen: Seen, at: datetime) -> _Object:
        object_id, options = new_id(), self._options
        about = About(options.camera, at.isoformat(), "device", None)
        door = self._desk.door(object_id, at.astimezone(UTC))
        networks, detail = tuple(sorted(options.networks)), self._desk.policy.detail
        head = Head(at, ClockState("device"), networks, detail)
        diary = Diary(options.keep, True, options.poses_per_second, options.places, head)
        return _Object(
            object_id,
            at,
            door,
            about,
            Take(self._take.reel, self._take.sight),
            Scribe(diary, self._poses, self._who),
            PartSealer(door, PartKind.RECORDS, about),
            seen.frame.pts,
        )

    def _close(self) -> None:
        """End the object that grows, and leave it with all that still waits."""
        self._end()
        try:
            self._leave_all()
        except YingbiError as error:
            if len(self._pending) >= MOST_PENDING or not over_soon(error):
                raise
            self._tell(say("the vault cannot be written now; what was sealed waits in memory"))

    def _end(self) -> None:
        """End the object that grows; it waits to be left."""
        one, self._growing = self._growing, None
        if one is None:
            return
        try:
            one.finish()
        finally:
            if one.pages:
                self._pending.append(one)

    def _leave_all(self) -> None:
        while self._pending:
            self._leave(self._pending[0])
            del self._pending[0]
            self.left += 1

    def _leave(self, one: _Object) -> None:
        with (
            self._stand() as desk,
            desk.writer(one.door, one.begun.astimezone(UTC), one.about.camera) as writer,
        ):
            for page in one.pages:
                writer.add(page.kind, page.segment, from_s=page.from_s, to_s=page.to_s)
            writer.commit(self._info(one), now=datetime.now(UTC), facts=desk.facts)

    def _info(self, one: _Object) -> ObjectInfo:
        source = self._take.reel.source
        facts = {
            "width": str(source.width),
            "height": str(source.height),
            "frames": str(one.frames),
            "poses_dropped": str(one.take.tally.poses_dropped),
            "people": json.dumps(one.scribe.numbers),
            "keep": ",".join(self._options.keep),
            **known_facts(one.scribe),
        }
        return ObjectInfo(
            camera=one.about.camera,
            recorded_at=one.about.recorded_at,
            clock=one.about.clock,
            from_s=min(page.from_s for page in one.pages),
            to_s=max(page.to_s for page in one.pages),
            labels=settled(one.labels or {NOTHING}),
            extra={**facts, **self._options.settings, **self._graded()},
        )

    def _graded(self) -> dict[str, str]:
        """Return what an object of records remembers of its grade: what was looked for."""
        policy = self._desk.policy
        looked = classes_of(self._take.sight.targets)
        return graded_facts(looked, decide(policy, ()))
