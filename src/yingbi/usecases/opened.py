"""An open vault as a value: what every use case on it is handed.

Clause: 6.2.3.b-2; 6.2.3.e-1; 6.2.5.a-2.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase
from uuid import UUID

from yingbi.audit.log import Log
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.envelope.part import first_header
from yingbi.errors import NoKeyError, SealBrokenError
from yingbi.govern.holds import Holds
from yingbi.govern.people import People
from yingbi.keys.boxes import Boxes
from yingbi.keys.devices import Devices
from yingbi.keys.epochs import Epochs
from yingbi.keys.keystore import Keystore
from yingbi.keys.memory import MemoryState
from yingbi.keys.replace import LockStoreReplacer
from yingbi.store.folder import VaultFolder
from yingbi.store.writer import Rooms


@dataclass(frozen=True, slots=True)
class Vault:
    """An open vault. memory: how well this process keeps its memory off the disk.

    clock_problem: why the clock must not erase by time, as it stood at the opening.
    """

    folder: VaultFolder
    keystore: Keystore
    boxes: Boxes
    epochs: Epochs
    log: Log
    rooms: Rooms
    memory: MemoryState
    people: People
    holds: Holds
    crossing: Crossing = no_crossing
    clock_problem: str = ""

    @property
    def replacer(self) -> LockStoreReplacer:
        """What replaces the lock-store key; its caller holds the vault alone."""
        return LockStoreReplacer(self.keystore, self.rooms.keys_db, self.rooms.locks, self.epochs)

    @property
    def devices(self) -> Devices:
        """The doors of its boxes."""
        return Devices(self.keystore, self.rooms.catalogue_db, self.folder.controller_id)

    @contextmanager
    def telling_if_erased(self, object_id: UUID) -> Iterator[None]:
        """Say of an object that another process erased meanwhile that it was, not that it is broken.

        Raises: ObjectErasedError in the place of SealBrokenError and NoKeyError.
        """
        try:
            yield
        except (SealBrokenError, NoKeyError):
            self.rooms.catalogue.get(object_id)
            raise

    def device_public_key(self, source: BufferedIOBase) -> bytes:
        """Return the key that verifies a part: this vault's own, or that of one of its doors.

        All segments of a part are by one device (`envelope.part` holds them to it).
        Raises: SealBrokenError where no device of this vault sealed it.
        """
        header, own = first_header(source), self.keystore.device
        if header.device_id == own.device_id:
            return own.public_key
        door = self.devices.find(UUID(bytes=header.device_id))
        if door is None or door.box_id != header.box_id:
            raise SealBrokenError(what=header.what, reason="no device of this vault sealed it")
        return door.public_key
