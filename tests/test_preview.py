"""The stick-figure film: places and signs on the floor, and the figures as before."""

import io

import av
import numpy as np
import pytest

from yingbi.domain.messages import use_language
from yingbi.domain.place import Area, Line, Places
from yingbi.domain.record import EVENTS, Event, Pose
from yingbi.errors import NoPosesError
from yingbi.media.draw_signs import MARKS, OTHER, Sign, draw_signs
from yingbi.pipeline.preview import FPS, SIGN_STAYS_S, draw_preview

HEIGHTS = (
    0.3,
    0.29,
    0.29,
    0.3,
    0.3,
    0.4,
    0.4,
    0.5,
    0.5,
    0.6,
    0.6,
    0.62,
    0.62,
    0.75,
    0.75,
    0.9,
    0.9,
)
STANDING = tuple((0.78 + 0.02 * (-1) ** n, y, 0.9) for n, y in enumerate(HEIGHTS))
POSES = [Pose("unknown 1", 0.5 * n, STANDING) for n in range(11)]
FELL = Event("fell", 1.0, "unknown 1", confidence=0.9)
PLACES = Places(
    (Area("counter", ((0.1, 0.6), (0.5, 0.6), (0.5, 0.95), (0.1, 0.95))),),
    (Line("door", (0.6, 0.95), (0.6, 0.4)),),
)


def film(records, places=None) -> list[np.ndarray]:
    """Return the film's pictures, (H, W, 3) each."""
    sink = io.BytesIO()
    draw_preview(records, sink, (640, 360), places)
    sink.seek(0)
    with av.open(sink) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def differing(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(int) - other.astype(int)).max(axis=2) > 24


def test_places_are_drawn_where_they_are_and_nowhere_else():
    plain, placed = film(POSES)[5], film(POSES, PLACES)[5]
    changed = differing(plain, placed)
    assert changed[210:350, 55:330].any()
    assert changed[140:345, 375:395].any(), "the line"
    assert not changed[:, 440:].any(), "the figure stays what it was"
    assert not changed[:120].any()


def test_an_event_is_a_sign_for_a_while_from_when_it_was():
    plain, told = film(POSES), film([*POSES, FELL])
    shown = [bool(differing(a, b).any()) for a, b in zip(plain, told, strict=True)]
    first, last = shown.index(True), len(shown) - 1 - shown[::-1].index(True)
    assert first == round(FELL.time_s * FPS)
    assert last == pytest.approx((FELL.time_s + SIGN_STAYS_S) * FPS, abs=1)


def test_a_count_is_no_sign_since_the_figures_show_it():
    plain, told = film(POSES), film([*POSES, Event("count", 1.0, count=1)])
    assert not any(differing(a, b).any() for a, b in zip(plain, told, strict=True))


def drawn(sign: Sign) -> np.ndarray:
    picture = np.zeros((360, 640, 3), np.uint8)
    draw_signs(picture, [sign])
    return picture


def test_words_of_other_letters_are_left_out_and_the_mark_stays():
    mark = drawn(Sign("fell", ""))
    assert mark.any()
    assert drawn(Sign("fell", "Person 1 fell.")).sum() > mark.sum()
    assert (drawn(Sign("fell", "1 号摔倒了。")) == mark).all()
    assert (mark.reshape(-1, 3) == MARKS["fell"][0]).all(axis=1).any()


def test_the_film_speaks_the_language_of_the_moment():
    english = film([*POSES, FELL])[15]
    use_language("zh")
    try:
        chinese = film([*POSES, FELL])[15]
    finally:
        use_language("en")
    assert differing(english, chinese)[:60, 60:300].any()


def test_marks_are_told_apart_by_colour_or_shape():
    marks = [MARKS.get(event, OTHER) for event in EVENTS]
    assert len(set(MARKS.values())) == len(MARKS)
    assert all(mark in [*MARKS.values(), OTHER] for mark in marks)
    assert set(MARKS) <= set(EVENTS)


def test_records_without_a_pose_make_no_film():
    with pytest.raises(NoPosesError):
        film([FELL])
