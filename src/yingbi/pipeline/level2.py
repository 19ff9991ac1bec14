"""Level 2, obscured: masked film and records; the original is not kept.

Clause: A.2-2; A.2-3; A.2-4; A.2.c-1; A.2.c-2; A.2.c-3.
"""

from collections.abc import Iterator

from yingbi.domain.part import PartKind, SealedSegment
from yingbi.mask.film import masker
from yingbi.pipeline.engine import Take, see
from yingbi.seal.door import PartSealer
from yingbi.seal.masked import masked
from yingbi.seal.records import records
from yingbi.structure.scribe import Scribe

Sealed = Iterator[tuple[PartKind, SealedSegment]]


def level2(take: Take, scribe: Scribe, book: PartSealer, film: PartSealer) -> Sealed:
    """Yield the sealed masked film and records of the source.

    Records of a frame are taken before it is covered: poses need the person.
    """
    reel, sight = take.reel, take.sight
    cloth = masker(reel.info, reel.source.media_type, crf=sight.crf, grow=sight.grow)
    for seen in see(take):
        for page in scribe.note(seen.frame, seen.regions, seen.labels):
            yield PartKind.RECORDS, records(book, page)
        for piece in cloth.mask(seen.frame, seen.regions, seen.labels):
            yield PartKind.MASKED, masked(film, piece)
    for piece in cloth.finish():
        yield PartKind.MASKED, masked(film, piece)
    for page in scribe.finish():
        yield PartKind.RECORDS, records(book, page)
    take.tally.covered = cloth.covered
