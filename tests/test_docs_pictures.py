"""The pictures of pages in the docs: taken here, of the pages as they are.

`YINGBI_PICTURES=write pytest -m torture tests/test_docs_pictures.py` puts them in their place.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from films import face_film
from house import ROOT
from networks import models_dir
from test_app_page import App
from web_house import chromium, running, until
from yingbi.bootstrap import load_settings
from yingbi.domain.messages import say, use_language
from yingbi.web.app import app_pages

PICTURES = ROOT / "docs" / "en" / "guide" / "pictures"
SIZE = {"width": 1280, "height": 860}


class Album:
    """Takes pictures of a page; they are kept where somebody asks for it."""

    def __init__(self, page: Page, language: str) -> None:
        self._page, self._language = page, language

    def take(self, name: str) -> None:
        self._page.wait_for_timeout(500)
        shot = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        path = PICTURES / f"{name}-{self._language}.jpg"
        if os.environ.get("YINGBI_PICTURES") == "write":
            shot.save(path, quality=82, optimize=True)
        with Image.open(path) as kept:
            assert kept.size == shot.size, f"{path.name} is of another page; take it anew"


@pytest.mark.torture  # test_story and the tests of each page hold in CI what is shown
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_look_as_the_docs_show_them(language, tmp_path, monkeypatch):
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(models_dir()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local"))
    (tmp_path / "Videos").mkdir()
    monkeypatch.chdir(tmp_path)
    use_language(language)
    film = face_film(tmp_path / "Videos" / "birthday.mp4", seconds=4, size=(960, 540))
    try:
        pages = app_pages(load_settings({}), ())
        with chromium() as browser, running(pages) as local, App(browser, local) as app:
            _shoot(app, film, Album(app.page, language))
    finally:
        use_language("en")


def _shoot(app: App, film: Path, album: Album) -> None:
    page = app.page
    page.set_viewport_size(SIZE)
    album.take("app-empty")
    app.drop(film)
    page.wait_for_selector("#chosen li:not(:has([aria-busy]))", timeout=120_000)
    album.take("app-ready")
    page.click("#go")
    app.says(say("Done"))
    page.wait_for_selector("[data-shown]")
    page.locator(".compare .at").fill("60")
    page.wait_for_selector("[data-shown='60']")
    page.evaluate("scrollTo(0, 0)")
    album.take("app-done")
    page.get_by_role("button", name=say("Look at them")).first.click()
    page.wait_for_url("**/review")
    until(lambda: page.locator(".person").count(), 60)
    page.locator("#seek").fill("38")
    page.evaluate("document.activeElement.blur()")
    page.locator(".person [data-do=pick]").first.click()
    album.take("review")
