"""Films for tests, made on the spot: moving patterns with every trait that a film can have."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from yingbi.media.libav import in_turn

CLOCK = Fraction(1, 30000)
VFR = (0, 1000, 2500, 2600, 7000, 9000, 12000, 12001, 15000, 19000, 20000, 26000)


@dataclass(frozen=True)
class Recipe:
    """What the film is like; `pts` are in ticks of `clock`.

    key_every: frames from one key frame to the next.
    """

    pts: Sequence[int] = tuple(range(0, 24_000, 1001))
    size: tuple[int, int] = (160, 96)
    clock: Fraction = CLOCK
    rotation: int = 0
    b_frames: int = 0
    pixel_format: str = "yuv420p"
    pixel_aspect: Fraction | None = None
    colours: tuple[int, int, int, int] = (1, 1, 1, 1)
    sound_tracks: int = 0
    sound_name: str = "sound"
    container: str = "mp4"
    options: tuple[tuple[str, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    codec: str = "libx264"
    encoder: tuple[tuple[str, str], ...] = ()
    parameters: str = ""
    rate: Fraction | int = 30
    matrix: tuple[int, ...] | None = None
    interlaced: bool = False
    key_every: int = 0


def picture_rgb(number: int, width: int, height: int) -> np.ndarray:
    """Return a gradient that moves with the frame's number, with a bright block at top left."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack(
        [(columns + 5 * number) % 200, (rows + 3 * number) % 180, (rows + columns) // 2 % 160], 2
    ).astype(np.uint8)
    picture[: height // 4, : width // 4] = 250
    return picture


def make_film(path: Path, recipe: Recipe = Recipe()) -> Path:
    """Write the film and return its path."""
    options = dict(recipe.options)
    options["video_track_timescale"] = str(recipe.clock.denominator)
    options["movie_timescale"] = str(recipe.clock.denominator)
    with av.open(str(path), "w", format=recipe.container, options=options) as container:
        container.metadata.update(dict(recipe.metadata))
        stream = _picture_track(container, recipe)
        sounds = [
            container.add_stream("aac", rate=44100, layout=("mono", "stereo")[n % 2])
            for n in range(recipe.sound_tracks)
        ]
        for sound in sounds:
            sound.metadata["handler_name"] = recipe.sound_name
        width, height = recipe.size
        for number, pts in enumerate(recipe.pts):
            picture = av.VideoFrame.from_ndarray(picture_rgb(number, width, height), "rgb24")
            matrix = {1: "itu709", 9: "bt2020"}.get(recipe.colours[3], "itu601")
            frame = picture.reformat(
                format=recipe.pixel_format,
                dst_colorspace=matrix,
                dst_color_range="JPEG" if recipe.colours[0] == 2 else "MPEG",
            )
            frame.pts, frame.time_base = pts, recipe.clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        seconds = float(recipe.pts[-1] * recipe.clock) if recipe.pts else 1.0
        for number, sound in enumerate(sounds):
            _write_tone(container, sound, 440.0 * (number + 1), seconds)
    return path


def _picture_track(container: Any, recipe: Recipe) -> Any:
    traits = {
        "libx264": {
            "preset": "ultrafast",
            "crf": "12",
            "bf": str(recipe.b_frames),
            "b_strategy": "0",
        },
        "libx265": {"preset": "ultrafast", "crf": "12"},
        "libvpx-vp9": {"crf": "12", "deadline": "realtime", "cpu-used": "8"},
        "libsvtav1": {"preset": "12", "crf": "12"},
        "mpeg2video": {"qscale": "2", "bf": str(recipe.b_frames)},
    }
    options = traits.get(recipe.codec, {}) | dict(recipe.encoder)
    if recipe.key_every:
        options |= {"g": str(recipe.key_every), "sc_threshold": "0"}
    if recipe.codec == "libx265":
        options["x265-params"] = ":".join(filter(None, ["log-level=none", recipe.parameters]))
    elif recipe.parameters:
        options[{"libx264": "x264-params"}.get(recipe.codec, "svtav1-params")] = recipe.parameters
    stream = container.add_stream(recipe.codec, rate=recipe.rate, options=options)
    stream.width, stream.height = recipe.size
    stream.pix_fmt = recipe.pixel_format
    context = stream.codec_context
    context.time_base = stream.time_base = recipe.clock
    context.color_range, context.color_primaries, context.color_trc, context.colorspace = (
        recipe.colours
    )
    if recipe.pixel_aspect is not None:
        context.sample_aspect_ratio = recipe.pixel_aspect
    if recipe.interlaced:
        context.flags |= Flags.interlaced_dct
    if recipe.rotation:
        stream.set_display_rotation(recipe.rotation)
    if recipe.matrix is not None:
        stream.set_display_matrix(recipe.matrix)
    if recipe.codec == "libsvtav1":
        with in_turn():
            context.open()
    return stream


def _write_tone(container: Any, sound: Any, hertz: float, seconds: float) -> None:
    channels = sound.codec_context.layout.nb_channels
    for start in range(0, int(seconds * 44100), 1024):
        times = (np.arange(1024) + start) / 44100
        samples = np.tile(np.sin(2 * np.pi * hertz * times).astype(np.float32) * 0.5, (channels, 1))
        frame = av.AudioFrame.from_ndarray(
            samples, format="fltp", layout=sound.codec_context.layout.name
        )
        frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))


def pts_of(film: Path | bytes) -> list[int]:
    """Return the times at which a film shows its frames."""
    with av.open(io.BytesIO(film) if isinstance(film, bytes) else str(film)) as container:
        return [frame.pts for frame in container.decode(video=0)]


def sound_packets(film: Path | bytes) -> list[list[tuple[Fraction, bytes]]]:
    """Return time and content of each packet of each sound track."""
    with av.open(io.BytesIO(film) if isinstance(film, bytes) else str(film)) as container:
        tracks = list(container.streams.audio)
        found: dict[int, list[tuple[Fraction, bytes]]] = {track.index: [] for track in tracks}
        for packet in container.demux(tracks) if tracks else ():
            if packet.size:
                found[packet.stream.index].append((packet.pts * packet.time_base, bytes(packet)))
    return list(found.values())
