"""H.264 written as the source was: same pixels, clock, colours, shape and turn."""

from fractions import Fraction
from math import lcm

import av
from av.codec.context import Flags
from av.video.frame import PictureType

from yingbi.domain.frame import Frame
from yingbi.media.film_info import FilmInfo

PRESET = "veryfast"
"""Costs the CPU of superfast and a seventh of its bits (measured at 1080p)."""

MOST_TICKS = (1 << 31) - 1


def clock_options(info: FilmInfo, *, sound: bool = False) -> dict[str, str]:
    """Return what keeps an MP4's clocks exact; by default starts are rounded to milliseconds.

    sound: whether the sound tracks' starts are to be kept exactly as well.
    """
    own = info.time_base.denominator
    common = lcm(own, *(track.clock for track in info.sound)) if sound else own
    movie = common if common <= MOST_TICKS else own
    return {"video_track_timescale": str(own), "movie_timescale": str(movie)}


def add_picture(
    container: av.container.OutputContainer, info: FilmInfo, *, crf: int, threads: int
) -> av.VideoStream:
    """Return a new picture track in the container, ready to encode."""
    options = {
        "preset": PRESET,
        "crf": str(crf),
        "a53cc": "0",  # captions carried by frames are metadata
    }
    stream = container.add_stream("libx264", rate=info.rate, options=options)
    stream.width, stream.height, stream.pix_fmt = info.width, info.height, info.pixel_format
    stream.thread_count = threads
    context = stream.codec_context
    context.time_base = stream.time_base = info.time_base
    if info.pixel_aspect is not None:
        context.sample_aspect_ratio = info.pixel_aspect
    context.color_range = info.colours.range
    context.color_primaries = info.colours.primaries
    context.color_trc = info.colours.transfer
    context.colorspace = info.colours.matrix
    context.flags |= Flags.frame_duration  # else the last frame's length is a guess
    if info.interlaced:
        context.flags |= Flags.interlaced_dct
    if info.matrix is not None:
        stream.set_display_matrix(info.matrix)
    return stream


def encodable(frame: Frame, *, key: bool = False) -> av.VideoFrame:
    """Return the frame for the encoder, as a key frame or as the encoder likes.

    Without clearing it, the type of the source's frame would force the encoder's.
    """
    picture: av.VideoFrame = frame.origin
    picture.pict_type = PictureType.I if key else PictureType.NONE
    picture.pts, picture.time_base = frame.pts, Fraction(frame.time_base)
    return picture
