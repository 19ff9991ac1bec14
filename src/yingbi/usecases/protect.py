"""Take films and pictures into a box; its level decides what becomes of them.

Clause: 6.2.3-1; 6.2.3-2; A.1.c-2; A.2.c-1; A.3.c-2.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from yingbi.capture.inputs import Input
from yingbi.domain.box import BoxPolicy
from yingbi.domain.frame import Frame
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level, RawPolicy
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.domain.place import Places
from yingbi.domain.record_page import ClockState, Head
from yingbi.domain.report import Progress, Tally
from yingbi.domain.tightening import Verdict, looked_for
from yingbi.errors import UnsupportedMediaError, UsageError
from yingbi.grade.home import HomeFinder
from yingbi.media.made_at import made_at
from yingbi.pipeline.engine import Reel, Sealed, Sight, Take, open_reel
from yingbi.pipeline.open_grade import OpenGrade
from yingbi.seal.door import About, Door, PartSealer
from yingbi.store.graded import approved_facts, graded_facts
from yingbi.store.growing import PartsWriter
from yingbi.store.stored import ObjectInfo
from yingbi.structure.attention import PoseSource
from yingbi.structure.scribe import Diary, Scribe
from yingbi.usecases.meeting import Meets, Met
from yingbi.usecases.overheard import Overheard

LONGEST_NAME = 128
LONGEST_WHY = 500
DAY_S = 86_400
LONGEST_S = 31 * DAY_S
"""No film is longer; at level 1 with poses its pages take 3 GB."""

SEALED_FILM = "video/mp4"
"""What masked film is kept as, whatever it came in."""


@dataclass(frozen=True, slots=True)
class ProtectOptions:
    """What the user says of the sources.

    recorded_at: a moment with its zone, "from-file", or None for unknown.
    keep: kinds of record, no more than the box keeps.
    settings: what was looked for and how far it was covered; kept with the object.
    places: areas and lines of the picture at which events are told. networks: names and digests.
    approver, why: who answers for a scene that is in doubt, and the reason.

    Raises: UsageError on a name or a reason that is too long or no printable text.
    """

    keep: tuple[str, ...]
    camera: str | None = None
    recorded_at: datetime | str | None = None
    poses_per_second: float = 2.0
    settings: Mapping[str, str] = field(default_factory=dict)
    places: Places | None = None
    networks: tuple[tuple[str, str], ...] = ()
    approver: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        """Refuse a name or a reason that cannot be kept."""
        for text, most in ((self.approver, LONGEST_NAME), (self.why, LONGEST_WHY)):
            if len(text) > most or not text.isprintable():
                problem = say(
                    "who answers for a scene, and why, is at most {most} printable characters",
                    most=most,
                )
                raise UsageError(problem=problem)
        name = self.camera
        if name is not None and not (1 <= len(name) <= LONGEST_NAME and name.isprintable()):
            most = LONGEST_NAME
            raise UsageError(
                problem=say("a camera's name has 1 to {most} printable characters", most=most)
            )


@dataclass(frozen=True, slots=True)
class Protected:
    """One input that is in the vault now.

    verdict: what became of its original, and why.
    source_removed: whether its clear source is gone. stays: why not, where that was asked for.
    """

    object_id: UUID
    source: Path
    parts: tuple[PartKind, ...]
    tally: Tally
    verdict: Verdict
    source_removed: bool = False
    stays: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {
            "id": str(self.object_id),
            "source": str(self.source),
            "parts": [part.value for part in self.parts],
            "clear_sources": [] if self.source_removed else [str(self.source)],
            "frames": self.tally.frames,
            "people": self.tally.people,
            "original": self.verdict.original.value,
            "because": list(self.verdict.because),
        }


class Desk(Protocol):
    """Where objects of one box are handed in: an open vault, or a door of a closed one."""

    @property
    def policy(self) -> BoxPolicy:
        """What the owner laid down for the box."""

    @property
    def facts(self) -> Mapping[str, str]:
        """Public facts of this process that the log is told."""

    def door(self, object_id: UUID, now: datetime) -> Door:
        """Return where the object is sealed to."""

    def writer(self, door: Door, now: datetime, camera: str | None) -> PartsWriter:
        """Return what takes the object's segments and acknowledges it."""


@dataclass(frozen=True, slots=True)
class Protector:
    """What stays the same for all inputs of one call.

    home: who looks for the things of a home, where the box's policy or scene asks for it.
    people: looks at who is in each of them; None recognises nobody and tells no age band.
    """

    desk: Desk
    options: ProtectOptions
    sight: Sight
    poses: PoseSource | None
    home: HomeFinder | None = None
    people: Meets | None = None

    def protect(self, item: Input, progress: Progress) -> Protected:
        """Take one input in, whole or not at all; the source stays where it is.

        Raises: what reading, looking and sealing raise; SceneContradictedError and
            SceneDoubtfulError where it shows what its box's scene does not allow.
        """
        now, object_id = datetime.now(UTC), new_id()
        door = self.desk.door(object_id, now)
        about = self._about(item.path)
        take_tally = Tally()
        with (
            self._met(item.path, about, now) as met,
            open_reel(item.path, self.sight.threads) as reel,
            self.desk.writer(door, now, about.camera) as writer,
        ):
            tick = progress.begin(item.path.name, reel.source.frames)
            approved = bool(self.options.approver)
            timed = replace(reel, frames=_bounded(reel.from_zero()))
            grade = OpenGrade(self.desk.policy, timed, self.home, approved=approved)
            sight = replace(self.sight, tick=tick, finders=grade.finders(self.sight.finders))
            who = None if met is None else met.who
            take = Take(grade.watched(), sight, take_tally, who)
            scribe = Overheard(self._diary(about), self.poses, writer, who)
            from_s, to_s = _written(writer, self._pipeline(take, door, about, scribe, grade))
            verdict = grade.close(take_tally)
            if not verdict.keeps:
                writer.drop(PartKind.ROI)
            if met is not None:
                met.must_still_hold()
            info = ObjectInfo(
                camera=about.camera,
                recorded_at=about.recorded_at,
                clock=about.clock,
                from_s=from_s,
                to_s=to_s,
                source_names=(_shown_name(item.path),),
                labels=take_tally.told,
                media_types={
                    "masked": SEALED_FILM if reel.info else reel.source.media_type,
                    "raw": reel.source.media_type,
                },
                extra={
                    "width": str(reel.source.width),
                    "height": str(reel.source.height),
                    "frames": str(take_tally.frames),
                    "poses_dropped": str(take_tally.poses_dropped),
                    "people": json.dumps(scribe.numbers),
                    "keep": ",".join(self.options.keep),
                }
                | known_facts(scribe)
                | dict(self.options.settings)
                | self._graded(grade, verdict),
            )
            stored = writer.commit(info, now=datetime.now(UTC), facts=self.desk.facts)
        kinds = tuple(part.kind for part in stored.parts)
        return Protected(object_id, item.path, kinds, take_tally, verdict)

    def _met(self, path: Path, about: About, now: datetime) -> AbstractContextManager[Met | None]:
        """Return who looks at the people of a film: by their names of the day it was recorded."""
        if self.people is None:
            return nullcontext()
        moment = now if about.recorded_at is None else datetime.fromisoformat(about.recorded_at)
        return self.people.meet(path, moment.astimezone(UTC).date())

    def _diary(self, about: About) -> Diary:
        """Return what the box wants written down of a source."""
        options, policy = self.options, self.desk.policy
        fixed = policy.level is Level.STRUCTURED_ONLY
        head = replace(_head(about, options.networks), detail=policy.detail)
        return Diary(options.keep, fixed, options.poses_per_second, options.places, head)

    def _graded(self, grade: OpenGrade, verdict: Verdict) -> dict[str, str]:
        """Return what the object remembers of its grade, and of who answered for its scene."""
        told = graded_facts(looked_for(self.desk.policy), verdict)
        if not grade.answered:
            return told
        return told | approved_facts(self.options.approver, self.options.why)

    def _about(self, path: Path) -> About:
        asked, clock = self.options.recorded_at, "option"
        if asked == "from-file":
            asked, clock = made_at(path), "file"
        if not isinstance(asked, datetime):
            return About(self.options.camera, None, "unknown", _shown_name(path))
        return About(self.options.camera, asked.isoformat(), clock, _shown_name(path))

    def _pipeline(
        self, take: Take, door: Door, about: About, scribe: Overheard, grade: OpenGrade
    ) -> Iterator[Sealed]:
        """Return the pipeline of the box's level; only what it needs is loaded."""
        level = self.desk.policy.level
        book = PartSealer(door, PartKind.RECORDS, about)
        if level is Level.STRUCTURED_ONLY:
            from yingbi.pipeline.level1 import level1

            return level1(take, scribe, book)
        film = PartSealer(door, PartKind.MASKED, about)
        if level is Level.OBSCURED:
            from yingbi.pipeline.level2 import level2

            return level2(take, scribe, book, film)
        from yingbi.pipeline.level3 import Whole, level3, level3_parts

        if self.desk.policy.raw is RawPolicy.PARTS:
            return level3_parts(take, scribe, book, film, PartSealer(door, PartKind.ROI, about))
        original: Whole | None = None
        if self.desk.policy.raw is RawPolicy.WHOLE:
            sealer = PartSealer(door, PartKind.RAW, about)
            original = Whole(sealer, lambda: grade.close(take.tally).keeps)
        return level3(take, scribe, book, film, original)


def _bounded(reel: Reel) -> Iterator[Frame]:
    """Yield the frames; raise UnsupportedMediaError where their times reach too far.

    Pages are cut by the clock, also while nothing is seen: a jump in a small film's times would
    fill the disk with empty ones.
    """
    for frame in reel.frames:
        if frame.time_s > LONGEST_S:
            reason = say("its times reach over more than {days} days", days=LONGEST_S // DAY_S)
            raise UnsupportedMediaError(path=reel.source.path, reason=reason)
        yield frame


def _written(writer: PartsWriter, pieces: Iterable[Sealed]) -> tuple[float, float]:
    """Write every segment as it comes; return from when to when they are, in seconds."""
    from_s, to_s = float("inf"), 0.0
    for one in pieces:
        writer.add(one.kind, one.segment, from_s=one.from_s, to_s=one.to_s, track=one.track)
        from_s, to_s = min(from_s, one.from_s), max(to_s, one.to_s)
    return from_s, to_s


def known_facts(scribe: Scribe) -> dict[str, str]:
    """Return, for an object's facts, the names under which its records speak of each number."""
    known = {number: sorted(names) for number, names in sorted(scribe.known.items())}
    return {"known": json.dumps(known)} if known else {}


def _head(about: About, networks: tuple[tuple[str, str], ...]) -> Head:
    """Return what is true for all records: when second 0 was, by which clock, seen by what."""
    start = None
    if about.recorded_at is not None:
        start = datetime.fromisoformat(about.recorded_at).astimezone(UTC)
    return Head(start, ClockState(about.clock), tuple(sorted(networks)))


def _shown_name(path: Path) -> str:
    """Return the file's name as text; bytes of it that are none are written as escapes."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")
