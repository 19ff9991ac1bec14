"""Boxes: each with a key of its own, their names invisible without the passphrase.

A box has a KEK, under which the private halves of its epochs are sealed, and a
signer, which vouches for their public halves. What the owner calls it and lays
down for it is sealed into the catalogue, padded to one size.

Clause: 6.2.3.b-1; 6.2.3.b-2; 6.2.3.b-3; 6.2.3.e-2.
"""

import contextlib
import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from yingbi.crypto.suite import InvalidTagError
from yingbi.db.database import CatalogueUnit, Database, KeysUnit
from yingbi.db.schema import box_keys, boxes
from yingbi.db.sql import delete, insert, select, update
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.detail import Detail, detail_entry
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.messages import say
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.domain.tightening import tightening_entry, tightening_of
from yingbi.errors import BoxExistsError, NoSuchBoxError, SealBrokenError, UsageError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.provider import RootProvider

LONGEST_NAME = 64
_SEALED_BYTES = 1024


@dataclass(frozen=True, slots=True)
class BoxRecord:
    """A box, and the public key of the signer that vouches for its epochs."""

    box: Box
    signer_public: bytes


class Boxes:
    """The boxes of one vault."""

    def __init__(
        self,
        keystore: RootProvider,
        catalogue: Database[CatalogueUnit],
        keys: Database[KeysUnit],
        controller_id: UUID,
    ) -> None:
        self._keystore, self._suite = keystore, keystore.suite
        self._catalogue, self._keys = catalogue, keys
        self._controller = controller_id

    def create_box(
        self, unit: CatalogueUnit, name: str, policy: BoxPolicy, *, now: datetime
    ) -> Box:
        """Make a box; it exists when the caller's transaction is committed.

        Its keys are committed first, in a transaction of their own; without the
        row they are swept by the next start.

        Raises: BoxExistsError; UsageError on a name that is empty, over 64
            characters or not printable.
        """
        box = Box(new_id(), _checked_name(name), policy, now.isoformat(timespec="seconds"))
        if any(record.box.name == box.name for record in self._records(unit)):
            raise BoxExistsError(box=box.name)
        signer, public = self._suite.new_signer()
        self._make_keys(box.box_id, signer)
        row = {
            "box_id": box.box_id,
            "controller_id": self._controller,
            "sealed": self._seal(BoxRecord(box, public)),
        }
        unit.run(insert(boxes), row)
        return box

    def boxes(self) -> list[Box]:
        """Return every box, the oldest first.

        Raises: SealBrokenError where a row was altered.
        """
        with self._catalogue.read() as unit:
            return [record.box for record in self._records(unit)]

    def box_named(self, name: str) -> Box:
        """Return the box of that name, or raise NoSuchBoxError."""
        wanted = unicodedata.normalize("NFC", name)
        found = next((box for box in self.boxes() if box.name == wanted), None)
        if found is None:
            raise NoSuchBoxError(box=name)
        return found

    def record(self, box_id: UUID) -> BoxRecord:
        """Return the box of that id with its signer, or raise NoSuchBoxError."""
        with self._catalogue.read() as unit:
            row = unit.one(select(boxes.c.sealed).where(boxes.c.box_id == box_id))
        if row is None:
            raise NoSuchBoxError(box=box_id)
        return self._open(box_id, row.sealed)

    def ids(self) -> list[UUID]:
        """Return the id of every box that has a row, the oldest first."""
        with self._catalogue.read() as unit:
            return [row.box_id for row in unit.all(select(boxes.c.box_id).order_by(boxes.c.box_id))]

    def verify(self, box_id: UUID) -> None:
        """Open the box's row and keys, and hold its signer to the public half in the row.

        Raises: NoSuchBoxError where row or keys are missing; SealBrokenError.
        """
        public, message = self.record(box_id).signer_public, self._at("box check", box_id)
        with self._keys.read() as unit:
            signature = self.sign(unit, box_id, message)
        try:
            self._suite.verify(public, signature, message)
        except InvalidTagError:
            raise SealBrokenError(what="a box", reason="its row was altered or moved") from None

    def kek(self, unit: KeysUnit, box_id: UUID) -> bytes:
        """Return the box's KEK.

        Raises: NoSuchBoxError; SealBrokenError where its row was altered.
        """
        row = unit.one(select(box_keys.c.wrapped_kek).where(box_keys.c.box_id == box_id))
        if row is None:
            raise NoSuchBoxError(box=box_id)
        return self._unwrapped_kek(box_id, row.wrapped_kek)

    def rewrap_keks(self, unit: KeysUnit, *, restored: bool = False) -> int:
        """Wrap every box's KEK with the root in force in the caller's transaction.

        restored: they come from a backup, and may be wrapped with a root of that time.
        Returns how many; raises SealBrokenError where one opens with none of the roots.
        """
        former = self._keystore.kept_subkeys("box KEK") if restored else []
        rows = unit.all(select(box_keys.c.box_id, box_keys.c.wrapped_kek))
        for row in rows:
            kek = self._unwrapped_kek(row.box_id, row.wrapped_kek, former)
            unit.run(self._changed(row.box_id, wrapped_kek=self._wrapped_kek(row.box_id, kek)))
        return len(rows)

    def renew_kek(self, unit: KeysUnit, box_id: UUID) -> tuple[bytes, bytes]:
        """Give the box a fresh KEK in the caller's transaction; return the old and the new.

        The caller seals the box's epochs again in the same transaction. The signer stays:
        doors and epochs handed out ahead rest on it.

        Raises: as `kek` does.
        """
        old, new = self.kek(unit, box_id), os.urandom(self._suite.key_bytes)
        row = unit.one(select(box_keys.c.sealed_signer).where(box_keys.c.box_id == box_id))
        if row is None:
            raise NoSuchBoxError(box=box_id)
        at = self._at("box signer", box_id)
        signer = self._sealed(new, self._opened(old, row.sealed_signer, at), at)
        wrapped = self._wrapped_kek(box_id, new)
        unit.run(self._changed(box_id, wrapped_kek=wrapped, sealed_signer=signer))
        return old, new

    def _unwrapped_kek(self, box_id: UUID, wrapped: bytes, kept: Sequence[bytes] = ()) -> bytes:
        """Open a KEK with the root, or with the former one while a rotation is unfinished."""
        at, former = self._at("box KEK", box_id), self._keystore.former_subkey("box KEK")
        for key in [*([] if former is None else [former]), *kept]:
            with contextlib.suppress(SealBrokenError):
                return self._opened(key, wrapped, at)
        return self._opened(self._keystore.subkey("box KEK"), wrapped, at)

    def _wrapped_kek(self, box_id: UUID, kek: bytes) -> bytes:
        root = self._keystore.subkey("box KEK")
        return self._sealed(root, kek, self._at("box KEK", box_id))

    def _changed(self, box_id: UUID, **columns: bytes) -> Any:
        return update(box_keys).where(box_keys.c.box_id == box_id).values(**columns)

    def sign(self, unit: KeysUnit, box_id: UUID, message: bytes) -> bytes:
        """Return the signature of the box's signer."""
        row = unit.one(select(box_keys.c.sealed_signer).where(box_keys.c.box_id == box_id))
        if row is None:
            raise NoSuchBoxError(box=box_id)
        kek = self.kek(unit, box_id)
        signer = self._opened(kek, row.sealed_signer, self._at("box signer", box_id))
        return self._suite.sign(signer, message)

    def sweep(self) -> int:
        """Remove keys whose box was never committed; return how many."""
        with self._catalogue.read() as unit:
            known = {row.box_id for row in unit.all(select(boxes.c.box_id))}
        with self._keys.begin() as unit_of_keys:
            found = {row.box_id for row in unit_of_keys.all(select(box_keys.c.box_id))}
            for box_id in found - known:
                unit_of_keys.run(delete(box_keys).where(box_keys.c.box_id == box_id))
        return len(found - known)

    def _make_keys(self, box_id: UUID, signer: bytes) -> None:
        kek = os.urandom(self._suite.key_bytes)
        row = {
            "box_id": box_id,
            "controller_id": self._controller,
            "wrapped_kek": self._wrapped_kek(box_id, kek),
            "sealed_signer": self._sealed(kek, signer, self._at("box signer", box_id)),
        }
        with self._keys.begin() as unit:
            unit.run(insert(box_keys), row)

    def _records(self, unit: CatalogueUnit) -> list[BoxRecord]:
        rows = unit.all(select(boxes.c.box_id, boxes.c.sealed).order_by(boxes.c.box_id))
        return [self._open(row.box_id, row.sealed) for row in rows]

    def _seal(self, record: BoxRecord) -> bytes:
        box, policy = record.box, record.box.policy
        text = {
            "name": box.name,
            "created_at": box.created_at,
            "level": int(policy.level),
            "scene": policy.scene,
            "raw": policy.raw,
            "raw_export": policy.raw_export,
            "keep": list(policy.keep),
            "retain": [[int(kept), days] for kept, days in policy.retention.days],
            "signer": record.signer_public.hex(),
            **detail_entry(policy.detail),
            **tightening_entry(policy),
        }
        content = json.dumps(text, ensure_ascii=False).encode()
        content = content.ljust(-(-len(content) // _SEALED_BYTES) * _SEALED_BYTES)
        key = self._keystore.catalogue_key("boxes")
        return self._sealed(key, content, self._at("box", box.box_id))

    def _open(self, box_id: UUID, sealed: bytes) -> BoxRecord:
        key = self._keystore.catalogue_key("boxes")
        text = json.loads(self._opened(key, sealed, self._at("box", box_id)))
        policy = BoxPolicy(
            level=Level(text["level"]),
            scene=Scene(text["scene"]) if text["scene"] else None,
            raw=RawPolicy(text["raw"]),
            raw_export=RawExport(text["raw_export"]),
            keep=tuple(text["keep"]),
            retention=Retention.of(
                (RetentionClass(kept), days) for kept, days in text.get("retain", ())
            ),
            detail=Detail(*text.get("detail", ())),
            **tightening_of(text),
        )
        box = Box(box_id, text["name"], policy, text["created_at"])
        return BoxRecord(box, bytes.fromhex(text["signer"]))

    def _at(self, use: str, box_id: UUID) -> bytes:
        return place(use, self._controller.bytes, box_id.bytes)

    def _sealed(self, key: bytes, content: bytes, at: bytes) -> bytes:
        return seal_cell(self._suite, key, content, at)

    def _opened(self, key: bytes, cell: bytes, at: bytes) -> bytes:
        return open_cell(self._suite, key, cell, at, what="a box")


def _checked_name(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    if not 1 <= len(normal) <= LONGEST_NAME or not normal.isprintable() or normal != normal.strip():
        raise UsageError(
            problem=say(
                "a box's name has 1 to {most} printable characters, no space around it",
                most=LONGEST_NAME,
            )
        )
    return normal
