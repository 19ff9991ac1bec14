"""The second family of face networks, and looking at everything, again and again."""

import json
from itertools import pairwise

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from networks import as_frame, centre_in, network
from yb import Yingbi
from yingbi.detect.blaze import BlazeFaceFinder, decoded
from yingbi.detect.faces import FaceFinder
from yingbi.detect.parts import OVERLAP, parts
from yingbi.detect.strict import StrictFinder, turned
from yingbi.domain.region import Target, overlap

FACE = (180, 65, 270, 180)


@pytest.fixture(scope="module")
def blaze() -> BlazeFaceFinder:
    return BlazeFaceFinder(network("face-blazeface"))


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


@pytest.mark.parametrize("turns", [0, 3])
def test_the_second_family_finds_a_face_where_it_is_displayed(blaze, astronaut, turns):
    (best, *_) = blaze.find(as_frame(astronaut, turns))
    assert best.kind is Target.FACE
    assert overlap(best.box, FACE) > 0.5


@pytest.mark.parametrize("size", [64, 160, 1200])
def test_the_second_family_finds_small_and_large_faces_and_in_parts(blaze, astronaut, size):
    ground = np.full((1300, 1600, 3), 90, np.uint8)
    ground[50 : 50 + size, 300 : 300 + size] = cv2.resize(
        astronaut, (size, size), interpolation=cv2.INTER_AREA
    )
    x0, y0, x1, y1 = (round(side * size / 512) for side in FACE)
    truth = (x0 + 300, y0 + 50, x1 + 300, y1 + 50)
    part = (280, 30, 320 + size, 70 + size)
    for boxes in (blaze.find(as_frame(ground)), blaze.find(as_frame(ground), part)):
        assert max(overlap(truth, region.box) for region in boxes) > 0.4


def test_the_second_family_sees_nothing_where_there_is_nothing(blaze):
    assert blaze.find(as_frame(np.full((360, 640, 3), 90, np.uint8))) == []


def test_a_face_of_the_second_family_lies_where_its_anchor_puts_it():
    logits = np.full((4, 4, 2), -9, np.float32)
    logits[1, 2, 1] = 2
    logits[0, 0, 0] = -200
    values = np.zeros((4, 4, 32), np.float32)
    values[1, 2, 16:20] = 3, -2, 20, 10
    boxes, scores = decoded(logits, values, 16, 0.5)
    x, y = 2.5 * 16 + 3, 1.5 * 16 - 2
    np.testing.assert_allclose(boxes, [[x - 10, y - 5, x + 10, y + 5]])
    np.testing.assert_allclose(scores, [1 / (1 + np.exp(-2.0))], rtol=1e-6)


# --- strict ---------------------------------------------------------------------------


def test_a_face_on_its_side_or_head_is_found_only_by_looking_at_every_turn(astronaut):
    faces = FaceFinder(network("face-centerface"), size=320, threshold=0.3)
    strict = StrictFinder([faces], 320)
    crop = np.full((400, 600, 3), 90, np.uint8)
    crop[100:300, 200:400] = cv2.resize(astronaut[30:230, 120:320], (200, 200))
    truth = (260, 135, 350, 250)
    for turns in range(4):
        frame = as_frame(np.ascontiguousarray(np.rot90(crop, turns)))
        lies = turned(truth, (600, 400), -turns)
        assert max(overlap(lies, region.box) for region in strict.find(frame)) > 0.5
    upside = as_frame(np.ascontiguousarray(np.rot90(crop, 2)))
    sure = max((region.score for region in faces.find(upside)), default=0)
    assert max(region.score for region in strict.find(upside)) > sure + 0.2


def test_a_small_face_in_a_large_picture_is_found_only_by_looking_at_full_size(astronaut):
    ground = np.full((1080, 1920, 3), 90, np.uint8)
    ground[700:756, 1500:1556] = cv2.resize(astronaut, (56, 56), interpolation=cv2.INTER_AREA)
    faces = FaceFinder(network("face-centerface"), size=640, threshold=0.4)
    assert faces.find(as_frame(ground)) == []
    (face, *_) = StrictFinder([faces], 640).find(as_frame(ground))
    assert centre_in(face.box, (1517, 704, 1533, 723))


def test_families_complete_each_other_and_say_the_same_face_once(blaze, astronaut):
    faces = FaceFinder(network("face-centerface"), size=512, threshold=0.5)
    both = StrictFinder([faces, blaze], 512).find(as_frame(astronaut))
    near = [region for region in both if overlap(region.box, FACE) > 0.5]
    assert 1 <= len(near) <= 2
    assert both == StrictFinder([blaze, faces], 512).find(as_frame(astronaut))


@given(
    st.tuples(*[st.integers(-50, 500)] * 2, *[st.integers(1, 300)] * 2),
    st.tuples(*[st.integers(1, 500)] * 2),
    st.integers(-4, 4),
)
def test_a_box_turned_lies_on_the_same_pixels(corner, size, turns):
    box = (corner[0], corner[1], corner[0] + corner[2], corner[1] + corner[3])
    away = turned(box, size, turns)
    other = size if turns % 2 == 0 else size[::-1]
    assert turned(away, other, -turns) == box
    painted = np.zeros(size[::-1], bool)
    painted[max(box[1], 0) : max(box[3], 0), max(box[0], 0) : max(box[2], 0)] = True
    expected = np.zeros(other[::-1], bool)
    expected[max(away[1], 0) : max(away[3], 0), max(away[0], 0) : max(away[2], 0)] = True
    np.testing.assert_array_equal(np.rot90(painted, -turns), expected)


@given(st.tuples(*[st.integers(1, 3000)] * 2), st.integers(16, 1200))
def test_parts_cover_the_picture_overlap_and_are_no_larger_than_asked(size, length):
    found = parts(size, length)
    assert len(set(found)) == len(found)
    for axis in (0, 1):
        spans = sorted({(box[axis], box[axis + 2]) for box in found})
        assert spans[0][0] == 0
        assert spans[-1][1] == size[axis]
        assert all(end - start <= length for start, end in spans)
        for (_, end), (start, _) in pairwise(spans):
            assert end - start >= int(length * OVERLAP)


def test_the_command_looks_strictly_when_asked_by_option_or_setting(tmp_path, astronaut):
    turned_picture = np.ascontiguousarray(np.rot90(cv2.resize(astronaut, (200, 200)), 2))
    Image.fromarray(turned_picture).save(tmp_path / "in.png")
    yingbi = Yingbi(tmp_path, YINGBI_DETECT_SIZE="320", YINGBI_DETECT_FACE="0.6")

    def count(*options: str) -> int:
        answer = yingbi("detect", "in.png", "--targets", "face", "--json", *options)
        return len(json.loads(answer.out)["regions"])

    assert count() == 0
    assert count("--strict") >= 1
    (tmp_path / "yingbi.toml").write_text("[detect]\nstrict = true\n")
    assert count() >= 1
    assert count("--no-strict") == 0
    (tmp_path / "yingbi.toml").write_text('[detect]\nstrict = "perhaps"\n')
    assert "bad-settings" in yingbi("detect", "in.png", status=78).err
