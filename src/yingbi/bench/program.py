"""How long the program takes to start, and how much it brings with it."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median

from yingbi.bench.row import Row
from yingbi.domain.messages import say

COMMAND = Path(sys.executable).with_name("yingbi")
START_GOAL_MS = 150.0
RUNS = 11


def start(runs: int = RUNS) -> list[Row]:
    """Measure `yingbi --help` from call to end, and beside it a Python that does nothing."""
    bare = _wall_ms([sys.executable, "-c", "pass"], runs)
    whole = _wall_ms([str(COMMAND), "--help"], runs)
    return [
        Row("start", say("start, `yingbi --help`"), whole, "ms", goal=START_GOAL_MS),
        Row("start-python", say("the same for Python alone"), bare, "ms"),
    ]


def size() -> list[Row]:
    """Add up the files of all packages that a plain installation brings."""
    packages = core_packages()
    total = sum(_bytes_of(package) for package in packages.values())
    told = say("size of the core installation, {n} packages", n=len(packages))
    return [Row("core-size", told, total / 1e6, "MB")]


def core_packages(name: str = "yingbi") -> dict[str, Distribution]:
    """Return the packages that one needs at run time, and theirs in turn, without extras.

    A requirement that is not installed is one for another system or another Python.
    """
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        package = _plain(waiting.pop())
        if package in found:
            continue
        try:
            found[package] = distribution(package)
        except PackageNotFoundError:
            continue
        needed = found[package].requires or ()
        waiting += [_named(line) for line in needed if "extra ==" not in line]
    del found[_plain(name)]
    return found


def _named(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _bytes_of(package: Distribution) -> int:
    places = (Path(str(file.locate())) for file in package.files or ())
    return sum(place.stat().st_size for place in places if place.is_file())


def _wall_ms(command: Sequence[str], runs: int) -> float:
    """Return the median time; one run before it fills the file cache."""
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        times.append((time.perf_counter() - began) * 1000)
    return median(times[1:])
