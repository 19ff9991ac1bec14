"""A film looked into here and there: frames from some place on, roughly, and quickly had."""

from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import cast

from yingbi.domain.frame import Frame
from yingbi.media.film import frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.libav import reading
from yingbi.media.places import opened_film
from yingbi.media.source_file import open_source


def stretch(
    path: Path, info: FilmInfo, start_s: float, threads: int
) -> Generator[Frame, None, None]:
    """Yield a film's frames to its end, from a key frame at about a time after its beginning.

    Their numbers count from 0, and of a film that tells no times they are told by its rate.

    Raises: CutOffError where it cannot be decoded, ReadWriteError.
    """
    with open_source(path) as file, reading(path), opened_film(file, path, info) as opened:
        container, stream = opened
        stream.thread_count = threads
        stream.thread_type = "SLICE" if threads == 1 else "AUTO"
        ticks = cast(Fraction, stream.time_base)
        begins = stream.start_time or 0
        if start_s > 0:
            container.seek(begins + int(start_s / ticks), stream=stream)
        for index, picture in enumerate(container.decode(stream)):
            told = picture.pts
            by_rate = round(index / info.rate / ticks)
            picture.pts = (by_rate if told is None else told) * ticks.numerator
            picture.time_base = info.time_base
            picture.make_writable()
            yield frame_of(index, picture, info)
