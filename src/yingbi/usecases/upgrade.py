"""Bring an older vault to the present schema: a copy first, then one database after the other.

Each database changes in a transaction of its own. The key database goes first;
the catalogue's transaction holds the log's entry as well, so that the vault is
upgraded exactly when the log tells of it. What a crash leaves between them opens
with no program, and the same command finishes it. Bodies are never touched.

Clause: 6.2.3-2; 6.1-2.
"""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yingbi.audit.log import Log
from yingbi.crypto.suite import suite
from yingbi.db import database
from yingbi.db.database import CatalogueUnit, Database
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.ledger import Action, Deed
from yingbi.keys.keystore import Keystore
from yingbi.keys.memory import guard
from yingbi.store.copies import check_place, copy, is_copied
from yingbi.store.folder import VaultFolder
from yingbi.usecases.vault import Ask


@dataclass(frozen=True, slots=True)
class Step:
    """One database that is older than this program: its file's name and both schemas."""

    name: str
    found: str
    head: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upgrade does, or did. steps: none where the vault is up to date.

    copy_to: the folder of the copy that is made first; None for no copy.
    copied: the copy is there already, from an attempt that broke off.
    """

    steps: tuple[Step, ...]
    copy_to: Path | None
    copied: bool = False


def usual_copy(path: Path) -> Path:
    """Return the folder beside the vault where a copy goes that is given no other place."""
    whole = path.resolve()
    head = max(each.head for each in (database.keys(path), database.catalogue(path)))
    return whole.with_name(f"{whole.name}.before-{head}")


def plan_upgrade(path: Path, copy_to: Path | None) -> Plan:
    """Return what `upgrade_vault` would do; nothing is written.

    Raises: as `upgrade_vault` does.
    """
    folder = VaultFolder.open(path)
    with folder.held_alone():
        steps = _steps(folder)
        if not steps or copy_to is None:
            return Plan(steps, None)
        check_place(folder, copy_to)
        return Plan(steps, copy_to, is_copied(folder, copy_to, _changed(folder, steps)))


def upgrade_vault(
    path: Path,
    ask: Ask,
    copy_to: Path | None,
    *,
    memory: str,
    crossing: Crossing = no_crossing,
) -> Plan:
    """Upgrade the vault where it is older, and return what was done; nobody else uses it meanwhile.

    ask: called only where there is something to do.
    copy_to: a folder that is not there yet, or None for no copy.

    Raises: NoVaultError, VaultTooNewError, VaultLockedError, WrongPassphraseError,
        SealBrokenError, LogBrokenError, CannotCreateError, UnsafeOutputError, ReadWriteError.
        Until the first database is changed the vault is as it was; after that
        the same call goes on where this one stopped.
    """
    guard(memory)
    folder = VaultFolder.open(path)
    with folder.held_alone():
        steps = _steps(folder)
        if not steps:
            return Plan((), None)
        if copy_to is not None:
            check_place(folder, copy_to)
        secrets = Keystore.open(
            folder.keystore,
            ask(),
            suite(folder.suite_name),
            bound_to=folder.identity,
            crossing=crossing,
        )
        with secrets as keystore:
            copied = _Upgrade(folder, keystore, steps, copy_to, crossing).run()
    return Plan(steps, copy_to, copied)


class _Upgrade:
    """One run over the databases that are older."""

    def __init__(
        self,
        folder: VaultFolder,
        keystore: Keystore,
        steps: tuple[Step, ...],
        copy_to: Path | None,
        crossing: Crossing,
    ) -> None:
        self._folder, self._copy_to, self._crossing = folder, copy_to, crossing
        self._keys = database.keys(folder.keys_db, crossing)
        self._catalogue = database.catalogue(folder.catalogue_db, crossing)
        self._log = Log(keystore, self._catalogue, folder.controller_id, folder.vault_id)
        self._changed = _changed(folder, steps)
        self._keys_older = folder.keys_db not in self._changed
        self._catalogue_older = folder.catalogue_db not in self._changed

    def run(self) -> bool:
        """Upgrade; return whether the copy was there already."""
        with closing(self._keys), closing(self._catalogue):
            self._rehearse()
            copied = self._copied()
            # A catalogue that stays as it is cannot tell of it in the same transaction.
            if not self._catalogue_older:
                self._log.record(self._deed())
            if self._keys_older:
                self._keys.upgrade()
            if self._catalogue_older:
                self._catalogue.upgrade(self._tell)
            self._empty_journals()
        return copied

    def _rehearse(self) -> None:
        """Find out what would fail before anything is changed: one alone opens with no program."""
        if self._keys_older:
            self._keys.rehearse()
        if self._catalogue_older:
            self._catalogue.rehearse(self._tell)

    def _copied(self) -> bool:
        """Make the copy unless it is there; return whether it was."""
        if self._copy_to is None:
            return False
        self._empty_journals()
        if is_copied(self._folder, self._copy_to, self._changed):
            return True
        copy(self._folder, self._copy_to, Disk("copy", self._crossing))
        return False

    def _empty_journals(self) -> None:
        """Leave each database whole in one file, which nobody holds open."""
        for each in (self._keys, self._catalogue):
            each.empty_journal()
            # Reading the file beside an open connection would drop that connection's locks.
            each.close()

    def _tell(self, unit: CatalogueUnit) -> None:
        self._log.append(unit, self._deed())

    def _deed(self) -> Deed:
        facts = {
            "keys": self._keys.head,
            "catalogue": self._catalogue.head,
            "copy": "none" if self._copy_to is None else "made",
        }
        return Deed(Action.UPGRADED, datetime.now(UTC), facts=facts)


def _steps(folder: VaultFolder) -> tuple[Step, ...]:
    """Return one step for each database that is older, in the order of the upgrade."""
    both: tuple[Database[Any], ...] = (
        database.keys(folder.keys_db),
        database.catalogue(folder.catalogue_db),
    )
    found = [(each.path.name, each.outdated(), each.head) for each in both]
    return tuple(Step(name, older, head) for name, older, head in found if older is not None)


def _changed(folder: VaultFolder, steps: tuple[Step, ...]) -> set[Path]:
    """Return the databases that need no step: one, where an attempt broke off between the two."""
    older = {folder.path / step.name for step in steps}
    return {folder.keys_db, folder.catalogue_db} - older
