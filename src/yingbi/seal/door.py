"""The door of a box: what sealing needs, and nothing with which to open."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from yingbi.crypto.suite import Suite
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, SealedSegment
from yingbi.envelope.header import NO_PREVIOUS, may_exist
from yingbi.envelope.part import PartEnd
from yingbi.envelope.segment import Place
from yingbi.errors import NotAuthorisedError
from yingbi.keys.device import Device
from yingbi.keys.wrap import EpochPublic


@dataclass(frozen=True, slots=True)
class Door:
    """Where one object is sealed to: suite, level, ids, the box's public key, the device.

    Clause: 6.2.3.b-2; 6.2.3-2.
    """

    suite: Suite
    level: Level
    controller_id: UUID
    box_id: UUID
    object_id: UUID
    epoch: EpochPublic
    device: Device

    def __post_init__(self) -> None:
        """Refuse the key of another box."""
        if self.epoch.box_id != self.box_id:
            raise ValueError("the epoch's key belongs to another box")


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the source: private metadata that every segment of a part carries.

    camera, recorded_at, source_name: None is "unknown". clock: where recorded_at comes from.
    """

    camera: str | None = None
    recorded_at: str | None = None
    clock: str = "unknown"
    source_name: str | None = None


class PartSealer:
    """Numbers and chains the segments of one part; `masked`, `records` and `raw` take it.

    Making one raises NotAuthorisedError where the door's level forbids such a part.
    Clause: A.1-5; A.2-3; A.3-2.
    """

    def __init__(
        self,
        door: Door,
        kind: PartKind,
        about: About = About(),
        *,
        live: bool = False,
        entropy: Callable[[int], bytes] = os.urandom,
        fresh_id: Callable[[], UUID] = new_id,
    ) -> None:
        """Start before the first segment; entropy and fresh_id are handed in by vectors only."""
        if not may_exist(kind, door.level):
            raise NotAuthorisedError(reason="a part of this kind cannot exist at its level")
        self.door, self.kind, self.about = door, kind, about
        self.entropy = entropy
        self._fresh_id, self._live = fresh_id, live
        self._count, self._previous = 0, NO_PREVIOUS

    @property
    def end(self) -> PartEnd:
        """How many segments were sealed and the last SEAL's digest: to be kept outside."""
        return PartEnd(self._count, self._previous)

    def next_place(self) -> Place:
        """Return where the next segment stands, with a fresh segment id."""
        door = self.door
        return Place(
            level=door.level,
            part=self.kind,
            controller_id=door.controller_id,
            box_id=door.box_id,
            object_id=door.object_id,
            segment_id=self._fresh_id(),
            number=self._count,
            key_epoch=door.epoch.epoch,
            retention=door.epoch.retention,
            device_id=door.device.device_id,
            previous=self._previous,
            live=self._live,
        )

    def follow(self, sealed: SealedSegment) -> SealedSegment:
        """Make the next segment follow this one; return it."""
        if sealed.number != self._count:
            raise ValueError(f"segment {self._count} should follow, not {sealed.number}")
        self._count, self._previous = self._count + 1, sealed.seal_digest
        return sealed
