"""The page `review` in a real browser, on a real film: everything can be done, and is kept."""

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from films import face_film
from networks import models_dir
from web_house import chromium, running, serious, tab, until
from yingbi.bootstrap import load_settings
from yingbi.domain.messages import say, use_language
from yingbi.usecases.review import ENDING
from yingbi.web.jobs import Jobs
from yingbi.web.review import review_pages
from yingbi.web.reviewing import Reviewing


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a face, and its edit beside it."""
    film = face_film(tmp_path_factory.mktemp("film") / "birthday.mp4", seconds=2)
    settings = load_settings({"models.dir": str(models_dir())})
    jobs = Jobs(lambda: 0.0)
    with Reviewing(jobs, settings, film, None) as work:
        work.begin()
        until(lambda: work.review.deed, 90)
    return film


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def film(looked_at, tmp_path, monkeypatch):
    """A copy of both in a home of its own."""
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(models_dir()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local"))
    for name in (looked_at.name, looked_at.name + ENDING):
        shutil.copy(looked_at.parent / name, tmp_path / name)
    yield tmp_path / looked_at.name
    use_language("en")


class Desk:
    """The page of one film, and what somebody does on it."""

    def __init__(self, browser, local, **context):
        self._tab, self._local = (
            tab(browser, **({"viewport": {"width": 1280, "height": 900}} | context)),
            local,
        )

    def __enter__(self):
        watched = self._tab.__enter__()
        self.page, self.complaints = watched.page, watched.complaints
        self.page.goto(self._local.entrance)
        self.page.wait_for_url(f"{self._local.address}/review")
        until(lambda: self.page.evaluate("document.getElementById('film').width") > 100)
        until(
            lambda: (
                self.page.locator(".person").count()
                or self.page.locator("#people-none:visible").count()
            )
        )
        return self

    def __exit__(self, *error):
        self._tab.__exit__(*error)

    def press(self, *keys):
        self.page.evaluate("document.activeElement.blur()")
        for key in keys:
            self.page.keyboard.press(key)

    def do(self, name):
        self.page.locator(f"[data-do={name}]:visible").first.click()

    def state(self):
        return self.page.evaluate(
            "fetch('/review/state', {cache: 'no-store'}).then((a) => a.json())"
        )

    def at(self, frame):
        until(lambda: self.page.locator("#seek").input_value() == str(frame))

    def drag(self, x0, y0, x1, y1):
        """Drag over the film, in its own pixels."""
        box = self.page.locator("#overlay").bounding_box()
        film = self.state()["film"]
        scale = box["width"] / film["width"]
        x, y = box["x"], box["y"]
        self.page.mouse.move(x + x0 * scale, y + y0 * scale)
        self.page.mouse.down()
        self.page.mouse.move(x + x1 * scale, y + y1 * scale, steps=5)
        self.page.mouse.up()

    def spread(self, canvas="film"):
        """Return how much the pixels around the middle of the face differ."""
        return self.page.evaluate(
            """(id) => {
              const canvas = document.getElementById(id);
              const [w, h] = [canvas.width, canvas.height];
              const { data } = canvas.getContext("2d").getImageData(w * 0.42, h * 0.3, 20, 20);
              const red = [...data].filter((_, i) => i % 4 === 0);
              return Math.max(...red) - Math.min(...red);
            }""",
            canvas,
        )


def reviewed(film):
    return running(review_pages(load_settings({}), film, None), start="/review")


def decisions(film):
    return json.loads(film.with_name(film.name + ENDING).read_text())["decisions"]


def test_doubtful_moments_come_first_and_keys_lead_through_them(browser, film):
    with reviewed(film) as local, Desk(browser, local) as desk:
        moments = desk.state()["moments"]
        assert moments
        desk.press("d")
        desk.at(moments[0]["at"])
        expect(desk.page.locator("#moments-left")).to_contain_text(str(len(moments)))
        desk.press("k")
        expect(desk.page.locator("#moments li.done")).to_have_count(1)
        desk.press("Home", "ArrowRight", "ArrowRight")
        desk.at(2)
        assert desk.complaints == []


def test_who_is_let_be_visible_is_shown_and_kept_and_taken_back(browser, film):
    with reviewed(film) as local, Desk(browser, local) as desk:
        desk.press("c")  # as masked
        until(lambda: desk.spread() <= 6)
        person = max(desk.state()["people"], key=lambda one: one["best"])["id"]
        desk.page.locator(f".person[data-person='{person}'] [data-do=release-whole]").click()
        until(lambda: desk.spread() > 20)
        until(lambda: any(one.get("track") == person for one in decisions(film)))
        desk.press("Control+z")
        until(lambda: desk.spread() <= 6)
        until(lambda: decisions(film) == [])
        desk.press("Control+Shift+z")
        until(lambda: decisions(film))
        assert desk.complaints == []


def test_what_is_drawn_with_the_mouse_is_followed_and_masked_in_the_copy(browser, film):
    with reviewed(film) as local, Desk(browser, local) as desk:
        for kind in ("face", "head"):  # as if nobody had been found
            desk.page.evaluate(
                """([kind, film]) => fetch('/review/decide', {method: 'POST', body:
                   JSON.stringify({do: 'release', kind, film})})""",
                [kind, desk.state()["film"]["id"]],
            )
        desk.press("Home", *["ArrowRight"] * 4)
        desk.at(4)
        desk.drag(110, 40, 190, 140)
        until(lambda: desk.state()["following"])
        until(lambda: desk.state()["following"]["state"] != "following", 60)
        drawn = next(one for one in desk.state()["people"] if one["drawn"])
        assert drawn["from"] == 0
        assert drawn["to"] > 20
        expect(desk.page.locator("#following")).to_be_hidden()
        desk.do("render")
        desk.page.locator("#written").wait_for(timeout=90_000)
        desk.do("compare")
        until(lambda: desk.page.locator("#film-after").is_visible())
        until(lambda: desk.spread("film-after") <= 6 and desk.spread() > 20)
        assert desk.complaints == []
    (copy,) = (film.parent / "masked").glob("*.mp4")
    report = json.loads(copy.with_name(copy.name + ".report.json").read_text())
    assert report["options"]["decisions"][-1]["do"] == "add"
    assert report["inputs"][0]["left_clear"]


def test_a_place_a_time_a_split_and_a_join_are_kept(browser, film):
    with reviewed(film) as local, Desk(browser, local) as desk:
        desk.page.get_by_text(say("Places"), exact=True).first.click()
        desk.do("zone-box")
        desk.drag(5, 5, 60, 60)
        expect(desk.page.locator("#zones li")).to_have_count(1)
        desk.page.get_by_text(say("Times"), exact=True).first.click()
        desk.page.locator("#mark-from").fill("0:00.5")
        desk.page.locator("#mark-to").fill("1.5")
        desk.page.locator("#mark-to").press("Tab")
        desk.do("range")
        expect(desk.page.locator("#ranges li")).to_have_count(1)
        person = max(desk.state()["people"], key=lambda one: one["to"] - one["from"])["id"]
        desk.page.locator(f".person[data-person='{person}'] [data-do=pick]").click()
        before = len(desk.state()["people"])
        desk.press("Home", *["ArrowRight"] * 20)
        desk.at(20)
        desk.press("s")
        until(lambda: len(desk.state()["people"]) == before + 1)
        until(lambda: any(one["do"] == "split" for one in decisions(film)))
        kept = json.loads(film.with_name(film.name + ENDING).read_text())
        assert len(kept["zones"]) == len(kept["ranges"]) == 1
        assert desk.complaints == []


def test_a_film_that_nobody_has_looked_at_is_shown_at_once_and_then_looked_through(browser, film):
    film.with_name(film.name + ENDING).unlink()
    with reviewed(film) as local, Desk(browser, local) as desk:
        until(lambda: desk.state()["looking"] is None, 90)
        until(lambda: desk.page.locator(".person").count(), 20)
        assert desk.complaints == []
    assert film.with_name(film.name + ENDING).exists()


def test_the_edit_of_another_film_is_said_in_one_line(browser, film):
    other = face_film(film.parent / "other.mp4", seconds=1)
    shutil.copy(film.with_name(film.name + ENDING), other.with_name(other.name + ENDING))
    with reviewed(other) as local, tab(browser) as watched:
        watched.page.goto(local.entrance)
        line = watched.page.locator("#problem-line")
        until(lambda: "other.mp4" in line.inner_text())


def test_a_page_that_shows_another_film_or_an_old_list_decides_nothing(browser, film):
    with reviewed(film) as local, Desk(browser, local) as desk:
        ask = """(body) => fetch('/review/decide', {method: 'POST', body: JSON.stringify(body)})
                 .then(async (a) => [a.status, (await a.json()).error?.code])"""
        told = desk.state()
        zone = {"name": "a", "do": "mask", "points": [[0, 0], [0.2, 0], [0, 0.2]]}
        mine = {"film": told["film"]["id"], "rev": told["rev"]}
        assert desk.page.evaluate(ask, {"do": "mask", "kind": "face"}) == [409, "page-stale"]
        other = {"do": "mask", "kind": "face", "film": "0" * 16}
        assert desk.page.evaluate(ask, other) == [409, "page-stale"]
        assert desk.page.evaluate(ask, {"do": "zone", "zone": zone, **mine})[0] == 200
        assert desk.page.evaluate(ask, {"do": "unzone", "index": 0, **mine}) == [409, "page-stale"]
        assert len(desk.state()["zones"]) == 1
    assert decisions(film) == []


def test_a_film_whose_name_is_no_text_is_shown(browser, film):
    odd = film.with_name(b"a\xff<b>.mp4".decode("utf-8", "surrogateescape"))
    film.rename(odd)
    film.with_name(film.name + ENDING).unlink()
    with reviewed(odd) as local, Desk(browser, local) as desk:
        assert desk.page.locator("#film-name").inner_text() == "a\\udcff<b>.mp4"
        assert desk.complaints == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everybody_can_use_it_on_a_telephone_and_on_a_wall(browser, film, language):
    use_language(language)
    with reviewed(film) as local, Desk(browser, local) as desk:
        for width, height in ((390, 844), (1280, 900), (3840, 2160)):
            desk.page.set_viewport_size({"width": width, "height": height})
            for shade in ("light", "dark"):
                desk.page.emulate_media(color_scheme=shade)
                assert serious(desk.page) == []
            wide = "document.documentElement.scrollWidth - innerWidth"
            assert desk.page.evaluate(wide) <= 0, "nothing has to be scrolled sideways"
        assert desk.page.evaluate("document.documentElement.lang")[:2] == language
        assert desk.page.locator("main img, main video").count() == 0
        assert desk.complaints == []
