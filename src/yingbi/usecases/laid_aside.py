"""Deliveries of doors that are not in the vault: what waits, what was refused, and why.

The reason is found anew each time, so it is that of today; nothing is moved by looking.

Clause: 6.2.3-2; 6.2.4-1.
"""

from typing import Any
from uuid import UUID

from yingbi.domain.messages import say_reason
from yingbi.envelope.delivery import Slip, first_slip
from yingbi.errors import NoSuchBoxError, SealBrokenError, YingbiError
from yingbi.keys.epoch import day_of_epoch
from yingbi.usecases.judge_delivery import judge
from yingbi.usecases.opened import Vault


def laid_aside(vault: Vault) -> list[dict[str, Any]]:
    """Return every delivery that waits or was refused, for machines.

    delivery: its file's name. state: waiting or refused. door, box, day: what it says of
    itself, which anybody can write; null where it says nothing. code, reason: why it is not
    taken in, null where nothing is wrong with it now.

    Raises: ReadWriteError.
    """
    inbox = vault.rooms.inbox
    named = [(name, True) for name in inbox.refused()] + [(name, False) for name in inbox.waiting()]
    return [_told(vault, name, refused=refused) for name, refused in named]


def _told(vault: Vault, name: str, *, refused: bool) -> dict[str, Any]:
    code, reason = None, None
    try:
        judge(vault, name, refused=refused)
    except YingbiError as error:
        code, reason = error.code, say_reason(error)
    slip = _slip(vault, name, refused=refused)
    return {
        "delivery": name,
        "state": "refused" if refused else "waiting",
        "door": None if slip is None else str(UUID(bytes=slip.device_id)),
        "box": None if slip is None else _box_name(vault, slip),
        "day": None if slip is None else day_of_epoch(slip.epoch).isoformat(),
        "code": code,
        "reason": reason,
    }


def _slip(vault: Vault, name: str, *, refused: bool) -> Slip | None:
    try:
        return first_slip(vault.rooms.inbox.read(name, refused=refused))
    except SealBrokenError:
        return None


def _box_name(vault: Vault, slip: Slip) -> str | None:
    try:
        return vault.boxes.record(slip.box_id).box.name
    except NoSuchBoxError:
        return None
