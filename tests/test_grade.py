"""Classes of data, the signs of a home, and a grading that explains itself."""

import json
import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from films import face_film, portrait
from house import ROOT
from networks import as_frame, models_dir, network
from yingbi.cli.grading import grade_command
from yingbi.domain import private_text
from yingbi.domain.data_class import BY_NAME, BY_TARGET, CLASSES, Handling, Sign, not_found, valid
from yingbi.domain.grade_errors import SceneContradictedError, SceneDoubtfulError
from yingbi.domain.level import Level, Scene
from yingbi.domain.region import Region, Target
from yingbi.domain.report import Quiet
from yingbi.domain.settings import resolve
from yingbi.errors import UnmaskableError
from yingbi.grade.classes import CLASS_OF, classes
from yingbi.grade.home import CLEAR, Home, HomeFinder, Judgement, hold_to, judge
from yingbi.pipeline.finders import Finders
from yingbi.standard.catalogue import requirements
from yingbi.usecases.grade import Grading, Looking, grade

FILM = Path("film.mp4")
LOOSE = (Scene.COMMUNITY, Scene.CITY, Scene.MEETING)
PHONE = "Tel 13800138000"

# --- the table ---------------------------------------------------------------------------------


def test_the_labels_in_sealed_vaults_keep_their_names():
    assert {target.value: label for target, label in CLASS_OF.items()} == {
        "face": "biometric.face",
        "head": "biometric.head",
        "person": "body",
        "plate": "plate",
        "text": "text",
        "screen": "screen",
    }


def test_every_target_and_every_pattern_proves_a_class_and_no_name_stands_twice():
    assert set(BY_TARGET) == set(Target)
    patterns = {value for name, value in vars(private_text).items() if name in PATTERNS}
    assert patterns <= set(BY_NAME)
    assert len({one.name for one in CLASSES}) == len(CLASSES)
    assert all(BY_NAME[name].evidence is Sign.READ for name in patterns - {"plate"})


PATTERNS = ("ID", "CARD", "PHONE", "MAIL", "PASSPORT", "VEHICLE", "PLATE", "UNREAD")


def test_every_class_names_a_clause_of_the_standard_and_what_masks_it():
    known = {item["id"] for item in requirements()}
    for one in CLASSES:
        assert one.clause in known
        assert one.handling is not Handling.MASK or one.mask is not None


def test_what_nothing_finds_is_told_and_is_found_by_nothing():
    names = {one.name for one in not_found()}
    assert {"minor", "nudity", "health", "biometric.gait"} <= names
    assert not names & set(CLASS_OF.values())


def test_a_label_that_is_no_class_is_noticed():
    assert valid(["body", "text.phone"])
    assert not valid(["body", "person"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_lists_exactly_the_classes_of_the_table(language):
    page = (ROOT / "docs" / language / "guide" / "grade.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `([a-z.-]+)` \|.*\| `?([a-z]+|—)`? \| ([\d.a-z-]+) \|$", page, re.MULTILINE
    )
    told = [(name, mask, clause) for name, mask, clause in rows]
    assert told == [(c.name, c.mask.value if c.mask else "—", c.clause) for c in CLASSES]


def test_regions_have_the_classes_of_their_kinds():
    box = (0, 0, 2, 2)
    found = classes([Region(Target.FACE, box, 0.5), Region(Target.PLATE, box, 0.5)])
    assert found == {"biometric.face", "plate"}


# --- a home --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("looks", "home"),
    [
        ([], Home.NO),
        ([{}, {}], Home.NO),
        ([{"chair": 0.9}, {}, {}, {}], Home.NO),
        ([{"chair": 0.5}] * 3, Home.MAYBE),
        ([{"couch": 0.3}, {}, {}], Home.MAYBE),
        ([{"couch": 0.9}], Home.MAYBE),
        ([{"couch": 0.5}, {}, {"couch": 0.5}], Home.YES),
        ([{"couch": 0.3}, {"bed": 0.3}], Home.MAYBE),
        ([{"oven": 0.5, "refrigerator": 0.3}], Home.YES),
    ],
)
def test_a_home_is_told_by_its_things_and_doubt_is_told_as_doubt(looks, home):
    assert judge(looks).home is home


@pytest.mark.parametrize("scene", LOOSE)
def test_a_home_declared_as_something_else_is_refused_and_doubt_needs_an_approver(scene):
    with pytest.raises(SceneContradictedError) as sure:
        hold_to(scene, Judgement(Home.YES, ("bed",)), FILM)
    assert (sure.value.code, sure.value.exit_status) == ("scene-contradicted", 77)
    with pytest.raises(SceneDoubtfulError) as doubtful:
        hold_to(scene, Judgement(Home.MAYBE, ("bed",)), FILM)
    assert doubtful.value.code == "scene-doubtful"
    assert "level 1 (structured only)" in str(doubtful.value)


def test_what_fits_the_declared_scene_is_let_through():
    for scene, home in product((Scene.HOME_INTERIOR, Scene.HOME_CALL), Home):
        hold_to(scene, Judgement(home, ("bed",)), FILM)
    for scene in LOOSE:
        hold_to(scene, Judgement(Home.NO), FILM)
    hold_to(Scene.MEETING, Judgement(Home.MAYBE, ("chair",)), FILM)
    with pytest.raises(SceneDoubtfulError):
        hold_to(Scene.CITY, Judgement(Home.MAYBE, ("chair",)), FILM)


def test_nothing_of_a_home_is_seen_in_a_portrait_or_in_grey():
    finder = HomeFinder(network("person-centernet"))
    for picture in (np.asarray(portrait()), np.full((300, 500, 3), 90, np.uint8)):
        look = finder.look(as_frame(picture))
        assert all(score < CLEAR for score in look.values())


# --- the whole -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def looking() -> Looking:
    settings = resolve({}, "", {}, {"models.dir": str(models_dir())})
    finders = Finders(settings, frozenset(Target), 1)
    return Looking(finders.lines_too(), finders.line_judge(), finders.home(), 1)


def letter(path: Path, line: str = PHONE) -> Path:
    """Write a portrait with a line of text beside it."""
    picture = Image.new("RGB", (1000, 512), "white")
    picture.paste(portrait(), (0, 0))
    font = ImageFont.load_default(36)
    ImageDraw.Draw(picture).text((560, 200), line, font=font, fill="black")
    picture.save(path)
    return path


def test_a_picture_is_graded_with_its_private_text_and_without_the_text_itself(tmp_path, looking):
    grading = grade(letter(tmp_path / "letter.png"), looking, Quiet())
    names = {found.of.name for found in grading.findings}
    assert {"biometric.face", "biometric.head", "body", "text", "text.phone"} <= names
    assert grading.level is None
    assert "13800138000" not in repr(grading)
    told = grade(letter(tmp_path / "plain.png", "Exit 12 B"), looking, Quiet())
    assert "text.phone" not in {found.of.name for found in told.findings}, "the control"


def test_a_film_is_graded_with_times_that_lie_in_it(tmp_path, looking):
    grading = grade(face_film(tmp_path / "film.mp4", seconds=1.5), looking, Quiet())
    face = next(found for found in grading.findings if found.of.name == "biometric.face")
    assert (face.first_s, face.last_s) == (0.0, 1.0)
    assert (face.for_s, grading.looks, grading.every_s) == (1.5, 3, 0.5)
    assert 0 < face.score <= 1


def test_a_network_that_fails_refuses_the_input(tmp_path, looking):
    class Failing:
        kinds, pace = frozenset({Target.FACE}), None

        def find(self, frame, part=None):
            raise ValueError("13800138000")

    broken = Looking([Failing()], looking.lines, looking.home)
    with pytest.raises(UnmaskableError) as refused:
        grade(letter(tmp_path / "letter.png"), broken, Quiet())
    assert "13800138000" not in str(refused.value)


def test_the_level_that_follows_is_the_scenes_floor_or_what_a_home_asks_for():
    plain = Grading(FILM, (), Judgement(Home.NO), 3, 0.5)
    assert plain.level_as(None) is None
    assert plain.level_as(Scene.COMMUNITY) is Level.RAW_ON_RELEASE
    assert plain.level_as(Scene.HOME_CALL) is Level.OBSCURED
    home = Grading(FILM, (), Judgement(Home.MAYBE, ("bed",)), 3, 0.5)
    assert home.level_as(None) is Level.STRUCTURED_ONLY
    with pytest.raises(SceneDoubtfulError):
        home.level_as(Scene.COMMUNITY)


def test_the_command_prints_classes_times_rules_and_the_level_with_its_words(tmp_path):
    models_dir()
    path = str(letter(tmp_path / "letter.png"))
    plain = CliRunner().invoke(grade_command, [path, "--scene", "community"], obj={})
    assert plain.exit_code == 0
    assert "text.phone\ta telephone number\t0.0" in plain.output
    assert "level 3 (raw on release)" in plain.output
    assert "Nothing here finds: " in plain.output
    told = json.loads(CliRunner().invoke(grade_command, [path, "--json"], obj={}).output)
    assert {"biometric.face", "text.phone"} <= {found["class"] for found in told["findings"]}
    assert told["level"] is None
    assert told["refused"] is None
    assert "13800138000" not in plain.output + json.dumps(told)
