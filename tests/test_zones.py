"""Zones: what a file may say, what is covered, what is not looked at."""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from stills import make_still
from yb import Yingbi
from yingbi.capture.zones import read_zones
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import Region, Target
from yingbi.domain.report_errors import ZonesRefusedError
from yingbi.domain.zone import Zone, edges_cross
from yingbi.errors import NoSuchInputError
from yingbi.mask.style import Style
from yingbi.mask.zones import ZoneCloth

TRIANGLE = ((0.2, 0.1), (0.9, 0.4), (0.4, 0.8))


def yuv(width: int, height: int, *, turns: int = 0, shift: int = 1, depth: int = 8) -> Frame:
    """Return a frame in which no sample has the covering value."""
    kind = np.uint8 if depth == 8 else np.uint16
    small = (-(-height >> shift), -(-width >> shift))
    fill = (1 << (depth - 1),)
    planes = [Plane(np.full((height, width), 7, kind), 0, 0, fill)]
    planes += [Plane(np.full(small, 7, kind), shift, shift, fill) for _ in range(2)]
    return Frame(0, 0, Fraction(1, 25), tuple(planes), "yuv", depth, turns)


def covered(frame: Frame) -> list[np.ndarray]:
    return [plane.samples == plane.fill[0] for plane in frame.planes]


# --- what is covered ----------------------------------------------------------------------------


@given(
    st.integers(0, 3), st.sampled_from([0, 1]), st.sampled_from([8, 10]),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=6),
)  # fmt: skip
def test_each_pixel_of_a_polygon_is_covered_in_each_plane_whatever_is_turned(
    turns, shift, depth, points
):
    zone = Zone("z", "mask", tuple(points))
    frame = yuv(48, 32, turns=turns, shift=shift, depth=depth)
    assert ZoneCloth([zone]).cover(frame) == 1
    luma, *chroma = covered(frame)
    width, height = frame.size
    for y in range(height):
        for x in range(width):
            if not zone.encloses((x + 0.5, y + 0.5), frame.size):
                continue
            sx, sy, _, _ = frame.stored_box((x, y, x + 1, y + 1))
            assert luma[sy, sx]
            assert all(plane[sy >> shift, sx >> shift] for plane in chroma)


@pytest.mark.parametrize("turns", range(4))
def test_what_is_far_from_a_polygon_stays_as_it_is(turns: int):
    zone = Zone("z", "mask", TRIANGLE)
    frame = yuv(192, 128, turns=turns)
    ZoneCloth([zone]).cover(frame)
    luma = covered(frame)[0]
    width, height = frame.size
    inside = sum(
        zone.encloses((x + 0.5, y + 0.5), frame.size) for x in range(width) for y in range(height)
    )
    assert inside < luma.sum() < inside * 1.25, "the polygon is covered, not the box around it"


@pytest.mark.parametrize("turns", range(4))
def test_a_rectangle_of_pixels_is_where_a_viewer_sees_it(turns: int):
    zone = Zone("z", "mask", ((4, 6), (12, 6), (12, 20), (4, 20)), "pixels")
    frame = yuv(64, 48, turns=turns)
    ZoneCloth([zone]).cover(frame)
    x0, y0, x1, y1 = frame.stored_box((4, 6, 12, 20))
    luma = covered(frame)[0]
    assert luma[y0:y1, x0:x1].all()
    luma[max(0, y0 - 2) : y1 + 2, max(0, x0 - 2) : x1 + 2] = False
    assert not luma.any()


def test_a_zone_holds_in_its_time_and_is_of_one_colour_under_a_weak_style():
    zone = Zone("z", "mask", TRIANGLE, from_s=1.0, to_s=2.0)
    cloth = ZoneCloth([zone], Style.parse("blur"))
    for pts, count in ((0, 0), (25, 1), (50, 1), (51, 0)):
        frame = yuv(48, 32)
        object.__setattr__(frame, "pts", pts)
        assert cloth.cover(frame) == count
        assert covered(frame)[0].any() == bool(count)


def test_a_chosen_colour_is_that_of_zones_as_well():
    frame = yuv(48, 32)
    ZoneCloth([Zone("z", "mask", TRIANGLE)], Style.parse("solid", "black")).cover(frame)
    assert (frame.planes[0].samples == 16).any()


def region(x: int, y: int) -> Region:
    return Region(Target.FACE, (x - 3, y - 3, x + 3, y + 3), 0.9, 1)


def test_ignoring_drops_what_is_centred_in_the_zone_and_a_mask_is_stronger():
    left = Zone("left", "ignore", ((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    corner = Zone("corner", "mask", ((0, 0), (0.2, 0), (0.2, 0.2), (0, 0.2)))
    cloth = ZoneCloth([left, corner])
    regions = [region(5, 5), region(49, 30), region(51, 30), region(20, 60)]
    assert cloth.left(regions, yuv(100, 80)) == [regions[0], regions[2]]
    assert cloth.ignored == {"left": 2}
    assert cloth.outside(regions, yuv(100, 80)) == regions[1:], "what is covered is in no doubt"


def test_a_zone_is_of_the_files_that_it_names():
    zone = Zone("z", "mask", TRIANGLE, files=("front/*", "*.png"))
    assert [zone.concerns(p) for p in ("front/a.mp4", "back/a.mp4", "back/b.png", "front")] == [
        True, False, True, False,
    ]  # fmt: skip
    assert Zone("z", "mask", TRIANGLE).concerns("anything")


# --- what a file may say ------------------------------------------------------------------------


GOOD = """
# the gate
[[zone]]
name = "door"
do = "mask"
polygon = [[0.1, 0], [0.3, 0], [0.2, 0.3]]
to_s = 60
files = ["front/*.mp4"]

[[zone]]
do = "ignore"
rectangle = [10, 20, 30, 40]
unit = "pixels"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "zones.toml"
    path.write_text(text)
    return path


def test_a_file_of_zones_says_the_same_as_toml_and_as_json(tmp_path: Path):
    door, other = read_zones(written(tmp_path, GOOD))
    assert (door.name, door.does, door.to_s, door.files) == ("door", "mask", 60, ("front/*.mp4",))
    assert (other.name, other.to_s) == ("2", math.inf)
    assert other.corners((100, 100)) == ((10, 20), (30, 20), (30, 40), (10, 40))
    table = {
        "zone": [
            {"name": "door", "do": "mask", "polygon": [[0.1, 0], [0.3, 0], [0.2, 0.3]],
             "to_s": 60, "files": ["front/*.mp4"]},
            {"do": "ignore", "rectangle": [10, 20, 30, 40], "unit": "pixels"},
        ]
    }  # fmt: skip
    assert read_zones(written(tmp_path, json.dumps(table, indent=2))) == (door, other)


WRONG = [
    ('do = "mask"', 'do = "hide"', 5, "do"),
    ('do = "mask"', "", 3, "do"),
    ("to_s = 60", "to_s = -1", 7, "to_s"),
    ("to_s = 60", "to_s = nan", 7, "to_s"),
    ("to_s = 60", "from_s = inf", 7, "from_s"),
    ("to_s = 60", "to_s = " + "9" * 400, 7, "to_s"),
    ("to_s = 60", "from_s = 9\nto_s = 3", 8, "to_s"),
    ("to_s = 60", "until = 60", 7, "until"),
    ("to_s = 60", "to_s = ", 7, "*"),
    ("[0.3, 0]", "[0.3]", 6, "polygon"),
    ("[0.3, 0]", "[1.3, 0]", 6, "polygon"),
    ("[0.3, 0]", "[true, 0]", 6, "polygon"),
    ("[0.2, 0.3]", "[0.5, 0]", 6, "polygon"),
    ("[0.2, 0.3]", "[0, 0.2], [0.3, 0.1]", 6, "polygon"),
    ('files = ["front/*.mp4"]', "files = 3", 8, "files"),
    ("[10, 20, 30, 40]", "[30, 20, 10, 40]", 12, "rectangle"),
    ("[10, 20, 30, 40]", "[10, 20, 30]", 12, "rectangle"),
    ('unit = "pixels"', "", 12, "rectangle"),
    ('unit = "pixels"', 'unit = "feet"', 13, "unit"),
    ("rectangle = [10, 20, 30, 40]", "", 10, "rectangle"),
    ("# the gate", "other = 1", 2, "other"),
]


@pytest.mark.parametrize(("old", "new", "line", "field"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str
):
    text = GOOD.replace(old, new)
    assert text != GOOD
    with pytest.raises(ZonesRefusedError) as refused:
        read_zones(written(tmp_path, text))
    assert refused.value.facts["line"] == line
    assert str(refused.value.facts["field"]).endswith(field)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"zone": [\n {"do": "mask", "rectangle": [0, 0, 1, 1]},\n {"do": "x"}]}', 3),
        ('{"zone": [\n {"do": "mask",\n "rectangle": [0, 0, 1, 7]}]}', 3),
        ('{"zone": [\n {"do": "mask" "rectangle": []}]}', 2),
        ('{"zone": [3]}', 1),
        ('{"zone": [\n {"do": "mask", "rectangle": [0, 0, 1, 1],\n "name": "\\ud800"}]}', 3),
        ('{"zone": [{"do": "mask", "do": "ignore", "rectangle": [0, 0, 1, 1]}]}', 1),
        ('{"zone": {}}', 1),
        ('{"zone": [{"do": "mask", "rectangle": [0, 0, 1, NaN]}]}', 1),
        ("", 1),
        ("zone = 1", 1),
    ],
)
def test_what_is_wrong_in_json_or_altogether_is_told_as_well(tmp_path: Path, text: str, line: int):
    with pytest.raises(ZonesRefusedError) as refused:
        read_zones(written(tmp_path, text))
    assert refused.value.facts["line"] == line


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path):
    with pytest.raises(NoSuchInputError):
        read_zones(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ZonesRefusedError):
        read_zones(tmp_path / "bytes.toml")


def test_edges_that_cross_are_noticed():
    square = ((0, 0), (1, 0), (1, 1), (0, 1))
    assert not edges_cross(square)
    assert edges_cross((square[0], square[2], square[1], square[3]))


# --- from outside -------------------------------------------------------------------------------


def test_zones_are_covered_shown_and_told(tmp_path: Path) -> None:
    yingbi = Yingbi(tmp_path)
    make_still(tmp_path / "in.jpg", orientation=6)
    zones = """
[[zone]]
name = "corner"
do = "mask"
polygon = [[0, 0], [0.25, 0], [0, 0.5]]
[[zone]]
name = "all"
do = "ignore"
rectangle = [0, 0, 1, 1]
"""
    written(tmp_path, zones)
    command = ["mask", "in.jpg", "-o", "out.jpg", "--zones", "zones.toml", "--targets", "face"]
    yingbi(*command, "--show-zones", "shown.png")
    assert not (tmp_path / "out.jpg").exists()
    shown = np.asarray(Image.open(tmp_path / "shown.png")).astype(int)
    assert np.abs(shown[60, 8] - 128).max() < 8
    assert (np.abs(shown - 128).max(axis=2) < 8).mean() > 0.15, (
        "faces are covered here all the same"
    )
    yingbi(*command, "--report", "r.json")
    masked = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "out.jpg"))).astype(int)
    assert np.abs(masked[4:60, 4:40] - 128).max() < 20
    grey = (np.abs(masked - 128).max(axis=2) < 8).mean()
    assert grey < 0.12, "the face was not looked for"
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["inputs"][0]["zones"] == {"frames_covered": 1, "regions_ignored": {"all": 1}}
    assert [zone["name"] for zone in report["options"]["zones"]] == ["corner", "all"]
    refused = yingbi(*command[:5], "zones.none", status=66)
    assert refused.err.count("\n") == 1
