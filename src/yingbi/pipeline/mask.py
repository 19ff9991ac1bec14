"""A copy in which people are unreadable; no vault is needed.

Clause: 6.2.5.b; 6.2.5.c-2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from yingbi.domain.passthrough import Passthrough
from yingbi.mask.cover import cover
from yingbi.mask.film import masker
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter
from yingbi.media.splice import SplicedFilm, why_not
from yingbi.media.splice_proof import Stretch
from yingbi.pipeline.engine import Take, see
from yingbi.pipeline.notes import Notes, noted

Audio = Literal["drop", "keep", "mute"]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, to check the output against.

    pts: of the frames, empty for a still. stretches: copied and encoded ones, in order;
    None where the film was encoded whole.
    """

    pts: Sequence[int] = ()
    stretches: Sequence[Stretch] | None = None


def mask(take: Take, sink: BinaryIO, *, audio: Audio, notes: Notes) -> Written:
    """Write the masked copy of the source to the sink.

    Where the take's packets are tapped, stretches without a mask are copied as they are;
    SpliceDoubtError then asks for another take that is not tapped.

    notes: takes down what the report will say.
    """
    reel, sight, tally = take.reel, take.sight, take.tally
    if reel.info is None:
        kind = reel.source.media_type
        cloth = masker(None, kind, crf=sight.crf, grow=sight.grow, style=sight.style)
        for seen in noted(see(take), notes):
            stills = cloth.mask(seen.frame, seen.regions, seen.labels)
            sink.writelines(still.content for still in stills)
        sink.writelines(still.content for still in cloth.finish())
        tally.covered = cloth.covered
        return Written()
    pts: list[int] = []
    writer = _writer(take, reel.info, sink, audio)
    for seen in noted(see(take), notes):
        tally.covered += cover(seen.frame, seen.regions, grow=sight.grow, style=sight.style)
        pts.append(seen.frame.pts)
        writer.write(seen.frame, masked=bool(seen.regions) or notes.zoned > 0)
    writer.close()
    if isinstance(writer, SplicedFilm):
        tally.passthrough = writer.facts
        return Written(pts, writer.stretches)
    tally.passthrough = Passthrough(encoded=len(pts), reason=_why_whole(take, reel.info, audio))
    return Written(pts)


def _writer(take: Take, info: FilmInfo, sink: BinaryIO, audio: Audio) -> FilmWriter | SplicedFilm:
    tap, crf, path = take.reel.tap, take.sight.crf, take.reel.source.path
    if tap is not None and why_not(info, tap, audio) is None:
        return SplicedFilm(sink, info, tap, crf=crf, audio=audio, source=path)
    if tap is not None:
        tap.close()
    return FilmWriter(sink, info, crf=crf, audio=audio, source=path)


def _why_whole(take: Take, info: FilmInfo, audio: Audio) -> str | None:
    return "asked" if take.reel.tap is None else why_not(info, take.reel.tap, audio)
