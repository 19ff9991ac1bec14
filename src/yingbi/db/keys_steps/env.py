"""Where alembic enters: it runs the steps on the connection handed to it."""

from alembic import context

from yingbi.db.schema import keys_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=keys_tables,
    transactional_ddl=False,  # the unit of work around it is the transaction
)
context.run_migrations()
