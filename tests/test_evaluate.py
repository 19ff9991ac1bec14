"""Measuring a network: a small one that sees bright spots, of which all that must come out is known."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from networks import network
from yb import Yingbi
from yingbi.capture.truth import read_truth
from yingbi.detect.embedding import FaceReader
from yingbi.detect.faces import FaceFinder
from yingbi.domain.model_errors import TruthRefusedError
from yingbi.domain.region import Region, Target, overlap
from yingbi.domain.truth import Truth
from yingbi.errors import NoSuchInputError, NothingToDoError
from yingbi.examine import attack
from yingbi.examine.attack import Trial
from yingbi.examine.curves import WAYS, worse
from yingbi.examine.examinee import Boxes, Seen, similarity
from yingbi.examine.explain import fall
from yingbi.examine.groups import count, groupings
from yingbi.examine.identity import line_up
from yingbi.examine.measure import read
from yingbi.examine.sets import samples

SPOT, SIDE, PICTURES = 16, 160, 10
PLACES = [(x, y) for x in (24, 72, 120) for y in (24, 72, 120)]
BRIGHT, DIM = 235, 90


def spots_network() -> bytes:
    """A network of the kind "centerface": how bright a square of 32 pixels is says how sure it is."""
    window, stride, pad = 2 * SPOT, 4, SPOT - 2
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["grey"], axes=[1], keepdims=1),
        helper.make_node(
            "AveragePool", ["grey"], ["mean"], kernel_shape=[window] * 2, strides=[stride] * 2,
            pads=[pad] * 4, count_include_pad=1,
        ),
        helper.make_node("Div", ["mean", "most"], ["heat"]),
        helper.make_node("Mul", ["heat", "none"], ["zero"]),
        helper.make_node("Concat", ["zero", "zero"], ["offset"], axis=1),
        helper.make_node("Add", ["offset", "size"], ["scale"]),
        helper.make_node("Concat", ["offset"] * 5, ["points"], axis=1),
    ]  # fmt: skip
    values = {"most": 255.0, "none": 0.0, "size": float(np.log(window / stride))}
    fixed = [numpy_helper.from_array(np.float32(value), name) for name, value in values.items()]
    free = ("h", "w")
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, channels, *free))
        for name, channels in (("heat", 1), ("scale", 2), ("offset", 2), ("points", 10))
    ]
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, "H", "W"))
    graph = helper.make_graph(nodes, "spots", [picture], ports, fixed)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model.SerializeToString()


def spotted(folder: Path) -> None:
    """Pictures of nine spots each, every third of them dim, and who they are."""
    folder.mkdir()
    lines = ["file,x0,y0,x1,y1,kind,skin"]
    for number in range(PICTURES):
        picture = np.zeros((SIDE, SIDE, 3), np.uint8)
        for at, (x, y) in enumerate(PLACES):
            dim = at % 3 == 0
            picture[y : y + SPOT, x : x + SPOT] = DIM if dim else BRIGHT
            skin = "dim" if dim else "bright"
            lines.append(f"{number}.png,{x},{y},{x + SPOT},{y + SPOT},face,{skin}")
        Image.fromarray(picture).save(folder / f"{number}.png")
    (folder / "truth.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def measured(tmp_path_factory) -> tuple[Yingbi, dict]:
    home = tmp_path_factory.mktemp("spots")
    yingbi = Yingbi(home, YINGBI_MODELS_DIR=str(home / "networks"), YINGBI_DETECT_FACE="0.7")
    yingbi.environment["YINGBI_DETECT_SIZE"] = "320"
    spotted(home / "data")
    (home / "spots.onnx").write_bytes(spots_network())
    yingbi("models", "import", "spots.onnx", "--kind", "centerface", "--least", "0.6")
    asked = ("models", "evaluate", "spots", "--data", "data", "--quick", "-o", "card.json")
    return yingbi, yingbi(*asked, "--page", "card.html", "--json").json


def shares(rows: list[dict], name: str) -> dict[str, float]:
    return {str(row[name]): row["share"] for row in rows}


def test_what_is_found_and_what_is_not_is_counted_exactly(measured):
    _, card = measured
    recall = card["accuracy"]["recall"]
    assert (recall["hits"], recall["of"]) == (60, 90)
    assert recall["low"] < 60 / 90 < recall["high"]
    assert card["accuracy"]["precision"]["share"] == 1
    assert (card["data"]["pictures"], card["data"]["things"]) == (10, 90)
    assert (card["least"], card["verdict"]) == (0.6, "passed")


def test_a_group_that_is_missed_is_told_and_what_nobody_labelled_is_unknown(measured):
    _, card = measured
    by = {one["by"]: shares(one["groups"], "group") for one in card["groups"]}
    assert by["skin"] == {"bright": 1.0, "dim": 0.0}
    assert by["size"] == {"under 32 px": round(2 / 3, 4)}
    assert card["unlabelled"] == ["sex", "age"]


def test_a_curve_falls_where_light_or_sharpness_goes_and_not_otherwise(measured):
    _, card = measured
    curves = {one["kind"]: shares(one["points"], "strength") for one in card["robustness"]}
    assert curves.keys() == WAYS.keys()
    assert curves["dark"]["0.0"] == curves["jpeg"]["20"] == round(2 / 3, 4)
    assert curves["dark"]["5"] == 0, "0.92 to the fifth is less than 0.7"
    assert curves["occlusion"]["65"] < curves["occlusion"]["0.0"]


def test_a_robust_network_loses_nothing_and_the_map_is_where_the_spot_is(measured):
    _, card = measured
    assert {one["kind"] for one in card["attacks"]} == {"patch", "noise"}
    for one in card["attacks"]:
        assert one["control"]["hits"] == one["lost"]["hits"] == 0
        assert one["lost"]["of"] == 30
    falls = np.array(card["explanation"]["falls"])
    assert falls.shape == (8, 8)
    assert falls[3:5, 3:5].mean() > 0.03 > falls[0].max()


def test_the_card_is_signed_verified_kept_and_asked(measured):
    yingbi, card = measured
    assert yingbi("models", "card", "verify", "card.json").out.startswith("OK: signed by intl:")
    altered = yingbi.home / "altered.json"
    altered.write_text((yingbi.home / "card.json").read_text().replace('"hits": 60', '"hits": 61'))
    assert "[model-card-refused]" in yingbi("models", "card", "verify", altered, status=69).err
    stranger = Yingbi(yingbi.home / "data")
    told = stranger("models", "card", "verify", yingbi.home / "card.json", status=65).err
    assert "[report-key-unknown]" in told
    key = yingbi("report", "key").out.strip()
    stranger("models", "card", "verify", yingbi.home / "card.json", "--key", key)
    (kept,) = (yingbi.home / ".local" / "share" / "yingbi" / "cards").iterdir()
    assert kept.stem == card["network"]["sha256"]
    text = (yingbi.home / "card.json").read_text() + (yingbi.home / "card.html").read_text()
    assert ".png" not in text, "no names of files"
    assert str(yingbi.home) not in text
    page = (yingbi.home / "card.html").read_text()
    assert "<img" not in page
    assert "script" not in page
    assert "Finds 66.7 %" in page
    yingbi("--lang", "zh", "models", "card", "page", "spots", "-o", "zh.html")
    chinese = (yingbi.home / "zh.html").read_text("utf-8")
    assert "找到 66.7 %" in chinese
    assert "· 大小 " in chinese
    assert "· 阈值 " in chinese


def test_a_network_that_misses_too_much_of_other_data_is_refused_from_then_on(measured, tmp_path):
    yingbi, _ = measured
    spotted(tmp_path / "dim")
    table = (tmp_path / "dim" / "truth.csv").read_text().splitlines()
    wanted = [table[0], *(line for line in table if line.endswith("dim"))]
    (tmp_path / "dim" / "truth.csv").write_text("\n".join(wanted) + "\n")
    how = ("models", "evaluate", "spots", "--data", tmp_path / "dim", "--quick")
    yingbi("models", "evaluate", "spots", "--data", "data", "--quick", "--most", 2, "--no-keep")
    look = ("detect", "data/0.png", "--targets", "face", "--json")
    yingbi.environment["YINGBI_DETECT_FACE_NETWORK"] = "spots"
    yingbi(*look)
    assert "refused" in yingbi(*how).out
    assert yingbi(*look, status=69).json["error"]["code"] == "model-below-threshold"
    yingbi("models", "card", "forget", "spots")
    yingbi(*look)


# --- attacks, each beside what it must not do ------------------------------------------


class Fragile:
    """Sees a spot unless neighbouring pixels of its left half differ much more than by chance."""

    def see(self, picture, truths, ignored=()):
        (truth,) = truths
        x0, y0, x1, y1 = truth.box
        face = picture[y0:y1, x0:x1].astype(int)
        stripes = np.abs(face.mean(axis=(0, 2))[1:] - face.mean(axis=(0, 2))[:-1]).mean()
        return Seen((max(0.0, 1 - stripes / 5),))


class Steady:
    def see(self, picture, truths, ignored=()):
        return Seen((1.0,))


@pytest.mark.parametrize("way", [attack.patch, attack.noise], ids=["patch", "noise"])
def test_a_weakness_is_found_by_searching_and_not_by_the_control(way):
    picture, truth = np.full((64, 64, 3), 128, np.uint8), Truth((16, 16, 48, 48))
    lost = {}
    for examinee in (Fragile(), Steady()):
        trial = Trial(picture, truth, examinee)
        for searching in (True, False):
            chances = [np.random.default_rng(seed) for seed in range(5)]
            found = [way(trial, 60, chance, searching=searching) for chance in chances]
            lost[type(examinee).__name__, searching] = sum(found)
    assert lost["Steady", True] == lost["Steady", False] == 0
    assert lost["Fragile", True] > lost["Fragile", False]


def test_noise_never_changes_a_sample_by_more_than_is_told():
    seen = []

    class Watching(Steady):
        def see(self, picture, truths, ignored=()):
            seen.append(np.abs(picture.astype(int) - 100).max())
            return Seen((1.0,))

    trial = Trial(np.full((40, 40, 3), 100, np.uint8), Truth((5, 5, 20, 20)), Watching())
    attack.noise(trial, 30, np.random.default_rng(0), searching=True)
    assert len(seen) == 30
    assert max(seen) == attack.NOISE


def test_the_map_is_highest_where_the_network_looks():
    class LeftEye:
        def see(self, picture, truths, ignored=()):
            x0, y0, x1, y1 = truths[0].box
            part = picture[y0 : y0 + (y1 - y0) // 3, x0 : x0 + (x1 - x0) // 3]
            return Seen((float(part.mean()) / 255,))

    trial = Trial(np.full((90, 90, 3), 255, np.uint8), Truth((30, 30, 60, 60)), LeftEye())
    fallen = fall(trial, 9)
    row, column = np.unravel_index(fallen.argmax(), fallen.shape)
    assert row in (1, 2, 3)
    assert column in (1, 2, 3)
    assert fallen[6:, 6:].max() == 0


# --- geometry and reading ---------------------------------------------------------------


@pytest.mark.parametrize("degrees", [30, 90, 180])
def test_a_true_box_is_where_the_thing_is_when_the_picture_is_turned(degrees):
    picture = np.zeros((120, 200, 3), np.uint8)
    y, x = np.mgrid[:120, :200]
    picture[((x - 50) / 20) ** 2 + ((y - 70) / 30) ** 2 <= 1] = 255  # an ellipse
    chance = np.random.default_rng(0)
    made, (moved,) = worse("rotation", degrees, picture, [Truth((30, 40, 70, 100))], chance)
    rows, columns = np.nonzero((made == 255).all(axis=2))
    real = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert overlap(moved.box, tuple(int(v) for v in real)) > 0.9


def test_one_box_finds_one_thing_and_what_is_ignored_is_not_false():
    class Two:
        kind = Target.FACE

        def find(self, frame, part=None):
            boxes = [(0, 0, 10, 10), (0, 0, 10, 9), (40, 40, 50, 50), (70, 0, 80, 10)]
            return [Region(self.kind, box, 0.9 - at / 10) for at, box in enumerate(boxes)]

    truths = [Truth((0, 0, 10, 10)), Truth((20, 0, 30, 10))]
    picture = np.zeros((100, 100, 3), np.uint8)
    seen = Boxes(Two(), Target.FACE).see(picture, truths, [(35, 35, 55, 55)])
    huge = [Truth((0, 0, 1 << 23, 1 << 23)), Truth((-5, 0, 10, 10))]
    Two.kind = Target.PLATE
    assert Boxes(Two(), Target.PLATE).see(picture, huge).covered == (False, True)
    assert seen.scores == (0.9, 0.0)
    assert seen.false == 1


def test_key_points_are_as_like_as_they_are_near():
    points = np.column_stack([np.full((17, 2), 50.0), np.full(17, 2.0)])
    truth = Truth((0, 0, 100, 100), points=points)
    exact, far = [(0.5, 0.5, 1.0)] * 17, [(0.9, 0.9, 1.0)] * 17
    assert similarity(truth, exact, (100, 100)) == 1
    assert similarity(truth, far, (100, 100)) < 0.01
    assert similarity(Truth((0, 0, 9, 9)), exact, (100, 100)) == 0


def test_below_the_floor_a_group_is_unknown():
    tally: dict = {}
    for number in range(31):
        group = {"age": "child"} if number < 29 else {}
        count(tally, Truth((0, 0, 40, 40), group), np.zeros((50, 50, 3), np.uint8), found=True)
    (age, light, size), unlabelled = groupings(tally)
    known = [one.known for _, one in (*age.groups, *light.groups, *size.groups)]
    assert known == [False, True, True]
    assert unlabelled == ("skin", "sex")


@pytest.mark.evaluation
def test_the_evaluation_data_has_people_to_be_named_and_things_to_be_found(eval_data):
    found = {need: samples(eval_data, need)[1] for need in ("face", "person", "pose", "plate")}
    counts = {need: sum(len(one.truths) for one in some) for need, some in found.items()}
    assert all(count >= 10 for count in counts.values()), counts
    assert {"mask": "masked"} in [t.group for one in found["face"] for t in one.truths]
    data, people = samples(eval_data, "identity")
    names = sorted({one.truths[0].name for one in people})[:3]
    some = [one for one in people if one.truths[0].name in names]
    telling, eyes = network("face-faceres"), network("face-centerface")
    line = line_up(some, FaceFinder(eyes, 640), FaceReader(telling, eyes))
    looked = [read(one) for one in line.samples[:6]]
    scores = [line.examinee.see(picture, truths).scores[0] for picture, truths, *_ in looked]
    assert data == "evaluation"
    assert sum(score > 0 for score in scores) >= 4
    assert line.strangers.hits <= 1
    others = {at: (names[-1], gallery) for at, (_, gallery) in line.examinee.galleries.items()}
    control = replace(line.examinee, galleries=others)
    wrong = [control.see(picture, truths).scores[0] for picture, truths, *_ in looked]
    assert sum(score > 0 for score in wrong) == 0, "nobody is named as somebody else"


COCO = {
    "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b/c.png"}],
    "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "face"}],
    "annotations": [
        {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3.4, 4], "attributes": {"age": "child", "x": 3}},
        {"image_id": 7, "category_id": 1, "bbox": [0, 0, 9, 9], "keypoints": [1, 1, 2] * 17},
    ],
}  # fmt: skip


def test_coco_tells_boxes_groups_and_points_by_kind(tmp_path):
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(COCO))
    first, second = read_truth(path, Target.FACE)
    assert [(one.box, one.group) for one in first.truths] == [((1, 2, 4, 6), {"age": "child"})]
    assert second.truths == ()
    assert second.path == tmp_path / "b" / "c.png"
    posed, _ = read_truth(path, Target.PERSON, posed=True)
    assert posed.truths[0].points.shape == (17, 3)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("truth.json", "{"),
        ("truth.json", json.dumps(COCO | {"images": [{"id": 7, "file_name": "../../etc/passwd"}]})),
        ("truth.json", json.dumps(COCO | {"categories": []})),
        ("truth.json", '{"images": [], "images": [], "categories": [], "annotations": []}'),
        *(
            (
                "truth.json",
                json.dumps(COCO | {"annotations": [{**COCO["annotations"][0], "bbox": box}]}),
            )
            for box in (["1", "2", "3", "4"], [1, 2, 10**400, 4], [1, 2, True, 4], [1, 2, 3], 7)
        ),
        *(
            ("truth.json", json.dumps(COCO | {"images": [COCO["images"][0], other]}))
            for other in ({"id": 7, "file_name": "b.png"}, {"id": 8, "file_name": "./a.png"})
        ),
        ("truth.csv", "file,x0,y0,x1,y1\na\0.png,1,2,3,4\n"),
        ("truth.csv", "a,b\n1,2\n"),
        ("truth.csv", "file,x0,y0,x1,y1\na.png,1,2,3\n"),
        ("truth.csv", "file,x0,y0,x1,y1\na.png,1,2,x,4\n"),
        ("truth.csv", "file,x0,y0,x1,y1\na.png,1,2,1,4\n"),
        ("truth.csv", "file,x0,y0,x1,y1\na.png,1,2,inf,4\n"),
        ("truth.csv", "file,x0,y0,x1,y1\n/a.png,1,2,3,4\n"),
        ("truth.csv", "\0"),
    ],
)
def test_truth_that_says_something_impossible_is_refused_with_its_entry(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(TruthRefusedError) as refused:
        read_truth(tmp_path / name, Target.FACE)
    assert "\n" not in str(refused.value)


def test_a_thing_outside_of_its_picture_is_refused_and_a_crowd_is_where_the_picture_shows_it(
    tmp_path,
):
    Image.new("RGB", (3840, 100)).save(tmp_path / "a.png")
    crowd = {"image_id": 7, "category_id": 2, "bbox": [2000, 0, 200, 100], "iscrowd": 1}
    whole = COCO | {"annotations": [COCO["annotations"][0], crowd]}
    (tmp_path / "truth.json").write_text(json.dumps(whole))
    sample, _ = read_truth(tmp_path / "truth.json", Target.FACE)
    assert len(sample.truths) == 1
    assert read(sample)[2] == [(1000, 0, 1100, 50)]
    with pytest.raises(TruthRefusedError, match="outside"):
        read(replace(sample, truths=(Truth((0, 100, 10, 110)),)))


def test_a_folder_without_truth_or_pictures_is_told(tmp_path):
    with pytest.raises(TruthRefusedError):
        samples(tmp_path, "face")
    (tmp_path / "truth.csv").write_text("file,x0,y0,x1,y1,kind\na.png,1,2,3,4,plate\n")
    with pytest.raises(TruthRefusedError):
        samples(tmp_path, "face")
    voc = tmp_path / "other" / "faces_mask_voc"
    voc.mkdir(parents=True)
    (voc / "1.xml").write_text("<annotation><object>")
    with pytest.raises(TruthRefusedError):
        samples(tmp_path / "other", "face")
    with pytest.raises(NothingToDoError):
        samples(tmp_path, "identity")
    yingbi = Yingbi(tmp_path)
    nowhere = ("models", "evaluate", "face-centerface", "--data", "nowhere")
    assert "[no-such-input]" in yingbi(*nowhere, status=NoSuchInputError.exit_status).err
