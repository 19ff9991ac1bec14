"""A film that was written is read once more before anybody relies on it.

Its packets tell every time without being decoded; the first frame is decoded, and all
from the last key frame on.
"""

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import av

from yingbi.domain.messages import say
from yingbi.errors import BadInputError, ReadWriteError
from yingbi.media.containers import demuxer_of
from yingbi.media.libav import reading

Size = tuple[int, int]


def verify_film(
    film: Path | bytes | BinaryIO,
    pts: Sequence[int],
    size: tuple[int, int],
    *,
    name: Path | None = None,
    tick: Callable[[int], None] = lambda _done: None,
) -> None:
    """Raise ReadWriteError unless the film shows frames at just these times, in this size.

    film: a path, its bytes, or an open file, which is left open.
    size: width and height as displayed. name: what to call the film in an error.
    tick: called for each frame.
    """
    path = name or (film if isinstance(film, Path) else Path("-"))
    try:
        found, decoded = _shown(film, path, tick)
    except BadInputError as error:
        raise ReadWriteError(path=path, reason=say("the copy cannot be decoded")) from error
    times, wanted = [time for time, _ in decoded], list(pts)
    if found != wanted or times[:1] != wanted[:1] or times[-1:] != wanted[-1:]:
        raise ReadWriteError(
            path=path, reason=say("the copy's frames or times are not the source's")
        )
    if {shown for _, shown in decoded} != {size}:
        raise ReadWriteError(path=path, reason=say("the copy's size is not the source's"))


def _opened(film: Path | bytes | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if isinstance(film, Path):
        return film.open("rb")
    if isinstance(film, bytes):
        return io.BytesIO(film)
    return nullcontext(film)


def _shown(
    film: Path | bytes | BinaryIO, path: Path, tick: Callable[[int], None]
) -> tuple[list[int], list[tuple[int | None, Size]]]:
    """Return the time of each packet in the order shown; time and size of decoded frames."""
    found: list[int] = []
    group: list[av.Packet[av.VideoStream]] = []
    decoded: list[tuple[int | None, Size]] = []
    with (
        _opened(film) as file,
        reading(path),
        av.open(file, "r", format=demuxer_of(file)) as container,
    ):
        stream = container.streams.video[0]
        for packet in container.demux(stream):
            if not decoded:
                decoded += _told(packet.decode())
            if packet.size and not packet.is_discard and packet.pts is not None:
                found.append(packet.pts)
                tick(1)
            if packet.is_keyframe:
                group = []
            group.append(packet)
        stream.codec_context.flush_buffers()
        for packet in group:
            decoded += _told(packet.decode())
    return sorted(found), decoded


def _told(pictures: Sequence[av.VideoFrame]) -> list[tuple[int | None, Size]]:
    """Return when each frame is shown, and its size as displayed."""
    return [
        (one.pts, (one.height, one.width) if one.rotation % 180 else (one.width, one.height))
        for one in pictures
    ]
