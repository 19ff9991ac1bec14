"""Single frames of a film or a still, at given times, without decoding all that lies between."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av

from yingbi.domain.frame import Frame
from yingbi.media.containers import demuxer_of
from yingbi.media.film import FilmReader, frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.libav import reading
from yingbi.media.probe import probe
from yingbi.media.source_file import open_source
from yingbi.media.still import read_still

EARLY_S = 0.0006
"""Times were rounded to milliseconds when they were noted."""


def glimpses(path: Path, times_s: Sequence[float]) -> Iterator[Frame | None]:
    """Yield the frame shown at each time, None where the film has ended; a still at any time.

    Raises: as `probe` and the readers do.
    """
    if probe(path).kind == "still":
        yield from (read_still(path) for _ in times_s)
        return
    with FilmReader(path) as film:
        info = film.info
    with (
        open_source(path) as file,
        reading(path),
        av.open(file, "r", format=demuxer_of(file), metadata_errors="ignore") as container,
    ):
        covers = av.stream.Disposition.attached_pic
        stream = next(s for s in container.streams.video if not s.disposition & covers)
        time_base = cast(Fraction, stream.time_base)
        for time_s in times_s:
            container.seek(max(0, int(time_s / time_base)), stream=stream)
            yield _at(container, stream, time_s, info)


def _at(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    time_s: float,
    info: FilmInfo,
) -> Frame | None:
    for picture in container.decode(stream):
        if picture.time is not None and picture.time >= time_s - EARLY_S:
            picture.make_writable()
            return frame_of(0, picture, info)
    return None
