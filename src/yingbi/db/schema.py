"""The tables of a vault's two databases, as they are now.

The steps that lead here from any older vault stand in `catalogue_steps` and
`keys_steps`; a test holds both descriptions to each other. Every row carries
the controller that it belongs to. The tables are strict: whoever edits the
file can put no text where bytes belong.

Clause: 6.1-2.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from yingbi.db.id_column import Id

CATALOGUE_HEAD = "0001"
KEYS_HEAD = "0001"

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
    Column("box_id", Id, ForeignKey("boxes.box_id"), nullable=False, index=True),
    Column("level", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("retention", Integer, nullable=False),
    Column("sealed_info", LargeBinary, nullable=False),
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
    Column("page_id", Id, primary_key=True),
    Column("controller_id", Id, nullable=False),
    ForeignKeyConstraint(["page_id"], ["lock_pages.page_id"]),
    sqlite_strict=True,
)
