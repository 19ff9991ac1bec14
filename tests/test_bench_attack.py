"""The attack finds people where something of them is left, and nobody where nothing is."""

from dataclasses import replace
from io import BytesIO
from itertools import product

import numpy as np
import pytest
from PIL import Image

from networks import network
from yingbi.bench.attack import suite
from yingbi.bench.attack.covered import clear, covering, peer_blur, shots, watch, written
from yingbi.bench.attack.eyes import Eyes, as_square, restored
from yingbi.bench.attack.people import EACH, FRAMES, Picture, draw, film
from yingbi.bench.attack.rank import View, _components, _named, _ways, holm, outcome
from yingbi.domain.region import Pace, Region, Target
from yingbi.mask.style import Style
from yingbi.media.made import part
from yingbi.media.upright import upright_rgb
from yingbi.pipeline.engine import Sight, Take, open_held
from yingbi.pipeline.mask import Keeping, mask
from yingbi.pipeline.notes import Notes

SEED = 100
PEOPLE, SIZE = 6, 64
FACE = (16, 18, 48, 50)
NAMES = np.repeat(np.arange(PEOPLE), EACH)
ONE_SOURCE = np.zeros(NAMES.size, np.int64)


def likenesses(strength: float, seed: int = 0) -> np.ndarray:
    """Features of every picture: noise, and so much of the person."""
    chance = np.random.default_rng(seed)
    persons = chance.normal(size=(PEOPLE, 60))
    return chance.normal(size=(NAMES.size, 60)) + strength * persons[NAMES]


# --- naming, and the test of it ----------------------------------------------------------------


@pytest.mark.parametrize("alike", [True, False])
def test_whoever_is_recognisable_is_recognised_and_chance_is_not(alike):
    known = likenesses(1.0)
    seen = known if alike else known + np.random.default_rng(5).normal(size=known.shape)
    strong = outcome([View(known, seen)], NAMES, ONE_SOURCE, draws=2000)
    assert strong.p == pytest.approx(1 / 2001)
    assert strong.percent > 80
    noise = likenesses(0.0)
    weak = outcome(
        [View(noise, noise if alike else likenesses(0.0, 9))], NAMES, ONE_SOURCE, draws=2000
    )
    assert weak.p > 0.01
    assert weak.chance == pytest.approx(100 / PEOPLE, abs=8)


@pytest.mark.parametrize("known", [likenesses(1.0), np.full((NAMES.size, 60), 0.5)])
def test_a_constant_fill_gives_nobody_away(known):
    constant = np.full((NAMES.size, 60), 0.5)
    for seen in (constant, constant + 1e-12 * likenesses(0.0)):
        found = outcome([View(known, seen), View(seen, seen)], NAMES, ONE_SOURCE, draws=2000)
        assert found.p > 0.01
        assert found.percent < 3 * 100 / PEOPLE


def test_p_values_of_chance_are_spread_evenly():
    def p(seed: int) -> float:
        noise = likenesses(0.0, seed)
        return outcome([View(noise, noise)], NAMES, ONE_SOURCE, draws=300, seed=seed).p

    found = np.array([p(seed) for seed in range(60)])
    assert np.count_nonzero(found <= 0.1) <= 14, "6 are to be expected"
    assert 0.3 < found.mean() < 0.75


def test_what_tells_sources_apart_does_not_count_as_telling_people_apart():
    sources = NAMES // 2
    shown = np.random.default_rng(4).normal(size=(PEOPLE // 2, 60)) * 3
    of_source = likenesses(0.0) + shown[sources]
    view = [View(of_source, of_source)]
    assert outcome(view, NAMES, sources, draws=2000).p > 0.01
    assert outcome(view, NAMES, ONE_SOURCE, draws=2000).p < 0.01, "the control sees it"


def test_leaving_one_out_by_formula_is_leaving_one_out():
    features = likenesses(0.4)
    view = View(features, features)
    _, discriminant = _ways(view, NAMES, np.random.default_rng(1))
    known, seen = _components(view)
    named = _named(known, seen, NAMES)  # every picture left out in turn, by plain arithmetic
    order = np.arange(NAMES.size)
    assert discriminant.hits(order[None])[0] == np.count_nonzero(named[order, order] == NAMES)
    shuffled = np.random.default_rng(2).permutation(order)
    names = NAMES[shuffled]
    named = _named(known, seen, names)
    assert discriminant.hits(shuffled[None])[0] == np.count_nonzero(named[order, order] == names)


def test_asking_often_is_paid_for():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx(
        {"a": 0.03, "c": 0.06, "b": 0.06}
    )
    assert holm({"a": 0.6, "b": 0.9}) == {"a": 1.0, "b": 1.0}


def test_what_is_linear_in_the_masked_picture_is_restored_and_a_constant_gives_the_mean():
    clear_ones = likenesses(1.0)
    hidden = clear_ones @ np.random.default_rng(3).normal(size=(60, 20))
    guessed = restored(hidden, clear_ones)
    for one, other in product(range(0, NAMES.size, 7), repeat=2):
        if NAMES[one] != NAMES[other]:
            near = np.linalg.norm(guessed[one] - clear_ones[one])
            assert near < np.linalg.norm(guessed[one] - clear_ones[other])
    nothing = restored(np.full((NAMES.size, 20), 0.5), clear_ones)
    for at in (0, 17):
        others = np.delete(clear_ones, at, axis=0)
        np.testing.assert_allclose(nothing[at], others.mean(axis=0), atol=1e-9)


# --- through the product's way -----------------------------------------------------------------


class OnePlace:
    """Finds a face where the test put it."""

    kinds = frozenset({Target.FACE})
    pace = Pace.QUICK

    def find(self, frame, part=None):
        return [Region(Target.FACE, FACE, 0.9)]


@pytest.fixture(scope="module")
def looking() -> Sight:
    return Sight(finders=[OnePlace()], hold_s=0.5, grow=0.25, crf=18, threads=1)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """People are patterns here: what they share is drawn anew a little in each picture."""
    chance = np.random.default_rng(SEED)
    drawn = []
    patterns = chance.uniform(0, 255, (PEOPLE, 6, 6, 3))
    for person in range(PEOPLE):
        for _ in range(EACH):
            cells = patterns[person] + chance.normal(0, 12, (6, 6, 3))
            small = Image.fromarray(cells.clip(0, 255).astype(np.uint8))
            picture = chance.uniform(0, 255, (8, 8, 3)).astype(np.uint8)
            shown = np.array(
                Image.fromarray(picture).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
            )
            x0, y0, x1, y1 = FACE
            shown[y0:y1, x0:x1] = small.resize((x1 - x0, y1 - y0), Image.Resampling.BICUBIC)
            drawn.append(Picture(person, 0, shown))
    return drawn


class Projection:
    """Stands where a face network does: random directions tell patterns apart as well."""

    input_names = ("picture",)

    def run(self, inputs):
        picture = inputs["picture"][0]
        small = picture.reshape(16, 14, 16, 14, 3).mean(axis=(1, 3)).reshape(-1)
        return [(np.random.default_rng(1).normal(size=(64, small.size)) @ small)[None]]


def test_what_is_attacked_is_what_the_product_writes(pictures, looking):
    watched = watch(pictures[0], 0, looking)
    paint = covering(Style(), looking.grow, frozenset(Target))
    sink = BytesIO()
    with open_held(film(pictures[0], 0), "video/mp4") as reel:
        mask(Take(reel, looking), sink, keeping=Keeping(), notes=Notes())
    weak = covering(Style.parse("pixelate:16"), looking.grow, frozenset(Target))
    x0, y0, x1, y1 = FACE
    product, ours, other = (
        rgb_of(content)[:, y0:y1, x0:x1]
        for content in (
            sink.getvalue(),
            written(watched, paint, crf=looking.crf),
            written(watched, weak, crf=looking.crf),
        )
    )
    assert product.shape[0] == ours.shape[0] == FRAMES
    # The encoder gives equal frames one of several files, so bytes are not compared.
    assert np.abs(ours - product).mean() < 1
    assert np.abs(other - product).mean() > 10


def rgb_of(content: bytes) -> np.ndarray:
    with open_held(content, "video/mp4") as reel:
        return np.stack([upright_rgb(frame, *frame.size).astype(float) for frame in reel.frames])


def test_frames_are_laid_over_each_other_before_they_are_averaged(pictures, looking):
    watched = watch(pictures[0], 0, looking)
    one, many = shots(watched, clear, crf=10, grow=looking.grow)
    inner = (slice(8, -8), slice(8, -8))
    truth = pictures[0].rgb.astype(np.float32).mean(axis=2)[inner]

    def off(seed: int) -> float:
        """How far from the truth the pictures are when laid by the movement of a seed."""
        shot = shots(replace(watched, seed=seed), clear, crf=10, grow=looking.grow)[1]
        return float(np.abs(shot.image.mean(axis=2)[inner] - truth).mean())

    assert off(0) < 6
    assert off(0) < off(1) * 0.8, "laid as if the camera had moved in another way"
    assert many.mask.sum() < one.mask.sum()


def test_blur_and_cells_are_broken_and_solid_is_not(pictures, looking):
    eyes = Eyes(Projection(), network("face-centerface"))
    faces = frozenset({Target.FACE})
    styles = {
        suite.CLEAR: clear,
        suite.PEER: peer_blur,
        suite.DEFAULT: covering(Style(), looking.grow, faces),
        "pixelate:8": covering(Style.parse("pixelate:8"), looking.grow, faces),
    }
    found = suite.attacked(pictures, looking, eyes, styles, draws=400)
    under = {
        style: [one for one in found if one.style == style and one.attacker in suite.UNDER]
        for style in styles
    }
    assert all(len(lines) == len(suite.UNDER) * 2 for lines in under.values())
    for style in (suite.CLEAR, suite.PEER):
        assert min(one.outcome.p for one in under[style]) < 0.01
        assert max(one.outcome.percent for one in under[style]) > 50
    assert min(one.outcome.p for one in under["pixelate:8"]) < 0.01
    assert min(one.holm for one in under[suite.DEFAULT]) >= suite.HIDDEN
    goals = {row.key: row for row in suite._goals(found)}
    assert goals["attack-default-p"].at_least
    assert goals["attack-default-p"].value >= goals["attack-default-p"].goal


# --- pictures ----------------------------------------------------------------------------------


def test_everybody_with_enough_pictures_takes_part_and_the_draw_is_always_the_same(tmp_path):
    for name, count in (("a_One", 7), ("b_Two", EACH), ("b_Three", EACH - 1)):
        for number in range(count):
            colour = (40 * number, 10, 10)
            Image.new("RGB", (21, 20), colour).save(tmp_path / f"{name}__{number}.png")
    drawn = draw(tmp_path)
    assert [one.person for one in drawn] == [0] * EACH + [1] * EACH
    assert [one.source for one in drawn] == [0] * EACH + [1] * EACH
    assert all(one.rgb.shape == (20, 20, 3) for one in drawn)
    again = draw(tmp_path)
    assert all((a.rgb == b.rgb).all() for a, b in zip(drawn, again, strict=True))
    assert len({int(one.rgb[0, 0, 0]) for one in drawn[:EACH]}) == EACH


def test_without_pictures_or_the_network_the_table_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("YINGBI_EVAL_DATA", raising=False)
    (row,) = suite.attack()
    assert row.value is None
    assert "YINGBI_EVAL_DATA" in row.note
    for number in range(EACH):
        Image.new("RGB", (20, 20)).save(tmp_path / f"a_One__{number}.png")
    for name in ("face-centerface", "person-centernet"):
        file = network_file(name)
        (tmp_path / file.name).symlink_to(file)
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(tmp_path))
    (row,) = suite.attack(tmp_path)
    assert "yingbi models install face-faceres" in row.note


def network_file(name):
    from networks import models_dir

    return models_dir() / f"{name}.onnx"


def test_a_square_grows_to_what_the_network_takes_and_stays_where_it_is():
    rows = np.linspace(0, 1, 64)[:, None, None]
    grown = as_square(np.broadcast_to(rows, (64, 64, 3)).reshape(-1))
    assert grown.shape == (224, 224, 3)
    middle = grown[20:-20, 112, 0]
    wanted = np.linspace(0, 255, 224)[20:-20]
    assert np.abs(middle - wanted).max() < 3
    same = part(grown, np.eye(2, 3), (224, 224), 0)
    assert np.abs(same - grown).max() < 1e-3
