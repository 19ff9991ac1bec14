"""A copy in which people are unreadable; no vault is needed.

Clause: 6.2.5.b; 6.2.5.c-2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from yingbi.domain.passthrough import Passthrough
from yingbi.mask.cover import cover
from yingbi.mask.film import masker
from yingbi.media.companions import AudioChoice, Extra
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter
from yingbi.media.splice import SplicedFilm, why_not
from yingbi.media.splice_proof import Stretch
from yingbi.pipeline.engine import Take, see
from yingbi.pipeline.notes import Notes, noted


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, to check the output against.

    pts: of the frames, empty for a still. stretches: copied and encoded ones, in order;
    None where the film was encoded whole.
    """

    pts: Sequence[int] = ()
    stretches: Sequence[Stretch] | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    """What of a film stays beside its picture.

    audio: what becomes of its sound. extras: subtitles, data, names of chapters.
    salvage: the film may break off, and all that goes with it ends there.
    """

    audio: AudioChoice = "drop"
    extras: frozenset[Extra] = frozenset()
    salvage: bool = False


def mask(take: Take, sink: BinaryIO, *, keeping: Keeping, notes: Notes) -> Written:
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
    writer = _writer(take, reel.info, sink, keeping)
    for seen in noted(see(take), notes):
        tally.covered += cover(seen.frame, seen.regions, grow=sight.grow, style=sight.style)
        pts.append(seen.frame.pts)
        writer.write(seen.frame, masked=bool(seen.regions) or notes.zoned > 0)
    writer.close()
    if isinstance(writer, SplicedFilm):
        tally.passthrough = writer.facts
        return Written(pts, writer.stretches)
    tally.passthrough = Passthrough(
        encoded=len(pts), reason=_why_whole(take, reel.info, keeping.audio)
    )
    return Written(pts)


def _writer(
    take: Take, info: FilmInfo, sink: BinaryIO, keeping: Keeping
) -> FilmWriter | SplicedFilm:
    tap, sight = take.reel.tap, take.sight
    spliced = tap is not None and why_not(info, tap, keeping.audio) is None
    if tap is not None and not spliced:
        tap.close()
    writer = partial(SplicedFilm, tap=tap) if tap is not None and spliced else FilmWriter
    return writer(
        sink,
        info,
        crf=sight.crf,
        preset=sight.preset,
        audio=keeping.audio,
        keep=keeping.extras,
        source=take.reel.source.path,
        salvage=keeping.salvage,
    )


def _why_whole(take: Take, info: FilmInfo, audio: AudioChoice) -> str | None:
    return "asked" if take.reel.tap is None else why_not(info, take.reel.tap, audio)
