"""The only maker of masked film: what leaves here has every region covered.

Clause: A.2-2; A.2-4; A.2.c-1.
"""

from collections.abc import Iterator, Sequence

from yingbi.domain.frame import Frame
from yingbi.domain.part import MaskedFilm
from yingbi.domain.region import Region
from yingbi.mask.cover import cover
from yingbi.mask.style import SOLID, Style
from yingbi.media.encoder import PRESET
from yingbi.media.film_info import FilmInfo
from yingbi.media.segmented_film import FilmSegment, SegmentedFilm
from yingbi.media.still_writer import StillWriter


class FilmMasker:
    """Covers frames and cuts them into segments of film, in memory only."""

    def __init__(self, film: SegmentedFilm, *, grow: float, style: Style = SOLID) -> None:
        self._film = film
        self._grow, self._style = grow, style
        self._waiting: list[tuple[float, frozenset[str]]] = []  # of frames that are in no segment
        self.covered = 0

    def mask(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[MaskedFilm]:
        """Take a frame; yield the segments that it completes."""
        self.covered += cover(frame, regions, grow=self._grow, style=self._style)
        if labels:
            self._waiting.append((frame.time_s, labels))
        yield from self._typed(self._film.feed(frame))

    def finish(self) -> Iterator[MaskedFilm]:
        """Yield what the encoder still holds."""
        yield from self._typed(self._film.finish())

    def _typed(self, segments: Sequence[FilmSegment]) -> Iterator[MaskedFilm]:
        """Label each segment with what its own frames show; the encoder holds some that come later."""
        for segment in segments:
            found = {one for at, labels in self._waiting if at <= segment.to_s for one in labels}
            self._waiting = [one for one in self._waiting if one[0] >= segment.to_s]
            labels = tuple(sorted(found))
            yield MaskedFilm(segment.content, "video/mp4", segment.from_s, segment.to_s, labels)


class StillMasker:
    """The same for a picture of one frame or more: one masked picture, in its own format."""

    def __init__(self, media_type: str, *, grow: float, style: Style = SOLID) -> None:
        self._media_type = media_type
        self._grow, self._style = grow, style
        self._writer = StillWriter()
        self._times: list[float] = []
        self._labels: set[str] = set()
        self.covered = 0

    def mask(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[MaskedFilm]:
        """Take a frame; nothing is whole before the last of them."""
        self.covered += cover(frame, regions, grow=self._grow, style=self._style)
        self._writer.add(frame)
        self._times.append(frame.time_s)
        self._labels |= labels
        yield from ()

    def finish(self) -> Iterator[MaskedFilm]:
        """Yield the covered picture."""
        if self._times:
            content, labels = self._writer.finish(), tuple(sorted(self._labels))
            yield MaskedFilm(content, self._media_type, self._times[0], self._times[-1], labels)


def masker(
    info: FilmInfo | None,
    media_type: str,
    *,
    crf: int,
    grow: float,
    style: Style = SOLID,
    preset: str = PRESET,
) -> FilmMasker | StillMasker:
    """Return the masker for a film, or for a still where there is no film's info."""
    if info is None:
        return StillMasker(media_type, grow=grow, style=style)
    return FilmMasker(SegmentedFilm(info, crf=crf, preset=preset), grow=grow, style=style)
