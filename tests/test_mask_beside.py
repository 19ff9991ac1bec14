"""Copies lie beside what was chosen, replace nothing, and their report holds."""

import pytest

from films import face_film
from networks import models_dir
from stills import make_still
from yingbi.bootstrap import load_settings, report_facts, sight
from yingbi.domain.region import Target
from yingbi.domain.report import Quiet
from yingbi.domain.settings import data_home
from yingbi.errors import CannotCreateError, NotMediaError
from yingbi.keys.installation import installation_key
from yingbi.usecases.check_report import check_report
from yingbi.usecases.mask import MaskOptions
from yingbi.usecases.mask_beside import beside, mask_beside

TARGETS = (Target.FACE,)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Mask what is chosen and return where the copies went."""
    settings = load_settings({"models.dir": str(models_dir())})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    looking = sight(settings, TARGETS)
    key = installation_key(data_home(), "intl")

    def masked(chosen):
        facts = report_facts(settings, TARGETS, {})
        return mask_beside(chosen, MaskOptions(), looking, Quiet(), key=key, facts=facts)

    return masked


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_copy_replaces_nothing_and_every_report_holds(run, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    film = face_film(folder / "film.mp4", seconds=0.4)
    before = film.read_bytes()
    places = [run(film)[0] for _ in range(2)]
    assert names(folder) == [
        "film.mp4",
        "masked",
        "masked/film 2.mp4",
        "masked/film 2.mp4.report.json",
        "masked/film.mp4",
        "masked/film.mp4.report.json",
    ]
    assert film.read_bytes() == before
    for place in places:  # given away with its report, each by itself
        (tmp_path / place.report.stem).mkdir()
        copy = place.pairs[0][1].rename(tmp_path / place.report.stem / place.pairs[0][1].name)
        checked = check_report(place.report, data_home(), (), copy.parent, Quiet())
        assert (checked.outputs, checked.differences) == (1, ())


def test_a_folder_gets_a_folder_beside_it_and_one_report(run, tmp_path):
    folder = tmp_path / "in" / "days"
    (folder / "one").mkdir(parents=True)
    make_still(folder / "a.jpg")
    make_still(folder / "one" / "b.jpg")
    place, reports = run(folder)
    assert [report.error for report in reports] == [None, None]
    assert names(tmp_path / "in" / "masked") == [
        "days", "days.report.json", "days/a.jpg", "days/one", "days/one/b.jpg",
    ]  # fmt: skip
    assert run(folder)[0].root.name == "days 2"
    checked = check_report(place.report, data_home(), (), place.root, Quiet())
    assert (checked.outputs, checked.differences) == (2, ())


def test_whatever_has_the_name_already_stays(tmp_path):
    film = face_film(tmp_path / "film.mp4", seconds=0.1)
    folder = tmp_path / "masked"
    folder.mkdir()
    for n, taken in enumerate(
        ["film.mp4.report.json", "film 2.mp4.quarantine", "film 3.mp4.report.json.journal"], 2
    ):
        (folder / taken).touch()
        assert beside(film).pairs[0][1] == folder / f"film {n}.mp4"
    (folder / "film 4.mp4").symlink_to(tmp_path / "nowhere")
    assert beside(film).pairs[0][1] == folder / "film 5.mp4"


def test_where_nothing_can_be_made_nothing_is_left_behind(run, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no film")
    with pytest.raises(NotMediaError):
        run(bad)
    assert not (tmp_path / "masked").exists()
    (tmp_path / "masked").write_text("in the way", "utf-8")
    with pytest.raises(CannotCreateError):
        run(face_film(tmp_path / "film.mp4", seconds=0.1))
    assert (tmp_path / "masked").read_text("utf-8") == "in the way"
