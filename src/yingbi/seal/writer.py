"""The common end of `masked`, `records` and `raw`; no other module imports it."""

from collections.abc import Mapping

from yingbi.crypto.suite import Octets
from yingbi.domain.data_class import settled
from yingbi.domain.part import PartKind, PrivateMetadata, SealedSegment
from yingbi.envelope.schedule import DEK_BYTES
from yingbi.envelope.segment import seal_segment
from yingbi.errors import NotAuthorisedError
from yingbi.keys.wrap import wrap
from yingbi.seal.door import PartSealer


def must_be_of(sealer: PartSealer, *kinds: PartKind) -> None:
    """Raise NotAuthorisedError unless the sealer's part is of one of the kinds."""
    if sealer.kind not in kinds:
        raise NotAuthorisedError(reason="it belongs to another part")


def write(
    sealer: PartSealer,
    content: Octets,
    *,
    padded_to: int,
    media_type: str,
    labels: tuple[str, ...],
    from_s: float = 0.0,
    to_s: float = 0.0,
    record_schema: int | None = None,
    extra: Mapping[str, str],
) -> SealedSegment:
    """Return the content as the part's next segment, under a fresh key that is then forgotten.

    Raises: ValueError without labels: what was not graded is not sealed.
    Clause: 6.2.3-1.
    """
    about = sealer.about
    private = PrivateMetadata(
        media_type=media_type,
        true_length=len(content),
        from_s=from_s,
        to_s=to_s,
        camera=about.camera,
        recorded_at=about.recorded_at,
        clock=about.clock,
        record_schema=record_schema,
        labels=settled(labels),
        source_name=about.source_name,
        extra=extra,
    )
    dek = bytearray(sealer.entropy(DEK_BYTES))
    try:
        return sealer.follow(_sealed(sealer, dek, private, content, padded_to))
    finally:
        dek[:] = bytes(DEK_BYTES)


def _sealed(
    sealer: PartSealer, dek: bytearray, private: PrivateMetadata, content: Octets, padded_to: int
) -> SealedSegment:
    door, place = sealer.door, sealer.next_place()
    sealed = seal_segment(
        door.suite,
        dek,
        place,
        private,
        content,
        padded_to=padded_to,
        sign=door.device.sign,
        make_lock=lambda context: wrap(door.suite, dek, door.epoch, context),
    )
    return SealedSegment(
        segment_id=place.segment_id,
        number=place.number,
        content=sealed.content,
        lock=sealed.lock,
        seal_digest=sealed.seal_digest,
        merkle_root=sealed.merkle_root,
    )
