"""What needs no vault needs nothing that only Linux has: it is imported without it."""

import subprocess
import sys

PROGRAM = """
import importlib, os, sys

class Without:
    ABSENT = {"fcntl", "pwd", "grp", "resource", "termios", "posix_ipc"}
    def find_spec(self, name, path=None, target=None):
        if name in self.ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

import subprocess, tempfile, socket, click  # what the system brings in for itself
for name in Without.ABSENT:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Without())
for name in ("geteuid", "getuid", "fork", "O_NOFOLLOW", "O_CLOEXEC", "sched_getaffinity"):
    if hasattr(os, name):
        delattr(os, name)
for name in sys.argv[1:]:
    importlib.import_module(name)
print("imported", len(sys.argv) - 1)
"""
NEEDED = (
    "yingbi.cli.masking", "yingbi.cli.mask_run", "yingbi.cli.edits", "yingbi.cli.local",
    "yingbi.cli.reviewing", "yingbi.cli.watching", "yingbi.cli.estimating", "yingbi.web.local",
    "yingbi.web.app", "yingbi.web.review", "yingbi.web.peer", "yingbi.usecases.mask",
    "yingbi.usecases.report", "yingbi.usecases.watch", "yingbi.usecases.watch_mask",
    "yingbi.usecases.watch_memory", "yingbi.usecases.find_dropped", "yingbi.usecases.estimate",
)  # fmt: skip


def imported(*names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *names], capture_output=True, text=True, check=False
    )


def test_masking_reviewing_and_watching_are_imported_without_what_linux_alone_has():
    done = imported(*NEEDED)
    assert done.stdout == f"imported {len(NEEDED)}\n", done.stderr


def test_the_control_a_module_that_needs_it_is_noticed():
    done = imported("pty")
    assert done.returncode != 0
    assert "No module named" in done.stderr
