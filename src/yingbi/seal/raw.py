"""Sealing an original: the only taker of raw. Pipelines of levels 1 and 2 may not import it."""

from collections.abc import Mapping

from yingbi.domain.part import PartKind, RawFilm, SealedSegment
from yingbi.envelope.padding import padme
from yingbi.seal.door import PartSealer
from yingbi.seal.writer import must_be_of, write


def raw(
    sealer: PartSealer, film: RawFilm, *, extra: Mapping[str, str] | None = None
) -> SealedSegment:
    """Return a slice of the original, at most 64 MiB, as the part's next segment.

    Padded by Padme, which leaves a slice of exactly 64 MiB as it is.
    Raises: NotAuthorisedError for a part of another kind (levels 1 and 2 have no
        `raw`); TypeError for anything but a RawFilm; ValueError over 64 MiB.
    Clause: A.3-2; A.3.c-1; A.3.c-2.
    """
    if not isinstance(film, RawFilm):
        raise TypeError("only a RawFilm is sealed as raw")
    must_be_of(sealer, PartKind.RAW)
    return write(
        sealer,
        film.content,
        padded_to=padme(len(film.content)),
        media_type=film.media_type,
        labels=film.labels,
        extra=extra or {},
    )
