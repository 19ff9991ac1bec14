"""The demo's film shows what its story says, the story stops where it fails, the bench measures."""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from house import ROOT
from networks import network
from yingbi.bench import own, program, sealing, speed
from yingbi.bench.leak import moved_stills
from yingbi.bench.machine import machine
from yingbi.bench.row import Row, table
from yingbi.bootstrap import load_settings, sight
from yingbi.detect.faces import FaceFinder
from yingbi.domain.region import Target, overlap
from yingbi.media.film import FilmReader

TOOLS = ROOT / "tools"
DEMO = [sys.executable, str(TOOLS / "demo.py")]


def run(*command, **environment):
    return subprocess.run(
        [str(word) for word in command],
        env=os.environ | environment,
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "film.mp4"
    done = run(sys.executable, TOOLS / "sample_film.py", path)
    assert done.returncode == 0, done.stderr
    return path


# --- the sample film ------------------------------------------------------------------------------


def test_the_sample_film_has_200_frames_of_640_by_360_and_sound(sample):
    with FilmReader(sample) as reader:
        info = reader.info
        luma = [frame.planes[0].samples.mean() for frame in reader.frames()]
    assert (info.size, info.rate, len(luma)) == ((640, 360), 25, 200)
    assert len(info.sound) == 1
    assert luma[199] < 0.4 * luma[160], "it turns dark"


def test_the_face_of_the_sample_comes_leaves_and_is_found_in_the_dark(sample):
    finder = FaceFinder(network("face-centerface"), size=640, threshold=0.3)
    near = (200, 10, 300, 130)  # where the face is from 6 s on
    seen = {}
    with FilmReader(sample) as reader:
        for frame in reader.frames():
            if frame.index % 8 == 3:
                seen[frame.index] = finder.find(frame)
    nobody = [n for n in seen if n <= 20 or 108 <= n <= 117]
    somebody = [n for n in seen if 55 <= n <= 80 or n >= 150]
    assert len(nobody) >= 3
    assert not any(seen[n] for n in nobody)
    assert sum(bool(seen[n]) for n in somebody) >= 0.9 * len(somebody)
    assert any(overlap(region.box, near) > 0.4 for region in seen[195])


# --- the story ------------------------------------------------------------------------------------


def test_the_demo_does_not_empty_a_folder_that_is_not_its_own(tmp_path):
    (tmp_path / "letter.txt").write_text("keep me")
    done = run(*DEMO, "--out", tmp_path)
    assert done.returncode == 1
    assert "letter" not in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_the_demo_stops_and_says_so_when_a_step_gives_something_else(tmp_path):
    wrong = tmp_path / "not-a-film.mp4"
    wrong.write_text("no film")
    done = run(*DEMO, "--out", tmp_path / "out", "--lang", "en", wrong)
    assert done.returncode == 1
    assert "did not come true" in done.stderr
    assert not (tmp_path / "out" / "index.html").exists()


def test_a_command_that_ends_otherwise_stops_the_story(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    tell = importlib.import_module("demo_tell")
    story = tell.Story(tmp_path, "en", tmp_path / "passphrase")
    story.chapter("A lie")
    missing = ("detect", tmp_path / "nobody.mp4")
    story.run(*missing, status=66, code="no-such-input")
    with pytest.raises(tell.StoryError):
        story.run(*missing)
    with pytest.raises(tell.StoryError):
        story.run(*missing, status=66, code="seal-broken")
    with pytest.raises(tell.StoryError):
        story.proven("black is white", holds=False)
    shown = [type(piece).__name__ for piece in story.chapters[0].pieces]
    assert shown == ["Ran", "Ran", "Ran"]


@pytest.mark.torture
@pytest.mark.parametrize(("language", "last"), [("en", "All came true"), ("zh", "全部实现")])
def test_the_whole_story_comes_true(tmp_path, language, last):
    done = run(
        *DEMO, "--out", tmp_path / "out", LANG=f"{language}.UTF-8", LC_ALL="", YINGBI_LANG=""
    )
    assert done.returncode == 0, done.stderr
    assert last in done.stdout
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    pictures = sorted(path.name for path in (tmp_path / "out").glob("0*.png"))
    assert len(pictures) == 4
    assert all(f'src="{name}"' in page for name in pictures)
    assert "http" not in page, "it is read offline"


# --- the bench ------------------------------------------------------------------------------------


def test_start_and_size_are_measured():
    rows = {row.key: row for row in [*program.start(runs=1), *program.size()]}
    assert set(rows) == {"start", "start-python", "core-size"}
    assert rows["start"].value > rows["start-python"].value > 0
    assert rows["core-size"].value > 50


def test_the_core_is_what_a_user_gets_and_nothing_that_developers_need():
    packages = set(program.core_packages())
    assert {"numpy", "av", "onnxruntime", "mako", "pycparser"} <= packages
    assert not {"yingbi", "pytest", "ruff", "scikit-image", "onnx"} & packages


@pytest.mark.parametrize("name", ["intl", "sm"])
def test_sealing_opening_and_the_cipher_alone_are_measured(name):
    rows = {row.key: row.value for row in sealing.sealing(octets=1 << 20, runs=1)}
    assert rows[f"aead-{name}"] > rows[f"seal-{name}"] > 0
    assert rows[f"open-{name}"] > 0


def test_the_passphrase_is_measured():
    [row] = sealing.passphrase(runs=1)
    assert row.value > 1


def test_masking_is_measured_as_a_whole_command(sample, tmp_path):
    took = speed.mask(sample, tmp_path / "out.mp4", speed.faces())
    assert took.cpu_s > 0.3
    assert took.peak_mb > 50
    with FilmReader(tmp_path / "out.mp4") as masked, FilmReader(sample) as clear:
        assert sum(1 for _ in masked.frames()) == sum(1 for _ in clear.frames())


def test_the_default_is_held_to_what_two_families_see_and_a_blind_one_covers_nothing(sample):
    settings = load_settings({})
    two, usual = own.ways(settings)["two"], sight(settings, (Target.FACE,))
    windows = own.Windows(length=3, every=50, end=53)
    found = own.compare(sample, usual, {"two": two}, windows)
    assert found == {"two": own.Found(faces=3, covered=3)}
    blind = own.compare(sample, replace(usual, finders=()), {"two": two}, windows)
    assert blind == {"two": own.Found(faces=3, covered=0)}


def test_without_clips_the_tables_say_so_and_guess_nothing(monkeypatch):
    monkeypatch.delenv("YINGBI_EVAL_DATA", raising=False)
    rows = [*speed.speed(), *moved_stills()]
    assert len(rows) >= 6
    assert all(row.value is None and row.note in table(rows) for row in rows)
    assert sum("YINGBI_EVAL_DATA" in row.note for row in rows) >= 5


def test_a_goal_stands_beside_what_was_measured():
    row = Row("start", "start", 112.4, "ms", goal=150)
    assert row.cells()[1] == "112 ms"
    assert "150 ms" in row.cells()[2]
    assert Row("covered", "covered", 99.5, "%").cells()[1] == "99.5 %"
    assert Row("covered", "covered", 100, "%").cells()[1] == "100 %"


def test_every_number_comes_with_its_machine():
    told = machine()
    assert told["processor"]
    assert int(told["cores"]) > 0
    assert {"onnxruntime", "load", "python"} <= set(told)


def test_the_bench_speaks_to_machines():
    done = run(sys.executable, "-m", "yingbi.bench", "passphrase", "--json")
    told = json.loads(done.stdout)
    assert [row["key"] for row in told["rows"]] == ["passphrase"]
    assert told["rows"][0]["value"] > 1
    assert told["machine"]["cores"]
