"""An original that is sealed to a file without a vault around it, as the roads of the product do."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any
from uuid import UUID

from yingbi.bench.leave import owners_leave
from yingbi.crypto.suite import Octets, Suite
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.header import MAX_BODY_BYTES, NO_PREVIOUS
from yingbi.envelope.padding import padme
from yingbi.envelope.part import PartEnd
from yingbi.envelope.room import read_up_to
from yingbi.envelope.schedule import DEK_BYTES
from yingbi.envelope.segment import Place, Sealed, seal_segment
from yingbi.keys.device import device_id_of
from yingbi.keys.wrap import EpochPublic, wrap
from yingbi.release.part import open_part
from yingbi.release.span import open_span
from yingbi.store.stored import StoredSegment

MEDIA_TYPE = "video/mp4"


@dataclass(slots=True)
class Original:
    """One object of a fresh box and a fresh device: it seals, and opens what it sealed.

    index, locks, end: what catalogue and lock table would keep of the last file.
    """

    suite: Suite
    place: Place = field(init=False)
    epoch: EpochPublic = field(init=False)
    device_public_key: bytes = field(init=False)
    index: list[StoredSegment] = field(init=False, default_factory=list)
    locks: dict[UUID, bytes] = field(init=False, default_factory=dict, repr=False)
    end: PartEnd = field(init=False)
    _signer: bytes = field(init=False, repr=False)
    _private: bytes = field(init=False, repr=False)
    _leave: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the keys."""
        self._signer, self.device_public_key = self.suite.new_signer()
        self._private, public = self.suite.new_recipient()
        box_id = new_id()
        self.epoch = EpochPublic(box_id, 1, 1, os.urandom(16), public)
        self.place = Place(
            level=Level.RAW_ON_RELEASE,
            part=PartKind.RAW,
            controller_id=new_id(),
            box_id=box_id,
            object_id=new_id(),
            segment_id=new_id(),
            number=0,
            key_epoch=1,
            retention=1,
            device_id=device_id_of(self.suite, self.device_public_key),
            previous=NO_PREVIOUS,
        )
        self.end = PartEnd(0, NO_PREVIOUS)
        self._leave = owners_leave(self.suite, self.place.object_id)

    def seal(
        self,
        content: Octets,
        number: int = 0,
        previous: bytes = NO_PREVIOUS,
        dek: bytes | None = None,
    ) -> Sealed:
        """Return the content as a segment, under a fresh key where none is given."""
        dek = dek or os.urandom(DEK_BYTES)
        return seal_segment(
            self.suite,
            dek,
            replace(self.place, segment_id=new_id(), number=number, previous=previous),
            PrivateMetadata(MEDIA_TYPE, len(content)),
            content,
            padded_to=padme(len(content)),
            sign=lambda message: self.suite.sign(self._signer, message),
            make_lock=partial(wrap, self.suite, dek, self.epoch),
        )

    def seal_pieces(self, pieces: Iterator[Octets], target: Path) -> None:
        """Write the sealed pieces one after another to a file, and keep its index."""
        self.index, self.locks, at, previous = [], {}, 0, NO_PREVIOUS
        with target.open("wb", buffering=0) as file:
            for number, content in enumerate(pieces):
                sealed = self.seal(content, number, previous)
                segment_id, length = sealed.header.segment_id, len(sealed.content)
                self.index.append(StoredSegment(segment_id, at, length, 0.0, 0.0))
                self.locks[segment_id] = sealed.lock
                at, previous = at + file.write(sealed.content), sealed.seal_digest
        self.end = PartEnd(len(self.index), previous)

    def open(self, source: Path, target: Path) -> None:
        """Verify the sealed file and write it in clear."""
        with source.open("rb") as sealed, target.open("wb", buffering=0) as file:
            for _, content in open_part(
                self.suite,
                sealed,
                locks=self.locks,
                epoch_key_of=lambda *_: (self.epoch, self._private),
                device_public_key=self.device_public_key,
                grant=self._leave,
                object_id=self.place.object_id,
                part=PartKind.RAW,
                now=datetime.now(UTC),
                end=self.end,
                passing=True,
            ):
                file.write(content)

    def open_span(self, source: BufferedReader, start: int, length: int) -> bytes:
        """Return some bytes of the sealed file in clear."""
        return open_span(
            self.suite,
            source,
            self.index,
            locks=self.locks,
            epoch_key_of=lambda *_: (self.epoch, self._private),
            device_public_key=self.device_public_key,
            grant=self._leave,
            object_id=self.place.object_id,
            now=datetime.now(UTC),
            end=self.end,
            start=start,
            length=length,
        )


def slices_of(path: Path) -> Iterator[Octets]:
    """Yield the file in slices as an import reads it."""
    with path.open("rb", buffering=0) as file:
        while content := read_up_to(file, MAX_BODY_BYTES):
            yield content
