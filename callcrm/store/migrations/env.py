"""Alembic's entry point: runs the revisions on the connection of `callcrm.store.migrate`."""

from alembic import context

from callcrm.store.migrate import OPTIONS

context.configure(connection=context.config.attributes["connection"], **OPTIONS)
with context.begin_transaction():
    context.run_migrations()
