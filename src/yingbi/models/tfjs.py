"""Turn a TensorFlow.js graph model into ONNX, without TensorFlow.

A graph model is a JSON file (operations, and where each weight lies) and a file of
weights. Only what leads to the wanted outputs is converted. Layout stays NHWC, as
the source has it; each convolution stands between two transposes, which the engine
removes when it loads the network.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingbi.models.onnx_graph import OnnxGraph, Shape
from yingbi.models.tfjs_operations import OPERATIONS, Operation, Weights

_TYPES = {"DT_FLOAT": np.float32, "DT_INT32": np.int32}


@dataclass(frozen=True, slots=True)
class GraphModel:
    """Operations by name, every constant they use, and how many sizes each named output has."""

    operations: Mapping[str, Operation]
    weights: Weights
    ranks: Mapping[str, int]


def convert(topology: bytes, weights: bytes, outputs: Sequence[str], *, free_sizes: bool) -> bytes:
    """Return the ONNX file of a graph model; the same input gives the same bytes.

    Args:
        topology: the model's JSON file.
        weights: the weights file that it names.
        outputs: names of the operations whose result is wanted, in the order of the result.
        free_sizes: take one picture of any size that the strides allow, not only the size
            that the source names.

    Raises: ValueError on a format, operation or weight type that is not known here.
    """
    model = read(topology, weights)
    graph = OnnxGraph()
    inputs: dict[str, tuple[type[np.generic], Shape]] = {}
    for operation in _in_order(model.operations, outputs):
        if operation.op == "Const":
            continue
        if operation.op == "Placeholder":
            inputs[operation.name] = _placeholder(operation, free_sizes=free_sizes)
        elif operation.op in OPERATIONS:
            OPERATIONS[operation.op](graph, operation, model.weights)
        else:
            raise ValueError(f"operation {operation.op} is not known")
    graph.keep_used(model.weights)
    ports = {name: (1, *[None] * (model.ranks.get(name, 4) - 1)) for name in outputs}
    return graph.to_bytes(inputs, ports)


def read(topology: bytes, weights: bytes) -> GraphModel:
    """Return the parsed graph model.

    Raises: ValueError when it is no graph model, or the weights have another length.
    """
    content = json.loads(topology)
    if content.get("format") != "graph-model":
        raise ValueError("not a TensorFlow.js graph model")
    operations = {}
    for node in content["modelTopology"]["node"]:
        attributes = {key: _attribute(value) for key, value in node.get("attr", {}).items()}
        # "^name" only says "after name", which has no meaning for pure operations
        real = (name for name in node.get("input", ()) if not name.startswith("^"))
        inputs = tuple(name.removesuffix(":0") for name in real)
        operations[node["name"]] = Operation(node["name"], node["op"], inputs, attributes)
    entries = [entry for group in content["weightsManifest"] for entry in group["weights"]]
    named = content.get("signature", {}).get("outputs", {})
    ranks = {
        port["name"].removesuffix(":0"): len(port["tensorShape"]["dim"])
        for port in named.values()
        if "dim" in port.get("tensorShape", {})
    }
    return GraphModel(operations, _read_weights(entries, weights), ranks)


def _read_weights(entries: Sequence[Mapping[str, Any]], content: bytes) -> Weights:
    found: dict[str, NDArray[Any]] = {}
    offset = 0
    for entry in entries:
        stored = entry.get("quantization", {}).get("dtype", entry["dtype"])
        if (stored, entry["dtype"]) not in {
            ("float16", "float32"),
            ("float32", "float32"),
            ("int32", "int32"),
        }:
            raise ValueError(f"weights stored as {stored} are not known")
        kind = np.dtype(stored).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        values = np.frombuffer(content, kind, count, offset)
        found[entry["name"]] = values.astype(entry["dtype"]).reshape(entry["shape"])
        offset += count * kind.itemsize
    if offset != len(content):
        raise ValueError("the weights file has another length than its list says")
    return found


def _attribute(value: Mapping[str, Any]) -> Any:
    """Return the plain value of one attribute, whatever its wrapping."""
    kind, content = next(iter(value.items()))
    match kind:
        case "i":
            return int(content)
        case "s":
            return base64.b64decode(content).decode()
        case "list":
            return [_attribute({key: item}) for key, items in content.items() for item in items]
        case _:
            return content


def _placeholder(operation: Operation, *, free_sizes: bool) -> tuple[type[np.generic], Shape]:
    sizes: list[int | str] = [int(size["size"]) for size in operation.attributes["shape"]["dim"]]
    sizes[0] = 1  # one picture at a time, also where the source leaves it open
    if free_sizes:
        sizes[1:3] = "height", "width"
    return _TYPES[operation.attributes["dtype"]], sizes


def _in_order(operations: Mapping[str, Operation], outputs: Sequence[str]) -> list[Operation]:
    """Return what leads to the outputs, each after its own inputs.

    The order depends on the graph alone, so that the written bytes do too.
    """
    done: dict[str, None] = {}
    waiting = list(reversed(outputs))
    while waiting:
        inputs = [name.partition(":")[0] for name in operations[waiting[-1]].inputs]
        missing = [name for name in inputs if name not in done]
        if missing:
            waiting += reversed(missing)
        else:
            done[waiting.pop()] = None
    return [operations[name] for name in done]
