"""Alembic's way in: runs the revisions on the connection that `callcrm.store.migrate` hands over."""

from alembic import context

from callcrm.store.migrate import OPTIONS

context.configure(connection=context.config.attributes["connection"], **OPTIONS)
with context.begin_transaction():
    context.run_migrations()
