import json

import numpy as np
import pytest
import skimage.data

from networks import as_frame, network
from yingbi.domain.record import KEY_POINTS, Pose
from yingbi.domain.record_form import from_json, to_json
from yingbi.media.still import read_still
from yingbi.structure.pose import PoseFinder

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_SHOULDER, RIGHT_SHOULDER = 0, 1, 2, 5, 6
PERSON = (8, 8, 369, 512)


@pytest.fixture(scope="module")
def poses() -> PoseFinder:
    return PoseFinder(network("pose-movenet"))


@pytest.fixture(scope="module")
def astronaut():
    return skimage.data.astronaut()


@pytest.mark.parametrize("turns", range(4))
def test_joints_are_where_the_displayed_picture_has_them(poses, astronaut, turns):
    points = poses.find(as_frame(astronaut, turns), PERSON)
    assert points is not None
    assert len(points) == KEY_POINTS
    x, y, score = points[NOSE]
    assert 180 <= x * 512 <= 270
    assert 65 <= y * 512 <= 180
    assert score > 0.5
    # a person who faces the camera has the left side on the picture's right
    assert points[LEFT_EYE][0] > points[RIGHT_EYE][0]
    assert points[LEFT_SHOULDER][0] > points[RIGHT_SHOULDER][0]
    assert points[LEFT_SHOULDER][1] > y


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_person_who_lies_or_hangs_is_understood_too(poses, astronaut, turns):
    lying = np.ascontiguousarray(np.rot90(astronaut, turns))
    x0, y0, x1, y1 = PERSON
    for _ in range(turns):
        x0, y0, x1, y1 = y0, 512 - x1, y1, 512 - x0
    points = poses.find(as_frame(lying), (x0, y0, x1, y1))
    upright = poses.find(as_frame(astronaut), PERSON)
    assert points is not None
    assert upright is not None
    for joint in (NOSE, LEFT_SHOULDER, RIGHT_SHOULDER):
        x, y = upright[joint][:2]
        for _ in range(turns):
            x, y = y, 1 - x
        assert points[joint][:2] == pytest.approx((x, y), abs=0.03)


def test_points_are_shares_of_the_picture_and_not_of_the_box(poses, astronaut):
    alone = poses.find(as_frame(astronaut), PERSON)
    wide = np.full((1024, 2048, 3), 90, np.uint8)
    wide[256:768, 1024:1536] = astronaut
    x0, y0, x1, y1 = PERSON
    moved = poses.find(as_frame(wide), (x0 + 1024, y0 + 256, x1 + 1024, y1 + 256))
    assert alone is not None
    assert moved is not None
    for joint in (NOSE, LEFT_SHOULDER, RIGHT_SHOULDER):
        assert moved[joint][0] * 2048 - 1024 == pytest.approx(alone[joint][0] * 512, abs=12)
        assert moved[joint][1] * 1024 - 256 == pytest.approx(alone[joint][1] * 512, abs=12)


def test_no_pose_is_claimed_where_no_person_is(poses, rng):
    noise = rng.integers(0, 256, (200, 300, 3), np.uint8)
    grey = np.full((200, 300, 3), 90, np.uint8)
    for picture in (noise, grey):
        assert poses.find(as_frame(picture), (20, 20, 120, 180)) is None


@pytest.mark.parametrize(
    "box", [(-300, -300, -10, -10), (500, 500, 900, 900), (0, 0, 1, 1), (-900, -900, 1400, 1400)]
)
def test_boxes_beside_over_and_within_a_pixel_do_no_harm(poses, astronaut, box):
    points = poses.find(as_frame(astronaut), box)
    assert points is None or len(points) == KEY_POINTS


def test_a_found_pose_is_a_record_that_the_schema_accepts(poses, astronaut):
    points = poses.find(as_frame(astronaut), PERSON)
    assert points is not None
    assert isinstance(
        from_json(to_json(Pose("unknown 1", 0.0, points, (0.0, 0.0, 0.7, 1.0)))), Pose
    )


@pytest.mark.evaluation
def test_key_points_agree_with_those_marked_by_hand(poses, eval_data):
    """Mean object key-point similarity (OKS) over COCO people with their own boxes."""
    nearness = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89])
    content = json.loads((eval_data / "pose/coco/test_coco.json").read_text())
    names = {image["id"]: image["file_name"] for image in content["images"]}
    similar, asked = [], 0
    for person in content["annotations"]:
        if person["num_keypoints"] < 5:
            continue
        asked += 1
        frame = read_still(eval_data / "pose" / "coco" / names[person["image_id"]])
        x, y, w, h = person["bbox"]
        points = poses.find(frame, (int(x), int(y), int(x + w), int(y + h)))
        if points is None:
            continue
        truth = np.array(person["keypoints"]).reshape(17, 3)
        off = np.array(points)[:, :2] * frame.size - truth[:, :2]
        oks = np.exp(-(off**2).sum(axis=1) / (2 * person["area"] * (2 * nearness / 1000) ** 2))
        similar.append(oks[truth[:, 2] > 0].mean())
    assert len(similar) >= 0.6 * asked
    assert np.mean(similar) >= 0.75
