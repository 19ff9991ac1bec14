"""The folder of a vault and its databases: whole, ours, and of this version, or refused."""

import os
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import text

from vault_house import (
    NOW,
    PASSPHRASE,
    everything,
    make_vault,
    new_vault,
    open_vault,
)
from yingbi.db import database, schema
from yingbi.errors import (
    NoVaultError,
    ReadWriteError,
    SealBrokenError,
    VaultExistsError,
    VaultLockedError,
    VaultTooNewError,
)
from yingbi.store.erase import Settled, settle
from yingbi.store.folder import VaultFolder


@pytest.fixture
def vault(tmp_path):
    return new_vault(tmp_path / "vault")


def test_settling_touches_no_stranger(vault):
    stranger = vault / "objects" / "aa" / "notes.txt"
    stranger.parent.mkdir()
    stranger.write_text("mine")
    with open_vault(vault) as house:
        house.rooms.shelf.mark()
        assert settle(house.rooms, now=NOW) == Settled()
        assert house.rooms.shelf.marks() == []
    assert stranger.read_text() == "mine"


def test_a_folder_with_other_files_does_not_become_a_vault(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(VaultExistsError):
        make_vault(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_vault_is_not_made_over_a_vault(vault):
    before = (vault / "keystore").read_bytes()
    with pytest.raises(VaultExistsError):
        make_vault(vault)
    assert (vault / "keystore").read_bytes() == before


def test_a_vault_that_was_never_finished_is_made_again(tmp_path):
    path = make_vault(tmp_path / "v")
    (path / "vault.json").rename(path / ".vault.json")
    (path / "catalogue.db-journal").touch()
    with pytest.raises(NoVaultError), open_vault(path):
        pass
    with open_vault(make_vault(path)) as house:
        assert house.boxes.boxes() == []


@pytest.mark.parametrize("lost", [("vault.json",), ("vault.json", "catalogue.db"), ()])
def test_keys_that_could_matter_are_never_cleared_away(vault, lost):
    for name in lost:
        (vault / name).unlink()
    before = everything(vault)
    with pytest.raises(VaultExistsError):
        make_vault(vault)
    assert everything(vault) == before


@pytest.mark.parametrize(
    "name",
    ["keystore.jks", "lock.pdf", "objects_x", "keys.db.bak", "catalogue.db-old"],
)
@pytest.mark.parametrize("beside", [None, ".vault.json"])
def test_a_file_whose_name_begins_like_ours_is_left_alone(tmp_path, name, beside):
    (tmp_path / name).write_text("mine")
    if beside:
        (tmp_path / beside).touch()
    with pytest.raises(VaultExistsError):
        make_vault(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["lock", "objects"])
def test_a_file_in_the_place_of_lock_or_objects_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(VaultExistsError):
        make_vault(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": 1}',
        "\0",
        '{"format": "x"}',
        "[" * 4000,
        "[" * 100_000,
        '{"format": 1, "pad": "' + "x" * 10_000 + '"}',
    ],
    ids=range(9),
)
def test_a_vault_json_of_nonsense_is_told(vault, content):
    (vault / "vault.json").write_text(content)
    with pytest.raises(SealBrokenError):
        VaultFolder.open(vault)


def test_a_vault_json_of_an_unknown_suite_is_told(vault):
    written = (vault / "vault.json").read_text()
    (vault / "vault.json").write_text(written.replace('"intl"', '"rot13"'))
    with pytest.raises(SealBrokenError):
        VaultFolder.open(vault)


def test_a_vault_of_a_later_program_is_refused_in_one_line(vault):
    written = (vault / "vault.json").read_text()
    (vault / "vault.json").write_text(written.replace('"format": 1', '"format": 2'))
    with pytest.raises(VaultTooNewError):
        VaultFolder.open(vault)
    (vault / "vault.json").write_text(written)
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(VaultTooNewError), open_vault(vault):
        pass


@pytest.mark.parametrize("name", ["catalogue.db", "keys.db"])
@pytest.mark.parametrize("damage", ["gone", "noise", "cut", "emptied"])
def test_a_damaged_database_is_told(vault, name, damage):
    with open_vault(vault) as house:
        house.protect(house.new_box())
    path = vault / name
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"noise": os.urandom(8192), "cut": content[:5000], "emptied": b""}[damage])

    def use():
        with open_vault(vault) as house:
            house.rooms.catalogue.find()
            house.boxes.boxes()

    with pytest.raises((SealBrokenError, ReadWriteError)):
        use()


def test_the_steps_of_the_schema_lead_to_the_tables_in_use(vault):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    for name, tables in (
        ("catalogue.db", schema.catalogue_tables),
        ("keys.db", schema.keys_tables),
    ):
        engine = create_engine(f"sqlite:///{vault / name}")
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), tables) == []
        engine.dispose()


@pytest.mark.parametrize("name", ["catalogue.db", "keys.db"])
@pytest.mark.parametrize(
    "planted",
    [
        "CREATE TRIGGER t AFTER INSERT ON {table} BEGIN DELETE FROM {table}; END",
        "CREATE TEMP TABLE z(a); CREATE VIEW v AS SELECT * FROM {table}",
        "CREATE TABLE extra(a)",
        "CREATE INDEX extra ON {table}(controller_id)",
        "DROP INDEX {index}",
        "ALTER TABLE {table} RENAME TO t; CREATE VIEW {table} AS SELECT * FROM t",
        "UPDATE alembic_version SET version_num='0000'",
        "UPDATE alembic_version SET version_num='abc'",
        "UPDATE alembic_version SET version_num='zzzz'",
        "UPDATE alembic_version SET version_num=x'30303031'",
        "UPDATE alembic_version SET version_num=''",
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('0000')",
        "DROP TABLE alembic_version",
    ],
)
def test_a_schema_with_anything_more_or_less_is_refused(vault, name, planted):
    catalogue = name == "catalogue.db"
    table = "erasures" if catalogue else "epochs"
    index = "ix_objects_box_id_object_id" if catalogue else "ix_lock_pages_group_tag"
    with sqlite3.connect(vault / name) as db:
        db.executescript(planted.format(table=table, index=index))
    with pytest.raises(SealBrokenError, match=name), open_vault(vault):
        pass


def test_rows_that_do_not_fit_each_other_are_damage(vault):
    with open_vault(vault) as house:
        box = house.new_box()
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("DELETE FROM boxes")
    with open_vault(vault) as house, pytest.raises(SealBrokenError, match="damaged"):
        house.protect(box)


def test_every_row_carries_its_controller():
    for tables in (schema.catalogue_tables, schema.keys_tables):
        for table in tables.sorted_tables:
            assert "controller_id" in table.columns, table.name


def test_a_new_vault_opens_without_alembic(vault):
    probe = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from vault_house import open_vault
with open_vault(Path({str(vault)!r})) as house:
    house.boxes.boxes()
assert "sqlalchemy" in sys.modules
assert "alembic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", probe], check=True)


def test_databases_keep_what_they_promise(vault):
    with open_vault(vault) as house:
        for kept in (house.rooms.catalogue_db, house.rooms.keys_db):
            with kept.read() as unit:
                found = {
                    name: unit.one(text(f"PRAGMA {name}"))[0]
                    for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
                }
            assert found == {
                "journal_mode": "wal",
                "synchronous": 2,
                "secure_delete": 1,
                "foreign_keys": 1,
            }


def test_a_second_writer_waits_before_it_reads_and_then_is_told(vault, monkeypatch):
    monkeypatch.setattr(database, "BUSY_S", 0.1)
    with open_vault(vault) as first, open_vault(vault) as second:

        def write():
            with second.rooms.keys_db.begin():
                pass

        with first.rooms.keys_db.begin(), pytest.raises(VaultLockedError):
            write()
        write()


def test_a_view_cannot_write(vault):
    def write(opened):
        with opened.read() as unit:
            unit.run(schema.boxes.delete())

    with open_vault(vault) as house:
        box = house.new_box()
        with pytest.raises(ReadWriteError):
            write(house.rooms.catalogue_db)
        assert house.boxes.boxes() == [box]


def test_no_passphrase_is_in_any_file(vault):
    content = b"".join(path.read_bytes() for path in vault.rglob("*") if path.is_file())
    assert PASSPHRASE not in content
