"""How a film is written again: in its own container and codec where both can be written well."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yingbi.domain.messages import say
from yingbi.errors import UnsupportedMediaError
from yingbi.media.containers import Container
from yingbi.media.film_info import WRITABLE, FilmInfo

CODEC_NAMES = {
    "h264": "H.264",
    "hevc": "HEVC",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "mjpeg": "MJPEG",
    "mpeg1video": "MPEG-1",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4",
}
"""Codecs of pictures that are read, and their names for people."""

ENCODERS: dict[str, tuple[str, ...]] = {
    "h264": ("libx264", "libx265", "libvpx-vp9"),
    "hevc": ("libx265", "libx264", "libvpx-vp9"),
    "vp8": ("libvpx-vp9", "libsvtav1", "libx264", "libx265"),
    "vp9": ("libvpx-vp9", "libsvtav1", "libx265", "libx264"),
    "av1": ("libsvtav1", "libvpx-vp9", "libx265", "libx264"),
    "mjpeg": ("mjpeg", "libx264", "libvpx-vp9"),
    "mpeg1video": ("libx264", "libvpx-vp9"),
    "mpeg2video": ("libx264", "libvpx-vp9"),
    "mpeg4": ("libx264", "libvpx-vp9"),
}
"""Encoders for each codec, the best first; those behind the first cannot always keep it."""

WRITES = {
    "libx264": "h264",
    "libx265": "hevc",
    "libvpx-vp9": "vp9",
    "libsvtav1": "av1",
    "mjpeg": "mjpeg",
}

_FULL = frozenset({"yuvj420p", "yuvj422p", "yuvj444p"})
_EIGHT = frozenset({"yuv420p", "yuv422p", "yuv444p"})
PIXELS: dict[str, frozenset[str]] = {
    "libx264": frozenset(WRITABLE),
    "libx265": frozenset(WRITABLE),
    "libvpx-vp9": _EIGHT,
    "libsvtav1": frozenset({"yuv420p", "yuv420p10le"}),
    "mjpeg": _FULL,
}
"""Pixels that an encoder takes without a change."""

ODD = frozenset({"libvpx-vp9", "libsvtav1", "mjpeg"})
"""Encoders that take pictures whose sides are no whole number of chroma samples."""

LEAST_SIDE = {"libx265": 16, "libsvtav1": 16}

HOLDS: dict[Container, frozenset[str]] = {
    "mp4": frozenset({"h264", "hevc", "vp9", "av1", "mjpeg"}),
    "mov": frozenset({"h264", "hevc", "mjpeg"}),
    "matroska": frozenset({"h264", "hevc", "vp9", "av1", "mjpeg"}),
    "webm": frozenset({"vp9", "av1"}),
}
"""Containers that are written, and the pictures that players expect in them."""

INSTEAD: dict[Container, tuple[Container, ...]] = {
    "mp4": ("mp4", "mov", "matroska"),
    "mov": ("mov", "mp4", "matroska"),
    "matroska": ("matroska", "mp4", "mov"),
    "webm": ("webm", "matroska", "mp4"),
    "avi": ("mp4", "mov", "matroska"),
    "mpegts": ("mp4", "matroska"),
    "mpegps": ("mp4", "matroska"),
}
"""For each container the ones that a copy may be in, the best first."""

_COMMON = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})
SOUNDS: dict[Container, frozenset[str]] = {
    "mp4": _COMMON | {"mp2"},
    "mov": _COMMON,
    "matroska": _COMMON | {"mp2", "vorbis", "dts", "truehd"},
    "webm": frozenset({"opus", "vorbis"}),
}
"""Sound that a container takes as it is, beside PCM."""

MATROSKA_TICKS = 1000
"""Ticks of a second that libav writes into Matroska, whatever it is asked for."""


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """The encoder, the codec that it writes, and the container of a copy."""

    encoder: str
    codec: str
    container: Container


def copy_plan(
    info: FilmInfo, path: Path | str = "-", audio: Literal["drop", "keep", "mute"] = "drop"
) -> CopyPlan:
    """Return how the film is written again with every time and every sample's kind as it is.

    audio: what becomes of the sound; a container that holds what is kept comes first.
    Raises: UnsupportedMediaError where no encoder takes such pictures.
    """
    kept = {track.codec for track in info.sound} if audio == "keep" else set()
    plans = list(_plans(info))
    for plan in plans:
        if all(holds_sound(plan.container, codec) for codec in kept):
            return plan
    if plans:
        return plans[0]
    kind = f"{info.pixel_format} {info.width}x{info.height}"
    raise UnsupportedMediaError(path=path, reason=say("its pixels are {kind}", kind=kind))


def holds_sound(container: Container, codec: str) -> bool:
    """Return whether the container takes such sound as it is."""
    if codec.startswith("pcm_"):
        return container in {"mov", "matroska"}
    return codec in SOUNDS[container]


def _plans(info: FilmInfo) -> Iterator[CopyPlan]:
    for encoder in ENCODERS.get(info.codec, ()):
        for container in _containers(info) if _takes(encoder, info) else ():
            if WRITES[encoder] in HOLDS[container]:
                yield CopyPlan(encoder, WRITES[encoder], container)


def _takes(encoder: str, info: FilmInfo) -> bool:
    x_shift, y_shift, _ = WRITABLE.get(info.pixel_format, (0, 0, 0))
    whole = info.width % (1 << x_shift) == info.height % (1 << y_shift) == 0
    return (
        info.pixel_format in PIXELS[encoder]
        and (whole or encoder in ODD)
        and min(info.width, info.height) >= LEAST_SIDE.get(encoder, 1)
    )


def _containers(info: FilmInfo) -> Iterator[Container]:
    """Yield the containers that can hold the film's clock, the best first."""
    for container in INSTEAD[info.container]:
        exact = MATROSKA_TICKS % info.time_base.denominator == 0
        if exact or container not in {"matroska", "webm"}:
            yield container
