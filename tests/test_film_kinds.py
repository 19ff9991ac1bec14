"""Every kind of film that is read comes out as it went in, but for what is covered."""

import io
import os
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from made_films import VFR, Recipe, make_film
from yingbi.domain.frame import Frame
from yingbi.media.film import FilmReader
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter
from yingbi.media.libav import in_turn
from yingbi.media.segmented_film import SegmentedFilm
from yingbi.media.verify import verify_film

MS = Fraction(1, 1000)
NTSC = Fraction(1001, 30000)
TICKS = Fraction(1, 90000)
UNEVEN = (0, 33, 70, 71, 200, 333, 500, 501, 640, 900)
FULL = (2, 1, 1, 1)
KINDS = {
    "MKV, H.264": (Recipe(container="matroska", clock=MS, pts=UNEVEN, b_frames=2), "matroska", "h264"),
    "MKV, late": (
        Recipe(container="matroska", clock=MS, pts=[p + 1234 for p in UNEVEN], b_frames=2), "matroska", "h264"
    ),
    "MKV, turned": (Recipe(container="matroska", clock=MS, pts=UNEVEN, rotation=90), "matroska", "h264"),
    "MKV, wide pixels": (
        Recipe(container="matroska", clock=MS, pts=UNEVEN, pixel_aspect=Fraction(4, 3)), "matroska", "h264"
    ),
    "MKV, HEVC": (Recipe(container="matroska", clock=MS, pts=UNEVEN, codec="libx265"), "matroska", "hevc"),
    "WebM, VP9": (Recipe(container="webm", clock=MS, pts=UNEVEN, codec="libvpx-vp9"), "webm", "vp9"),
    "WebM, VP9 of odd size": (
        Recipe(container="webm", clock=MS, pts=UNEVEN, codec="libvpx-vp9", size=(161, 91)), "webm", "vp9"
    ),
    "WebM, VP9 4:4:4": (
        Recipe(container="webm", clock=MS, pts=UNEVEN, codec="libvpx-vp9", pixel_format="yuv444p"), "webm", "vp9"
    ),
    "WebM, AV1": (Recipe(container="webm", clock=MS, pts=UNEVEN, codec="libsvtav1"), "webm", "av1"),
    "WebM, AV1 of odd size": (
        Recipe(container="webm", clock=MS, pts=UNEVEN, codec="libsvtav1", size=(161, 91)), "webm", "av1"
    ),
    "MP4, HEVC": (Recipe(codec="libx265", pts=VFR, rotation=-90), "mp4", "hevc"),
    "MP4, HEVC of 10 bits": (
        Recipe(codec="libx265", pts=VFR, pixel_format="yuv420p10le", colours=(1, 9, 16, 9)), "mp4", "hevc"
    ),
    "MP4, HEVC 4:2:2 of 10 bits": (Recipe(codec="libx265", pixel_format="yuv422p10le"), "mp4", "hevc"),
    "MP4, HEVC 4:4:4": (Recipe(codec="libx265", pixel_format="yuv444p", size=(161, 91)), "mp4", "hevc"),
    "MP4, AV1 of 10 bits": (
        Recipe(codec="libsvtav1", pts=VFR, pixel_format="yuv420p10le", colours=(1, 9, 16, 9)), "mp4", "av1"
    ),
    "MP4, VP9": (Recipe(codec="libvpx-vp9", pts=VFR), "mp4", "vp9"),
    "MP4 in fragments": (
        Recipe(options=(("movflags", "frag_keyframe+empty_moov+delay_moov"),), pts=VFR, b_frames=2), "mp4", "h264"
    ),
    "MOV, HEVC": (Recipe(container="mov", codec="libx265", rotation=90), "mov", "hevc"),
    "MOV, MJPEG": (
        Recipe(container="mov", codec="mjpeg", pixel_format="yuvj422p", colours=FULL, pts=VFR), "mov", "mjpeg"
    ),
    "AVI, MJPEG": (
        Recipe(container="avi", codec="mjpeg", pixel_format="yuvj420p", colours=FULL, clock=NTSC, pts=range(20), rate=1 / NTSC),
        "mp4", "mjpeg",
    ),
    "AVI, H.264 with B-frames": (
        Recipe(container="avi", clock=NTSC, pts=range(20), b_frames=2, rate=1 / NTSC), "mp4", "h264"
    ),
    "AVI, MPEG-4": (Recipe(container="avi", codec="mpeg4", clock=NTSC, pts=range(20), rate=1 / NTSC), "mp4", "h264"),
    "TS, H.264": (Recipe(container="mpegts", clock=TICKS, pts=range(0, 60060, 3003), b_frames=2), "mp4", "h264"),
    "TS, HEVC": (
        Recipe(container="mpegts", clock=TICKS, pts=range(0, 60060, 3003), codec="libx265"), "mp4", "hevc"
    ),
    "TS, MPEG-2": (
        Recipe(container="mpegts", clock=NTSC, pts=range(20), codec="mpeg2video", b_frames=2, rate=1 / NTSC),
        "mp4", "h264",
    ),
    "PS, MPEG-2": (
        Recipe(container="mpeg", clock=NTSC, pts=range(20), codec="mpeg2video", b_frames=2, rate=1 / NTSC),
        "mp4", "h264",
    ),
}  # fmt: skip
KEPT = (
    "width", "height", "pixel_format", "turns", "matrix", "pixel_aspect", "colours", "interlaced", "hdr",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_printed(capfd):
    yield
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def frames_of(path: Path) -> tuple[FilmInfo, list[tuple[Fraction, list[np.ndarray]]]]:
    """Return what a film is, and time and planes of each frame."""

    def told(frame: Frame) -> tuple[Fraction, list[np.ndarray]]:
        return frame.pts * frame.time_base, [plane.samples.copy() for plane in frame.planes]

    with FilmReader(path) as reader:
        return reader.info, [told(frame) for frame in reader.frames()]


def rewritten(path: Path, target: Path, **choices: object) -> tuple[Path, list[int]]:
    with FilmReader(path) as reader, target.open("w+b") as sink:
        writer = FilmWriter(sink, reader.info, **({"crf": 18} | choices))
        pts = []
        for frame in reader.frames():
            pts.append(frame.pts)
            writer.write(frame)
        writer.close()
        verify_film(sink, pts, reader.info.size)
    return target, pts


@pytest.mark.parametrize("name", KINDS)
def test_a_film_keeps_times_size_colours_and_turn_in_a_container_that_fits(name, tmp_path):
    recipe, container, codec = KINDS[name]
    path = make_film(tmp_path / "film", recipe)
    copy, _ = rewritten(path, tmp_path / "copy")
    (info, before), (written, after) = frames_of(path), frames_of(copy)
    assert (written.container, written.codec) == (container, codec)
    assert len(before) == len(recipe.pts)
    gaps = {
        time - number * recipe.clock for (time, _), number in zip(before, recipe.pts, strict=True)
    }
    assert len(gaps) == 1, "the film was not made as meant"
    assert [time for time, _ in after] == [time for time, _ in before]
    for field in KEPT:
        assert getattr(written, field) == getattr(info, field), field
    for (_, planes), (_, copied) in zip(before, after, strict=True):
        for one, other in zip(planes, copied, strict=True):
            peak = (1 << info.depth) - 1
            assert cv2.PSNR(one.astype(np.float64), other.astype(np.float64), peak) > 38


def _turns():
    """Return how each thread of this process gets the processor."""
    return {os.sched_getscheduler(int(task.name)) for task in Path("/proc/self/task").iterdir()}


@pytest.mark.parametrize("guarded", [True, False])
def test_writing_av1_takes_the_processor_from_nobody(guarded, tmp_path):
    """Left alone its encoder, as root, puts this process before all others for good."""
    path = make_film(tmp_path / "film", Recipe(codec="libsvtav1", pts=range(0, 9000, 1001)))
    with FilmReader(path) as reader, (tmp_path / "copy.mp4").open("wb") as sink, in_turn():
        if guarded:
            writer = FilmWriter(sink, reader.info, crf=30)
            for frame in reader.frames():
                writer.write(frame)
            writer.close()
        else:
            container = av.open(sink, "w", format="mp4")
            stream = container.add_stream("libsvtav1", rate=30)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
            stream.codec_context.open()
        turns = _turns()
    first = not guarded and os.geteuid() == 0
    assert turns == ({os.SCHED_OTHER, os.SCHED_FIFO} if first else {os.SCHED_OTHER})
    assert _turns() == {os.SCHED_OTHER}


SEALED = {
    "H.264": Recipe(pts=range(0, 90_000, 1001), b_frames=2),
    "HEVC": Recipe(pts=range(0, 90_000, 1001), codec="libx265"),
    "VP9 in WebM": Recipe(container="webm", clock=MS, pts=range(0, 3000, 33), codec="libvpx-vp9"),
    "AV1 of odd size": Recipe(pts=range(0, 90_000, 1001), codec="libsvtav1", size=(161, 91)),
    "MJPEG": Recipe(
        container="mov",
        codec="mjpeg",
        pixel_format="yuvj422p",
        colours=FULL,
        pts=range(0, 90_000, 1001),
    ),
    "AVI": Recipe(container="avi", clock=NTSC, pts=range(90), b_frames=2, rate=1 / NTSC),
}


@pytest.mark.parametrize("name", SEALED)
def test_a_film_of_any_kind_is_cut_into_segments_that_each_stand_alone(name, tmp_path):
    """As a vault keeps it: fragmented MP4, whatever it came in."""
    path = make_film(tmp_path / "film", SEALED[name])
    with FilmReader(path) as reader:
        film, segments, times = SegmentedFilm(reader.info, crf=18, segment_s=1.0), [], []
        for frame in reader.frames():
            times.append(frame.pts)
            segments += film.feed(frame)
        segments += film.finish()
        size = reader.info.size
    verify_film(b"".join(segment.content for segment in segments), times, size)
    assert len(segments) == 3
    head = segments[0].content[: segments[0].content.index(b"moof") - 4]
    for segment in segments[1:]:
        with av.open(io.BytesIO(head + segment.content)) as container:
            first = next(container.decode(video=0))
        assert first.key_frame
        assert float(first.time) == pytest.approx(segment.from_s)
