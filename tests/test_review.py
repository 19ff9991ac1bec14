"""A film under review: decisions, undo, drawing, and an edit file that is always as new."""

import io
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from films import face_film
from made_films import VFR, Recipe, make_film
from networks import models_dir
from yingbi.bootstrap import found_facts, sight
from yingbi.capture.edits import read_edit
from yingbi.domain.edit_errors import (
    DecisionRefusedError,
    EditChangedError,
    EditDiffersError,
    NoSuchTrackError,
)
from yingbi.domain.region import BoxXYXY, Target, area
from yingbi.domain.report import Quiet
from yingbi.domain.settings import resolve
from yingbi.errors import YingbiError
from yingbi.usecases.review import ENDING, Look, Review

TARGETS = (Target.FACE, Target.HEAD)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that was looked through once; tests take copies of it and of its edit."""
    film = face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=1.6)
    with Review(film, None, Look(0.25)) as review:
        review.begin(_looks, Quiet())
    return film


def _looks():
    settings = resolve({}, "none", {}, {"models.dir": str(models_dir())})
    return sight(settings, TARGETS), found_facts(settings, TARGETS)


def _never():
    raise AssertionError("nobody has to look again")


@pytest.fixture
def film(looked_at: Path, tmp_path: Path) -> Path:
    for name in (looked_at.name, looked_at.name + ENDING):
        (tmp_path / name).write_bytes((looked_at.parent / name).read_bytes())
    return tmp_path / looked_at.name


@pytest.fixture
def review(film: Path):
    with Review(film, None, Look(0.25)) as opened:
        opened.begin(_never, Quiet())
        yield opened


def face_of(review: Review) -> int:
    return max(review.deed.cast, key=lambda one: one.best).number


def face_at(review: Review, frame: int) -> BoxXYXY:
    faces = [r for r in review.deed.edit.sightings.regions(frame) if r.kind is Target.FACE]
    return max((one.box for one in faces), key=area)


def visible(review: Review, frame: int) -> set[int]:
    (_, _, clear), *_ = review.deed.regions(frame, frame)
    return {one.track for one in clear}


def test_what_is_decided_is_in_the_file_and_can_be_taken_back(review, film):
    person = face_of(review)
    assert visible(review, 20) == set()
    review.decide({"do": "release", "person": person, "scope": "all"})
    assert visible(review, 20) == {person}
    review.decide({"do": "mask", "person": person, "scope": "moment", "from": 18, "to": 22})
    assert visible(review, 20) == set()
    assert visible(review, 25) == {person}
    review.undo()
    assert visible(review, 20) == {person}
    review.redo()
    assert visible(review, 20) == set()
    review.undo()
    review.undo()
    assert not review.can_undo
    review.undo()
    assert visible(review, 25) == set()
    review.decide({"do": "release", "kind": "face"})
    assert not review.can_redo, "a new decision ends what could be decided again"
    until = time.monotonic() + 10
    while not review.saved and time.monotonic() < until:
        time.sleep(0.02)
    told = json.loads(film.with_name(film.name + ENDING).read_text())
    assert told["decisions"] == [{"do": "release", "kind": "face", "from": 0}]


def test_a_review_goes_on_where_it_was_left(film):
    with Review(film, None, Look(0.25)) as first:
        first.begin(_never, Quiet())
        first.decide({"do": "zone", "zone": {"do": "mask", "points": [[0, 0], [0.2, 0], [0, 0.2]]}})
        first.decide({"do": "range", "from_s": 0.2, "to_s": 1.0})
        first.decide({"do": "split", "person": face_of(first), "at": 10})
        before = first.deed.edit.choices
    with Review(film, None, Look(0.25)) as again:
        again.begin(_never, Quiet())
        assert again.deed.edit.choices == before
        assert len(before.zones) == len(before.ranges) == len(before.decisions) == 1


def test_two_parts_of_one_person_are_split_and_joined(review):
    person, people = face_of(review), len(review.deed.cast)
    review.decide({"do": "split", "person": person, "at": 20})
    assert len(review.deed.cast) == people + 1
    later = max(review.deed.cast, key=lambda one: one.number)
    review.decide({"do": "release", "person": later.number})
    assert visible(review, 15) == set()
    assert visible(review, 25) == {later.number}
    review.decide({"do": "join", "people": [person, later.number]})
    assert len(review.deed.cast) == people
    assert visible(review, 25) == {person}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"do": "forget"},
        {"do": "mask"},
        {"do": "mask", "person": "1"},
        {"do": "mask", "person": True},
        {"do": "release", "person": 1, "scope": "some"},
        {"do": "release", "person": 1, "scope": "stretch"},
        {"do": "release", "person": 1, "scope": "moment", "from": 9, "to": 3},
        {"do": "release", "kind": "soul"},
        {"do": "split", "person": 1, "at": 0},
        {"do": "join", "people": [1]},
        {"do": "join", "people": [1, 1]},
        {"do": "range", "from_s": 3, "to_s": 1},
        {"do": "range", "from_s": "0", "to_s": 1},
        {"do": "unrange", "index": 0},
        {"do": "unzone", "index": -1},
        {"do": "zone"},
        {"do": "zone", "zone": {"do": "mask", "points": [[0, 0], [1, 1], [1, 0], [0, 1]]}},
        {"do": "zone", "zone": {"do": "mask", "points": [[0, 0], [9, 0], [0, 9]]}},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(review, asked):
    before = review.deed.edit.choices
    with pytest.raises(DecisionRefusedError):
        review.decide(asked)
    assert review.deed.edit.choices is before
    assert not review.can_undo


def test_nobody_is_decided_about_who_is_not_there(review):
    for asked in ({"do": "mask", "person": 99}, {"do": "trim", "person": 99, "from": 1, "to": 2}):
        with pytest.raises(NoSuchTrackError):
            review.decide(asked)


def test_a_drawn_region_is_followed_both_ways_trimmed_and_removed(review):
    box = face_at(review, 20)
    following = review.draw(20, box)
    with pytest.raises(DecisionRefusedError):
        review.draw(21, box)
    following._thread.join(60)
    assert following.state in ("done", "lost")
    drawn = review.deed.edit.choices.additions[0]
    assert drawn.first < 10
    assert drawn.last > 30
    for frame in range(drawn.first, drawn.last + 1):
        x0, y0, x1, y1 = drawn.at(frame).box
        truth = face_at(review, frame)
        x, y = (truth[0] + truth[2]) / 2, (truth[1] + truth[3]) / 2
        assert x0 < x < x1
        assert y0 < y < y1
    with pytest.raises(DecisionRefusedError):
        review.decide({"do": "release", "person": drawn.track})
    review.decide({"do": "trim", "person": drawn.track, "from": 15, "to": 25})
    (drawn,) = review.deed.edit.choices.additions
    assert (drawn.first, drawn.last) == (15, 25)
    assert [r.track for r in review.deed.regions(14, 14)[0][1]].count(drawn.track) == 0
    review.decide({"do": "remove", "person": drawn.track})
    assert review.deed.edit.choices.additions == []
    review.undo()
    review.undo()
    assert review.deed.edit.choices.additions[0].last > 30
    review.undo()
    assert review.deed.edit.choices.additions == []


def test_a_region_outside_or_without_a_size_is_not_drawn(review):
    for at, box in ((0, (500, 0, 600, 90)), (0, (5, 5, 6, 6)), (999, (5, 5, 90, 90))):
        with pytest.raises(DecisionRefusedError):
            review.draw(at, box)


def test_the_masked_view_covers_who_is_masked_and_the_clear_one_nobody(review):
    def picture(view):
        content = review.jpeg(20, 4000, view)
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)

    clear, masked = picture("clear"), picture("masked")
    assert clear.shape == (240, 320, 3), "never larger than the film"
    box = face_at(review, 20)
    inside = slice(box[1], box[3]), slice(box[0], box[2])
    assert masked[inside].std() < 3 < clear[inside].std()
    review.decide({"do": "release", "person": face_of(review)})
    assert picture("masked")[inside].std() > 3
    review.decide(
        {"do": "zone", "zone": {"do": "mask", "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}}
    )
    assert picture("masked").std() < 3


def test_the_edit_of_another_film_is_refused_and_stays_as_it_was(film, tmp_path):
    edit = film.with_name(film.name + ENDING)
    other = face_film(tmp_path / "other.mp4", seconds=1.0)
    before = edit.read_bytes()
    with Review(other, edit, Look(0.25)) as review, pytest.raises(EditDiffersError):
        review.begin(_never, Quiet())
    assert review.deed is None
    with pytest.raises(DecisionRefusedError):
        review.decide({"do": "mask", "kind": "face"})
    assert edit.read_bytes() == before
    assert read_edit(edit).film.name == "astro.mp4"


def unsaved(review: Review) -> str:
    until = time.monotonic() + 10
    while review.save_error is None and time.monotonic() < until:
        time.sleep(0.02)
    assert not review.saved
    return review.save_error or ""


def test_an_edit_that_somebody_else_writes_to_is_not_replaced_and_that_is_said(film):
    edit = film.with_name(film.name + ENDING)
    with pytest.raises(EditChangedError), Review(film, None, Look(0.25)) as review:  # noqa: PT012
        review.begin(_never, Quiet())
        with Review(film, None, Look(0.25)) as other:
            other.begin(_never, Quiet())
            other.decide({"do": "mask", "kind": "face"})
        theirs = edit.read_bytes()
        review.decide({"do": "release", "kind": "face"})
        assert edit.name in unsaved(review)
    assert edit.read_bytes() == theirs


def test_an_edit_that_cannot_be_written_is_said_and_not_called_saved(film, tmp_path):
    elsewhere = tmp_path / "folder"
    elsewhere.mkdir()
    edit = elsewhere / "e.json"
    edit.write_bytes(film.with_name(film.name + ENDING).read_bytes())
    with pytest.raises(YingbiError), Review(film, edit, Look(0.25)) as review:  # noqa: PT012
        review.begin(_never, Quiet())
        shutil.rmtree(elsewhere)
        review.decide({"do": "mask", "kind": "face"})
        assert edit.name in unsaved(review)


def test_taking_something_else_back_does_not_shorten_what_is_being_followed(review):
    following = review.draw(20, face_at(review, 20))
    review.decide({"do": "mask", "kind": "face"})
    following._thread.join(60)
    (whole,) = review.deed.edit.choices.additions
    assert whole.last - whole.first > 20
    review.undo()
    assert review.deed.edit.choices.additions == [whole]
    review.undo()
    assert review.deed.edit.choices.additions == []
    review.redo()
    assert review.deed.edit.choices.additions == [whole]


def test_what_is_cut_while_it_is_followed_does_not_grow_again(review):
    following = review.draw(20, face_at(review, 20))
    review.decide({"do": "trim", "person": following.drawn.track, "from": 19, "to": 21})
    assert following.state != "following"
    (drawn,) = review.deed.edit.choices.additions
    assert (drawn.first, drawn.last) in {(19, 21), (20, 21), (19, 20), (20, 20)}


def test_what_was_just_found_is_not_mixed_up_with_an_older_edit(film):
    usual = film.with_name(film.name + ENDING)
    before = usual.read_bytes()
    edit = read_edit(usual)
    other = replace(edit, found={**edit.found, "targets": ["face"]})
    with Review(film, None, Look(0.25), other) as review:
        review.begin(_never, Quiet())
        assert review.edit_path.name == "astro.mp4.2.edit.json"
    assert usual.read_bytes() == before
    with Review(film, None, Look(0.25), edit) as review:
        review.begin(_never, Quiet())
        assert review.edit_path == usual, "what was found in the same way is gone on with"


def test_a_range_of_frames_holds_these_frames_and_no_others(tmp_path):
    film = make_film(tmp_path / "vfr.mp4", Recipe(pts=VFR))
    with Review(film, None, Look(0.25)) as review:
        times = [review.time_s(n) - review.time_s(0) for n in range(len(VFR))]
        for first, last in ((0, 0), (2, 5), (7, 11), (3, 3), (0, 11)):
            from_s, to_s = review.range_of(first, last)
            assert review.range_of(last, first) == (from_s, to_s)
            held = [n for n, time_s in enumerate(times) if from_s <= time_s <= to_s]
            assert held == list(range(first, last + 1))
