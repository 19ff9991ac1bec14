"""Nothing changes here: both databases of a vault go by one number."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Leave every table as it is."""
