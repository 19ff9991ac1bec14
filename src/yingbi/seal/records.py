"""Sealing structured data."""

from collections.abc import Mapping

from yingbi.domain.part import PartKind, Records, SealedSegment
from yingbi.domain.record_form import RECORD_SCHEMA
from yingbi.envelope.padding import padme
from yingbi.errors import RecordRefusedError
from yingbi.seal.door import PartSealer
from yingbi.seal.writer import must_be_of, write


def records(
    sealer: PartSealer, interval: Records, *, extra: Mapping[str, str] | None = None
) -> SealedSegment:
    """Return one interval's records as the part's next segment.

    The body has the fixed size that the box asks for, also when nothing happened,
    since sizes tell who is home; without a fixed size it is padded by Padme.
    Raises: NotAuthorisedError for a part of another kind; RecordRefusedError where
        the records do not fit; TypeError for anything that `structure` did not make.
    Clause: A.1-2; A.1-5; 6.2.3-2.
    """
    if not isinstance(interval, Records):
        raise TypeError("only Records are sealed as records")
    must_be_of(sealer, PartKind.RECORDS)
    length = len(interval.content)
    size = padme(length) if interval.padded_to is None else interval.padded_to
    if length > size:
        raise RecordRefusedError(reason="the records of an interval do not fit their fixed size")
    return write(
        sealer,
        interval.content,
        padded_to=size,
        media_type=interval.media_type,
        labels=interval.labels,
        from_s=interval.from_s,
        to_s=interval.to_s,
        record_schema=RECORD_SCHEMA,
        extra=extra or {},
    )
