import json
from collections.abc import Iterator
from itertools import combinations, islice
from pathlib import Path
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import as_frame, centre_in, found, network
from yingbi.detect.faces import FaceFinder
from yingbi.detect.faces import decoded as face_boxes
from yingbi.detect.people import PersonFinder
from yingbi.detect.people import _decoded as person_boxes
from yingbi.detect.view import View, without_doubles
from yingbi.domain.region import BoxXYXY, Target, area, overlap
from yingbi.inference.session import Network
from yingbi.media.still import read_still

FACE = (180, 65, 270, 180)


@pytest.fixture(scope="module")
def face_network() -> Network:
    return network("face-centerface")


@pytest.fixture(scope="module")
def faces(face_network) -> FaceFinder:
    return FaceFinder(face_network)


@pytest.fixture(scope="module")
def people() -> PersonFinder:
    return PersonFinder(network("person-centernet"))


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


def placed(picture, width, height, left, top, size):
    """The picture, `size` pixels wide and high, on a grey ground."""
    ground = np.full((height, width, 3), 90, np.uint8)
    ground[top : top + size, left : left + size] = cv2.resize(
        picture, (size, size), interpolation=cv2.INTER_AREA
    )
    return ground


@pytest.mark.parametrize("turns", range(4))
def test_a_face_is_found_where_it_is_displayed_however_it_is_stored(faces, astronaut, turns):
    (best, *_) = faces.find(as_frame(astronaut, turns))
    assert best.kind is Target.FACE
    assert best.score > 0.8
    assert overlap(best.box, FACE) > 0.6


@pytest.mark.parametrize("turns", range(4))
def test_a_person_is_found_where_displayed_however_the_picture_is_stored(people, astronaut, turns):
    (best, *_) = people.find(as_frame(astronaut, turns))
    assert best.kind is Target.PERSON
    assert best.score > 0.4
    assert overlap(best.box, (8, 8, 369, 512)) > 0.8


def test_only_one_face_and_one_person_are_seen_in_a_portrait(faces, people, astronaut):
    assert sum(region.score > 0.3 for region in faces.find(as_frame(astronaut))) == 1
    assert sum(region.score > 0.3 for region in people.find(as_frame(astronaut))) == 1


def test_a_face_of_sixteen_pixels_in_a_wide_picture_is_found(faces, astronaut):
    scale = 64 / 512
    picture = placed(astronaut, 960, 540, 700, 300, 64)
    boxes = [region.box for region in faces.find(as_frame(picture))]
    x0, y0, x1, y1 = (round(side * scale) for side in FACE)
    assert found((x0 + 700, y0 + 300, x1 + 700, y1 + 300), boxes)


def test_a_small_picture_is_enlarged_before_it_is_searched(faces, astronaut):
    small = cv2.resize(astronaut, (32, 32), interpolation=cv2.INTER_AREA)
    scale = 32 / 512
    boxes = [region.box for region in faces.find(as_frame(small))]
    assert found(tuple(round(side * scale) for side in FACE), boxes)


@pytest.mark.parametrize("turns", range(4))
def test_a_part_is_searched_at_the_pictures_own_scale_and_nothing_else_is(
    faces, people, astronaut, turns
):
    frame = as_frame(placed(astronaut, 1920, 1080, 1500, 700, 128), turns)
    face = tuple(
        round(side / 4) + corner for side, corner in zip(FACE, (1500, 700) * 2, strict=True)
    )
    near, away = (1440, 640, 1760, 960), (0, 0, 320, 320)
    (best, *_) = faces.find(frame, near)
    assert overlap(best.box, face) > 0.5
    (body, *_) = people.find(frame, near)
    assert overlap(body.box, (1502, 702, 1592, 828)) > 0.7
    assert faces.find(frame, away) == people.find(frame, away) == []


def test_a_small_face_is_surer_in_a_part_than_in_a_picture_that_is_reduced(faces, astronaut):
    frame = as_frame(placed(astronaut, 3840, 2160, 3000, 1500, 64))
    in_part = max(region.score for region in faces.find(frame, (2900, 1400, 3220, 1720)))
    in_whole = max((region.score for region in faces.find(frame)), default=0)
    assert in_part > 0.3 > in_whole


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
@pytest.mark.parametrize("share", [0.6, 0.8, 1.0])
def test_a_face_that_fills_the_picture_is_found(faces, astronaut, size, share):
    width, height = size
    scale = share * height / (FACE[3] - FACE[1])
    move = np.array(
        [
            [scale, 0, width / 2 - scale * (FACE[0] + FACE[2]) / 2],
            [0, scale, height / 2 - scale * (FACE[1] + FACE[3]) / 2],
        ]
    )
    picture = cv2.warpAffine(astronaut, move, size, borderMode=cv2.BORDER_REPLICATE)
    corners = np.array([[*FACE[:2], 1], [*FACE[2:], 1]]) @ move.T
    truth = tuple(corners.round().astype(int).reshape(4).tolist())
    assert max(overlap(truth, region.box) for region in faces.find(as_frame(picture))) > 0.4


def test_nothing_is_seen_where_there_is_nothing(faces, people):
    grey = as_frame(np.full((360, 640, 3), 90, np.uint8))
    assert faces.find(grey) == []
    assert people.find(grey) == []


def test_a_higher_threshold_only_takes_regions_away(face_network, faces, astronaut):
    many = faces.find(as_frame(astronaut))
    few = FaceFinder(face_network, threshold=0.5).find(as_frame(astronaut))
    assert few == [region for region in many if region.score >= 0.5]


@settings(max_examples=12)
@given(width=st.integers(1, 300), height=st.integers(1, 300), seed=st.integers(0, 99))
def test_pictures_of_every_size_give_boxes_inside_them_and_the_surest_first(
    faces, people, width, height, seed
):
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    for finder in (faces, people):
        regions = finder.find(as_frame(picture))
        scores = [region.score for region in regions]
        assert scores == sorted(scores, reverse=True)
        for region in regions:
            x0, y0, x1, y1 = region.box
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height


@given(
    size=st.tuples(st.integers(1, 8000), st.integers(1, 8000)),
    longer=st.integers(64, 4096),
    reduction=st.sampled_from([1, 3, 7]),
)
def test_a_view_has_whole_strides_and_holds_the_whole_picture(size, longer, reduction):
    view = View.fitted(size, longer / reduction, 2 / reduction)
    assert view.width % 32 == view.height % 32 == 0
    assert view.scale <= 2 / reduction
    for canvas, side in ((view.width, size[0]), (view.height, size[1])):
        assert side * view.scale - 0.5 <= canvas <= max(side * view.scale + 32.5, 32)


@given(
    size=st.tuples(st.integers(1, 8000), st.integers(1, 8000)),
    part=st.tuples(st.integers(0, 4000), st.integers(0, 4000), *[st.integers(1, 4000)] * 2),
    by=st.sampled_from([1, 3, 7]),
)
def test_a_view_of_a_part_is_never_coarser_than_that_of_the_whole(size, part, by):
    x, y, width, height = part
    whole, view = (
        View.fitted(size, 960, 2),
        View.fitted(size, 960, 2, (x, y, x + width, y + height)),
    )
    fits = 960 / max(width, height)
    assert view.scale == min(max(1, whole.scale), fits)
    corner = np.array([[0, 0, view.scale * width, view.scale * height]], np.float32)
    np.testing.assert_allclose(view.placed(corner), [[x, y, x + width, y + height]], atol=0.01)
    small = view.reduced(by)
    assert (small.left, small.top, small.scale) == (x, y, view.scale / by)
    assert small.width >= view.width / by - 0.5


def test_a_face_is_where_scale_and_offset_put_it():
    heat = np.zeros((8, 8), np.float32)
    heat[2, 5] = 0.9
    scale, offset = np.zeros((2, 2, 8, 8), np.float32)
    scale[:, 2, 5] = np.log(3), np.log(2)  # cells high and wide
    offset[:, 2, 5] = 0.25, -0.25  # cells down and right
    boxes, scores = face_boxes(heat, scale, offset, 0.5)
    x, y = (5 + 0.5 - 0.25) * 4, (2 + 0.5 + 0.25) * 4
    np.testing.assert_allclose(boxes, [[x - 4, y - 6, x + 4, y + 6]], rtol=1e-6)
    assert scores.tolist() == [np.float32(0.9)]


def test_a_person_is_where_the_peak_reaches_and_its_slopes_are_no_people():
    heat = np.zeros((8, 8), np.float32)
    heat[2, 4:7] = 0.5, 0.8, 0.5
    reach = np.zeros((8, 8, 4), np.float32)
    reach[2, 5] = 8, 6, 4, 2
    boxes, scores = person_boxes(heat, reach, 0.15)
    assert boxes.tolist() == [[20 - 8, 8 - 6, 20 + 4, 8 + 2]]
    assert scores.tolist() == [np.float32(0.8)]


drawn_boxes = st.lists(
    st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2, st.floats(0, 1, width=32)),
    max_size=25,
)


@given(drawn_boxes, st.sampled_from([0.3, 0.6]))
def test_doubles_go_and_everything_else_stays(drawn, most):
    corners = [(x, y, x + w, y + h) for x, y, w, h, _ in drawn]
    scores = np.array([score for *_, score in drawn], np.float32)
    kept = without_doubles(np.array(corners, np.float32).reshape(-1, 4), scores, most).tolist()
    for a, b in combinations(kept, 2):
        assert overlap(corners[a], corners[b]) <= most
    for index in set(range(len(drawn))) - set(kept):
        assert any(
            overlap(corners[index], corners[k]) > most and scores[k] >= scores[index] for k in kept
        )


class Mistaken:
    """A network that is fed wrongly, as an error in the preparation would do."""

    def __init__(self, network: Network, mistake) -> None:
        self.input_names = network.input_names
        self._network, self._mistake = network, mistake

    def run(self, inputs):
        wrong = {name: self._mistake(array) for name, array in inputs.items()}
        return self._network.run({k: np.ascontiguousarray(v) for k, v in wrong.items()})


def test_colours_in_the_wrong_order_or_range_would_be_seen_here(face_network, faces, astronaut):
    frame = as_frame(astronaut)
    swapped = FaceFinder(Mistaken(face_network, lambda rgb: rgb[:, ::-1])).find(frame)
    scaled = FaceFinder(Mistaken(face_network, lambda rgb: rgb / 255)).find(frame)
    assert faces.find(frame)[0].score > swapped[0].score
    assert scaled == []


# --- real pictures; floors stand a few points under what was measured -----------------


def voc(folder: Path) -> Iterator[tuple[Path, list[BoxXYXY]]]:
    for file in sorted(folder.glob("*.xml")):
        objects = ET.parse(file).getroot().findall("object")
        names = ("xmin", "ymin", "xmax", "ymax")
        yield (
            file.with_suffix(".jpg"),
            [tuple(int(o.findtext(f"bndbox/{name}")) for name in names) for o in objects],
        )


def dlib(folder: Path) -> Iterator[tuple[Path, list[BoxXYXY]]]:
    for image in ET.parse(folder / "training.xml").getroot().iter("image"):
        places = [
            [int(b.get(n)) for n in ("left", "top", "width", "height")] for b in image.iter("box")
        ]
        yield folder / image.get("file"), [(x, y, x + w, y + h) for x, y, w, h in places]


def groups(file: Path) -> Iterator[tuple[Path, list[BoxXYXY]]]:
    """Group photos; boxes that most of three detectors agree on."""
    for name, entry in json.loads(file.read_text()).items():
        sure = [face["box"] for face in entry["faces"] if face["state"] == "auto"]
        yield file.parent.parent / "faces_group" / name, [tuple(map(int, box)) for box in sure]


def annotated(file: Path) -> Iterator[tuple[Path, list[BoxXYXY]]]:
    content = json.loads(file.read_text())
    for image in content["images"]:
        places = [a["bbox"] for a in content["annotations"] if a["image_id"] == image["id"]]
        yield (
            file.parent / image["file_name"],
            [tuple(map(int, (x, y, x + w, y + h))) for x, y, w, h in places],
        )


def recall(finder, pictures) -> float:
    hits = []
    for path, truths in pictures:
        boxes = [region.box for region in finder.find(read_still(path))]
        hits += [found(truth, boxes) for truth in truths if area(truth) > 0]
    assert len(hits) >= 15
    return sum(hits) / len(hits)


@pytest.mark.evaluation
def test_faces_marked_by_hand_are_found(faces, eval_data):
    assert recall(faces, voc(eval_data / "faces_mask_voc")) >= 0.97
    assert recall(faces, dlib(eval_data / "faces_dlib")) >= 0.94


@pytest.mark.evaluation
def test_faces_of_eight_pixels_or_more_in_crowded_photos_are_found(faces, eval_data):
    """Counted at the size that is searched; a quarter of the faces of these photos is smaller."""
    hits = []
    for path, truths in groups(eval_data / "pseudo" / "faces_group.json"):
        frame = read_still(path)
        scale = min(960 / max(frame.size), 2)
        boxes = [region.box for region in faces.find(frame)]
        hits += [
            found((x0, y0, x1, y1), boxes)
            for x0, y0, x1, y1 in truths
            if min(x1 - x0, y1 - y0) * scale >= 8
        ]
    assert len(hits) > 900
    assert sum(hits) / len(hits) >= 0.95


@pytest.mark.evaluation
@pytest.mark.parametrize("set_name", ["coco", "aic"])
def test_people_marked_by_hand_are_found(people, eval_data, set_name):
    pictures = annotated(eval_data / "pose" / set_name / f"test_{set_name}.json")
    hits = [
        found(truth, [region.box for region in people.find(read_still(path))])
        for path, truths in pictures
        for truth in truths
    ]
    assert len(hits) >= 5
    assert sum(hits) / len(hits) >= 0.9


@pytest.mark.evaluation
def test_right_colours_give_surer_faces_than_swapped_ones(face_network, faces, eval_data):
    swapped = FaceFinder(Mistaken(face_network, lambda rgb: rgb[:, ::-1]))

    def mean(finder):
        best = []
        for path, (truth, *_) in islice(voc(eval_data / "faces_mask_voc"), 40):
            regions = finder.find(read_still(path))
            best.append(max((r.score for r in regions if centre_in(truth, r.box)), default=0))
        return np.mean(best)

    assert mean(faces) > mean(swapped) + 0.03
