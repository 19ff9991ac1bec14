"""A network that OpenVINO runs; the only importer of it.

It halves onnxruntime's time for some networks, and halves it once more in bfloat16
where the processor computes in it. The package is an extra: `has_openvino` says
whether it is there.
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

PREPARED = 512
"""Steps of a network kept prepared, each for one size of picture: about a dozen sizes, of 5 MB each.
The library's own limit is ten times that, and a long film would fill it."""

_MAKING = Lock()

Precision = Literal["f32", "bf16"]


def has_openvino() -> bool:
    """Return whether the package is installed."""
    return find_spec("openvino") is not None


class OpenVinoNetwork:
    """A network that OpenVINO runs on the processor, for inputs of any size."""

    def __init__(self, model: bytes, threads: int, precision: Precision) -> None:
        """Load a network; `model` and `threads` as for `OnnxNetwork`."""
        core = _core()
        hints = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # Pinned, two networks of one process would share a core and leave the others idle.
            "ENABLE_CPU_PINNING": False,
            "CPU_RUNTIME_CACHE_CAPACITY": PREPARED,
        }
        compiled = core.compile_model(core.read_model(model, b""), "CPU", hints)
        self._request = compiled.create_infer_request()
        self._names = tuple(port.any_name for port in compiled.inputs)
        self._shapes = tuple(
            tuple(None if side.is_dynamic else side.get_length() for side in port.partial_shape)
            for port in compiled.inputs
        )
        self._outputs = tuple(port.any_name for port in compiled.outputs)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, in the network's own order."""
        return self._names

    @property
    def input_shapes(self) -> tuple[tuple[int | None, ...], ...]:
        """Sizes of each input, in the network's own order; None where any size will do."""
        return self._shapes

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs, in the network's own order."""
        return self._outputs

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Return every output in the network's own order, for inputs by name."""
        self._request.infer(dict(inputs), share_inputs=True)
        return [
            np.array(self._request.get_output_tensor(number).data)
            for number in range(len(self._outputs))
        ]


def _core() -> Any:
    """Return the library's only core, which one thread makes while others wait."""
    with _MAKING:
        return _made()


@cache
def _made() -> Any:
    from openvino import Core, Tensor

    # It makes its way to NumPy when first asked for an array, and two threads that ask first
    # at the same time wait for each other for good (2026.4, pybind11's `npy_api`).
    Tensor(np.zeros(1, np.float32))
    return Core()
