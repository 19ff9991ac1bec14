"""A vault, made and opened: the only place that joins its keys, shelves and log.

Clause: 6.2.3.b-2; 6.2.3.e-1; 6.2.5.a-2.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from yingbi.audit.log import Log
from yingbi.crypto.suite import Suite, suite
from yingbi.db import database
from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import VaultLockedError
from yingbi.keys.boxes import Boxes
from yingbi.keys.epochs import Epochs
from yingbi.keys.keystore import Keystore
from yingbi.keys.locks import LockTable
from yingbi.keys.memory import MemoryState, guard
from yingbi.store.catalogue import Catalogue
from yingbi.store.erase import settle
from yingbi.store.folder import VaultFolder
from yingbi.store.shelf import ObjectShelf
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
    crossing: Crossing = no_crossing


Ask = Callable[[], bytes]
"""Gets the passphrase; called when memory is guarded and not before."""


def init_vault(path: Path, suite_name: str, ask: Ask, *, memory: str) -> VaultFolder:
    """Make a vault in an empty or new folder and return it; nobody else makes one there meanwhile.

    Raises: VaultExistsError, VaultLockedError, CannotCreateError, WeakPassphraseError,
        LibraryMissingError, NotOnThisSystemError.
    """
    guard(memory)
    chosen = suite(suite_name)
    folder = VaultFolder.new(path, suite_name)
    with folder.held_alone():
        folder.prepare()
        _fill(folder, ask(), chosen)
        folder.finish()
    return folder


def _fill(folder: VaultFolder, passphrase: bytes, chosen: Suite) -> None:
    with Keystore.create(folder.keystore, passphrase, chosen, bound_to=folder.identity) as keystore:
        for made in _databases(folder):
            made.create()
        catalogue_db, _ = _databases(folder)
        log = Log(keystore, catalogue_db, folder.controller_id, folder.vault_id)
        log.record(Deed(Action.VAULT_MADE, datetime.now(UTC), facts={"suite": chosen.name}))
        catalogue_db.close()


@contextmanager
def open_vault(
    path: Path, ask: Ask, *, memory: str, crossing: Crossing = no_crossing
) -> Iterator[Vault]:
    """Open a vault for as long as the block lasts; finish first what a crash left undone.

    crossing: under every write of files and databases; tests strike in it.

    Raises: NoVaultError, WrongPassphraseError, VaultLockedError, NotOnThisSystemError,
        MemoryNotLockedError, SealBrokenError.
    """
    guarded = guard(memory)
    folder = VaultFolder.open(path)
    with ExitStack() as stack:
        keystore = stack.enter_context(
            Keystore.open(
                folder.keystore,
                ask(),
                suite(folder.suite_name),
                bound_to=folder.identity,
                crossing=crossing,
            )
        )
        databases = _databases(folder, crossing)
        for opened in databases:
            stack.callback(opened.close)
            opened.open()
        vault = _joined(folder, keystore, databases, guarded, crossing)
        _settle(vault)
        stack.enter_context(folder.held())
        yield vault


def _databases(
    folder: VaultFolder, crossing: Crossing = no_crossing
) -> tuple[Database[CatalogueUnit], Database[KeysUnit]]:
    return database.catalogue(folder.catalogue_db, crossing), database.keys(
        folder.keys_db, crossing
    )


def _joined(
    folder: VaultFolder,
    keystore: Keystore,
    databases: tuple[Database[CatalogueUnit], Database[KeysUnit]],
    memory: MemoryState,
    crossing: Crossing,
) -> Vault:
    who, (catalogue_db, keys_db) = folder.controller_id, databases
    locks = LockTable(keystore, keys_db, who)
    boxes = Boxes(keystore, catalogue_db, keys_db, who)
    log = Log(keystore, catalogue_db, who, folder.vault_id)
    rooms = Rooms(
        catalogue_db=catalogue_db,
        keys_db=keys_db,
        shelf=ObjectShelf(folder.objects, crossing),
        catalogue=Catalogue(keystore.suite, catalogue_db, locks, who),
        locks=locks,
        ledger=log,
        key_bytes=keystore.suite.key_bytes,
        told=log.told,
    )
    epochs = Epochs(keystore, keys_db, boxes, who)
    return Vault(folder, keystore, boxes, epochs, log, rooms, memory, crossing)


def _settle(vault: Vault) -> None:
    """Settle where nobody else is at work; whoever is there now settled before."""
    rooms = vault.rooms
    if not rooms.shelf.marks() and not rooms.catalogue.unfinished_erasures():
        return
    try:
        with vault.folder.held_alone():
            settle(rooms, now=datetime.now(UTC))
            vault.boxes.sweep()
    except VaultLockedError:
        return
