"""The colours that somebody wears: named from pixels, voted over time, no pixel kept."""

import numpy as np
import pytest

from networks import as_frame
from yingbi.domain.record import COLOURS, Attribute
from yingbi.structure.clothes import Clothes, colour_of

RGB = {
    "black": (20, 22, 25), "grey": (120, 125, 118), "white": (235, 238, 240), "red": (190, 30, 35),
    "orange": (230, 130, 30), "yellow": (230, 210, 40), "green": (40, 150, 60),
    "blue": (40, 70, 190), "purple": (120, 50, 180), "pink": (240, 150, 175), "brown": (110, 70, 35),
}  # fmt: skip
STANDING = tuple(
    (x, y, 0.9)
    for x, y in [(0.5, 0.1)] * 5
    + [(0.4, 0.25), (0.6, 0.25), (0.35, 0.4), (0.65, 0.4), (0.35, 0.5), (0.65, 0.5)]
    + [(0.43, 0.55), (0.57, 0.55), (0.43, 0.75), (0.57, 0.75), (0.43, 0.95), (0.57, 0.95)]
)


def picture(upper, lower):
    rgb = np.full((200, 100, 3), 128, np.uint8)
    rgb[40:110, 30:70], rgb[110:195, 35:65] = RGB[upper], RGB[lower]
    return as_frame(rgb)


def told_after(*sights):
    clothes = Clothes()
    for now, (upper, lower) in enumerate(sights):
        clothes.see(picture(upper, lower), "unknown 1", STANDING, float(now))
    return clothes.told(), clothes.told()


@pytest.mark.parametrize("name", RGB)
def test_each_colour_has_its_name(name):
    assert colour_of(np.full((8, 8, 3), RGB[name], np.uint8)) == name


def test_every_name_has_a_colour_that_leads_to_it():
    assert set(RGB) == set(COLOURS)


def test_what_most_sights_agree_on_is_told_with_their_share_and_only_once():
    told, again = told_after(*[("blue", "black")] * 3, ("red", "black"))
    assert told == [
        Attribute("unknown 1", 0.0, 3.0, "upper-colour", "blue", 0.75),
        Attribute("unknown 1", 0.0, 3.0, "lower-colour", "black", 1.0),
    ]
    assert again == []


def test_nothing_is_told_of_few_sights_or_where_they_do_not_agree():
    assert told_after(*[("blue", "blue")] * 2)[0] == []
    assert told_after(("blue", "red"), ("red", "grey"), ("grey", "blue"))[0] == []


def test_nothing_is_told_where_the_joints_are_not_seen_or_lie_beside_the_picture():
    clothes = Clothes()
    for now in range(5):
        unseen = tuple((x, y, 0.2) for x, y, _ in STANDING)
        beside = tuple((x + 0.6, y, 0.9) for x, y, _ in STANDING)
        clothes.see(picture("blue", "red"), "unknown 1", unseen, float(now))
        clothes.see(picture("blue", "red"), "unknown 2", beside, float(now))
    assert clothes.told() == []
