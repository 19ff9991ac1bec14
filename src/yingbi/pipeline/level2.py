"""Level 2, obscured: masked film and records; the original is not kept.

Clause: A.2-2; A.2-3; A.2-4; A.2.c-1; A.2.c-2; A.2.c-3.
"""

from collections.abc import Iterator

from yingbi.domain.part import PartKind
from yingbi.mask.film import masker
from yingbi.pipeline.engine import Sealed, Take, see
from yingbi.pipeline.level1 import sealed_pages
from yingbi.seal.door import PartSealer
from yingbi.seal.masked import masked
from yingbi.structure.scribe import Scribe


def level2(take: Take, scribe: Scribe, book: PartSealer, film: PartSealer) -> Iterator[Sealed]:
    """Yield the sealed masked film and records of the source.

    Records of a frame are taken before it is covered: poses need the person.
    """
    reel, sight = take.reel, take.sight
    cloth = masker(reel.info, reel.source.media_type, crf=sight.crf, grow=sight.grow)
    for seen in see(take):
        yield from sealed_pages(take, book, scribe.note(seen.frame, seen.regions, seen.labels))
        for piece in cloth.mask(seen.frame, seen.regions, seen.labels):
            yield Sealed(PartKind.MASKED, masked(film, piece), piece.from_s, piece.to_s)
    for piece in cloth.finish():
        yield Sealed(PartKind.MASKED, masked(film, piece), piece.from_s, piece.to_s)
    yield from sealed_pages(take, book, scribe.finish())
    take.tally.covered = cloth.covered
