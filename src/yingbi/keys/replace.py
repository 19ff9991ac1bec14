"""Replacing the lock-store key: what was destroyed under the old one is gone for good.

At every moment each page and each epoch opens: the next key is on the disk
before the first page is wrapped with it, and the old one is overwritten when
nothing names it any more. What breaks off is taken up where it stopped.

Clause: 6.2.3.e-2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from yingbi.db.database import Database, KeysUnit
from yingbi.keys.epochs import Epochs
from yingbi.keys.index_pages import lock_store_ids_of_pages, rewrap_pages
from yingbi.keys.locks import LockTable
from yingbi.keys.provider import RootProvider

STEP = 500
"""Rows of one transaction."""

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class LockStoreReplacer:
    """What wraps under the lock-store key, and the keystore that holds it.

    The caller holds the vault alone.
    """

    keystore: RootProvider
    keys_db: Database[KeysUnit]
    locks: LockTable
    epochs: Epochs

    def replace(self, now: datetime, tick: Tick) -> int:
        """Put a fresh lock-store key in force and let go of the old one; return its pages.

        A backup that names the old one keeps it, until the time that it asked for.
        tick: called with the number of pages done, again and again.

        Raises: UsageError where backups keep too many old keys; SealBrokenError and
            NoKeyError where a page or an epoch's key does not open: both keys stay then.
        """
        keystore = self.keystore
        begun = keystore.lock_stores.begun(now, keystore.suite.key_bytes)
        if begun != keystore.lock_stores:
            keystore.keep_lock_stores(begun)
        pages = self.rewrap(tick)
        keystore.keep_lock_stores(keystore.lock_stores.finished(now).dropped(now))
        return pages

    def rewrap(self, tick: Tick) -> int:
        """Wrap every page and every epoch's key with the key in force; return the pages of locks."""
        after, pages, epochs, of_index = None, 0, STEP, STEP
        while True:
            with self.keys_db.begin() as unit:
                found = self.locks.rewrap(unit, after, STEP)
            if found is None:
                break
            after = found
            pages += STEP
            tick(STEP)
        while epochs == STEP:
            with self.keys_db.begin() as unit:
                epochs = self.epochs.rewrap(unit, STEP)
        while of_index == STEP:
            with self.keys_db.begin() as unit:
                of_index = rewrap_pages(self.keystore, unit, STEP)
        self.keys_db.empty_journal()
        with self.keys_db.read() as unit:
            named = self.locks.lock_store_ids(unit) | self.epochs.lock_store_ids(unit)
            named |= lock_store_ids_of_pages(unit)
        if named - {self.keystore.lock_store_key.key_id}:
            raise AssertionError("something is still wrapped by another lock-store key")
        return pages
