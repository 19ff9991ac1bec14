"""What a vault does by itself at a start, and when it is swept.

What needs the vault alone (settling, the lock-store key) waits for a start at which
nobody else uses it; erasing by time does not.

Clause: 6.2.3.c-1; 6.2.3.e-2.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say, say_count, say_error
from yingbi.errors import ObjectErasedError, UsageError, YingbiError
from yingbi.store.erase import LOT, finish_receipts, settle
from yingbi.store.stored import Erasure
from yingbi.usecases.opened import Vault
from yingbi.usecases.retention import (
    Expired,
    believe_the_clock,
    clock_problem,
    erase_expired,
    expired,
)

Tell = Callable[[str], None]
"""Takes one line, in the user's language, about what takes long or could not be done."""

PATIENCE_S = 1.0
"""Longer than this nothing keeps the user waiting without a word."""


def tell_nobody(_line: str) -> None:
    """Say nothing."""


def needs_start(vault: Vault, now: datetime) -> bool:
    """Return whether `at_start` has anything to do."""
    stores = vault.keystore.lock_stores
    return bool(
        vault.rooms.shelf.marks()
        or vault.rooms.catalogue.unfinished_erasures()
        or stores.due(now)
        or stores.dropped(now) != stores
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
    try:
        renew_keys(vault, now, tell, at_once=False)
    except YingbiError as error:
        problem = say_error(error)
        tell(say("What was erased is not final yet, its old key stays: {problem}", problem=problem))


def renew_keys(vault: Vault, now: datetime, tell: Tell, *, at_once: bool) -> list[Erasure]:
    """Replace the lock-store key, if due or at once, and return the receipts that became final.

    Keys that were kept for backups go when their time is over, if the clock can be believed.
    """
    from yingbi.usecases.backup import expire_backups  # few starts need it

    expire_backups(vault, now)
    keystore = vault.keystore
    if at_once or keystore.lock_stores.due(now):
        replace_lock_store_key(vault, now, tell)
    left = keystore.lock_stores.dropped(now)
    if left != keystore.lock_stores and not clock_problem(vault):
        keystore.keep_lock_stores(left)
    return finish_receipts(vault.rooms, now=now)


def expire_at_start(vault: Vault, now: datetime, tell: Tell) -> None:
    """Erase what is over its time, beside whoever else uses the vault; say what was done.

    What cannot be erased now is told and left to the next start.
    """
    try:
        over = [one for one in expired(vault, now.date()) if one.objects or one.epochs]
        problem = clock_problem(vault) if over else ""
        if problem:
            tell(problem)
        elif over:
            _expire(vault, over, now, tell)
    except ObjectErasedError:
        return  # another process is at it
    except YingbiError as error:
        tell(say("What is over its time could not be erased: {problem}", problem=say_error(error)))


def _expire(vault: Vault, over: Sequence[Expired], now: datetime, tell: Tell) -> None:
    from yingbi.usecases.backup import renew_ledgers

    many = sum(len(one.objects) for one in over)
    if many > LOT:
        tell(say("Erasing {many} objects that are over their time ...", many=many))
    done = len(erase_expired(vault, over, now))
    renew_ledgers(vault, now)
    if done:
        tell(
            say_count(
                "{n} object that was over its time was erased.",
                "{n} objects that were over their time were erased.",
                done,
            )
        )


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, or would do. final: the receipts that no key opens any more."""

    erased: tuple[UUID, ...]
    held: tuple[UUID, ...]
    final: tuple[UUID, ...]
    key_replaced: bool


def sweep(vault: Vault, now: datetime, tell: Tell, *, clock_is_right: bool) -> Swept:
    """Erase what is over its time and replace the lock-store key where it is due.

    The caller holds the vault alone, and `at_start` has run.

    Raises: UsageError where the clock is not to be believed.
    """
    from yingbi.usecases.backup import renew_ledgers
    from yingbi.usecases.enrol import let_go  # it loads numpy, for which a query has no use

    if clock_is_right:
        believe_the_clock(vault, now)
    over = expired(vault, now.date())
    problem = "" if clock_is_right else clock_problem(vault)
    if problem:
        raise UsageError(problem=problem)
    receipts = erase_expired(vault, over, now)
    renew_ledgers(vault, now)
    let_go(vault, tell)
    key = vault.keystore.lock_store_key
    final = renew_keys(vault, now, tell, at_once=False)
    return Swept(
        tuple(receipt.object_id for receipt in receipts),
        tuple(one for box in over for one in box.held),
        tuple(receipt.object_id for receipt in final),
        vault.keystore.lock_store_key != key,
    )


def sweep_plan(vault: Vault, now: datetime) -> Swept:
    """Return what `sweep` would do; nothing is done."""
    over = expired(vault, now.date())
    return Swept(
        tuple(one for box in over for one in box.objects),
        tuple(one for box in over for one in box.held),
        (),
        vault.keystore.lock_stores.due(now),
    )


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
