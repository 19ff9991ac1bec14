"""The first tables of keys.db."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "box_keys",
        sa.Column("box_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_kek", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_signer", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "epochs",
        sa.Column("box_id", sa.LargeBinary(), sa.ForeignKey("box_keys.box_id"), primary_key=True),
        sa.Column("epoch", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("retention", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "lock_pages",
        sa.Column("page_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("group_tag", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("lock_store_id", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_lock_pages_group_tag", "lock_pages", ["group_tag"])
    op.create_table(
        "lock_places",
        sa.Column("object_id", sa.LargeBinary(), primary_key=True),
        sa.Column("page_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["lock_pages.page_id"]),
        sqlite_strict=True,
    )
