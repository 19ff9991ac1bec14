"""The local pages: nobody but the browser that was let in gets an answer, and not for ever."""

import asyncio
import socket
import threading
import time
from contextlib import ExitStack

import pytest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from web_house import Hand, Secret, ask, let_in, running, unguarded
from yingbi.domain.page_errors import PortTakenError
from yingbi.errors import EmptyInputError, InterruptedByUserError
from yingbi.web.entry import Limits
from yingbi.web.guard import HEADERS
from yingbi.web.pages import given
from yingbi.web.peer import Line


@pytest.fixture
def secret():
    return Secret()


@pytest.fixture
def local(secret):
    with running(secret.routes) as server:
        yield server


def seen(answer):
    return answer.status, "secret" in answer.text


# --- names, origins, methods -------------------------------------------------------------------

NAMES = [
    "evil.example:PORT", "localhost.evil.com:PORT", "127.0.0.1.evil.com:PORT", "127.0.0.1", "localhost",
    "127.0.0.1:1", "0.0.0.0:PORT", "127.0.0.2:PORT", "[::1]:PORT", "localhost:PORT.evil.com", "x@localhost:PORT",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_under_another_name_there_is_no_answer_even_with_the_cookie(local, secret, name):
    ours = let_in(local)
    host = name.replace("PORT", str(local.port))
    assert seen(ask(local.port, "/secret", headers=ours | {"Host": host})) == (421, False)
    assert secret.reached == 0
    with unguarded(secret.routes) as port:
        assert seen(ask(port, "/secret", headers={"Host": host})) == (200, True)


def test_under_both_names_there_is_one(local):
    ours = let_in(local)
    assert seen(ask(local.port, "/secret", headers=ours)) == (200, True)
    name = f"localhost:{local.port}"
    other = ours | {"Host": name, "Origin": f"http://{name}"}
    assert seen(ask(local.port, "/secret", headers=other)) == (200, True)


ORIGINS = [
    "null", "http://evil.example", "http://127.0.0.1", "http://127.0.0.1:1", "https://127.0.0.1:PORT",
    "http://127.0.0.1:PORT.evil.com", "http://localhost:PORT", "file://", "",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_from_another_origin_there_is_no_answer(local, secret, origin, method):
    ours = let_in(local) | {"Origin": origin.replace("PORT", str(local.port))}
    assert ask(local.port, "/secret", method, ours).status == 403
    assert secret.reached == 0
    with unguarded(secret.routes) as port:
        assert seen(ask(port, "/secret", method, {"Origin": origin})) == (200, True)


def test_what_changes_something_must_say_that_it_comes_from_here(local, secret):
    ours = let_in(local)
    silent = ours | {"Origin": None, "Sec-Fetch-Site": None}
    assert ask(local.port, "/secret", "POST", silent).status == 403
    assert ask(local.port, "/secret", "POST", silent | {"Sec-Fetch-Site": "none"}).status == 403
    assert secret.reached == 0
    for said in ({"Origin": local.address}, {"Sec-Fetch-Site": "same-origin"}):
        assert ask(local.port, "/secret", "POST", silent | said).status == 200
    assert ask(local.port, "/secret", "GET", silent).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "elsewhere"])
def test_what_a_browser_says_to_come_from_elsewhere_gets_no_answer(local, secret, site):
    ours = let_in(local) | {"Origin": None, "Sec-Fetch-Site": site}
    top = ours | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    for headers in (ours, top):
        for method in ("GET", "POST"):
            assert ask(local.port, "/secret", method, headers).status == 403
    assert secret.reached == 0


def test_headers_that_stand_twice_are_believed_neither_way(local, secret):
    ours = let_in(local)
    lines = [f"{name}: {value}" for name, value in ours.items()]
    for more in (
        "Origin: http://evil.example",
        "Sec-Fetch-Site: same-origin",
        "Host: evil.example",
    ):
        sent = "\r\n".join(
            ["GET /secret HTTP/1.1", f"Host: 127.0.0.1:{local.port}", *lines, more, "", ""]
        )
        with socket.create_connection(("127.0.0.1", local.port), timeout=10) as line:
            line.sendall(sent.encode())
            assert b"the secret" not in line.recv(65536)
    assert secret.reached == 0


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_do_nothing(local, secret, method):
    assert ask(local.port, "/secret", method, let_in(local)).status == 405
    assert secret.reached == 0


def test_asking_for_the_head_only_gives_the_head_only(local):
    answer = ask(local.port, "/secret", "HEAD", let_in(local))
    assert (answer.status, answer.body) == (200, b"")


# --- the token and the cookie ------------------------------------------------------------------


def test_without_the_cookie_there_is_no_answer_and_one_line_in_both_languages(local, secret):
    ours = let_in(local)
    name, _, value = ours["Cookie"].partition("=")
    wrong = [None, "", value, f"{name}=", f"{name}={value[:-1]}", f"{name}={value}x",
             f"{name}={'A' * len(value)}", f"other={value}", f"{name} ={value}"]  # fmt: skip
    for cookie in wrong:
        answer = ask(local.port, "/secret", headers=ours | {"Cookie": cookie})
        assert answer.status == 403, cookie
        assert answer.text.count("\n") == 1
        assert "Yingbi" in answer.text
        assert "影壁" in answer.text
    assert secret.reached == 0
    beside = ours | {"Cookie": f"{name}=planted; a=b; {ours['Cookie']}"}
    assert ask(local.port, "/secret", headers=beside).status == 200


def test_the_cookie_is_for_this_site_alone_and_no_script_sees_it(local):
    answer = ask(local.port, local.entrance.removeprefix(local.address))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"yingbi-{local.port}=")
    said = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert said == {"httponly", "samesite=strict", "path=/"}
    assert local.entry.token is None


def test_the_token_works_once(local):
    way = local.entrance.removeprefix(local.address)
    assert ask(local.port, way).status == 200
    assert ask(local.port, way).status == 403


def test_the_token_works_for_five_minutes():
    hand = Hand()
    for late, status in ((299, 200), (301, 403)):
        with running(clock=hand) as local:
            way = local.entrance.removeprefix(local.address)
            hand.now_s += late
            assert ask(local.port, way).status == status


def test_a_wrong_token_does_not_spend_the_right_one(local):
    way = local.entrance.removeprefix(local.address)
    for wrong in ("/enter", "/enter?token=", "/enter?token=None", way + "x", f"{way}&token=x"):
        assert ask(local.port, wrong).status == 403, wrong
    assert ask(local.port, way, "HEAD").status == 405
    assert ask(local.port, way).status == 200


def test_the_token_may_come_from_anywhere_but_as_a_page_of_its_own(local):
    way = local.entrance.removeprefix(local.address)
    page = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    for dest in ("iframe", "image", "script", "empty"):
        assert ask(local.port, way, headers=page | {"Sec-Fetch-Dest": dest}).status == 403
    assert ask(local.port, way, headers=page | {"Sec-Fetch-Dest": "document"}).status == 200


# --- what is answered --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/static/../local.py", "/static/..%2flocal.py", "/static/%2e%2e/guard.py", "/static/", "/static/x.js",
     "/static/..%5clocal.py", "/static//etc/passwd", "/static/base.html", "/static/mark.svg%00.js", "/../local.py"],
)  # fmt: skip
def test_no_path_leads_out_of_the_fixed_files(local, path):
    answer = ask(local.port, path, headers=let_in(local))
    assert answer.status in (404, 405)
    assert b"import" not in answer.body
    assert b"root:" not in answer.body


def test_every_answer_bears_the_headers_that_keep_it_to_itself(local):
    ours = let_in(local)
    answers = [
        ask(local.port, "/secret", headers=ours), ask(local.port, "/nowhere", headers=ours),
        ask(local.port, "/static/page.css", headers=ours), ask(local.port, "/alive", headers=ours),
        ask(local.port, "/secret"), ask(local.port, "/secret", headers={"Host": "evil.example"}),
        ask(local.port, "/secret", "PUT"), ask(local.port, "/enter?token=x"),
        ask(local.port, "/language?to=xx", "POST", ours), ask(local.port, "/alive", "POST", ours),
        ask(local.port, "/secret", "POST", ours, b"x" * (1 << 21)),
    ]  # fmt: skip
    statuses = [answer.status for answer in answers]
    assert statuses == [200, 404, 200, 204, 403, 421, 405, 403, 400, 405, 413]
    for answer in answers:
        assert {n: answer.headers.get(n.lower()) for n in HEADERS} == HEADERS
        assert "server" not in answer.headers


def test_a_page_that_fails_tells_nothing_of_why():
    async def fails(_request):
        raise RuntimeError("the secret")

    with running(lambda _desk: [Route("/fails", fails)]) as local:
        answer = ask(local.port, "/fails", headers=let_in(local))
        assert seen(answer) == (500, False)
        assert '"code":"internal"' in answer.text


def test_a_request_brings_a_mebibyte_at_most(local, secret):
    ours = let_in(local)
    assert ask(local.port, "/secret", "POST", ours, b"x" * (1 << 20)).status == 200
    assert ask(local.port, "/secret", "POST", ours, b"x" * ((1 << 20) + 1)).status == 413
    chunked = b"".join(b"10000\r\n" + b"x" * 65536 + b"\r\n" for _ in range(17)) + b"0\r\n\r\n"
    streamed = ours | {"Transfer-Encoding": "chunked"}
    assert ask(local.port, "/secret", "POST", streamed, chunked).status == 413
    assert secret.reached == 1


def test_a_request_that_does_not_come_to_its_end_is_given_up(secret):
    with running(secret.routes, limits=Limits(body_s=0.2)) as local:
        ours = let_in(local) | {"Content-Length": "100"}
        assert ask(local.port, "/secret", "POST", ours, b"x").status == 408
    assert secret.reached == 0


# --- what a request brings ---------------------------------------------------------------------

ODD = [
    b'{"a": NaN}', b'{"a": [Infinity]}', b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": {"b": -1e999}}',
    b'{"a": ' + b"1" * 41 + b"}", b'{"a": -' + b"1" * 5000 + b"}", b'{"a": "\\ud800"}', b'{"\\udcff": 1}',
    b'{"a": "\xed\xa0\x80"}', b'{"a": "\xff"}', b"[" * 100_000, b"[]", b"1", b"no json",
]  # fmt: skip


async def echo(request):
    return JSONResponse(await given(request))


def test_what_is_no_finite_number_or_no_character_is_refused_in_one_line():
    with running(lambda _desk: [Route("/echo", echo, methods=["POST"])]) as local:
        ours = let_in(local)
        for body in ODD:
            answer = ask(local.port, "/echo", "POST", ours, body)
            assert answer.status == 400, body[:40]
            assert '"code":"request-refused"' in answer.text
            assert "\n" not in answer.text
        whole = '{"a":[1e300,-0.5,"影","\\ud83c\\udfac",null,' + "1" * 40 + "]}"
        answer = ask(local.port, "/echo", "POST", ours, whole.encode())
        assert (answer.status, "🎬" in answer.text, "1" * 40 in answer.text) == (200, True, True)


# --- connections -------------------------------------------------------------------------------


def test_however_many_connections_ask_for_nothing_the_owner_is_answered(local):
    ours = let_in(local)
    head = f"GET /secret HTTP/1.1\r\nHost: 127.0.0.1:{local.port}\r\n"
    with ExitStack() as opened:
        lines = []
        for number in range(3 * Line.most):
            line = opened.enter_context(socket.create_connection(("127.0.0.1", local.port)))
            if number % 2:
                line.sendall(head.encode())
            lines.append(line)
            if number % 50 == 0:
                assert ask(local.port, "/alive", headers=ours).status == 204
        answer = ask(local.port, "/alive", headers=ours)
        assert (answer.status, answer.headers["x-frame-options"]) == (204, "DENY")
        lines[0].settimeout(5)
        assert given_up(lines[0])


def given_up(line):
    try:
        return line.recv(4096) == b""
    except ConnectionResetError:
        return True


def test_a_head_that_does_not_come_to_its_end_is_given_up_and_long_work_is_not(monkeypatch):
    monkeypatch.setattr(Line, "idle_s", 0.5)

    async def slow(_request):
        await asyncio.sleep(1.5)
        return PlainTextResponse("done")

    with running(lambda _desk: [Route("/slow", slow)]) as local:
        ours = let_in(local)
        with socket.create_connection(("127.0.0.1", local.port), timeout=10) as line:
            began = time.monotonic()
            while not gone(line, b"G"):
                assert time.monotonic() - began < 5
                time.sleep(0.1)
            assert time.monotonic() - began > 0.4
        assert ask(local.port, "/slow", headers=ours).text == "done"


def gone(line, more):
    try:
        line.sendall(more)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def test_what_is_no_request_gets_no_word(local):
    with socket.create_connection(("127.0.0.1", local.port), timeout=10) as line:
        line.sendall(b"what?\r\n\r\n")
        assert given_up(line)


# --- the beginning -----------------------------------------------------------------------------


def test_no_page_is_made_and_no_work_begun_where_the_port_is_taken(local):
    made = []
    with pytest.raises(PortTakenError), running(made.append, port=local.port):
        pass
    assert made == []
    with running(lambda desk: made.append(desk) or []):
        assert len(made) == 1, "the control"


def test_where_making_the_pages_fails_nothing_goes_on():
    ended, closed, desks = threading.Event(), [], []

    def work(progress):
        tick = progress.begin("film.mp4", None)
        try:
            while True:
                tick(1)
                time.sleep(0.01)
        finally:
            ended.set()

    def made(desk):
        desks.append(desk)
        desk.closing.callback(lambda: closed.append(ended.is_set()))
        desk.jobs.start(work)
        raise EmptyInputError(path="film.mp4")

    with pytest.raises(EmptyInputError), running(made):
        pass
    assert closed == [True], "the work ends before what it uses is closed"
    with pytest.raises(InterruptedByUserError):
        desks[0].jobs.start(work)
