"""Pictures written as the source's were: same pixels, clock, colours, shape and turn."""

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import Literal, cast

import av
from av.codec.context import Flags
from av.video.frame import PictureType

from yingbi.domain.frame import Frame
from yingbi.domain.settings import ENCODER_PRESETS
from yingbi.media.copy_plan import CopyPlan, copy_plan
from yingbi.media.film_info import FilmInfo
from yingbi.media.libav import in_turn
from yingbi.media.light import av1_light, x264_light, x265_light

PRESET = "veryfast"
"""Costs the CPU of superfast and a seventh of its bits (measured at 1080p)."""

MOST_TICKS = (1 << 31) - 1
LAMBDA = 118
"""libav's unit of a constant quantiser."""


def clock_options(info: FilmInfo, *, sound: bool = False) -> dict[str, str]:
    """Return what keeps an MP4's clocks exact; by default starts are rounded to milliseconds.

    sound: whether the sound tracks' starts are to be kept exactly as well.
    """
    own = info.time_base.denominator
    common = lcm(own, *(track.clock for track in info.sound)) if sound else own
    movie = common if common <= MOST_TICKS else own
    return {"video_track_timescale": str(own), "movie_timescale": str(movie)}


def add_picture(
    container: av.container.OutputContainer,
    info: FilmInfo,
    *,
    crf: int,
    threads: int,
    preset: str = PRESET,
    plan: CopyPlan | None = None,
) -> av.VideoStream:
    """Return a new picture track in the container, ready to encode.

    crf and preset are meant as x264 means them; other encoders get what comes near.
    """
    encoder = (plan or copy_plan(info)).encoder
    options = OPTIONS[encoder](info, crf, ENCODER_PRESETS.index(preset))
    stream = cast(av.VideoStream, container.add_stream(encoder, rate=info.rate, options=options))
    stream.time_base = info.time_base
    _describe(stream.codec_context, info, encoder, threads)
    if encoder == "libx265" and container.format.name in {"mp4", "mov"}:
        stream.codec_context.codec_tag = "hvc1"  # players of Apple take no other
    if info.matrix is not None:
        stream.set_display_matrix(info.matrix)
    if encoder == "libsvtav1":
        with in_turn():
            stream.codec_context.open()
    return stream


def open_encoder(
    info: FilmInfo,
    encoder: Literal["libx264", "libx265"],
    *,
    crf: int,
    threads: int,
    preset: str,
    sets_id: int,
    profile: str | None,
    reorders: bool,
) -> av.VideoCodecContext:
    """Return an encoder for a stretch of a film.

    It decodes a frame at most one place before it is shown, and none before if it must not
    reorder; its packets have start codes (Annex B), its parameter sets stand in
    its extradata alone and have the id that is given, or 0 where it is x265.
    """
    context = av.CodecContext.create(encoder, "w")
    options = OPTIONS[encoder](info, crf, ENCODER_PRESETS.index(preset))
    parameters = "x264-params" if encoder == "libx264" else "x265-params"
    own = "b-pyramid=0" if reorders else "bframes=0"
    number = f"sps-id={sets_id}" if encoder == "libx264" else ""
    options[parameters] = ":".join(filter(None, [options.get(parameters), own, number]))
    if profile is not None:
        options["profile"] = profile
    context.options = options
    _describe(context, info, encoder, threads)
    context.framerate = info.rate
    context.flags |= Flags.global_header
    context.open()
    return context


def _describe(context: av.VideoCodecContext, info: FilmInfo, encoder: str, threads: int) -> None:
    context.width, context.height, context.pix_fmt = info.width, info.height, info.pixel_format
    context.thread_count = threads
    context.time_base = info.time_base
    if info.pixel_aspect is not None:
        context.sample_aspect_ratio = info.pixel_aspect
    context.color_range = info.colours.range
    context.color_primaries = info.colours.primaries
    context.color_trc = info.colours.transfer
    context.colorspace = info.colours.matrix
    context.flags |= Flags.frame_duration  # else the last frame's length is a guess
    if info.interlaced and encoder == "libx264":
        context.flags |= Flags.interlaced_dct


def _x264(info: FilmInfo, crf: int, speed: int) -> dict[str, str]:
    options = {
        "preset": ENCODER_PRESETS[speed],
        "crf": str(crf),
        "a53cc": "0",  # captions carried by frames are metadata
    }
    if light := x264_light(info.hdr):
        options["x264-params"] = ":".join(light)
    return options


def _x265(info: FilmInfo, crf: int, speed: int) -> dict[str, str]:
    # Its log goes past libav's; info=0 leaves its settings out of the film; a group of
    # pictures must stand alone where a film is cut into segments.
    quiet = ["log-level=none", "info=0", "open-gop=0", *x265_light(info.hdr)]
    return {
        "preset": ENCODER_PRESETS[speed],
        "crf": str(crf),
        "a53cc": "0",
        "forced-idr": "1",
        "x265-params": ":".join(quiet),
    }


def _vp9(_info: FilmInfo, crf: int, speed: int) -> dict[str, str]:
    fast = str(max(0, 8 - speed // 2))
    return {"crf": str(crf), "deadline": "realtime", "cpu-used": fast, "row-mt": "1"}


def _av1(info: FilmInfo, crf: int, speed: int) -> dict[str, str]:
    options = {"crf": str(crf), "preset": str(max(3, 11 - speed))}
    if light := av1_light(info.hdr):
        options["svtav1-params"] = ":".join(light)
    return options


def _mjpeg(_info: FilmInfo, crf: int, _speed: int) -> dict[str, str]:
    quantiser = min(31, 2 + max(0, crf - 18) // 2)
    return {"flags": "+qscale", "global_quality": str(quantiser * LAMBDA)}


OPTIONS: dict[str, Callable[[FilmInfo, int, int], dict[str, str]]] = {
    "libx264": _x264,
    "libx265": _x265,
    "libvpx-vp9": _vp9,
    "libsvtav1": _av1,
    "mjpeg": _mjpeg,
}


def encodable(frame: Frame, *, key: bool = False) -> av.VideoFrame:
    """Return the frame for the encoder, as a key frame or as the encoder likes.

    Without clearing it, the type of the source's frame would force the encoder's.
    """
    picture: av.VideoFrame = frame.origin
    picture.pict_type = PictureType.I if key else PictureType.NONE
    picture.pts, picture.time_base = frame.pts, Fraction(frame.time_base)
    return picture
