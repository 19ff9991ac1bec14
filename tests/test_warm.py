"""What the tests run on: a child of the waiting process answers as a started one, and the order."""

from pathlib import Path

import pytest

import warm
from suite_times import LONG, UNGUARDED_LAST
from yb import PASSPHRASE, Yingbi, with_vault

HERE = Path(__file__).parent


@pytest.fixture
def yingbi(tmp_path):
    return with_vault(tmp_path, "intl")


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["box", "list", "--json"],
        ["--lang", "zh", "log", "verify"],
        ["nonsense"],
        ["open", "nothing", "-o", "out"],
        ["mask", "missing.mp4", "-o", "out.mp4", "--json"],
        ["config", "--json"],
    ],
    ids=lambda words: words[0],
)
def test_a_child_of_the_waiting_process_answers_as_a_started_one(yingbi, words):
    yingbi("box", "create", "hall", "--level", "2")
    started = yingbi.start(words)
    status, out, err = warm.run(words, yingbi.environment, yingbi.home, None)
    assert (status, out, err) == (started.status, started.out, started.err)


def test_the_first_of_a_command_is_started_and_the_next_is_a_child(yingbi, monkeypatch):
    started = []
    real = Yingbi.start
    monkeypatch.setattr(Yingbi, "started", set())
    monkeypatch.setattr(Yingbi, "start", lambda *a: started.append(a[1]) or real(*a))
    for words in (["box", "list"], ["box", "list", "--json"], ["list"], ["box", "list"]):
        yingbi(*words)
    assert started == [["box", "list"], ["list"]]


def test_a_child_takes_environment_folder_and_input_and_leaves_none_to_the_next(yingbi, tmp_path):
    def jobs(**environment):
        other = yingbi.environment | environment
        return warm.run(["config", "--json"], other, yingbi.home, None)[1]

    plain = jobs()
    assert jobs(YINGBI_JOBS="3") != plain
    assert jobs() == plain
    elsewhere = yingbi.environment | {"YINGBI_VAULT": "vault"}
    del elsewhere["YINGBI_PASSPHRASE_FILE"]
    words = ["--passphrase-fd", "0", "box", "list"]
    right = warm.run(words, elsewhere, tmp_path, PASSPHRASE + "\n")
    wrong = warm.run(words, elsewhere, tmp_path, "another phrase\n")
    assert (right[0], wrong[0]) == (0, 77)


def test_what_counts_at_the_start_of_a_process_is_left_to_started_ones(yingbi):
    assert warm.as_here(yingbi.environment)
    for name in ("PYTHONPATH", "LC_ALL", "TZ", "LD_PRELOAD"):
        assert not warm.as_here(yingbi.environment | {name: "another"}), name


def test_the_files_that_come_first_are_there():
    named = [f"test_{name}.py" for name in LONG] + [UNGUARDED_LAST]
    assert [name for name in named if not (HERE / name).exists()] == []
    assert len(set(LONG)) == len(LONG)
