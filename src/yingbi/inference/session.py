"""A network that runs with onnxruntime; the only importer of it."""

import os

# From 1.29 on the library writes a device id and a telemetry database to the user's cache
# folder and sends them to its maker, unless it is told not to before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

ERRORS_ONLY = 3
GPU = "CUDAExecutionProvider"


class Network(Protocol):
    """A network that is loaded and ready.

    One `run` at a time per instance is the intended use; it holds no state of a picture.
    """

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the network's own order."""

    @property
    def input_shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """Sizes of each input, in the network's own order; None where any size will do."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the network's own order."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Return every output in the network's own order, for inputs by name."""


class OnnxNetwork:
    """A network that onnxruntime runs."""

    def __init__(self, model: bytes, threads: int, *, gpu: bool = False) -> None:
        """Load a network.

        Args:
            model: the bytes of an ONNX file, checked by the caller (`models.shelf`).
            threads: how many threads one call may use, from 1 on.
            gpu: on the graphics card, where this build of the library knows one.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        # Pictures differ in size: a memory plan made for the first would be wrong for the next.
        options.enable_mem_pattern = False
        # Idle threads that spin would take the cores that decode and encode.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        _share_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
        providers = [*([GPU] if gpu else []), "CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(
            model, sess_options=options, providers=providers
        )

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the network's own order."""
        return tuple(port.name for port in self._session.get_inputs())

    @property
    def input_shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """Sizes of each input, in the network's own order; None where any size will do."""
        return tuple(
            tuple(side if isinstance(side, int) and side > 0 else None for side in port.shape)
            for port in self._session.get_inputs()
        )

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the network's own order."""
        return tuple(port.name for port in self._session.get_outputs())

    @property
    def notes(self) -> dict[str, str]:
        """What its makers wrote into the file, by name."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Return every output in the network's own order, for inputs by name."""
        return [np.asarray(output) for output in self._session.run(None, dict(inputs))]

    def sample(self, side: int) -> dict[str, NDArray[Any]]:
        """Return an input of noise; sides that the network leaves open get `side` pixels."""
        noise, made = np.random.default_rng(0), {}
        for port in self._session.get_inputs():
            first, *rest = port.shape
            shape = [first if isinstance(first, int) else 1]
            shape += [size if isinstance(size, int) else side for size in rest]
            kind = np.int32 if "int32" in port.type else np.float32
            made[port.name] = noise.uniform(0, 255, shape).astype(kind)
        return made


@cache
def _share_memory() -> None:
    """Let all networks of the process use one pool of memory, as they run one after another."""
    kind = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    place = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, onnxruntime.OrtMemType.DEFAULT)
    usual = onnxruntime.OrtArenaCfg(0, -1, -1, -1)
    onnxruntime.create_and_register_allocator(place, usual)


def has_gpu() -> bool:
    """Return whether this build of onnxruntime knows a graphics card."""
    return GPU in onnxruntime.get_available_providers()
