"""The catalogue's index of a part: where to seek, and what must be found there."""

from typing import Protocol
from uuid import UUID

from yingbi.domain.part import PartKind
from yingbi.envelope.header import Header
from yingbi.errors import SealBrokenError


class Indexed(Protocol):
    """Where a segment lies in its part's file and which seconds it holds, as the catalogue says."""

    @property
    def segment_id(self) -> UUID:
        """The id that its header must name."""

    @property
    def offset(self) -> int:
        """Where it begins in the file."""

    @property
    def length(self) -> int:
        """Its length, HEADER to SEAL."""

    @property
    def from_s(self) -> float:
        """Its beginning, in seconds of the object."""

    @property
    def to_s(self) -> float:
        """Its end, likewise."""


def must_be_named(
    header: Header, indexed: Indexed, number: int, object_id: UUID, part: PartKind
) -> None:
    """Raise SealBrokenError unless the header is that of the segment which the index names.

    The index is sealed by the object's own key, so a segment that was swapped for
    another one of the same device, object or part is told by its id.
    """
    told = (header.object_id, header.part, header.segment_id, header.number)
    if told != (object_id, part, indexed.segment_id, number):
        reason = "it is not the segment that the catalogue names there"
        raise SealBrokenError(what=header.what, reason=reason)
