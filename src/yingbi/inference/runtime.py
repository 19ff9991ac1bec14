"""Which library runs a network best here: measured once per machine and network.

What is fastest depends on the processor and on the network: OpenVINO takes a third or a sixth
of onnxruntime's time for finding text, and longer than it for bodies.
"""

import contextlib
import hashlib
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from yingbi.inference.openvino import OpenVinoNetwork, has_openvino
from yingbi.inference.session import Network, OnnxNetwork, has_gpu

Runtime = Literal["onnxruntime", "onnxruntime-gpu", "openvino-f32", "openvino-bf16"]

SIDE = 320
"""Pixels; networks of open size are measured on a square of it."""
RUNS = 3
WORTH = 2.5
"""So many times as fast another runtime must be. OpenVINO takes half a second of the processor to load,
a quarter more for each network, and as long as three runs for each new size of picture. It gains less
beside an encoder than alone, too: CenterFace, 1.9 times as fast by itself, made no film cheaper."""
CACHE_FILE = "runtimes.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of processor time that one call takes, by runtime, and which was chosen."""

    chosen: Runtime
    ms: Mapping[Runtime, float]


def open_network(model: bytes, threads: int, runtime: str, folder: Path | None) -> Network:
    """Load a network with the runtime that is asked for.

    Args:
        model: the bytes of an ONNX file, checked by the caller.
        threads: how many threads one call may use.
        runtime: one of `Runtime`, or "auto": onnxruntime, or what was measured to be
            WORTH times as fast.
        folder: where `remember` keeps measurements; nothing is written there.
    """
    name = fastest(model, folder).chosen if runtime == "auto" else runtime
    return _open(model, threads, name)


def fastest(model: bytes, folder: Path | None) -> Measured:
    """Return what was measured on this machine for the network, measuring where nothing was."""
    return known(model, folder) or _best(_measure(model))


def known(model: bytes, folder: Path | None) -> Measured | None:
    """Return what `remember` kept of the network on this machine; None where it kept nothing."""
    ms = _read(folder).get(_key(model))
    return _best(ms) if ms else None


def remember(model: bytes, folder: Path) -> None:
    """Measure the network where that was not done on this machine, and keep it in the folder."""
    known = _read(folder)
    if _key(model) not in known and (ms := _measure(model)):
        _write(folder, {**known, _key(model): ms})


def _best(ms: Mapping[Runtime, float]) -> Measured:
    worth = {name: ms[name] * (1.0 if name == "onnxruntime" else WORTH) for name in ms}
    return Measured(min(worth, key=worth.__getitem__, default="onnxruntime"), ms)


def _key(model: bytes) -> str:
    return f"{hashlib.sha256(model).hexdigest()} {_machine()}"


def available() -> tuple[Runtime, ...]:
    """Return the runtimes that are installed."""
    found: list[Runtime] = ["onnxruntime"]
    if has_gpu():
        found.append("onnxruntime-gpu")
    if has_openvino():
        found += ["openvino-f32", "openvino-bf16"]
    return tuple(found)


def _open(model: bytes, threads: int, runtime: str) -> Network:
    match runtime:
        case "openvino-f32":
            return OpenVinoNetwork(model, threads, "f32")
        case "openvino-bf16":
            return OpenVinoNetwork(model, threads, "bf16")
        case "onnxruntime-gpu":
            return OnnxNetwork(model, threads, gpu=True)
        case _:
            return OnnxNetwork(model, threads)


def _measure(model: bytes) -> dict[Runtime, float]:
    """Return the milliseconds of each runtime that can run the network."""
    taken = ((runtime, _taken(model, runtime)) for runtime in available())
    return {runtime: ms for runtime, ms in taken if ms is not None}


def _taken(model: bytes, runtime: Runtime) -> float | None:
    try:
        sample = OnnxNetwork(model, 1).sample(SIDE)
        network = _open(model, 1, runtime)
        network.run(sample)
        return round(min(_ms(network, sample) for _ in range(RUNS)), 2)
    except Exception:  # noqa: BLE001 - each library has errors of its own; what fails is not chosen
        return None


def _ms(network: Network, sample: Mapping[str, NDArray[Any]]) -> float:
    began = time.process_time()  # others who use the processor do not count
    network.run(sample)
    return (time.process_time() - began) * 1000


@cache
def _machine() -> str:
    """Return what the measurement depends on: processor and versions."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        wanted = ("model name", "flags")
        facts = sorted({line for line in lines if line.startswith(wanted)})
        model = hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
    versions = [version("onnxruntime"), version("openvino") if has_openvino() else "-"]
    return " ".join([model, *versions])


def _read(folder: Path | None) -> dict[str, dict[Runtime, float]]:
    if folder is None:
        return {}
    try:
        known = json.loads((folder / CACHE_FILE).read_text("utf-8"))
        return {str(key): {name: float(ms[name]) for name in ms} for key, ms in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(folder: Path, known: Mapping[str, Mapping[Runtime, float]]) -> None:
    path = folder / CACHE_FILE
    new = path.with_suffix(".new")
    with contextlib.suppress(OSError):  # a folder that cannot be written is measured each time
        new.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
        new.replace(path)
