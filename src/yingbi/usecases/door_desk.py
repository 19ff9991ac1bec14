"""Handing objects in at the door of a closed vault: no passphrase, and nothing to open with.

Nothing here may load what opens: the keystore, the databases, `release`, `keys.unwrap`,
`keys.take_delivery` (a test looks).

Clause: 6.2.3.b-2; 6.2.4-1.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from yingbi.domain.box import BoxPolicy
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.retention import INBOX_KEPT_DAYS, RetentionClass
from yingbi.envelope.delivery import Slip
from yingbi.errors import DoorExpiredError, DoorRefusedError
from yingbi.keys.delivery import seal_delivery
from yingbi.keys.door_file import DoorFile, read_door
from yingbi.keys.memory import MemoryState, guard
from yingbi.seal.door import Door
from yingbi.store.deliver import Counter, DeliveryWriter
from yingbi.store.folder import VaultFolder
from yingbi.store.inbox import Inbox
from yingbi.store.shelf import ObjectShelf


@dataclass(frozen=True, slots=True)
class DoorDesk:
    """The door of one box; a `Desk`. retention: the class of what it seals."""

    pass_: DoorFile
    counter: Counter
    memory: MemoryState
    retention: int = RetentionClass.USUAL

    @property
    def policy(self) -> BoxPolicy:
        """What the owner had laid down for the box when the door was made."""
        return self.pass_.policy

    @property
    def facts(self) -> Mapping[str, str]:
        """Whether this process's memory is locked."""
        return {"memory": "locked" if self.memory.locked else "not locked"}

    def door(self, object_id: UUID, now: datetime) -> Door:
        """Return where the object is sealed to; this machine's clock decides the day.

        Raises: DoorExpiredError where the door has no keys for today.
        """
        self.pass_.epoch(now.date(), RetentionClass.INBOX)
        return Door(
            suite=self.pass_.suite,
            level=self.pass_.policy.level,
            controller_id=self.pass_.controller_id,
            box_id=self.pass_.box_id,
            object_id=object_id,
            epoch=self.pass_.epoch(now.date(), self.retention),
            device=self.pass_.device,
        )

    def writer(self, door: Door, now: datetime, camera: str | None) -> DeliveryWriter:
        """Return what leaves the object's locks and places in the vault's inbox."""
        day = now.date()

        def seal(content: bytes, bodies: tuple[str, ...]) -> bytes:
            if datetime.now(UTC).date() > day + timedelta(days=INBOX_KEPT_DAYS):
                raise DoorExpiredError(day=day)  # it took so long that nobody could take it in
            inbox = self.pass_.epoch(day, RetentionClass.INBOX)
            slip = Slip(
                suite_code=self.pass_.suite.code,
                controller_id=self.pass_.controller_id,
                vault_id=self.pass_.vault_id,
                box_id=self.pass_.box_id,
                device_id=door.device.device_id,
                epoch=inbox.epoch,
                key_id=inbox.key_id,
                bodies=bodies,
            )
            return seal_delivery(self.pass_.suite, slip, content, inbox, door.device)

        return DeliveryWriter(
            self.counter,
            object_id=door.object_id,
            box_id=door.box_id,
            level=door.level,
            epoch=door.epoch.epoch,
            retention=door.epoch.retention,
            day=day,
            seal=seal,
        )


@contextmanager
def open_door(
    door: Path,
    vault: Path,
    *,
    memory: str,
    retention: RetentionClass = RetentionClass.USUAL,
    crossing: Crossing = no_crossing,
) -> Iterator[DoorDesk]:
    """Stand at the door for as long as the block lasts, beside others who use the vault.

    Raises: DoorRefusedError, also where the door is another vault's; NoVaultError,
        VaultLockedError, MemoryNotLockedError, NotOnThisSystemError.
    """
    guarded = guard(memory)
    folder, given = VaultFolder.open(vault), read_door(door)
    ours = (folder.controller_id, folder.vault_id, folder.suite_name)
    if (given.controller_id, given.vault_id, given.suite.name) != ours:
        raise DoorRefusedError(path=door, reason="it is a door of another vault")
    if all(kept != retention for _, kept in given.epochs):
        raise DoorRefusedError(path=door, reason="it has no keys for this retention class")
    counter = Counter(ObjectShelf(folder.objects, crossing), Inbox(folder.inbox, crossing))
    with folder.held():
        yield DoorDesk(given, counter, guarded, retention)
