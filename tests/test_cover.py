"""Nothing survives inside, and nothing changes outside."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY, Region, Target
from yingbi.mask.cover import cover, outermost, reach

GREY = 128


def film_frame(seed: int, width: int, height: int, turns: int) -> Frame:
    rng = np.random.default_rng(seed)
    half = ((height + 1) // 2, (width + 1) // 2)
    planes = (
        Plane(rng.integers(0, 127, (height, width), np.uint8), 0, 0, (GREY,)),
        Plane(rng.integers(0, 127, half, np.uint8), 1, 1, (GREY,)),
        Plane(rng.integers(0, 127, half, np.uint8), 1, 1, (GREY,)),
    )
    return Frame(0, 0, Fraction(1, 25), planes, "yuv", turns=turns)


boxes = st.tuples(
    st.integers(-30, 90), st.integers(-30, 90), st.integers(1, 60), st.integers(1, 60)
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@given(
    st.integers(0, 9),
    st.integers(33, 80),
    st.integers(33, 80),
    st.integers(0, 3),
    st.lists(boxes, max_size=4),
)
def test_nothing_survives_inside_and_nothing_changes_outside(
    seed: int, width: int, height: int, turns: int, places: list[tuple[int, int, int, int]]
) -> None:
    frame = film_frame(seed, width, height, turns)
    before = [plane.samples.copy() for plane in frame.planes]
    regions = [Region(Target.FACE, place, 0.5) for place in places]
    cover(frame, regions, grow=0.25)
    wide, high = frame.size
    shown = np.zeros((high, wide), bool)
    for region in regions:
        x0, y0, x1, y1 = reach(region, 0.25)
        shown[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    stored = np.rot90(shown, turns)  # back against the clock
    assert stored.shape == (height, width)
    luma = frame.planes[0].samples
    assert (luma[stored] == GREY).all()
    assert (luma[~stored] == before[0][~stored]).all()
    padded = np.pad(stored, ((0, height % 2), (0, width % 2)))
    touched = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).any(axis=(1, 3))
    for plane, old in zip(frame.planes[1:], before[1:], strict=True):
        assert (plane.samples[touched] == GREY).all()
        assert (plane.samples[~touched] == old[~touched]).all()


few_boxes = st.tuples(*[st.integers(0, 3)] * 2, *[st.integers(1, 3)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(few_boxes, max_size=12))
def test_what_lies_in_another_box_is_not_drawn_twice_and_nothing_is_left_out(places) -> None:
    kept = outermost(places)
    assert all(any(holds(one, place) for one in kept) for place in places)
    assert not any(holds(a, b) for i, a in enumerate(kept) for j, b in enumerate(kept) if i != j)


def holds(outer: BoxXYXY, inner: BoxXYXY) -> bool:
    low = outer[0] <= inner[0] and outer[1] <= inner[1]
    return low and outer[2] >= inner[2] and outer[3] >= inner[3]


def test_the_fill_does_not_depend_on_what_it_covers() -> None:
    one, other = film_frame(1, 64, 64, 0), film_frame(2, 64, 64, 0)
    region = Region(Target.PERSON, (-5, -5, 80, 80), 0.9)
    for frame in (one, other):
        cover(frame, [region], grow=0.25)
    for a, b in zip(one.planes, other.planes, strict=True):
        assert (a.samples == b.samples).all()


def test_transparent_pictures_are_opaque_where_they_are_covered() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    frame = Frame(0, 0, Fraction(1), (Plane(pixels, 0, 0, (128, 128, 128, 255)),), "rgb")
    cover(frame, [Region(Target.FACE, (10, 10, 20, 20), 0.9)], grow=0.0)
    assert (pixels[10:20, 10:20] == (128, 128, 128, 255)).all()
    assert (pixels[:10] == 0).all()
