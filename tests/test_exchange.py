"""Edits for other tools, and boxes from them."""

import json
from pathlib import Path

import pytest

from films import face_film
from yb import Yingbi


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=0.6)


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    return Yingbi(tmp_path)


def test_boxes_from_a_table_become_tracks_and_gaps_between_them_are_held(yingbi, film, tmp_path):
    rows = [f"{n},{50 + n},40,{120 + n},130" for n in range(15) if n != 7]
    (tmp_path / "boxes.csv").write_text("frame,x0,y0,x1,y1\n" + "\n".join(rows) + "\n")
    yingbi("edit", "import", film, "boxes.csv", "-o", "e.json")
    document = json.loads((tmp_path / "e.json").read_text())
    assert [len(frame["regions"]) for frame in document["frames"]] == [1] * 15
    assert {frame["regions"][0]["track"] for frame in document["frames"]} == {1}
    told = yingbi("mask", film, "--edit", "e.json", "-o", "m.mp4", "--json").json[0]
    assert told["covered"] == 15


def test_what_is_exported_as_coco_is_covered_again_when_it_comes_back(yingbi, film, tmp_path):
    yingbi("detect", film, "-o", "e.json", "--targets", "face")
    answer = yingbi("edit", "export", "e.json", "-o", "coco.json")
    document = json.loads((tmp_path / "coco.json").read_text())
    assert f"{len(document['annotations'])} regions" in answer.out
    assert len(document["images"]) == 15
    known = {one["id"] for one in document["images"]}
    assert {one["image_id"] for one in document["annotations"]} <= known
    for one in document["annotations"]:
        x, y, width, height = one["bbox"]
        assert min(x, y, 320 - x - width, 240 - y - height) >= 0
        assert one["area"] == width * height > 0
    yingbi("edit", "import", film, "coco.json", "-o", "again.json")
    before, after = (json.loads((tmp_path / n).read_text()) for n in ("e.json", "again.json"))
    for a, b in zip(before["frames"], after["frames"], strict=True):
        now = [one["box"] for one in b["regions"]]
        for x0, y0, x1, y1 in (one["box"] for one in a["regions"]):  # the tracker may widen it
            cut = max(x0, 0), max(y0, 0), min(x1, 320), min(y1, 240)
            assert any(_holds(box, cut) for box in now)


COCO = (
    '{"images": [{"id": 1}], "categories": [{"id": 1, "name": %s}],'
    ' "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, %s]}]}'
)


def _holds(a, b) -> bool:
    return a[0] <= b[0] and a[1] <= b[1] and a[2] >= b[2] and a[3] >= b[3]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("", "1"),
        ("frame,x0,y0,x1\n1,2,3,4\n", "1"),
        ("frame,x0,y0,x1,y1\n0,1,2,3\n", "2"),
        ("frame,x0,y0,x1,y1\n0,9,2,3,8\n", "2"),
        ("frame,x0,y0,x1,y1\n0.5,1,2,3,8\n", "2"),
        ("frame,x0,y0,x1,y1\n0,one,2,3,8\n", "2"),
        ("frame,x0,y0,x1,y1\n0,nan,2,3,8\n", "2"),
        ("frame,x0,y0,x1,y1,kind\n0,1,2,3,8,soul\n", "2"),
        ("frame,x0,y0,x1,y1,score\n0,1,2,3,8,7\n", "2"),
        ("frame,x0,y0,x1,y1\n", "*"),
        ("frame,x0,y0,x1,y1\n999,1,2,3,8\n", "*"),
        ("frame,x0,y0,x1,y1,x1\n0,1,2,3,8,9\n", "1"),
        (COCO % ('["face"]', "9"), "1"),
        (COCO % ('"face"', "9" * 400), "1"),
        ('{"images": []}', "*"),
        ('{"images": [], "categories": [], "annotations": [{"image_id": 1}]}', "*"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_entry(yingbi, film, tmp_path, text, entry):
    (tmp_path / "boxes").write_text(text)
    answer = yingbi("edit", "import", film, "boxes", "-o", "e.json", status=65)
    assert "[boxes-refused]" in answer.err
    assert f"entry {entry}" in answer.err
    assert not (tmp_path / "e.json").exists()


def test_the_published_schema_is_printed(yingbi):
    assert json.loads(yingbi("edit", "schema").out)["$id"] == "urn:yingbi:edit:1"
