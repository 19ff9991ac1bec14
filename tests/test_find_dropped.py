"""A dropped file is found where it lies, and nothing else is taken for it."""

import os
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

import yingbi.usecases.find_dropped as module
from yingbi.errors import NoSuchInputError
from yingbi.usecases.find_dropped import ENDS, Dropped, ends_of, find_dropped
from yingbi.usecases.places import shelf, usual_places

WRITTEN_S = 1_700_000_000


def made(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (WRITTEN_S, WRITTEN_S))
    return path


def as_dropped(path):
    """Return what a page knows of a file that lies there."""
    status = path.stat()
    return Dropped(path.name, status.st_size, status.st_mtime_ns // 1_000_000, *ends_of(path))


@pytest.fixture
def film(tmp_path, rng):
    return made(tmp_path / "a" / "b" / "film.mp4", rng.bytes(3 * ENDS))


def test_the_file_is_found_below_a_place(film, tmp_path):
    assert find_dropped(as_dropped(film), [tmp_path / "nowhere", tmp_path]) == film


@pytest.mark.parametrize("at", [0, ENDS - 1, 2 * ENDS, 3 * ENDS - 1])
def test_a_file_with_one_other_byte_at_either_end_is_not_taken_for_it(film, tmp_path, at):
    wanted, content = as_dropped(film), bytearray(film.read_bytes())
    content[at] ^= 1
    film.write_bytes(content)
    assert find_dropped(wanted, [tmp_path]) is None


def test_a_file_of_another_name_or_length_is_not_taken_for_it(film, tmp_path):
    wanted = as_dropped(film)
    assert find_dropped(replace(wanted, name="other.mp4"), [tmp_path]) is None
    assert find_dropped(replace(wanted, name="../b/film.mp4"), [tmp_path]) is None
    film.write_bytes(film.read_bytes() + b"x")
    assert find_dropped(wanted, [tmp_path]) is None


@pytest.mark.parametrize("size", [0, 1, ENDS - 1, ENDS, ENDS + 1])
def test_small_files_are_found_as_well(tmp_path, rng, size):
    small = made(tmp_path / "small.jpg", rng.bytes(size))
    assert find_dropped(as_dropped(small), [tmp_path]) == small


def test_of_several_alike_the_one_of_the_same_time_is_it_else_the_nearest(film, tmp_path):
    near = made(tmp_path / "film.mp4", film.read_bytes())
    os.utime(near, (WRITTEN_S + 60, WRITTEN_S + 60))
    assert find_dropped(as_dropped(film), [tmp_path]) == film
    assert find_dropped(as_dropped(near), [tmp_path]) == near
    elsewhen = replace(as_dropped(film), modified_ms=0)
    assert find_dropped(elsewhen, [tmp_path]) == near


def test_hidden_folders_and_links_are_left_alone(film, tmp_path):
    hidden = made(tmp_path / "c" / ".cache" / "hidden.mp4", b"hidden")
    (tmp_path / "c" / "way").symlink_to(film.parent)
    (tmp_path / "c" / "film.mp4").symlink_to(film)
    assert find_dropped(as_dropped(hidden), [tmp_path / "c"]) is None
    assert find_dropped(as_dropped(film), [tmp_path / "c"]) is None


def test_a_name_written_in_the_other_way_is_the_same(tmp_path):
    film = made(tmp_path / unicodedata.normalize("NFD", "fête.mp4"), b"film")
    wanted = replace(as_dropped(film), name=unicodedata.normalize("NFC", "fête.mp4"))
    assert find_dropped(wanted, [tmp_path]) == film


def test_the_search_has_an_end(film, tmp_path, monkeypatch):
    deep = made(tmp_path.joinpath(*"123456", "deep.mp4"), b"deep")
    deeper = made(tmp_path.joinpath(*"1234567", "deeper.mp4"), b"deeper")
    assert find_dropped(as_dropped(deep), [tmp_path]) == deep
    assert find_dropped(as_dropped(deeper), [tmp_path]) is None
    monkeypatch.setattr(module, "MOST", 2)
    assert find_dropped(as_dropped(film), [tmp_path]) is None
    monkeypatch.setattr(module, "MOST", 200)
    monkeypatch.setattr(module, "LONGEST_S", -1.0)
    assert find_dropped(as_dropped(film), [tmp_path]) is None


# --- where films lie ---------------------------------------------------------------------------


def test_the_usual_places_are_those_of_the_desktop_in_its_own_language(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("视频", "下载", "Pictures", ".config", "work"):
        (tmp_path / name).mkdir()
    (tmp_path / ".config" / "user-dirs.dirs").write_text(
        'XDG_VIDEOS_DIR="$HOME/视频"\nXDG_DOWNLOAD_DIR="$HOME/下载"\nXDG_MUSIC_DIR="$HOME/音乐"\n',
        "utf-8",
    )
    found = usual_places(tmp_path / "work", {})
    assert found[:5] == [tmp_path / name for name in ("work", "下载", "视频", "Pictures", "")]
    assert found[4] == tmp_path


def test_a_folder_shows_folders_films_and_pictures_and_nothing_else(tmp_path):
    for name in ("b.mp4", "A.JPG", "notes.txt", ".hidden.mp4", "c.heic"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "Holiday").mkdir()
    (tmp_path / ".cache").mkdir()
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    found = shelf(tmp_path)
    assert [path.name for path in found.folders] == ["Holiday"]
    assert [path.name for path in found.files] == ["A.JPG", "b.mp4", "c.heic"]
    assert found.above == tmp_path.parent
    assert shelf(Path("/")).above is None
    with pytest.raises(NoSuchInputError):
        shelf(tmp_path / "nowhere")
