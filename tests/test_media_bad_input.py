"""Bad input gets one clear error of the right kind: nothing is guessed, dropped or printed."""

import contextlib
import io
import os
import shutil
import struct
import tempfile
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from made_films import Recipe, make_film, picture_rgb
from yingbi.errors import (
    BadInputError,
    CannotCreateError,
    CutOffError,
    EmptyInputError,
    NoPictureError,
    NoSuchInputError,
    NotMediaError,
    UnreadableInputError,
    UnsupportedMediaError,
    YingbiError,
)
from yingbi.media.film import FilmReader
from yingbi.media.film_writer import FilmWriter
from yingbi.media.heic import heic_reader
from yingbi.media.made_at import made_at
from yingbi.media.output import new_file
from yingbi.media.probe import probe
from yingbi.media.still import encode_still, encode_stills, read_still, read_stills
from yingbi.media.still_origin import MAX_PIXELS

FASTSTART = (("movflags", "faststart"),)


@pytest.fixture(autouse=True)
def nothing_is_printed(capfd):
    yield
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("films")
    return make_film(folder / "film", Recipe(b_frames=2)).read_bytes()


@pytest.fixture(scope="module")
def fast_film(tmp_path_factory) -> bytes:
    """A film whose index (moov) stands before its content (mdat)."""
    folder = tmp_path_factory.mktemp("films")
    content = make_film(folder / "film", Recipe(b_frames=2, options=FASTSTART)).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    return content


def use(path: Path) -> None:
    """Do with an input what the program does: probe it, and read all of it."""
    source = probe(path)
    if source.kind == "still":
        encode_stills(read_stills(path))
        return
    with FilmReader(path) as reader:
        for _ in reader.frames():
            pass


def put(folder: Path, content: bytes, name: str = "input.mp4") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_the_good_films_are_good(film, fast_film, tmp_path):
    use(put(tmp_path, film))
    use(put(tmp_path, fast_film))


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(NoSuchInputError):
        use(tmp_path / "nothing.mp4")
    (tmp_path / "dangling").symlink_to("nothing")
    with pytest.raises(NoSuchInputError):
        use(tmp_path / "dangling")


@pytest.mark.parametrize("name", ["a.mp4", "a.jpg", "a.png", "a"])
def test_an_empty_file(name, tmp_path):
    with pytest.raises(EmptyInputError):
        use(put(tmp_path, b"", name))


@pytest.mark.parametrize(
    "content",
    [
        b"hello, this is text\n" * 50,
        b"x",
        b"\0" * 5000,
        b"\xff\xd8 not quite",
        b"%PDF-1.7\n",
        b"\x7fELF",
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.jpg"])
def test_text_and_other_files_with_a_films_name(content, name, tmp_path):
    with pytest.raises(NotMediaError):
        use(put(tmp_path, content, name))


def test_a_folder_a_pipe_a_device_and_a_loop_of_links(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "loop"):
        with pytest.raises(UnreadableInputError):
            use(path)


@pytest.fixture
def as_nobody():
    """Root may read everything: what is tested runs as an ordinary user."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    yield
    os.seteuid(own)


@pytest.fixture
def open_folder():
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_file_without_permission(film, open_folder, request):
    closed, readable = put(open_folder, film, "closed"), put(open_folder, film, "readable")
    closed.chmod(0)
    readable.chmod(0o644)
    request.getfixturevalue("as_nobody")
    use(readable)
    with pytest.raises(UnreadableInputError):
        use(closed)


def test_an_output_folder_without_permission(open_folder, request):
    open_folder.chmod(0o555)
    request.getfixturevalue("as_nobody")
    with (
        pytest.raises(CannotCreateError, match="may not be written"),
        new_file(open_folder / "out", force=False),
    ):
        pytest.fail("the block must not be entered")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99, 1.0])
def test_a_film_cut_off_anywhere(share, film, fast_film, tmp_path):
    for content in (film, fast_film):
        cut = content[: min(int(len(content) * share), len(content) - 1)]
        with pytest.raises(CutOffError):
            use(put(tmp_path, cut))


def test_a_film_without_its_index(film, tmp_path):
    with pytest.raises(CutOffError, match="index"):
        use(put(tmp_path, film[: film.index(b"moov") - 4]))


@pytest.mark.parametrize("where", ["inside a frame", "between two frames"])
def test_a_film_of_which_only_the_content_is_cut(where, fast_film, tmp_path):
    """The content's box is made to fit, so that only missing frames can tell."""
    with av.open(io.BytesIO(fast_film)) as container:
        frame_starts = sorted(p.pos for p in container.demux(video=0) if p.size)
    end = frame_starts[-5] + (10 if where == "inside a frame" else 0)
    place = fast_film.index(b"mdat") - 4
    shorter = fast_film[:place] + (end - place).to_bytes(4) + fast_film[place + 4 : end]
    with pytest.raises(CutOffError):
        use(put(tmp_path, shorter))


def test_most_single_flipped_bytes_of_the_picture_are_noticed(film, tmp_path):
    """Not all can be: the stream has no checksum, and some flips decode to another picture."""
    start, end = film.index(b"mdat") + 800, film.index(b"moov") - 4
    numbers = np.random.default_rng(5)
    noticed = 0
    for _ in range(40):
        content = bytearray(film)
        content[int(numbers.integers(start, end))] ^= int(numbers.integers(1, 256))
        try:
            use(put(tmp_path, bytes(content)))
        except CutOffError:
            noticed += 1
    assert noticed >= 20


@pytest.mark.parametrize("name", ["film", "fast_film"])
def test_a_film_with_damaged_frames(name, request, tmp_path):
    content = bytearray(request.getfixturevalue(name))
    place = content.index(b"mdat")
    middle = place + 40_000
    content[middle : middle + 600] = bytes(np.random.default_rng(1).integers(0, 256, 600, np.uint8))
    with pytest.raises(CutOffError):
        use(put(tmp_path, bytes(content)))


@pytest.mark.parametrize("lost", [(0,), (20,), (0, 1, 2, 3)])
@pytest.mark.parametrize("way", ["replaced", "left out"])
def test_a_film_of_which_packets_are_lost(lost, way, film, tmp_path):
    """A packet without a picture stands for lost ones; left out, the frames after refer to nothing."""
    source_path, path = put(tmp_path, film, "source"), tmp_path / "film"
    delimiter = b"\0\0\0\2\x09\xf0"
    with av.open(str(source_path)) as source, av.open(str(path), "w", format="mp4") as target:
        track = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if not packet.size or (way == "left out" and number in lost and number != 20):
                continue
            given = av.Packet(delimiter) if number in lost else packet
            given.pts, given.dts, given.time_base = packet.pts, packet.dts, packet.time_base
            given.stream = track
            target.mux(given)
    with pytest.raises(CutOffError):
        use(path)


def test_a_head_and_then_garbage(film, tmp_path):
    garbage = bytes(np.random.default_rng(2).integers(0, 256, 30_000, np.uint8))
    with pytest.raises(CutOffError):
        use(put(tmp_path, film[: film.index(b"mdat") - 4] + garbage))
    head = film[: int.from_bytes(film[:4])]
    with pytest.raises(CutOffError):
        use(put(tmp_path, head + garbage))
    with pytest.raises(CutOffError):
        use(put(tmp_path, head))


def test_padding_after_the_last_box_is_no_damage(film, tmp_path):
    use(put(tmp_path, film + bytes(512)))


def test_a_film_with_sound_alone(tmp_path):
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=44100, layout="mono")
        for start in range(0, 44100, 1024):
            samples = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, start
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    with pytest.raises(NoPictureError):
        use(path)
    with pytest.raises(NoPictureError):
        use(put(tmp_path, b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "sound.mp4"))


def test_a_film_of_no_frames(tmp_path):
    with pytest.raises(NoPictureError):
        use(make_film(tmp_path / "film", Recipe(pts=(), sound_tracks=1)))


def test_a_film_of_a_codec_that_is_not_known_is_named_and_refused(tmp_path):
    with pytest.raises(UnsupportedMediaError, match="ffv1"):
        use(make_film(tmp_path / "film.mkv", Recipe(container="matroska", codec="ffv1")))


@pytest.mark.parametrize(
    "matrix",
    [
        (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30),
        (46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30),
    ],
)
def test_a_mirrored_or_slanted_film_is_refused(matrix, tmp_path):
    with pytest.raises(UnsupportedMediaError, match="mirrored"):
        use(make_film(tmp_path / "film", Recipe(matrix=matrix)))


def test_two_picture_tracks_are_refused(tmp_path):
    path = tmp_path / "film"
    with av.open(str(path), "w", format="mp4") as container:
        for _ in range(2):
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for stream in container.streams.video:
            frame = av.VideoFrame.from_ndarray(picture_rgb(0, 64, 64), "rgb24")
            frame.pts = 0
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
            container.mux(stream.encode(None))
    with pytest.raises(UnsupportedMediaError, match="more than one"):
        use(path)


def test_a_film_that_changes_its_size_is_refused(tmp_path):
    """Two films joined packet by packet, the second with its own parameter sets in band."""
    one = make_film(tmp_path / "one", Recipe(pts=range(0, 5000, 1000)))
    path = tmp_path / "film"
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 96, 64, "yuv420p"
    encoder.time_base = Recipe().clock
    encoder.options = {"x264-params": "annexb=0:repeat-headers=1", "tune": "zerolatency"}
    with av.open(str(one)) as source, av.open(str(path), "w", format="mp4") as target:
        track = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = track
                target.mux(packet)
        picture = av.VideoFrame.from_ndarray(picture_rgb(0, 96, 64), "rgb24")
        frame = picture.reformat(format="yuv420p")
        frame.pts, frame.time_base = 5000, Recipe().clock
        for packet in encoder.encode(frame) + encoder.encode(None):
            packet.stream = track
            target.mux(packet)
    with pytest.raises(BadInputError):
        use(path)


def test_sound_that_an_mp4_cannot_hold_is_refused_when_it_is_to_be_kept(tmp_path):
    path = tmp_path / "film.mov"
    with av.open(str(path), "w", format="mov") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("adpcm_ima_qt", rate=44100, layout="mono")
        picture = av.VideoFrame.from_ndarray(picture_rgb(0, 64, 64), "rgb24")
        picture.pts = 0
        container.mux(stream.encode(picture.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 640), np.int16), "s16p", "mono")
        samples.sample_rate, samples.pts = 44100, 0
        container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    with FilmReader(path) as reader:
        with pytest.raises(UnsupportedMediaError, match="sound"):
            FilmWriter(io.BytesIO(), reader.info, crf=23, audio="keep", source=path)
        FilmWriter(io.BytesIO(), reader.info, crf=23, audio="mute", source=path)


def saved(folder: Path, kind: str, **options: object) -> bytes:
    heic_reader(folder)  # from here on Pillow knows HEIF
    sink = io.BytesIO()
    Image.fromarray(picture_rgb(0, 120, 90)).save(sink, kind, **options)
    return sink.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 1.0])
def test_a_still_cut_off_anywhere(kind, share, tmp_path):
    content = saved(tmp_path, kind)
    with pytest.raises(CutOffError):
        use(put(tmp_path, content[: min(int(len(content) * share), len(content) - 2)]))


def test_a_progressive_jpeg_that_lacks_its_last_scan(tmp_path):
    content = saved(tmp_path, "JPEG", progressive=True)
    with pytest.raises(CutOffError):
        use(put(tmp_path, content[: content.rindex(b"\xff\xda")]))


def test_a_thumbnails_end_is_not_the_pictures_end(tmp_path):
    small = saved(tmp_path, "JPEG")
    content = saved(tmp_path, "JPEG", comment=small[:3000])
    assert content.count(b"\xff\xd8\xff") == 2
    with pytest.raises(CutOffError):
        use(put(tmp_path, content[:-2]))


def test_bytes_after_a_jpegs_end_are_left_out(tmp_path):
    content = saved(tmp_path, "JPEG")
    path = put(tmp_path, content + saved(tmp_path, "JPEG", quality=30) + b"trailer of a maker")
    written = encode_still(read_still(path))
    assert b"trailer" not in written
    assert written.count(b"\xff\xd8\xff") == 1


def test_a_png_with_a_wrong_checksum(tmp_path):
    content = bytearray(saved(tmp_path, "PNG"))
    content[content.index(b"IDAT") + 40] ^= 1
    with pytest.raises(CutOffError):
        use(put(tmp_path, bytes(content)))


def test_an_animated_png_is_refused(tmp_path):
    second = Image.fromarray(picture_rgb(9, 120, 90))
    content = saved(tmp_path, "PNG", save_all=True, append_images=[second])
    with pytest.raises(UnsupportedMediaError, match="animated"):
        use(put(tmp_path, content))


def png(width: int, height: int, depth: int, colour: int, data: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in chunks
    )


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    assert MAX_PIXELS < 60_000 * 60_000
    with pytest.raises(UnsupportedMediaError, match="pixels"):
        use(put(tmp_path, png(60_000, 60_000, 8, 2, bytes(1000))))
    with pytest.raises(UnsupportedMediaError, match="pixels"):
        read_still(put(tmp_path, png(60_000, 60_000, 8, 2, bytes(1000))))


@pytest.mark.parametrize(
    ("kind", "head"),
    [("HEIC", b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc"), ("JPEG XL", b"\xff\x0a" + bytes(40))],
)
def test_pictures_of_other_kinds_are_named_and_refused(kind, head, tmp_path):
    with pytest.raises(UnsupportedMediaError, match="(?i)" + kind):
        use(put(tmp_path, head + bytes(500), "a.jpg"))


def test_unreadable_exif_is_no_reason_to_refuse_a_picture(tmp_path):
    path = put(tmp_path, saved(tmp_path, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage"))
    use(path)
    assert made_at(path) is None


@pytest.mark.parametrize(("zone", "told"), [("+00:00", True), ("-12:00", False)])
def test_a_time_of_which_no_calendar_has_the_day_in_utc_is_none(tmp_path, zone, told):
    exif = Image.Exif()
    exif[0x8769] = {0x9003: "9999:12:31 23:59:59", 0x9011: zone}
    path = put(tmp_path, saved(tmp_path, "JPEG", exif=exif), "a.jpg")
    assert (made_at(path) is not None) == told


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_whatever_gives_anything_but_a_picture_or_a_known_error(data, tmp_path_factory):
    """Any byte may change and any tail be lost: the answer is a known error, or the whole film."""
    folder = tmp_path_factory.mktemp("damage")
    kinds = ["film", "JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "GIF"]
    kind = data.draw(st.sampled_from(kinds))
    content = bytearray(small_film(folder) if kind == "film" else saved(folder, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(1, len(content))))
    path = put(folder, bytes(content[:end]))
    with contextlib.suppress(YingbiError):
        use(path)


_MADE: dict[str, bytes] = {}


def small_film(folder: Path) -> bytes:
    if "film" not in _MADE:
        recipe = Recipe(pts=range(0, 6000, 1001), size=(64, 48), b_frames=1)
        _MADE["film"] = make_film(folder / "small", recipe).read_bytes()
    return _MADE["film"]
