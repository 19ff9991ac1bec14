"""Epoch keys are wrapped by the lock-store key as well, so that replacing it destroys old copies."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; null says: wrapped by the box's KEK alone, as before."""
    op.add_column("epochs", sa.Column("lock_store_id", sa.LargeBinary()))
    # a page is deleted with its places, and both are looked up by the page among millions
    op.create_index("ix_lock_places_page_id", "lock_places", ["page_id"])
