"""What `media` promises: a film or picture comes out as it went in, but for what is covered."""

import gc
import io
import os
import subprocess
import sys
from dataclasses import fields
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from made_films import VFR, Recipe, make_film, picture_rgb, pts_of, sound_packets
from yingbi.domain.frame import Frame, Plane
from yingbi.errors import (
    CannotCreateError,
    OutputExistsError,
    ReadWriteError,
)
from yingbi.media.draw import draw_figures
from yingbi.media.film import FilmReader
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter
from yingbi.media.output import new_file
from yingbi.media.probe import probe
from yingbi.media.segmented_film import SegmentedFilm
from yingbi.media.still import encode_still, read_still
from yingbi.media.upright import upright_crop, upright_rgb
from yingbi.media.verify import verify_film

FILMS = {
    "plain": Recipe(),
    "variable rate": Recipe(pts=VFR),
    "b-frames": Recipe(b_frames=3, pts=VFR),
    "late first frame": Recipe(pts=[p + 3001 for p in VFR], b_frames=2),
    "turned left": Recipe(rotation=90),
    "turned right, b-frames": Recipe(rotation=-90, b_frames=2, pts=VFR),
    "upside down": Recipe(rotation=180),
    "wide pixels": Recipe(pixel_aspect=Fraction(4, 3)),
    "full range": Recipe(colours=(2, 1, 1, 1)),
    "no colour tags": Recipe(colours=(0, 2, 2, 2)),
    "4:2:2": Recipe(pixel_format="yuv422p", size=(160, 91)),
    "4:4:4 of odd size": Recipe(pixel_format="yuv444p", size=(161, 91)),
    "10 bits": Recipe(pixel_format="yuv420p10le", colours=(1, 9, 16, 9)),
    "grey": Recipe(pixel_format="gray"),
    "size not of 16": Recipe(size=(150, 98)),
    "odd clock": Recipe(clock=Fraction(1, 29971), pts=[0, 999, 2001, 3000, 4100]),
    "slow clock": Recipe(clock=Fraction(1, 25), pts=range(20)),
    "interlaced": Recipe(interlaced=True, size=(160, 96)),
    "mov": Recipe(container="mov", rotation=90),
}
CLAIMED = [
    field.name for field in fields(FilmInfo) if field.name not in {"rate", "frames", "duration_s"}
]


def rewritten(path: Path, **choices: object) -> tuple[bytes, FilmInfo, list[int]]:
    sink = io.BytesIO()
    with FilmReader(path) as reader:
        writer = FilmWriter(sink, reader.info, **({"crf": 12} | choices))
        pts = []
        for frame in reader.frames():
            pts.append(frame.pts)
            writer.write(frame)
        writer.close()
        return sink.getvalue(), reader.info, pts


def segmented(path: Path, segment_s: float) -> tuple[list, FilmInfo, list[int]]:
    with FilmReader(path) as reader:
        film, segments, pts = SegmentedFilm(reader.info, crf=12, segment_s=segment_s), [], []
        for frame in reader.frames():
            pts.append(frame.pts)
            segments += film.feed(frame)
        return segments + film.finish(), reader.info, pts


def info_of(content: bytes, folder: Path) -> FilmInfo:
    path = folder / "written.bin"
    path.write_bytes(content)
    with FilmReader(path) as reader:
        assert list(reader.frames())
        return reader.info


def luma(film: Path | bytes) -> list[np.ndarray]:
    file = io.BytesIO(film) if isinstance(film, bytes) else str(film)
    with av.open(file) as container:
        return [f.to_ndarray(format="gray") for f in container.decode(video=0)]


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_written_with_its_own_times_shape_turn_and_colours(name, tmp_path):
    path = make_film(tmp_path / "film", FILMS[name])
    content, info, pts = rewritten(path)
    assert pts == list(FILMS[name].pts) == pts_of(path) == pts_of(content)
    written = info_of(content, tmp_path)
    for field in CLAIMED:
        assert getattr(written, field) == getattr(info, field), field
    assert written.frames == info.frames == len(pts)
    for before, after in zip(luma(path), luma(content), strict=True):
        assert cv2.PSNR(before, after) > 34


@pytest.mark.parametrize("name", FILMS)
def test_segments_together_are_the_film_with_its_own_times_and_turn(name, tmp_path):
    path = make_film(tmp_path / "film", FILMS[name])
    segments, info, pts = segmented(path, segment_s=0.2)
    content = b"".join(segment.content for segment in segments)
    assert pts_of(content) == pts
    written = info_of(content, tmp_path)
    for field in CLAIMED:
        if field != "container":
            assert getattr(written, field) == getattr(info, field), field
    assert segments[0].from_s == pytest.approx(float(pts[0] * info.time_base))
    assert segments[-1].to_s > float(pts[-1] * info.time_base)
    for before, after in pairwise(segments):
        assert before.to_s == after.from_s


def test_a_segment_starts_with_a_key_frame_and_plays_with_the_first_ones_head(tmp_path):
    path = make_film(tmp_path / "film", Recipe(pts=range(0, 90_000, 1001), b_frames=2))
    segments, info, pts = segmented(path, segment_s=1.0)
    assert len(segments) == 3
    head = segments[0].content[: segments[0].content.index(b"moof") - 4]
    times = []
    for segment in segments[1:]:
        with av.open(io.BytesIO(head + segment.content)) as container:
            frames = list(container.decode(video=0))
        assert frames[0].key_frame
        assert float(frames[0].pts * info.time_base) == pytest.approx(segment.from_s)
        times += [frame.pts for frame in frames]
    assert times == [p for p in pts if p * info.time_base >= segments[1].from_s - 1e-9]


def test_segments_leave_while_the_film_still_runs(tmp_path):
    info = FilmInfo.plain(160, 96, 25)
    film, waiting, most = SegmentedFilm(info, crf=23, segment_s=1.0), 0, 0
    for number in range(400):
        frame = draw_figures(info, [], index=number, pts=number * 1000)
        waiting = 0 if film.feed(frame) else waiting + 1
        most = max(most, waiting)
    assert most < 100
    assert film.finish()


def test_a_film_without_frames_gives_no_segment():
    assert SegmentedFilm(FilmInfo.plain(160, 96, 25), crf=23).finish() == []


def test_what_an_edit_list_hides_does_not_come_back(tmp_path):
    whole = make_film(tmp_path / "whole", Recipe(pts=range(0, 20_000, 1000)))
    trimmed = tmp_path / "trimmed"
    with av.open(str(whole)) as source, av.open(str(trimmed), "w", format="mp4") as target:
        track = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - 5000, packet.dts - 5000, track
                target.mux(packet)
    shown = pts_of(trimmed)
    assert len(shown) == 15
    content, _, pts = rewritten(trimmed)
    assert pts == shown == pts_of(content)
    with av.open(io.BytesIO(content)) as container:
        assert container.streams.video[0].frames == 15


@pytest.mark.parametrize("b_frames", [0, 2])
def test_painting_a_frame_leaves_those_after_it_alone(b_frames, tmp_path):
    path = make_film(tmp_path / "film", Recipe(b_frames=b_frames))
    with FilmReader(path) as reader:
        clear = [frame.planes[0].samples.copy() for frame in reader.frames()]
    with FilmReader(path) as reader:
        for number, frame in enumerate(reader.frames()):
            assert (frame.planes[0].samples == clear[number]).all()
            for plane in frame.planes:
                plane.samples[:] = plane.fill


def test_what_is_painted_on_the_planes_is_what_is_written(tmp_path):
    path = make_film(tmp_path / "film", Recipe(pixel_format="yuv420p10le"))
    sink = io.BytesIO()
    with FilmReader(path) as reader:
        writer = FilmWriter(sink, reader.info, crf=12)
        for frame in reader.frames():
            for plane in frame.planes:
                plane.samples[:] = plane.fill
            writer.write(frame)
        writer.close()
    for picture in av.open(io.BytesIO(sink.getvalue())).decode(video=0):
        for plane in picture.planes:
            samples = np.frombuffer(bytes(plane), np.uint16).reshape(plane.height, -1)
            assert (np.abs(samples[:, : plane.width].astype(int) - 512) <= 2).all()


def test_threads_do_not_change_what_is_read(tmp_path):
    path = make_film(tmp_path / "film", Recipe(b_frames=3, pts=VFR))
    with FilmReader(path) as one, FilmReader(path, threads=3) as three:
        for a, b in zip(one.frames(), three.frames(), strict=True):
            assert (a.pts, a.index) == (b.pts, b.index)
            assert (a.planes[0].samples == b.planes[0].samples).all()


def test_kept_sound_is_the_same_packets_of_all_tracks(tmp_path):
    path = make_film(tmp_path / "film", Recipe(sound_tracks=2, pts=[p + 500 for p in VFR]))
    content, _, pts = rewritten(path, audio="keep", source=path)
    assert sound_packets(content) == sound_packets(path)
    assert len(sound_packets(content)) == 2
    assert pts_of(content) == pts


def test_muted_sound_is_as_long_as_the_source_and_silent(tmp_path):
    path = make_film(tmp_path / "film", Recipe(sound_tracks=2))
    content, _, pts = rewritten(path, audio="mute", source=path)
    before, after = sound_packets(path), sound_packets(content)
    assert [[time for time, _ in track] for track in after] == [
        [time for time, _ in track] for track in before
    ]
    for number in range(2):
        with av.open(io.BytesIO(content)) as container:
            for frame in container.decode(audio=number):
                assert not frame.to_ndarray().any()
        with av.open(str(path)) as container:
            assert any(frame.to_ndarray().any() for frame in container.decode(audio=number))
    assert pts_of(content) == pts


def test_sound_is_dropped_unless_it_is_asked_for(tmp_path):
    path = make_film(tmp_path / "film", Recipe(sound_tracks=1))
    content, _, _ = rewritten(path, source=path)
    assert sound_packets(content) == []


def test_sound_that_nobody_can_read_is_not_left_out_silently(tmp_path):
    path = make_film(tmp_path / "film", Recipe(sound_tracks=1))
    with FilmReader(path) as reader, pytest.raises(ValueError, match="source"):
        FilmWriter(io.BytesIO(), reader.info, crf=23, audio="keep")


def test_metadata_of_a_film_is_dropped(tmp_path):
    words = (("title", "Anna at home"), ("location", "+30.25+120.17/"), ("comment", "secret"))
    recipe = Recipe(metadata=words, sound_tracks=1, sound_name="secret microphone")
    path = make_film(tmp_path / "film", recipe)
    for word in (b"microphone", b"Anna at home", b"loci"):
        assert word in path.read_bytes()
    for audio in ("drop", "keep", "mute"):
        content, _, _ = rewritten(path, audio=audio, source=path)
        for word in (b"microphone", b"Anna at home", b"loci", b"secret", b"creation_time"):
            assert word not in content


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_networks_see_the_picture_as_it_is_displayed(rotation, tmp_path):
    path = make_film(tmp_path / "film", Recipe(rotation=rotation, pts=[0], size=(160, 96)))
    with FilmReader(path) as reader:
        frame = next(reader.frames())
        source = probe(path)
    shown = np.rot90(picture_rgb(0, 160, 96), rotation // 90)
    assert frame.size == (source.width, source.height) == (shown.shape[1], shown.shape[0])
    seen = upright_rgb(frame, *frame.size)
    assert cv2.PSNR(np.ascontiguousarray(shown), seen) > 26
    rows, columns = np.nonzero(shown.min(2) > 240)
    box = (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    assert upright_crop(frame, box, 30, 20).min() > 200
    x0, y0, x1, y1 = frame.stored_box(box)
    assert frame.planes[0].samples[y0:y1, x0:x1].min() > 200


@pytest.mark.parametrize("colours", [(1, 1, 1, 1), (2, 1, 1, 1), (1, 6, 6, 6), (2, 5, 6, 5)])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p10le"])
def test_colours_are_read_by_the_films_own_tags(colours, pixel_format, tmp_path):
    wanted = np.array([(200, 40, 60), (30, 180, 70), (40, 60, 220), (240, 240, 240)], np.uint8)
    flat = wanted.repeat(16, 0)[None].repeat(32, 0)
    picture = av.VideoFrame.from_ndarray(flat, "rgb24").reformat(
        format=pixel_format,
        dst_colorspace="itu709" if colours[3] == 1 else "itu601",
        dst_color_range="JPEG" if colours[0] == 2 else "MPEG",
    )
    path = tmp_path / "film"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 32, pixel_format
        context = stream.codec_context
        context.color_range, context.color_primaries = colours[:2]
        context.color_trc, context.colorspace = colours[2:]
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with FilmReader(path) as reader:
        seen = upright_rgb(next(reader.frames()), 64, 32)
    middles = seen[16, 8::16].astype(int)
    assert np.abs(middles - wanted).max() <= 8


def rgb_frame(samples: np.ndarray) -> Frame:
    return Frame(0, 0, Fraction(1), (Plane(samples, 0, 0, (128,) * 3),), "rgb")


@settings(max_examples=60, deadline=None)
@given(x0=st.integers(-40, 60), y0=st.integers(-40, 50), w=st.integers(1, 80), h=st.integers(1, 80))
def test_a_crop_is_the_box_and_black_outside_the_picture(x0, y0, w, h):
    samples = picture_rgb(3, 53, 41) // 2 + 50
    crop = upright_crop(rgb_frame(samples), (x0, y0, x0 + w, y0 + h), w, h)
    padded = np.zeros((41 + 200, 53 + 200, 3), np.uint8)
    padded[100:141, 100:153] = samples
    assert (crop == padded[100 + y0 : 100 + y0 + h, 100 + x0 : 100 + x0 + w]).all()


def test_alpha_hides_nothing_from_the_networks():
    samples = np.dstack([picture_rgb(0, 40, 30), np.zeros((30, 40), np.uint8)])
    frame = Frame(0, 0, Fraction(1), (Plane(samples, 0, 0, (128, 128, 128, 255)),), "rgb")
    assert (upright_rgb(frame, 40, 30) == samples[:, :, :3]).all()


@pytest.mark.parametrize("name", ["photo.jpg", "photo.mp4", "photo"])
def test_a_still_is_known_by_its_content(name, tmp_path):
    path = tmp_path / name
    Image.fromarray(picture_rgb(0, 60, 40)).save(path, "JPEG")
    source = probe(path)
    assert (source.kind, source.media_type) == ("still", "image/jpeg")
    assert (source.width, source.height, source.frames) == (60, 40, 1)


def test_a_film_is_known_by_its_content(tmp_path):
    path = make_film(tmp_path / "holiday.png", Recipe(sound_tracks=1))
    source = probe(path)
    assert (source.kind, source.media_type, source.has_audio) == ("film", "video/mp4", True)
    assert source.frames == 24
    assert source.duration_s == pytest.approx(0.8, abs=0.05)


def test_a_link_that_the_user_names_is_followed(tmp_path):
    make_film(tmp_path / "film")
    (tmp_path / "link").symlink_to("film")
    assert probe(tmp_path / "link").kind == "film"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_still_is_seen_upright_and_stays_turned_as_it_was(orientation, kind, tmp_path):
    picture = picture_rgb(0, 64, 48)
    plain = Image.fromarray(picture)
    turned = {
        1: plain,
        2: plain.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: plain.transpose(Image.Transpose.ROTATE_180),
        4: plain.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: plain.transpose(Image.Transpose.TRANSPOSE),
        6: plain.transpose(Image.Transpose.ROTATE_90),
        7: plain.transpose(Image.Transpose.TRANSVERSE),
        8: plain.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "still"
    turned.save(path, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    frame = read_still(path)
    assert frame.size == (64, 48) == (probe(path).width, probe(path).height)
    assert cv2.PSNR(upright_rgb(frame, 64, 48), picture) > 30
    with Image.open(io.BytesIO(encode_still(frame))) as written:
        assert written.format == kind
        assert written.size == turned.size
        assert dict(written.getexif()) == ({} if orientation == 1 else {0x0112: orientation})
        assert cv2.PSNR(np.array(ImageOps.exif_transpose(written)), picture) > 30


@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_its_quality_and_its_kind(sampling, progressive, tmp_path):
    path = tmp_path / "still"
    Image.fromarray(picture_rgb(1, 80, 64)).save(
        path, "JPEG", quality=71, subsampling=sampling, progressive=progressive
    )
    written = Image.open(io.BytesIO(encode_still(read_still(path))))
    with Image.open(path) as source:
        assert written.quantization == source.quantization
        assert written.layer == source.layer
        assert ("progressive" in written.info) == progressive
        assert cv2.PSNR(np.array(written), np.array(source)) > 34


@settings(max_examples=30, deadline=None)
@given(
    samples=st.sampled_from([(), (3,), (4,)]).flatmap(
        lambda channels: arrays(np.uint8, (9, 13, *channels))
    )
)
def test_a_png_is_the_same_outside_the_covered_place(samples, tmp_path_factory):
    path = tmp_path_factory.mktemp("png") / "still"
    Image.fromarray(samples).save(path, "PNG")
    frame = read_still(path)
    plane = frame.planes[0]
    assert plane.samples.shape == samples.shape
    plane.samples[2:5, 3:7] = plane.fill if samples.ndim == 3 else plane.fill[0]
    written = np.array(Image.open(io.BytesIO(encode_still(frame))))
    inside = np.zeros(samples.shape[:2], bool)
    inside[2:5, 3:7] = True
    assert (written[~inside] == samples[~inside]).all()
    assert (
        written[inside] == ([128, 128, 128, 255][: samples.shape[2]] if samples.ndim == 3 else 128)
    ).all()


@pytest.mark.parametrize("mode", ["1", "P", "LA", "L", "CMYK"])
def test_other_ways_to_store_a_picture_show_the_same(mode, tmp_path):
    path = tmp_path / "still"
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.fromarray(picture_rgb(0, 64, 48)).convert(mode).save(path, kind)
    with Image.open(path) as source:
        shown = np.array(source.convert("RGB"))
    frame = read_still(path)
    assert (upright_rgb(frame, 64, 48) == shown).all()
    written = Image.open(io.BytesIO(encode_still(frame)))
    assert cv2.PSNR(np.array(written.convert("RGB")), shown) > 34


def test_a_palette_with_a_clear_colour_becomes_rgba(tmp_path):
    path = tmp_path / "still"
    Image.fromarray(picture_rgb(0, 64, 48)).convert("P").save(path, "PNG", transparency=0)
    assert read_still(path).planes[0].samples.shape == (48, 64, 4)


def test_metadata_of_a_still_is_dropped(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Maker of cameras"
    exif.get_ifd(0x8825)[1] = "N"
    picture = Image.fromarray(picture_rgb(0, 64, 48))
    picture.save(tmp_path / "jpeg", "JPEG", exif=exif, comment=b"Anna", xmp=b"<x>Anna</x>")
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Anna")
    picture.save(tmp_path / "png", "PNG", exif=exif, pnginfo=words)
    for name in ("jpeg", "png"):
        assert b"Anna" in (tmp_path / name).read_bytes()
        written = encode_still(read_still(tmp_path / name))
        for word in (b"Anna", b"Maker", b"Exif", b"eXIf"):
            assert word not in written


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_colour_profile_stays_without_its_names(kind, tmp_path):
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert "sRGB".encode("utf-16-be") in profile
    profile[48:56] = b"MakrModl"
    path = tmp_path / "still"
    Image.fromarray(picture_rgb(0, 64, 48)).save(path, kind, icc_profile=bytes(profile))
    with Image.open(io.BytesIO(encode_still(read_still(path)))) as written:
        kept = written.info["icc_profile"]
        assert b"Makr" not in kept
        assert "sRGB".encode("utf-16-be") not in kept
        shown = ImageCms.profileToProfile(
            written, ImageCms.ImageCmsProfile(io.BytesIO(kept)), ImageCms.createProfile("sRGB")
        )
        assert np.abs(np.array(shown).astype(int) - np.array(written)).max() <= 1


@pytest.mark.parametrize("profile", [b"", b"x" * 40, b"acsp" * 60, b"\xff" * 300])
def test_a_broken_colour_profile_is_left_out(profile, tmp_path):
    path = tmp_path / "still"
    Image.fromarray(picture_rgb(0, 64, 48)).save(path, "JPEG", icc_profile=profile)
    with Image.open(io.BytesIO(encode_still(read_still(path)))) as written:
        assert "icc_profile" not in written.info


def test_gamma_of_a_png_stays(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", (45455).to_bytes(4))
    path = tmp_path / "still"
    Image.fromarray(picture_rgb(0, 64, 48)).save(path, "PNG", pnginfo=info)
    with Image.open(io.BytesIO(encode_still(read_still(path)))) as written:
        assert written.info["gamma"] == pytest.approx(0.45455)


def test_an_output_is_whole_private_and_alone_in_its_folder(tmp_path):
    with new_file(tmp_path / "out", force=False) as file:
        file.write(b"whole")
        assert [p.name for p in tmp_path.iterdir()] != ["out"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_bytes() == b"whole"
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_of_an_output_that_was_broken_off(stop, tmp_path):
    def write() -> None:
        with new_file(tmp_path / "out", force=False) as file:
            file.write(b"half")
            raise stop

    with pytest.raises(stop):
        write()
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_there_is_replaced_by_force_alone(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(OutputExistsError), new_file(path, force=False):
        pytest.fail("the block must not be entered")
    with new_file(path, force=True) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_output_that_appears_meanwhile_is_not_replaced(tmp_path):
    def write() -> None:
        with new_file(tmp_path / "out", force=False) as file:
            file.write(b"mine")
            (tmp_path / "out").write_bytes(b"theirs")

    with pytest.raises(OutputExistsError):
        write()
    assert (tmp_path / "out").read_bytes() == b"theirs"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("target", ["folder", "link", "pipe", "no/where"])
def test_an_output_goes_through_no_link_and_over_no_folder(target, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "link").symlink_to("other")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CannotCreateError), new_file(tmp_path / target, force=True):
        pytest.fail("the block must not be entered")
    assert (tmp_path / "other").read_bytes() == b"other"
    assert len(list(tmp_path.iterdir())) == 4


def test_a_disk_that_is_full_is_said_so_and_leaves_nothing(tmp_path):
    def write() -> None:
        with new_file(tmp_path / "out", force=False):
            raise OSError(28, "No space left on device")

    with pytest.raises(ReadWriteError, match="disk is full"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_film_onto_a_full_disk_is_said_so(tmp_path):
    path = make_film(tmp_path / "film")

    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with FilmReader(path) as reader:
        writer = FilmWriter(Full(), reader.info, crf=23)
        with pytest.raises((OSError, ReadWriteError)):
            _write_all(writer, reader)


def _write_all(writer: FilmWriter, reader: FilmReader) -> None:
    for frame in reader.frames():
        writer.write(frame)
    writer.close()


def test_verifying_sees_a_missing_frame_a_wrong_time_and_a_wrong_size(tmp_path):
    path = make_film(tmp_path / "film", Recipe(rotation=90, pts=VFR))
    verify_film(path, VFR, (96, 160))
    verify_film(path.read_bytes(), VFR, (96, 160))
    for pts, size in ((VFR[:-1], (96, 160)), ((1, *VFR[1:]), (96, 160)), (VFR, (160, 96))):
        with pytest.raises(ReadWriteError):
            verify_film(path, pts, size)


def test_an_output_that_is_no_film_does_not_verify(tmp_path):
    with pytest.raises(ReadWriteError):
        verify_film(b"not a film at all", VFR, (160, 96))


STANDING = tuple((0.5 + dx, y, 0.9) for dx, y in zip(
    (0, .01, -.01, .02, -.02, .06, -.06, .08, -.08, .09, -.09, .04, -.04, .04, -.04, .04, -.04),
    (.2, .19, .19, .2, .2, .3, .3, .42, .42, .55, .55, .55, .55, .72, .72, .9, .9), strict=True,
))  # fmt: skip


def test_a_figure_is_drawn_in_its_own_colour_and_only_where_it_is_sure():
    info = FilmInfo.plain(321, 241, 25)
    assert (info.width, info.height) == (320, 240)
    empty = upright_rgb(draw_figures(info, [], index=0, pts=0), 320, 240)
    first = upright_rgb(draw_figures(info, [(1, STANDING)], index=0, pts=0), 320, 240)
    second = upright_rgb(draw_figures(info, [(2, STANDING)], index=0, pts=0), 320, 240)
    unsure = [(x, y, 0.05) for x, y, _ in STANDING]
    hidden = upright_rgb(draw_figures(info, [(1, unsure)], index=0, pts=0), 320, 240)
    assert (hidden == empty).all()
    drawn = np.abs(first.astype(int) - empty).max(2) > 40
    assert 0.005 < drawn.mean() < 0.2
    assert np.abs(first[drawn].astype(int) - second[drawn]).mean() > 20


def test_drawn_frames_become_a_film():
    info = FilmInfo.plain(160, 96, 5)
    film, segments = SegmentedFilm(info, crf=28, segment_s=2.0), []
    for number in range(25):
        segments += film.feed(draw_figures(info, [(0, STANDING)], index=number, pts=number * 1000))
    segments += film.finish()
    verify_film(b"".join(s.content for s in segments), range(0, 25_000, 1000), (160, 96))
    assert segments[-1].to_s == pytest.approx(5.0)
    assert len(segments) == 3


def test_media_needs_no_module_that_only_linux_has():
    blocked = (
        "import sys\nfor name in ('fcntl', 'resource', 'pwd', 'grp'): sys.modules[name] = None\n"
    )
    modules = sorted((Path(__file__).parents[1] / "src/yingbi/media").glob("[!_]*.py"))
    assert len(modules) > 10
    imports = "".join(f"import yingbi.media.{module.stem}\n" for module in modules)
    subprocess.run([sys.executable, "-c", blocked + imports], check=True, timeout=60)


def test_frames_that_went_by_are_let_go_at_once(tmp_path):
    path = make_film(tmp_path / "film", Recipe(rotation=90))
    gc.collect()
    gc.disable()
    try:
        with FilmReader(path) as reader:
            for frame in reader.frames():
                del frame
            held = sum(isinstance(one, av.VideoFrame) for one in gc.get_objects())
        assert held <= 2
    finally:
        gc.enable()
