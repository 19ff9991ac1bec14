"""A network of one's own: each kind read right, taken in, named, used, and refused when wrong."""

import json

import numpy as np
import pytest
import skimage.data
from PIL import Image

from made_models import answering
from networks import as_frame, models_dir
from yb import Yingbi
from yingbi.detect.decodings import KINDS, centerface, detr, yolox, yunet
from yingbi.detect.own import OwnFinder
from yingbi.domain.region import Target
from yingbi.inference.session import OnnxNetwork
from yingbi.models.own import OwnModel

SIZE = (64, 64)


def cells(cell: int) -> int:
    return (SIZE[0] // cell) * (SIZE[1] // cell)


def yunet_answers() -> dict[str, np.ndarray]:
    outputs = {}
    for cell in (8, 16, 32):
        for name, values in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            outputs[f"{name}_{cell}"] = np.zeros((1, cells(cell), values), np.float32)
    at = 1 * 4 + 2  # second row, third column of the grid of 16
    outputs["cls_16"][0, at], outputs["obj_16"][0, at] = 0.9, 0.4
    outputs["bbox_16"][0, at] = 0.5, 0.25, np.log(2), np.log(1.5)
    return outputs


def test_a_face_of_yunet_is_where_its_cell_puts_it():
    boxes, scores, _ = yunet(yunet_answers(), SIZE, 0.5)
    x, y = (2 + 0.5) * 16, (1 + 0.25) * 16
    np.testing.assert_allclose(boxes, [[x - 16, y - 12, x + 16, y + 12]], rtol=1e-6)
    np.testing.assert_allclose(scores, [0.6], rtol=1e-6)
    assert len(yunet(yunet_answers(), SIZE, 0.7)[0]) == 0


def centerface_answers() -> dict[str, np.ndarray]:
    heat = np.zeros((1, 1, 16, 16), np.float32)
    heat[0, 0, 3, 5] = 0.8
    scale = np.full((1, 2, 16, 16), np.log(4), np.float32)
    points = np.zeros((1, 10, 16, 16), np.float32)
    return {"537": heat, "538": scale, "539": np.zeros((1, 2, 16, 16), np.float32), "540": points}


def test_a_face_of_centerface_is_where_its_heat_is():
    boxes, scores, _ = centerface(centerface_answers(), SIZE, 0.5)
    np.testing.assert_allclose(boxes, [[22 - 8, 14 - 8, 22 + 8, 14 + 8]], rtol=1e-5)
    assert scores.tolist() == [np.float32(0.8)]


def yolox_answers() -> dict[str, np.ndarray]:
    rows = np.zeros((1, cells(8) + cells(16) + cells(32), 5 + 3), np.float32)
    last = cells(8) + cells(16) + 1  # of the coarsest grid, first row, second column
    rows[0, last] = [0.5, 0.5, 0, np.log(0.5), 0.8, 0.1, 0.9, 0.2]
    return {"output": rows}


def test_a_thing_of_yolox_has_its_place_and_its_surest_class():
    boxes, scores, classes = yolox(yolox_answers(), SIZE, 0.5)
    np.testing.assert_allclose(boxes, [[48 - 16, 16 - 8, 48 + 16, 16 + 8]], rtol=1e-6)
    np.testing.assert_allclose(scores, [0.72], rtol=1e-6)
    assert classes.tolist() == [1]
    with pytest.raises(ValueError, match="cells"):
        yolox(yolox_answers(), (128, 64), 0.5)


def detr_answers() -> dict[str, np.ndarray]:
    logits = np.full((1, 5, 2), -9, np.float32)
    logits[0, 3, 0] = 2.0
    boxes = np.full((1, 5, 4), 0.1, np.float32)
    boxes[0, 3] = 0.5, 0.25, 0.5, 0.25
    return {"logits": logits, "pred_boxes": boxes}


@pytest.mark.parametrize("names", [("logits", "pred_boxes"), ("a", "b")])
def test_a_thing_of_detr_lies_where_its_shares_say(names):
    outputs = dict(zip(names, detr_answers().values(), strict=True))
    boxes, scores, classes = detr(outputs, (64, 32), 0.5)
    np.testing.assert_allclose(boxes, [[16, 4, 48, 12]], rtol=1e-6)
    np.testing.assert_allclose(scores, [1 / (1 + np.exp(-2.0))], rtol=1e-6)
    assert classes.tolist() == [0]


ANSWERS = {
    "yunet": yunet_answers(),
    "centerface": centerface_answers(),
    "yolox": yolox_answers(),
    "detr": detr_answers(),
}
PICTURE = (1, 3, *SIZE)


def test_every_kind_that_can_be_imported_is_tried_here():
    assert ANSWERS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", ANSWERS)
def test_boxes_come_back_in_pixels_of_the_picture_and_of_its_part(kind):
    network = OnnxNetwork(answering("picture", PICTURE, **ANSWERS[kind]), 1)
    model = OwnModel("mine", kind, "")
    finder = OwnFinder(network, model, Target.PLATE, size=64, threshold=0.5)
    (whole,) = finder.find(as_frame(np.zeros((128, 128, 3), np.uint8)))
    (part,) = finder.find(as_frame(np.zeros((300, 300, 3), np.uint8)), (100, 50, 228, 178))
    assert whole.kind is part.kind is Target.PLATE
    x0, y0, x1, y1 = whole.box
    assert part.box == (x0 + 100, y0 + 50, x1 + 100, y1 + 50)
    boxes, _, _ = KINDS[kind].decode(ANSWERS[kind], SIZE, 0.5)
    assert np.abs(np.array(whole.box) - 2 * boxes[0]).max() <= 1


def test_only_the_classes_that_are_meant_are_found():
    network = OnnxNetwork(answering("picture", PICTURE, **yolox_answers()), 1)
    frame = as_frame(np.zeros((64, 64, 3), np.uint8))
    for classes, count in (((1,), 1), ((0, 2), 0), ((), 1)):
        model = OwnModel("mine", "yolox", "", classes)
        found = OwnFinder(network, model, Target.FACE, size=64, threshold=0.5).find(frame)
        assert len(found) == count


def test_a_small_network_searches_a_large_picture_in_parts_as_well():
    network = OnnxNetwork(answering("picture", PICTURE, **detr_answers()), 1)
    model = OwnModel("mine", "detr", "")
    frame = as_frame(np.zeros((128, 128, 3), np.uint8))
    once = OwnFinder(network, model, Target.FACE, size=64, threshold=0.5).find(frame)
    often = OwnFinder(network, model, Target.FACE, size=128, threshold=0.5).find(frame)
    assert len(once) == 1
    assert len(often) > 4


# --- the command ----------------------------------------------------------------------


@pytest.fixture
def yingbi(tmp_path) -> Yingbi:
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "in.png")
    return Yingbi(tmp_path, YINGBI_MODELS_DIR=str(tmp_path / "networks"))


def test_a_network_is_taken_in_listed_and_used(yingbi, tmp_path):
    (tmp_path / "My_Faces.onnx").write_bytes(answering("x", PICTURE, **yolox_answers()))
    told = yingbi("models", "import", "My_Faces.onnx", "--kind", "yolox", "--classes", "1").out
    assert told.startswith("my-faces: kept")
    (listed,) = [m for m in yingbi("models", "list", "--json").json if m["name"] == "my-faces"]
    assert (listed["kind"], listed["classes"], listed["state"]) == ("yolox", [1], "installed")
    config = tmp_path / "yingbi.toml"
    config.write_text('[detect]\nface_network = "my-faces"\nsize = 320\n')
    (line,) = yingbi("detect", "in.png", "--json", "--targets", "face").out.splitlines()
    assert {region["kind"] for region in json.loads(line)["regions"]} == {"face"}
    yingbi("mask", "in.png", "-o", "out.png", "--targets", "face", "--report", "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    assert listed["sha256"] in json.dumps(report)


def test_a_changed_or_missing_network_is_never_used(yingbi, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(answering("x", PICTURE, **detr_answers()))
    yingbi("models", "import", "mine.onnx", "--kind", "detr")
    (tmp_path / "yingbi.toml").write_text('[detect]\nface_network = "mine"\n')
    kept = tmp_path / "networks" / "mine.onnx"
    kept.write_bytes(kept.read_bytes() + b"\0")
    for command in (("detect", "in.png", "--targets", "face"), ("models", "verify")):
        assert yingbi(*command, status=69).err.count("mine") <= 1
    kept.unlink()
    answer = yingbi("detect", "in.png", "--targets", "face", "--json", status=69)
    assert answer.json["error"]["code"] == "model-missing"


@pytest.mark.parametrize(
    ("content", "kind", "options", "status", "code"),
    [
        (b"no network", "yolox", (), 65, "model-unfit"),
        (b"", "yolox", (), 65, "model-unfit"),
        (answering("x", PICTURE, **detr_answers()), "yunet", (), 65, "model-unfit"),
        (answering("x", PICTURE, **yunet_answers()), "detr", (), 65, "model-unfit"),
        (answering("x", (1, 7), **detr_answers()), "detr", (), 65, "model-unfit"),
        (answering("x", PICTURE, **detr_answers()), "detr", ("--name", "../x"), 2, "usage"),
        (answering("x", PICTURE, **detr_answers()), "detr", ("--name", "text-ppocr"), 2, "usage"),
        (answering("x", PICTURE, **detr_answers()), "detr", ("--classes", "a"), 2, "usage"),
        (None, "detr", (), 66, "no-such-input"),
    ],
    ids=["noise", "empty", "kind", "kind-2", "no-picture", "path", "taken", "classes", "none"],
)
def test_what_does_not_fit_is_refused_in_one_line_and_nothing_is_kept(
    yingbi, tmp_path, content, kind, options, status, code
):
    if content is not None:
        (tmp_path / "mine.onnx").write_bytes(content)
    answer = yingbi("models", "import", "mine.onnx", "--kind", kind, *options, status=status)
    assert f"[{code}]" in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "networks").exists()


@pytest.mark.parametrize("damage", ["{", "[]", '{"networks": [{"name": 1}]}'])
def test_a_damaged_list_is_refused_and_not_taken_for_an_empty_one(yingbi, tmp_path, damage):
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "own.json").write_text(damage)
    assert "[model-changed]" in yingbi("models", "list", status=69).err


def test_the_centerface_that_is_installed_works_as_a_network_of_ones_own(yingbi):
    source = models_dir() / "face-centerface.onnx"
    yingbi("models", "import", source, "--kind", "centerface", "--name", "mine")
    yingbi.environment["YINGBI_DETECT_FACE_NETWORK"] = "mine"
    (line,) = yingbi("detect", "in.png", "--json", "--targets", "face").out.splitlines()
    best = max(json.loads(line)["regions"], key=lambda region: region["score"])
    assert best["score"] > 0.8
