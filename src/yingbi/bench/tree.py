"""What a command and all that it starts cost: processor time, the clock, memory."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_LAUNCH = """
import ctypes, json, os, sys, time
ctypes.CDLL(None).prctl(36, 1)  # orphans come to us, so that their time counts as well
cores = json.loads(sys.argv[1])
began = time.perf_counter()
child = os.fork()
if child == 0:
    if cores:
        os.sched_setaffinity(0, cores)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0), os.dup2(null, 1)
    os.execvp(sys.argv[2], sys.argv[2:])
cpu, most, status = 0.0, 0, None
while True:
    try:
        pid, ended, used = os.wait4(-1, 0)
    except ChildProcessError:
        break
    cpu, most = cpu + used.ru_utime + used.ru_stime, max(most, used.ru_maxrss)
    if pid == child:
        status, wall = os.waitstatus_to_exitcode(ended), time.perf_counter() - began
print(json.dumps({"cpu_s": cpu, "wall_s": wall, "peak_mb": most / 1000, "status": status}))
"""
"""A process of its own: a child's peak of memory begins with that of who started it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took.

    cpu_s: user and system time of the whole tree. wall_s: by the clock.
    peak_mb: the most that any one process of the tree held, in MB. status: its exit status.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float
    status: int

    def to_json(self) -> dict[str, float]:
        """Return the cost for a cache."""
        return asdict(self)


class CommandFailedError(RuntimeError):
    """A command that was to be measured did not end well; a number of it would be wrong."""


def cost(
    command: Sequence[str | Path],
    *,
    cores: Sequence[int] = (),
    beside: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Cost:
    """Run a command to its end and return what it took.

    cores: the only ones it may use; all where none is named. beside: its whole environment.
    Raises: CommandFailedError with its last line where the exit status is not 0.
    """
    waiting = started(command, cores=cores, beside=beside, folder=folder)
    return ended(waiting)


def started(
    command: Sequence[str | Path],
    *,
    cores: Sequence[int] = (),
    beside: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> "subprocess.Popen[str]":
    """Start a command and return what `ended` waits for."""
    head = [sys.executable, "-I", "-S", "-c", _LAUNCH, json.dumps(list(cores))]
    return subprocess.Popen(
        [*head, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=beside,
        cwd=folder,
    )


def ended(waiting: "subprocess.Popen[str]") -> Cost:
    """Wait for a command that was started; raises as `cost` does."""
    told, complaint = waiting.communicate()
    lines = complaint.strip().splitlines() or ["no word"]
    if waiting.returncode != 0 or not told:
        raise CommandFailedError(lines[-1])
    found = Cost(**json.loads(told))
    if found.status != 0:
        raise CommandFailedError(lines[-1])
    return found
