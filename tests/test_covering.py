"""Whether a face is covered: by colours above and below, voted over time, doubts not told."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import as_frame
from yingbi.bootstrap import finders, load_settings
from yingbi.domain.record import Attribute
from yingbi.domain.region import Region, Target, overlap
from yingbi.pipeline.engine import open_reel
from yingbi.structure.covering import HIGH, WIDE, Covering, covering_of
from yingbi.structure.pack import unpack
from yingbi.structure.scribe import Diary, Scribe

SKIN, BLUE, WHITE, BLACK = (200, 150, 120), (110, 160, 200), (225, 225, 228), (30, 30, 32)
BOX = (20, 30, 60, 78)


def face(upper, lower):
    rgb = np.full((HIGH, WIDE, 3), upper, np.uint8)
    rgb[HIGH // 2 :] = lower
    return rgb


def picture(upper, lower):
    rgb = np.full((120, 100, 3), 128, np.uint8)
    rgb[BOX[1] : BOX[3], BOX[0] : BOX[2]] = face(upper, lower)
    return as_frame(rgb)


@pytest.mark.parametrize("mask", [BLUE, WHITE, BLACK])
def test_what_is_no_skin_over_the_mouth_is_worn(mask):
    assert covering_of(face(SKIN, mask)) == "worn"


@pytest.mark.parametrize("skin", [SKIN, (90, 60, 45), (240, 205, 180)])
def test_a_bare_face_is_bare_whatever_the_skin(skin):
    assert covering_of(face(skin, skin)) == "not-worn"


@given(st.integers(60, 140), st.integers(60, 140))
def test_the_colour_of_the_light_changes_nothing_of_a_bare_face(red, blue):
    light = np.array([red / 100, 1.0, blue / 100])
    lit = tuple(int(v) for v in (np.array(SKIN) * light).clip(0, 255))
    assert covering_of(face(lit, lit)) == "not-worn"


def test_what_lies_between_is_not_told():
    assert covering_of(face(SKIN, (190, 150, 123))) is None


def test_three_sights_that_agree_are_told_once_and_small_or_quarrelling_ones_not():
    covering = Covering()
    for now in range(3):
        covering.see(picture(SKIN, BLUE), "unknown 1", BOX, float(now))
        covering.see(picture(SKIN, BLUE), "unknown 2", (20, 30, 38, 78), float(now))
        covering.see(picture(SKIN, (BLUE, SKIN, SKIN)[now]), "unknown 3", BOX, float(now))
    assert covering.told() == [Attribute("unknown 1", 0.0, 2.0, "face-covering", "worn", 1.0)]
    assert covering.told() == []


@pytest.mark.evaluation
def test_of_real_faces_most_are_told_and_hardly_any_wrongly(eval_data: Path):
    (finder,) = finders(load_settings({}), [Target.FACE])
    told = {(truth, value): 0 for truth in (True, False) for value in ("worn", "not-worn", None)}
    for path in sorted((eval_data / "faces_mask_voc").glob("*.xml")):
        with open_reel(path.with_suffix(".jpg"), 0) as reel:
            frame = next(iter(reel.frames))
        found = [one.box for one in finder.find(frame)]
        for truth in ET.parse(path).getroot().iter("object"):
            sides = ("xmin", "ymin", "xmax", "ymax")
            box = tuple(int(float(truth.findtext(f"bndbox/{side}", "0"))) for side in sides)
            nearest = max(found, key=lambda one: overlap(one, box), default=None)
            if nearest is None or overlap(nearest, box) < 0.3:
                continue
            covering = Covering()
            for now in range(3):
                covering.see(frame, "unknown 1", nearest, float(now))
            value = next((one.value for one in covering.told()), None)
            told[truth.findtext("name") == "with_mask", value] += 1
    print(told)
    assert told[True, "worn"] >= 0.75 * sum(
        told[True, value] for value in ("worn", "not-worn", None)
    )
    assert told[False, "worn"] <= 2
    assert told[True, "not-worn"] <= 4


def test_a_scribe_writes_it_of_whoever_is_numbered_and_only_where_it_is_kept():
    def told(keep):
        scribe = Scribe(Diary(keep, fixed=True, poses_per_second=2.0), None)
        for number in range(6):
            frame = replace(picture(SKIN, BLUE), index=number, pts=number, time_base=Fraction(1, 2))
            found = [Region(Target.FACE, BOX, 0.9, 1)]
            assert list(scribe.note(frame, found, frozenset({"face"}))) == []
        (page,) = scribe.finish()
        return [one for one in unpack(page.content) if isinstance(one, Attribute)]

    assert [one.value for one in told(("event", "attributes.face-covering"))] == ["worn"]
    assert told(("event", "attributes.upper-colour")) == []
