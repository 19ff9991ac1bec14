"""Write an ONNX graph whose bytes depend on nothing but what is put into it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 17
IR_VERSION = 8  # fixed, as `onnx` would write its newest one

Shape = Sequence[int | str | None]
"""Sizes of a port: a number, the name of a free size, or None where nothing is said."""


class OnnxGraph:
    """A graph being written; names are the source's names, so that both can be compared."""

    def __init__(self) -> None:
        """Begin an empty graph."""
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Keep a constant and return its name; the same name is kept once."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def numbers(self, *values: int) -> str:
        """Return the name of a list of whole numbers: axes, shapes."""
        return self.constant(f"int64:{values}", np.array(values, np.int64))

    def add(self, op: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Append one operation with one output and return the output's name."""
        self._nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def keep_used(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Keep every weight that a node names under the source's own name."""
        for node in self._nodes:
            for name in node.input:
                if name in weights:
                    self.constant(name, weights[name])

    def to_bytes(
        self,
        inputs: Mapping[str, tuple[type[np.generic], Shape]],
        outputs: Mapping[str, Shape],
    ) -> bytes:
        """Return the finished model; outputs are float32."""
        graph = helper.make_graph(
            self._nodes,
            "yingbi",
            [_port(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [_port(name, np.float32, shape) for name, shape in outputs.items()],
            list(self._constants.values()),
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="yingbi"
        )
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def free_sizes(model: bytes, height: str = "height", width: str = "width") -> bytes:
    """Return an NCHW picture network that takes one picture of any size.

    Some networks are published with the sizes of one example in their ports; the graph
    itself holds for all sizes.
    """
    proto = onnx.load_from_string(model)
    constants = {constant.name for constant in proto.graph.initializer}
    # A constant that is also an input could be replaced, so the engine would not fold it.
    ports = [port for port in proto.graph.input if port.name not in constants]
    del proto.graph.input[:]
    proto.graph.input.extend(ports)
    for port in proto.graph.input:
        _reshape(port, (1, None, height, width))
    for port in proto.graph.output:
        _reshape(port, (1, None, f"{height}_out", f"{width}_out"))
    onnx.checker.check_model(proto)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def _port(name: str, kind: type[np.generic], shape: Shape) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape
    )


def _reshape(port: onnx.ValueInfoProto, shape: Shape) -> None:
    for size, new in zip(port.type.tensor_type.shape.dim, shape, strict=True):
        if isinstance(new, str):
            size.dim_param = new
        elif new is not None:
            size.dim_value = new
