"""The fit of the rules of falls: drops as the product notices them, decoys, rules, values, the table."""

import sys
from dataclasses import replace
from math import nan

import numpy as np
import pytest

from yingbi.bench.daily.actor import Fall
from yingbi.bench.daily.days import Stream, drawn_falls, drawn_life
from yingbi.bench.daily.falls import KINDS
from yingbi.bench.daily.fit import __main__ as program
from yingbi.bench.daily.fit.boost import (
    Condition,
    best_rule,
    binned,
    edges_of,
    holding,
    likely,
    shared,
)
from yingbi.bench.daily.fit.decoys import decoys, passing, walk, without_pose
from yingbi.bench.daily.fit.drops import (
    FOOT,
    POSE,
    TIME,
    TOP,
    bodies_of,
    drops_of,
    measured,
    sights_of,
)
from yingbi.bench.daily.fit.examples import (
    LIFE,
    TAKEN_LIFE,
    Examples,
    Gathering,
    add_decoys,
    add_falls,
    add_life,
    gathered,
    is_fall,
)
from yingbi.bench.daily.fit.refit import pruned, refitted, scores_of
from yingbi.bench.daily.fit.table import table_of
from yingbi.structure.body import Body
from yingbi.structure.fall_rules import points_of, rules_of
from yingbi.structure.thresholds import THRESHOLDS

COUNT = 20


def silent(_):
    pass


@pytest.fixture(scope="module")
def life():
    """Rows of some minutes of life, and the drops of which decoys are made."""
    rows = Gathering()
    pool = add_life(rows, drawn_life(0.3, 9), np.random.default_rng(9))
    return rows.all(), pool


@pytest.fixture(scope="module")
def falls():
    rows = Gathering()
    add_falls(rows, drawn_falls(2 * len(KINDS), 77), 2.0, np.random.default_rng(77))
    return rows.all()


@pytest.fixture(scope="module")
def others(life, falls):
    """Rows of falls and of life with other seeds than those that are fitted to."""
    return Examples(
        falls.names,
        np.concatenate([falls.measures, life[0].measures]),
        np.concatenate([falls.of_fall, life[0].of_fall]),
        np.concatenate([falls.counts, life[0].counts]),
    )


@pytest.fixture(scope="module")
def examples():
    return gathered(40, 0.5, 501, silent)


@pytest.fixture(scope="module")
def fitted(examples):
    return program.fitted(examples, COUNT, 1, silent)


def tells_apart(table, rows):
    """Return how often a row of a fall has more points than another (half where as many)."""
    rules = rules_of(table)
    points = np.array(
        [
            points_of(dict(zip(rows.names, row, strict=True)), rules)
            for row in rows.measures.tolist()
        ]
    )
    fell, other = points[rows.fell == 1, None], points[None, rows.fell == 0]
    return float((fell > other).mean() + (fell == other).mean() / 2)


def shuffled(rows, seed):
    order = np.random.default_rng(seed).permutation(len(rows.counts))
    return replace(rows, of_fall=rows.of_fall[order], counts=rows.counts[order])


def test_a_fit_is_a_table_that_the_product_reads(examples, fitted):
    rules = rules_of(fitted)
    assert COUNT / 2 <= len(rules) <= COUNT
    assert {sign.measure for rule in rules for sign in rule.signs} <= set(examples.names)
    assert [rule.points for rule in rules] == sorted((rule.points for rule in rules), reverse=True)
    assert all(rule.points and 1 <= len(rule.signs) <= 3 for rule in rules)


def test_fitted_rules_tell_other_falls_and_those_of_shuffled_labels_do_not(
    examples, fitted, others
):
    assert tells_apart(fitted, others) > 0.88
    for seed in range(2):
        chance = program.fitted(shuffled(examples, seed), COUNT, 1, silent)
        assert tells_apart(chance, others) < 0.7


def test_the_program_prints_the_table_alone_and_its_steps_beside(examples, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(program, "gathered", lambda *given: asked.append(given[:3]) or examples)
    monkeypatch.setattr(
        sys, "argv", ["fit", "--falls", "3", "--hours", "2", "--rules", "6", "--seed", "8"]
    )
    program.main()
    out, err = capsys.readouterr()
    assert asked == [(3, 2.0, 8)]
    assert out == program.fitted(examples, 6, 8, silent)
    assert "rules: 6\n" in err
    monkeypatch.setattr(sys, "argv", ["fit", "--rules", "0"])
    with pytest.raises(SystemExit):
        program.main()


# --- drops ---------------------------------------------------------------------------------------


def test_sights_become_bodies_again():
    bodies = [
        Body(1.0, (0.1, 0.2, 0.3, 0.9), (0.2, 0.25), None, (0.2, 0.5), (0.2, 0.7), None),
        Body(1.1, (0.1, 0.2, 0.3, 0.9), breadth=0.1),
    ]
    assert bodies_of(sights_of(bodies)) == bodies
    assert sights_of([]).shape == (0, 16)


def test_most_falls_are_among_the_drops_and_each_drop_is_judged_at_the_ages():
    streams = list(drawn_falls(len(KINDS), 5))
    found = 0
    for stream in streams:
        drops = drops_of(stream)
        found += any(is_fall(stream, one.drop.time_s, one.ages[0][1]) for one in drops)
        for one in drops:
            ages = [age for age, _ in one.ages]
            assert ages == list(THRESHOLDS.ages_s[: len(ages)])
            assert all(now <= one.sights[-1, TIME] for _, now in one.ages)
            assert one.sights[0, TIME] >= one.drop.time_s - 4
            assert len({repr(measures) for _, measures in measured(one)}) == len(
                list(measured(one))
            )
    assert found >= len(KINDS) - 1


@pytest.mark.parametrize(
    ("begun_s", "now", "told"),
    [
        (18.3, 25.0, False),
        (18.5, 19.4, False),
        (18.5, 25.0, True),
        (21.7, 41.0, True),
        (21.9, 25.0, None),
        (20.5, 41.1, None),
    ],
)
def test_a_drop_is_of_the_fall_around_it_and_no_other(begun_s, now, told):
    stream = Stream((), (Fall("back", 19.0, 20.0, 21.0),), (), (), 60.0)
    assert is_fall(stream, begun_s, now) is told


def test_what_a_fall_counts_is_shared_and_goes_to_its_surest_rows():
    rows = Examples(
        ("a",),
        np.zeros((5, 1), np.float32),
        np.array([7, -1, 7, 4, -1]),
        np.array([6.0, 2, 6, 3, 1]),
    )
    assert shared(rows, np.zeros(5)).tolist() == [3, 2, 3, 3, 1]
    counts = shared(rows, np.array([np.log(5), 9, 0, -4, 9]))
    assert counts == pytest.approx([5, 2, 1, 3, 1])


def test_life_counts_the_same_however_little_there_is_and_what_is_often_done_counts_more(life):
    rows, pool = life
    assert rows.fell.sum() == 0
    assert rows.counts.sum() == pytest.approx(LIFE * (1 + TAKEN_LIFE))
    assert rows.counts.max() > 3 * rows.counts.min()
    assert 0 < len(pool) < len(rows.counts) / 4


def test_falls_whose_pose_is_taken_away_are_among_the_rows_and_count_less(falls):
    def share_unknown(name, rows):
        return np.isnan(falls.measures[rows, falls.names.index(name)]).mean()

    fell, again = falls.of_fall >= 0, falls.of_fall % 2 == 1
    taken = fell & again
    assert set(falls.counts[fell & ~again].round(6)) == {20.0}
    assert set(falls.counts[taken].round(6)) == {12.0}
    assert share_unknown("lean before", fell & ~again) < 0.2
    assert share_unknown("lean before", taken) < 0.6 < share_unknown("lean", taken)


# --- decoys --------------------------------------------------------------------------------------


def test_a_track_that_passes_to_somebody_else_drops_and_its_foot_may_jump(life):
    found = list(decoys(passing, life[1], 40, np.random.default_rng(1)))
    assert len(found) == 40
    jumps, downs = [], []
    for one in found:
        sights, stature = one.sights, one.drop.stature
        assert (np.diff(sights[:, TIME]) > 0).all()
        at = next(n for n in range(len(sights)) if sights[n, TIME] > one.ages[0][1] - 1.6)
        before, after = sights[at - 6 : at, TOP], sights[at : at + 2, TOP]
        assert after.min() - np.sort(before)[1] >= THRESHOLDS.drop * stature - 1e-9
        jumps.append(abs(sights[at, FOOT] - sights[at - 1, FOOT]) / stature)
        downs.append((sights[at, [TOP, FOOT]] - sights[at - 1, [TOP, FOOT]]).mean() / stature)
    assert np.mean(np.array(jumps) > 0.2) > 0.3
    assert np.median(downs) > 0.15
    assert np.std(downs) > 0.15


def test_who_walks_out_below_is_cut_by_the_border_while_the_top_goes_on_down(life):
    found = list(decoys(walk, life[1], 40, np.random.default_rng(3)))
    assert len(found) == 40
    cut = 0
    for one in found:
        sights, stature = one.sights, one.drop.stature
        top, foot = sights[:, TOP] / stature, sights[:, FOOT] / stature
        assert top[-1] - np.median(top[:8]) > THRESHOLDS.drop
        last = slice(-8, None)
        cut += np.ptp(foot[last]) < 0.08 and foot[last].min() - top[last].max() < 0.8
        assert one.drop.time_s >= 2
    assert 0.25 * len(found) < cut < len(found)
    assert np.mean([any(measured(one)) for one in found]) > 0.9


def test_decoys_count_as_no_fall_and_the_more_the_fewer_they_are(life):
    few, many = Gathering(), Gathering()
    add_decoys(few, life[1], 0.001, 1)
    add_decoys(many, life[1], 0.004, 1)
    few, many = few.all(), many.all()
    assert (few.of_fall == -1).all()
    assert len(many.counts) > 3 * len(few.counts)
    assert set(few.counts.round(6)) == {1000}
    assert many.counts.sum() == pytest.approx(few.counts.sum(), rel=0.3)


def test_of_no_drops_no_decoys_are_made(life):
    assert list(decoys(walk, [], 3, np.random.default_rng(1))) == []
    short = [one for one in life[1] if len(one.sights) <= 60]
    assert list(decoys(passing, short, 3, np.random.default_rng(1))) == []


def test_a_pose_is_taken_away_from_a_time_on_and_the_box_stays(life):
    one = next(one for one in life[1] if np.isfinite(one.sights[:, POSE]).all())
    before = one.sights.copy()
    less = without_pose(one, one.drop.time_s)
    after = one.sights[:, TIME] > one.drop.time_s
    assert np.isnan(less.sights[after, POSE:]).all()
    assert np.isfinite(less.sights[~after, POSE]).all()
    assert np.array_equal(less.sights[:, :POSE], before[:, :POSE])
    assert np.array_equal(one.sights, before, equal_nan=True)


# --- rules and values ----------------------------------------------------------------------------


def test_bins_begin_with_their_bounds_and_what_is_not_known_has_its_own():
    measures = np.array([[1], [2], [nan], [3], [4]], np.float32)
    edges = [np.array([2, 3], np.float32)]
    assert binned(measures, edges).tolist() == [[1, 2, 0, 3, 3]]
    bins = binned(np.arange(4000, dtype=np.float32)[:, None], edges_of(np.arange(4000.0)[:, None]))
    assert np.bincount(bins[0])[1:].tolist() == pytest.approx([100] * 40, abs=1)


def test_a_rule_that_was_planted_is_found(rng):
    measures = rng.normal(size=(20_000, 6)).astype(np.float32)
    measures[rng.random(measures.shape) < 0.2] = nan
    edges = edges_of(measures)
    bins = binned(measures, edges)
    planted = (
        Condition(1, 25, least=True, unseen=False),
        Condition(4, 15, least=False, unseen=True),
    )
    fell = holding(planted, bins)
    slope, bend = np.where(fell, -1.0, 0.05), np.full(len(fell), 0.25)
    assert set(best_rule(bins, slope, bend, np.arange(6))) == set(planted)
    assert not set(best_rule(bins, slope, bend, np.array([0, 2, 3])) or ()) & set(planted)


def test_refitting_finds_the_values_that_the_odds_were_made_of(rng):
    true = np.array([-1.0, 2.0, -0.7, 0.4])
    held = rng.random((3, 50_000)) < [[0.3], [0.5], [0.2]]
    odds = likely(scores_of(held, true))
    counts = rng.uniform(0.5, 2, 50_000)
    found = refitted(held, odds, counts, np.zeros(4), small=0.0)
    assert found == pytest.approx(true, abs=1e-3)
    drawn = (rng.random(50_000) < odds).astype(float)
    assert refitted(held, drawn, counts, np.zeros(4), small=0.0) == pytest.approx(true, abs=0.1)
    small = refitted(held, odds, counts, np.zeros(4), small=1e5)
    assert np.abs(small[1:]).max() < 0.5
    assert counts @ likely(scores_of(held, small)) == pytest.approx(counts @ odds, rel=0.01)


def test_rows_count_as_much_as_they_are_said_to(rng):
    held = rng.random((1, 1000)) < 0.5
    fell = (rng.random(1000) < 0.5).astype(float)
    counts = np.where(fell == held[0], 9.0, 1.0)
    assert refitted(held, fell, counts, np.zeros(2), small=0.0)[1] > 3
    assert abs(refitted(held, fell, np.ones(1000), np.zeros(2), small=0.0)[1]) < 0.5


def test_the_rules_that_matter_are_left(rng):
    held = rng.random((6, 20_000)) < 0.4
    held[5] = rng.random(20_000) < 0.01  # a large value of a rule that hardly ever holds
    true = np.array([-1, 1.5, 0, -1.2, 0, 0.02, 2.0])
    fell = rng.random(20_000) < likely(scores_of(held, true))
    of_fall = np.where(fell, np.arange(20_000), -1)
    rows = Examples((), np.zeros((20_000, 0), np.float32), of_fall, np.full(20_000, 20.0))
    steps = []
    left, values = pruned(rows, held, true, 2, steps.append)
    assert sorted(left) == [0, 2]
    assert dict(zip(left.tolist(), values[1:], strict=True)) == pytest.approx(
        {0: 1.5, 2: -1.2}, abs=0.3
    )
    assert steps == ["rules: 6", "rules: 4", "rules: 2"]


# --- the table -----------------------------------------------------------------------------------

NAMES = ("flat", "lean", "top speed")
EDGES = [np.array(edges, np.float32) for edges in ([-0.001, 0.333], [10.4, 80.6], [0.5])]


def at_least(measure, number, *, unseen=False):
    return Condition(measure, number, least=True, unseen=unseen)


def below(measure, number, *, unseen=False):
    return Condition(measure, number, least=False, unseen=unseen)


def table(*rules):
    return table_of(rules, NAMES, EDGES)


def test_bounds_are_rounded_and_an_angle_to_whole_degrees():
    assert table(((at_least(0, 2), below(1, 2, unseen=True)), 0.5)) == (
        "+10  flat >= 0.33, lean < 81 ?\n"
    )
    assert table(((below(0, 1),), -0.5)) == "-10  flat < 0\n"


def test_rules_with_the_same_signs_become_one_and_those_without_points_go():
    assert (
        table(
            ((below(1, 1),), -0.2),
            ((at_least(0, 2), below(2, 1)), 0.5),
            ((below(2, 1), at_least(0, 2)), 0.3),
            ((at_least(1, 1),), 0.02),
            ((at_least(2, 1),), 0.9),
            ((at_least(2, 1),), -0.9),
        )
        == "+16  flat >= 0.33, top speed < 0.5\n-4  lean < 10\n"
    )


def test_what_is_only_known_or_not_known_is_said_so():
    assert table(((below(2, 2),), 1)) == "+20  top speed seen\n"
    assert table(((at_least(2, 2, unseen=True),), 1)) == "+20  top speed unseen\n"
    known = (below(0, 3), below(0, 2, unseen=True))
    assert table((known, 1)) == "+20  flat < 0.33\n"


def test_two_conditions_on_a_measure_are_as_narrow_as_both():
    both = (at_least(0, 1, unseen=True), below(0, 2, unseen=True), at_least(2, 1))
    assert table((both, 1)) == "+20  flat >= 0 ?, flat < 0.33 ?, top speed >= 0.5\n"
    assert table(((below(1, 2), below(1, 1)), 1)) == "+20  lean < 10\n"


def test_signs_hold_where_the_conditions_did(rng):
    measures = rng.choice([nan, -0.5, 0.2, 0.4, 30.0, 90.0], size=(300, 3)).astype(np.float32)
    bins = binned(measures, EDGES)
    for _ in range(60):
        rule = tuple(
            Condition(int(m), int(rng.integers(1, len(EDGES[m]) + 1)), *(rng.random(2) < 0.5))
            for m in rng.integers(0, 3, 3)
        )
        (told,) = rules_of(table((rule, 1.0)))
        said = [
            points_of(dict(zip(NAMES, row, strict=True)), [told]) > 0 for row in measures.tolist()
        ]
        assert said == holding(rule, bins).tolist()
