"""The camera that is covered, in the dark, or turned away is told; whoever walks by is not."""

from fractions import Fraction

import cv2
import numpy as np

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.record import Event
from yingbi.structure.camera import CameraWatch

RATE = 4


def room(seed):
    """Return a picture of shelves and windows, 320 x 180."""
    chance = np.random.default_rng(seed)
    picture = np.full((180, 320), 110, np.uint8)
    for _ in range(120):
        x, y = chance.integers(0, 300), chance.integers(0, 165)
        corner = (int(x + chance.integers(8, 60)), int(y + chance.integers(8, 50)))
        cv2.rectangle(picture, (int(x), int(y)), corner, int(chance.integers(20, 235)), -1)
    return picture


def told(pictures, seed=1):
    """Return what is told of pictures at 4 a second, with the noise of a camera."""
    chance, watch, events = np.random.default_rng(seed), CameraWatch(), []
    for number, picture in enumerate(pictures):
        noisy = np.clip(picture + chance.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        plane = Plane(noisy, 0, 0, (128,))
        frame = Frame(number, number, Fraction(1, RATE), (plane,), "yuv", filmed=True)
        events += watch.see(frame, number / RATE)
    return events


def seconds(picture, count):
    return [picture] * (count * RATE)


def test_a_covered_lens_is_told_once_with_when_it_began():
    cover = np.full((180, 320), 60, np.uint8)
    events = told([*seconds(room(1), 10), *seconds(cover, 20), *seconds(room(1), 5)])
    assert events == [Event("camera-covered", 10.0)]


def test_the_dark_is_told_too_since_nothing_is_seen_in_it():
    dark = (room(1) / 60).astype(np.uint8)
    assert told([*seconds(room(1), 10), *seconds(dark, 10)]) == [Event("camera-covered", 10.0)]


def test_a_camera_that_is_covered_from_the_start_is_told():
    cover = np.full((180, 320), 60, np.uint8)
    assert told(seconds(cover, 20)) == [Event("camera-covered", 0.0)]


def test_a_camera_that_is_turned_is_told_once_and_again_when_it_is_turned_back():
    events = told([*seconds(room(1), 10), *seconds(room(2), 20), *seconds(room(1), 10)])
    assert [one.event for one in events] == ["camera-moved"] * 2
    assert abs(events[0].time_s - 10) <= 1
    assert abs(events[1].time_s - 30) <= 1


def test_a_small_turn_is_told():
    turned = np.roll(room(1), 40, axis=1)
    assert [e.event for e in told([*seconds(room(1), 10), *seconds(turned, 10)])] == [
        "camera-moved"
    ]


def test_whoever_walks_by_or_stands_near_is_not():
    people = []
    for step in range(40 * RATE):
        picture = room(1).copy()
        x = (step * 5) % 320
        cv2.rectangle(picture, (x, 10), (x + 110, 180), 30, -1)
        people.append(picture)
    assert told([*seconds(room(1), 5), *people]) == []


def test_a_lamp_that_is_switched_is_not():
    dim = (room(1) * 0.45 + 10).astype(np.uint8)
    assert told([*seconds(room(1), 10), *seconds(dim, 10), *seconds(room(1), 10)]) == []


def test_a_hand_before_the_lens_for_two_seconds_is_not():
    cover = np.full((180, 320), 60, np.uint8)
    assert told([*seconds(room(1), 10), *seconds(cover, 2), *seconds(room(1), 10)]) == []


def test_daylight_that_fades_over_an_hour_is_not():
    fading = [(room(1) * (1 - 0.6 * n / 1200)).astype(np.uint8) for n in range(1200)]
    assert told(fading) == []


def test_a_view_without_texture_cannot_be_known_again():
    dull = np.tile(np.linspace(100, 118, 320).astype(np.uint8), (180, 1))
    assert told([*seconds(dull, 10), *seconds(room(1), 10)]) == []
