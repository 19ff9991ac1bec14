"""Styles: relative to the region, in the picture's own planes, and the weak ones say that they are."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from films import face_film
from stills import make_still
from test_cover import boxes, film_frame
from yb import Yingbi
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import Region, Target
from yingbi.mask.cover import cover, reach
from yingbi.mask.measured import RECOGNISED, facts, recognised, warning
from yingbi.mask.style import SOLID, Style
from yingbi.media.colour import grey, plane_values, rgb_from_yuv

GROW = 0.25


def covered(frame: Frame, box: tuple[int, int, int, int], style: Style) -> list[np.ndarray]:
    cover(frame, [Region(Target.PERSON, box, 0.9)], grow=0, style=style)
    return [plane.samples for plane in frame.planes]


def noise_frame(size: int, depth: int = 8, seed: int = 0) -> Frame:
    rng, kind = np.random.default_rng(seed), np.uint8 if depth == 8 else np.uint16
    shapes = ((size, size), (size // 2, size // 2), (size // 2, size // 2))
    planes = tuple(
        Plane(rng.integers(0, 1 << depth, shape).astype(kind), n > 0, n > 0, (grey(depth),))
        for n, shape in enumerate(shapes)
    )
    return Frame(0, 0, Fraction(1, 25), planes, "yuv", depth=depth)


# --- what a style is ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["solid", "pixelate:8", "pixelate:3", "blur:0.25", "blur:0.5"])
def test_a_style_is_written_as_it_is_read(text):
    assert str(Style.parse(text)) == text


def test_a_name_alone_means_its_usual_strength():
    assert Style.parse("pixelate") == Style.parse("pixelate:8")
    assert Style.parse("blur") == Style.parse("blur:0.25")
    assert Style.parse("solid", "grey") == Style.parse("solid", "#808080") == SOLID
    assert Style.parse("solid", "#204060").colour == (0x20, 0x40, 0x60)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("mosaic", ""),
        ("solid:3", ""),
        ("pixelate:1", ""),
        ("pixelate:many", ""),
        ("blur:nan", ""),
        ("blur:2", ""),
        ("blur", "black"),
        ("solid", "#12345"),
        ("solid", "pink"),
    ],
)
def test_what_is_no_style_is_refused(text, colour):
    with pytest.raises(ValueError, match=r"one of|strength|lie from|number|colour"):
        Style.parse(text, colour)


# --- colour ------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("colour_range", [1, 2])
@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (32, 64, 200), (250, 20, 20)])
def test_a_colour_comes_back_as_itself_at_any_matrix_range_and_depth(
    depth, colour_range, matrix, rgb
):
    origin = SimpleNamespace(colorspace=matrix, color_range=colour_range)
    frame = replace(noise_frame(64, depth), origin=origin)
    planes = covered(frame, (0, 0, 64, 64), Style("solid", 0, rgb))
    assert all((plane == plane.flat[0]).all() for plane in planes)
    eight = [np.full((2, 2), plane.flat[0] >> (depth - 8), np.uint8) for plane in planes]
    shown = rgb_from_yuv(eight, frame)[0, 0].astype(int)
    assert np.abs(shown - rgb).max() <= 3
    luma = int(planes[0].flat[0])
    if rgb == (0, 0, 0):
        assert luma == (0 if colour_range == 2 else 16 << (depth - 8))
    if rgb == (255, 255, 255):
        assert luma == ((1 << depth) - 1 if colour_range == 2 else 235 << (depth - 8))


def test_the_colour_of_a_still_is_the_colour_asked_for_and_opaque():
    pixels = np.zeros((20, 20, 4), np.uint8)
    frame = Frame(0, 0, Fraction(1), (Plane(pixels, 0, 0, (128, 128, 128, 255)),), "rgb")
    covered(frame, (5, 5, 10, 10), Style("solid", 0, (1, 2, 3)))
    assert (pixels[5:10, 5:10] == (1, 2, 3, 255)).all()
    deep = Frame(0, 0, Fraction(1), (Plane(np.zeros((4, 4), np.uint16), 0, 0, (1,)),), "grey", 16)
    assert plane_values(deep, (255, 255, 255)) == [(65535,)]


# --- pixelate and blur -------------------------------------------------------------------------


@given(
    st.integers(0, 9),
    st.integers(33, 80),
    st.integers(33, 80),
    st.integers(0, 3),
    boxes,
    st.sampled_from(["pixelate:2", "pixelate:32", "blur:0.05", "blur:1"]),
)
def test_a_weak_style_changes_nothing_outside_and_takes_the_detail_inside(
    seed, width, height, turns, place, text
):
    frame = film_frame(seed, width, height, turns)
    before = [plane.samples.copy() for plane in frame.planes]
    region = Region(Target.FACE, place, 0.5)
    count = cover(frame, [region], grow=GROW, style=Style.parse(text))
    wide, high = frame.size
    shown = np.zeros((high, wide), bool)
    x0, y0, x1, y1 = reach(region, GROW)
    shown[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    assert count == shown.any()
    stored = np.rot90(shown, turns)
    luma = frame.planes[0].samples
    assert (luma[~stored] == before[0][~stored]).all()
    if shown.sum() >= 64 * 64 // 2 and text != "pixelate:32":
        assert luma[stored].std() < before[0][stored].std() * 0.95


@pytest.mark.parametrize("depth", [8, 10])
def test_pixelate_leaves_so_many_cells_across_whatever_the_size(depth):
    for size in (32, 64, 256):
        frame = noise_frame(size, depth)
        means = frame.planes[0].samples.reshape(4, size // 4, 4, size // 4).mean(axis=(1, 3))
        luma, *chroma = covered(frame, (0, 0, size, size), Style.parse("pixelate:4"))
        assert len(np.unique(luma)) <= 16
        assert np.abs(luma[:: size // 4, :: size // 4] - means).max() <= 0.5
        assert all(len(np.unique(plane)) <= 16 for plane in chroma)


@pytest.mark.parametrize("depth", [8, 10])
def test_blur_is_as_strong_in_a_small_region_as_in_a_large_one(depth):
    left = []
    for size in (64, 256):
        frame = noise_frame(size, depth)
        luma = frame.planes[0].samples
        luma[:, : size // 2], luma[:, size // 2 :] = 0, (1 << depth) - 1
        luma, *_ = covered(frame, (0, 0, size, size), Style.parse("blur:0.1"))
        rise = luma[size // 2] / luma.max()
        left.append((np.count_nonzero((rise > 0.1) & (rise < 0.9))) / size)
    assert left[0] == pytest.approx(left[1], abs=0.03)
    assert left[0] == pytest.approx(2 * 1.2816 * 0.1, abs=0.04)


def test_a_blur_draws_nothing_in_from_beside_the_region():
    frame = noise_frame(64)
    frame.planes[0].samples[...] = 0
    frame.planes[0].samples[16:48, 16:48] = 100
    luma, *_ = covered(frame, (16, 16, 48, 48), Style.parse("blur:1"))
    assert (luma[16:48, 16:48] == 100).all()


# --- what is said ------------------------------------------------------------------------------


def test_each_weak_style_has_a_number_and_none_looks_better_than_measured():
    assert warning(SOLID) is None
    assert recognised(SOLID) is None
    for name, rows in RECOGNISED.items():
        for strength, percent in rows:
            assert recognised(Style(name, strength)) == percent
            assert f"{percent:g} %" in warning(Style(name, strength))
    (weakest, high), (second, _), *_, (strongest, low) = RECOGNISED["pixelate"]
    assert recognised(Style("pixelate", weakest + 5)) == high
    assert recognised(Style("pixelate", second + 1)) == high
    assert recognised(Style("pixelate", strongest)) == low
    (weakest, high), (second, _), *_ = RECOGNISED["blur"]
    assert recognised(Style("blur", (weakest + second) / 2)) == high
    assert facts(Style("blur", weakest))["recognised_percent"] == high
    assert facts(SOLID) == {"style": "solid", "irreversible": True}


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    return Yingbi(tmp_path)


def test_a_weak_style_warns_in_one_line_and_in_the_report_and_solid_does_not(yingbi, tmp_path):
    film = face_film(tmp_path / "astro.mp4", seconds=0.2)
    command = ("mask", film, "--targets", "face", "--force", "-o", tmp_path / "out.mp4")
    report = tmp_path / "report.json"
    weak = yingbi(*command, "--style", "blur", "--report", report)
    (line,) = [line for line in weak.err.splitlines() if line]
    assert "blur:0.25" in line
    assert json.loads(report.read_text())["mask"]["irreversible"] is False
    solid = yingbi(*command, "--color", "#204060", "--report", report)
    assert solid.err == ""
    told = json.loads(report.read_text())["mask"]
    assert told == {"style": "solid", "irreversible": True, "color": "#204060"}


def test_a_still_is_covered_in_the_colour_asked_for(yingbi, tmp_path):
    still = make_still(tmp_path / "in.jpg")
    yingbi("mask", still, "-o", "out.png.jpg", "--targets", "face", "--color", "#204060")
    (line,) = yingbi("detect", still, "--json", "--targets", "face").out.splitlines()
    x0, y0, x1, y1 = json.loads(line)["regions"][0]["box"]
    with Image.open(tmp_path / "out.png.jpg") as picture:
        middle = np.asarray(picture)[(y0 + y1) // 2, (x0 + x1) // 2].astype(int)
    assert np.abs(middle - (0x20, 0x40, 0x60)).max() <= 4


def test_a_style_that_is_none_is_refused_before_any_work(yingbi, tmp_path):
    make_still(tmp_path / "in.jpg")
    answer = yingbi("mask", "in.jpg", "-o", "out.jpg", "--style", "mosaic", status=78)
    assert "mask.style" in answer.err
    answer = yingbi("mask", "in.jpg", "-o", "out.jpg", "--color", "pink", status=78)
    assert "mask.color" in answer.err
    assert not (tmp_path / "out.jpg").exists()
