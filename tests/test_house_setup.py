"""Setting up: what is missing is installed where root may, else named in one line."""

import shutil
import subprocess

import pytest

from house import ROOT

NEEDED = ("sh", "dirname", "mkdir", "tail", "grep", "uname", "cat", "cksum", "rm", "cut")


@pytest.fixture
def machine(tmp_path):
    """A checkout on a machine that has next to nothing; `run` calls the script there."""
    tools, programs = tmp_path / "tools", tmp_path / "bin"
    tools.mkdir()
    programs.mkdir()
    shutil.copy(ROOT / "tools" / "bootstrap.sh", tools)
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is missing"))

    def program(name: str, text: str) -> None:
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
        (programs / name).chmod(0o755)

    def run(step: str, user: int) -> subprocess.CompletedProcess[str]:
        program("id", f"echo {user}")
        command = [programs / "sh", tools / "bootstrap.sh", step]
        return subprocess.run(
            command, env={"PATH": str(programs)}, capture_output=True, text=True, check=False
        )

    run.program = program
    run.root = tmp_path
    return run


def test_an_ordinary_user_is_told_each_missing_tool_with_the_command_to_run(machine):
    done = machine("tools", user=1000)
    assert done.returncode == 0
    assert [line.rpartition("run: ")[2] for line in done.stdout.splitlines()] == [
        "sudo apt-get install strace",
        "sudo apt-get install openssl",
        "sudo apt-get install nodejs",
        "sudo apt-get install util-linux",
        "sudo apt-get install ffmpeg",
        "sudo apt-get install mpv",
        "sudo apt-get install chromium",
        "sudo apt-get install fonts-wqy-microhei",
    ]


def test_what_is_there_is_not_mentioned(machine):
    for name in ("strace", "openssl", "node", "setpriv", "ffmpeg", "mpv", "chromium"):
        machine.program(name, "exit 0")
    machine.program("fc-list", "echo a font")
    done = machine("tools", user=1000)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_root_gets_the_missing_tool_installed(machine):
    for name in ("openssl", "node", "setpriv", "ffmpeg", "mpv", "chromium"):
        machine.program(name, "exit 0")
    machine.program("fc-list", "echo a font")
    machine.program("apt-get", f'echo "$@" >>{machine.root}/asked')
    assert machine("tools", user=0).returncode == 0
    asked = (machine.root / "asked").read_text("utf-8").split()
    assert asked[0] == "install"
    assert asked[-1] == "strace"


def test_the_library_of_the_suite_sm_is_named_where_it_is_missing(machine):
    machine.program("ldconfig", "echo libgcrypt.so.11")
    named = machine("libraries", user=1000)
    assert (named.returncode, named.stdout.count("\n")) == (0, 1)
    assert named.stdout.endswith("run: sudo apt-get install libgcrypt20\n")
    machine.program("ldconfig", "echo libgcrypt.so.20")
    assert machine("libraries", user=1000).stdout == ""


def test_a_python_without_venv_stops_an_ordinary_user_with_one_line(machine):
    machine.program("python3", "exit 1")
    done = machine("venv", user=1000)
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == (
        "make: python3 lacks venv; run: sudo apt-get install python3-venv"
    )


def test_an_unknown_step_is_refused(machine):
    assert machine("tea", user=1000).returncode != 0
