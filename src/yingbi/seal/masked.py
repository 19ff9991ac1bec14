"""Sealing film or a still in which every region is covered."""

from collections.abc import Mapping

from yingbi.domain.part import MaskedFilm, PartKind, SealedSegment
from yingbi.envelope.padding import padme
from yingbi.seal.door import PartSealer
from yingbi.seal.writer import must_be_of, write


def masked(
    sealer: PartSealer, film: MaskedFilm, *, extra: Mapping[str, str] | None = None
) -> SealedSegment:
    """Return the film as the next segment of a part `masked` or `preview`, padded by Padme.

    Raises: NotAuthorisedError for a part of another kind (level 1 has neither);
        TypeError for anything that `mask` did not make; ValueError over 64 MiB.
    Clause: A.2-3; 6.2.3-2.
    """
    if not isinstance(film, MaskedFilm):
        raise TypeError("only a MaskedFilm is sealed as masked")
    must_be_of(sealer, PartKind.MASKED, PartKind.PREVIEW)
    return write(
        sealer,
        film.content,
        padded_to=padme(len(film.content)),
        media_type=film.media_type,
        labels=film.labels,
        from_s=film.from_s,
        to_s=film.to_s,
        extra=extra or {},
    )
