"""What is found beside faces and people, and how heads are derived from both."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_models import answering
from networks import as_frame, network
from yingbi.bootstrap import load_settings
from yingbi.detect.heads import heads
from yingbi.detect.people import PersonFinder
from yingbi.detect.plates import plates, strokes_of
from yingbi.detect.text import TextFinder, legible
from yingbi.domain.region import DEFAULT, KEPT, BoxXYXY, Region, Target, area, clipped, overlap
from yingbi.inference.session import OnnxNetwork
from yingbi.mask.cover import reach
from yingbi.media.blobs import Blob, blobs, straightened
from yingbi.media.still import read_still
from yingbi.pipeline.finders import Finders

BODY = (100, 100, 200, 400)


def face(box: BoxXYXY, score: float = 0.9, track: int | None = None) -> Region:
    return Region(Target.FACE, box, score, track)


def body(box: BoxXYXY, score: float = 0.8, track: int | None = None) -> Region:
    return Region(Target.PERSON, box, score, track)


def within(inner: BoxXYXY, outer: BoxXYXY) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[2] >= inner[2]
        and outer[3] >= inner[3]
    )


# --- heads ----------------------------------------------------------------------------


def test_a_head_reaches_over_all_that_would_be_covered_of_its_face():
    (head,) = heads([face((100, 100, 140, 150), 0.5, 7)])
    assert (head.kind, head.score, head.track) == (Target.HEAD, 0.5, 7)
    assert within((100, 100, 140, 150), head.box)
    assert area(reach(head, 0.25)) > 1.3 * area(reach(face((100, 100, 140, 150)), 0.25))


def test_a_body_whose_face_is_not_seen_still_has_a_head():
    (head,) = heads([body(BODY, track=3)])
    assert head.kind is Target.HEAD
    assert head.track == 3
    assert (head.box[0], head.box[2]) == (BODY[0], BODY[2])
    assert head.box[1] <= BODY[1]
    assert 0.2 <= (head.box[3] - BODY[1]) / 300 <= 0.3


def test_a_body_whose_face_is_seen_has_the_head_of_the_face_alone():
    assert len(heads([body(BODY), face((130, 110, 165, 150))])) == 1


@pytest.mark.parametrize(
    ("doubt", "place"),
    [
        ("a face that may be none", face((130, 110, 165, 150), score=0.2)),
        ("a face on the shirt", face((130, 220, 165, 260))),
        ("a face beside", face((210, 110, 245, 150))),
    ],
)
def test_a_doubtful_face_does_not_take_the_head_from_a_body(doubt, place):
    assert len(heads([body(BODY), place])) == 2, doubt


def test_one_face_is_the_head_of_one_of_two_bodies_only():
    behind = body((120, 95, 220, 390))
    assert len(heads([body(BODY), behind, face((130, 110, 165, 150))])) == 2
    assert (
        len(heads([body(BODY), behind, face((130, 110, 165, 150)), face((175, 105, 205, 140))]))
        == 2
    )


def test_somebody_who_lies_is_a_head_all_over():
    lying = (100, 100, 400, 200)
    assert heads([body(lying)])[0].box == lying


boxes = st.tuples(*[st.integers(-20, 300)] * 2, *[st.integers(1, 300)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
people = st.lists(
    st.builds(
        Region,
        st.sampled_from([Target.FACE, Target.PERSON, Target.PLATE]),
        boxes,
        st.floats(0, 1),
        st.integers(1, 9),
        st.booleans(),
    ),
    max_size=9,
)


@given(people)
def test_every_face_lies_in_a_head_and_no_body_is_without_one(regions):
    found = heads(regions)
    faces = [region for region in regions if region.kind is Target.FACE]
    bodies = [region for region in regions if region.kind is Target.PERSON]
    assert max(len(faces), len(bodies)) <= len(found) <= len(faces) + len(bodies)
    for region in faces:
        assert any(within(region.box, head.box) and head.seen == region.seen for head in found)
    for region in bodies:
        assert any(clipped_to(head.box, region.box) for head in found)
    assert {head.track for head in found} <= {region.track for region in [*faces, *bodies]}


def clipped_to(box: BoxXYXY, other: BoxXYXY) -> bool:
    x0, y0, x1, y1 = other
    return (
        clipped((box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0), x1 - x0, y1 - y0) is not None
    )


# --- text and plates ------------------------------------------------------------------


@pytest.fixture(scope="module")
def written() -> TextFinder:
    return TextFinder(network("text-ppocr"), [Target.TEXT, Target.PLATE])


PLATE = (300, 200, 440, 245)


@pytest.fixture(scope="module")
def plate():
    """A blue plate, 45 pixels high, on a grey ground."""
    ground = np.full((540, 960, 3), 90, np.uint8)
    cv2.rectangle(ground, PLATE[:2], (PLATE[2] - 1, PLATE[3] - 1), (20, 60, 200), -1)
    return cv2.putText(ground, "A12345", (308, 233), cv2.FONT_HERSHEY_SIMPLEX, 1, (255,) * 3, 2)


@pytest.mark.parametrize("turns", [0, 1])
def test_a_plate_is_found_as_text_and_as_plate_where_it_is_displayed(written, plate, turns):
    found = written.find(as_frame(plate, turns))
    assert sorted(region.kind for region in found) == [Target.PLATE, Target.TEXT]
    for region in found:
        assert overlap(region.box, PLATE) > 0.7
        assert within((308, 208, 432, 237), reach(region, 0.25))


def test_only_what_is_asked_for_is_told(plate):
    for kind in (Target.TEXT, Target.PLATE):
        found = TextFinder(network("text-ppocr"), [kind]).find(as_frame(plate))
        assert [region.kind for region in found] == [kind]


def test_text_is_found_in_a_part_of_the_picture_and_not_beside_it(written, plate):
    frame = as_frame(plate)
    assert overlap(written.find(frame, (240, 140, 560, 300))[0].box, PLATE) > 0.7
    assert written.find(frame, (600, 300, 920, 540)) == []


@pytest.mark.parametrize("shade", [0, 40, 90, 200, 255])
def test_nothing_is_read_where_nothing_is_written(written, shade):
    assert written.find(as_frame(np.full((350, 620, 3), shade, np.uint8))) == []


def test_a_long_line_of_text_is_text_and_no_plate(written):
    ground = np.full((200, 960, 3), 240, np.uint8)
    words = "the quick brown fox jumps over the lazy dog"
    cv2.putText(ground, words, (20, 110), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2)
    found = written.find(as_frame(ground))
    assert {region.kind for region in found} == {Target.TEXT}


@given(
    angle=st.floats(0, 179),
    length=st.floats(30, 90),
    breadth=st.floats(8, 25),
)
def test_an_island_is_enclosed_at_every_angle_and_widened_again(angle, length, breadth):
    heat = np.zeros((160, 160), np.float32)
    corners = cv2.boxPoints(((80, 80), (length, breadth), angle))
    cv2.fillPoly(heat, [corners.round().astype(np.int32)], 0.75)
    (tight,) = blobs(heat, 0.5, 0)
    (wide,) = blobs(heat, 0.5, 1.5)
    assert tight.score == wide.score == 0.75
    for y, x in np.argwhere(heat > 0)[:: max(1, int(heat.sum() // 40))]:
        centre = float(x) + 0.5, float(y) + 0.5
        assert cv2.pointPolygonTest(tight.corners, centre, measureDist=True) > -0.1
    assert abs(tight.length - length) < 4
    assert abs(tight.breadth - breadth) < 4
    edge = 1.5 * tight.length * tight.breadth / (2 * (tight.length + tight.breadth))
    assert wide.length == pytest.approx(tight.length + 2 * edge, abs=0.1)
    assert wide.breadth == pytest.approx(tight.breadth + 2 * edge, abs=0.1)
    assert blobs(heat, 0.8, 1.5) == []


def line(x0: float, y0: float, x1: float, y1: float, score: float = 0.9) -> Blob:
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
    sides = sorted((x1 - x0, y1 - y0))
    return Blob(corners, sides[1], sides[0], score)


@pytest.mark.parametrize(
    ("what", "alike", "strokes", "kept"),
    [
        ("a plate", line(100, 100, 200, 130), 15, True),
        ("a plate seen aslant", line(100, 100, 145, 130), 12, True),
        ("a line of words", line(100, 100, 600, 130), 40, False),
        ("a lamp", line(100, 100, 130, 130), 5, False),
        ("a smooth edge", line(100, 100, 200, 130), 3, False),
        ("a face close up", line(0, 0, 900, 420), 12, False),
    ],
)
def test_a_plate_has_its_shape_its_strokes_and_is_no_wall(what, alike, strokes, kept):
    assert bool(plates([alike], [strokes], 540)) == kept, what


def test_the_upper_row_of_a_plate_is_covered_with_the_lower_one():
    lower, upper = line(100, 130, 200, 170), line(120, 100, 180, 124)
    for rows in ([lower, upper], [upper, lower]):
        (both,) = plates(rows, [15 if row is lower else 2 for row in rows], 540)
        assert both.corners.min(axis=0).tolist() == [100, 100]
        assert both.corners.max(axis=0).tolist() == [200, 170]
    for other in (line(120, 40, 180, 64), line(90, 100, 320, 125), line(300, 100, 360, 124)):
        (alone,) = plates([lower, other], [15, 2], 540)
        assert alone is lower


def test_strokes_are_counted_along_a_line_at_any_angle():
    ground = np.full((300, 300, 3), 60, np.uint8)
    cv2.putText(ground, "A12345", (90, 160), cv2.FONT_HERSHEY_SIMPLEX, 1, (220,) * 3, 3)
    straight = line(85, 130, 205, 168)
    count = strokes_of(ground, straight)
    assert count >= 10
    assert strokes_of(np.full((300, 300, 3), 60, np.uint8), straight) == 0
    for angle in (30, 90, 150):
        move = cv2.getRotationMatrix2D((150, 150), angle, 1)
        turned = cv2.warpAffine(ground, move, (300, 300), borderValue=(60,) * 3)
        corners = (straight.corners @ move[:, :2].T + move[:, 2]).astype(np.float32)
        blob = Blob(corners, straight.length, straight.breadth, 0.9)
        assert abs(strokes_of(turned, blob) - count) <= 4


def test_a_large_smooth_thing_is_no_text_and_large_letters_are():
    large, small = line(0, 0, 900, 400), line(0, 0, 90, 40)
    assert legible([large, small], [3, 3], 540) == [small]
    assert legible([large], [14], 540) == [large]


def test_what_stands_upright_stays_upright_when_it_is_straightened():
    ramp = np.repeat(np.arange(200, dtype=np.uint8)[:, None, None], 200, axis=1).repeat(3, axis=2)
    for first in range(4):
        corners = np.roll(line(40, 60, 160, 100).corners, first, axis=0)
        strip = straightened(ramp, Blob(corners, 120, 40, 1), 60, 20)
        assert strip.shape == (20, 60, 3)
        assert strip[1].mean() < 70 < 90 < strip[-2].mean()


def test_what_is_written_is_covered_by_shares_of_its_height():
    line = Region(Target.TEXT, (100, 100, 500, 120), 0.9)
    assert reach(line, 0.25) == (88, 94, 512, 126)


# --- screens --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [62, 63, 67])
def test_televisions_laptops_and_telephones_are_screens_and_nobody(name):
    heat = np.zeros((1, 64, 64, 80), np.float32)
    heat[0, 20, 30, name] = 0.6
    heat[0, 40, 10, 15] = 0.9  # a cat
    sizes = np.full((1, 64, 64, 4), 24, np.float32)
    made = OnnxNetwork(answering("picture", (1, "h", "w", 3), heat=heat, sizes=sizes), 1)
    frame = as_frame(np.zeros((256, 256, 3), np.uint8))
    (screen,) = PersonFinder(made, also={Target.SCREEN: 0.5}).find(frame)
    assert screen.kind is Target.SCREEN
    assert screen.box == (
        (30 * 4 - 24) // 2,
        (20 * 4 - 24) // 2,
        (30 * 4 + 24) // 2,
        (20 * 4 + 24) // 2,
    )
    assert PersonFinder(made).find(frame) == []


# --- real pictures --------------------------------------------------------------------


@pytest.mark.evaluation
def test_plates_marked_by_hand_are_covered_and_little_else_in_films_without_any(eval_data):
    finder = TextFinder(network("text-ppocr"), [Target.PLATE])
    truth = json.loads((eval_data / "plate_scenes" / "easypr_plates.json").read_text())
    shares = []
    for name, marked in truth.items():
        frame = read_still(eval_data / "plate_scenes" / name)
        mask = covered(finder.find(frame), frame.size)
        for plate in marked:
            inside = np.zeros(mask.shape, np.uint8)
            cv2.fillPoly(inside, [np.round(np.array(plate["poly"])).astype(np.int32)], 1)
            shares.append(mask[inside == 1].mean())
    assert len(shares) >= 30
    assert np.mean(np.array(shares) >= 0.9) >= 0.95
    clear = [read_still(path) for path in sorted((eval_data / "faces_mask_voc").glob("*.jpg"))[:10]]
    beside = np.mean([covered(finder.find(frame), frame.size).mean() for frame in clear])
    assert beside < 0.01


def covered(regions: list[Region], size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size[::-1], bool)
    for region in regions:
        place = clipped(reach(region, 0.25), *size)
        if place is not None:
            mask[place[1] : place[3], place[0] : place[2]] = True
    return mask


@pytest.mark.parametrize(
    ("for_heads", "filmed", "scale"), [(False, False, 2), (True, False, 1), (True, True, 2)]
)
def test_a_small_still_is_enlarged_unless_only_heads_are_wanted(for_heads, filmed, scale):
    heat = np.zeros((1, 64, 64, 80), np.float32)
    heat[0, 20, 30, 0] = 0.6
    sizes = np.full((1, 64, 64, 4), 24, np.float32)
    made = OnnxNetwork(answering("picture", (1, "h", "w", 3), heat=heat, sizes=sizes), 1)
    frame = replace(as_frame(np.zeros((256, 256, 3), np.uint8)), filmed=filmed)
    (person,) = PersonFinder(made, for_heads=for_heads).find(frame)
    assert person.box == tuple(side // scale for side in (96, 56, 144, 104))


def test_only_who_wants_bodies_or_screens_has_small_stills_enlarged():
    def for_heads(*targets: Target) -> list[bool]:
        found = Finders(load_settings({}), frozenset(targets), 1).all()
        return [one._for_heads for one in found if isinstance(one, PersonFinder)]

    assert for_heads(*DEFAULT) == [True]
    assert for_heads(*KEPT) == for_heads(Target.HEAD, Target.SCREEN) == [False]
