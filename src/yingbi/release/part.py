"""Opening a part: permission first, then every seal, then every key, then the first byte."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from io import SEEK_END, BufferedIOBase, BytesIO
from uuid import UUID

from yingbi.crypto.suite import Octets, Suite
from yingbi.domain.grant import Grant
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.part import PartEnd
from yingbi.release import opening
from yingbi.release.opening import EpochKeyOf, Found, Keys, opened
from yingbi.release.verify import held_segments, proven_segments


def open_part(
    suite: Suite,
    source: BufferedIOBase | Octets,
    *,
    locks: Mapping[UUID, bytes],
    epoch_key_of: EpochKeyOf,
    device_public_key: bytes,
    grant: Grant,
    object_id: UUID,
    part: PartKind,
    now: datetime,
    end: PartEnd | None,
    passing: bool = False,
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    """Return the part's segments, opened one by one while iterated.

    The grant and every seal are checked before this returns; every lock, key and
    private metadata before the first content comes out. A file over 65 MiB is read
    twice, and each segment verified again right before it is opened.

    locks, epoch_key_of: see `Keys`. end: see `verify_part`. passing: see `opened`.
    Raises: NotAuthorisedError without leave; SealBrokenError on anything altered;
        NoKeyError where a segment has no lock or another box's (whether it was erased is
        known to the catalogue alone, so ObjectErasedError is the caller's to raise).
    Clause: A.3.a-2; A.3.a-3; 6.2.4-2.
    """
    grant.must_cover(object_id, part, at=now)
    file = BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
    hold = file.seek(0, SEEK_END) <= opening.HELD_BYTES
    segments = (held_segments if hold else proven_segments)(
        suite, file, device_public_key, object_id=object_id, part=part, end=end
    )
    found = [Found(segment) for segment in segments]
    return opened(found, Keys(locks, epoch_key_of), device_public_key, passing=passing)
