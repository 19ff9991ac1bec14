"""The tables of a vault's two databases, as they are now.

The steps that lead here from any older vault stand in `catalogue_steps` and
`keys_steps`; a test holds both descriptions to each other. Every row carries
the controller that it belongs to. The tables are strict: whoever edits the
file can put no text where bytes belong.

Clause: 6.1-2.
"""

from typing import NamedTuple

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from yingbi.db.id_column import Id

catalogue_tables = MetaData()
keys_tables = MetaData()

boxes = Table(
    "boxes",
    catalogue_tables,
    Column("box_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

objects = Table(
    "objects",
    catalogue_tables,
    Column("object_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("box_id", Id, ForeignKey("boxes.box_id"), nullable=False),
    Column("level", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("retention", Integer, nullable=False),
    Column("sealed_info", LargeBinary, nullable=False),
    # both: a page of a box among a million objects is read in order, never sorted
    Index("ix_objects_box_id_object_id", "box_id", "object_id"),
    sqlite_strict=True,
)

parts = Table(
    "parts",
    catalogue_tables,
    Column("object_id", Id, ForeignKey("objects.object_id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("file_name", Text, nullable=False, unique=True),
    Column("segments", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("final_seal", LargeBinary, nullable=False),
    Column("sealed_index", LargeBinary, nullable=False),
    sqlite_strict=True,
)

erasures = Table(
    "erasures",
    catalogue_tables,
    Column("object_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("box_id", Id, nullable=False),
    Column("intended_at", Text, nullable=False),
    Column("erased_at", Text),
    Column("lock_store_id", LargeBinary, nullable=False),
    Column("promised_at", Text),
    Column("final_at", Text),
    sqlite_strict=True,
)

dying_locks = Table(
    "dying_locks",
    catalogue_tables,
    Column("object_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("segment_ids", LargeBinary, nullable=False),
    sqlite_strict=True,
)

holds = Table(
    "holds",
    catalogue_tables,
    Column("hold_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("box_id", Id, ForeignKey("boxes.box_id"), nullable=False),
    Column("object_id", Id, index=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

subjects = Table(
    "subjects",
    catalogue_tables,
    Column("subject_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

consents = Table(
    "consents",
    catalogue_tables,
    Column("consent_id", Id, primary_key=True),
    Column("subject_id", Id, ForeignKey("subjects.subject_id"), nullable=False, index=True),
    Column("controller_id", Id, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

appearances = Table(
    "appearances",
    catalogue_tables,
    Column("appearance_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("subject_tag", LargeBinary, nullable=False, index=True),
    Column("object_tag", LargeBinary, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

devices = Table(
    "devices",
    catalogue_tables,
    Column("device_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("box_id", Id, ForeignKey("boxes.box_id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

backups = Table(
    "backups",
    catalogue_tables,
    Column("backup_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("lock_store_id", LargeBinary, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("deleted_at", Text),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

log = Table(
    "log",
    catalogue_tables,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("controller_id", Id, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    sqlite_strict=True,
)

log_state = Table(
    "log_state",
    catalogue_tables,
    Column("controller_id", Id, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    sqlite_strict=True,
)

box_keys = Table(
    "box_keys",
    keys_tables,
    Column("box_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("wrapped_kek", LargeBinary, nullable=False),
    Column("sealed_signer", LargeBinary, nullable=False),
    sqlite_strict=True,
)

epochs = Table(
    "epochs",
    keys_tables,
    Column("box_id", Id, ForeignKey("box_keys.box_id"), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("retention", Integer, primary_key=True, autoincrement=False),
    Column("controller_id", Id, nullable=False),
    Column("key_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("sealed_private", LargeBinary, nullable=False),
    Column("lock_store_id", LargeBinary),
    sqlite_strict=True,
)

lock_pages = Table(
    "lock_pages",
    keys_tables,
    Column("page_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("group_tag", LargeBinary, nullable=False, index=True),
    Column("entries", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("lock_store_id", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_strict=True,
)

lock_places = Table(
    "lock_places",
    keys_tables,
    Column("object_id", Id, primary_key=True),
    Column("page_id", Id, primary_key=True, index=True),
    Column("controller_id", Id, nullable=False),
    ForeignKeyConstraint(["page_id"], ["lock_pages.page_id"]),
    sqlite_strict=True,
)

index_pages = Table(
    "index_pages",
    keys_tables,
    Column("page_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    Column("box_id", Id, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("retention", Integer, nullable=False),
    Column("lock_store_id", LargeBinary, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_index_pages_box_id_epoch_retention", "box_id", "epoch", "retention"),
    sqlite_strict=True,
)

index_waiting = Table(
    "index_waiting",
    keys_tables,
    Column("object_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    # random, and another whenever the object is to be read anew
    Column("generation", LargeBinary, nullable=False),
    sqlite_strict=True,
)


class Tables(NamedTuple):
    """The tables of one database, and the last of the steps that lead to them."""

    metadata: MetaData
    head: str


CATALOGUE = Tables(catalogue_tables, "0003")
KEYS = Tables(keys_tables, "0003")


def names(tables: Tables) -> set[tuple[str, str]]:
    """Return the kind and name of everything in a database of these tables, SQLite's own too."""
    found = {("table", "alembic_version"), ("index", "sqlite_autoindex_alembic_version_1")}
    for table in tables.metadata.sorted_tables:
        found.add(("table", table.name))
        found |= {("index", str(index.name)) for index in table.indexes}
        found |= {("index", f"sqlite_autoindex_{table.name}_{n}") for n in _own_indexes(table)}
    return found


def _own_indexes(table: Table) -> range:
    """Return the numbers of the indexes that SQLite makes for keys and unique columns."""
    key = list(table.primary_key.columns)
    rows_by_number = len(key) == 1 and isinstance(key[0].type, Integer)
    return range(1, 1 + (not rows_by_number) + sum(bool(c.unique) for c in table.columns))
