"""The first tables of catalogue.db."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _boxes_and_objects()
    _erasures_and_log()


def _boxes_and_objects() -> None:
    op.create_table(
        "boxes",
        sa.Column("box_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "objects",
        sa.Column("object_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.LargeBinary(), sa.ForeignKey("boxes.box_id"), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("retention", sa.Integer(), nullable=False),
        sa.Column("sealed_info", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_objects_box_id", "objects", ["box_id"])
    op.create_table(
        "parts",
        sa.Column(
            "object_id", sa.LargeBinary(), sa.ForeignKey("objects.object_id"), primary_key=True
        ),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False, unique=True),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("final_seal", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_index", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )


def _erasures_and_log() -> None:
    op.create_table(
        "erasures",
        sa.Column("object_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.LargeBinary(), nullable=False),
        sa.Column("intended_at", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.Text()),
        sa.Column("lock_store_id", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "log",
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "log_state",
        sa.Column("controller_id", sa.LargeBinary(), primary_key=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
