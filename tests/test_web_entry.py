"""The local pages beside other users and other pages, and their end when nobody is there."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse
from starlette.routing import Route

from web_house import Hand, Secret, ask, chromium, let_in, running, tab, unguarded, until
from yingbi.web.entry import Limits
from yingbi.web.peer import is_strangers

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root becomes another user"
)


@pytest.fixture
def secret():
    return Secret()


# --- other users of the machine ----------------------------------------------------------------


def asked_by_nobody(port, path, cookie=""):
    """Return what another user's process is answered; bash alone is needed."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    lines += [f"Cookie: {cookie}"] if cookie else []
    sent = "".join(f"{line}\\r\\n" for line in [*lines, ""])
    script = f"exec 3<>/dev/tcp/127.0.0.1/{port}; printf '{sent}' >&3; cat <&3"
    done = subprocess.run([*NOBODY, "bash", "-c", script], capture_output=True, check=True)
    return done.stdout.decode()


@needs_root
def test_another_users_process_is_refused_even_with_a_stolen_cookie_or_token(secret):
    with unguarded(secret.routes) as port:
        assert "the secret" in asked_by_nobody(port, "/secret")
    with running(secret.routes) as local:
        token = local.entrance.removeprefix(local.address)
        assert asked_by_nobody(local.port, "/secret").startswith("HTTP/1.1 403")
        assert asked_by_nobody(local.port, token).startswith("HTTP/1.1 403")
        ours = let_in(local)
        assert asked_by_nobody(local.port, "/secret", ours["Cookie"]).startswith("HTTP/1.1 403")
        assert secret.reached == 1
        assert ask(local.port, "/secret", headers=ours).status == 200


BEHIND_DECOYS = """
import os, socket, sys
os.setgid(65534), os.setuid(65534)
port, cookie = int(sys.argv[1]), sys.argv[2]
chosen = socket.create_server(("127.0.0.1", 0))
ours = chosen.getsockname()[1]
chosen.close()
def line(address):
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, ours))
    made.connect(("127.0.0.1", port))
    return made
for last in range(2, 14):
    line(f"127.0.0.{last}").close()
real = line("127.0.0.1")
real.sendall(f"GET /secret HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\nCookie: {cookie}\\r\\n\\r\\n".encode())
print(ours, real.recv(65536).split()[1].decode())
"""


@needs_root
def test_another_user_does_not_hide_behind_closed_connections_from_the_same_port(secret):
    with running(secret.routes) as local:
        words = [sys.executable, "-c", BEHIND_DECOYS, str(local.port), let_in(local)["Cookie"]]
        done = subprocess.run(words, capture_output=True, check=True, text=True)
        port, status = done.stdout.split()
        rows = [row.split() for row in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
        decoys = [row for row in rows if row[1].endswith(f":{int(port):04X}") and row[3] == "06"]
        assert {row[7] for row in decoys} == {"0"}, "the control: they look like root's"
        assert (status, secret.reached) == ("403", 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a connection is")
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_only_an_open_connection_of_our_own_is_known(family):
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(family) as ours:
        end = listening.getsockname()
        ours.connect(end if family == socket.AF_INET else (f"::ffff:{end[0]}", end[1]))
        client = (end[0], ours.getsockname()[1])
        with listening.accept()[0]:
            assert not is_strangers(client, end)
            assert is_strangers(("127.0.0.2", client[1]), end)
            assert is_strangers(client, ("127.0.0.2", end[1]))
            assert is_strangers(None, end)
            ours.close()
            assert is_strangers(client, end), "whoever has gone may have been anybody"


PROGRAM = """
import sys
from yingbi.web.local import serve
serve(lambda _desk: [], open_browser=True, tell=lambda url: print(url, flush=True))
"""


class Opened:
    """A run that opens a browser: a script that keeps what it was called with, and stays."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        place = Path(self.folder.name)
        place.chmod(0o755)
        browser = place / "browser"
        browser.write_text('#!/bin/sh\nexec sleep 60 # "$1"\n', "utf-8")
        browser.write_text('#!/bin/sh\nexec tail -f /dev/null "${1#file://}"\n', "utf-8")
        browser.chmod(0o755)
        changed = {"BROWSER": f"{browser} %s", "XDG_DATA_HOME": str(place), "HOME": str(place)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | changed,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.url = self.process.stdout.readline().strip()
        self.token = self.url.partition("token=")[2]
        self.file = until(lambda: next(place.rglob("yingbi-open-*.html"), None))
        until(lambda: self.file.name in command_lines())
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, 15)
        self.process.wait(20)
        self.process.stdout.close()
        self.folder.cleanup()


def command_lines():
    """Return every command line of the machine, as another user sees it."""
    script = "cat /proc/[0-9]*/cmdline 2>/dev/null || true"
    done = subprocess.run([*NOBODY, "sh", "-c", script], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace").replace("\0", " ")


def read_by_nobody(path):
    return subprocess.run([*NOBODY, "cat", path], capture_output=True, check=False).stdout.decode()


@needs_root
def test_no_other_user_sees_the_token_on_a_command_line_or_in_the_file_of_the_browser():
    with Opened() as run:
        assert len(run.token) > 40
        assert run.token not in command_lines()
        assert run.token in run.file.read_text("utf-8")
        assert run.file.stat().st_mode & 0o777 == 0o600
        for folder in (run.file.parent, run.file.parent.parent):
            folder.chmod(0o755)
        assert run.token not in read_by_nobody(run.file)
        run.file.chmod(0o644)
        assert run.token in read_by_nobody(run.file), "the control"


@needs_root
def test_the_file_of_the_browser_goes_when_its_token_was_used_and_when_the_run_ends():
    with Opened() as run:
        port = int(run.url.split(":")[2].partition("/")[0])
        assert ask(port, f"/enter?token={run.token}").status == 200
        until(lambda: not run.file.exists())
    with Opened() as run:
        run.process.send_signal(1)  # the terminal is closed
        assert run.process.wait(20) == 0
        assert not run.file.exists()


# --- the end -----------------------------------------------------------------------------------


def ended(local):
    return not any(thread.name == f"pages {local.port}" for thread in threading.enumerate())


def test_when_nobody_asked_for_fifteen_minutes_nothing_is_served_any_more(secret):
    hand = Hand()
    with running(secret.routes, clock=hand) as local:
        ours = let_in(local)
        for _ in range(3):  # whoever asks keeps it going
            hand.now_s += 899
            assert ask(local.port, "/alive", headers=ours).status == 204
        hand.now_s += 600
        assert ask(local.port, "/secret").status == 403  # and who may not ask does not
        hand.now_s += 301
        until(lambda: ended(local))
        with pytest.raises(OSError, match="refused"):
            ask(local.port, "/secret", headers=ours)
        assert secret.reached == 0


def test_work_that_is_under_way_is_finished_first_but_nothing_is_served(secret):
    hand, finish = Hand(), threading.Event()
    with running(secret.routes, clock=hand) as local:
        ours = let_in(local)
        job = local.jobs.start(lambda _progress: finish.wait(20))
        hand.now_s += 901
        for _ in range(2):
            time.sleep(0.3)
            assert ask(local.port, "/secret", headers=ours).status == 410
        assert not ended(local)
        finish.set()
        until(lambda: ended(local))
        assert (job.state, job.result, secret.reached) == ("done", True, 0)


def test_with_a_real_clock_it_ends_as_well():
    with running(limits=Limits(idle_s=0.5)) as local:
        began = time.monotonic()
        until(lambda: ended(local))
        assert 0.4 < time.monotonic() - began < 10


# --- other pages, in a real browser ------------------------------------------------------------

THEFT = """<!doctype html><title>theft</title><body><script>
const target = "http://TARGET/secret";
const got = [];
async function steal() {
  for (const mode of ["cors", "no-cors"])
    for (const method of ["GET", "POST"])
      try {
        got.push(await (await fetch(target, { mode, method, credentials: "include" })).text());
      } catch { got.push("refused"); }
  for (const kind of ["iframe", "img", "script"]) {
    const element = document.createElement(kind);
    element.src = target;
    const over = new Promise((done) => { element.onload = element.onerror = done; });
    document.body.append(element);
    await over;
  }
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: target, target: "frame" });
  const frame = Object.assign(document.createElement("iframe"), { name: "frame" });
  document.body.append(frame, form);
  const over = new Promise((done) => { frame.onload = done; });
  form.submit();
  await over;
  document.title = "over";
}
steal();
</script>"""


def thief(target):
    """Return pages of another origin that try to reach the target with the victim's cookies."""

    async def page(_request):
        return HTMLResponse(THEFT.replace("TARGET", target))

    return lambda _desk: [Route("/", page)]


def stolen(browser, target, entrance, address="http://127.0.0.1:PORT/"):
    """Let a victim who was let in visit the thief; return when the thief has tried all."""
    with unguarded(thief(target)) as port, tab(browser) as watched:
        if entrance:
            watched.page.goto(entrance)
            watched.page.wait_for_url("**/")
        watched.page.goto(address.replace("PORT", str(port)))
        watched.page.wait_for_function("document.title == 'over'", timeout=20_000)
        frames = [frame for frame in watched.page.frames if frame != watched.page.main_frame]
        return watched.page.evaluate("got"), [frame.content() for frame in frames]


def test_a_page_of_another_origin_reaches_nothing_in_a_real_browser(secret):
    with chromium() as browser:
        with unguarded(secret.routes) as port:
            got, frames = stolen(browser, f"127.0.0.1:{port}", None)
            assert secret.reached == 8, "the control"
            assert any("the secret" in text for text in frames)
        secret.reached = 0
        with running(secret.routes) as local:
            got, frames = stolen(browser, f"127.0.0.1:{local.port}", local.entrance)
            assert secret.reached == 1  # the victim's own page
            assert not any("the secret" in text for text in [*got, *frames])


def test_a_name_that_was_led_here_reaches_nothing_in_a_real_browser(secret):
    with (
        chromium("--host-resolver-rules=MAP evil.example 127.0.0.1") as browser,
        tab(browser) as it,
    ):
        with unguarded(secret.routes) as port:
            it.page.goto(f"http://evil.example:{port}/secret")
            assert "the secret" in it.page.content(), "the control"
        with running(secret.routes) as local:
            it.page.goto(local.entrance)
            it.page.wait_for_url("**/")
            answer = it.page.goto(f"http://evil.example:{local.port}/secret")
            assert answer.status == 421
            assert "the secret" not in it.page.content()


def test_the_file_that_opens_a_real_browser_leads_to_the_page(secret, tmp_path):
    with running(secret.routes) as local, chromium() as browser, tab(browser) as watched:
        file = tmp_path / "open.html"
        file.write_text(
            f'<!doctype html><meta http-equiv="refresh" content="0; url={local.entrance}">', "utf-8"
        )
        watched.page.goto(file.as_uri())
        watched.page.wait_for_url(f"{local.address}/")
        assert "the secret" in watched.page.content()
        watched.page.reload()
        assert "the secret" in watched.page.content()
        assert watched.complaints == []
