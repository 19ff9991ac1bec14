"""An original written again with one person covered; everybody else stays as they were.

It is read twice, both times in memory: once to find the person by the number that
the records give, once to cover that person alone. A film that is seen otherwise
than it was seen when it was taken in is refused: who is who would be a guess.

Clause: 6.2.3.e-2; 6.2.5.b.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO

from yingbi.capture.raw import made_again
from yingbi.domain.part import PartKind, RawFilm
from yingbi.mask.cover import cover
from yingbi.media.film_writer import FilmWriter
from yingbi.media.still import encode_still
from yingbi.pipeline.engine import Sealed, Sight, Take, open_held, see
from yingbi.seal.door import PartSealer
from yingbi.seal.raw import raw
from yingbi.structure.scribe import Diary, Scribe


def numbered(original: bytes, media_type: str, sight: Sight) -> Mapping[int, int]:
    """Return the number of everybody in the original, by track, as the records would give it."""
    scribe = Scribe(Diary(("identity",), fixed=False, poses_per_second=1.0), None)
    with open_held(original, media_type, sight.threads) as reel:
        for seen in see(Take(reel, sight)):
            for _ in scribe.note(seen.frame, seen.regions, seen.labels):
                pass
    return dict(scribe.numbers)


def remask(original: bytes, media_type: str, track: int, sight: Sight) -> Iterator[RawFilm]:
    """Yield the original in slices, the person of the track covered; its sound is left out."""
    sink, labels = BytesIO(), set[str]()
    with open_held(original, media_type, sight.threads) as reel:
        writer = None if reel.info is None else FilmWriter(sink, reel.info, crf=sight.crf)
        for seen in see(Take(reel, sight)):
            labels |= seen.labels
            its = [region for region in seen.regions if region.track == track]
            cover(seen.frame, its, grow=sight.grow)
            if writer is None:
                sink.write(encode_still(seen.frame))
            else:
                writer.write(seen.frame)
        if writer is not None:
            writer.close()
    yield from made_again(sink.getvalue(), media_type, tuple(sorted(labels)))


def sealed_again(sealer: PartSealer, films: Iterator[RawFilm]) -> Iterator[Sealed]:
    """Yield the slices sealed as the object's new original."""
    for film in films:
        yield Sealed(PartKind.RAW, raw(sealer, film))
