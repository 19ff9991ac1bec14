"""Pictures of telephones: what is beyond the rows of every kind of picture."""

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from still_rows import WORD, exif, heic, photo
from yb import Yingbi
from yingbi.errors import UnsupportedMediaError
from yingbi.media import heic as heic_module
from yingbi.media.probe import probe
from yingbi.media.still import encode_stills, read_stills

WIDE_COLOURS = {
    "color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6,
    "full_range_flag": 1, "color_primaries_red_x": 0.68, "color_primaries_red_y": 0.32,
    "color_primaries_green_x": 0.265, "color_primaries_green_y": 0.69,
    "color_primaries_blue_x": 0.15, "color_primaries_blue_y": 0.06,
    "color_primaries_white_x": 0.3127, "color_primaries_white_y": 0.329,
}  # fmt: skip
"""Display P3."""


def test_the_colours_of_a_heic_without_a_profile_are_said_again():
    wide = photo().copy()
    wide.info["nclx_profile"] = WIDE_COLOURS
    content = heic(wide)
    copy = encode_stills(read_stills("held", content))
    was, told = (opened(one).info["nclx_profile"] for one in (content, copy))
    assert told == was
    assert told["color_primaries"] == WIDE_COLOURS["color_primaries"]


def test_without_its_package_a_heic_is_refused_in_one_line_that_names_it(tmp_path, monkeypatch):
    path = tmp_path / "in.heic"
    path.write_bytes(heic(photo()))
    heic_module._registered.cache_clear()
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnsupportedMediaError, match=r"yingbi\[heic\]"):
        probe(path)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_telephones_picture_is_masked_upright_and_says_nothing_else(tmp_path: Path):
    (tmp_path / "IMG_0001.HEIC").write_bytes(heic(photo().resize((640, 480)), exif=exif(6)))
    answer = Yingbi(tmp_path)(
        "mask", "IMG_0001.HEIC", "-o", "out.heic", "--targets", "face", "--json"
    )
    (done,) = answer.json
    assert done["faces"] >= 1
    copy = (tmp_path / "out.heic").read_bytes()
    assert WORD not in copy
    with opened(copy) as picture:
        assert (picture.format, picture.size) == ("HEIF", (480, 640))
        assert not picture.getexif()
