"""The page `live` in a real browser: figures and words, and not one picture."""

import json
from contextlib import contextmanager
from itertools import pairwise

import pytest

from live_house import fall_film, plan
from web_house import ask, chromium, let_in, running, serious, tab, until
from yingbi.domain.messages import say, use_language
from yingbi.domain.place import Area, Line, Places
from yingbi.media.live_source import Address, LiveSource
from yingbi.usecases.tell import Teller
from yingbi.usecases.tell_target import order_of
from yingbi.web.live import live_pages

SCHEMES, WIDTHS = ("light", "dark"), (390, 1920)
PLACES = Places(
    (Area("floor", ((0.2, 0.6), (0.9, 0.6), (0.9, 1.0), (0.2, 1.0))),),
    (Line("door", (0.1, 1.0), (0.1, 0.4)),),
)
LOUD = """() => {
  document.querySelector("#events li").classList.add("loud");
  const alarm = document.querySelector("#alarm");
  alarm.hidden = false;
  alarm.replaceChildren(tag("p", document.querySelector("#events li").textContent));
}"""
"""Makes something that happened one of the kinds that stand out."""
MORE = """() => {
  const at = Date.now() / 1000 + 60;
  const told = [[0, "A fell."], [1, "B fell."], [4, "C fell."], [3, "D came."], [2, "A fell."]];
  showEvents(told.map(([after, words], n) => ({
    number: 1000 + n, at: at + after, time: `T${after}`, words, alarm: words.endsWith("fell."),
  })));
}"""
"""Tells more, not in the order of time."""
WIDTHS_OF_FLOOR = """() => {
  const floor = document.querySelector("#floor");
  return [floor.width, floor.clientWidth];
}"""
WORDS = {"text/html", "text/css", "text/javascript", "application/json", ""}
MARK = "image/svg+xml"


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return fall_film(tmp_path_factory.mktemp("live") / "fall.mp4")


@contextmanager
def opened(browser, film, language="en", **context):
    """Yield the page, and all that the server answered: paths, kinds and sizes."""
    use_language(language)
    answers = []
    with Teller((), print) as teller:
        source = LiveSource(Address.of(str(film)))
        pages = live_pages(source, plan(teller, camera="Hall", places=PLACES))
        with running(pages, start="/live") as local, tab(browser, **context) as watched:
            page = watched.page
            page.on("response", lambda one: answers.append((one.url, one.headers)))
            page.goto(local.entrance)
            page.wait_for_url(f"{local.address}/live")
            try:
                yield watched, local, answers
            finally:
                use_language("en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_fall_is_seen_as_a_figure_and_words_while_it_happens(browser, film, language):
    size = {"width": 1280, "height": 900}
    with opened(browser, film, language, viewport=size) as (watched, _, answers):
        page = watched.page
        page.wait_for_selector("#floor[data-drawn='1']", timeout=30_000)
        assert drawn_pixels(page) > 200, "a figure stands on the floor"
        page.locator("#who li").first.wait_for(timeout=30_000)
        page.wait_for_selector("#events .loud", timeout=30_000)
        fell = say("{who} fell.", who=say("Person {number}", number="1"))
        assert fell in page.inner_text("#events")
        assert fell in page.inner_text("#alarm")
        assert say("No picture is kept or shown.") in page.inner_text("header")
        page.get_by_text(say("The source has ended.")).wait_for(timeout=30_000)
        assert page.locator("#who li").count() == 0, "nobody is there when nothing is seen"
        assert watched.complaints == []
    assert sent_pictures(answers) == []
    assert any(url.endswith("/live/scene") for url, _ in answers)


def test_what_happened_stands_in_order_of_time_and_no_alarm_hides_another(browser, film):
    with opened(browser, film) as (watched, _, _):
        page = watched.page
        page.wait_for_selector("#over:not([hidden])", timeout=30_000)
        page.evaluate(MORE)
        times = page.locator("#events time").all_inner_texts()
        assert times[:5] == ["T4", "T3", "T2", "T1", "T0"]
        bar = page.locator("#alarm p").all_inner_texts()
        assert bar[:3] == ["C fell. T4", "A fell. T2", "B fell. T1"]
        assert len(bar) == 4, "the film's own fall is one of them"
        told = "getComputedStyle(document.querySelector('#alarm p'))"
        assert page.evaluate(f"[{told}.color, {told}.fontWeight]") == ["rgb(255, 255, 255)", "700"]


def test_a_floor_that_is_resized_after_the_end_is_drawn_anew(browser, film):
    with opened(browser, film, viewport={"width": 500, "height": 900}) as (watched, _, _):
        page = watched.page
        page.wait_for_selector("#over:not([hidden])", timeout=30_000)
        narrow = page.evaluate(WIDTHS_OF_FLOOR)
        page.set_viewport_size({"width": 900, "height": 900})
        page.wait_for_function(f"() => ({WIDTHS_OF_FLOOR})()[0] > {narrow[0]}")
        drawn, shown = page.evaluate(WIDTHS_OF_FLOOR)
        assert abs(drawn - shown) <= 1


def drawn_pixels(page) -> int:
    """Return how many pixels have the first person's colour."""
    return page.evaluate(
        """() => {
          const floor = document.querySelector("#floor");
          const { data } = floor.getContext("2d").getImageData(0, 0, floor.width, floor.height);
          let count = 0;
          for (let i = 0; i < data.length; i += 4)
            count += Math.hypot(data[i] - 90, data[i + 1] - 200, data[i + 2] - 250) < 30;
          return count;
        }"""
    )


def sent_pictures(answers) -> list[str]:
    """Return what was answered that is neither words nor numbers; the page's mark is a drawing."""
    return [
        url
        for url, headers in answers
        if (kind := headers.get("content-type", "").partition(";")[0]) not in WORDS
        and not (kind == MARK and url.rpartition("/")[2] in ("mark.svg", "favicon.ico"))
    ]


def test_a_picture_that_is_sent_would_be_noticed():
    answers = [("http://x/live/now", {"content-type": "application/json"})]
    assert sent_pictures(answers) == []
    for kind in ("image/jpeg", "image/png", "video/mp4", "application/octet-stream"):
        assert sent_pictures([*answers, ("http://x/a", {"content-type": kind})]) == ["http://x/a"]


def test_what_is_sent_is_points_and_words_and_small(browser, film):
    with opened(browser, film) as (watched, local, _):
        page = watched.page
        page.wait_for_selector("#floor[data-drawn='1']", timeout=30_000)
        told = page.evaluate("fetch('/live/now?version=0&since=0').then((a) => a.text())")
        assert len(told) < 6000
        assert set(json.loads(told)) == {
            "version", "size", "figures", "events", "rate", "skipped", "failing", "state", "error",
        }  # fmt: skip
        page.click("#stop")
        page.get_by_text(say("Looking was stopped.")).wait_for(timeout=30_000)
        assert ask(local.port, "/live/now?version=0&since=0").status == 403, "one browser alone"


def found_by_axe(page):
    found = []
    for scheme in SCHEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{scheme} {width}: {one}" for one in serious(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{width}: {wide} wide"] if wide > width else []
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_serious_in_light_and_dark_narrow_and_wide(browser, film, language):
    with opened(browser, film, language) as (watched, _, _):
        watched.page.wait_for_selector("#over:not([hidden])", timeout=30_000)
        watched.page.evaluate(LOUD)
        assert found_by_axe(watched.page) == []
        assert watched.complaints == []


def test_axe_notices_a_page_that_cannot_be_read(browser, film):
    with opened(browser, film) as (watched, _, _):
        watched.page.evaluate("document.querySelector('h1').style.color = '#eee'")
        assert any("color-contrast" in one for one in found_by_axe(watched.page))


def test_whoever_asked_for_less_motion_is_shown_fewer_pictures_a_second(browser, tmp_path):
    """Told by how soon the page asks again, which a slow machine makes no shorter."""
    film = fall_film(tmp_path / "stand.mp4", stands_s=1.6, lies_s=-0.5)
    soonest = {}
    for motion in ("no-preference", "reduce"):
        with opened(browser, film, reduced_motion=motion) as (watched, _, _):
            watched.page.wait_for_selector("#over:not([hidden])", timeout=30_000)
            asked = watched.page.evaluate(
                "performance.getEntriesByType('resource')"
                ".filter((one) => one.name.includes('/live/now')).map((one) => one.startTime)"
            )
            soonest[motion] = min(after - before for before, after in pairwise(asked))
    assert soonest["no-preference"] < 450 <= soonest["reduce"]


def test_without_anybody_who_looks_a_mere_look_does_not_keep_the_program(film):
    with Teller((), print) as teller:
        source = LiveSource(Address.of(str(film)))
        with running(live_pages(source, plan(teller)), start="/live") as local:
            let_in(local)
            assert not local.jobs.busy
    with Teller([order_of("fell=/bin/true")], print) as teller:
        source = LiveSource(Address.of(str(film)))
        with running(live_pages(source, plan(teller)), start="/live") as local:
            until(lambda: local.jobs.busy)


def test_a_source_that_is_lost_is_told_on_the_page(browser):
    with Teller((), print) as teller:
        source = LiveSource(Address.of("/dev/video99"))
        pages = live_pages(source, plan(teller))
        with running(pages, start="/live") as local, tab(browser) as watched:
            watched.page.goto(local.entrance)
            watched.page.wait_for_selector("#over.wrong", timeout=30_000)
            assert "gives no picture" in watched.page.inner_text("#over")
