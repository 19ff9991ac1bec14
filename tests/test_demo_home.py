"""The demo of a home searches all that it wrote; what it would not find, it would not prove."""

import io
import json
import shutil
from pathlib import Path

import av
import pytest

from demo_scan import STATE, blind_to, confined, prove_nothing_left, scanned
from demo_tell import Story, StoryError
from home_film import make_home_film
from leak_plants import crop, raw_frame
from leak_scan import Trail, trail_of, whole
from yb import Yingbi

FIGURES = "figures.mp4"


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> tuple[Path, Yingbi]:
    """The folder of a story and the command in it: its film, a vault of level 1, a figure film, and what is beside them."""
    folder = tmp_path_factory.mktemp("story")
    film = folder / "evening.mp4"
    make_home_film(film)  # whose figure is seen surely: one face alone gives a pose by chance
    secret = folder / "passphrase"
    secret.touch(mode=0o600)
    secret.write_text("a passphrase of the story")
    where = {"YINGBI_VAULT": str(folder / "vault"), "YINGBI_PASSPHRASE_FILE": str(secret)}
    yingbi = Yingbi(folder, **confined(folder), **where)
    yingbi("vault", "init", "--suite", "intl")
    yingbi("box", "create", "home", "--level", "1")
    (made,) = json.loads(yingbi("protect", film, "--box", "home", "--json").out)
    yingbi("open", made["id"], "--part", "preview", "-o", folder / FIGURES)
    return folder, yingbi


@pytest.fixture(scope="module")
def told(home) -> Path:
    return home[0]


@pytest.fixture(scope="module")
def trail(told) -> Trail:
    return trail_of(told / "evening.mp4", (), 50_000)


def found_in(folder: Path, trail: Trail) -> set[str]:
    done = scanned(trail, folder, folder / "evening.mp4", folder / FIGURES)
    return {str(Path(one.place).relative_to(folder)) for one in done.found}


def test_a_story_of_level_1_leaves_no_picture_anywhere(told, trail):
    done = scanned(trail, told, told / "evening.mp4", told / FIGURES)
    assert done.found == []
    assert done.files >= 7
    assert done.bytes > 100_000
    assert len(trail.pixels) > 1_000  # of a drawn film: much of it is plain
    assert {path.name for path in (told / "state").iterdir()} == set(STATE)


def test_whoever_fell_and_is_hardly_found_there_has_not_left(home):
    _, yingbi = home
    found = yingbi("query", "--box", "home", "--json").json["found"]
    assert [one["name"] for one in found if one["kind"] == "event"].count("fell") == 1
    (fallen,) = (one for one in found if one["name"] == "fallen")
    assert fallen["for_s"] > 3
    assert "left" not in {one["name"] for one in found}


@pytest.mark.parametrize("place", ["vault/objects/aa", *(f"state/{name}" for name in STATE)])
def test_the_control_a_picture_in_any_place_is_found(told, trail, tmp_path, place):
    folder = Path(shutil.copytree(told, tmp_path / "story"))
    (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / place / "one").write_bytes(b"head" + raw_frame(told / "evening.mp4"))
    (folder / place / "two").write_bytes(b"head" + crop(told / "evening.mp4"))
    assert found_in(folder, trail) == {f"{place}/one", f"{place}/two"}


def test_the_figure_film_may_be_a_film_and_nothing_more(told, trail, tmp_path):
    folder = Path(shutil.copytree(told, tmp_path / "story"))
    (folder / "another.mp4").write_bytes((folder / FIGURES).read_bytes())
    assert found_in(folder, trail) == {"another.mp4"}
    with (folder / FIGURES).open("ab") as figures:
        figures.write(raw_frame(told / "evening.mp4"))
    assert found_in(folder, trail) == {"another.mp4", FIGURES}


def test_the_search_is_blind_to_nothing_and_leaves_nothing_of_its_own(told, trail):
    before = sorted(told.rglob("*"))
    assert blind_to(trail, told, told / "evening.mp4") == set()
    assert sorted(told.rglob("*")) == before


@pytest.mark.parametrize("content", ["IBBGA8ZvAv9g5MTBm27WBIQf", "I0G3Nzj7Yu1CyK1rCqTAx4Ll"])
def test_a_passphrase_is_no_film_though_it_begins_as_cd_g_does(content):
    with av.open(io.BytesIO(content.encode())) as opened:
        assert opened.format.name == "cdg", "the control"
        assert next(opened.decode(video=0)) is not None
    assert list(whole(content.encode(), "passphrase")) == []


def test_a_story_that_left_a_picture_stops(told, trail, tmp_path, capsys):
    folder = Path(shutil.copytree(told, tmp_path / "story"))
    film, figures = folder / "evening.mp4", folder / FIGURES
    story = Story(folder, "en", folder / "passphrase")
    story.chapter("Is there any picture?")
    prove_nothing_left(story, film, figures)
    files = scanned(trail, folder, film, figures).files
    assert f"{files} files, " in capsys.readouterr().out
    (folder / "thumbnail").write_bytes(crop(film))
    with pytest.raises(StoryError, match="no picture was written"):
        prove_nothing_left(story, film, figures)
