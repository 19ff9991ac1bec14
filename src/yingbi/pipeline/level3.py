"""Level 3, raw on release: as level 2, and the original sealed apart, whole or person by person.

The original is read twice where it is kept whole: once to find and mask, once to
seal it when its grade is closed. Both passes must see the same bytes, or nothing
is kept. Person by person, each frame is taken apart before it is covered.

Clause: A.3-2; A.3.c-1; A.3.c-2; 6.2.3-1.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from yingbi.capture.raw import fingerprint, slices
from yingbi.domain.part import PartKind, RoiFilm
from yingbi.mask.lift import Lifter
from yingbi.pipeline.engine import Sealed, Seen, Take
from yingbi.pipeline.level2 import level2
from yingbi.seal.door import PartSealer
from yingbi.seal.raw import raw
from yingbi.seal.roi import roi
from yingbi.structure.scribe import Scribe


@dataclass(frozen=True, slots=True)
class Whole:
    """An original that may be kept whole.

    keeps: closes the grade and says whether it is; raises where the source is refused.
    """

    sealer: PartSealer
    keeps: Callable[[], bool]


def level3(
    take: Take, scribe: Scribe, book: PartSealer, film: PartSealer, original: Whole | None
) -> Iterator[Sealed]:
    """Yield the sealed masked film and records, then the original where it is kept whole.

    Whether it is, is asked once all frames have gone by; nothing of it is sealed before.
    """
    path = take.reel.source.path
    before = fingerprint(path)
    yield from level2(take, scribe, book, film)
    if original is not None and original.keeps():
        for piece in slices(path, take.reel.source.media_type, before, take.tally.told):
            yield Sealed(PartKind.RAW, raw(original.sealer, piece))


def level3_parts(
    take: Take, scribe: Scribe, book: PartSealer, film: PartSealer, people: PartSealer
) -> Iterator[Sealed]:
    """Yield the sealed masked film and records, and every person's own film among them.

    Their locks stay in memory until the object is acknowledged; whoever withholds the original
    lets go of them, and nobody opens what was written (`PartsWriter.drop`).
    """
    lifter = Lifter(take.reel.info, crf=take.sight.crf, grow=take.sight.grow)

    def sealed(films: Iterable[RoiFilm]) -> Iterator[Sealed]:
        for one in films:
            yield Sealed(PartKind.ROI, roi(people, one), one.from_s, one.to_s, one.track)

    def aside(seen: Seen) -> Iterator[Sealed]:
        yield from sealed(lifter.note(seen.frame, seen.regions, seen.labels))

    yield from level2(take, scribe, book, film, aside)
    yield from sealed(lifter.finish())
