"""Changing an object: parts written anew, or some of its segments erased by key.

Nothing is changed in place. The new bodies and locks are on the disk before one
transaction makes them the object's; only then are the old locks destroyed and
the old bytes unlinked. What is to be destroyed is written down first, the new
locks until they count and the old ones from then on: whatever a crash leaves,
`settle_changes` destroys exactly what the object does not name.

Clause: 6.2.3.e-2; 6.2.3-2.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from yingbi.db.database import CatalogueUnit
from yingbi.db.schema import dying_locks
from yingbi.db.sql import delete, insert, select
from yingbi.domain.ids import day_of
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.part import PartKind, SealedSegment
from yingbi.errors import YingbiError
from yingbi.store.shelf import Body
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment
from yingbi.store.writer import Rooms, lock_group

_ID = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """One new segment and the seconds of the object that it holds."""

    segment: SealedSegment
    from_s: float = 0.0
    to_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an object.

    new: parts that are written anew, segment after segment. erased: segments of parts
    that stay, whose locks go. dropped: parts that go and leave others. action: how the
    log calls it. facts: for the log. info: what the owner may know of it from now on.
    """

    action: Action
    new: Mapping[PartKind, Iterable[Piece]] = field(default_factory=dict)
    erased: frozenset[UUID] = frozenset()
    facts: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[PartKind] = frozenset()
    info: ObjectInfo | None = None


@dataclass(slots=True)
class _Written:
    body: Body
    segments: list[StoredSegment] = field(default_factory=list)
    locks: dict[UUID, bytes] = field(default_factory=dict, repr=False)
    final_seal: bytes = b""


def change(rooms: Rooms, stored: StoredObject, wanted: Change, *, now: datetime) -> StoredObject:
    """Change the object and return it as it is now; what it no longer holds is destroyed.

    Raises: NoSuchObjectError where it was erased meanwhile; ReadWriteError,
        VaultLockedError, and the object stays as it was.
    """
    mark, run = rooms.shelf.mark(), _Run(rooms, stored, wanted)
    try:
        for kind, pieces in wanted.new.items():
            run.write(kind, pieces)
        old = run.dying()
        run.lock()
        after = run.commit(old, now)
        _destroy(rooms, stored.object_id, old)
        rooms.shelf.remove(_files(stored) - _files(after))
        rooms.shelf.clear([mark])
    except BaseException:
        # What cannot be undone now is found by its mark and put right at the next start.
        with contextlib.suppress(YingbiError):
            if not run.is_decided():
                run.undo()
                rooms.shelf.clear([mark])
        raise
    return after


def settle_changes(rooms: Rooms) -> int:
    """Destroy the locks that some change was to destroy when it broke off; return how many objects.

    The list of them stands there unsealed, and whoever can write to the database could put
    any lock on it: what the object's sealed index counts on is never destroyed.
    The caller holds the vault alone.

    Raises: SealBrokenError where an object's rows were altered.
    """
    with rooms.catalogue_db.read() as unit:
        rows = unit.all(select(dying_locks))
    for row in rows:
        listed, live = bytes(row.segment_ids), rooms.catalogue.live_segments(row.object_id)
        whole = range(0, len(listed) - _ID + 1, _ID)
        ids = [UUID(bytes=listed[at : at + _ID]) for at in whole]
        _destroy(rooms, row.object_id, [one for one in ids if one not in live])
    return len(rows)


def unfinished_changes(rooms: Rooms) -> int:
    """Return how many objects a change broke off at."""
    with rooms.catalogue_db.read() as unit:
        return len(unit.all(select(dying_locks.c.object_id)))


@dataclass(slots=True)
class _Run:
    """One change on its way."""

    rooms: Rooms
    stored: StoredObject
    wanted: Change
    written: dict[PartKind, _Written] = field(default_factory=dict)
    old: bytes = field(default=b"", repr=False)
    committed: bool = False

    def write(self, kind: PartKind, pieces: Iterable[Piece]) -> None:
        """Put a new part's body on the disk."""
        made = datetime.fromisoformat(day_of(self.stored.object_id)).date()
        part = self.written[kind] = _Written(self.rooms.shelf.begin(made))
        try:
            for piece in pieces:
                segment, at = piece.segment, part.body.size
                part.body.write(segment.content)
                place = (at, len(segment.content), piece.from_s, piece.to_s)
                part.segments.append(StoredSegment(segment.segment_id, *place))
                part.locks[segment.segment_id] = segment.lock
                part.final_seal = segment.seal_digest
            if not part.segments:
                raise ValueError("a part has at least one segment")
            part.body.finish()
        finally:
            part.body.close()

    def dying(self) -> list[UUID]:
        """Return the segments whose locks go when the change is decided."""
        catalogue, object_id = self.rooms.catalogue, self.stored.object_id
        going = {*self.written, *self.wanted.dropped}
        replaced = [part.kind for part in self.stored.parts if part.kind in going]
        gone = [
            one.segment_id for kind in replaced for one in catalogue.segments_of(object_id, kind)
        ]
        dying = [*gone, *sorted(self.wanted.erased)]
        self.old = b"".join(one.bytes for one in dying)
        return dying

    def lock(self) -> None:
        """Put the new locks into the lock table, marked to be destroyed until they count."""
        rooms, stored = self.rooms, self.stored
        locks = {id_: lock for part in self.written.values() for id_, lock in part.locks.items()}
        if not locks:
            return
        with rooms.catalogue_db.begin() as unit:
            _say_dying(unit, rooms, stored.object_id, list(locks))
        group = lock_group(stored)
        with rooms.keys_db.begin() as unit_of_keys:
            rooms.locks.put(unit_of_keys, group, stored.object_id, locks, None)

    def commit(self, old: Sequence[UUID], now: datetime) -> StoredObject:
        """Make the new parts the object's, in one transaction with the log."""
        rooms, stored, wanted = self.rooms, self.stored, self.wanted
        new = {
            kind: StoredPart(kind, p.body.name, len(p.segments), p.body.size, p.final_seal)
            for kind, p in self.written.items()
        }
        going = {*new, *wanted.dropped}
        kept = [part for part in stored.parts if part.kind not in going]
        parts = tuple(sorted([*kept, *new.values()], key=lambda p: p.kind))
        after = replace(stored, parts=parts, info=wanted.info or stored.info)
        segments = {kind: part.segments for kind, part in self.written.items()}
        for part in kept:
            segments[part.kind] = [
                replace(one, erased=one.erased or one.segment_id in wanted.erased)
                for one in rooms.catalogue.segments_of(stored.object_id, part.kind)
            ]
        deed = Deed(
            wanted.action,
            now,
            box_id=stored.box_id,
            object_id=stored.object_id,
            digests={part.kind.value: part.final_seal.hex() for part in after.parts},
            facts=dict(wanted.facts) | self._gone(),
        )
        with rooms.catalogue_db.begin() as unit:
            rooms.catalogue.rewrite(unit, after, segments)
            _say_dying(unit, rooms, stored.object_id, old)
            rooms.ledger.append(unit, deed)
        self.committed = True
        return after

    def _gone(self) -> dict[str, str]:
        """Return what the log says of what is destroyed, so that no backup revives it."""
        erased = " ".join(str(one) for one in sorted(self.wanted.erased))
        facts = {"segments": erased} if erased else {}
        replaced = " ".join(sorted({*self.wanted.new, *self.wanted.dropped}))
        return facts | ({"replaced": replaced} if replaced else {})

    def is_decided(self) -> bool:
        """Return whether the change counts, also where only the commit's echo was lost.

        From then on it is finished, not undone.
        """
        if self.committed:
            return True
        mine = dying_locks.c.object_id == self.stored.object_id
        with self.rooms.catalogue_db.read() as unit:
            row = unit.one(select(dying_locks.c.segment_ids).where(mine))
        return row is not None and row.segment_ids == self.old != b""

    def undo(self) -> None:
        """Take back what was written; the object stays as it was."""
        for part in self.written.values():
            _destroy(self.rooms, self.stored.object_id, list(part.locks))
            part.body.discard()


def _say_dying(unit: CatalogueUnit, rooms: Rooms, object_id: UUID, ids: Sequence[UUID]) -> None:
    unit.run(delete(dying_locks).where(dying_locks.c.object_id == object_id))
    row = {
        "object_id": object_id,
        "controller_id": rooms.catalogue.controller_id,
        "segment_ids": b"".join(one.bytes for one in ids),
    }
    unit.run(insert(dying_locks), row)


def _destroy(rooms: Rooms, object_id: UUID, ids: Sequence[UUID]) -> None:
    with rooms.keys_db.begin() as unit:
        rooms.locks.destroy_segments(unit, object_id, ids)
        rooms.index.read_again(unit, object_id)
    rooms.keys_db.empty_journal()
    with rooms.catalogue_db.begin() as unit_of_catalogue:
        mine = dying_locks.c.object_id == object_id
        unit_of_catalogue.run(delete(dying_locks).where(mine))


def _files(stored: StoredObject) -> set[str]:
    return {part.file_name for part in stored.parts}
