"""Any frame at any time: the same as whoever reads the whole film gets, and at the same place."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from made_films import Recipe, make_film, picture_rgb
from test_film_fates import FOREIGN, ROWS
from test_film_kinds import KINDS
from test_media import FILMS
from yingbi.domain.frame import Frame
from yingbi.errors import CutOffError, NotMediaError, SourceChangedError
from yingbi.media import places, seek_decoder, seeker
from yingbi.media.film import FilmReader
from yingbi.media.jpeg_view import jpeg_of
from yingbi.media.seeker import FilmSeeker
from yingbi.media.still import read_stills
from yingbi.media.upright import upright_rgb

MADE = (
    {name: recipe for name, (recipe, _, _) in KINDS.items()}
    | {name: row.recipe for name, row in ROWS.items()}
    | FILMS
)
WAYS = {
    "H.264 with open groups": "-c:v libx264 -g 12 -bf 3 -x264-params open-gop=1:b-pyramid=normal",
    "H.264 that is refreshed bit by bit": "-c:v libx264 -g 12 -bf 0 -x264-params intra-refresh=1",
    "H.264 of one group": "-c:v libx264 -g 999 -bf 3",
    "H.264 of key frames alone": "-c:v libx264 -g 1",
    "HEVC with open groups": "-c:v libx265 -g 12 -x265-params log-level=none:open-gop=1:b-pyramid=1",
    "MPEG-2 with open groups": "-c:v mpeg2video -q:v 3 -bf 2 -g 12",
    "MPEG-4 with B-frames": "-c:v mpeg4 -q:v 3 -bf 2 -g 12",
    "VP9": "-c:v libvpx-vp9 -g 12 -deadline realtime -cpu-used 8",
    "AV1": "-c:v libsvtav1 -g 12 -preset 12",
}
FRAGMENTS = "mp4 -movflags +frag_keyframe+empty_moov"
H264 = ("mp4", "matroska", "mpegts", "avi", FRAGMENTS)
CONTAINERS = dict.fromkeys(WAYS, H264) | {
    "HEVC with open groups": ("mov", "matroska", "mpegts", FRAGMENTS),
    "MPEG-2 with open groups": ("mov", "matroska", "mpegts", "vob", "avi"),
    "VP9": ("mp4", "webm", FRAGMENTS),
    "AV1": ("mp4", "webm", FRAGMENTS),
}
CODED = [(name, container) for name, kinds in CONTAINERS.items() for container in kinds]


@pytest.fixture(autouse=True)
def nothing_is_printed(capfd):
    yield
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def told(frame: Frame) -> tuple:
    """Return all that is asked of a frame: its place, its planes, and what it is seen as."""
    planes = [np.ascontiguousarray(plane.samples).tobytes() for plane in frame.planes]
    seen = upright_rgb(frame, *frame.size).tobytes()
    return frame.index, frame.pts, frame.time_base, frame.size, planes, seen


def read(path: Path) -> list[tuple]:
    with FilmReader(path, 0) as reader:
        return [told(frame) for frame in reader.frames()]


def foreign(path: Path, how: str, seconds: float = 2.4) -> Path:
    source = f"testsrc2=size=160x96:rate=25:duration={seconds}"
    made = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"]
    subprocess.run([*made, *how.split(), path], check=True, timeout=60)
    return path


def must_be_the_readers(path: Path, threads: int = 0) -> None:
    """Fail unless every frame is the reader's, in any order and in both directions."""
    frames = read(path)
    order = np.random.default_rng(110).permutation(len(frames)).tolist()
    with FilmReader(path) as reader, FilmSeeker(path, threads) as film:
        assert film.info == reader.info
        assert film.times == [frame[1] for frame in frames]
        for index in order:
            assert told(film.frame(index)) == frames[index], index
        middle = len(frames) // 2
        assert list(map(told, film.walk(middle))) == frames[middle:]
        assert list(map(told, film.walk(middle, -1))) == frames[middle::-1]
        with pytest.raises(IndexError):
            film.frame(len(frames))
        with pytest.raises(IndexError):
            film.frame(-1)


@pytest.mark.parametrize("name", MADE)
def test_every_frame_of_every_kind_of_film_is_the_one_that_a_reader_gives(name, tmp_path):
    recipe = MADE[name]
    keyed = replace(recipe, key_every=6) if recipe.codec in {"libx264", "mpeg2video"} else recipe
    must_be_the_readers(make_film(tmp_path / "film", keyed))


@pytest.mark.parametrize("kind", FOREIGN)
def test_every_frame_of_films_that_other_encoders_wrote(kind, tmp_path):
    must_be_the_readers(foreign(tmp_path / "film", f"-g 8 {FOREIGN[kind][0]}"))


@pytest.mark.parametrize(("name", "container"), CODED)
def test_every_frame_of_many_groups_in_every_container(name, container, tmp_path):
    must_be_the_readers(foreign(tmp_path / "film", f"{WAYS[name]} -f {container}"))


def test_parts_of_a_film_that_an_edit_list_hides_are_not_counted(tmp_path):
    whole = make_film(
        tmp_path / "whole", Recipe(pts=range(0, 30_000, 1000), b_frames=2, key_every=12)
    )
    trimmed = tmp_path / "trimmed"
    with av.open(str(whole)) as source, av.open(str(trimmed), "w", format="mp4") as target:
        track = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - 5000, packet.dts - 5000, track
                target.mux(packet)
    assert len(read(trimmed)) == 25
    must_be_the_readers(trimmed)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_do_not_change_what_is_seen(threads, tmp_path):
    must_be_the_readers(foreign(tmp_path / "film", f"{WAYS['H.264 of one group']} -f mp4"), threads)


def test_a_decoder_that_no_container_leads_goes_from_the_films_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr(seek_decoder, "FARTHER_S", ())
    for number, name in enumerate(("H.264 with open groups", "MPEG-2 with open groups")):
        film = foreign(tmp_path / str(number), f"{WAYS[name]} -f mpegts")
        must_be_the_readers(film)


def test_a_film_larger_than_what_is_held_is_walked_through_backwards_in_pieces(
    tmp_path, monkeypatch
):
    film = foreign(tmp_path / "film", f"{WAYS['H.264 of one group']} -f mp4")
    monkeypatch.setattr(seeker, "MOST_HELD", 160 * 96 * 3 // 2 * 7)
    must_be_the_readers(film)


def test_a_wave_that_is_taken_for_a_key_frame_is_noticed(tmp_path, monkeypatch):
    """The control: what is compared here does tell a picture that is not whole yet."""
    film = foreign(tmp_path / "film", f"{WAYS['H.264 that is refreshed bit by bit']} -f mp4", 3)
    must_be_the_readers(film)
    monkeypatch.setattr(seek_decoder, "begins_a_wave", lambda *_: False)
    with pytest.raises(AssertionError):
        must_be_the_readers(film)


def test_of_an_mp4_nothing_but_the_index_is_read_to_find_the_frames(tmp_path):
    path = foreign(tmp_path / "film", f"{WAYS['H.264 of key frames alone']} -f mp4")

    class Counting(io.FileIO):
        taken = 0

        def read(self, size=-1, /):
            found = super().read(size)
            Counting.taken += len(found)
            return found

    with FilmReader(path) as reader, Counting(path) as file:
        found = places.places_of(file, path, reader.info)
    assert len(found.times) == 60
    assert Counting.taken < path.stat().st_size / 10


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "TIFF"])
def test_a_still_is_a_film_of_its_pictures(kind, tmp_path):
    path = tmp_path / "still"
    pictures = [Image.fromarray(picture_rgb(number, 60, 40)) for number in range(6)]
    many = {"save_all": True, "append_images": pictures[1:], "duration": 40}
    pictures[0].save(path, kind, **(many if kind in {"GIF", "TIFF"} else {}))
    frames = list(map(told, read_stills(path)))
    assert len(frames) == (6 if kind in {"GIF", "TIFF"} else 1)
    with FilmSeeker(path) as film:
        assert film.times == [frame[1] for frame in frames]
        assert (film.info.size, film.info.frames) == ((60, 40), len(frames))
        assert [told(film.frame(index)) for index in reversed(range(len(frames)))] == frames[::-1]
        assert list(map(told, film.walk(0))) == frames
        assert list(map(told, film.walk(len(frames) - 1, -1))) == frames[::-1]


def test_what_is_painted_on_a_frame_stays_with_whoever_painted(tmp_path):
    film = foreign(tmp_path / "film", f"{WAYS['H.264 with open groups']} -f mp4", 1)
    frames = read(film)
    with FilmSeeker(film) as seen:
        for index in (3, 4, 3, 20, 2):
            frame = seen.frame(index)
            assert told(frame) == frames[index]
            for plane in frame.planes:
                plane.samples[:] = 128


def test_several_threads_look_and_walk_at_once_and_all_see_what_is_there(tmp_path):
    film = foreign(tmp_path / "film", f"{WAYS['HEVC with open groups']} -f matroska")
    frames = read(film)
    with FilmSeeker(film) as seen, ThreadPoolExecutor(6) as pool:

        def look(seed: int) -> bool:
            order = np.random.default_rng(seed).integers(0, len(frames), 30).tolist()
            return all(told(seen.frame(index)) == frames[index] for index in order)

        def walk(step: int) -> bool:
            begin = 0 if step > 0 else len(frames) - 1
            return list(map(told, seen.walk(begin, step))) == frames[::step]

        assert all([*pool.map(look, range(4)), *pool.map(walk, (1, -1, 1))])


def test_a_film_that_is_written_to_meanwhile_is_refused(tmp_path):
    path = make_film(tmp_path / "film")
    with FilmSeeker(path) as film:
        film.frame(0)
        with path.open("ab") as file:
            file.write(bytes(8))
        with pytest.raises(SourceChangedError):
            film.frame(1)
    with FilmSeeker(path) as film:
        make_film(tmp_path / "other").replace(path)
        with pytest.raises(SourceChangedError):
            next(film.walk(0))


def test_what_is_no_film_is_refused_as_a_reader_refuses_it(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"no film at all" * 200)
    with pytest.raises(NotMediaError), FilmSeeker(path):
        pass
    path.write_bytes(make_film(tmp_path / "whole").read_bytes()[:-500])
    with pytest.raises(CutOffError), FilmSeeker(path):
        pass


def test_a_frame_that_cannot_be_decoded_is_refused_and_those_before_it_are_not(tmp_path):
    path = foreign(tmp_path / "film", f"{WAYS['H.264 of key frames alone']} -f mp4")
    frames = read(path)
    with av.open(str(path)) as film:
        packets = [packet for packet in film.demux(video=0) if packet.size]
        place, size = packets[40].pos, packets[40].size
    content = bytearray(path.read_bytes())
    content[place : place + size] = bytes(size)
    path.write_bytes(content)
    with pytest.raises(CutOffError):
        read(path)
    with FilmSeeker(path, 1) as film:
        assert told(film.frame(30)) == frames[30]
        with pytest.raises(CutOffError):
            film.frame(40)
        assert told(film.frame(52)) == frames[52]


def test_nothing_is_written_anywhere(tmp_path):
    path = make_film(tmp_path / "film")
    script = (
        "import sys; from pathlib import Path; from yingbi.media.seeker import FilmSeeker\n"
        "with FilmSeeker(Path(sys.argv[1])) as film: film.frame(5); list(film.walk(9, -1))"
    )
    command = ["strace", "-f", "-e", "trace=open,openat,creat", sys.executable, "-B", "-c", script]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=True)
    opened = [line for line in done.stderr.splitlines() if "O_WRONLY" in line or "O_RDWR" in line]
    assert [line for line in opened if "/dev/" not in line] == []


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_a_browsers_picture_is_upright_in_its_colours_and_never_enlarged(rotation, tmp_path):
    path = make_film(tmp_path / "film", Recipe(rotation=rotation, size=(320, 192), pts=[0]))
    shown = np.rot90(picture_rgb(0, 320, 192), rotation // 90)
    with FilmSeeker(path) as film:
        frame = film.frame(0)
    for width, expected in ((10_000, shown.shape[1]), (120, 120)):
        picture = Image.open(io.BytesIO(jpeg_of(frame, width)))
        assert picture.width == expected
        assert abs(picture.height - shown.shape[0] * expected / shown.shape[1]) <= 0.5
        small = np.asarray(Image.fromarray(shown).resize(picture.size, Image.Resampling.BOX))
        assert cv2.PSNR(small, np.asarray(picture)) > 26
        assert not picture.getexif()
