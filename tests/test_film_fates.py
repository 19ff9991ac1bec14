"""What becomes of a film: every row where another tool fails, and that tool's result beside it.

The results of deface 1.5.0 were recorded when its behaviour was measured; they are text, so that
each row says what it is there for. What is written is read by Debian's ffmpeg.
"""

import re
import resource
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from film_fates import is_covered, kinds_of, masked, picture_of, probed, times_of
from films import face_film
from made_films import VFR, Recipe, make_film, picture_rgb, sound_packets
from yb import Yingbi
from yingbi.capture.inputs import find_inputs
from yingbi.errors import (
    BadInputError,
    CutOffError,
    SourceChangedError,
    UnsafeOutputError,
)
from yingbi.media.film import FilmReader

MS = Fraction(1, 1000)
MASTERING = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
HDR = Recipe(
    codec="libx265",
    pixel_format="yuv420p10le",
    colours=(1, 9, 16, 9),
    parameters=f"master-display={MASTERING}:max-cll=1000,400:hdr10=1",
)


@dataclass(frozen=True)
class Row:
    """One kind of film: its recipe, what deface makes of it, and what ffprobe must still say.

    size: as displayed. same: fields of the picture's track that stay.
    """

    recipe: Recipe
    deface: str
    size: tuple[int, int] = (160, 96)
    name: str = "film.mp4"
    same: tuple[str, ...] = ()


ROWS = {
    "sides not divisible by 16": Row(
        Recipe(size=(150, 108)), "rescaled to a multiple of 16: 1080 lines become 1088", (150, 108)
    ),
    "variable frame rate": Row(Recipe(pts=VFR, b_frames=2), "plays twice as long"),
    "HDR": Row(
        HDR, "8-bit 4:2:0 H.264, tags lost", same=("pix_fmt", "color_transfer", "color_primaries", "color_space")
    ),
    "10 bits": Row(Recipe(pixel_format="yuv420p10le"), "8 bits", same=("pix_fmt",)),
    "4:4:4 of odd size": Row(
        Recipe(pixel_format="yuv444p", size=(161, 97)), "4:2:0", (161, 97), same=("pix_fmt",)
    ),
    "4:2:2": Row(Recipe(pixel_format="yuv422p"), "4:2:0", same=("pix_fmt",)),
    "HEVC": Row(Recipe(codec="libx265"), "H.264", same=("codec_name",)),
    "VP9 in WebM": Row(
        Recipe(container="webm", codec="libvpx-vp9", clock=MS, pts=range(0, 800, 33)),
        "crashes and leaves a stub", name="film.webm", same=("codec_name",),
    ),
    "AV1": Row(Recipe(codec="libsvtav1"), "H.264", same=("codec_name",)),
    "MKV": Row(Recipe(container="matroska", clock=MS, pts=range(0, 800, 33)), "becomes MP4", name="film.mkv"),
    "wide pixels": Row(
        Recipe(pixel_aspect=Fraction(4, 3)), "square pixels", same=("sample_aspect_ratio",)
    ),
    "full range": Row(Recipe(colours=(2, 1, 1, 1)), "limited range", same=("color_range", "pix_fmt")),
    "colour tags": Row(
        Recipe(colours=(1, 6, 6, 6)), "tags lost", same=("color_space", "color_transfer", "color_primaries")
    ),
    "TS": Row(
        Recipe(container="mpegts", clock=Fraction(1, 90000), pts=range(0, 60060, 3003), b_frames=2),
        'skipped, with status 0', name="film.ts.mp4",
    ),
    "film without extension": Row(Recipe(), "skipped, with status 0", name="film"),
    "turned phone film": Row(Recipe(rotation=-90), "turned, and faces lying on their side are missed", (96, 160)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_is_printed(capfd):
    yield
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def displayed(film: Path) -> tuple[int, int]:
    """Return width and height as ffprobe's user would see them."""
    track = picture_of(film)
    turned = any(abs(one.get("rotation", 0)) == 90 for one in track.get("side_data_list", ()))
    size = (track["width"], track["height"])
    return size[::-1] if turned else size


@pytest.mark.parametrize("kind", ROWS)
def test_a_film_comes_out_as_it_went_in_but_for_what_is_covered(kind, tmp_path):
    row = ROWS[kind]
    source = make_film(tmp_path / "source", row.recipe)
    copy = tmp_path / row.name
    report = masked(source, copy)
    assert report.tally.frames == len(row.recipe.pts)
    assert times_of(copy) == times_of(source)
    assert displayed(copy) == displayed(source) == row.size
    before, after = picture_of(source), picture_of(copy)
    for field in row.same:
        assert after[field] == before[field], field
    assert is_covered(copy, row.size)
    assert not is_covered(source, row.size)


HDR_AV1 = (
    "mastering-display=G(0.265,0.690)B(0.150,0.060)R(0.680,0.320)WP(0.3127,0.3290)L(1000.0,0.0001)"
    ":content-light=1000,400"
)


@pytest.mark.parametrize(
    ("codec", "parameters"),
    [
        ("libx265", HDR.parameters),
        ("libx264", f"mastering-display={MASTERING}:cll=1000,400"),
        ("libsvtav1", HDR_AV1),
    ],
)
def test_hdr_films_still_say_on_which_screen_they_were_graded(codec, parameters, tmp_path):
    recipe = Recipe(codec=codec, pixel_format="yuv420p10le", parameters=parameters)
    source = make_film(tmp_path / "source", recipe)
    masked(source, tmp_path / "copy.mp4")
    with FilmReader(source) as before, FilmReader(tmp_path / "copy.mp4") as after:
        one, other = before.info.hdr, after.info.hdr
    assert one.light == other.light == (1000, 400)
    assert one.mastering is not None
    assert other.mastering is not None
    assert other.mastering.red == pytest.approx((34000, 16000), abs=1)
    assert other.mastering.green == pytest.approx(one.mastering.green, abs=1)
    assert other.mastering.blue == pytest.approx(one.mastering.blue, abs=1)
    assert other.mastering.white == pytest.approx(one.mastering.white, abs=1)
    assert other.mastering.brightest == one.mastering.brightest == 10_000_000
    if codec == "libx265":  # of the three, Debian's ffprobe reads this one
        assert light_of(tmp_path / "copy.mp4") == light_of(source)


def light_of(film: Path) -> dict[str, float]:
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1", "-show_frames", film],
        capture_output=True, check=True, timeout=60, text=True,
    ).stdout  # fmt: skip
    wanted = r"^((?:red|green|blue|white_point)_[xy]|(?:min|max)_luminance|max_content|max_average)=(.*)$"
    found = dict(re.findall(wanted, shown, re.MULTILINE))
    assert len(found) == 12, shown
    return {name: round(float(Fraction(value)), 3) for name, value in found.items()}


def with_extras(path: Path, container: str = "matroska", *, chapters: bool = True) -> Path:
    """Write a film with two sounds, subtitles, chapters, a font and titles; return its path."""
    target = av.open(str(path), "w", format=container)
    with target:
        target.metadata["title"] = "Anna at home"
        if chapters:
            target.set_chapters(
                [
                    {"id": n + 1, "start": n * 300, "end": n * 300 + 300, "time_base": MS, "metadata": {"title": name}}
                    for n, name in enumerate(("Annas kitchen", "Annas garden"))
                ]
            )  # fmt: skip
        picture = target.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 160, 96, "yuv420p"
        picture.codec_context.time_base = picture.time_base = MS
        picture.metadata["title"] = "Annas camera"
        sounds = [target.add_stream("aac", rate=44100, layout="mono") for _ in range(2)]
        words = target.add_mux_stream("mov_text" if container == "mp4" else "subrip")
        words.time_base = MS
        words.metadata["title"] = "Annas words"
        if container == "matroska":
            target.add_attachment("anna.txt", "text/plain", b"Annas address")
        for number in range(18):
            frame = av.VideoFrame.from_ndarray(picture_rgb(number, 160, 96), "rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number * 33, MS
            target.mux(picture.encode(frame))
        target.mux(picture.encode(None))
        for number, sound in enumerate(sounds):
            noise = np.random.default_rng(number).standard_normal((1, 26_000)).astype(np.float32)
            samples = av.AudioFrame.from_ndarray(noise * 0.1, "fltp", "mono")
            samples.sample_rate, samples.pts = 44100, 0
            target.mux(sound.encode(samples))
            target.mux(sound.encode(None))
        text = b"Hello, I am Anna"
        packet = av.Packet(len(text).to_bytes(2) + text if container == "mp4" else text)
        packet.stream, packet.time_base = words, MS
        packet.pts, packet.dts, packet.duration = 100, 100, 300
        target.mux(packet)
    return path


DEFACE_TRACKS = "subtitles lost; sound dropped unless asked for, then only the first track is kept"


def test_what_goes_with_a_film_is_dropped_and_reported(tmp_path):
    source = with_extras(tmp_path / "film.mkv")
    assert source.read_bytes().count(b"Anna") >= 7, DEFACE_TRACKS
    report = masked(source, tmp_path / "copy.mkv")
    assert kinds_of(tmp_path / "copy.mkv") == ["video"]
    assert b"Anna" not in (tmp_path / "copy.mkv").read_bytes()
    assert report.to_json()["dropped"] == {
        "audio": 2,
        "subtitle": 1,
        "attachment": 1,
        "chapter-name": 2,
    }


@pytest.mark.parametrize(("container", "ending"), [("matroska", "mkv"), ("mp4", "mp4")])
def test_what_goes_with_a_film_is_kept_on_request(container, ending, tmp_path):
    source = with_extras(tmp_path / "film", container)
    copy = tmp_path / f"copy.{ending}"
    keep = frozenset({"subtitles", "chapter-names"})
    report = masked(source, copy, audio="keep", keep=keep)
    assert [kind for kind in kinds_of(copy) if kind != "data"] == [
        "video",
        "audio",
        "audio",
        "subtitle",
    ]
    assert sound_packets(copy) == sound_packets(source), DEFACE_TRACKS
    with av.open(str(copy)) as film:
        (words,) = [bytes(p) for p in film.demux(subtitles=0) if p.size > 2]
    assert b"Hello, I am Anna" in words
    titles = [one["tags"]["title"] for one in probed(copy)["chapters"]]
    assert titles == ["Annas kitchen", "Annas garden"]
    assert times_of(copy) == times_of(source)
    assert "subtitle" not in report.to_json()["dropped"]
    assert b"camera" not in copy.read_bytes()


@pytest.mark.parametrize(("container", "ending"), [("matroska", "mkv"), ("mp4", "mp4")])
def test_chapters_keep_their_times_and_lose_their_names(container, ending, tmp_path):
    source, copy = with_extras(tmp_path / "film", container), tmp_path / f"copy.{ending}"
    masked(source, copy)
    before, after = probed(source)["chapters"], probed(copy)["chapters"]
    assert len(after) == 2
    for one, other in zip(before, after, strict=True):
        assert float(other["start_time"]) == pytest.approx(float(one["start_time"]), abs=0.001)
        assert float(other["end_time"]) == pytest.approx(float(one["end_time"]), abs=0.04)
    assert [one["tags"]["title"] for one in after] == ["1", "2"]
    assert b"Anna" not in copy.read_bytes()


@pytest.mark.parametrize(
    ("container", "codec", "sound", "ending"),
    [
        ("matroska", "libx264", "aac", "mkv"),
        ("webm", "libvpx-vp9", "libopus", "webm"),
        ("mov", "libx264", "pcm_s16le", "mov"),
        ("mpegts", "libx264", "aac", "mp4"),
        ("avi", "libx264", "libmp3lame", "mp4"),
    ],
)
def test_sound_is_kept_or_muted_in_every_container(container, codec, sound, ending, tmp_path):
    source = sounding(tmp_path / "film", container, codec, sound)
    kept, muted = tmp_path / f"kept.{ending}", tmp_path / f"muted.{ending}"
    masked(source, kept, audio="keep")
    masked(source, muted, audio="mute")
    (before,), (after,), (silent,) = map(sound_packets, (source, kept, muted))
    if container == "mpegts":  # the heads that a transport stream puts before AAC stay behind
        before = [(time, content[7:]) for time, content in before]
    assert [content for _, content in after] == [content for _, content in before]
    assert all(abs(a - b) <= MS for (a, _), (b, _) in zip(after, before, strict=True))
    assert silent[0][0] == pytest.approx(float(before[0][0]), abs=0.03)
    assert silent[-1][0] == pytest.approx(float(before[-1][0]), abs=0.06)
    assert loudness(kept) > 0.05
    assert loudness(muted) == 0
    for copy in (kept, muted):
        assert times_of(copy) == frame_times(source)


def frame_times(film: Path) -> list[Fraction]:
    with FilmReader(film) as reader:
        return [frame.pts * frame.time_base for frame in reader.frames()]


def sounding(path: Path, container: str, codec: str, sound: str) -> Path:
    """Write a second of film with a tone of the given kind; return its path."""
    with av.open(str(path), "w", format=container) as target:
        picture = target.add_stream(codec, rate=25)
        picture.width, picture.height, picture.pix_fmt = 160, 96, "yuv420p"
        rate = 48000 if sound == "libopus" else 44100
        voice = target.add_stream(sound, rate=rate, layout="mono")
        kind = voice.codec_context.format.name
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(picture_rgb(number, 160, 96), "rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            target.mux(picture.encode(frame))
        target.mux(picture.encode(None))
        tone = np.sin(np.arange(rate) * 0.06) * 0.5
        samples = tone.astype(np.float32)[None]
        if kind.startswith("s"):
            whole = {"s16": np.int16, "s32": np.int32}[kind[:3]]
            samples = (samples * np.iinfo(whole).max).astype(whole)
        frame = av.AudioFrame.from_ndarray(samples, kind, "mono")
        frame.sample_rate, frame.pts = rate, 0
        target.mux(voice.encode(frame))
        target.mux(voice.encode(None))
    return path


def loudness(film: Path) -> float:
    shown = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", film, "-vn", "-f", "f32le", "-"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return float(np.abs(np.frombuffer(shown.stdout, np.float32)).max(initial=0))


def test_an_mp4_can_be_played_from_its_beginning(tmp_path):
    source = make_film(tmp_path / "film.mp4", Recipe(sound_tracks=1))
    masked(source, tmp_path / "copy.mp4", audio="keep")
    content = (tmp_path / "copy.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert source.read_bytes().index(b"moov") > source.read_bytes().index(b"mdat")


FRAGMENTS = (("movflags", "frag_keyframe+empty_moov+delay_moov"),)
CUT = {
    "MP4": (Recipe(options=(("movflags", "faststart"),)), "cut.mp4", True),
    "MP4 in fragments": (Recipe(options=FRAGMENTS, encoder=(("g", "6"),)), "cut.mp4", False),
    "MKV": (Recipe(container="matroska", clock=MS, pts=range(0, 800, 33)), "cut.mkv", True),
    "WebM": (
        Recipe(container="webm", clock=MS, pts=range(0, 800, 33), codec="libvpx-vp9"), "cut.webm", True
    ),
    "TS": (
        Recipe(container="mpegts", clock=Fraction(1, 90000), pts=range(0, 60060, 3003)), "cut.mp4", False
    ),
    "AVI": (
        Recipe(container="avi", clock=Fraction(1, 30), pts=range(24)), "cut.mp4", False
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CUT)
def test_a_film_that_breaks_off_is_refused_and_can_be_salvaged(kind, tmp_path):
    recipe, name, stated = CUT[kind]
    whole = make_film(tmp_path / "whole", recipe)
    content = whole.read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(content[: len(content) * 7 // 10 - 1])
    with pytest.raises(CutOffError, match="--salvage"):
        masked(cut, tmp_path / name)
    assert not (tmp_path / name).exists(), "deface skips it, with status 0"
    report = masked(cut, tmp_path / name, salvage=True)
    times, before = times_of(tmp_path / name), frame_times(whole)
    assert 3 <= len(times) < len(before)
    assert times == before[: len(times)]
    assert is_covered(tmp_path / name, (160, 96))
    assert report.copy is not None
    assert report.copy.broken
    if stated:
        assert report.copy.lost_s == pytest.approx(float(before[-1] - times[-1]), abs=0.05)
    else:
        assert report.copy.lost_s is None


def test_a_whole_film_loses_nothing_when_it_is_salvaged(tmp_path):
    source = make_film(tmp_path / "film.mp4", Recipe(sound_tracks=1))
    report = masked(source, tmp_path / "copy.mp4", salvage=True)
    assert "lost_s" not in report.to_json()
    assert len(times_of(tmp_path / "copy.mp4")) == report.tally.frames == 24


def test_the_command_says_what_is_lost_with_a_status_of_its_own(tmp_path):
    film = face_film(tmp_path / "film.mp4", seconds=1)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", film, "-c", "copy", "-movflags", "faststart", tmp_path / "fast.mp4"],
        check=True,
    )  # fmt: skip
    content = (tmp_path / "fast.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) * 7 // 10])
    yingbi = Yingbi(tmp_path)
    refused = yingbi("mask", "cut.mp4", "-o", "out.mp4", "--targets", "face", status=65)
    assert refused.err.count("\n") == 1
    assert "--salvage" in refused.err
    answer = yingbi("mask", "cut.mp4", "-o", "out.mp4", "--targets", "face", "--salvage", status=3)
    assert re.search(r"breaks off after \d+ frames; 0\.\d s are lost\n$", answer.err)


def test_the_command_names_what_was_dropped_and_what_it_became(tmp_path):
    source = with_extras(tmp_path / "film.mkv")
    make_film(tmp_path / "clip.ts", ROWS["TS"].recipe)
    yingbi = Yingbi(tmp_path)
    answer = yingbi("mask", source, "-o", "out.mkv", "--targets", "face")
    assert "1 subtitle track, 2 names of chapters dropped, keep them with --keep" in answer.out
    told = yingbi("mask", "clip.ts", "-o", "out/", "--targets", "face")
    assert "written as MP4 (H.264)" in told.out
    assert (tmp_path / "out" / "clip.ts.mp4").is_file()
    wrong = yingbi("mask", source, "-o", "x.mkv", "--keep", "everything", status=2)
    assert "subtitles, data, chapter-names" in wrong.err


@pytest.mark.parametrize("container", ["matroska", "webm", "mpegts"])
def test_a_name_that_promises_another_container_is_refused(container, tmp_path):
    codec = "libvpx-vp9" if container == "webm" else "libx264"
    source = make_film(
        tmp_path / "film", Recipe(container=container, codec=codec, clock=MS, pts=range(0, 800, 33))
    )
    name = "copy.ts" if container == "mpegts" else "copy.mp4"
    with pytest.raises(UnsafeOutputError):
        masked(source, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_missing_file_and_two_inputs_for_one_output_do_nothing_and_say_so(tmp_path):
    """deface skips a missing file with status 0; its second of two inputs replaces the first."""
    yingbi = Yingbi(tmp_path)
    assert yingbi("mask", "no.mp4", "-o", "out.mp4", status=66).err.count("\n") == 1
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        make_film(tmp_path / folder / "film.mkv", ROWS["MKV"].recipe)
    yingbi("mask", "a/film.mkv", "b/film.mkv", "-o", "out", status=2)
    assert not (tmp_path / "out").exists()


def test_a_film_of_300_tracks_is_masked_and_every_one_of_them_dropped(tmp_path):
    source = tmp_path / "film.mkv"
    with av.open(str(source), "w", format="matroska") as target:
        picture = target.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 160, 96, "yuv420p"
        words = [target.add_mux_stream("subrip") for _ in range(299)]
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(picture_rgb(number, 160, 96), "rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            target.mux(picture.encode(frame))
        target.mux(picture.encode(None))
        for word in words:
            packet = av.Packet(b"hello")
            packet.stream, packet.time_base = word, MS
            packet.pts, packet.dts, packet.duration = 0, 0, 100
            target.mux(packet)
    report = masked(source, tmp_path / "copy.mkv")
    assert report.to_json()["dropped"] == {"subtitle": 299}
    masked(source, tmp_path / "kept.mkv", keep=frozenset({"subtitles"}))
    assert len(kinds_of(tmp_path / "kept.mkv")) == 300


def test_a_film_that_grows_while_it_is_read_is_refused(tmp_path):
    source = make_film(tmp_path / "film.ts", ROWS["TS"].recipe)
    packets = source.read_bytes()[-188 * 4 :]
    with FilmReader(source) as reader:
        frames = reader.frames()
        next(frames)
        with source.open("ab") as file:
            file.write(packets)
        with pytest.raises(SourceChangedError):
            list(frames)
    with FilmReader(source) as reader:
        assert next(reader.frames()), "it is readable as such"


@pytest.mark.parametrize("where", ["container", "picture"])
def test_a_film_that_declares_more_pixels_than_anybody_films_allocates_nothing_for_them(
    where, tmp_path
):
    """60000 by 60000, once in WebM's own words, once in the bits of the VP9 frame."""
    recipe = Recipe(
        container="webm", clock=MS, codec="libvpx-vp9", size=(400, 300), pts=range(0, 300, 33)
    )
    source = make_film(tmp_path / "film.webm", recipe)
    content = source.read_bytes()
    if where == "container":
        for old, new in (
            (b"\xb0\x82\x01\x90", b"\xb0\x82\xea\x60"),
            (b"\xba\x82\x01\x2c", b"\xba\x82\xea\x60"),
        ):
            assert content.count(old) == 1
            content = content.replace(old, new)
    else:
        place = content.index(b"\x49\x83\x42") + 3
        head = int.from_bytes(
            content[place : place + 5]
        )  # 4 bits of colour, then the sides less one
        assert (head >> 20 & 0xFFFF, head >> 4 & 0xFFFF) == (399, 299)
        bomb = (head >> 36 << 36) | (59_999 << 20) | (59_999 << 4) | (head & 0xF)
        content = content[:place] + bomb.to_bytes(5) + content[place + 5 :]
    source.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if where == "container":  # nobody believes it: the picture's own bits count
        masked(source, tmp_path / "copy.webm")
        assert displayed(tmp_path / "copy.webm") == (400, 300)
    else:
        with pytest.raises(BadInputError):
            masked(source, tmp_path / "copy.webm")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 500_000, "kilobytes; one such frame has 5 million"


def test_data_tracks_are_dropped_and_reported(tmp_path):
    """A camera's track of places and movements, as MP4 holds it: tag gpmd."""
    source = with_data(tmp_path / "film.mp4")
    assert b"N48.1 E11.5" in source.read_bytes()
    report = masked(source, tmp_path / "copy.mp4")
    assert report.to_json()["dropped"] == {"data": 1}
    assert b"N48.1 E11.5" not in (tmp_path / "copy.mp4").read_bytes()
    kept = masked(source, tmp_path / "kept.mp4", keep=frozenset({"data"}))
    assert "data" not in kept.to_json()["dropped"]
    assert b"N48.1 E11.5" in (tmp_path / "kept.mp4").read_bytes()


def with_data(path: Path) -> Path:
    """Write a film with a data track; libav writes it as private data, and the tag is set after."""
    with av.open(str(path), "w", format="mp4") as target:
        picture = target.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 160, 96, "yuv420p"
        words = target.add_mux_stream("mov_text")
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(picture_rgb(number, 160, 96), "rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            target.mux(picture.encode(frame))
        target.mux(picture.encode(None))
        packet = av.Packet(b"GPS5 N48.1 E11.5")
        packet.stream, packet.time_base = words, MS
        packet.pts, packet.dts, packet.duration = 0, 0, 100
        target.mux(packet)
    content = path.read_bytes()
    for old, new in ((b"tx3g", b"gpmd"), (b"sbtl", b"meta")):
        assert old in content
        content = content.replace(old, new)
    path.write_bytes(content)
    return path


FOREIGN = {
    "VP8 with hidden frames": (
        "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 300k -f webm", "copy.webm", "VP9"
    ),
    "VP9 of 10 bits": ("-c:v libvpx-vp9 -pix_fmt yuv420p10le -b:v 300k -f webm", "copy.webm", "AV1"),
    "AV1 4:4:4": ("-c:v libaom-av1 -cpu-used 8 -pix_fmt yuv444p -f matroska", "copy.mkv", "VP9"),
    "a live recording without sizes": ("-c:v libx264 -f matroska -live 1", "copy.mkv", "H.264"),
    "interlaced MPEG-2": ("-c:v mpeg2video -flags +ildct+ilme -q:v 3 -f mpegts", "copy.mp4", "H.264"),
    "a DVD": ("-c:v mpeg2video -q:v 3 -f vob", "copy.mp4", "H.264"),
    "a camcorder's packets of 192 bytes": ("-c:v libx264 -f mpegts -mpegts_m2ts_mode 1", "copy.mp4", "H.264"),
    "MJPEG of odd size": ("-vf scale=161:91 -c:v mjpeg -q:v 3 -f avi", "copy.mp4", "MJPEG"),
    "an open group of pictures": (
        "-c:v libx265 -x265-params log-level=none:open-gop=1 -g 10 -f mpegts", "copy.mp4", "HEVC"
    ),
    "a clock that has run for eleven hours": (
        "-c:v libx264 -output_ts_offset 40000 -f mpegts", "copy.mp4", "H.264"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_films_that_other_encoders_wrote_keep_every_time(kind, tmp_path):
    how, name, codec = FOREIGN[kind]
    source, copy = tmp_path / "source", tmp_path / name
    made = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25:duration=1"]
    subprocess.run([*made, *how.split(), source], check=True, timeout=60)
    report = masked(source, copy)
    assert report.copy is not None
    assert report.copy.codec == codec
    assert times_of(copy) == times_of(source)
    before, after = picture_of(source), picture_of(copy)
    for field in ("width", "height", "pix_fmt"):
        assert after[field] == before[field], field


def test_what_somebody_wrote_between_the_frames_is_gone(tmp_path):
    film = make_film(tmp_path / "film.mp4")
    words = "h264_metadata=sei_user_data=086f3693-b7b3-4f2c-9653-21492feee5b8+Annas address"
    source = tmp_path / "source.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", film, "-c", "copy", "-bsf:v", words, source], check=True
    )
    assert b"Annas address" in source.read_bytes()
    masked(source, tmp_path / "copy.mp4")
    assert b"Annas address" not in (tmp_path / "copy.mp4").read_bytes()


def test_the_sound_of_a_film_that_breaks_off_ends_with_it(tmp_path):
    whole = make_film(
        tmp_path / "whole", Recipe(pts=range(0, 60_000, 1001), sound_tracks=1, options=(("movflags", "faststart"),))
    )  # fmt: skip
    content = whole.read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    masked(tmp_path / "cut", tmp_path / "copy.mp4", salvage=True, audio="keep")
    (kept,), (before,) = sound_packets(tmp_path / "copy.mp4"), sound_packets(whole)
    assert 5 < len(kept) < len(before)
    assert kept == before[: len(kept)]
    assert kept[-1][0] <= times_of(tmp_path / "copy.mp4")[-1] + Fraction(1, 20)


def test_a_folders_films_are_found_by_content_and_texts_are_not(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, kind in (
        ("a", "MKV"),
        ("b", "VP9 in WebM"),
        ("c", "TS"),
        ("d", "variable frame rate"),
    ):
        make_film(folder / name, ROWS[kind].recipe)
    (folder / "letter").write_text("The free mdat of a letter. " * 100)
    found = [item.path.name for item in find_inputs([folder])]
    assert found == ["a", "b", "c", "d"]
