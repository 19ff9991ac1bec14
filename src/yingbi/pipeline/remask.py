"""An original written again with one person covered; everybody else stays as they were.

It is read twice, both times in memory: once to find the person, once to cover that
person alone. Whoever was erased before is covered and no longer seen, so people are
matched by their order and by when they are there. A film in which others are seen
than when it was taken in is refused: who is who would be a guess.

Clause: 6.2.3.e-2; 6.2.5.b.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

from yingbi.capture.raw import made_again
from yingbi.domain.part import PartKind, RawFilm, Records
from yingbi.domain.record import Identity, Record
from yingbi.mask.cover import cover
from yingbi.media.film_writer import FilmWriter
from yingbi.media.still_writer import StillWriter
from yingbi.pipeline.engine import Sealed, Sight, Take, open_held, see
from yingbi.seal.door import PartSealer
from yingbi.seal.raw import raw
from yingbi.structure.pack import unpack
from yingbi.structure.scribe import Diary, Scribe


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom the records would number: their track, and from when to when they are there.

    from_s, to_s: seconds since the first frame.
    """

    track: int
    from_s: float
    to_s: float


def seen_again(original: bytes, media_type: str, sight: Sight) -> list[Somebody]:
    """Return everybody in the original, in the order in which the records would number them."""
    scribe = Scribe(Diary(("identity",), fixed=False, poses_per_second=1.0), None)
    pages: list[Records] = []
    with open_held(original, media_type, sight.threads) as reel:
        for seen in see(Take(reel.from_zero(), sight)):
            pages += scribe.note(seen.frame, seen.regions, seen.labels)
    pages += scribe.finish()
    spans = spans_of(record for page in pages for record in unpack(page.content))
    return [
        Somebody(track, *spans[f"unknown {number}"]) for track, number in scribe.numbers.items()
    ]


def spans_of(records: Iterable[Record]) -> dict[str, tuple[float, float]]:
    """Return from when to when everybody is there, by name, as identity records say."""
    spans: dict[str, tuple[float, float]] = {}
    for one in records:
        if isinstance(one, Identity):
            first, last = spans.get(one.subject, (one.from_s, one.to_s))
            spans[one.subject] = min(first, one.from_s), max(last, one.to_s)
    return spans


def remask(
    original: bytes, media_type: str, tracks: Collection[int], sight: Sight
) -> Iterator[RawFilm]:
    """Yield the original in slices, the person of the tracks covered; its sound is left out."""
    sink, labels = BytesIO(), set[str]()
    with open_held(original, media_type, sight.threads) as reel:
        writer = None if reel.info is None else FilmWriter(sink, reel.info, crf=sight.crf)
        stills = StillWriter()
        for seen in see(Take(reel, sight)):
            labels |= seen.labels
            its = [region for region in seen.regions if region.track in tracks]
            cover(seen.frame, its, grow=sight.grow)
            if writer is None:
                stills.add(seen.frame)
            else:
                writer.write(seen.frame)
        if writer is None:
            sink.write(stills.finish())
        else:
            writer.close()
    yield from made_again(sink.getvalue(), media_type, tuple(sorted(labels)))


def sealed_again(sealer: PartSealer, films: Iterator[RawFilm]) -> Iterator[Sealed]:
    """Yield the slices sealed as the object's new original."""
    for film in films:
        yield Sealed(PartKind.RAW, raw(sealer, film))
