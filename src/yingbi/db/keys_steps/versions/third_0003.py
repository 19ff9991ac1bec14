"""The index of events: its sealed pages, and the objects that are still to be read into it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both tables; everything that has locks waits to be read at the first query."""
    op.create_table(
        "index_pages",
        sa.Column("page_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("retention", sa.Integer(), nullable=False),
        sa.Column("lock_store_id", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_index_pages_box_id_epoch_retention", "index_pages", ["box_id", "epoch", "retention"]
    )
    op.create_table(
        "index_waiting",
        sa.Column("object_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO index_waiting (object_id, controller_id, generation)"
        " SELECT object_id, controller_id, randomblob(16)"
        " FROM (SELECT DISTINCT object_id, controller_id FROM lock_places)"
    )
