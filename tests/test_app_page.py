"""The page `app` in a real browser: from a dropped film to a copy that can be given away."""

import asyncio
import hashlib
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from films import face_film
from networks import models_dir
from web_house import Watched, ask, chromium, let_in, running, serious, tab, until
from yingbi.bootstrap import load_settings
from yingbi.domain.messages import say, say_error, use_language
from yingbi.domain.report import Quiet
from yingbi.domain.settings import data_home
from yingbi.errors import NotMediaError
from yingbi.usecases.check_report import check_report
from yingbi.web import pages
from yingbi.web.app import app_pages

SCHEMES, WIDTHS = ("light", "dark"), (390, 1920)


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a film in it, where the program is started."""
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(models_dir()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local"))
    (tmp_path / "Videos").mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    use_language("en")


class App:
    """The page, and what a user does on it."""

    def __init__(self, browser, local):
        self._browser, self.local = browser, local
        self.sent = 0

    def __enter__(self):
        self._tab = tab(self._browser, viewport={"width": 1280, "height": 900})
        watched: Watched = self._tab.__enter__()
        self.page, self.complaints = watched.page, watched.complaints
        self.page.on("request", self._count)
        self.page.goto(self.local.entrance)
        self.page.wait_for_url(f"{self.local.address}/")
        return self

    def __exit__(self, *error):
        self._tab.__exit__(*error)

    def _count(self, request):
        self.sent += len(request.post_data_buffer or b"") + len(request.url)

    def drop(self, *files):
        """Drop files as the system does: by where they lie, of which the page sees nothing."""
        devtools = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            event = {"type": kind, "x": 640, "y": 400, "data": data}
            devtools.send("Input.dispatchDragEvent", event)

    def choose(self, *names):
        self.page.click("#choose")
        for name in names:
            self.page.locator("#chooser[open]").get_by_text(name, exact=True).last.click()

    def says(self, text):
        self.page.get_by_text(text).first.wait_for(timeout=60_000)

    def shot(self, canvas):
        """Return how much the pixels around the middle of the face differ."""
        return self.page.evaluate(
            """(kind) => {
              const canvas = document.querySelector(`.compare canvas.${kind}`);
              const [w, h] = [canvas.width, canvas.height];
              const { data } = canvas.getContext("2d").getImageData(w * 0.4, h * 0.35, 16, 16);
              const red = [...data].filter((_, i) => i % 4 === 0);
              return Math.max(...red) - Math.min(...red);
            }""",
            canvas,
        )


def opened(browser, language="en", paths=()):
    use_language(language)
    return running(app_pages(load_settings({}), paths)), lambda local: App(browser, local)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_dropped_film_becomes_a_copy_with_a_report_and_never_leaves_its_place(
    browser, home, language
):
    film = face_film(home / "Videos" / "birthday.mp4", seconds=2)
    before = digest(film)
    server, page_of = opened(browser, language)
    with server as local, page_of(local) as app:
        app.says(say("Drop films or pictures here"))
        assert app.page.evaluate("document.documentElement.lang")[:2] == language
        app.drop(film)
        app.page.wait_for_selector("#chosen li:not(:has([aria-busy]))", timeout=60_000)
        assert "birthday.mp4" in app.page.inner_text("#chosen")
        assert say("less than a minute") in app.page.inner_text("#chosen")
        assert app.page.locator("#chosen .wrong").count() == 0
        app.page.click("#go")
        app.page.wait_for_selector("#progress progress")
        app.says(say("Done"))
        app.page.wait_for_selector("[data-shown]")
        assert app.shot("clear") > 20
        assert app.shot("written") <= 4, "the face is covered by one colour"
        app.page.locator(".compare .at").fill("40")
        app.page.wait_for_selector("[data-shown='40']")
        assert app.shot("written") <= 4
        assert app.page.locator("img:not([src^='/static/']), video").count() == 0
        assert app.sent < 20_000 < film.stat().st_size
        app.page.click("#again")
        app.says(say("Drop films or pictures here"))
        assert app.complaints == []
    masked = home / "Videos" / "masked"
    assert names(home / "Videos") == [
        "birthday.mp4", "masked/birthday.mp4", "masked/birthday.mp4.report.json",
    ]  # fmt: skip
    assert digest(film) == before
    report = masked / "birthday.mp4.report.json"
    checked = check_report(report, data_home(), (), masked, Quiet())
    assert (checked.outputs, checked.differences) == (1, ())


def found_by_axe(app):
    found = []
    for scheme in SCHEMES:
        for width in WIDTHS:
            app.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            app.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{scheme} {width}: {one}" for one in serious(app.page)]
            wide = app.page.evaluate("document.documentElement.scrollWidth")
            found += [f"{width}: {wide} wide"] if wide > width else []
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_serious_in_any_state_in_light_and_dark_narrow_and_wide(
    browser, home, language
):
    face_film(home / "Videos" / "birthday.mp4", seconds=0.4)
    (home / "Videos" / "broken.mp4").write_bytes(b"no film")
    server, page_of = opened(browser, language)
    with server as local, page_of(local) as app:
        assert found_by_axe(app) == []
        app.page.click("#choose")
        app.page.wait_for_selector("#chooser[open] .entry")
        assert found_by_axe(app) == []
        app.page.locator(".entry", has_text="Videos").click()
        app.page.get_by_text(say("Choose this whole folder")).click()
        app.page.click("summary")
        assert found_by_axe(app) == []
        app.page.click("#go")
        app.page.wait_for_selector("#again", timeout=60_000)
        app.page.wait_for_selector("[data-shown]")
        assert found_by_axe(app) == []
        assert app.complaints == []


def test_axe_notices_a_page_that_cannot_be_read(browser, home):
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        app.page.evaluate("document.querySelector('h1').style.color = '#eee'")
        assert any("color-contrast" in one for one in found_by_axe(app))


def test_a_bad_file_shows_the_one_line_that_the_command_line_prints(browser, home):
    bad = home / "Videos" / "broken.mp4"
    bad.write_bytes(b"no film")
    line = say_error(NotMediaError(path=bad))
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        app.choose("Videos", "broken.mp4")
        app.page.wait_for_selector("#chosen .wrong", timeout=60_000)
        assert app.page.inner_text("#chosen .wrong") == line
        app.page.click("#go")
        app.page.wait_for_selector("#again", timeout=60_000)
        assert app.page.inner_text(".cards .wrong") == line
        assert app.complaints == []
    assert names(home / "Videos") == ["broken.mp4"]


def test_a_file_that_is_not_found_is_chosen_by_hand_and_it_is_said_why(browser, home):
    hidden = home / ".hidden"
    hidden.mkdir()
    film = face_film(hidden / "film.mp4", seconds=0.2)
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        app.drop(film)
        app.page.wait_for_selector("#chooser[open]", timeout=60_000)
        app.says("A web page is not told where a dropped file lies")
        app.page.keyboard.press("Escape")
        app.drop(home / "Videos")
        app.says("A web page is not told where a dropped folder lies")
        assert app.complaints == []


def test_stopping_leaves_nothing_half_written(browser, home):
    film = face_film(home / "Videos" / "long.mp4", seconds=20)
    server, page_of = opened(browser, paths=[film])
    with server as local, page_of(local) as app:
        app.page.click("#go")
        app.page.wait_for_selector("progress[value]", timeout=60_000)
        app.page.click("#stop")
        app.says("Stopped.")
        assert app.page.is_visible("#go")
    assert names(home / "Videos") == ["long.mp4"]
    assert not (home / "Videos" / "masked").exists()


def test_the_language_is_switched_on_the_page(browser, home):
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        app.page.get_by_text("中文").click()
        app.says("把影片或图片拖到这里")
        app.page.get_by_text("English").click()
        app.says("Drop films or pictures here")
        assert app.complaints == []


def test_a_click_on_a_page_whose_scripts_are_still_on_their_way_is_not_lost(
    browser, home, monkeypatch
):
    served, there = pages._fixed, threading.Event()
    there.set()

    async def held(request):
        if request.path_params["name"] == "htmx.min.js":
            await asyncio.to_thread(there.wait, 60)
        return await served(request)

    monkeypatch.setattr(pages, "_fixed", held)
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        there.clear()
        app.page.get_by_text("中文").click()
        app.says("把影片或图片拖到这里")
        assert app.page.evaluate("typeof htmx") == "undefined", "it is seen before it works"
        threading.Timer(1.0, there.set).start()
        app.page.get_by_text("English").click()
        app.says("Drop films or pictures here")
        assert app.complaints == []


def test_a_page_whose_program_has_ended_says_so(browser, home):
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        app.page.clock.install()
        app.page.reload()
        app.page.clock.fast_forward(21_000)
        assert not app.page.is_visible("#problem")
        local.stop()
        until(lambda: not any(t.name == f"pages {local.port}" for t in threading.enumerate()))
        app.page.clock.fast_forward(21_000)
        app.says("Yingbi has ended.")


def test_a_page_that_was_not_answered_goes_on_asking_and_takes_its_word_back(browser, home):
    server, page_of = opened(browser)
    with server as local, page_of(local) as app:
        app.page.clock.install()
        app.page.reload()
        app.page.route("**/alive", lambda route: route.abort())
        for _ in range(2):
            app.page.clock.fast_forward(21_000)
            app.says("Yingbi has ended.")
        app.page.unroute("**/alive")
        with app.page.expect_response("**/alive") as asked:
            app.page.clock.fast_forward(21_000)
        assert asked.value.status == 204
        app.page.wait_for_selector("#problem", state="hidden")
        app.page.evaluate("yingbiProblem('another line')")
        with app.page.expect_response("**/alive"):
            app.page.clock.fast_forward(21_000)
        assert app.page.inner_text("#problem") == "another line"


def test_the_folder_is_opened_by_what_opens_folders_here(browser, home, monkeypatch):
    opener = home / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" >{home}/asked\n', "utf-8")
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{opener.parent}:{os.environ['PATH']}")
    film = face_film(home / "Videos" / "film.mp4", seconds=0.2)
    server, page_of = opened(browser, paths=[film])
    with server as local, page_of(local) as app:
        app.page.click("#go")
        app.page.wait_for_selector("#open-0", timeout=60_000)
        app.page.click("#open-0")
        asked = home / "asked"
        until(lambda: asked.exists() and asked.read_text("utf-8"))
        assert asked.read_text("utf-8").strip() == str(home / "Videos" / "masked")


DROPPED = '{"name": "a", "size": SIZE, "modified_ms": 0, "first": "", "last": ""}'
ODD = [
    ("/app/frame", "GET", ""), ("/app/frame?file=0&at=0&as=clear", "GET", ""), ("/app/compare?file=-1", "GET", ""),
    ("/app/folder?at=zz", "GET", ""), ("/app/folder?at=2e2e", "GET", ""), ("/app/choose", "POST", ""),
    ("/app/choose", "POST", "path=2f00"), ("/app/choose", "POST", "path=2f6e6f77686572652e6d7034"),
    ("/app/remove", "POST", "number=7"), ("/app/mask", "POST", "target=soul"), ("/app/mask", "POST", ""),
    ("/app/mask", "POST", "target=plate&check=on"), ("/app/dropped", "POST", "no json"), ("/app/dropped", "POST", "[]"),
    ("/app/dropped", "POST", '{"name": 1}'), ("/app/dropped", "POST", DROPPED.replace("SIZE", "1e999")),
    ("/app/dropped", "POST", DROPPED.replace("SIZE", '"x"')), ("/app/dropped", "POST", DROPPED.replace("SIZE", "[]")),
    ("/app/open", "POST", "file=0"), ("/app/nowhere", "GET", ""),
]  # fmt: skip


def test_what_no_page_asks_for_is_refused_in_one_line(home):
    server, _ = opened(None)
    with server as local:
        ours = let_in(local)
        for path, method, body in ODD:
            answer = ask(local.port, path, method, ours, body.encode())
            if path.startswith("/app/folder"):
                assert (answer.status, "cannot be opened" in answer.text) == (200, True), path
                continue
            assert answer.status in (400, 404), (path, body)
            assert '"message"' in answer.text
            assert "\n" not in answer.text


# --- the command -------------------------------------------------------------------------------


def typed(home, *words, **more):
    """Run the program on a terminal; yield what it printed up to the address or its end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "yingbi", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION")} | more,
    )  # fmt: skip
    os.close(theirs)
    printed = b""
    try:
        while b"15 minutes" not in printed:
            piece = os.read(ours, 4096)
            if not piece:
                break
            printed += piece
    except OSError:  # the terminal's other end was closed
        pass
    process.send_signal(signal.SIGINT)
    status = process.wait(30)
    os.close(ours)
    return printed.decode(), status


def test_without_a_word_the_page_opens_before_a_desktop_and_else_the_help_is_shown(home):
    browser = {"DISPLAY": ":99", "BROWSER": "true %s"}
    printed, status = typed(home, **browser)
    assert "http://127.0.0.1:" in printed
    assert status == 0
    for more in ({}, browser | {"SSH_CONNECTION": "somewhere"}):
        printed, _ = typed(home, **more)
        assert "Usage:" in printed
        assert "http://" not in printed


def test_a_port_that_is_taken_is_said_in_one_line(home):
    with running() as local:
        done = subprocess.run(
            [sys.executable, "-m", "yingbi", "app", "--no-browser", "--port", str(local.port)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "[port-taken]" in done.stderr


def test_a_path_that_is_not_there_is_said_before_anything_is_opened(home):
    done = subprocess.run(
        [sys.executable, "-m", "yingbi", "app", "--no-browser", str(Path("nowhere.mp4"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 66
    assert "http://" not in done.stdout
