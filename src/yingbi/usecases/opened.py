"""An open vault as a value: what every use case on it is handed.

Clause: 6.2.3.b-2; 6.2.3.e-1; 6.2.5.a-2.
"""

from dataclasses import dataclass

from yingbi.audit.log import Log
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.govern.people import People
from yingbi.keys.boxes import Boxes
from yingbi.keys.epochs import Epochs
from yingbi.keys.keystore import Keystore
from yingbi.keys.memory import MemoryState
from yingbi.keys.replace import LockStoreReplacer
from yingbi.store.folder import VaultFolder
from yingbi.store.writer import Rooms


@dataclass(frozen=True, slots=True)
class Vault:
    """An open vault. memory: how well this process keeps its memory off the disk."""

    folder: VaultFolder
    keystore: Keystore
    boxes: Boxes
    epochs: Epochs
    log: Log
    rooms: Rooms
    memory: MemoryState
    people: People
    crossing: Crossing = no_crossing

    @property
    def replacer(self) -> LockStoreReplacer:
        """What replaces the lock-store key; its caller holds the vault alone."""
        return LockStoreReplacer(self.keystore, self.rooms.keys_db, self.rooms.locks, self.epochs)
