"""What a film is, said once when it is opened."""

from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Discard, Disposition

from yingbi.domain.messages import say
from yingbi.errors import NoPictureError, UnsupportedMediaError
from yingbi.media.containers import KINDS, Container
from yingbi.media.copy_plan import CODEC_NAMES
from yingbi.media.film_info import (
    TURNS_OF,
    WRITABLE,
    Beside,
    Chapter,
    Colours,
    FilmInfo,
    Matrix,
    SoundTrack,
)
from yingbi.media.light import hdr_of

MAX_PIXELS = 1 << 28
"""A picture of 16384 by 16384; what declares more is a bomb."""

STILL_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails
MICROSECONDS = 1_000_000


def picture_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """Return the one track of moving pictures, not yet decoded.

    Raises: NoPictureError; UnsupportedMediaError for several, for a codec that is not
        known here, for transparency, and for more pixels than MAX_PIXELS.
    """
    pictures = [stream for stream in container.streams.video if not _is_still(stream)]
    if not pictures:
        raise NoPictureError(path=path)
    if len(pictures) > 1:
        raise UnsupportedMediaError(path=path, reason=say("it has more than one picture track"))
    stream = pictures[0]
    codec = codec_of(stream)
    if codec not in CODEC_NAMES:
        raise UnsupportedMediaError(path=path, reason=say("its picture is {codec}", codec=codec))
    if stream.metadata.get("alpha_mode") == "1":
        raise UnsupportedMediaError(path=path, reason=say("its picture is transparent in places"))
    if stream.codec_context.width * stream.codec_context.height > MAX_PIXELS:
        raise UnsupportedMediaError(path=path, reason=say("it has too many pixels"))
    return stream


def codec_of(stream: av.VideoStream | av.AudioStream) -> str:
    """Return the family of a track's codec, whichever decoder reads it."""
    context = cast("av.CodecContext | None", stream.codec_context)
    return "unknown" if context is None else context.codec.canonical_name


def describe(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    picture: av.VideoFrame,
    kind: Container,
    path: Path,
) -> FilmInfo:
    """Return what is to be kept of the film; its first frame tells what the container does not.

    Raises: UnsupportedMediaError for pixels or turns that cannot be written again.
    """
    context = stream.codec_context
    if picture.format.name not in WRITABLE:
        reason = say("its pixels are {kind}", kind=picture.format.name)
        raise UnsupportedMediaError(path=path, reason=reason)
    matrix = matrix_of(picture)
    turns = 0 if matrix is None else TURNS_OF.get(matrix[0:2] + matrix[3:5])
    if turns is None:
        reason = say("its picture is mirrored or turned by an odd angle")
        raise UnsupportedMediaError(path=path, reason=reason)
    time_base = cast(Fraction, stream.time_base)
    return FilmInfo(
        picture.width,
        picture.height,
        picture.format.name,
        time_base=Fraction(1, time_base.denominator),
        rate=stream.average_rate or stream.guessed_rate or Fraction(25),
        turns=turns,
        matrix=matrix,
        pixel_aspect=stream.sample_aspect_ratio or None,
        colours=Colours(
            context.color_range, context.color_primaries, context.color_trc, context.colorspace
        ),
        interlaced=picture.interlaced_frame,
        frames=len(stream.index_entries) if stream.frames and KINDS[kind].counts else None,
        duration_s=_duration_s(container, stream),
        sound=tuple(map(_sound_track, container.streams.audio)),
        container=kind,
        codec=codec_of(stream),
        hdr=hdr_of(picture),
        beside=_beside(container, picture),
    )


def matrix_of(picture: av.VideoFrame) -> Matrix | None:
    """Return the display matrix of a frame, None where it has none."""
    # Not picture.side_data: that refers back to the frame, which then stays in memory until
    # the next collection of garbage (hundreds of MB at 1080p).
    side_data = cast(Any, SideDataContainer)(picture)  # the stubs know no arguments
    data = side_data.get(SideDataType.DISPLAYMATRIX)
    return None if data is None else tuple(np.frombuffer(bytes(data), np.int32).tolist())


def is_machine_data(stream: av.stream.Stream) -> bool:
    """Return whether it is a track for machines; the names of chapters are none."""
    return stream.type in {"data", "unknown"} and stream.discard != Discard.all


def _is_still(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & STILL_PICTURES) or stream.discard == Discard.all


def _duration_s(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Return the film's length as the container states it, 0 where it does not."""
    if stream.duration:
        return float(stream.duration * cast(Fraction, stream.time_base))
    return (container.duration or 0) / MICROSECONDS


def _sound_track(stream: av.AudioStream) -> SoundTrack:
    time_base = cast(Fraction, stream.time_base)
    return SoundTrack(codec_of(stream), time_base.denominator)


def _beside(container: av.container.InputContainer, picture: av.VideoFrame) -> Beside:
    streams = container.streams
    chapters = tuple(
        Chapter(one["start"], one["end"], one["time_base"], one["metadata"].get("title", ""))
        for one in container.chapters()
        if one["time_base"]
    )
    side_data = cast(SideDataContainer, picture.side_data)
    return Beside(
        subtitles=tuple(
            track.codec_context.name if track.codec_context else "unknown"
            for track in streams.subtitles
        ),
        data=sum(map(is_machine_data, streams)),
        covers=sum(map(_is_still, streams.video)),
        attachments=sum(stream.type == "attachment" for stream in streams),
        captions=SideDataType.A53_CC in side_data,
        chapters=chapters,
    )
