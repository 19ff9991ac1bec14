"""Doors of a box: made, listed, revoked.

Clause: 6.2.3.b-2; 6.2.4-1.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from yingbi.domain.box import Box
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say
from yingbi.domain.retention import RetentionClass
from yingbi.errors import NoSuchDoorError, UnsafeOutputError, UsageError
from yingbi.keys.devices import Registered
from yingbi.keys.door_file import DoorFile
from yingbi.keys.epoch import day_of_epoch, epoch_of
from yingbi.keys.vouch import Vouched
from yingbi.media.output import new_file
from yingbi.usecases.vault import Vault

MOST_DAYS = 400
LONGEST_NAME = 64


def make_door(
    vault: Vault, box: Box, out: Path, *, days: int, name: str = "", force: bool = False
) -> Registered:
    """Register a door for so many days from today on, and write its file.

    The door is logged before its file has its name: a file that is there is registered.

    Raises: UsageError on days or a name out of bounds; UnsafeOutputError for a file in the
        vault; OutputExistsError, CannotCreateError, ReadWriteError.
    """
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(problem=say("a door has 1 to {most} days", most=MOST_DAYS))
    if len(name) > LONGEST_NAME or not name.isprintable():
        most = LONGEST_NAME
        raise UsageError(problem=say("a door's name has at most {most} characters", most=most))
    if out.resolve().is_relative_to(vault.folder.path.resolve()):
        raise UnsafeOutputError(output=out, reason="it lies in the vault")
    now = datetime.now(UTC)
    with new_file(out, force=force) as file:
        given = _door_file(vault, box, now.date(), days)
        file.write(given.encode())
        door = Registered(
            device_id=UUID(bytes=given.device.device_id),
            box_id=box.box_id,
            public_key=given.public_key,
            name=name,
            made_at=now.isoformat(timespec="seconds"),
            first_epoch=epoch_of(now.date()),
            last_epoch=epoch_of(now.date()) + days - 1,
        )
        with vault.rooms.catalogue_db.begin() as unit:
            vault.devices.add(unit, door)
            facts = {"device": str(door.device_id), "until": until(door)}
            vault.log.append(unit, Deed(Action.DOOR_MADE, now, box_id=box.box_id, facts=facts))
    return door


def doors(vault: Vault, box: Box) -> list[dict[str, Any]]:
    """Return the doors of a box for machines, the oldest first."""
    return [told(door) for door in vault.devices.all(box.box_id)]


def told(door: Registered) -> dict[str, Any]:
    """Return one door for machines."""
    return {
        "device": str(door.device_id),
        "name": door.name,
        "made_at": door.made_at,
        "until": until(door),
        "revoked_at": door.revoked_at,
    }


def until(door: Registered) -> str:
    """Return the last day for which the door has keys."""
    return day_of_epoch(door.last_epoch).isoformat()


def revoke_door(vault: Vault, device_id: UUID) -> Registered:
    """Revoke a door: what it delivered is the vault's, what it delivers from now on is refused.

    A second time changes nothing. Raises: NoSuchDoorError.
    """
    now = datetime.now(UTC)
    door = vault.devices.get(device_id)
    if door.revoked_at is None:
        with vault.rooms.catalogue_db.begin() as unit:
            vault.devices.revoke(unit, door, now)
            facts = {"device": str(device_id)}
            vault.log.append(unit, Deed(Action.DOOR_REVOKED, now, box_id=door.box_id, facts=facts))
    return vault.devices.get(device_id)


def device_id_asked(text: str) -> UUID:
    """Return the id of a door as a user writes it. Raises: NoSuchDoorError."""
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchDoorError(device=text) from None


def _door_file(vault: Vault, box: Box, first: date, days: int) -> DoorFile:
    chosen = vault.keystore.suite
    private, public = chosen.new_signer()
    return DoorFile(
        suite=chosen,
        controller_id=vault.folder.controller_id,
        vault_id=vault.folder.vault_id,
        box_id=box.box_id,
        policy=box.policy,
        signer_public=vault.boxes.record(box.box_id).signer_public,
        public_key=public,
        private_key=private,
        epochs=_ahead(vault, box, first, days),
    )


def _ahead(vault: Vault, box: Box, first: date, days: int) -> dict[tuple[int, int], Vouched]:
    """Return the public keys of every class that this box's policy knows, and of its inbox."""
    classes = {RetentionClass.USUAL, RetentionClass.INBOX}
    classes |= {kept for kept, _ in box.policy.retention.days if kept is not RetentionClass.HOLD}
    return {
        (given.public.epoch, given.public.retention): given
        for kept in sorted(classes)
        for given in vault.epochs.ahead(box.box_id, first, days, kept)
    }
