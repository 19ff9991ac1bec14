"""The bench of the vault measures the product's own roads, and small sizes run through all of them."""

import sys

import pytest

from yingbi.bench import vault
from yingbi.bench.rotation import rotation
from yingbi.bench.row import Row
from yingbi.bench.seek import seek
from yingbi.bench.vault import against_age, ratios, side_by_side


def test_both_suites_are_compared_with_their_own_ciphers():
    rows = {row.key: row for row in ratios(200_000, 1)}
    for name in ("intl", "sm"):
        for key in ("seal", "seal-plain", "seal-aead", "open", "open-plain"):
            assert rows[f"vault-{key}-{name}"].value > 0
        for key in ("seal", "open"):
            row = rows[f"vault-{key}-ratio-{name}"]
            assert (row.goal, row.at_least) == (0.7, True)
            plain, ours = rows[f"vault-{key}-plain-{name}"], rows[f"vault-{key}-{name}"]
            assert row.value == pytest.approx(ours.value / plain.value)


def test_works_run_in_turn_and_the_first_turn_does_not_count():
    order = []
    works = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    taken = side_by_side(works, 2)
    assert order == ["a", "b"] * 3
    assert taken["a"].clock > 0


def test_a_file_goes_through_age_and_through_us():
    rows = {row.key: row.value for row in against_age(1 << 20, 1)}
    ratio = rows["vault-file-seal"] / rows["vault-age-seal"]
    assert rows["vault-age-seal-ratio"] == pytest.approx(ratio)
    assert rows["vault-age-open-ratio"] > 0


def test_without_pyrage_the_table_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyrage", None)
    (row,) = against_age(1 << 20, 1)
    assert row.value is None
    assert "pyrage" in row.note


def test_seeks_are_timed_and_what_they_bring_is_compared():
    rows = {row.key: row for row in seek(3 << 20, 4)}
    assert rows["vault-seek-intl"].goal == 10
    assert 0 < rows["vault-seek-intl"].value <= rows["vault-seek-p95-intl"].value
    assert rows["vault-seek-cpu-sm"].value > 0


def test_a_goal_that_is_a_least_says_so():
    assert "least" in Row("a", "a", 0.8, "", 0.7, at_least=True).cells()[2]
    assert "most" in Row("a", "a", 0.8, "", 0.7).cells()[2]
    assert vault.RATIO_GOAL == 0.7


def test_sm_locks_are_measured_beside_the_encryption_of_libgcrypt():
    few = {"intl": 40, "sm": 40}
    rows = {row.key: row for row in rotation(boxes=2, days=2, locks=few)}
    ratio, theirs = rows["rotate-libgcrypt-ratio-sm"], rows["rotate-libgcrypt-sm"].value
    assert ratio.value == pytest.approx(rows["rotate-locks-sm"].value / theirs)
    assert (ratio.goal, ratio.at_least) == (0.8, True)
    assert (rows["rotate-locks-intl"].goal, rows["rotate-locks-intl"].at_least) == (2000, True)
