"""How each TensorFlow operation is written in ONNX (opset 17)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from yingbi.models.onnx_graph import OnnxGraph

Weights = Mapping[str, NDArray[Any]]
TO_NCHW = (0, 3, 1, 2)
TO_NHWC = (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the source; an input `name:1` means the second output of `name`."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]


Write = Callable[[OnnxGraph, Operation, Weights], None]


def _same(op: str) -> Write:
    """Return the writer of an operation that ONNX has with the same meaning."""

    def write(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
        graph.add(op, operation.inputs, operation.name)

    return write


def _cast(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    _refuse_unless(operation.attributes["DstT"] == "DT_FLOAT", "cast")
    graph.add("Cast", operation.inputs, operation.name, to=TensorProto.FLOAT)


def _relu6(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    _clip6(graph, operation.inputs[0], operation.name)


def _clip6(graph: OnnxGraph, source: str, output: str) -> None:
    low = graph.constant("zero", np.array(0, np.float32))
    high = graph.constant("six", np.array(6, np.float32))
    graph.add("Clip", (source, low, high), output)


def _convolution(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    """Write a convolution with what is fused to it: a bias, then perhaps an activation."""
    source, kernel_name, *bias = operation.inputs
    attributes = operation.attributes
    _refuse_unless(set(attributes["dilations"]) == {1}, "dilated convolution")
    _refuse_unless(attributes["data_format"] == "NHWC", "layout")
    kernel = weights[kernel_name]
    depthwise = "Depthwise" in operation.op
    if depthwise:
        height, width, channels, multiplier = kernel.shape
        _refuse_unless(multiplier == 1, "depth multiplier")
        kernel = kernel.transpose(2, 3, 0, 1)
    else:
        height, width, channels, _ = kernel.shape
        kernel = kernel.transpose(3, 2, 0, 1)
    fused = list(attributes.get("fused_ops", ()))
    _refuse_unless(fused[:1] == ["BiasAdd"] * len(bias), "fused operations")
    name = operation.name
    inputs = [
        graph.add("Transpose", (source,), f"{name}:nchw", perm=TO_NCHW),
        graph.constant(f"{kernel_name}:oihw", kernel),
        *(graph.constant(b, weights[b]) for b in bias),
    ]
    result = graph.add(
        "Conv",
        inputs,
        f"{name}:conv",
        kernel_shape=(height, width),
        strides=attributes["strides"][1:3],
        group=channels if depthwise else 1,
        auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[attributes["padding"]],
    )
    result = _activation(graph, result, fused[1:])
    graph.add("Transpose", (result,), name, perm=TO_NHWC)


def _product(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    """Write a fully connected layer with its bias and perhaps an activation."""
    source, kernel, bias = operation.inputs
    attributes = operation.attributes
    turned = attributes["transpose_a"] or attributes["transpose_b"]
    _refuse_unless(not turned, "transposed product")
    fused = list(attributes.get("fused_ops", ()))
    _refuse_unless(fused[:1] == ["BiasAdd"], "fused operations")
    name = operation.name
    inputs = (source, graph.constant(kernel, weights[kernel]), graph.constant(bias, weights[bias]))
    result = graph.add("Gemm", inputs, f"{name}:product")
    graph.add("Identity", (_activation(graph, result, fused[1:]),), name)


def _activation(graph: OnnxGraph, source: str, fused: list[str]) -> str:
    output = f"{source}:active"
    match fused:
        case []:
            return source
        case ["Relu"]:
            graph.add("Relu", (source,), output)
        case ["Relu6"]:
            _clip6(graph, source, output)
        case _:
            _refuse_unless(False, "fused activation")
    return output


def _double(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    """Write a bilinear upsampling as "twice as large".

    The source names the target size of one input size; a factor holds for all of them.
    Both networks that are converted double (their stride falls from 32 to 4 in three steps).
    """
    attributes = operation.attributes
    _refuse_unless(not attributes["align_corners"], "aligned corners")
    name = operation.name
    nchw = graph.add("Transpose", (operation.inputs[0],), f"{name}:nchw", perm=TO_NCHW)
    scales = graph.constant("double", np.array([1, 1, 2, 2], np.float32))
    half_pixel = attributes["half_pixel_centers"]
    resized = graph.add(
        "Resize",
        (nchw, "", scales),
        f"{name}:resized",
        mode="linear",
        coordinate_transformation_mode="half_pixel" if half_pixel else "asymmetric",
    )
    graph.add("Transpose", (resized,), name, perm=TO_NHWC)


def _largest(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    """Write a pooling that keeps the largest of each window."""
    attributes = operation.attributes
    _refuse_unless(attributes.get("data_format", "NHWC") == "NHWC", "layout")
    name = operation.name
    source = graph.add("Transpose", operation.inputs, f"{name}:nchw", perm=TO_NCHW)
    result = graph.add(
        "MaxPool",
        (source,),
        f"{name}:pooled",
        kernel_shape=attributes["ksize"][1:3],
        strides=attributes["strides"][1:3],
        auto_pad={"SAME": "SAME_UPPER", "VALID": "VALID"}[attributes["padding"]],
    )
    graph.add("Transpose", (result,), name, perm=TO_NHWC)


def _pad(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    """Write a padding with zeros; the source gives (before, after) for each axis."""
    source, paddings = operation.inputs
    in_front, afters = weights[paddings].T
    pads = graph.numbers(*(int(size) for size in (*in_front, *afters)))
    graph.add("Pad", (source, pads), operation.name)


def _mean(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    source, axes = operation.inputs
    graph.add(
        "ReduceMean",
        (source,),
        operation.name,
        axes=[int(axis) for axis in weights[axes].reshape(-1)],
        keepdims=int(operation.attributes["keep_dims"]),
    )


def _concatenate(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    *parts, axis = operation.inputs
    graph.add("Concat", parts, operation.name, axis=int(weights[axis]))


def _reshape(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    source, shape = operation.inputs
    sizes = graph.numbers(*(int(size) for size in weights[shape]))
    graph.add("Reshape", (source, sizes), operation.name)


def _expand(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    source, axis = operation.inputs
    graph.add("Unsqueeze", (source, graph.numbers(int(weights[axis]))), operation.name)


def _squeeze(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    axes = graph.numbers(*operation.attributes["squeeze_dims"])
    graph.add("Squeeze", (*operation.inputs, axes), operation.name)


def _stack(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    axis = operation.attributes["axis"]
    parts = [
        graph.add("Unsqueeze", (part, graph.numbers(axis)), f"{operation.name}:part{i}")
        for i, part in enumerate(operation.inputs)
    ]
    graph.add("Concat", parts, operation.name, axis=axis)


def _unstack(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    """Write each output of the source as a node of its own: `name`, `name:1`, ..."""
    for i in range(operation.attributes["num"]):
        index = graph.constant(f"index{i}", np.array(i, np.int64))
        output = f"{operation.name}:{i}" if i else operation.name
        graph.add("Gather", (operation.inputs[0], index), output, axis=operation.attributes["axis"])


def _arg_max(graph: OnnxGraph, operation: Operation, weights: Weights) -> None:
    source, axis = operation.inputs
    name = operation.name
    graph.add("ArgMax", (source,), f"{name}:int64", axis=int(weights[axis]), keepdims=0)
    graph.add("Cast", (f"{name}:int64",), name, to=TensorProto.INT32)


def _gather_nd(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    source, indices = operation.inputs
    name = operation.name
    graph.add("Cast", (indices,), f"{name}:int64", to=TensorProto.INT64)
    graph.add("GatherND", (source, f"{name}:int64"), name)


def _squared_difference(graph: OnnxGraph, operation: Operation, _: Weights) -> None:
    difference = graph.add("Sub", operation.inputs, f"{operation.name}:difference")
    graph.add("Mul", (difference, difference), operation.name)


def _refuse_unless(known: bool, what: str) -> None:  # noqa: FBT001 the condition itself
    if not known:
        raise ValueError(f"this {what} is not known")


OPERATIONS: Mapping[str, Write] = {
    "Add": _same("Add"),
    "AddV2": _same("Add"),
    "ArgMax": _arg_max,
    "Cast": _cast,
    "ConcatV2": _concatenate,
    "Conv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "ExpandDims": _expand,
    "FloorDiv": _same("Div"),  # only used on numbers from zero on
    "FusedDepthwiseConv2dNative": _convolution,
    "GatherNd": _gather_nd,
    "Identity": _same("Identity"),
    "Maximum": _same("Max"),
    "MaxPool": _largest,
    "Mean": _mean,
    "Minimum": _same("Min"),
    "Mul": _same("Mul"),
    "Pack": _stack,
    "Pad": _pad,
    "RealDiv": _same("Div"),
    "Relu": _same("Relu"),
    "Relu6": _relu6,
    "Reshape": _reshape,
    "ResizeBilinear": _double,
    "Sigmoid": _same("Sigmoid"),
    "Softmax": _same("Softmax"),
    "Sqrt": _same("Sqrt"),
    "SquaredDifference": _squared_difference,
    "Squeeze": _squeeze,
    "Sub": _same("Sub"),
    "Unpack": _unstack,
    "_FusedConv2D": _convolution,
    "_FusedMatMul": _product,
}
