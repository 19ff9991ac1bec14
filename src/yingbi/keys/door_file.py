"""door.yb: all that sealing into one box needs, and nothing with which to open.

    "YBD1" | canonical CBOR: suite, ids of controller, vault and box, the box's policy, the
    public key of its signer, the device's signing key, public keys of coming days, signed

Clause: 6.2.3.b-2; 6.2.4-1.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from yingbi.crypto.suite import InvalidTagError, Suite, suite
from yingbi.domain.box import BoxPolicy
from yingbi.domain.detail import Detail, detail_entry
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.domain.tightening import tightening_entry, tightening_of
from yingbi.envelope.canonical import read_map, write_map
from yingbi.errors import DoorExpiredError, DoorRefusedError, SealBrokenError
from yingbi.keys.device import Device, device_id_of
from yingbi.keys.epoch import day_of_epoch, epoch_of
from yingbi.keys.vouch import Vouched, vouched
from yingbi.keys.wrap import EpochPublic

MAGIC = b"YBD1"
MAX_DOOR_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class DoorFile:
    """What a door knows.

    signer_public: vouches for the epochs. private_key: signs, and does nothing else.
    epochs: by epoch and retention class.
    """

    suite: Suite = field(repr=False)
    controller_id: UUID
    vault_id: UUID
    box_id: UUID
    policy: BoxPolicy
    signer_public: bytes
    public_key: bytes
    private_key: bytes = field(repr=False)
    epochs: Mapping[tuple[int, int], Vouched] = field(repr=False)

    @property
    def device(self) -> Device:
        """The device that signs what this door seals."""
        return Device(
            device_id_of(self.suite, self.public_key),
            self.public_key,
            lambda message: self.suite.sign(self.private_key, message),
        )

    def epoch(self, day: date, retention: int) -> EpochPublic:
        """Return the box's public key of that day and class.

        Raises: DoorExpiredError where this door was given none; SealBrokenError where
            the box's signer did not sign it.
        """
        given = self.epochs.get((epoch_of(day), retention))
        if given is None:
            raise DoorExpiredError(day=day)
        return vouched(self.suite, self.controller_id, self.signer_public, given)

    def encode(self) -> bytes:
        """Return the file's bytes."""
        policy = self.policy
        return MAGIC + write_map(
            {
                "suite": self.suite.name,
                "controller": self.controller_id.bytes,
                "vault": self.vault_id.bytes,
                "box": self.box_id.bytes,
                "level": int(policy.level),
                "scene": policy.scene.value if policy.scene else None,
                "raw": policy.raw.value,
                "raw_export": policy.raw_export.value,
                "keep": list(policy.keep),
                "retain": [[int(kept), days] for kept, days in policy.retention.days],
                **detail_entry(policy.detail),
                **tightening_entry(policy),
                "signer": self.signer_public,
                "device_public": self.public_key,
                "device_private": self.private_key,
                "epochs": [_row(given) for _, given in sorted(self.epochs.items())],
            }
        )


def _row(given: Vouched) -> list[Any]:
    public = given.public
    names = [public.epoch, public.retention, public.key_id]
    return [*names, public.public_key, given.signature]


def read_door(path: Path) -> DoorFile:
    """Return what the file says.

    Raises: DoorRefusedError on what is no door, may be read by others, or whose signing
        key is not whole; LibraryMissingError.
    """
    content = _read(path)
    if content[: len(MAGIC)] != MAGIC:
        raise DoorRefusedError(path=path, reason="it is no door")
    try:
        return _decoded(read_map(content[len(MAGIC) :], "door"))
    except (SealBrokenError, KeyError, ValueError, TypeError, InvalidTagError, OverflowError):
        raise DoorRefusedError(path=path, reason="it is damaged") from None


def _decoded(text: Mapping[str, Any]) -> DoorFile:
    policy = BoxPolicy(
        level=Level(text["level"]),
        scene=Scene(text["scene"]) if text["scene"] else None,
        raw=RawPolicy(text["raw"]),
        raw_export=RawExport(text["raw_export"]),
        keep=tuple(text["keep"]),
        retention=Retention.of((RetentionClass(kept), days) for kept, days in text["retain"]),
        detail=Detail(*text.get("detail", ())),
        **tightening_of(text),
    )
    box_id = UUID(bytes=text["box"])
    epochs = {
        (epoch, retention): Vouched(EpochPublic(box_id, epoch, retention, key_id, public), signed)
        for epoch, retention, key_id, public, signed in text["epochs"]
    }
    door = DoorFile(
        suite=suite(text["suite"]),
        controller_id=UUID(bytes=text["controller"]),
        vault_id=UUID(bytes=text["vault"]),
        box_id=box_id,
        policy=policy,
        signer_public=text["signer"],
        public_key=text["device_public"],
        private_key=text["device_private"],
        epochs=epochs,
    )
    # A damaged key would sign what nobody takes in, and the door would never know.
    door.suite.verify(door.public_key, door.device.sign(MAGIC), MAGIC)
    return door


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                reason = "others can read it; allow only its owner to (chmod 600)"
                raise DoorRefusedError(path=path, reason=reason)
            return file.read(MAX_DOOR_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        raise DoorRefusedError(path=path, reason=reason) from None


def last_day(door: DoorFile) -> date:
    """Return the last day for which the door has keys."""
    return day_of_epoch(max((epoch for epoch, _ in door.epochs), default=0))
