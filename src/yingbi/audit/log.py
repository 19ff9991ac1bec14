"""The log: every deed is a leaf, every append a signed tree head.

Each row keeps the root of the tree up to itself and the device's signature over it,
so that a change, a removal or a reorder of any row is found, and which was first.
Entries cut off the end together with the state that told of them are not found
here, nor is a whole vault put back to an older copy: every head was once signed.
That needs a checkpoint kept elsewhere (`audit.witness`).

Clause: 6.1-2; 6.2.4.b.2-2; 6.2.5.g-1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from yingbi.audit.checkpoint import Checkpoint, log_key, origin_of
from yingbi.audit.clock import CLOCK_FACT, seconds_back
from yingbi.audit.entry import Entries, LogEntry, moment
from yingbi.audit.note import NoteKey, sign_note
from yingbi.audit.tree import Tree
from yingbi.crypto.merkle import leaf_hash
from yingbi.crypto.suite import InvalidTagError
from yingbi.db.database import CatalogueUnit, Database
from yingbi.db.schema import log, log_state
from yingbi.db.sql import Row, delete, insert, select
from yingbi.domain.ledger import Deed
from yingbi.errors import LogBrokenError
from yingbi.keys.cell import place
from yingbi.keys.provider import RootProvider


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The state of the log: how many entries, and the root over them, signed by the device."""

    size: int
    root: bytes
    signature: bytes


class Log:
    """The log of one vault; a `Ledger` of catalogue units."""

    def __init__(
        self,
        keystore: RootProvider,
        database: Database[CatalogueUnit],
        controller_id: UUID,
        vault_id: UUID,
    ) -> None:
        self._keystore, self._suite = keystore, keystore.suite
        self._database = database
        self._controller, self._vault = controller_id, vault_id
        self._entries = Entries(keystore, vault_id)
        self._last: tuple[bytes, bytes] | None = None

    def append(self, unit: CatalogueUnit, deed: Deed) -> int:
        """Write the deed in the caller's transaction; return its sequence number.

        Raises: LogBrokenError where the log's state does not fit its last row:
            nothing is built upon an altered log.
        """
        return self.append_all(unit, [deed])

    def append_all(self, unit: CatalogueUnit, deeds: Sequence[Deed]) -> int:
        """Write deeds in the caller's transaction; return the last one's sequence number.

        Every one has its own root and signature, as if written alone. Raises: as `append`.
        """
        tree, newest = self._tree(unit)
        last_at = None if newest is None else moment(newest)
        rows = []
        for deed in deeds:
            entry = self._entries.encoded(tree.size, _timed(last_at, deed))
            sequence, last_at = tree.size, deed.at.astimezone(UTC)
            tree.add(entry)
            root = tree.root()
            rows.append(
                {
                    "sequence": sequence,
                    "controller_id": self._controller,
                    "entry": entry,
                    "root": root,
                    "signature": self._sign(tree.size, root),
                }
            )
        if rows:
            unit.run(insert(log), rows)
            unit.run(delete(log_state))
            state = {
                "controller_id": self._controller,
                "size": tree.size,
                "frontier": tree.frontier,
            }
            unit.run(insert(log_state), state)
        return tree.size - 1

    def record(self, deed: Deed) -> int:
        """Write the deed in a transaction of its own: on the disk when this returns."""
        with self._database.begin() as unit:
            return self.append(unit, deed)

    def entries(self) -> Iterator[LogEntry]:
        """Return every entry in order, purposes in clear.

        Raises: LogBrokenError at the first entry that cannot be read; only
            `verify` proves that nothing is missing.
        """
        with self._database.read() as unit:
            for row in unit.stream(select(log).order_by(log.c.sequence)):
                yield self._entries.decoded(row)

    def told(self) -> Iterator[Deed]:
        """Verify the log, then return every deed in order. Raises: LogBrokenError."""
        self.verify()
        return (entry.deed for entry in self.entries())

    def head(self) -> TreeHead | None:
        """Return the head after the last entry, or None for an empty log; unverified."""
        with self._database.read() as unit:
            row = unit.one(select(log).order_by(log.c.sequence.desc()).limit(1))
        return None if row is None else TreeHead(row.sequence + 1, row.root, row.signature)

    def verify(self) -> int:
        """Verify as `verified_head` does; return how many entries there are."""
        head = self.verified_head()
        return 0 if head is None else head.size

    def verified_head(self) -> TreeHead | None:
        """Recompute all of it; return the head after the last entry, None for an empty log.

        Raises: LogBrokenError naming the first entry that is wrong.
        """
        tree, head = Tree(self._suite), None
        with self._database.read() as unit:
            for row in unit.stream(select(log).order_by(log.c.sequence)):
                self._check(row, tree)
                head = TreeHead(tree.size, row.root, row.signature)
            state = unit.one(select(log_state))
        found = (0, b"") if state is None else (state.size, state.frontier)
        if found != (tree.size, tree.frontier):
            reason = f"it has {tree.size} entries and its state says {found[0]}"
            raise LogBrokenError(reason=reason)
        return head

    @property
    def key(self) -> NoteKey:
        """The key of the log's checkpoints: the device's, by the name of this log."""
        public = self._keystore.device.public_key
        return log_key(origin_of(self._vault), self._suite, public)

    @property
    def is_there(self) -> bool:
        """Whether there is a log to be read; reading one that is gone would make an empty one."""
        return self._database.path.is_file()

    def present(self) -> Checkpoint:
        """Return where the log stands; last row, state and signature are held to each other alone.

        Raises: LogBrokenError where they do not fit.
        """
        with self._database.read() as unit:
            tree, _ = self._tree(unit)
        return Checkpoint(self.key.name, tree.size, tree.root())

    def signed(self, checkpoint: Checkpoint) -> bytes:
        """Return the checkpoint as a note that the device signed."""
        return sign_note(checkpoint.text, self.key, self._keystore.device.sign)

    def root_at(self, size: int) -> bytes:
        """Return the root after the first `size` entries as its row has it, signed by the device.

        Raises: LogBrokenError where there is no such row or its signature does not hold.
        """
        if size == 0:
            return Tree(self._suite).root()
        with self._database.read() as unit:
            row = unit.one(select(log).where(log.c.sequence == size - 1))
        if row is None or not self._signed(row, size, row.root):
            raise LogBrokenError(reason=f"entry {size - 1} was altered, removed or moved")
        return bytes(row.root)

    def entry_bytes(self, sequence: int) -> bytes | None:
        """Return an entry as it was hashed, or None where there is none of that number."""
        with self._database.read() as unit:
            row = unit.one(select(log).where(log.c.sequence == sequence))
        return None if row is None else bytes(row.entry)

    def leaf_hashes(self, size: int) -> list[bytes]:
        """Return the hash of each of the first `size` entries: what proofs are made of."""
        first = select(log).where(log.c.sequence < size).order_by(log.c.sequence)
        with self._database.read() as unit:
            return [leaf_hash(self._suite, row.entry) for row in unit.stream(first)]

    def _check(self, row: Row[Any], tree: Tree) -> None:
        """Add the row to the tree and hold its root, signature and number to it."""
        wrong = f"entry {tree.size} was altered, removed or moved"
        if row.sequence != tree.size:
            raise LogBrokenError(reason=wrong)
        tree.add(row.entry)
        if row.root != tree.root() or not self._signed(row, tree.size, row.root):
            raise LogBrokenError(reason=wrong)
        self._entries.decoded(row)

    def _sign(self, size: int, root: bytes) -> bytes:
        message = self._head(size, root)
        signature = self._keystore.device.sign(message)
        self._last = message, signature
        return signature

    def _signed(self, row: Row[Any], size: int, root: bytes) -> bool:
        """Return whether the device signed this head with the row."""
        public, message = self._keystore.device.public_key, self._head(size, root)
        if (message, row.signature) == self._last:  # signed in this very process
            return True
        try:
            self._suite.verify(public, row.signature, message)
        except InvalidTagError:
            return False
        return True

    def _tree(self, unit: CatalogueUnit) -> tuple[Tree, Row[Any] | None]:
        """Return the tree as its state has it, and the last row, held to each other."""
        state = unit.one(select(log_state))
        newest = unit.one(select(log).order_by(log.c.sequence.desc()).limit(1))
        if state is None and newest is None:
            return Tree(self._suite), None
        if state is None or newest is None or newest.sequence + 1 != state.size:
            raise LogBrokenError(reason="its state does not fit its last entry")
        try:
            tree = Tree(self._suite, state.size, state.frontier)
        except ValueError:
            raise LogBrokenError(reason="its state was altered") from None
        # Entry, state and root can all be recomputed by whoever edits the file; the signature not.
        if newest.root != tree.root() or not self._signed(newest, tree.size, newest.root):
            raise LogBrokenError(reason="its state does not fit its last entry")
        return tree, newest

    def _head(self, size: int, root: bytes) -> bytes:
        """Name the place of a head: what the device signs."""
        return place("log head", self._controller.bytes, self._vault.bytes, size.to_bytes(8), root)


def _timed(last_at: datetime | None, deed: Deed) -> Deed:
    """Return the deed, with a fact that tells of a clock that was set back since the last."""
    back = 0 if last_at is None else seconds_back(last_at, deed.at)
    return replace(deed, facts=dict(deed.facts) | {CLOCK_FACT: f"{back}"}) if back else deed
