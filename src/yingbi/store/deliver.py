"""Leaving an object at the vault's door: bodies on the shelf, the rest in a delivery.

The delivery's name is the acknowledgement: once it is on the disk, the owner's
next start takes the object in. Whatever fails before it leaves nothing.

Clause: 6.2.3-2; 6.2.4-1.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from yingbi.domain.level import Level
from yingbi.domain.record import Record
from yingbi.store.delivered import Delivered
from yingbi.store.growing import PartsWriter
from yingbi.store.inbox import Inbox, Outgoing
from yingbi.store.shelf import ObjectShelf
from yingbi.store.stored import ObjectInfo, StoredObject

SealDelivery = Callable[[bytes, tuple[str, ...]], bytes]
"""Returns the delivery's bytes for its content and the names of its bodies."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a door's objects are left: the vault's shelf and its inbox."""

    shelf: ObjectShelf
    inbox: Inbox


class DeliveryWriter(PartsWriter):
    """One object on its way to a vault that stays closed."""

    def __init__(
        self,
        counter: Counter,
        *,
        object_id: UUID,
        box_id: UUID,
        level: Level,
        epoch: int,
        retention: int,
        day: date,
        seal: SealDelivery,
    ) -> None:
        super().__init__(counter.shelf, object_id, day)
        self._inbox, self._seal = counter.inbox, seal
        self._box_id, self._level = box_id, level
        self._epoch, self._retention = epoch, retention
        self._outgoing: Outgoing | None = None

    def hear(self, told: Callable[[], Iterable[Record]]) -> None:
        """Ask for nothing: a door can write no index."""

    def commit(
        self, info: ObjectInfo, *, now: datetime, facts: Mapping[str, str] | None = None
    ) -> StoredObject:
        """Leave the delivery: when this returns the object is not lost any more.

        Raises: ValueError for an object without parts; ReadWriteError.
        """
        self._finish_bodies()
        stored = StoredObject(
            self._object_id,
            self._box_id,
            self._level,
            self._epoch,
            self._retention,
            self._parts(),
            info,
        )
        places = {kind: tuple(part.segments) for kind, part in self._growing.items()}
        told = Delivered(stored, places, self._locks, now.isoformat(), dict(facts or {}))
        content = self._seal(told.encode(), tuple(part.file_name for part in stored.parts))
        self._outgoing = self._inbox.begin()
        self._outgoing.finish(content, self._day)
        self._acknowledged = True
        return stored

    def _undo(self) -> bool:
        # With its name the delivery may be taken in by now: then the bodies are the owner's.
        if self._outgoing is not None and not self._outgoing.discard():
            return False
        self._discard_bodies()
        return True
