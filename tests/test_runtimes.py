"""Which library runs each network here: measured once, kept, and told by the doctor."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from networks import models_dir
from yb import Yingbi
from yingbi.inference import runtime
from yingbi.inference.runtime import Measured, fastest, known, remember

NAME = "face-blazeface"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with one installed network, of which nothing was measured."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / f"{NAME}.onnx").write_bytes((models_dir() / f"{NAME}.onnx").read_bytes())
    return folder


@pytest.fixture
def model(shelf: Path) -> bytes:
    return (shelf / f"{NAME}.onnx").read_bytes()


def told(shelf: Path, **environment: str) -> tuple[dict[str, object], str]:
    """What the doctor says of the network, for machines and for people."""
    yingbi = Yingbi(shelf.parent, YINGBI_MODELS_DIR=str(shelf), **environment)
    found = yingbi("doctor", "--json", status=69).json
    (entry,) = [one for one in found if one["item"] == NAME]
    lines = yingbi("doctor", status=69).out.splitlines()
    (line,) = [line for line in lines if NAME in line]
    return entry, line


def test_a_network_is_measured_once_and_the_doctor_measures_nothing(shelf, model, monkeypatch):
    assert known(model, shelf) is None
    entry, line = told(shelf)
    assert "runtime" not in entry
    assert "not measured yet" in line
    assert [path.name for path in shelf.iterdir()] == [f"{NAME}.onnx"]
    remember(model, shelf)
    kept = known(model, shelf)
    assert kept is not None
    assert set(kept.ms) == set(runtime.available())
    assert 0 < kept.ms[kept.chosen] <= runtime.WORTH * min(kept.ms.values())
    monkeypatch.setattr(runtime, "_measure", lambda _model: pytest.fail("measured again"))
    remember(model, shelf)
    assert fastest(model, shelf) == kept


def test_another_runtime_must_be_worth_its_loading():
    assert runtime._best({"onnxruntime": 10.0, "openvino-f32": 4.5}).chosen == "onnxruntime"
    assert runtime._best({"onnxruntime": 10.0, "openvino-f32": 3.5}).chosen == "openvino-f32"
    assert runtime._best({"openvino-f32": 7.5}).chosen == "openvino-f32"


@pytest.mark.parametrize(("language", "words"), [("en", "runs it"), ("zh", "运行它")])
def test_the_doctor_tells_the_chosen_library_and_what_each_took(shelf, model, language, words):
    remember(model, shelf)
    cache = shelf / runtime.CACHE_FILE
    (key,) = json.loads(cache.read_text("utf-8"))
    cache.write_text(json.dumps({key: {"onnxruntime": 9.25, "openvino-bf16": 3.25}}), "utf-8")
    assert known(model, shelf) == Measured(
        "openvino-bf16", {"onnxruntime": 9.25, "openvino-bf16": 3.25}
    )
    entry, line = told(shelf, YINGBI_LANG=language)
    assert entry["runtime"] == "openvino-bf16"
    assert entry["ms"] == {"onnxruntime": 9.25, "openvino-bf16": 3.25}
    assert words in line
    assert line.index("openvino-bf16") < line.index("onnxruntime 9.2 ms")
    assert "openvino-bf16 3.2 ms" in line


def test_a_measurement_of_another_machine_or_version_does_not_count(shelf, model):
    remember(model, shelf)
    cache = shelf / runtime.CACHE_FILE
    (key,) = json.loads(cache.read_text("utf-8"))
    cache.write_text(json.dumps({f"{key}.1": {"onnxruntime": 9.25}}), "utf-8")
    assert known(model, shelf) is None
    assert "not measured yet" in told(shelf)[1]


def test_a_library_that_the_settings_name_is_told_as_such(shelf, model):
    remember(model, shelf)
    entry, line = told(shelf, YINGBI_MODELS_RUNTIME="onnxruntime")
    assert entry["runtime"] == "onnxruntime"
    assert "models.runtime" in line


TWO_AT_ONCE = """
import sys
from pathlib import Path
from threading import Barrier, Thread
import numpy as np
from yingbi.inference.openvino import OpenVinoNetwork

model, both = Path(sys.argv[1]).read_bytes(), Barrier(2)

def use():
    both.wait()
    network = OpenVinoNetwork(model, 1, "f32")
    both.wait()
    network.run({network.input_names[0]: np.zeros((1, 192, 192, 3), np.int32)})

threads = [Thread(target=use, daemon=True) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("_attempt", range(10))
def test_two_threads_that_use_openvino_first_at_the_same_time_do_not_wait_for_ever(_attempt):
    """Without the one maker of its core a quarter of such processes hung."""
    model = models_dir() / "pose-movenet.onnx"
    subprocess.run([sys.executable, "-c", TWO_AT_ONCE, str(model)], check=True, timeout=60)
