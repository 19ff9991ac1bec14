"""Bring a database to the present schema. Imports alembic, which takes a second."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def migrate(connection: Connection, steps: str, to: str) -> None:
    """Run the steps of `catalogue_steps` or `keys_steps` that are still missing.

    The connection's open transaction holds all of them or none.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / steps))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)
