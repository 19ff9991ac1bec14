"""What is found beside faces and people, and how heads are derived from both."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_models import answering
from networks import as_frame, network
from yingbi.detect.heads import heads
from yingbi.detect.people import PersonFinder
from yingbi.detect.text import TextFinder
from yingbi.domain.region import BoxXYXY, Region, Target, area, clipped, overlap
from yingbi.inference.session import OnnxNetwork
from yingbi.mask.cover import reach
from yingbi.media.blobs import blobs

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
    grown = np.zeros(heat.shape, np.uint8)
    cv2.fillConvexPoly(grown, np.round(tight.corners * 16).astype(np.int32), 1, shift=4)
    assert (grown[heat > 0] == 1).mean() > 0.94
    assert abs(tight.length - length) < 4
    assert abs(tight.breadth - breadth) < 4
    edge = 1.5 * tight.length * tight.breadth / (2 * (tight.length + tight.breadth))
    assert wide.length == pytest.approx(tight.length + 2 * edge, abs=0.1)
    assert wide.breadth == pytest.approx(tight.breadth + 2 * edge, abs=0.1)
    assert blobs(heat, 0.8, 1.5) == []


def test_what_is_written_is_covered_by_shares_of_its_height():
    line = Region(Target.TEXT, (100, 100, 500, 120), 0.9)
    assert reach(line, 0.25) == (95, 95, 505, 125)


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
