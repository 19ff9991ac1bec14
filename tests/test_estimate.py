"""What masking will take is told beforehand, nearly, quickly, and without writing anything."""

import json
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from film_fates import Corner
from films import face_film
from made_films import Recipe, make_film, picture_rgb
from yb import Yingbi
from yingbi.capture.inputs import Input
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Region
from yingbi.domain.report import Quiet
from yingbi.errors import CutOffError, InterruptedByUserError
from yingbi.pipeline.engine import Sight
from yingbi.usecases.each import each
from yingbi.usecases.estimate import MOST_SPENT_S, Estimate, estimate
from yingbi.usecases.mask import MaskOptions, mask_inputs

FACTOR = 1.6


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    home = tmp_path / "home"
    home.mkdir()
    return Yingbi(home)


@dataclass
class Costly(Corner):
    """Finds what Corner finds, and moves on a clock of its own each time it is asked.

    whole_s, part_s: what it costs to look at all of a picture, and at a part.
    """

    whole_s: float
    part_s: float
    now: float = 0.0
    parts: list[BoxXYXY | None] = field(default_factory=list)

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        self.now += self.whole_s if part is None else self.part_s
        self.parts.append(part)
        return super().find(frame, part)

    def clock(self) -> float:
        return self.now


def sight_of(finder: Corner) -> Sight:
    return Sight([finder], hold_s=0.5, grow=0.1, crf=18)


def estimated(path: Path, finder: Costly) -> Estimate:
    return estimate(path, sight_of(finder), Quiet(), clock=finder.clock)


def long_film(path: Path, frames: int, **traits: object) -> Path:
    return make_film(path, Recipe(pts=[n * 1000 for n in range(frames)], key_every=25, **traits))


@pytest.mark.parametrize(("frames", "whole_s", "part_s"), [(900, 0.1, 0.02), (600, 0.05, 0.05)])
def test_an_estimate_is_near_what_masking_takes_and_costs_little_of_it(
    frames, whole_s, part_s, tmp_path
):
    film = long_film(tmp_path / "film.mp4", frames)
    real, told = Costly(whole_s, part_s), Costly(whole_s, part_s)
    output = tmp_path / "copy.mp4"
    mask_inputs([(Input(film, Path("film.mp4")), output)], MaskOptions(), sight_of(real), Quiet())
    found = estimated(film, told)
    assert real.now / FACTOR < found.seconds < real.now * FACTOR
    assert told.now <= real.now * 0.15
    assert found.frames == frames
    assert found.duration_s == pytest.approx(frames / 30, abs=0.1)
    assert 0 < found.sampled_s < found.duration_s


def test_costs_that_double_double_the_estimate(tmp_path):
    """The control: the estimate is measured, and no constant."""
    film = long_film(tmp_path / "film.mp4", 300)
    once, twice = estimated(film, Costly(0.1, 0.02)), estimated(film, Costly(0.2, 0.04))
    assert twice.seconds == pytest.approx(2 * once.seconds, rel=0.3)


def test_a_long_film_is_looked_at_no_longer_than_a_short_one(tmp_path):
    film = long_film(tmp_path / "film.mp4", 3600, size=(64, 48))
    slow = Costly(0.3, 0.1)
    found = estimated(film, slow)
    assert MOST_SPENT_S / 2 < slow.now <= MOST_SPENT_S + 1.5
    assert found.seconds > 3600 / 8 * 0.3 / FACTOR


def test_looks_are_spread_over_the_film(tmp_path):
    film = long_film(tmp_path / "film.mp4", 900)
    seen: list[float] = []

    class Noting(Costly):
        def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
            seen.append(frame.time_s)
            return super().find(frame, part)

    estimated(film, Noting(0.01, 0.001))
    assert min(seen) < 5
    assert max(seen) > 20
    assert len({int(time_s // 5) for time_s in seen}) >= 3


@pytest.mark.parametrize("container", ["matroska", "mpegts", "avi", "mov"])
def test_films_of_other_containers_are_estimated_too(container, tmp_path):
    clock = {"avi": 30, "mpegts": 90000}.get(container, 1000)
    pts = [round(n * clock / 30) for n in range(300)]
    recipe = Recipe(pts=pts, clock=Fraction(1, clock), container=container, key_every=25)
    film = make_film(tmp_path / "film", recipe)
    found = estimated(film, Costly(0.1, 0.02))
    assert found.people == 1
    assert found.frames == pytest.approx(300, abs=3)
    assert 300 / 8 * 0.02 / FACTOR < found.seconds < 5 * FACTOR


def test_a_film_of_a_few_frames_is_estimated(tmp_path):
    for frames in (1, 2, 9):
        film = make_film(tmp_path / f"{frames}.mp4", Recipe(pts=[n * 1000 for n in range(frames)]))
        found = estimated(film, Costly(0.1, 0.02))
        assert found.frames == frames
        assert 0.1 <= found.seconds < 1


def test_a_film_in_which_nothing_is_masked_is_not_charged_for_encoding(tmp_path):
    class Nobody(Costly):
        def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
            super().find(frame, part)
            return []

    film = long_film(tmp_path / "film.mp4", 120, size=(320, 240))
    other = long_film(tmp_path / "film.mkv", 120, size=(320, 240), container="matroska")
    sight = sight_of(Nobody(0.0, 0.0))
    copied, encoded = (
        estimate(one, sight, Quiet(), clock=time.process_time).seconds for one in (film, other)
    )
    assert copied < encoded
    assert estimate(film, sight, Quiet()).people == 0


def test_a_still_is_told_by_its_size_and_not_looked_at(tmp_path):
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    Image.fromarray(picture_rgb(0, 60, 40)).save(small)
    Image.fromarray(picture_rgb(0, 3000, 2000)).save(large)
    finder = Costly(0.1, 0.1)
    one, other = estimated(small, finder), estimated(large, finder)
    assert finder.parts == []
    assert 0 < one.seconds < other.seconds
    assert (one.people, one.frames, one.duration_s) == (0, 1, 0.0)


def test_a_broken_film_is_refused_and_whoever_interrupts_is_heard(tmp_path):
    film = long_film(tmp_path / "film.mp4", 300)
    (tmp_path / "cut.mp4").write_bytes(film.read_bytes()[:-400])
    with pytest.raises(CutOffError):
        estimated(tmp_path / "cut.mp4", Costly(0.1, 0.1))

    class Stopped(Quiet):
        def begin(self, name, frames):
            def stop(done):
                raise InterruptedByUserError

            return stop

    with pytest.raises(InterruptedByUserError):
        each([film], lambda path, _: estimate(path, sight_of(Corner()), Stopped()), 1, Quiet())


def test_the_command_says_how_long_and_how_many_and_writes_nothing(yingbi: Yingbi, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    face_film(folder / "film.mp4", seconds=2)
    Image.fromarray(picture_rgb(0, 60, 40)).save(folder / "still.png")
    before = sorted(tmp_path.rglob("*"))
    done = yingbi("mask", folder, "-o", tmp_path / "out", "--estimate")
    assert done.out.splitlines() == [
        "film.mp4: less than a minute, 1 person or more",
        "still.png: less than a minute",
        "all inputs: less than a minute",
    ]
    told = json.loads(yingbi("mask", folder, "-o", tmp_path / "out", "--estimate", "--json").out)
    film, still = told["inputs"]
    assert (film["people_at_least"], film["frames"]) == (1, 50)
    assert 0 < still["seconds"] < told["seconds"] + 1
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_goes_on_after_a_file_that_cannot_be_used(yingbi: Yingbi, tmp_path):
    film, other = face_film(tmp_path / "film.mp4", seconds=1), tmp_path / "broken.mp4"
    other.write_bytes(film.read_bytes()[:-300])
    done = yingbi("mask", other, film, "-o", tmp_path / "out", "--estimate", status=1)
    assert "film.mp4: less than a minute" in done.out
    assert "broken.mp4" in done.err


def test_with_an_edit_nothing_is_estimated(yingbi: Yingbi, tmp_path):
    film = face_film(tmp_path / "film.mp4", seconds=1)
    edit = tmp_path / "edit.json"
    edit.write_text("{}")
    out = tmp_path / "out.mp4"
    done = yingbi("mask", film, "-o", out, "--edit", edit, "--estimate", status=2)
    assert "--estimate" in done.err


@pytest.mark.evaluation
@pytest.mark.torture
def test_an_estimate_of_a_real_film_is_near_the_truth(eval_data, tmp_path):
    from yingbi.bootstrap import load_settings, parse_targets, sight

    film = eval_data / "video" / "office_people_movement.mp4"
    looking = sight(load_settings({}), parse_targets(None))
    # processor time: it is the same whatever else runs
    found = estimate(film, looking, Quiet(), clock=time.process_time)
    began = time.process_time()
    output = tmp_path / "copy.mp4"
    mask_inputs([(Input(film, Path(film.name)), output)], MaskOptions(), looking, Quiet())
    real = time.process_time() - began
    assert real / FACTOR < found.seconds < real * FACTOR
