"""Sealing one person's own film. Pipelines of levels 1 and 2 may not import it."""

from yingbi.domain.part import PartKind, RoiFilm, SealedSegment
from yingbi.envelope.padding import padme
from yingbi.seal.door import PartSealer
from yingbi.seal.writer import must_be_of, write


def roi(sealer: PartSealer, film: RoiFilm) -> SealedSegment:
    """Return the film as the next segment of the part `roi`, under a key of its own.

    All people of an object share the part's file; each segment holds one of them, so
    that destroying its lock erases that person and nobody else.

    Raises: NotAuthorisedError for a part of another kind (levels 1 and 2 have no
        `roi`); TypeError for anything that `mask` did not make; ValueError over 64 MiB.
    Clause: A.3-2; A.3.c-1; 6.2.3.e-2.
    """
    if not isinstance(film, RoiFilm):
        raise TypeError("only a RoiFilm is sealed as roi")
    must_be_of(sealer, PartKind.ROI)
    return write(
        sealer,
        film.content,
        padded_to=padme(len(film.content)),
        media_type=film.media_type,
        labels=film.labels,
        from_s=film.from_s,
        to_s=film.to_s,
        extra={"track": str(film.track)},
    )
