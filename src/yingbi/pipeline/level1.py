"""Level 1, structured only: frames become records, and no picture is ever written.

Clause: A.1-2; A.1-4; A.1.a; A.1.c-1; A.1.c-2.
"""

from collections.abc import Iterator

from yingbi.domain.part import PartKind, SealedSegment
from yingbi.pipeline.engine import Take, see
from yingbi.seal.door import PartSealer
from yingbi.seal.records import records
from yingbi.structure.scribe import Scribe


def level1(
    take: Take, scribe: Scribe, book: PartSealer
) -> Iterator[tuple[PartKind, SealedSegment]]:
    """Yield the sealed records of the source, interval by interval."""
    for seen in see(take):
        for page in scribe.note(seen.frame, seen.regions, seen.labels):
            yield PartKind.RECORDS, records(book, page)
    for page in scribe.finish():
        yield PartKind.RECORDS, records(book, page)
