"""A copy in which people are unreadable; no vault is needed.

Clause: 6.2.5.b; 6.2.5.c-2.
"""

from typing import BinaryIO, Literal

from yingbi.mask.cover import cover
from yingbi.mask.film import masker
from yingbi.media.film_writer import FilmWriter
from yingbi.pipeline.engine import Take, see
from yingbi.pipeline.notes import Notes, noted

Audio = Literal["drop", "keep", "mute"]


def mask(take: Take, sink: BinaryIO, *, audio: Audio, notes: Notes) -> list[int]:
    """Write the masked copy of the source to the sink.

    notes: takes down what the report will say.

    Returns:
        The pts of the frames written, to check the output against; empty for a still.
    """
    reel, sight, tally = take.reel, take.sight, take.tally
    if reel.info is None:
        kind = reel.source.media_type
        cloth = masker(None, kind, crf=sight.crf, grow=sight.grow, style=sight.style)
        for seen in noted(see(take), notes):
            stills = cloth.mask(seen.frame, seen.regions, seen.labels)
            sink.writelines(still.content for still in stills)
        tally.covered = cloth.covered
        return []
    pts: list[int] = []
    writer = FilmWriter(sink, reel.info, crf=sight.crf, audio=audio, source=reel.source.path)
    for seen in noted(see(take), notes):
        tally.covered += cover(seen.frame, seen.regions, grow=sight.grow, style=sight.style)
        pts.append(seen.frame.pts)
        writer.write(seen.frame)
    writer.close()
    return pts
