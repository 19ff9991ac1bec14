"""The tool most people take, deface, in an environment of its own, beside which we are measured.

What it did with an input is kept in the cache, since it does the same each time and slowly:
by the digests of the inputs, its version and its settings. REFRESH=1 does it again.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from yingbi.bench.tree import Cost, cost
from yingbi.domain.messages import say
from yingbi.media.planes import write_rgb

VERSION = "1.5.0"
OPENCV, OLDER_OPENCV = "5.0.0.93", "4.14.0.94"
"""What pip brings with deface today, a third faster than the one before; a fixed reference."""

STOCK = ("--backend", "opencv")
SCALED = (*STOCK, "--scale", "640x360")
GREEN = (0, 255, 0)
INSTALL_S = 900


class PeerMissingError(RuntimeError):
    """The peer could not be installed here; the rows that need it say so."""


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What the peer did with some inputs: its cost, and the output of each, None where it made none."""

    cost: Cost
    outputs: tuple[Path | None, ...]


def cache_home() -> Path:
    """Return the folder that benches keep things in (XDG base directory specification)."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "yingbi" / "bench"


def run_peer(
    inputs: Sequence[Path], options: Sequence[str] = STOCK, *, opencv: str = OPENCV
) -> PeerRun:
    """Return what deface does with public inputs in one run, from the cache where it is known.

    Raises: PeerMissingError, CommandFailedError.
    """
    command = _installed(opencv)
    kept = _home(opencv) / "runs" / _key(inputs, options)
    facts = kept / "cost.json"
    if os.environ.get("REFRESH") == "1" or not facts.is_file():
        _run(command, inputs, options, kept)
    found = Cost(**json.loads(facts.read_text()))
    outputs = [kept / f"{n}{path.suffix}" for n, path in enumerate(inputs)]
    return PeerRun(found, tuple(path if path.is_file() else None for path in outputs))


def run_peer_green(inputs: Sequence[Path]) -> PeerRun:
    """The same with plain green over its boxes in place of the blur, so that pixels tell where they are.

    The boxes are those of its stock settings; the blur covers only an ellipse in them, so
    this shows it better than it is.
    """
    tile = cache_home() / "green.png"
    if not tile.is_file():
        tile.parent.mkdir(parents=True, exist_ok=True)
        write_rgb(tile, np.full((8, 8, 3), GREEN, np.uint8))
    return run_peer(inputs, (*STOCK, "--replacewith", "img", "--replaceimg", str(tile)))


def _run(command: Path, inputs: Sequence[Path], options: Sequence[str], kept: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        folder = Path(name)
        given = [folder / f"{n}{path.suffix}" for n, path in enumerate(inputs)]
        for path, copy in zip(inputs, given, strict=True):
            shutil.copyfile(path, copy)
        clean = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        found = cost([command, *given, *options], beside=clean, folder=folder)
        kept.mkdir(parents=True, exist_ok=True)
        for copy in given:
            masked = copy.with_stem(copy.stem + "_anonymized")
            if masked.is_file():
                shutil.move(masked, kept / copy.name)
        (kept / "cost.json").write_text(json.dumps(found.to_json()))


def _key(inputs: Sequence[Path], options: Sequence[str]) -> str:
    told = hashlib.sha256(json.dumps(list(options)).encode())
    for path in inputs:
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:32]


def _home(opencv: str) -> Path:
    return cache_home() / f"deface-{VERSION}-opencv-{opencv}"


def _installed(opencv: str) -> Path:
    """Return the peer's command, installing it where it is not there yet."""
    home = _home(opencv)
    command, mark = home / "env" / "bin" / "deface", home / "complete"
    if not mark.is_file():
        wanted = [f"deface=={VERSION}", f"opencv-python=={opencv}"]
        try:
            _install(home / "env", wanted)
        except (OSError, subprocess.SubprocessError) as error:
            raise PeerMissingError(
                say("not measured: deface {version} could not be installed", version=VERSION)
            ) from error
        mark.touch()
    return command


def _install(env: Path, wanted: Sequence[str]) -> None:
    shutil.rmtree(env, ignore_errors=True)
    env.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(sys.prefix).parent / ".bootstrap" / "venv" / "bin" / "uv"
    uv = shutil.which("uv") or (str(beside) if beside.is_file() else None)
    python = env / "bin" / "python"
    base = getattr(sys, "_base_executable", sys.executable)
    if uv:
        _quietly([uv, "venv", "--quiet", "--python", base, str(env)])
        _quietly([uv, "pip", "install", "--quiet", "--python", str(python), *wanted])
        return
    _quietly([base, "-m", "venv", str(env)])
    _quietly([str(python), "-m", "pip", "install", "--quiet", *wanted])


def _quietly(command: Sequence[str]) -> None:
    subprocess.run(
        command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=INSTALL_S
    )
