"""What the browser keeps of a review: nothing that shows anybody."""

import mmap
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from films import face_film
from networks import models_dir
from web_house import CHROMIUM, FLAGS, running
from yingbi.domain.settings import resolve
from yingbi.media.jpeg_view import jpeg_of
from yingbi.usecases import review
from yingbi.web import guard, pages
from yingbi.web.review import review_pages

pytestmark = pytest.mark.unguarded  # a talk with a browser crawls where all memory is locked


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=1.2)


@pytest.fixture
def sent(monkeypatch) -> list[bytes]:
    """The pictures that the page was sent."""
    found: list[bytes] = []

    def noted(frame, width):
        found.append(jpeg_of(frame, width))
        return found[-1]

    monkeypatch.setattr(review, "jpeg_of", noted)
    return found


def look_through(film: Path, profile: Path) -> None:
    """Look through the film in a browser with this profile."""
    settings = resolve({}, "none", {}, {"models.dir": str(models_dir())})
    with (
        running(review_pages(settings, film, None), start="/review") as local,
        sync_playwright() as tools,
    ):
        browser = tools.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=list(FLAGS)
        )
        page = browser.new_page()
        page.goto(local.entrance)
        page.wait_for_timeout(2000)
        for _ in range(12):
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(150)
        page.wait_for_timeout(1000)
        browser.close()  # writes what it keeps


def kept(profile: Path, pictures: list[bytes]) -> set[Path]:
    """Return the files of the profile in which a piece of a picture lies."""
    pieces = [content[at : at + 48] for content in pictures for at in (700, len(content) // 2)]
    found = set()
    for path in profile.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size:
            with (
                path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held,
            ):
                if any(held.find(piece) >= 0 for piece in pieces):
                    found.add(path)
    return found


def test_nothing_of_a_picture_lies_in_the_browsers_folder_afterwards(film, tmp_path, sent):
    look_through(film, tmp_path / "profile")
    assert len(sent) > 1  # a busy machine shows fewer
    assert len(list((tmp_path / "profile").rglob("*"))) > 50, "a profile was written"
    assert kept(tmp_path / "profile", sent) == set()


def test_the_control_without_no_store_the_picture_is_found_there(film, tmp_path, sent, monkeypatch):
    monkeypatch.setitem(guard.HEADERS, "Cache-Control", "max-age=3600")
    asks, kind = pages._files()["review/api.js"]
    careless = asks.replace(b'cache: "no-store", ', b"")
    assert careless != asks
    monkeypatch.setitem(pages._files(), "review/api.js", (careless, kind))
    look_through(film, tmp_path / "profile")
    assert len(sent) > 1  # a busy machine shows fewer
    assert kept(tmp_path / "profile", sent)
