"""What a vault does by itself at a start, and when it is swept.

Clause: 6.2.3.c-1; 6.2.3.e-2.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say, say_error
from yingbi.errors import YingbiError
from yingbi.store.erase import settle
from yingbi.usecases.opened import Vault

Tell = Callable[[str], None]
"""Takes one line, in the user's language, about what takes long or could not be done."""

PATIENCE_S = 1.0
"""Longer than this nothing keeps the user waiting without a word."""


def tell_nobody(_line: str) -> None:
    """Say nothing."""


def needs_start(vault: Vault, now: datetime) -> bool:
    """Return whether `at_start` has anything to do."""
    return bool(
        vault.rooms.shelf.marks()
        or vault.rooms.catalogue.unfinished_erasures()
        or vault.keystore.lock_stores.due(now)
        or not vault.keystore.is_whole
    )


def at_start(vault: Vault, now: datetime, tell: Tell) -> None:
    """Settle what a crash left, then replace the lock-store key where it is due.

    The caller holds the vault alone. A key that cannot be replaced now is left to the
    next start, and that is told: the vault opens all the same.

    Raises: SealBrokenError, LogBrokenError as `settle` does; ReadWriteError where an old
        writing of the keystore cannot be finished.
    """
    vault.keystore.complete()
    settle(vault.rooms, now=now)
    vault.boxes.sweep()
    if not vault.keystore.lock_stores.due(now):
        return
    try:
        replace_lock_store_key(vault, now, tell)
    except YingbiError as error:
        problem = say_error(error)
        tell(say("What was erased is not final yet, its old key stays: {problem}", problem=problem))


def replace_lock_store_key(vault: Vault, now: datetime, tell: Tell) -> None:
    """Replace the key over all page keys, and log it; the caller holds the vault alone.

    Raises: UsageError where backups keep too many old keys; SealBrokenError, NoKeyError
        where a page or an epoch's key does not open; ReadWriteError.
    """
    total, started, told = vault.rooms.locks.pages(), time.monotonic(), False

    def tick(_done: int) -> None:
        nonlocal told
        if not told and time.monotonic() - started > PATIENCE_S:
            told = True
            tell(say("Replacing the lock-store key: {total} pages of locks ...", total=total))

    old = vault.keystore.lock_stores.current.key_id
    vault.replacer.replace(now, tick)
    facts = {"old": old.hex(), "new": vault.keystore.lock_store_key.key_id.hex()}
    vault.log.record(Deed(Action.LOCK_STORE_REPLACED, datetime.now(UTC), facts=facts))
