"""An entry of the log as bytes.

It is canonical JSON. What its text may reveal of people, the purpose, is sealed in
it; the rest is what an auditor needs without the passphrase.

Clause: 6.1-2; 6.2.4.b.2-2.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yingbi.db.sql import Row
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import LogBrokenError, SealBrokenError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.provider import RootProvider

_PURPOSE_STEP = 128


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A deed and its place in the log, counted from 0."""

    sequence: int
    deed: Deed


class Entries:
    """Turns deeds of one vault into entries and back."""

    def __init__(self, keystore: RootProvider, vault_id: UUID) -> None:
        self._keystore, self._suite, self._vault = keystore, keystore.suite, vault_id

    def encoded(self, sequence: int, deed: Deed) -> bytes:
        """Return the bytes that are hashed into the tree."""
        text: dict[str, Any] = {
            "v": 1,
            "n": sequence,
            "at": deed.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "do": deed.action.value,
        }
        if deed.box_id is not None:
            text["box"] = str(deed.box_id)
        if deed.object_id is not None:
            text["object"] = str(deed.object_id)
        if deed.digests:
            text["digests"] = dict(deed.digests)
        if deed.facts:
            text["facts"] = dict(deed.facts)
        if deed.purpose:
            text["purpose"] = self._sealed(sequence, deed.purpose)
        return json.dumps(text, sort_keys=True, separators=(",", ":")).encode("ascii")

    def decoded(self, row: Row[Any]) -> LogEntry:
        """Return the deed, its purpose in clear. Raises: LogBrokenError."""
        try:
            text = json.loads(row.entry)
            deed = Deed(
                Action(text["do"]),
                datetime.fromisoformat(text["at"]),
                box_id=UUID(text["box"]) if "box" in text else None,
                object_id=UUID(text["object"]) if "object" in text else None,
                purpose=self._opened(row.sequence, text["purpose"]) if "purpose" in text else "",
                digests=text.get("digests", {}),
                facts=text.get("facts", {}),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SealBrokenError):
            raise LogBrokenError(reason=f"entry {row.sequence} cannot be read") from None
        return LogEntry(row.sequence, deed)

    def _sealed(self, sequence: int, purpose: str) -> str:
        content = purpose.encode()
        padded = content.ljust(-(-len(content) // _PURPOSE_STEP) * _PURPOSE_STEP, b"\0")
        key = self._keystore.catalogue_key("log")
        cell = seal_cell(self._suite, key, padded, self._at_purpose(sequence))
        return base64.b64encode(cell).decode()

    def _opened(self, sequence: int, sealed: str) -> str:
        key, cell = self._keystore.catalogue_key("log"), base64.b64decode(sealed)
        at = self._at_purpose(sequence)
        return open_cell(self._suite, key, cell, at, what="a purpose").rstrip(b"\0").decode()

    def _at_purpose(self, sequence: int) -> bytes:
        return place("log purpose", self._vault.bytes, sequence.to_bytes(8))


def moment(row: Row[Any]) -> datetime:
    """Return an entry's time, or raise LogBrokenError."""
    try:
        at = datetime.fromisoformat(json.loads(row.entry)["at"])
        return at.astimezone(UTC)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise LogBrokenError(reason=f"entry {row.sequence} cannot be read") from None
