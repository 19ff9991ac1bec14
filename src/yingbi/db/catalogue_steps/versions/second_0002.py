"""Holds, subjects with their consents and appearances, devices, backups; final receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what is new; no row that is there changes."""
    op.add_column("erasures", sa.Column("promised_at", sa.Text()))
    op.add_column("erasures", sa.Column("final_at", sa.Text()))
    op.drop_index("ix_objects_box_id", "objects")
    op.create_index("ix_objects_box_id_object_id", "objects", ["box_id", "object_id"])
    _of_boxes()
    _of_subjects()
    _backups()


def _of_boxes() -> None:
    op.create_table(
        "dying_locks",
        sa.Column("object_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("segment_ids", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.LargeBinary(), sa.ForeignKey("boxes.box_id"), nullable=False),
        sa.Column("object_id", sa.LargeBinary()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_holds_object_id", "holds", ["object_id"])
    op.create_table(
        "devices",
        sa.Column("device_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("box_id", sa.LargeBinary(), sa.ForeignKey("boxes.box_id"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_devices_box_id", "devices", ["box_id"])


def _of_subjects() -> None:
    op.create_table(
        "subjects",
        sa.Column("subject_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    whose = sa.ForeignKey("subjects.subject_id")
    op.create_table(
        "consents",
        sa.Column("consent_id", sa.LargeBinary(), primary_key=True),
        sa.Column("subject_id", sa.LargeBinary(), whose, nullable=False),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_consents_subject_id", "consents", ["subject_id"])
    op.create_table(
        "appearances",
        sa.Column("appearance_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("subject_tag", sa.LargeBinary(), nullable=False),
        sa.Column("object_tag", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    for tag in ("subject_tag", "object_tag"):
        op.create_index(f"ix_appearances_{tag}", "appearances", [tag])


def _backups() -> None:
    op.create_table(
        "backups",
        sa.Column("backup_id", sa.LargeBinary(), primary_key=True),
        sa.Column("controller_id", sa.LargeBinary(), nullable=False),
        sa.Column("lock_store_id", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.Text()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
