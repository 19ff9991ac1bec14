"""Take films and pictures into a box; its level decides what becomes of them.

Clause: 6.2.3-1; 6.2.3-2; A.1.c-2; A.2.c-1; A.3.c-2.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from yingbi.capture.inputs import Input
from yingbi.db.database import CatalogueUnit
from yingbi.domain.box import Box
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level, RawPolicy
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.domain.report import Progress, Tally
from yingbi.errors import UsageError
from yingbi.keys.locks import LockGroup
from yingbi.media.made_at import made_at
from yingbi.pipeline.engine import Sealed, Sight, Take, open_reel
from yingbi.seal.door import About, Door, PartSealer
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter
from yingbi.structure.scribe import Diary, PoseSource, Scribe
from yingbi.usecases.vault import Vault

LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class ProtectOptions:
    """What the user says of the sources.

    recorded_at: a moment with its zone, "from-file", or None for unknown.
    keep: kinds of record, no more than the box keeps.
    settings: what was looked for and how far it was covered; kept with the object.
    subject_id: the person whom each source shows, linked to the object as a whole.

    Raises: UsageError on a camera's name that is too long or no printable text.
    """

    keep: tuple[str, ...]
    camera: str | None = None
    recorded_at: datetime | str | None = None
    poses_per_second: float = 2.0
    settings: Mapping[str, str] = field(default_factory=dict)
    subject_id: UUID | None = None

    def __post_init__(self) -> None:
        """Refuse a name that cannot be kept."""
        name = self.camera
        if name is not None and not (1 <= len(name) <= LONGEST_NAME and name.isprintable()):
            most = LONGEST_NAME
            raise UsageError(
                problem=say("a camera's name has 1 to {most} printable characters", most=most)
            )


@dataclass(frozen=True, slots=True)
class Protected:
    """One input that is in the vault now."""

    object_id: UUID
    source: Path
    parts: tuple[PartKind, ...]
    tally: Tally

    def to_json(self) -> dict[str, Any]:
        """Return the outcome for machines."""
        return {
            "id": str(self.object_id),
            "source": str(self.source),
            "parts": [part.value for part in self.parts],
            "clear_sources": [str(self.source)],
            "frames": self.tally.frames,
            "people": self.tally.people,
        }


@dataclass(frozen=True, slots=True)
class Protector:
    """What stays the same for all inputs of one call."""

    vault: Vault
    box: Box
    options: ProtectOptions
    sight: Sight
    poses: PoseSource | None

    def protect(self, item: Input, progress: Progress) -> Protected:
        """Take one input in, whole or not at all; the source stays where it is."""
        now, object_id = datetime.now(UTC), new_id()
        door = self._door(object_id, now)
        about = self._about(item.path)
        take_tally = Tally()
        with (
            open_reel(item.path, self.sight.threads) as reel,
            ObjectWriter(
                self.vault.rooms,
                object_id=object_id,
                level=door.level,
                group=LockGroup(door.box_id, door.epoch.epoch, door.epoch.retention),
                day=now.date(),
            ) as writer,
        ):
            tick = progress.begin(item.path.name, reel.source.frames)
            take = Take(reel, replace(self.sight, tick=tick), take_tally)
            from_s, to_s = float("inf"), 0.0
            for sealed in self._pipeline(take, door, about):
                writer.add(
                    sealed.kind,
                    sealed.segment,
                    from_s=sealed.from_s,
                    to_s=sealed.to_s,
                    track=sealed.track,
                )
                from_s, to_s = min(from_s, sealed.from_s), max(to_s, sealed.to_s)
            info = ObjectInfo(
                camera=about.camera,
                recorded_at=about.recorded_at,
                clock=about.clock,
                from_s=from_s,
                to_s=to_s,
                source_names=(_shown_name(item.path),),
                labels=tuple(sorted(take_tally.labels)),
                media_types={"masked": reel.source.media_type, "raw": reel.source.media_type},
                extra={
                    "width": str(reel.source.width),
                    "height": str(reel.source.height),
                    "frames": str(take_tally.frames),
                    "poses_dropped": str(take_tally.poses_dropped),
                    "people": json.dumps(take_tally.numbers),
                    "keep": ",".join(self.options.keep),
                }
                | dict(self.options.settings),
            )
            facts = {"memory": "locked" if self.vault.memory.locked else "not locked"}
            stored = writer.commit(info, now=now, facts=facts, along=self._link(object_id, now))
        kinds = tuple(part.kind for part in stored.parts)
        return Protected(object_id, item.path, kinds, take_tally)

    def _link(self, object_id: UUID, now: datetime) -> Callable[[CatalogueUnit], None] | None:
        """Return what links the object to its person in the transaction that acknowledges it."""
        subject_id = self.options.subject_id
        if subject_id is None:
            return None

        def link(unit: CatalogueUnit) -> None:
            found = self.vault.people.appearances.link(unit, subject_id, object_id)
            facts = {"appearance": str(found.appearance_id)}
            self.vault.log.append(unit, Deed(Action.SUBJECT_LINKED, now, facts=facts))

        return link

    def _door(self, object_id: UUID, now: datetime) -> Door:
        with self.vault.rooms.keys_db.begin() as unit:
            epoch = self.vault.epochs.epoch_for(unit, self.box.box_id, now.date())
        keystore = self.vault.keystore
        return Door(
            suite=keystore.suite,
            level=self.box.policy.level,
            controller_id=self.vault.folder.controller_id,
            box_id=self.box.box_id,
            object_id=object_id,
            epoch=epoch,
            device=keystore.device,
        )

    def _about(self, path: Path) -> About:
        asked, clock = self.options.recorded_at, "option"
        if asked == "from-file":
            asked, clock = made_at(path), "file"
        if not isinstance(asked, datetime):
            return About(self.options.camera, None, "unknown", _shown_name(path))
        return About(self.options.camera, asked.isoformat(), clock, _shown_name(path))

    def _pipeline(self, take: Take, door: Door, about: About) -> Iterator[Sealed]:
        """Return the pipeline of the box's level; only what it needs is loaded."""
        level = self.box.policy.level
        fixed = level is Level.STRUCTURED_ONLY
        diary = Diary(self.options.keep, fixed, self.options.poses_per_second)
        scribe = Scribe(diary, self.poses)
        book = PartSealer(door, PartKind.RECORDS, about)
        if level is Level.STRUCTURED_ONLY:
            from yingbi.pipeline.level1 import level1

            return level1(take, scribe, book)
        film = PartSealer(door, PartKind.MASKED, about)
        if level is Level.OBSCURED:
            from yingbi.pipeline.level2 import level2

            return level2(take, scribe, book, film)
        from yingbi.pipeline.level3 import level3, level3_parts

        if self.box.policy.raw is RawPolicy.PARTS:
            return level3_parts(take, scribe, book, film, PartSealer(door, PartKind.ROI, about))
        kept = self.box.policy.raw is RawPolicy.WHOLE
        original = PartSealer(door, PartKind.RAW, about) if kept else None
        return level3(take, scribe, book, film, original)


def _shown_name(path: Path) -> str:
    """Return the file's name as text; bytes of it that are none are written as escapes."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")
