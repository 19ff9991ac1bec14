"""What stands before every page: only the browser that was let in gets an answer.

A page on the open web can make a browser send requests to this machine, under any name
that it lets lead here, and another user of the machine can send any request at all. So the
name that was asked for, where the request comes from, the cookie and, where the system
tells, whose process it is are looked at, in this order, before anything else is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yingbi.web.entry import Entry
from yingbi.web.peer import is_strangers

ENTER = "/enter"
SAFE = frozenset({"GET", "HEAD"})
METHODS = SAFE | {"POST"}
OURS = frozenset({"same-origin", "none"})
"""Where a browser may say that a request comes from; a page on another port is "same-site"."""

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
}
"""On every answer, refusals too."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer. Nobody's language is known yet, so that it is said in both."""

    status: int
    line: str


WRONG_NAME = Refusal(421, "This is not the name of this page. 这个网址不对。")
WRONG_METHOD = Refusal(405, "This cannot be done here. 不能这样操作。")
FROM_ELSEWHERE = Refusal(403, "Another page may not ask here. 别的网页不能访问这里。")
NOT_LET_IN = Refusal(
    403,
    "Only the browser that Yingbi opened is let in: start Yingbi again, its address works once."
    " 只有影壁自己打开的浏览器才能进来：请重新启动影壁，它给的网址只能用一次。",
)
GONE = Refusal(410, "Yingbi has ended; start it again. 影壁已经结束，请重新启动。")
TOO_LARGE = Refusal(413, "The request is too large. 请求太大。")
TOO_SLOW = Refusal(408, "The request took too long. 请求太慢。")


def refusal(method: str, path: str, headers: Mapping[str, str], entry: Entry) -> Refusal | None:
    """Return why a request gets no answer, None where it gets one.

    headers: by their names in lower case. Whether the token is the right one is not asked here.
    """
    host = headers.get("host", "")
    if host not in (f"127.0.0.1:{entry.port}", f"localhost:{entry.port}"):
        return WRONG_NAME
    if method not in METHODS or (path == ENTER and method != "GET"):
        return WRONG_METHOD
    if not _from_here(method, path, headers, f"http://{host}"):
        return FROM_ELSEWHERE
    if entry.gone:
        return GONE
    if path != ENTER and not entry.knows(headers.get("cookie", "")):
        return NOT_LET_IN
    return None


def _from_here(method: str, path: str, headers: Mapping[str, str], here: str) -> bool:
    """Return whether a request comes from these pages, or is the one that brings the token."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin != here:
        return False
    if method not in SAFE and origin is None and site != "same-origin":
        return False
    return site is None or site in OURS or (path == ENTER and _opens_a_page(headers))


def _opens_a_page(headers: Mapping[str, str]) -> bool:
    """Return whether the answer will be a tab's page, and no frame, picture or script."""
    wanted = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
    return wanted == ("navigate", "document")


class Guard:
    """Stands before an application. start: the page that the token leads to."""

    def __init__(self, app: ASGIApp, entry: Entry, start: str = "/") -> None:
        self._app, self._entry, self._start = app, entry, start

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything that is none is ended without a word."""
        if scope["type"] != "http":
            return
        guarded = _with_headers(send)
        answer = self._turned_away(scope)
        if answer is not None:
            await answer(scope, receive, guarded)
            return
        self._entry.asked()
        try:
            body = await asyncio.wait_for(self._body(scope, receive), self._entry.limits.body_s)
        except TimeoutError:
            await _answer(TOO_SLOW)(scope, receive, guarded)
            return
        if body is None:
            await _answer(TOO_LARGE)(scope, receive, guarded)
            return
        await self._app(scope, _replayed(body, receive), guarded)

    def _turned_away(self, scope: Scope) -> Response | None:
        """Return the answer that the application never sees, None where it is asked."""
        headers = _single(Headers(scope=scope))
        found = WRONG_NAME if headers is None else None
        if headers is not None:
            found = refusal(scope["method"], scope["path"], headers, self._entry)
        if found is None and is_strangers(scope.get("client"), scope.get("server")):
            found = NOT_LET_IN
        if found is not None:
            return _answer(found)
        return self._enter(scope) if scope["path"] == ENTER else None

    def _enter(self, scope: Scope) -> Response:
        """Change the token for the cookie.

        The page goes on by itself: a redirect after a request that came from elsewhere, as
        from the file that opens the browser, would not bring a cookie that is strict.
        """
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        value = self._entry.redeem(tokens[0]) if len(tokens) == 1 else None
        if value is None:
            return _answer(NOT_LET_IN)
        self._entry.asked()
        page = HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Yingbi</title>'
            '<link rel="icon" href="data:,">'
            f'<meta http-equiv="refresh" content="0; url={self._start}">'
            f'<a href="{self._start}">Yingbi 影壁</a></html>'
        )
        page.set_cookie(self._entry.cookie_name, value, path="/", httponly=True, samesite="strict")
        return page

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return what the request brings, None where it is more than it may be."""
        most = self._entry.limits.body_bytes
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            return None
        body, more = bytearray(), True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > most:
                return None
        return bytes(body)


ONCE = ("host", "origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")


def _single(headers: Headers) -> Mapping[str, str] | None:
    """Return the headers by name, None where one that is decided by stands twice."""
    if any(len(headers.getlist(name)) > 1 for name in ONCE):
        return None
    return dict(headers) | {"cookie": "; ".join(headers.getlist("cookie"))}


def _answer(found: Refusal) -> Response:
    return PlainTextResponse(found.line + "\n", found.status)


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sent


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Hand on a body that was read whole, then whatever else comes."""
    waiting: Sequence[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    messages = iter(waiting)

    async def received() -> Message:
        return next(messages, None) or await receive()

    return received
