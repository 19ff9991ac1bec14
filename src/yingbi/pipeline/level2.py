"""Level 2, obscured: masked film and records; the original is not kept.

Clause: A.2-2; A.2-3; A.2-4; A.2.c-1; A.2.c-2; A.2.c-3.
"""

from collections.abc import Callable, Iterable, Iterator

from yingbi.domain.part import PartKind
from yingbi.mask.film import masker
from yingbi.pipeline.engine import Sealed, Seen, Take, see
from yingbi.pipeline.level1 import sealed_pages
from yingbi.seal.door import PartSealer
from yingbi.seal.masked import masked
from yingbi.structure.scribe import Scribe

Aside = Callable[[Seen], Iterable[Sealed]]


def nothing(_seen: Seen) -> Iterable[Sealed]:
    """Return nothing: level 2 keeps nothing of a clear frame."""
    return ()


def level2(
    take: Take, scribe: Scribe, book: PartSealer, film: PartSealer, aside: Aside = nothing
) -> Iterator[Sealed]:
    """Yield the sealed masked film and records of the source.

    Records of a frame are taken before it is covered: poses need the person.
    aside: what level 3 seals besides, of a frame that is not covered yet.
    """
    reel, sight = take.reel, take.sight
    kind = reel.source.media_type
    cloth = masker(
        reel.info, kind, crf=sight.crf, grow=sight.grow, style=sight.style, preset=sight.preset
    )
    for seen in see(take):
        yield from sealed_pages(take, book, scribe.note(seen.frame, seen.regions, seen.labels))
        yield from aside(seen)
        for piece in cloth.mask(seen.frame, seen.regions, seen.labels):
            yield Sealed(PartKind.MASKED, masked(film, piece), piece.from_s, piece.to_s)
    for piece in cloth.finish():
        yield Sealed(PartKind.MASKED, masked(film, piece), piece.from_s, piece.to_s)
    yield from sealed_pages(take, book, scribe.finish())
    take.tally.covered, take.tally.numbers = cloth.covered, dict(scribe.numbers)
