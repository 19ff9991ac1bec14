"""The memory of a process that holds a vault open: no core, no swap, and what was not had.

Each program drops to an ordinary user before it does what it shows, as `setpriv`
would; it does so itself, since another user may not reach this interpreter's files.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from yingbi.errors import MemoryNotLockedError, NotOnThisSystemError
from yingbi.keys import memory

pytestmark = pytest.mark.unguarded


SOURCE = Path(memory.__file__).resolve().parents[2]
PATTERN = Path("/proc/sys/kernel/core_pattern")
UNLIMITED = resource.RLIM_INFINITY

IMPORTS = f"""
import sys
sys.path.insert(0, {str(SOURCE)!r})
import ctypes, os, resource, signal
from yingbi.errors import MemoryNotLockedError
from yingbi.keys.memory import guard
def status(name):
    with open("/proc/self/status") as lines:
        return next(line.split()[1] for line in lines if line.startswith(name + ":"))
"""
ORDINARY = """
if os.getuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    # The change of user made it undumpable; an ordinary process is dumpable.
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
assert int(status("CapEff"), 16) == 0
"""


def run(program: str, folder: Path, *, lock: int | None = None, ordinary: bool = True):
    """Run a program with unlimited core files; `lock` bounds the memory that it may lock."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (UNLIMITED, UNLIMITED))
        if lock is not None:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (lock, lock))

    if os.getuid() == 0:
        folder.chmod(0o777)
    whole = IMPORTS + (ORDINARY if ordinary else "") + program
    return subprocess.run(
        [sys.executable, "-c", whole],
        check=False,
        cwd=folder,
        preexec_fn=limits,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.fixture
def folder(tmp_path):
    """A folder that an ordinary user can reach and write to."""
    for above in (tmp_path, *tmp_path.parents):
        if os.getuid() == 0 and (above == tmp_path or above.name.startswith(("pytest-", "popen-"))):
            above.chmod(0o755)
    made = tmp_path / "here"
    made.mkdir()
    return made


def cores(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("core")]


def core_files_come_here() -> bool:
    """Whether the kernel writes core files into the folder where a process works."""
    pattern = PATTERN.read_text().strip()
    return bool(pattern) and "/" not in pattern and not pattern.startswith("|")


def test_an_abort_leaves_no_core_where_an_unguarded_one_does(folder):
    unguarded = run("os.abort()", folder)
    assert unguarded.returncode == -6, unguarded.stderr
    if core_files_come_here() and resource.getrlimit(resource.RLIMIT_CORE)[1] == UNLIMITED:
        assert len(cores(folder)) == 1
    else:  # then no process leaves one here, and this is the reason
        print("core_pattern:", PATTERN.read_text(), "limit:", resource.getrlimit(4))
        assert cores(folder) == []
    for name in cores(folder):
        (folder / name).unlink()
    guarded = run("guard()\nos.abort()", folder)
    assert guarded.returncode == -6, guarded.stderr
    assert cores(folder) == []


@pytest.mark.parametrize("half", ["dumpable", "limit"])
def test_either_half_of_the_guard_forbids_a_core(folder, half):
    """So that a later change of one, by exec or by setrlimit, does not bring cores back."""
    undo = {
        "dumpable": "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)",
        "limit": "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)",
    }
    done = run(f"guard()\n{undo[half]}\nos.abort()", folder)
    assert done.returncode == -6, done.stderr
    assert cores(folder) == []


def test_the_guard_cannot_be_undone_by_an_ordinary_process(folder):
    program = """
state = guard()
assert not state.dumpable and state.core_limit == 0, state
try:
    resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
except (ValueError, PermissionError):
    print("refused")
"""
    done = run(program, folder)
    assert done.stdout == "refused\n", done.stderr


def test_a_guarded_process_hides_its_memory_from_its_own_user(folder):
    look = """
def looked():
    child = os.fork()
    if child == 0:
        try:
            os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY))
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
print(looked())
guard()
print(looked())
"""
    done = run(look, folder)
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split()
    assert after == "False"
    if before == "False":  # then the kernel lets no process look, guarded or not
        yama = Path("/proc/sys/kernel/yama/ptrace_scope")
        assert yama.read_text().strip() != "0"


def test_memory_is_locked_where_this_user_may(folder):
    program = """
state = guard()
before = int(status("VmLck"))
import mmap
kept = mmap.mmap(-1, 200_000_000)
print(state.locked, before, int(status("VmRSS")))
"""
    may = memory._may_lock_anything() or (
        resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] == UNLIMITED
    )
    done = run(program, folder, ordinary=False)
    assert done.returncode == 0, done.stderr
    locked, kib, resident = done.stdout.split()
    assert locked == str(may)
    assert (int(kib) > 0) == may
    assert int(resident) < 150_000  # what was never touched is not brought in


def test_a_bounded_limit_is_told_and_later_memory_still_comes(folder):
    program = """
state = guard()
print(state.locked, state.lock_limit, state.guarded, state.reason, sep="|")
kept = bytearray(50_000_000)
"""
    done = run(program, folder, lock=1024 * 1024)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"False|{1024 * 1024}|False|this user may lock 1024 KiB only\n"


def test_required_refuses_where_memory_cannot_be_locked(folder):
    program = """
try:
    guard("required")
except MemoryNotLockedError as refused:
    print(refused.exit_status)
"""
    done = run(program, folder, lock=1024 * 1024)
    assert done.stdout == "69\n", done.stderr
    assert MemoryNotLockedError.code == "memory-not-locked"


def test_a_system_without_limits_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    with pytest.raises(NotOnThisSystemError):
        memory.guard()
