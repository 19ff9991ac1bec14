"""A small network in the two ways that networks are published, and a registry that has it."""

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from yingbi.models import tfjs
from yingbi.models.manifest import Member, Model, Package

KERNEL = np.arange(3 * 3 * 2 * 4, dtype=np.float16).reshape(3, 3, 2, 4) / 32 - 1
BIAS = np.array([0.5, -0.25, 0, 1], np.float16)
FACTOR = np.array(2.0, np.float16)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def node(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def text(value: str) -> dict[str, str]:
    return {"s": base64.b64encode(value.encode()).decode()}


def placeholder(*shape: int, kind: str = "DT_FLOAT") -> dict[str, Any]:
    sizes = {"shape": {"dim": [{"size": str(size)} for size in shape]}}
    return node("picture", "Placeholder", dtype={"type": kind}, shape=sizes)


def convolution(name: str, op: str, *inputs: str, stride: int, fused: tuple[str, ...] = ()):
    strides = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
    return node(
        name,
        op,
        *inputs,
        strides=strides,
        dilations={"list": {"i": ["1"] * 4}},
        padding=text("SAME"),
        data_format=text("NHWC"),
        fused_ops={"list": {"s": [text(one)["s"] for one in fused]}} if fused else {"list": {}},
    )


def graph_model(
    nodes: list[dict[str, Any]], weights: Mapping[str, np.ndarray]
) -> tuple[bytes, bytes]:
    """The JSON file and the weights file of a TensorFlow.js graph model."""
    entries = []
    for name, values in weights.items():
        entry: dict[str, Any] = {"name": name, "shape": list(values.shape)}
        entry["dtype"] = "int32" if values.dtype == np.int32 else "float32"
        if values.dtype == np.float16:
            entry["quantization"] = {"dtype": "float16"}
        entries.append(entry)
        nodes = [*nodes, node(name, "Const")]
    content = {
        "format": "graph-model",
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["small.bin"], "weights": entries}],
    }
    return json.dumps(content).encode(), b"".join(v.tobytes() for v in weights.values())


def small_graph_model() -> tuple[bytes, bytes]:
    nodes = [
        convolution("conv", "_FusedConv2D", "picture", "kernel", "bias", stride=2,
                    fused=("BiasAdd", "Relu6")),
        node("doubled", "Mul", "conv", "factor"),
        placeholder(1, 8, 8, 2),
    ]  # fmt: skip
    return graph_model(nodes, {"kernel": KERNEL, "bias": BIAS, "factor": FACTOR})


def small_model(registry: str) -> tuple[Model, bytes]:
    """A model of the manifest's form and the package that holds it."""
    topology, weights = small_graph_model()
    members = {"small.json": topology, "small.bin": weights}
    if registry == "pypi":
        prefix, file, content = "yingbi_small", "yingbi_small-1.0-py3-none-any.whl", wheel(members)
    else:
        prefix, file, content = "package", "yingbi-small-1.0.0.tgz", tarball(members)
    package = Package(
        registry="pypi" if registry == "pypi" else "npm",
        name="yingbi-small" if registry == "pypi" else "@yingbi/small",
        version="1.0" if registry == "pypi" else "1.0.0",
        file=file,
        sha256=sha256(content),
    )
    model = Model(
        name=f"small-{registry}",
        need="face",
        package=package,
        members=tuple(Member(f"{prefix}/{name}", sha256(c)) for name, c in members.items()),
        conversion="tfjs",
        outputs=("doubled",),
        free_sizes=True,
        onnx_sha256="",
        licence_package="made here",
        licence_upstream="made here",
        training_data="none",
        measured="not at all",
    )
    converted = tfjs.convert(topology, weights, model.outputs, free_sizes=True)
    return replace(model, onnx_sha256=sha256(converted)), content


def wheel(members: Mapping[str, bytes]) -> bytes:
    info = "yingbi_small-1.0.dist-info"
    described = {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: yingbi-small\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {f"yingbi_small/{n}": c for n, c in members.items()}.items():
            archive.writestr(name, content)
        for name, content in described.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarball(members: Mapping[str, bytes]) -> bytes:
    described = {"package.json": b'{"name": "@yingbi/small", "version": "1.0.0"}'}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in {**members, **described}.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@contextmanager
def registry_of(packages: Mapping[str, tuple[Model, bytes]]) -> Iterator[str]:
    """Serve packages on this machine alone, as a package index and as an npm registry.

    Yields the address; `packages` may be changed while it serves.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = _answer(self.path, packages, f"http://127.0.0.1:{self.server.server_port}")
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", answer[0] if answer else "text/plain")
            self.end_headers()
            self.wfile.write(answer[1] if answer else b"")

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(
    path: str, packages: Mapping[str, tuple[Model, bytes]], here: str
) -> tuple[str, bytes] | None:
    if path == "/simple/yingbi-small/" and "pypi" in packages:
        file = packages["pypi"][0].package.file
        return "text/html", f'<a href="../../files/{file}">{file}</a>'.encode()
    for model, content in packages.values():
        if path == f"/files/{model.package.file}":
            return "application/octet-stream", content
    if "npm" in packages:
        _, content = packages["npm"]
        if path.lower().replace("%2f", "/") == "/@yingbi/small":
            return "application/json", json.dumps(_packument(content, here)).encode()
        if path == "/@yingbi/small/-/small-1.0.0.tgz":
            return "application/octet-stream", content
    return None


def _packument(content: bytes, here: str) -> dict[str, Any]:
    dist = {
        "tarball": f"{here}/@yingbi/small/-/small-1.0.0.tgz",
        "integrity": "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode(),
    }
    version = {"name": "@yingbi/small", "version": "1.0.0", "dist": dist}
    return {
        "name": "@yingbi/small",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": version},
    }


def answering(port: str, shape: tuple[int | str, ...], **outputs: np.ndarray) -> bytes:
    """An ONNX network that takes pictures of that shape and always gives the same outputs."""
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(values))
        for name, values in outputs.items()
    ]
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape)
        for name, values in outputs.items()
    ]
    picture = helper.make_tensor_value_info(port, TensorProto.FLOAT, shape)
    model = helper.make_model(
        helper.make_graph(nodes, "answering", [picture], ports),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    model.ir_version = 8
    return model.SerializeToString()
