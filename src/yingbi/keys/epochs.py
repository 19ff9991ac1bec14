"""Epoch keys: one key pair for each box, UTC day and retention class.

Sealing needs the public half alone. The box's signer vouches for it, so that
nobody who can write to the database has content sealed to a key of his own.

The private half is sealed under the box's KEK, and that once more under the
lock-store key: a row that is deleted stays readable in old copies of the
database until that key is replaced, and no longer.

Clause: 6.2.3.b-2; 6.2.3.e-2.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from yingbi.db.database import Database, KeysUnit
from yingbi.db.schema import epochs
from yingbi.db.sql import Row, and_, delete, insert, select, update
from yingbi.errors import NoKeyError
from yingbi.keys.boxes import Boxes
from yingbi.keys.cell import open_cell, seal_cell
from yingbi.keys.epoch import day_of_epoch, epoch_of
from yingbi.keys.provider import RootProvider
from yingbi.keys.vouch import Vouched, epoch_place, vouched
from yingbi.keys.wrap import EpochPublic

__all__ = ["REPLACED", "EpochState", "Epochs", "day_of_epoch", "epoch_of"]

REPLACED = 1 << 16
"""Added to the class of a key that was replaced, while locks may still name it; no class is so large."""

_CLASS = REPLACED - 1


@dataclass(frozen=True, slots=True)
class EpochState:
    """A key that is there. replaced: locks may still name it, and a rotation is to be finished."""

    epoch: int
    retention: int
    replaced: bool = False


class Epochs:
    """The epoch keys of one vault's boxes."""

    def __init__(
        self, keystore: RootProvider, keys: Database[KeysUnit], boxes: Boxes, controller_id: UUID
    ) -> None:
        self._suite, self._keys, self._boxes = keystore.suite, keys, boxes
        self._keystore, self._controller = keystore, controller_id

    def epoch_for(self, unit: KeysUnit, box_id: UUID, day: date, retention: int = 0) -> EpochPublic:
        """Return the public half for a day, made on demand in the caller's transaction.

        Raises: NoSuchBoxError; SealBrokenError where the box's signer does not vouch for it.
        """
        signer_public = self._boxes.record(box_id).signer_public
        row = self._row(unit, box_id, epoch_of(day), retention)
        if row is None:
            return self._new(unit, box_id, epoch_of(day), retention)
        return self._vouched(row, signer_public)

    def ahead(self, box_id: UUID, first_day: date, days: int, retention: int = 0) -> list[Vouched]:
        """Return the public halves of so many days from the first, each with its signature.

        They are made where they are not there yet, and on the disk when this returns.

        Raises: as `epoch_for` does.
        """
        with self._keys.begin() as unit:
            for number in range(days):
                self.epoch_for(unit, box_id, first_day + timedelta(days=number), retention)
        first = epoch_of(first_day)
        mine = and_(
            epochs.c.box_id == box_id,
            epochs.c.retention == retention,
            epochs.c.epoch.between(first, first + days - 1),
        )
        with self._keys.read() as unit:
            return [
                _given(row) for row in unit.all(select(epochs).where(mine).order_by(epochs.c.epoch))
            ]

    def epoch_private(
        self, box_id: UUID, epoch: int, retention: int = 0
    ) -> tuple[EpochPublic, bytes]:
        """Return both halves of an epoch's key.

        Raises: NoKeyError where there is none (any more); SealBrokenError where
            its row was altered or belongs to another box.
        """
        with self._keys.read() as unit:
            row = self._row(unit, box_id, epoch, retention)
            if row is None:
                raise NoKeyError(what=f"day {day_of_epoch(epoch)} of this box")
            return self._both_halves(unit, row)

    def private_named(self, box_id: UUID, key_ids: Iterable[bytes]) -> tuple[EpochPublic, bytes]:
        """Return both halves of the box's key that has one of these ids, which a lock names.

        Raises: as `epoch_private` does.
        """
        wanted = and_(epochs.c.box_id == box_id, epochs.c.key_id.in_(list(key_ids)))
        with self._keys.read() as unit:
            row = unit.one(select(epochs).where(wanted))
            if row is None:
                raise NoKeyError(what="what is locked to a day's key of this box: the key is gone")
            return self._both_halves(unit, row)

    def privates(self, box_id: UUID, epoch: int) -> list[tuple[EpochPublic, bytes]]:
        """Return both halves of every key of a box's day, whatever its class, replaced ones too.

        Raises: SealBrokenError, NoKeyError where one does not open.
        """
        mine = and_(epochs.c.box_id == box_id, epochs.c.epoch == epoch)
        with self._keys.read() as unit:
            return [self._both_halves(unit, row) for row in unit.all(select(epochs).where(mine))]

    def _both_halves(self, unit: KeysUnit, row: Row[Any]) -> tuple[EpochPublic, bytes]:
        public = self._vouched(row, self._boxes.record(row.box_id).signer_public)
        kek, at = self._boxes.kek(unit, row.box_id), self._at(public)
        sealed = self._unwrapped(row)
        return public, open_cell(self._suite, kek, sealed, at, what="an epoch key")

    def destroy(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int = 0) -> int:
        """Delete an epoch's key in the caller's transaction; return how many there were.

        One that it replaced and that is still there goes with it. What is locked to them
        is lost for good once the lock-store key is replaced.
        """
        old = self.forget_replaced(unit, box_id, epoch, retention)
        return old + unit.run(delete(epochs).where(_named(box_id, epoch, retention)))

    def renew(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int = 0) -> EpochPublic:
        """Give an epoch a fresh key in the caller's transaction and return its public half.

        The one that it replaces stays until `forget_replaced`, since locks name it. Where
        one is there already, a rotation broke off: its fresh key is returned.

        Raises: NoKeyError where the epoch has no key.
        """
        row = self._row(unit, box_id, epoch, retention)
        if row is None:
            raise NoKeyError(what=f"day {day_of_epoch(epoch)} of this box")
        if self._row(unit, box_id, epoch, retention + REPLACED) is not None:
            return self._vouched(row, self._boxes.record(box_id).signer_public)
        mine = _named(box_id, epoch, retention)
        unit.run(update(epochs).where(mine).values(retention=retention + REPLACED))
        return self._new(unit, box_id, epoch, retention)

    def replaced(self, box_id: UUID, epoch: int, retention: int = 0) -> tuple[EpochPublic, bytes]:
        """Return both halves of the key that `renew` replaced; raises as `epoch_private` does."""
        return self.epoch_private(box_id, epoch, retention + REPLACED)

    def forget_replaced(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int = 0) -> int:
        """Delete the key that `renew` replaced in the caller's transaction; return how many."""
        return unit.run(delete(epochs).where(_named(box_id, epoch, retention + REPLACED)))

    def reseal(self, unit: KeysUnit, box_id: UUID, old_kek: bytes, new_kek: bytes) -> int:
        """Seal all private halves of a box under its new KEK in the caller's transaction.

        Returns how many; raises SealBrokenError, NoKeyError where one does not open.
        """
        rows = unit.all(select(epochs).where(epochs.c.box_id == box_id))
        for row in rows:
            at = self._at(_public(row))
            private = open_cell(self._suite, old_kek, self._unwrapped(row), at, what="an epoch key")
            wrapped = self._wrapped(at, seal_cell(self._suite, new_kek, private, at))
            mine = _named(row.box_id, row.epoch, row.retention)
            unit.run(update(epochs).where(mine).values(**wrapped))
        return len(rows)

    def held(self, box_id: UUID) -> list[EpochState]:
        """Return every key of the box, in the order of their days."""
        columns = (epochs.c.epoch, epochs.c.retention)
        with self._keys.read() as unit:
            rows = unit.all(select(*columns).where(epochs.c.box_id == box_id).order_by(*columns))
        return [
            EpochState(row.epoch, row.retention & _CLASS, replaced=row.retention > _CLASS)
            for row in rows
        ]

    def before(self, box_id: UUID, epoch: int, retention: int) -> list[int]:
        """Return the box's epochs of a retention class before that one that still have a key."""
        older = and_(
            epochs.c.box_id == box_id, epochs.c.retention == retention, epochs.c.epoch < epoch
        )
        with self._keys.read() as unit:
            rows = unit.all(select(epochs.c.epoch).where(older).order_by(epochs.c.epoch))
        return [row.epoch for row in rows]

    def rewrap(self, unit: KeysUnit, limit: int) -> int:
        """Wrap at most `limit` private halves with the lock-store key in force; return how many.

        Those that only a KEK sealed, as older programs left them, are wrapped as well.

        Raises: SealBrokenError, NoKeyError where one does not open.
        """
        new = self._keystore.lock_store_key
        others = epochs.c.lock_store_id.is_(None) | (epochs.c.lock_store_id != new.key_id)
        rows = unit.all(select(epochs).where(others).limit(limit))
        for row in rows:
            wrapped = self._wrapped(self._at(_public(row)), self._unwrapped(row))
            mine = _named(row.box_id, row.epoch, row.retention)
            unit.run(update(epochs).where(mine).values(**wrapped))
        return len(rows)

    def lock_store_ids(self, unit: KeysUnit) -> set[bytes | None]:
        """Return the lock-store keys that wrap private halves; None for those under a KEK alone."""
        rows = unit.all(select(epochs.c.lock_store_id).distinct())
        return {None if row.lock_store_id is None else bytes(row.lock_store_id) for row in rows}

    def _wrapped(self, at: bytes, sealed: bytes) -> dict[str, bytes]:
        """Return the columns of a private half that is sealed under its KEK already."""
        store = self._keystore.lock_store_key
        outer = seal_cell(self._suite, store.key, sealed, at + store.key_id)
        return {"sealed_private": outer, "lock_store_id": store.key_id}

    def _unwrapped(self, row: Row[Any]) -> bytes:
        """Return the private half as its KEK sealed it."""
        if row.lock_store_id is None:
            return bytes(row.sealed_private)
        store = self._keystore.lock_stores.named(row.lock_store_id)
        at = self._at(_public(row)) + store.key_id
        return open_cell(self._suite, store.key, row.sealed_private, at, what="an epoch key")

    def _row(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int) -> Row[Any] | None:
        return unit.one(select(epochs).where(_named(box_id, epoch, retention)))

    def _new(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int) -> EpochPublic:
        kept = self._boxes.record(box_id).box.policy.retention
        private, public_key = self._suite.new_recipient(long_kept=kept.long_kept(retention))
        public = EpochPublic(box_id, epoch, retention, os.urandom(16), public_key)
        at = self._at(public)
        sealed = seal_cell(self._suite, self._boxes.kek(unit, box_id), private, at)
        row = {
            "box_id": box_id,
            "epoch": epoch,
            "retention": retention,
            "controller_id": self._controller,
            "key_id": public.key_id,
            "public_key": public_key,
            "signature": self._boxes.sign(unit, box_id, at),
        } | self._wrapped(at, sealed)
        unit.run(insert(epochs), row)
        return public

    def _vouched(self, row: Row[Any], signer_public: bytes) -> EpochPublic:
        return vouched(self._suite, self._controller, signer_public, _given(row))

    def _at(self, public: EpochPublic) -> bytes:
        return epoch_place(self._controller, public)


def _named(box_id: UUID, epoch: int, retention: int) -> Any:
    """Return the condition that names one epoch's row."""
    return and_(epochs.c.box_id == box_id, epochs.c.epoch == epoch, epochs.c.retention == retention)


def _public(row: Row[Any]) -> EpochPublic:
    retention = row.retention & _CLASS
    return EpochPublic(row.box_id, row.epoch, retention, row.key_id, row.public_key)


def _given(row: Row[Any]) -> Vouched:
    return Vouched(_public(row), row.signature)
