"""A vault, made and opened: the only place that joins its keys, shelves and log.

Clause: 6.2.3.b-2; 6.2.3.e-1; 6.2.5.a-2.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from yingbi.audit.log import Log
from yingbi.audit.witness import outside, watched
from yingbi.crypto.suite import Suite, suite
from yingbi.db import database
from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import VaultLockedError
from yingbi.govern.holds import Holds
from yingbi.govern.people import People
from yingbi.govern.subjects import Subjects
from yingbi.keys.boxes import Boxes
from yingbi.keys.epochs import Epochs
from yingbi.keys.index_pages import IndexPages
from yingbi.keys.keystore import Keystore
from yingbi.keys.locks import LockTable
from yingbi.keys.memory import MemoryState, guard
from yingbi.store.catalogue import Catalogue
from yingbi.store.folder import WAIT_S, VaultFolder
from yingbi.store.inbox import Inbox
from yingbi.store.index import EventIndex, groups_in
from yingbi.store.shelf import ObjectShelf
from yingbi.store.writer import Rooms
from yingbi.usecases.opened import Vault
from yingbi.usecases.retention import MAX_JUMP_DAYS, look_at_the_clock
from yingbi.usecases.sweep import Tell, at_start, expire_at_start, needs_start, tell_nobody

__all__ = ["Ask", "Vault", "init_vault", "open_vault"]

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
    now = datetime.now(UTC)
    with Keystore.create(
        folder.keystore, passphrase, chosen, bound_to=folder.identity, now=now
    ) as keystore:
        for made in databases_of(folder):
            made.create()
            made.close()
        catalogue_db, _ = databases_of(folder)
        log = Log(keystore, catalogue_db, folder.controller_id, folder.vault_id)
        log.record(Deed(Action.VAULT_MADE, now, facts={"suite": chosen.name}))
        catalogue_db.close()


@contextmanager
def open_vault(
    path: Path,
    ask: Ask,
    *,
    memory: str,
    alone: bool = False,
    by_time: bool = True,
    tell: Tell = tell_nobody,
    witness: Path | None = None,
    max_jump_days: int = MAX_JUMP_DAYS,
    crossing: Crossing = no_crossing,
) -> Iterator[Vault]:
    """Open a vault for as long as the block lasts; finish first what a crash left undone.

    alone: whether nobody else may use it meanwhile. by_time: whether what is over its time
    is erased first. tell: takes a line about what keeps the user waiting.
    witness: a file outside with the log's latest checkpoint; the log must continue it,
    and it is renewed when the block ends. max_jump_days: how far ahead of the log's last
    entry the clock may be without being doubted. crossing: under every write of files and
    databases; tests strike in it.

    Raises: NoVaultError, VaultTooOldError, VaultTooNewError, WrongPassphraseError,
        VaultLockedError, NotOnThisSystemError, MemoryNotLockedError, SealBrokenError;
        LogRolledBackError, NoWitnessError.
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
        databases = databases_of(folder, crossing)
        for opened in databases:
            stack.callback(opened.close)
            opened.open()
        vault = joined(folder, keystore, databases, guarded, crossing)
        place = None if witness is None else outside(folder.path, witness)
        stack.enter_context(watched(vault.log, place, crossing))
        problem = look_at_the_clock(vault, datetime.now(UTC), max_jump_days)
        vault = replace(vault, clock_problem=problem)
        if alone:
            stack.enter_context(folder.held_alone(wait_s=WAIT_S))
            _look_again(vault)
            at_start(vault, datetime.now(UTC), tell)
        else:
            _start_if_alone(vault, tell)
            stack.enter_context(folder.held())
            _look_again(vault)
        _take_in(vault, tell)
        if by_time:
            expire_at_start(vault, datetime.now(UTC), tell)
        yield vault


@contextmanager
def open_as_it_is(
    path: Path, ask: Ask, *, memory: str, crossing: Crossing = no_crossing
) -> Iterator[Vault]:
    """Open a vault alone and change nothing in it: no crash is settled, nothing taken in or erased.

    Raises: as `open_vault` does, but for the witness.
    """
    guarded = guard(memory)
    folder = VaultFolder.open(path)
    with ExitStack() as stack:
        stack.enter_context(folder.held_alone(wait_s=WAIT_S))
        chosen = suite(folder.suite_name)
        keystore = stack.enter_context(
            Keystore.open(
                folder.keystore, ask(), chosen, bound_to=folder.identity, crossing=crossing
            )
        )
        databases = databases_of(folder, crossing)
        for opened in databases:
            stack.callback(opened.close)
            opened.open()
        yield joined(folder, keystore, databases, guarded, crossing)


def _start_if_alone(vault: Vault, tell: Tell) -> None:
    """Put in order what is due where nobody else is at work; whoever is there now did it before."""
    now = datetime.now(UTC)
    if not needs_start(vault, now):
        return
    try:
        with vault.folder.held_alone():
            _look_again(vault)
            at_start(vault, now, tell)
    except VaultLockedError:
        return


def _take_in(vault: Vault, tell: Tell) -> None:
    """Take in what doors delivered. Nothing of it is loaded where nothing waits."""
    if vault.rooms.inbox.waiting():
        from yingbi.usecases.deliveries import take_in_alone

        take_in_alone(vault, datetime.now(UTC), tell)


def _look_again(vault: Vault) -> None:
    """Take over what another process did between the opening and the hold: new keys, an upgrade."""
    vault.keystore.refresh()
    vault.rooms.catalogue_db.open()
    vault.rooms.keys_db.open()


def databases_of(
    folder: VaultFolder, crossing: Crossing = no_crossing
) -> tuple[Database[CatalogueUnit], Database[KeysUnit]]:
    """Return the catalogue and the key database, neither looked at yet."""
    return database.catalogue(folder.catalogue_db, crossing), database.keys(
        folder.keys_db, crossing
    )


def joined(
    folder: VaultFolder,
    keystore: Keystore,
    databases: tuple[Database[CatalogueUnit], Database[KeysUnit]],
    memory: MemoryState,
    crossing: Crossing,
) -> Vault:
    """Return a vault of its open parts; nothing of it is looked at."""
    who, (catalogue_db, keys_db) = folder.controller_id, databases
    locks = LockTable(keystore, keys_db, who)
    boxes = Boxes(keystore, catalogue_db, keys_db, who)
    log = Log(keystore, catalogue_db, who, folder.vault_id)
    people = People.of(Subjects(keystore, locks, catalogue_db, keys_db, who))
    holds = Holds(keystore, catalogue_db, who)
    catalogue = Catalogue(keystore.suite, catalogue_db, locks, who, people.erased)
    pages = IndexPages(keystore, boxes, who)
    rooms = Rooms(
        catalogue_db=catalogue_db,
        keys_db=keys_db,
        shelf=ObjectShelf(folder.objects, crossing),
        catalogue=catalogue,
        locks=locks,
        ledger=log,
        key_bytes=keystore.suite.key_bytes,
        told=log.told,
        inbox=Inbox(folder.inbox, crossing),
        held=holds.blocking,
        index=EventIndex(pages, groups_in(catalogue_db), who),
    )
    epochs = Epochs(keystore, keys_db, boxes, who)
    return Vault(folder, keystore, boxes, epochs, log, rooms, memory, people, holds, crossing)
