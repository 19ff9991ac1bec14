"""What tests of local pages share: the real server, plain requests to it, and a real Chromium."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn import Config, Server

from yingbi.web.jobs import Jobs
from yingbi.web.local import Desk, Local, MakeRoutes
from yingbi.web.pages import application

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Secret:
    """A page worth stealing, that counts how often it was reached."""

    def __init__(self) -> None:
        self.reached = 0

    def routes(self, _desk: Desk) -> list[Route]:
        both = ["GET", "POST"]
        return [Route(path, self.answer, methods=both) for path in ("/secret", "/")]

    async def answer(self, _request: Any) -> PlainTextResponse:
        self.reached += 1
        return PlainTextResponse("the secret")


@contextmanager
def running(make_routes: MakeRoutes = lambda _desk: [], **given: Any) -> Iterator[Local]:
    """Yield a server that answers in a thread; given: what `Local` takes."""
    local = Local(make_routes, **given)
    thread = threading.Thread(target=local.run, name=f"pages {local.port}")
    thread.start()
    try:
        yield local
    finally:
        local.stop()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def unguarded(make_routes: MakeRoutes) -> Iterator[int]:
    """Yield the port of the same pages without anybody before them: what tests compare with."""
    server = Server(Config(application(list(make_routes(Desk(Jobs(time.monotonic))))),
                           host="127.0.0.1", port=0, http="h11", ws="none", lifespan="off",
                           log_config=None, access_log=False, timeout_graceful_shutdown=2))  # fmt: skip
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=[[listening]])
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@dataclass
class Answer:
    """What came back. headers: by their names in lower case; set_cookie stands among them."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    port: int,
    path: str = "/",
    method: str = "GET",
    headers: Mapping[str, str | None] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one request as it is told, by a header None without it; follow nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": f"127.0.0.1:{port}"} | dict(headers or {})
        if body is not None and "Transfer-Encoding" not in sent:
            sent.setdefault("Content-Length", str(len(body)))
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        got = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, got, answer.read())
    finally:
        connection.close()


def let_in(local: Local) -> dict[str, str]:
    """Change the token for the cookie; return the headers of a page's own request."""
    answer = ask(local.port, local.entrance.removeprefix(local.address))
    assert answer.status == 200
    cookie = answer.headers["set-cookie"].partition(";")[0]
    return {"Cookie": cookie, "Origin": local.address, "Sec-Fetch-Site": "same-origin"}


def until(condition: Callable[[], Any], within_s: float = 20.0) -> Any:
    """Wait for something to be true and return it; fail where it does not become so."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Yield a real Chromium, without a window; flags: more for its command line."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, and all that it complained of: its console's errors, broken rules, lost scripts."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def tab(browser: Browser, **context: Any) -> Iterator[Watched]:
    """Yield a page of a fresh context; context: what playwright's `new_context` takes."""
    opened: BrowserContext = browser.new_context(**context)
    try:
        watched = Watched(opened.new_page())
        page, complaints = watched.page, watched.complaints
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (e) => console.error('CSP', e.violatedDirective, e.blockedURI))"
        )
        yield watched
    finally:
        opened.close()


def serious(page: Page) -> list[str]:
    """Return what axe finds of serious or critical weight on the page as it is now."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
