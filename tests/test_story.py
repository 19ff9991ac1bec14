"""What a new user does after reading the README, from a dropped film to a checked report.

On a real clip of the evaluation data, in both languages; with YINGBI_SHOTS=FOLDER each step
leaves a screenshot there. They show the clip's people, so that none of them is kept here.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from networks import models_dir
from test_app_page import App
from web_house import chromium, running, until
from yb import Yingbi
from yingbi.bootstrap import load_settings
from yingbi.domain.messages import say, use_language
from yingbi.web.app import app_pages

pytestmark = pytest.mark.unguarded  # a long talk with a browser crawls where all memory is locked

CLIP, SECONDS = "meeting_640x360.mp4", 4
MISSED = 500, 250, 560, 330
"""A place in which nobody is found, as if somebody were missed there."""


@pytest.fixture
def film(eval_data, tmp_path, monkeypatch) -> Path:
    """The beginning of the clip, in a home of its own."""
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(models_dir()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "Videos" / "clip.mp4"
    path.parent.mkdir()
    cut = ["-t", str(SECONDS), "-map", "0:v:0", "-c", "copy", str(path)]
    clip = str(eval_data / "video" / CLIP)
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip, *cut], check=True)
    yield path
    use_language("en")


class Shots:
    """Screenshots of the steps, where somebody wants to look at them."""

    def __init__(self, page: Page, language: str) -> None:
        self._page, self._language, self._count = page, language, 0
        self._folder = os.environ.get("YINGBI_SHOTS")

    def take(self, name: str) -> None:
        self._count += 1
        if self._folder:
            self._page.wait_for_timeout(400)
            path = Path(self._folder) / f"{self._language}-{self._count}-{name}.png"
            self._page.screenshot(path=path)


@pytest.mark.evaluation
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_new_user_masks_whom_nobody_found_and_lets_one_person_stay(film, language, tmp_path):
    use_language(language)
    pages = app_pages(load_settings({}), ())
    with chromium() as browser, running(pages) as local, App(browser, local) as app:
        page, shots = app.page, Shots(app.page, language)
        page.set_viewport_size({"width": 1400, "height": 1000})
        shots.take("empty")
        app.drop(film)
        page.wait_for_selector("#chosen li:not(:has([aria-busy]))", timeout=120_000)
        shots.take("estimate")
        page.click("#go")
        app.says(say("Done"))
        page.wait_for_selector("[data-shown]")
        shots.take("done")
        page.get_by_role("button", name=say("Look at them")).first.click()
        page.wait_for_url("**/review")
        until(lambda: page.locator(".person").count(), 60)
        state = _state(page)
        assert state["looking"] is None, "what was found while masking is not looked for again"
        assert state["moments"]
        shots.take("doubtful")
        _press(page, "d")
        until(lambda: page.locator("#seek").input_value() == str(state["moments"][0]["at"]))
        _press(page, "k")
        expect(page.locator("#moments li.done")).to_have_count(1)
        drawn = _draw_whom_nobody_found(page)
        shots.take("drawn")
        person = _let_somebody_stay(page)
        shots.take("visible")
        page.locator("[data-do=render]:visible").first.click()
        page.locator("#written").wait_for(timeout=180_000)
        page.locator("[data-do=compare]:visible").first.click()
        until(lambda: page.locator("#film-after").is_visible())
        shots.take("compared")
        assert app.complaints == []
    _check(film, drawn, person, tmp_path, language)


def _draw_whom_nobody_found(page: Page) -> int:
    _press(page, "Home", *["ArrowRight"] * 20)
    until(lambda: page.locator("#seek").input_value() == "20")
    box = page.locator("#overlay").bounding_box()
    assert box
    scale = box["width"] / _state(page)["film"]["width"]
    x0, y0, x1, y1 = (n * scale for n in MISSED)
    page.mouse.move(box["x"] + x0, box["y"] + y0)
    page.mouse.down()
    page.mouse.move(box["x"] + x1, box["y"] + y1, steps=6)
    page.mouse.up()
    until(lambda: _state(page)["following"])
    until(lambda: _state(page)["following"]["state"] != "following", 60)
    return next(one["id"] for one in _state(page)["people"] if one["drawn"])


def _let_somebody_stay(page: Page) -> int:
    people = [one for one in _state(page)["people"] if "face" in one["kinds"] and not one["drawn"]]
    person = max(people, key=lambda one: one["to"] - one["from"])["id"]
    row = page.locator(f".person[data-person='{person}'] [data-do=release-whole]")
    for down in range(0, 6000, 120):  # only the rows that can be seen are there
        page.evaluate("(y) => { document.getElementById('rows').scrollTop = y }", down)
        page.wait_for_timeout(50)
        if row.count():
            break
    row.click()
    until(lambda: _who(page, person)["state"] in ("visible", "partly"))
    return person


def _check(film: Path, drawn: int, person: int, home: Path, language: str) -> None:
    """Check the report as the README tells, and that it says what was decided."""
    copies = sorted((film.parent / "masked").glob("*.mp4"))
    assert len(copies) == 2, "the one of the app, and the one after the review"
    report = next(p for p in copies if p.stem != film.stem).with_suffix(".mp4.report.json")
    told = json.loads(report.read_text())
    does = {(one["do"], one["track"]) for one in told["options"]["decisions"]}
    assert {("release", person), ("add", drawn)} <= does
    assert person in {one["track"] for one in told["inputs"][0]["left_clear"]}
    answer = Yingbi(home)("--lang", language, "report", "verify", report)
    assert "OK" in answer.out


def _who(page: Page, person: int) -> dict:
    return next(one for one in _state(page)["people"] if one["id"] == person)


def _state(page: Page) -> dict:
    return page.evaluate("fetch('/review/state', {cache: 'no-store'}).then((a) => a.json())")


def _press(page: Page, *keys: str) -> None:
    page.evaluate("document.activeElement.blur()")
    for key in keys:
        page.keyboard.press(key)
