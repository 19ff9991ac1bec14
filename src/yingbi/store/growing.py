"""Parts on their way to the shelf, whoever acknowledges them in the end.

Memory holds the locks and the segments' places, never a body.

Clause: 6.2.3-2.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from yingbi.domain.part import PartKind, SealedSegment
from yingbi.domain.record import Record
from yingbi.errors import YingbiError
from yingbi.store.shelf import Body, ObjectShelf
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment


@dataclass(slots=True)
class Growing:
    """A part that is being written."""

    body: Body
    segments: list[StoredSegment] = field(default_factory=list)
    final_seal: bytes = b""


class PartsWriter(ABC):
    """One object on its way; a context manager that knows no key.

    Leaving the block without `commit`, or with an exception, leaves nothing
    behind. A mark lies on the shelf for as long as something could be left.
    """

    def __init__(self, shelf: ObjectShelf, object_id: UUID, day: date) -> None:
        self._shelf, self._object_id, self._day = shelf, object_id, day
        self._growing: dict[PartKind, Growing] = {}
        self._locks: dict[UUID, bytes] = {}
        self._mark: Path | None = None
        self._acknowledged = False

    def __enter__(self) -> Self:
        self._mark = self._shelf.mark()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in self._growing.values():
            part.body.close()
        # What cannot be undone now is found by its mark and undone at the next start.
        with contextlib.suppress(YingbiError):
            settled = self._acknowledged or self._undo()
            if settled and self._mark is not None:
                self._shelf.clear([self._mark])

    def add(
        self,
        kind: PartKind,
        segment: SealedSegment,
        *,
        from_s: float = 0.0,
        to_s: float = 0.0,
        track: int | None = None,
    ) -> None:
        """Write the part's next segment; from_s and to_s are seconds of the object.

        track: whose it is, for the part `roi` alone.

        Raises: ReadWriteError; ValueError on a segment out of order.
        """
        if kind not in self._growing:
            self._growing[kind] = Growing(self._shelf.begin(self._day))
        part = self._growing[kind]
        if segment.number != len(part.segments) or segment.segment_id in self._locks:
            raise ValueError(f"segment {segment.number} of {kind} is out of order")
        place = StoredSegment(
            segment.segment_id, part.body.size, len(segment.content), from_s, to_s, track
        )
        part.body.write(segment.content)
        part.segments.append(place)
        part.final_seal = segment.seal_digest
        self._locks[segment.segment_id] = segment.lock

    def drop(self, kind: PartKind) -> None:
        """Keep nothing of a part: its locks, which were in memory alone, are gone, and its bytes.

        Raises: ReadWriteError.
        Clause: 6.2.3-1; A.3-2.
        """
        part = self._growing.get(kind)
        if part is None:
            return
        for segment in part.segments:
            del self._locks[segment.segment_id]
        part.body.discard()
        del self._growing[kind]

    @abstractmethod
    def hear(self, told: Callable[[], Iterable[Record]]) -> None:
        """Take what the records say that are sealed; only who writes an index asks for it."""

    @abstractmethod
    def commit(
        self, info: ObjectInfo, *, now: datetime, facts: Mapping[str, str] | None = None
    ) -> StoredObject:
        """Acknowledge the object: when this returns it is not lost any more."""

    @abstractmethod
    def _undo(self) -> bool:
        """Leave nothing of what was not acknowledged; return whether nothing can be left."""

    def _finish_bodies(self) -> None:
        """Put the bodies on the disk. Raises: ValueError for an object without parts."""
        if not self._growing:
            raise ValueError("an object has at least one part")
        for part in self._growing.values():
            part.body.finish()

    def _discard_bodies(self) -> None:
        for part in self._growing.values():
            part.body.discard()

    def _parts(self) -> tuple[StoredPart, ...]:
        return tuple(
            StoredPart(kind, part.body.name, len(part.segments), part.body.size, part.final_seal)
            for kind, part in sorted(self._growing.items())
        )
