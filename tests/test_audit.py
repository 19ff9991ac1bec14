"""The log: what was written stays, and whatever is altered is found."""

import json
import shutil
import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_house import NOW, make_vault, open_vault, undone
from yingbi.audit.tree import Tree
from yingbi.crypto.merkle import leaf_hash, root
from yingbi.crypto.suite import suite
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import LogBrokenError

ENTRIES = 9


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = make_vault(tmp_path_factory.mktemp("log") / "vault")
    with open_vault(path) as house:
        for number in range(ENTRIES):
            at = NOW + timedelta(minutes=number)
            house.log.record(
                Deed(Action.OPENED, at, object_id=new_id(), purpose=f"secretly {number}")
            )
    return path


@pytest.fixture
def vault(written, tmp_path):
    return shutil.copytree(written, tmp_path / "vault")


def change(vault, *statements):
    with sqlite3.connect(vault / "catalogue.db") as db:
        for statement in statements:
            db.execute(statement)


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_a_tree_that_grows_has_the_root_of_the_whole(leaves):
    chosen = suite("intl")
    tree = Tree(chosen)
    for leaf in leaves:
        tree = Tree(chosen, tree.size, tree.frontier)  # as it is read back for each append
        tree.add(leaf)
    assert tree.root() == root(chosen, [leaf_hash(chosen, leaf) for leaf in leaves])


def test_a_tree_refuses_a_frontier_of_another_size():
    with pytest.raises(ValueError, match="frontier"):
        Tree(suite("intl"), 3, bytes(32))


@pytest.mark.parametrize("name", ["intl", "sm"])
def test_deeds_come_back_in_order_and_verify(tmp_path, name):
    deeds = [
        Deed(Action.VAULT_MADE, NOW),
        Deed(Action.GRANTED, NOW, new_id(), new_id(), "for Anna 审计", {"raw": "ab"}, {"n": "1"}),
    ]
    with open_vault(make_vault(tmp_path / "v", name)) as house:
        assert house.log.head() is None
        assert house.log.verify() == 0
        assert [house.log.record(deed) for deed in deeds] == [0, 1]
    with open_vault(tmp_path / "v") as house:
        assert [entry.deed for entry in house.log.entries()] == deeds
        assert house.log.verify() == 2
        assert house.log.head().size == 2


def test_an_entry_is_part_of_its_transaction(vault):
    with open_vault(vault) as house:
        with undone(house.rooms.catalogue_db) as unit:
            house.log.append(unit, Deed(Action.OPENED, NOW))
        assert house.log.verify() == ENTRIES


def test_purposes_are_sealed_and_all_of_one_length(vault):
    with open_vault(vault) as house:
        house.log.record(Deed(Action.OPENED, NOW, purpose="x" * 100))
        assert [e.deed.purpose for e in house.log.entries()][:2] == [
            "secretly 0",
            "secretly 1",
        ]
    with sqlite3.connect(vault / "catalogue.db") as db:
        rows = [json.loads(row[0]) for row in db.execute("SELECT entry FROM log")]
    assert b"secretly" not in (vault / "catalogue.db").read_bytes()
    assert len({len(row["purpose"]) for row in rows}) == 1


@pytest.mark.parametrize("sequence", range(ENTRIES))
def test_a_changed_entry_is_found_and_named(vault, sequence):
    altered = "CAST(replace(CAST(entry AS TEXT),'opened','erased') AS BLOB)"
    change(vault, f"UPDATE log SET entry={altered} WHERE sequence={sequence}")
    with open_vault(vault) as house, pytest.raises(LogBrokenError, match=f"entry {sequence} "):
        house.log.verify()


@pytest.mark.parametrize("sequence", range(ENTRIES))
def test_a_removed_entry_is_found_and_named(vault, sequence):
    change(vault, f"DELETE FROM log WHERE sequence={sequence}")
    named = f"entry {sequence} " if sequence < ENTRIES - 1 else "its state says"
    with open_vault(vault) as house, pytest.raises(LogBrokenError, match=named):
        house.log.verify()


@pytest.mark.parametrize("sequence", range(ENTRIES - 1))
def test_a_removed_entry_is_found_when_the_rest_is_renumbered(vault, sequence):
    change(
        vault,
        f"DELETE FROM log WHERE sequence={sequence}",
        f"UPDATE log SET sequence=-sequence WHERE sequence>{sequence}",
        "UPDATE log SET sequence=-sequence-1 WHERE sequence<0",
    )
    with open_vault(vault) as house, pytest.raises(LogBrokenError, match=f"entry {sequence} "):
        house.log.verify()


@pytest.mark.parametrize("columns", [("entry",), ("entry", "root", "signature")])
def test_two_entries_in_another_order_are_found(vault, columns):
    with sqlite3.connect(vault / "catalogue.db") as db:
        names = ", ".join(columns)
        rows = [
            db.execute(f"SELECT {names} FROM log WHERE sequence={n}").fetchone() for n in (3, 5)
        ]
        assigned = ", ".join(f"{column}=?" for column in columns)
        for number, row in zip((5, 3), rows, strict=True):
            db.execute(f"UPDATE log SET {assigned} WHERE sequence={number}", row)
    with open_vault(vault) as house, pytest.raises(LogBrokenError, match="entry 3 "):
        house.log.verify()


@pytest.mark.parametrize("column", ["root", "signature"])
def test_a_changed_head_is_found(vault, column):
    change(vault, f"UPDATE log SET {column}=zeroblob(length({column})) WHERE sequence=4")
    with open_vault(vault) as house, pytest.raises(LogBrokenError, match="entry 4 "):
        house.log.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_state",
        "DELETE FROM log",
        "UPDATE log_state SET frontier=zeroblob(length(frontier))",
        "UPDATE log_state SET size=size+1",
        f"DELETE FROM log WHERE sequence={ENTRIES - 1}",
    ],
)
def test_nothing_is_built_upon_a_log_that_was_cut(vault, statement):
    change(vault, statement)
    with open_vault(vault) as house:
        with pytest.raises(LogBrokenError):
            house.log.verify()
        with pytest.raises(LogBrokenError):
            house.log.record(Deed(Action.OPENED, NOW))


@pytest.mark.parametrize("size", [ENTRIES, -2])
def test_no_new_head_is_signed_over_a_past_that_was_rewritten_with_a_fitting_state(vault, size):
    tree = Tree(suite("intl"))
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("DELETE FROM log WHERE sequence=4")
        db.execute("UPDATE log SET sequence=sequence-1 WHERE sequence>4")
        for (entry,) in db.execute("SELECT entry FROM log ORDER BY sequence").fetchall():
            tree.add(entry)
        frontier, root_ = tree.frontier, tree.root()
        last = tree.size - 1
        if size < 0:  # a size that no tree has, with one peak and a root that fits it
            db.execute("DELETE FROM log WHERE sequence<?", (last,))
            db.execute("UPDATE log SET sequence=? WHERE sequence=?", (size - 1, last))
            frontier, last = root_, size - 1
        db.execute("UPDATE log SET root=? WHERE sequence=?", (root_, last))
        db.execute("UPDATE log_state SET size=?, frontier=?", (last + 1, frontier))
    with open_vault(vault) as house, pytest.raises(LogBrokenError):
        house.log.record(Deed(Action.OPENED, NOW))


def test_an_entry_of_another_vault_does_not_pass(vault, tmp_path):
    other = make_vault(tmp_path / "other")
    with open_vault(other) as house:
        house.log.record(Deed(Action.OPENED, NOW))
    with sqlite3.connect(other / "catalogue.db") as db:
        row = db.execute("SELECT entry, root, signature FROM log").fetchone()
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("UPDATE log SET entry=?, root=?, signature=? WHERE sequence=0", row)
    with open_vault(vault) as house, pytest.raises(LogBrokenError, match="entry 0 "):
        house.log.verify()


def test_a_log_cut_at_its_end_with_a_fitting_state_is_known_by_its_head_alone(vault):
    """The named limit: such a log verifies, and only a head kept elsewhere tells."""
    tree = Tree(suite("intl"))
    with open_vault(vault) as house:
        kept = house.log.verified_head()
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute(f"DELETE FROM log WHERE sequence={ENTRIES - 1}")
        for (entry,) in db.execute("SELECT entry FROM log ORDER BY sequence").fetchall():
            tree.add(entry)
        db.execute("UPDATE log_state SET size=?, frontier=?", (tree.size, tree.frontier))
    with open_vault(vault) as house:
        cut = house.log.verified_head()
    assert (kept.size, cut.size) == (ENTRIES, ENTRIES - 1)
    assert kept.root != cut.root


def test_an_entry_that_is_nested_too_deep_is_told(vault):
    deep = "[" * 200_000
    change(vault, f"UPDATE log SET entry=CAST('{deep}' AS BLOB) WHERE sequence=0")
    with open_vault(vault) as house, pytest.raises(LogBrokenError):
        list(house.log.entries())
