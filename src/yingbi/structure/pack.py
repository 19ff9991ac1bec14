"""Records of one interval into bytes of one size."""

import zlib
from collections.abc import Iterator, Sequence

from yingbi.domain.part import Records
from yingbi.domain.record import Pose, Record
from yingbi.domain.record_form import from_lines, to_lines
from yingbi.errors import RecordRefusedError

MOST_BYTES = 16 << 20
"""No interval's records are longer than this; what says so is refused before it is inflated."""


def pack(
    records: Sequence[Record],
    span: tuple[float, float],
    padded_to: int | None,
    labels: tuple[str, ...],
) -> Iterator[Records]:
    """Yield the interval's records, as one segment wherever they fit.

    Where a fixed size is asked and they do not fit, every second pose goes, again
    and again; `poses_dropped` says how many. Only when events alone do not fit do
    they take a second segment of the same size: nothing but poses is ever dropped.
    """
    kept, content = list(records), _deflate(records)
    while padded_to is not None and len(content) > padded_to and _poses(kept):
        kept = _thinned(kept)
        content = _deflate(kept)
    if padded_to is not None and len(content) > padded_to:
        half = len(kept) // 2
        yield from pack(kept[:half], span, padded_to, labels)
        yield from pack(kept[half:], span, padded_to, labels)
        return
    dropped = _poses(records) - _poses(kept)
    yield Records(content, *span, padded_to=padded_to, labels=labels, poses_dropped=dropped)


def unpack(content: bytes | bytearray | memoryview) -> list[Record]:
    """Return the checked records of a segment's content.

    Raises: RecordRefusedError where it is not what `pack` makes.
    """
    return from_lines(inflate(content))


def inflate(content: bytes | bytearray | memoryview) -> bytes:
    """Return the JSON Lines of a segment's content; RecordRefusedError where damaged."""
    stream = zlib.decompressobj()
    try:
        lines = stream.decompress(content, MOST_BYTES)
    except zlib.error as error:
        raise RecordRefusedError(reason="its compression is damaged") from error
    if not stream.eof or stream.unused_data:
        raise RecordRefusedError(reason="it is too long, cut off, or followed by other bytes")
    return lines


def _deflate(records: Sequence[Record]) -> bytes:
    return zlib.compress(to_lines(records), 9)


def _poses(records: Sequence[Record]) -> int:
    return sum(isinstance(record, Pose) for record in records)


def _thinned(records: Sequence[Record]) -> list[Record]:
    """Drop every second moment that has poses, so that all people lose alike."""
    moments = sorted({r.time_s for r in records if isinstance(r, Pose)})
    gone = set(moments[1::2]) if len(moments) > 1 else set(moments)
    return [r for r in records if not (isinstance(r, Pose) and r.time_s in gone)]
