"""Level 1, structured only: frames become records, and no picture is ever written.

Clause: A.1-2; A.1-4; A.1.a; A.1.c-1; A.1.c-2.
"""

from collections.abc import Iterable, Iterator

from yingbi.domain.part import PartKind, Records
from yingbi.pipeline.engine import Sealed, Take, see
from yingbi.seal.door import PartSealer
from yingbi.seal.records import records
from yingbi.structure.scribe import Scribe


def level1(take: Take, scribe: Scribe, book: PartSealer) -> Iterator[Sealed]:
    """Yield the sealed records of the source, interval by interval."""
    for seen in see(take):
        yield from sealed_pages(take, book, scribe.note(seen.frame, seen.regions, seen.labels))
    yield from sealed_pages(take, book, scribe.finish())


def sealed_pages(take: Take, book: PartSealer, pages: Iterable[Records]) -> Iterator[Sealed]:
    """Yield each page of records sealed; level 2 writes its records in the same way."""
    for page in pages:
        take.tally.poses_dropped += page.poses_dropped
        extra = {"poses_dropped": str(page.poses_dropped)} if page.poses_dropped else {}
        yield Sealed(PartKind.RECORDS, records(book, page, extra=extra), page.from_s, page.to_s)
