"""What a stranger with write access to the whole folder does to it: each attempt edits a copy.

An attempt takes the scene, the copy it may edit, and another vault of the same suite.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

from attack_house import Scene, edited
from yingbi.domain.ids import new_id

Attempt = Callable[[Scene, Path, Scene], None]
ATTEMPTS: dict[str, Attempt] = {}
HARMLESS: set[str] = set()
"""Attempts that change nothing of what the owner gets, and need not be told."""


def attempt(name: str, *, harmless: bool = False):
    def keep(do: Attempt) -> Attempt:
        assert name not in ATTEMPTS
        ATTEMPTS[name] = do
        if harmless:
            HARMLESS.add(name)
        return do

    return keep


def body_of(vault: Path, object_id: UUID, kind: str) -> Path:
    with closing(sqlite3.connect(vault / "catalogue.db")) as db:
        ((name,),) = db.execute(
            "SELECT file_name FROM parts WHERE object_id = ? AND kind = ?", (object_id.bytes, kind)
        ).fetchall()
    return vault / "objects" / name


# --- rows -------------------------------------------------------------------


def rows(name: str, database: str, *statements: str, harmless: bool = False) -> None:
    """An attempt in SQL; :first, :second, :other, :erased, :hall, :yard, :ada, :bea are ids."""

    @attempt(name, harmless=harmless)
    def do(scene: Scene, vault: Path, other: Scene) -> None:
        ids = {
            "first": scene.first, "second": scene.second, "other": scene.other,
            "erased": scene.erased, "hall": scene.hall.box_id, "yard": scene.yard.box_id,
            "ada": scene.people[0], "bea": scene.people[1], "new": new_id(),
            "their_first": other.first, "their_hall": other.hall.box_id,
        }  # fmt: skip
        given = {key: value.bytes for key, value in ids.items()}
        with edited(vault, database) as db:
            for nick, path in (("old", scene.before), ("their", other.vault)):
                db.execute(f"ATTACH '{path / database}' AS {nick}")
            changed = 0
            for statement in statements:
                changed += db.execute(statement, given).rowcount
            assert changed > 0, f"{name} changed nothing"
            db.commit()


def swap(table: str, column: str, key: str, one: str, two: str) -> str:
    """SQL that swaps a column between two rows."""
    return (
        f"UPDATE {table} SET {column} = (SELECT x.{column} FROM {table} AS x WHERE x.{key} ="
        f" CASE {table}.{key} WHEN {one} THEN {two} ELSE {one} END) WHERE {key} IN ({one}, {two})"
    )


CAT, KEYS = "catalogue.db", "keys.db"
