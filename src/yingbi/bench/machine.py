"""On what was measured: a number without its machine says little."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from yingbi.domain.messages import say

LIBRARIES = ("av", "cryptography", "numpy", "onnxruntime", "opencv-python-headless", "pillow")


def machine() -> dict[str, str]:
    """Return processor, cores, load, system and versions."""
    told = {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "yingbi": version("yingbi"),
    }
    return told | {name: version(name) for name in LIBRARIES}


def setting() -> str:
    """Return the one setting that all rows are measured with, the product's default, as a line."""
    from yingbi.bootstrap import looking_settings, parse_targets
    from yingbi.domain.settings import resolve

    values = looking_settings(resolve({}, "", {}, {}))
    told = [f"{name} {value}" for name, value in values.items()]
    targets = ",".join(target.value for target in parse_targets(None))
    return say(
        "Default setting: {values}; targets {targets}.", values=", ".join(told), targets=targets
    )


def _processor() -> str:
    """Return the model as the kernel names it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown")
