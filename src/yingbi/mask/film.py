"""The only maker of masked film: what leaves here has every region covered.

Clause: A.2-2; A.2-4; A.2.c-1.
"""

from collections.abc import Iterator, Sequence

from yingbi.domain.frame import Frame
from yingbi.domain.part import MaskedFilm
from yingbi.domain.region import Region
from yingbi.mask.cover import cover
from yingbi.mask.style import SOLID, Style
from yingbi.media.film_info import FilmInfo
from yingbi.media.segmented_film import FilmSegment, SegmentedFilm
from yingbi.media.still import encode_still


class FilmMasker:
    """Covers frames and cuts them into segments of film, in memory only."""

    def __init__(self, film: SegmentedFilm, *, grow: float, style: Style = SOLID) -> None:
        self._film = film
        self._grow, self._style = grow, style
        self._labels: set[str] = set()
        self.covered = 0

    def mask(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[MaskedFilm]:
        """Take a frame; yield the segments that it completes."""
        self.covered += cover(frame, regions, grow=self._grow, style=self._style)
        self._labels |= labels
        yield from self._typed(self._film.feed(frame))

    def finish(self) -> Iterator[MaskedFilm]:
        """Yield what the encoder still holds."""
        yield from self._typed(self._film.finish())

    def _typed(self, segments: Sequence[FilmSegment]) -> Iterator[MaskedFilm]:
        """Label each segment with all found since the last: too much tightens, too little leaks."""
        labels = tuple(sorted(self._labels))
        for segment in segments:
            yield MaskedFilm(segment.content, "video/mp4", segment.from_s, segment.to_s, labels)
        if segments:
            self._labels.clear()


class StillMasker:
    """The same for a picture: one frame in, one masked picture out, in its own format."""

    def __init__(self, media_type: str, *, grow: float, style: Style = SOLID) -> None:
        self._media_type = media_type
        self._grow, self._style = grow, style
        self.covered = 0

    def mask(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[MaskedFilm]:
        """Yield the covered picture."""
        self.covered += cover(frame, regions, grow=self._grow, style=self._style)
        content = encode_still(frame)
        yield MaskedFilm(
            content, self._media_type, frame.time_s, frame.time_s, tuple(sorted(labels))
        )

    def finish(self) -> Iterator[MaskedFilm]:
        """Yield nothing: a picture has no rest."""
        yield from ()


def masker(
    info: FilmInfo | None, media_type: str, *, crf: int, grow: float, style: Style = SOLID
) -> FilmMasker | StillMasker:
    """Return the masker for a film, or for a still where there is no film's info."""
    if info is None:
        return StillMasker(media_type, grow=grow, style=style)
    return FilmMasker(SegmentedFilm(info, crf=crf), grow=grow, style=style)
