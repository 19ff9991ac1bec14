"""Signed reports, the journal of a run, and what is told of doubtful moments."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from films import face_film
from stills import make_still
from yb import Yingbi
from yingbi.crypto.suite import suite
from yingbi.domain.canonical_json import canonical
from yingbi.domain.course import Course
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.moment import LONG_GAP_S, MOST, Doubt, Moments
from yingbi.domain.region import Region, Target
from yingbi.domain.report import Quiet
from yingbi.domain.report_errors import (
    BrokenOffError,
    InstallationKeyError,
    ReportBrokenError,
    ReportKeyUnknownError,
    RunInUseError,
)
from yingbi.keys.installation import InstallationKey, fingerprint, installation_key, known_key
from yingbi.keys.signature import signed
from yingbi.media.contact import cell, sheet
from yingbi.media.film import FilmReader
from yingbi.media.glimpse import glimpses
from yingbi.media.upright import upright_crop
from yingbi.pipeline.recheck import Watch, _share
from yingbi.usecases.check_report import check_report
from yingbi.usecases.evidence import Evidence, identity
from yingbi.usecases.journal import Journal, Past, journal_of, opened_journal
from yingbi.usecases.signed_report import REPORT, check_signature, trusted_report

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


# --- canonical bytes and the key ----------------------------------------------------------------


@given(JSON)
def test_canonical_bytes_are_the_same_after_any_reading_and_writing(value):
    again = json.loads(json.dumps(value, indent=3))
    assert canonical(again) == canonical(json.loads(canonical(value))) == canonical(value)


def test_canonical_bytes_have_one_way_to_write_each_thing():
    value = {"b": 1.0, "a": ["影", "\U0001f600", "\udcff", 0.12], "A": None}
    assert canonical(value) == (rb'{"A":null,"a":["\u5f71","\ud83d\ude00","\udcff",0.12],"b":1}')


@pytest.mark.parametrize("name", ["intl", "sm"])
def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path, name: str):
    assert known_key(tmp_path / "home", name) is None
    key = installation_key(tmp_path / "home", name)
    again = installation_key(tmp_path / "home", name)
    assert key.made
    assert not again.made
    assert again.fingerprint == key.fingerprint == fingerprint(suite(name), key.public)
    assert key.path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in (tmp_path / "home").iterdir()] == [key.path.name]
    assert key.private.hex() not in repr(key)


def test_a_key_that_others_can_read_or_that_was_altered_is_refused(tmp_path: Path):
    key = installation_key(tmp_path, "intl")
    content = key.path.read_bytes()
    key.path.chmod(0o640)
    with pytest.raises(InstallationKeyError):
        installation_key(tmp_path, "intl")
    key.path.chmod(0o600)
    for broken in (b"", content[:-1], b"X" + content[1:], content[:-1] + bytes([content[-1] ^ 1])):
        key.path.write_bytes(broken)
        with pytest.raises(InstallationKeyError):
            known_key(tmp_path, "intl")


# --- signing and checking -----------------------------------------------------------------------


def write_report(path: Path, home: Path, entries: list[dict[str, Any]], name: str = "intl") -> str:
    key = installation_key(home, name)
    body = {"version": 2, "made_at": "2026-01-01T00:00:00+00:00", "inputs": entries, "left_out": []}
    path.write_text(json.dumps(signed(body, key, REPORT), indent=2))
    return key.fingerprint


def entry(path: Path, place: str) -> dict[str, Any]:
    return {
        "source": "in",
        "output": str(path),
        "place": place,
        "written": identity(path).to_json(),
    }


@pytest.mark.parametrize("name", ["intl", "sm"])
def test_a_report_holds_for_those_who_know_its_key_and_for_nobody_else(tmp_path: Path, name: str):
    signer = write_report(tmp_path / "r.json", tmp_path / "home", [], name)
    assert trusted_report(tmp_path / "r.json", tmp_path / "home", ())[1] == signer
    with pytest.raises(ReportKeyUnknownError):
        trusted_report(tmp_path / "r.json", tmp_path / "elsewhere", ())
    other = installation_key(tmp_path / "elsewhere", name).fingerprint
    with pytest.raises(ReportKeyUnknownError):
        trusted_report(tmp_path / "r.json", tmp_path / "elsewhere", [other])
    told = signer.upper().replace(":", ": ")
    assert trusted_report(tmp_path / "r.json", tmp_path / "elsewhere", [told])[1] == signer


def test_every_change_of_a_report_is_noticed(tmp_path: Path):
    write_report(tmp_path / "r.json", tmp_path / "home", [])
    document = json.loads((tmp_path / "r.json").read_text())
    changed: list[Any] = [
        document | {"made_at": "2026-01-01T00:00:01+00:00"},
        document | {"more": 1},
        {k: v for k, v in document.items() if k != "left_out"},
        {k: v for k, v in document.items() if k != "signature"},
        document | {"signature": document["signature"] | {"suite": "none"}},
        document | {"signature": document["signature"] | {"value": "00" * 64}},
        document | {"signature": document["signature"] | {"key": "zz"}},
        document | {"signature": 3},
        [],
    ]
    for number, one in enumerate(changed):
        (tmp_path / "changed.json").write_text(json.dumps(one))
        with pytest.raises(ReportBrokenError):
            trusted_report(tmp_path / "changed.json", tmp_path / "home", ())
        assert number < len(changed)
    twice = (tmp_path / "r.json").read_text().replace('"version": 2', '"version": 1, "version": 2')
    (tmp_path / "changed.json").write_text(twice)
    with pytest.raises(ReportBrokenError):
        trusted_report(tmp_path / "changed.json", tmp_path / "home", ())


def test_a_signed_line_of_a_journal_is_no_report(tmp_path: Path):
    key = installation_key(tmp_path, "intl")
    line = signed({"version": 2}, key, b"yingbi mask journal 2\n")
    with pytest.raises(ReportBrokenError):
        check_signature(line, REPORT, tmp_path)


def test_exactly_what_differs_is_told(tmp_path: Path):
    out = tmp_path / "out"
    (out / "deep").mkdir(parents=True)
    names = ["same.jpg", "deep/altered.jpg", "longer.jpg", "gone.jpg", "linked.jpg"]
    for name in names:
        make_still(out / name)
    write_report(tmp_path / "r.json", tmp_path / "home", [entry(out / n, n) for n in names])

    def differences() -> list[str]:
        checked = check_report(tmp_path / "r.json", tmp_path / "home", (), out, Quiet())
        return [line.replace(f"{out}/", "") for line in checked.differences]

    assert differences() == []
    altered = bytearray((out / "deep/altered.jpg").read_bytes())
    altered[-10] ^= 1
    (out / "deep/altered.jpg").write_bytes(altered)
    with (out / "longer.jpg").open("ab") as file:
        file.write(b"x")
    (out / "gone.jpg").unlink()
    (out / "linked.jpg").rename(tmp_path / "elsewhere.jpg")
    (out / "linked.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    make_still(out / "clear.jpg")
    size = len(altered)
    assert differences() == [
        "'deep/altered.jpg' was altered: its SHA-256 is another",
        f"'longer.jpg' has {size + 1} bytes, not {size}",
        "'gone.jpg' is missing",
        "'linked.jpg' is missing",
        "'clear.jpg' is not in the report",
    ]


# --- the journal --------------------------------------------------------------------------------


RECIPE = {"version": 2, "settings": {"mask.grow": 0.25}}


@contextmanager
def broken_off(
    report: Path, key: InstallationKey, *, resume: bool
) -> Iterator[tuple[Journal, Past]]:
    """A run that ends in the middle."""
    with (
        suppress(KeyboardInterrupt),
        opened_journal(report, key, RECIPE, resume=resume, force=False) as opened,
    ):
        yield opened
        raise KeyboardInterrupt


def finished(tmp_path: Path, name: str) -> dict[str, Any]:
    source, output = make_still(tmp_path / name), make_still(tmp_path / f"masked {name}")
    told = entry(output, output.name)
    return told | {"source": str(source), "input": identity(source).to_json()}


def test_what_was_finished_before_a_break_is_kept_and_nothing_else(tmp_path: Path):
    report, key = tmp_path / "r.json", installation_key(tmp_path / "home", "intl")
    done = finished(tmp_path, "a.jpg")
    with broken_off(report, key, resume=False) as (journal, past):
        assert past == Past()
        journal.begin(Path(done["output"]))
        journal.done(done)
        journal.begin(tmp_path / "half.jpg")
    with journal_of(report).open("ab") as file:
        file.write(b'{"entry": {"output": "cut by a cra')
    for _ in range(2):  # also a run that goes on and is broken off again
        with broken_off(report, key, resume=True) as (journal, past):
            evidence = Evidence(journal, past)
            kept = evidence.kept(Path(done["source"]), Path(done["output"]))
            assert kept is not None
            assert kept.kept
            assert evidence.ours(tmp_path / "half.jpg")
            assert not evidence.ours(tmp_path / "strange.jpg")
            assert evidence.kept(tmp_path / "b.jpg", tmp_path / "half.jpg") is None


@pytest.mark.parametrize("change", ["input", "output", "recipe", "source", "gone"])
def test_an_output_whose_world_changed_is_made_again(tmp_path: Path, change: str):
    report, key = tmp_path / "r.json", installation_key(tmp_path / "home", "intl")
    done = finished(tmp_path, "a.jpg")
    source, output = Path(done["source"]), Path(done["output"])
    with opened_journal(report, key, RECIPE, resume=False, force=False) as (journal, _):
        past = Past()
        past.add(done, RECIPE)
        assert Evidence(journal, past).kept(source, output) is not None
        if change in ("input", "output"):
            path = source if change == "input" else output
            content = bytearray(path.read_bytes())
            content[-10] ^= 1
            path.write_bytes(content)
        if change == "recipe":
            past.add(done, RECIPE | {"settings": {"mask.grow": 0.3}})
        if change == "gone":
            output.unlink()
        other = make_still(tmp_path / "other.jpg") if change == "source" else source
        assert Evidence(journal, past).kept(other, output) is None
        assert Evidence(journal, past).ours(output)


def test_lines_that_another_key_signed_are_not_believed(tmp_path: Path):
    report = tmp_path / "r.json"
    theirs, ours = (installation_key(tmp_path / n, "intl") for n in ("theirs", "ours"))
    done = finished(tmp_path, "a.jpg")
    with broken_off(report, theirs, resume=False) as (journal, _):
        journal.done(done)
    with opened_journal(report, ours, RECIPE, resume=True, force=False) as (_, past):
        assert past == Past()


def test_a_run_that_was_broken_off_is_not_begun_anew_by_accident(tmp_path: Path):
    report, key = tmp_path / "r.json", installation_key(tmp_path, "intl")
    with broken_off(report, key, resume=False) as (journal, _):
        journal.done({"output": "a"})
        with (
            pytest.raises(RunInUseError),
            opened_journal(report, key, RECIPE, resume=True, force=False),
        ):
            pass
    with (
        pytest.raises(BrokenOffError),
        opened_journal(report, key, RECIPE, resume=False, force=False),
    ):
        pass
    with opened_journal(report, key, RECIPE, resume=False, force=True) as (_, past):
        assert past == Past()
    assert not journal_of(report).exists()


# --- moments and courses ------------------------------------------------------------------------


def face(score: float = 0.9, x0: int = 100, *, seen: bool = True, track: int = 1) -> Region:
    return Region(Target.FACE, (x0, 50, x0 + 40, 90), score, track, seen)


def moments_of(frames: list[list[Region]], rate: int = 20) -> Moments:
    moments = Moments()
    for number, regions in enumerate(frames):
        moments.take(regions, number / rate, (640, 360))
    return moments


def test_a_clear_person_in_the_middle_is_no_doubt():
    assert moments_of([[face()]] * 50).finish() == []


def test_low_scores_borders_and_long_gaps_are_told_with_their_times():
    frames = [[face()]] * 10 + [[face(0.2)]] * 4 + [[face()]] * 30
    frames += [[face(seen=False)]] * 12 + [[face()]] * 30 + [[face(x0=600)]] * 3
    low, gap, border = moments_of(frames).finish()
    assert (low.doubt, low.from_s, low.to_s, low.score) == (Doubt.LOW_SCORE, 0.5, 0.65, 0.2)
    assert (gap.doubt, gap.from_s, gap.frames) == (Doubt.GAP, 44 / 20, 12)
    assert gap.from_s + LONG_GAP_S / 2 <= gap.at_s <= gap.to_s
    assert (border.doubt, border.frames, border.box) == (Doubt.BORDER, 3, (600, 50, 640, 90))


def test_a_mask_held_before_the_first_or_after_the_last_sight_is_no_gap():
    frames = [[face(seen=False)]] * 10 + [[face()]] * 5 + [[face(seen=False)]] * 10 + [[]] * 50
    assert moments_of(frames).finish() == []


def test_moments_are_bounded_and_the_worst_stay():
    moments = Moments()
    for number in range(3 * MOST):
        score = 0.30 if number % 100 else 0.15
        moments.take([face(score, track=number)], float(number * 2), (640, 360))
    kept = moments.finish()
    assert len(kept) == MOST
    assert moments.left_out == 2 * MOST
    assert sum(one.score == 0.15 for one in kept) == 3 * MOST // 100


def test_counts_per_frame_are_runs_and_tracks_keep_their_times():
    course = Course()
    frames = [[face()], [face()], [face(0.5), face(track=2)], [face(seen=False)], []]
    for number, regions in enumerate(frames):
        course.take(regions, number / 10)
    told = course.to_json()
    assert told["regions_per_frame"] == [[1, 2], [2, 1], [1, 1], [0, 1]]
    assert told["tracks"][0] == {
        "track": 1, "kind": "face", "from_ms": 0, "to_ms": 300,
        "seen": 3, "held": 1, "best": 0.9, "lowest": 0.5,
    }  # fmt: skip


# --- the contact sheet --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "box", [(300, 200, 340, 260), (0, 0, 30, 40), (600, 440, 640, 480), (0, 0, 640, 480)]
)
def test_no_pixel_of_a_doubtful_region_is_on_the_sheet(rng, box):
    noise = rng.integers(0, 2, (480, 640, 3), np.uint8) * 40 + 200
    x0, y0, x1, y1 = box
    noise[y0:y1, x0:x1] = (255, 0, 255)  # what must not be seen, in a colour of its own
    frame = Frame(0, 0, Fraction(1), (Plane(noise, 0, 0, (128,) * 3),), "rgb")
    page = sheet([cell(frame, box, "1  0:00:00.000")] * 7, "Yingbi")
    pink = (page[..., 0] > 180) & (page[..., 2] > 180) & (page[..., 1] < 150)
    assert not pink.any()
    assert (page == 128).all(axis=2).sum() > 7 * 200, "the region is there, and flat"
    naked = upright_crop(frame, box, 60, 60)
    assert ((naked[..., 1] < 150) & (naked[..., 0] > 180)).any(), "the colour would be noticed"


def test_a_glimpse_is_the_frame_of_its_time(tmp_path: Path):
    times = [1 / 25, 1.2, 0.4, 99.0]
    film = face_film(tmp_path / "a.mp4", seconds=2)
    with FilmReader(film) as reader:
        frames = {round(f.time_s, 3): f.planes[0].samples.copy() for f in reader.frames()}
    first, middle, before, none = glimpses(film, [round(t, 3) for t in times])
    for time_s, frame in zip(times, (first, middle, before), strict=False):
        assert frame is not None
        assert (frame.planes[0].samples == frames[round(time_s, 3)]).all()
    assert none is None


# --- from outside -------------------------------------------------------------------------------


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    return Yingbi(tmp_path)


def test_a_run_broken_off_by_force_is_gone_on_with_and_its_report_holds(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    make_still(folder / "a.jpg")
    face_film(folder / "deep" / "b.mp4", seconds=20)
    (folder / "notes.txt").write_text("no film")
    command = ["mask", "in", "-o", "out", "--targets", "face", "--report", "r.json"]
    command += ["--contact-sheet", "out/sheet.png"]
    running = subprocess.Popen(
        [sys.executable, "-m", "yingbi", *command], env=yingbi.environment, cwd=tmp_path
    )
    while not list((tmp_path / "out").glob("deep/.*.part")):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    first = (tmp_path / "out" / "a.jpg").stat()
    face_film(folder / "deep" / "b.mp4", seconds=0.4)
    assert "[run-broken-off]" in yingbi(*command, status=73).err
    answer = yingbi(*command, "--resume")
    assert "2 of 2 inputs masked; 1 of them already before" in answer.out
    assert "notes.txt" in answer.out
    assert (tmp_path / "out" / "a.jpg").stat().st_mtime_ns == first.st_mtime_ns
    left = sorted(p.name for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert left == ["a.jpg", "b.mp4", "sheet.png"], "what the killed run left half-written is gone"
    assert not journal_of(tmp_path / "r.json").exists()
    assert yingbi("report", "verify", "r.json", "--against", "out").out.startswith("OK: ")
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["left_out"] == [{"path": "in/notes.txt", "why": "not-media"}]
    still, film = report["inputs"]
    assert film["frames"] == sum(n for _, n in film["regions_per_frame"]) == 10
    assert film["dropped"] == {"audio": 1}
    assert film["input"]["bytes"] == (folder / "deep" / "b.mp4").stat().st_size
    assert still["place"] == "a.jpg"
    (tmp_path / "out" / "a.jpg").write_bytes(b"other")
    answer = yingbi("report", "verify", "r.json", "--against", "out", status=65)
    assert "'out/a.jpg' has 5 bytes" in answer.out
    assert "[report-differs]" in answer.err


def test_a_copy_in_which_a_face_is_still_seen_is_quarantined(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    face_film(folder / "a.mp4", seconds=0.8)
    make_still(folder / "b.jpg")
    common = ["mask", "in", "-o", "out", "--targets", "face", "--check", "--report", "r.json"]
    common += ["--contact-sheet", "sheet.png"]
    yingbi = Yingbi(tmp_path)
    fine = yingbi(*common)
    assert "2 of 2 inputs masked" in fine.out
    checked = [one["check"] for one in json.loads((tmp_path / "r.json").read_text())["inputs"]]
    assert [one["still_seen"] for one in checked] == [[], []]
    assert checked[0]["frames"] >= 2
    assert checked[1]["frames"] == 1

    blind = Yingbi(
        tmp_path, YINGBI_DETECT_FACE="0.9", YINGBI_DETECT_SIZE="320", YINGBI_TRACK_HOLD_S="0"
    )
    answer = blind(*common, "--force", status=3)
    assert "[quarantined]" in answer.err
    assert "0:00:00" in answer.err
    left = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert left == ["a.mp4.quarantine", "b.jpg"], "not even the older copy is at the place"
    assert (tmp_path / "out" / "a.mp4.quarantine").stat().st_mode & 0o777 == 0o600
    film, _ = json.loads((tmp_path / "r.json").read_text())["inputs"]
    assert film["output"] is None
    assert film["error"]["code"] == "quarantined"
    seen = film["check"]["still_seen"]
    assert seen[0]["score"] >= 0.85
    assert film["quarantine"]["path"] == "out/a.mp4.quarantine"
    yingbi("report", "verify", "r.json", "--against", "out")
    page = np.asarray(Image.open(tmp_path / "sheet.png"))
    skin = (page[..., 0] > 200) & (page[..., 2] < 190) & (page[..., 1] > 120)
    assert skin.mean() < 0.002, "of a copy in quarantine only the place is drawn"

    again = yingbi(*common, "--resume")
    assert "1 of them already before" not in again.out, "other settings, so all is made again"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.mp4", "b.jpg"]


def test_checking_for_faces_needs_faces_among_the_targets(yingbi: Yingbi, tmp_path: Path) -> None:
    make_still(tmp_path / "in.jpg")
    yingbi("mask", "in.jpg", "-o", "out.jpg", "--check", "--targets", "plate", status=2)


def test_what_is_found_under_the_mask_or_at_its_rim_is_not_still_seen():
    covered = ((100, 100, 200, 200),)
    size = (640, 480)
    assert _share((120, 120, 180, 180), covered, size) == 1.0
    assert _share((150, 100, 250, 200), covered, size) == 0.5
    assert _share((300, 300, 340, 340), covered, size) == 0.0
    assert _share((-40, 0, 40, 40), ((0, 0, 40, 40),), size) == 1.0
    two = ((0, 0, 50, 100), (40, 0, 100, 100))
    assert _share((0, 0, 100, 100), two, size) == 1.0, "the union counts, not the sum"


def test_doubtful_seconds_are_looked_at_more_often():
    watch = Watch(24.0, 0.25)
    for number in range(48):
        frame = Frame(number, number, Fraction(1, 24), (), "yuv")
        watch.take(frame, [face()], doubtful=number >= 24)
    assert list(watch.frames) == [0, 12, 24, 27, 30, 33, 36, 39, 42, 45]
    assert all(box[0][0] < 100 for box in watch.frames.values()), (
        "what is covered, not what was found"
    )


def test_resume_needs_a_report_to_go_on_with(yingbi: Yingbi, tmp_path: Path) -> None:
    make_still(tmp_path / "in.jpg")
    yingbi("mask", "in.jpg", "-o", "out.jpg", "--resume", status=2)
