"""The door of a box: what sealing needs, and nothing with which to open."""

from dataclasses import dataclass
from uuid import UUID

from yingbi.crypto.suite import Suite
from yingbi.domain.level import Level
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
