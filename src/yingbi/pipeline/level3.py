"""Level 3, raw on release: as level 2, and the original sealed apart.

The original is read twice: once to find and mask, once to seal it when its grade
is closed. Both passes must see the same bytes, or nothing is kept.

Clause: A.3-2; A.3.c-1; A.3.c-2; 6.2.3-1.
"""

from collections.abc import Iterator

from yingbi.capture.raw import fingerprint, slices
from yingbi.domain.part import PartKind
from yingbi.pipeline.engine import Sealed, Take
from yingbi.pipeline.level2 import level2
from yingbi.seal.door import PartSealer
from yingbi.seal.raw import raw
from yingbi.structure.scribe import Scribe


def level3(
    take: Take, scribe: Scribe, book: PartSealer, film: PartSealer, original: PartSealer | None
) -> Iterator[Sealed]:
    """Yield the sealed masked film and records, then the original where the box keeps it."""
    path = take.reel.source.path
    before = fingerprint(path)
    yield from level2(take, scribe, book, film)
    if original is not None:
        for piece in slices(
            path, take.reel.source.media_type, before, tuple(sorted(take.tally.labels))
        ):
            yield Sealed(PartKind.RAW, raw(original, piece))
