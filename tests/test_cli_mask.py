"""`mask`, `detect` and what they refuse, from outside."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageOps

from films import face_film
from stills import make_still
from yb import Yingbi

GREY = 128


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=1.2)


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    return Yingbi(tmp_path)


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.name.endswith(".part")]


def test_a_film_is_masked_where_its_detections_say_and_keeps_frames_and_times(
    yingbi: Yingbi, film: Path, tmp_path: Path
) -> None:
    out = tmp_path / "masked.mp4"
    told = yingbi("mask", film, "-o", out, "--targets", "face", "--json").json
    assert told[0]["faces"] >= 30
    assert told[0]["people"] == 1
    lines = yingbi("detect", film, "--json", "--targets", "face").out.splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["frame"] for record in records] == list(range(30))
    tracks = [{region["track"] for region in record["regions"]} for record in records]
    assert len(set.intersection(*tracks)) == 1, "the astronaut keeps one id"
    with av.open(film) as before, av.open(out) as after:
        assert [f.pts for f in before.decode(video=0)] == [f.pts for f in after.decode(video=0)]
        assert not after.streams.audio
        assert (before.streams.video[0].width, before.streams.video[0].height) == (320, 240)
    for record, picture in zip(records, frames_of(out), strict=True):
        for region in record["regions"]:
            x0, y0, x1, y1 = region["box"]
            assert np.abs(picture[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].astype(int) - GREY).max() <= 12


def test_the_last_line_says_in_plain_words_what_was_done(yingbi: Yingbi, film: Path) -> None:
    answer = yingbi("mask", film, "-o", "m.mp4", "--targets", "face")
    words = r"\d+ faces of 1 person in 30 frames; sound dropped, keep it with --audio keep\n"
    assert re.fullmatch(words, answer.out)
    assert not answer.err
    chinese = yingbi("--lang", "zh", "mask", film, "-o", "z.mp4", "--targets", "face").out
    assert "30" in chinese
    assert "sound" not in chinese


@pytest.mark.parametrize(("choice", "tracks"), [("keep", 1), ("mute", 1), ("drop", 0)])
def test_sound_is_kept_muted_or_dropped_as_asked(
    yingbi: Yingbi, film: Path, tmp_path: Path, choice: str, tracks: int
) -> None:
    yingbi("mask", film, "-o", "m.mp4", "--audio", choice, "--targets", "face")
    with av.open(tmp_path / "m.mp4") as container:
        assert len(container.streams.audio) == tracks
        if tracks:
            loud = max(float(np.abs(f.to_ndarray()).max()) for f in container.decode(audio=0))
            assert (loud > 0.05) == (choice == "keep")


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_turned_picture_is_masked_upright_and_loses_its_metadata(
    yingbi: Yingbi, tmp_path: Path, orientation: int
) -> None:
    still = make_still(tmp_path / "in.jpg", orientation=orientation)
    yingbi("mask", still, "-o", "out.jpg", "--targets", "face")
    (line,) = yingbi("detect", still, "--json", "--targets", "face").out.splitlines()
    region = max(json.loads(line)["regions"], key=lambda found: found["score"])
    with Image.open(tmp_path / "out.jpg") as stored:
        assert set(stored.getexif()) <= {0x0112}, "how it is turned, and nothing else"
        picture = ImageOps.exif_transpose(stored)
        assert picture.size == (400, 300)
        x0, y0, x1, y1 = region["box"]
        inside = np.asarray(picture.convert("RGB"))[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].astype(int)
    assert np.abs(inside - GREY).max() <= 6


def test_a_folder_keeps_its_shape_and_one_bad_file_stops_no_other(
    yingbi: Yingbi, film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "deeper").mkdir(parents=True)
    shutil.copy(film, folder / "deeper" / "film without ending")
    make_still(folder / "a.jpg")
    (folder / "bad.mp4").write_bytes(film.read_bytes()[:4000])
    (folder / "notes.txt").write_text("not media")
    (folder / "link.jpg").symlink_to(folder / "a.jpg")
    answer = yingbi("mask", folder, "-o", "out", "--targets", "face", "--jobs", "2", status=1)
    out = tmp_path / "out"
    made = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert made == ["a.jpg", "deeper/film without ending"]
    assert answer.err.count("\n") == 1
    assert "[cut-off]" in answer.err
    assert "2 of 3 inputs masked" in answer.out


def test_json_and_report_name_each_input_with_the_code_of_its_error(
    yingbi: Yingbi, film: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").touch()
    told = yingbi(
        "mask", film, "empty.mp4", "-o", "out", "--targets", "face", "--json", "--report", "r.json", status=1
    ).json  # fmt: skip
    assert told[1]["error"]["code"] == "empty-input"
    report = json.loads((tmp_path / "r.json").read_text())
    assert [
        {name: one[name] for name in short}
        for one, short in zip(report["inputs"], told, strict=True)
    ] == told
    assert [network["name"] for network in report["networks"]] == ["face-centerface"]
    assert report["settings"]["detect.size"] == 1280


BAD = {
    "missing": (66, "no-such-input"),
    "empty.mp4": (65, "empty-input"),
    "text.mp4": (65, "not-media"),
    "cut.mp4": (65, "cut-off"),
    "half.jpg": (65, "cut-off"),
    "sound.mp4": (65, "no-picture"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("command", ["mask", "detect"])
def test_bad_input_gets_one_line_its_status_and_no_output(
    yingbi: Yingbi, film: Path, tmp_path: Path, name: str, command: str
) -> None:
    _make_bad(tmp_path, film)
    status, code = BAD[name]
    out = ["-o", "out.mp4"] if command == "mask" else []
    answer = yingbi(command, name, *out, "--json", status=status)
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["exit_status"] == status
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out.mp4").exists()
    assert not left_behind(tmp_path)


def _make_bad(folder: Path, film: Path) -> None:
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("this is no film\n" * 100)
    (folder / "cut.mp4").write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    whole = make_still(folder / "whole.jpg").read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with av.open(folder / "sound.mp4", "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 16000), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("target", ["cat", "heads", ""])
def test_a_target_that_is_not_built_is_refused_and_never_ignored(
    yingbi: Yingbi, film: Path, tmp_path: Path, target: str
) -> None:
    asked = f"face,{target}" if target else ""
    answer = yingbi("mask", film, "-o", "m.mp4", "--targets", asked, "--json", status=2)
    assert answer.json["error"]["code"] == "target-not-built"
    assert not (tmp_path / "m.mp4").exists()


def test_two_inputs_for_one_output_are_refused_before_anything_is_done(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        make_still(tmp_path / folder / "same.jpg")
    answer = yingbi("mask", "a/same.jpg", "b/same.jpg", "-o", "out", "--json", status=2)
    assert answer.json["error"]["code"] == "two-inputs-one-output"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", ["in.jpg", "link.jpg", "./in.jpg"])
def test_an_input_is_never_its_own_output(yingbi: Yingbi, tmp_path: Path, out: str) -> None:
    still = make_still(tmp_path / "in.jpg")
    before = still.read_bytes()
    (tmp_path / "link.jpg").symlink_to(still)
    answer = yingbi("mask", "in.jpg", "-o", out, "--force", "--json", status=2)
    assert answer.json["error"]["code"] == "unsafe-output"
    assert still.read_bytes() == before


def test_an_output_folder_inside_the_input_folder_is_refused(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    make_still(tmp_path / "in" / "a.jpg")
    assert (
        yingbi("mask", "in", "-o", "in/out", "--json", status=2).json["error"]["code"]
        == "unsafe-output"
    )


def test_what_is_there_is_replaced_only_by_force(yingbi: Yingbi, tmp_path: Path) -> None:
    make_still(tmp_path / "in.jpg")
    (tmp_path / "out.jpg").write_text("mine")
    answer = yingbi("mask", "in.jpg", "-o", "out.jpg", "--json", status=73)
    assert answer.json["error"]["code"] == "output-exists"
    assert (tmp_path / "out.jpg").read_text() == "mine"
    yingbi("mask", "in.jpg", "-o", "out.jpg", "--force")
    with Image.open(tmp_path / "out.jpg") as picture:
        assert picture.size == (400, 300)


def test_a_link_in_the_output_folder_is_not_written_through(yingbi: Yingbi, tmp_path: Path) -> None:
    make_still(tmp_path / "in.jpg")
    (tmp_path / "other.txt").write_text("precious")
    (tmp_path / "out.jpg").symlink_to(tmp_path / "other.txt")
    yingbi("mask", "in.jpg", "-o", "out.jpg", "--force", status=73)
    assert (tmp_path / "other.txt").read_text() == "precious"


def test_a_dry_run_does_nothing(yingbi: Yingbi, film: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    told = yingbi("mask", film, "-o", "m.mp4", "--dry-run", "--json").json
    assert told == [{"source": str(film), "output": "m.mp4"}]
    assert sorted(tmp_path.rglob("*")) == before


def test_an_interrupt_leaves_no_half_output(film: Path, tmp_path: Path) -> None:
    long = face_film(tmp_path / "long.mp4", seconds=24)
    yingbi = Yingbi(tmp_path)
    running = subprocess.Popen(
        [sys.executable, "-m", "yingbi", "mask", str(long), "-o", "out.mp4"],
        env=yingbi.environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not left_behind(tmp_path):
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "[interrupted]" in err
    assert not (tmp_path / "out.mp4").exists()
    assert not left_behind(tmp_path)


LIKE_OTHERS = [
    "setpriv",
    *(f"--{s}=-dac_override,-dac_read_search" for s in ("bounding-set", "inh-caps")),
]
"""Makes root keep to the permissions of files, as any other user must."""


def test_a_file_that_may_not_be_read_is_reported_among_good_ones(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    make_still(tmp_path / "in" / "a.jpg")
    make_still(tmp_path / "in" / "b.jpg").chmod(0)
    command = [
        sys.executable,
        "-m",
        "yingbi",
        "mask",
        "in",
        "-o",
        "out",
        "--targets",
        "face",
        "--json",
    ]
    bounds = LIKE_OTHERS if os.getuid() == 0 else []
    done = subprocess.run(
        [*bounds, *command],
        env=Yingbi(tmp_path).environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done
    good, bad = json.loads(done.stdout)
    assert good["faces"] >= 1
    assert bad["error"]["code"] == "unreadable-input"


def test_a_masked_copy_is_as_readable_as_the_users_other_files(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    make_still(tmp_path / "in.jpg")
    yingbi("mask", "in.jpg", "-o", "out.jpg", "--targets", "face")
    (tmp_path / "mine").touch()
    assert (tmp_path / "out.jpg").stat().st_mode == (tmp_path / "mine").stat().st_mode


@pytest.mark.parametrize("report", ["in.jpg", "out.jpg", "./in.jpg"])
def test_a_report_never_takes_the_place_of_an_input_or_output(
    yingbi: Yingbi, tmp_path: Path, report: str
) -> None:
    still = make_still(tmp_path / "in.jpg")
    before = still.read_bytes()
    answer = yingbi(
        "mask", "in.jpg", "-o", "out.jpg", "--report", report, "--force", "--json", status=2
    )
    assert answer.json["error"]["code"] == "unsafe-output"
    assert still.read_bytes() == before
    assert not (tmp_path / "out.jpg").exists()


def test_a_report_that_cannot_be_written_stops_the_work_before_it_begins(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    make_still(tmp_path / "in.jpg")
    (tmp_path / "mine.json").write_text("mine")
    for report in ("mine.json", "in.jpg/r.json"):
        yingbi("mask", "in.jpg", "-o", "out.jpg", "--report", report, status=73)
        assert not (tmp_path / "out.jpg").exists()
    assert (tmp_path / "mine.json").read_text() == "mine"
    yingbi("mask", "in.jpg", "-o", "out.jpg", "--report", "new/r.json", "--targets", "face")
    assert (tmp_path / "new" / "r.json").is_file()


STRANGE = ["new\nline.jpg", "\x1b[31mred.jpg", "[red]mark[bold].jpg", "{n}%s.jpg", "b\udcff.jpg"]


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("locale", ["C.UTF-8", "POSIX"])
def test_names_that_strangers_give_break_no_line_and_no_report(
    yingbi: Yingbi, tmp_path: Path, name: str, locale: str
) -> None:
    make_still(tmp_path / "in.jpg").rename(tmp_path / name)
    strict = Yingbi(tmp_path, LC_ALL=locale, PYTHONIOENCODING="utf-8:strict")
    answer = strict("mask", name, "-o", "o/", "--targets", "face", "--json", "--report", "r.json")
    (told,) = answer.json
    assert told["source"] == name
    (reported,) = json.loads((tmp_path / "r.json").read_text())["inputs"]
    assert {name: reported[name] for name in told} == told
    planned = strict("mask", name, "-o", "o/", "--dry-run").out
    refused = strict("mask", name, "-o", "o/", "--targets", "face", status=73).err
    for line in (planned, refused):
        assert line.count("\n") == 1
        assert "\x1b" not in line


def test_a_name_that_is_too_long_is_an_input_or_output_that_cannot_be(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    make_still(tmp_path / "in.jpg")
    long = "x" * 300 + ".jpg"
    yingbi("mask", long, "-o", "out.jpg", status=66)
    yingbi("detect", long, status=66)
    assert not (tmp_path / "out.jpg").exists()
    yingbi("mask", "in.jpg", "-o", long, "--targets", "face", status=73)


def test_several_inputs_for_one_file_are_refused_in_one_line(
    yingbi: Yingbi, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.jpg", "out.jpg"):
        make_still(tmp_path / name)
    answer = yingbi("mask", "a.jpg", "b.jpg", "-o", "out.jpg", "--force", status=73)
    assert answer.err.count("\n") == 1
    assert not answer.out


def test_a_slash_at_the_end_of_the_output_means_a_folder(yingbi: Yingbi, tmp_path: Path) -> None:
    make_still(tmp_path / "in.jpg")
    yingbi("mask", "in.jpg", "-o", "new/", "--targets", "face")
    assert (tmp_path / "new" / "in.jpg").is_file()


def test_an_interrupt_ends_every_input_that_is_under_way(tmp_path: Path) -> None:
    names = ["a.mp4", "b.mp4", "c.mp4"]
    face_film(tmp_path / "a.mp4", seconds=60)
    for name in names[1:]:
        shutil.copy(tmp_path / "a.mp4", tmp_path / name)
    yingbi = Yingbi(tmp_path)
    running = subprocess.Popen(
        [sys.executable, "-m", "yingbi", "mask", *names, "-o", "out", "--jobs", "2"],
        env=yingbi.environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(left_behind(tmp_path / "out")) < 2:
        assert running.poll() is None
        time.sleep(0.05)
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert len(err.splitlines()) == 1, err
    assert time.monotonic() - began < 20, "what was under way went on"
    assert not left_behind(tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_a_run_without_a_report_loads_neither_ciphers_nor_contact_sheets(tmp_path: Path) -> None:
    still = make_still(tmp_path / "in.jpg")
    told = Yingbi(tmp_path, PYTHONPROFILEIMPORTTIME="1")("mask", still, "-o", tmp_path / "out.jpg")
    loaded = {line.rpartition("|")[2].strip() for line in told.err.splitlines()}
    assert "yingbi.usecases.mask" in loaded
    assert not loaded & {"cryptography", "cffi", "yingbi.crypto.suite", "yingbi.media.contact"}
