"""A few frames masked as a whole film is, only to learn what it costs; nothing is kept of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO

from yingbi.domain.frame import Frame
from yingbi.domain.report import Tally
from yingbi.mask.cover import cover
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter
from yingbi.pipeline.engine import Reel, Sight, Take, see

Clock = Callable[[], float]


@dataclass(slots=True)
class Sample:
    """What was learned from a stretch of film; all costs are in seconds.

    first: the cost of the look at its first frame, which searches all of the picture. others:
    of looking at all other frames, of decoding and covering them. encoding: of all frames.
    masked: whether anything was covered.
    """

    frames: int = 0
    first: float = 0.0
    others: float = 0.0
    encoding: float = 0.0
    masked: bool = False
    tally: Tally = field(default_factory=Tally)


def sample(reel: Reel, info: FilmInfo, sight: Sight, clock: Clock) -> Sample:
    """Mask the frames of the reel in memory, as `pipeline.mask` does, and tell what it costs."""
    told = Sample()
    began = clock()

    def counted() -> Iterator[Frame]:
        nonlocal began
        for frame in reel.frames:
            if not told.frames:
                began = clock()  # what it took to come here is no part of the cost
            told.frames += 1
            yield frame
            told.first = told.first or clock() - began

    writer = FilmWriter(BytesIO(), info, crf=sight.crf, preset=sight.preset)
    looking = Take(replace(reel, frames=counted(), tap=None, film=None), sight, told.tally)
    for seen in see(looking):
        told.masked |= cover(seen.frame, seen.regions, grow=sight.grow, style=sight.style) > 0
        writing = clock()
        writer.write(seen.frame)
        told.encoding += clock() - writing
    writing = clock()
    writer.close()
    told.encoding += clock() - writing
    told.others = clock() - began - told.first - told.encoding
    return told
