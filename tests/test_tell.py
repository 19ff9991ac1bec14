"""Telling somebody: by a command, by a real server, once, and without a word that is secret."""

import http.server
import io
import json
import logging
import os
import sys
import threading
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web_house import until
from yingbi.domain.live_errors import TellRefusedError
from yingbi.domain.messages import use_language
from yingbi.domain.notice import Notice, event_words
from yingbi.domain.record import EVENTS, Event
from yingbi.errors import YingbiError
from yingbi.usecases.tell import MOST_WAITING, Teller
from yingbi.usecases.tell_target import CommandTarget, Order, order_of

# A plugin of the library imports a module that a later Python does without.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

AT = datetime(2026, 11, 29, 20, 15, 7, tzinfo=UTC)
FELL = Event("fell", 3.0, "unknown 3", confidence=0.9)


def notice(event: Event = FELL, after_s: float = 0.0) -> Notice:
    return Notice(event, AT + timedelta(seconds=after_s), "Kitchen")


def script(folder: Path, text: str) -> str:
    """Write a command, and return how a user would name it."""
    path = folder / "tell me.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return f"'{path}'"


class Office(http.server.BaseHTTPRequestHandler):
    """Notes what it is told; answers with the status that the test sets."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.told.append((self.headers["Content-Type"], self.rfile.read(length)))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@contextmanager
def office(status: int = 200):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Office)
    server.told, server.status = [], status  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def address(server) -> str:
    return f"json://user:hush-hush@127.0.0.1:{server.server_port}/secret-room"


def test_a_command_is_told_the_event_the_time_the_person_and_the_camera(tmp_path, monkeypatch):
    monkeypatch.setenv("YINGBI_PASSPHRASE_FILE", "/somewhere")
    order = order_of("fell=" + script(tmp_path, f"env | grep ^YINGBI_ > {tmp_path}/told"))
    with Teller([order], print) as teller:
        teller.tell(notice())
    told = dict(line.split("=", 1) for line in (tmp_path / "told").read_text().splitlines())
    assert told == {
        "YINGBI_EVENT": "fell",
        "YINGBI_TIME": "2026-11-29T20:15:07+00:00",
        "YINGBI_SUBJECT": "Person 3",
        "YINGBI_CAMERA": "Kitchen",
        "YINGBI_TEXT": "Person 3 fell. Kitchen, 2026-11-29 20:15:07.",
    }


def test_no_shell_reads_a_command(tmp_path):
    trap = tmp_path / "trap"
    order = order_of(f"fell=/bin/echo $(touch {trap}) ; touch {trap}")
    with Teller([order], print) as teller:
        teller.tell(notice())
    assert not trap.exists()
    os.system(f"/bin/echo $(touch {trap}) > /dev/null")  # the control: a shell would
    assert trap.exists()


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    command = script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    target = CommandTarget((command.strip("'"),), timeout_s=0.5)
    assert not target.send(notice())
    child = int((tmp_path / "pid").read_text())
    until(lambda: not Path(f"/proc/{child}").exists() or "Z" in _state(child))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.parametrize(("language", "words"), [("en", "Person 3 fell."), ("zh", "3")])
def test_an_address_is_told_in_words_and_nothing_is_attached(language, words):
    use_language(language)
    try:
        with office() as server:
            with Teller([order_of(f"fell={address(server)}")], print) as teller:
                teller.tell(notice())
            ((kind, body),) = server.told
    finally:
        use_language("en")
    told = json.loads(body)
    assert kind == "application/json"
    assert words in told["title"]
    assert "Kitchen" in told["message"]
    assert "2026-11-29 20:15:07" in told["message"]
    assert told["attachments"] == []


def test_the_same_of_the_same_person_is_told_once_in_thirty_seconds():
    with office() as server:
        with Teller([order_of(f"fell={address(server)}")], print) as teller:
            for after_s in (0, 1, 29, 31):
                teller.tell(notice(after_s=after_s))
            teller.tell(notice(Event("fell", 1.0, "unknown 4", confidence=0.9)))
            teller.tell(notice(Event("entered", 1.0, "unknown 4")))
        assert len(server.told) == 3


def test_a_way_back_over_a_line_and_each_number_of_people_are_told():
    """Whoever reads the last notice must not take it for what is true no more."""
    crossed = [
        Event("crossed", 0.0, "unknown 1", place="door", direction=way)
        for way in ("forward", "back", "back")
    ]
    counts = [Event("count", 0.0, count=number) for number in (1, 0, 1, 0)]
    said: list[Notice] = []
    target = Said(said)
    with Teller([Order("crossed", target), Order("count", target)], print) as teller:
        for after_s, event in enumerate([*crossed, *counts]):
            teller.tell(notice(event, after_s))
    assert [one.event for one in said] == [*crossed[:2], *counts]


class Said:
    name = "said"

    def __init__(self, told: list[Notice], fails: int = 0) -> None:
        self.told, self.fails = told, fails

    def send(self, one: Notice) -> bool:
        self.fails -= 1
        if self.fails >= 0:
            return False
        self.told.append(one)
        return True


def test_telling_goes_on_where_nobody_reads_that_it_failed():
    def broken(_line: str) -> None:
        raise BrokenPipeError

    told: list[Notice] = []
    with Teller([Order("fell", Said(told, fails=1))], broken, waits_s=()) as teller:
        teller.tell(notice())
        teller.tell(notice(after_s=60))
    assert [one.at for one in told] == [AT + timedelta(seconds=60)]


def test_words_that_no_environment_takes_fail_as_a_command_does():
    target = CommandTarget(("/bin/true",))
    assert target.send(notice())
    assert not target.send(Notice(FELL, AT, "a\0b"))


def test_no_command_outlives_the_telling(tmp_path):
    command = script(tmp_path, f"echo $$ >> {tmp_path}/pids; exec sleep 60").strip("'")
    order = Order("fell", CommandTarget((command,), timeout_s=1.0))
    with Teller([order], print, waits_s=(), leave_s=1.5) as teller:
        for number in range(4):
            teller.tell(notice(after_s=60 * number))
    pids = [int(one) for one in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 2, "the second begins while the first one's time is up"
    assert [_state(pid) for pid in pids] == ["Z", "Z"]


def test_a_failure_is_told_once_and_tried_again_until_it_works():
    lines: list[str] = []
    with (
        office(status=500) as server,
        Teller([order_of(f"fell={address(server)}")], lines.append, waits_s=(0.05,) * 8) as teller,
    ):
        teller.tell(notice())
        until(lambda: len(server.told) >= 3)
        assert teller.failing == ("json://",)
        server.status = 200
        until(lambda: teller.failing == ())
    assert lines == ["'json://' could not be told; it is tried again"]


def test_nothing_secret_is_printed_or_logged_when_telling_fails(caplog):
    out, lines = io.StringIO(), []
    caplog.set_level(0)
    with redirect_stdout(out), redirect_stderr(out):
        with office(status=500) as server:
            order = order_of(f"fell={address(server)}")
            with Teller([order], lines.append, waits_s=()) as teller:
                teller.tell(notice())
        with pytest.raises(TellRefusedError) as refused:
            order_of("fell=nosuchkind://user:hush-hush@secret-room")
        with Teller([order_of("fell=/bin/false hush-hush")], lines.append, waits_s=()) as teller:
            teller.tell(notice())
    said = "\n".join([out.getvalue(), *lines, str(refused.value), repr(order), *caplog.messages])
    assert len(lines) == 2
    assert "hush-hush" not in said
    assert "secret-room" not in said
    assert "nosuchkind://" in said


def test_a_secret_in_a_log_would_be_noticed(caplog):
    caplog.set_level(0)
    logging.getLogger("other").warning("json://user:hush-hush@secret-room")
    assert "hush-hush" in "".join(caplog.messages)


class Slow:
    name = "slow"

    def __init__(self) -> None:
        self.go, self.told = threading.Event(), []

    def send(self, one: Notice) -> bool:
        self.go.wait(20)
        self.told.append(one)
        return True


def test_whoever_is_slow_never_holds_up_the_looking_and_the_queue_has_a_bound():
    slow = Slow()
    with Teller([Order("fell", slow)], print) as teller:
        began = time.monotonic()
        for number in range(4 * MOST_WAITING):
            teller.tell(notice(Event("fell", 0.0, f"unknown {number}", confidence=0.9)))
        assert time.monotonic() - began < 5, "nobody waited for the 20 seconds of one"
        slow.go.set()
    assert len(slow.told) <= MOST_WAITING + 1
    assert slow.told[-1].event.subject == f"unknown {4 * MOST_WAITING - 1}"


@pytest.mark.parametrize(
    "given", ["fell", "fell=", "dancing=/bin/true", "fell=no-such-command-here", "fell='", "=x", ""]
)
def test_what_cannot_be_told_is_refused_before_anything_begins(given):
    with pytest.raises(TellRefusedError):
        order_of(given)


@given(st.sampled_from(["", "fell=", "fell=json://", "left="]), st.text())
def test_any_text_is_an_order_or_refused_in_one_line(start, text):
    try:
        event = order_of(start + text).event
    except YingbiError as error:
        event, line = "fell", str(error)
        assert line.isprintable(), line
    assert event in EVENTS


def test_apprise_missing_is_said_with_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(YingbiError) as missing:
        order_of("fell=json://127.0.0.1")
    assert missing.value.code == "library-missing"
    assert "yingbi[notify]" in str(missing.value)
    assert order_of("fell=/bin/true").event == "fell", "commands need no library"


def test_every_event_has_words_of_its_own():
    made = {
        name: Event(name, 0.0, "unknown 1", count=2, place="door", direction="back", for_s=3.0)
        for name in EVENTS
    }
    words = {name: event_words(event) for name, event in made.items()}
    assert len(set(words.values())) == len(EVENTS)
    assert not set(words) & set(words.values())
