"""Epoch keys: one key pair for each box, UTC day and retention class.

Sealing needs the public half alone. The box's signer vouches for it, so that
nobody who can write to the database has content sealed to a key of his own.

Clause: 6.2.3.b-2; 6.2.3.e-2.
"""

import os
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from yingbi.db.database import Database, KeysUnit
from yingbi.db.schema import epochs
from yingbi.db.sql import Row, and_, insert, select
from yingbi.errors import NoKeyError
from yingbi.keys.boxes import Boxes
from yingbi.keys.cell import open_cell, seal_cell
from yingbi.keys.keystore import Keystore
from yingbi.keys.vouch import Vouched, epoch_place, vouched
from yingbi.keys.wrap import EpochPublic

_DAY_ZERO = date(1970, 1, 1)


def epoch_of(day: date) -> int:
    """Return the epoch of a UTC day: whole days since 1970-01-01."""
    return (day - _DAY_ZERO).days


def day_of_epoch(epoch: int) -> date:
    """Return the UTC day of an epoch."""
    return _DAY_ZERO + timedelta(days=epoch)


class Epochs:
    """The epoch keys of one vault's boxes."""

    def __init__(
        self, keystore: Keystore, keys: Database[KeysUnit], boxes: Boxes, controller_id: UUID
    ) -> None:
        self._suite, self._keys, self._boxes = keystore.suite, keys, boxes
        self._controller = controller_id

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
        signer_public = self._boxes.record(box_id).signer_public
        with self._keys.read() as unit:
            row = self._row(unit, box_id, epoch, retention)
            if row is None:
                raise NoKeyError(what=f"day {day_of_epoch(epoch)} of this box")
            kek = self._boxes.kek(unit, box_id)
        public = self._vouched(row, signer_public)
        at = self._at(public)
        return public, open_cell(self._suite, kek, row.sealed_private, at, what="an epoch key")

    def _row(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int) -> Row[Any] | None:
        wanted = and_(
            epochs.c.box_id == box_id,
            epochs.c.epoch == epoch,
            epochs.c.retention == retention,
        )
        return unit.one(select(epochs).where(wanted))

    def _new(self, unit: KeysUnit, box_id: UUID, epoch: int, retention: int) -> EpochPublic:
        private, public_key = self._suite.new_recipient()
        public = EpochPublic(box_id, epoch, retention, os.urandom(16), public_key)
        at = self._at(public)
        row = {
            "box_id": box_id,
            "epoch": epoch,
            "retention": retention,
            "controller_id": self._controller,
            "key_id": public.key_id,
            "public_key": public_key,
            "signature": self._boxes.sign(unit, box_id, at),
            "sealed_private": seal_cell(self._suite, self._boxes.kek(unit, box_id), private, at),
        }
        unit.run(insert(epochs), row)
        return public

    def _vouched(self, row: Row[Any], signer_public: bytes) -> EpochPublic:
        return vouched(self._suite, self._controller, signer_public, _given(row))

    def _at(self, public: EpochPublic) -> bytes:
        return epoch_place(self._controller, public)


def _given(row: Row[Any]) -> Vouched:
    public = EpochPublic(row.box_id, row.epoch, row.retention, row.key_id, row.public_key)
    return Vouched(public, row.signature)
