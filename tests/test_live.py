"""Looking live: in time, told at once, sealed at a door or not written at all."""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from itertools import chain, count, pairwise, repeat
from pathlib import Path

import pytest

from door_house import Gate, gate, owner
from films import face_film
from live_house import PROGRAM, RATE, fall_film, files_below, looking, plan
from networks import models_dir
from yingbi.domain.level import Level
from yingbi.domain.live_errors import SourceLostError
from yingbi.domain.record import Event, Pose
from yingbi.domain.region import Pace, Target
from yingbi.errors import NoSuchInputError, UsageError, VaultLockedError, YingbiError
from yingbi.media import live_source
from yingbi.media.live_source import MOST_BEHIND_S, Address, LiveSource
from yingbi.usecases import live_deposit
from yingbi.usecases.door_desk import open_door
from yingbi.usecases.live import live, never_told
from yingbi.usecases.live_deposit import Stand
from yingbi.usecases.open import read_records
from yingbi.usecases.tell import Teller
from yingbi.usecases.tell_target import order_of


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return fall_film(tmp_path_factory.mktemp("live") / "fall.mp4")


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Path:
    """A film in which he only stands."""
    return fall_film(tmp_path_factory.mktemp("live") / "stand.mp4", stands_s=1.6, lies_s=-0.5)


@pytest.fixture(scope="module")
def seen(film, tmp_path_factory):
    """What is told of the fall: by the run itself and by a command that somebody asked for."""
    out = tmp_path_factory.mktemp("told") / "lines"
    order = order_of(f"fell=sh -c 'echo $YINGBI_TEXT >> {out}'")
    with Teller([order], print) as teller, looking(film, plan(teller, camera="Hall")) as told:
        pass
    return told, out.read_text() if out.exists() else ""


def test_a_fall_is_told_while_the_film_runs_and_once(seen):
    told, lines = seen
    fell = [event for one in told for event in one.moment.events if event.event == "fell"]
    assert len(fell) == 1
    assert abs(fell[0].time_s - 1.8) < 0.5
    assert fell[0].subject == "unknown 1"
    assert lines.count("\n") == 1
    assert lines.startswith("Person 1 fell. Hall, 20")


def test_figures_have_points_and_say_what_they_do(seen):
    figures = [one for told in seen[0] for one in told.moment.figures]
    assert {one.subject for one in figures} == {"unknown 1"}
    assert sum(one.points is not None for one in figures) > len(figures) / 2
    doing = Counter(one.behaviour for one in figures)
    assert doing["standing"]
    assert doing["fallen"]


def test_every_frame_is_looked_at_or_counted_as_skipped(seen):
    told = seen[0]
    assert len(told) - 1 + told[-1].skipped == round(4.7 * RATE)


def frames_taken(source: LiveSource, wait_s: float) -> list[float]:
    times = []
    for frame in source.frames():
        times.append(frame.time_s)
        time.sleep(wait_s)
    return times


def test_a_film_is_never_faster_than_its_own_time(tmp_path):
    path = face_film(tmp_path / "face.mp4", seconds=1.2, size=(160, 120))
    began = time.monotonic()
    with LiveSource(Address.of(str(path))) as source:
        times = frames_taken(source, 0)
    assert time.monotonic() - began >= 1.15
    assert source.skipped + len(times) == 30
    assert times == sorted(times)


def test_what_cannot_be_kept_up_with_is_skipped_before_looking_and_times_hold(tmp_path):
    path = face_film(tmp_path / "face.mp4", seconds=2, size=(160, 120))
    with LiveSource(Address.of(str(path))) as source:
        times = frames_taken(source, 0.2)
    assert source.skipped > 5
    assert source.skipped + len(times) == 50
    assert all(abs(t * 25 - round(t * 25)) < 1e-6 for t in times), "each keeps its own time"
    assert times[-1] == pytest.approx(49 / 25)
    assert max(b - a for a, b in pairwise(times)) <= MOST_BEHIND_S


def all_that_waited(path: Path) -> tuple[list[float], int]:
    """Return the times of what is left of a film that nobody took from while it ran."""
    with LiveSource(Address.of(str(path))) as source:
        source._thread.join()
        return frames_taken(source, 0), source.skipped


def test_no_more_frames_wait_than_their_number_and_their_bytes_allow(tmp_path, monkeypatch):
    path = face_film(tmp_path / "face.mp4", seconds=0.8, size=(160, 120))
    assert len(all_that_waited(path)[0]) == 20, "the control"
    monkeypatch.setattr(live_source, "MOST_WAITING", 8)
    times, skipped = all_that_waited(path)
    assert (len(times), skipped, times[-1]) == (8, 12, pytest.approx(19 / 25))
    for most, left in ((3 * 160 * 120 * 3 // 2, 3), (1, 1)):
        monkeypatch.setattr(live_source, "MOST_BYTES", most)
        times, skipped = all_that_waited(path)
        assert (len(times), skipped, times[-1]) == (left, 20 - left, pytest.approx(19 / 25))


def test_stopping_ends_it_soon_and_the_thread_with_it(film):
    with LiveSource(Address.of(str(film))) as source:
        frames = source.frames()
        next(frames)
        source.stop()
        assert list(frames) == []
    assert not [t for t in threading.enumerate() if t.name == "yingbi reads"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nowhere.mp4", NoSuchInputError),
        ("http://host/film", UsageError),
        ("file:///x", UsageError),
    ],
)
def test_a_source_that_is_none_is_refused(text, error):
    with pytest.raises(error):
        Address.of(text)


@pytest.mark.parametrize("text", ["/dev/video99", "rtsp://user:hush-hush@127.0.0.1:9/secret-room"])
def test_a_source_that_gives_no_picture_is_told_without_its_address(text):
    source = LiveSource(Address.of(text), again=True)
    with pytest.raises(SourceLostError) as lost, source:
        pass
    assert "hush-hush" not in str(lost.value) + repr(source.address)
    assert "secret-room" not in str(lost.value) + repr(source.address)


def test_a_stream_is_read_as_it_comes_and_again_when_it_broke_off():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"rtsp://127.0.0.1:{free.getsockname()[1]}/live"
    script = Path(__file__).with_name("stream_sender.py")
    sender = subprocess.Popen([sys.executable, str(script), url])
    listens = {"rtsp_flags": "listen", "listen_timeout": "20"}
    with LiveSource(Address.of(url), again=True, options=listens) as source:
        times = [frame.time_s for frame in source.frames(lambda: sender.poll() is None)]
    assert sender.wait(20) == 0
    gaps = [b - a for a, b in pairwise(times)]
    assert len(times) > 30
    assert sorted(gaps)[len(gaps) // 2] == pytest.approx(0.04, abs=0.03)
    assert max(gaps) > 0.5, "it was away for a while, and came again"
    assert min(gaps) > 0


# --- nothing is written -------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a folder for temporary files in it."""
    models = str(models_dir())
    monkeypatch.setenv("YINGBI_MODELS_DIR", models)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path


def yingbi(*words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *map(str, words)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_without_a_door_no_file_is_written_and_each_event_is_one_line(short, home):
    before = files_below(home)
    done = yingbi("live", short, "--quiet", "--once", "--camera", "Hall")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum("Person 1 came. Hall" in line for line in lines) == 1
    assert str(short) not in done.stdout + done.stderr
    assert files_below(home) == before


def test_a_file_that_is_written_would_be_noticed(home):
    before = files_below(home)
    with tempfile.TemporaryFile() as unseen:
        unseen.write(b"x")
    assert files_below(home) == before
    (Path(tempfile.gettempdir()) / "left").write_bytes(b"x")
    assert files_below(home) != before


def at_door(tmp_path: Path, **policy) -> Gate:
    return gate(tmp_path / "gate", level=Level.STRUCTURED_ONLY, **policy)


def records_in(made: Gate) -> list:
    """Return the records that the owner finds, object by object."""
    with owner(made.vault) as vault:
        found = sorted(vault.rooms.catalogue.find(), key=lambda one: one.object_id)
        return [(one, read_records(vault, one.object_id)) for one in found]


def test_with_a_door_nothing_but_its_inbox_and_sealed_bodies_appears(short, home):
    made = at_door(home)
    before = files_below(home)
    done = yingbi(
        "live", short, "--quiet", "--once", "--camera", "Hall",
        "--door", made.door, "--vault", made.vault,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    new = {Path(line.split(" ")[0]) for line in files_below(home) - before}
    objects, inbox = made.vault / "objects", made.vault / "inbox"
    assert new
    assert [p for p in new if not {objects, inbox} & set(p.parents)] == []
    assert len(made.waiting) == 1
    assert not [p for p in new if b"ftyp" in p.read_bytes() or b"JFIF" in p.read_bytes()]


def test_an_hour_is_an_object_and_its_times_begin_anew(short, home):
    made = at_door(home)
    stand = partial(open_door, made.door, made.vault, memory="wanted")
    with (
        Teller((), print) as teller,
        looking(short, plan(teller, stand=stand, object_s=0.8)) as told,
    ):
        assert told
    found = records_in(made)
    assert len(found) >= 2
    starts = [datetime.fromisoformat(one.info.recorded_at) for one, _ in found]
    assert all(timedelta(seconds=0.75) < b - a for a, b in pairwise(starts))
    for one, records in found:
        assert one.info.to_s <= 1.7
        assert all(0 <= r.time_s <= one.info.to_s for r in records if isinstance(r, Pose | Event))
    assert any(isinstance(r, Pose) for _, records in found for r in records)


def test_a_clock_that_is_set_while_it_runs_begins_an_object_by_the_right_time(short, home):
    """One by the wrong day would be refused, since the id of its object tells the right one."""
    made, calls = at_door(home), count()
    wrong_s = 60 if datetime.now(UTC).hour < 12 else -60  # both times are of one day

    def wall() -> datetime:
        return datetime.now().astimezone() + timedelta(seconds=wrong_s * (next(calls) < 12))

    stand = partial(open_door, made.door, made.vault, memory="wanted")
    with (
        Teller((), print) as teller,
        looking(short, plan(teller, stand=stand, wall=wall)) as told,
    ):
        assert told
    first, second = [datetime.fromisoformat(one.info.recorded_at) for one, _ in records_in(made)]
    assert (second - first).total_seconds() == pytest.approx(-wrong_s, abs=10)


def test_a_notice_tells_the_time_of_day_as_it_is_after_the_clocks_went_back(short, home):
    summer, winter = (timezone(timedelta(hours=hours)) for hours in (2, 1))
    zones = chain([summer], repeat(winter))
    with Teller((), print) as teller:
        looks = plan(teller, wall=lambda: datetime.now(next(zones)))
        with looking(short, looks) as told:
            came = next(one for moment in told for one in moment.notices)
    assert came.at.utcoffset() == timedelta(hours=1)
    assert abs(came.at - datetime.now(winter)) < timedelta(minutes=1)


def test_what_was_seen_before_an_end_is_sealed_when_the_user_ends_it(short, home):
    made = at_door(home)
    process = subprocess.Popen(
        [*PROGRAM, "live", str(short), "--quiet", "--door", str(made.door),
         "--vault", str(made.vault)], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "Person 1 came" in process.stdout.readline()
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(made.waiting) == 1


def test_a_vault_that_is_locked_is_waited_for_and_nothing_is_lost(short, home):
    made = at_door(home)
    calls: list[int] = []

    def stand():
        calls.append(1)
        if len(calls) == 2:  # the first is to be left
            raise VaultLockedError
        return open_door(made.door, made.vault, memory="wanted")

    lines: list[str] = []
    with Teller((), print) as teller:
        made_so = replace(plan(teller, stand=stand, object_s=0.8), tell=lines.append)
        with looking(short, made_so):
            pass
    waits, left = lines
    assert "waits in memory" in waits
    assert "left at the door" in left
    assert len(records_in(made)) >= 2


def locked_at_the_end(made: Gate, times: int) -> Stand:
    """Return a stand whose vault is locked so many times after it was first opened."""
    calls: list[int] = []

    def stand():
        calls.append(1)
        if 1 < len(calls) <= times + 1:
            raise VaultLockedError
        return open_door(made.door, made.vault, memory="wanted")

    return stand


def test_what_is_left_last_is_tried_again_while_the_vault_is_locked(short, home, monkeypatch):
    monkeypatch.setattr(live_deposit, "LAST_EVERY_S", 0.0)
    assert live_deposit.LAST_TRIES * 5 >= 120
    for times, kept in ((live_deposit.LAST_TRIES - 1, 1), (live_deposit.LAST_TRIES, 0)):
        (home / str(times)).mkdir()
        made = at_door(home / str(times))
        lines: list[str] = []
        with Teller((), print) as teller, LiveSource(Address.of(str(short))) as source:
            whole = plan(teller, stand=locked_at_the_end(made, times))
            with nullcontext() if kept else pytest.raises(VaultLockedError):
                list(live(source, replace(whole, tell=lines.append)))
        assert ["two minutes" in one for one in lines] == [True, False][: 1 + kept]
        assert len(records_in(made)) == kept


# --- refusals -----------------------------------------------------------------------------------


def test_another_level_is_refused_in_one_line(film, home):
    for level in ("2", "3"):
        done = yingbi("live", film, "--level", level, "--quiet")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "level 1 alone" in done.stderr
    made = gate(home / "other", level=Level.OBSCURED)
    done = yingbi("live", film, "--quiet", "--door", made.door, "--vault", made.vault)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "another level" in done.stderr


def test_what_the_box_does_not_keep_is_told_to_nobody(short, home):
    made = at_door(home, keep=("identity", "event.entered"))
    words = ("--quiet", "--door", made.door, "--vault", made.vault)
    done = yingbi("live", short, *words, "--on", "fell=/bin/true")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "does not keep 'fell'" in done.stderr
    assert never_told(["entered", "fell"], ("event",)) == ()
    done = yingbi("live", short, *words)
    assert "came" in done.stdout
    assert "People there" not in done.stdout, "counts are not kept either"


def test_a_network_that_fails_ends_the_run_and_what_came_before_is_sealed(film, home):
    made = at_door(home)
    stand = partial(open_door, made.door, made.vault, memory="wanted")

    class Breaks:
        def __init__(self, inner):
            self._inner, self.kinds, self.pace, self._left = inner, inner.kinds, inner.pace, 3

        def find(self, frame, part=None):
            self._left -= 1
            if self._left < 0:
                raise RuntimeError("broken")
            return self._inner.find(frame, part)

    with Teller((), print) as teller:
        whole = plan(teller, stand=stand)
        finders = [Breaks(one) for one in whole.sight.finders]
        broken = replace(whole, sight=replace(whole.sight, finders=finders))
        with LiveSource(Address.of(str(film))) as source, pytest.raises(YingbiError) as raised:
            list(live(source, broken))
    assert raised.value.code == "unmaskable"
    assert len(records_in(made)) == 1


class Stumbles:
    """A source of poses that fails after so many looks."""

    def __init__(self, looks: int) -> None:
        self._left = looks

    def find(self, frame, box):
        self._left -= 1
        if self._left < 0:
            raise RuntimeError("broken")


def test_poses_that_fail_end_the_run_in_one_line_and_what_came_before_is_sealed(short, home):
    made = at_door(home)
    stand = partial(open_door, made.door, made.vault, memory="wanted")
    with Teller((), print) as teller:
        broken = replace(plan(teller, stand=stand), poses=Stumbles(3))
        with LiveSource(Address.of(str(short))) as source, pytest.raises(YingbiError) as raised:
            list(live(source, broken))
    assert raised.value.code == "unmaskable"
    assert "RuntimeError" in str(raised.value)
    assert len(records_in(made)) == 1


class BreaksOff(LiveSource):
    """A source that is lost after so many seconds."""

    last_s, after_s = 0.0, 3.4

    def frames(self, go_on=lambda: True):
        for frame in super().frames(go_on):
            if frame.time_s > self.after_s:
                raise SourceLostError(source="camera", reason="it broke off")
            self.last_s = frame.time_s
            yield frame


def test_a_fall_just_before_the_source_is_lost_is_told_and_sealed_first(film, home):
    made, told = at_door(home), []
    stand = partial(open_door, made.door, made.vault, memory="wanted")
    with (
        Teller((), print) as teller,
        BreaksOff(Address.of(str(film))) as source,
        pytest.raises(SourceLostError),
    ):
        told.extend(live(source, plan(teller, stand=stand)))
    assert told[-2].moment.time_s == source.last_s > 3
    fell = [event for one in told for event in one.moment.events if event.event == "fell"]
    assert [event.subject for event in fell] == ["unknown 1"]
    ((stored, records),) = records_in(made)
    assert stored.info.to_s == pytest.approx(source.last_s)
    assert [r.event for r in records if isinstance(r, Event)].count("fell") == 1


def test_what_waits_is_told_when_a_network_fails(film, home):
    made, told = at_door(home), []
    stand = partial(open_door, made.door, made.vault, memory="wanted")

    class Fails:
        """Finds nobody, and fails once he falls."""

        kinds, pace, failed_s = frozenset({Target.PERSON}), Pace.WHOLE, 0.0

        def find(self, frame, part=None):
            if frame.time_s > 1:
                self.failed_s = frame.time_s
                raise RuntimeError("broken")
            return []

    finder = Fails()
    with Teller((), print) as teller:
        whole = plan(teller, stand=stand)
        broken = replace(whole, sight=replace(whole.sight, finders=[finder]))
        with LiveSource(Address.of(str(film))) as source, pytest.raises(YingbiError) as raised:
            told.extend(live(source, broken))
    assert raised.value.code == "unmaskable"
    assert 0 < finder.failed_s - told[-2].moment.time_s < 0.6, (
        "all but the stretch in which it failed"
    )
    assert len(records_in(made)) == 1


def test_whoever_goes_away_midway_leaves_what_was_seen(short, home):
    made = at_door(home)
    stand = partial(open_door, made.door, made.vault, memory="wanted")
    with Teller((), print) as teller, LiveSource(Address.of(str(short))) as source:
        told = live(source, plan(teller, stand=stand))
        next(told)
        told.close()
    assert len(records_in(made)) == 1
