"""Alembic's entry: the migrations run on the connection that ``store.opening`` hands over."""

from alembic import context

from rungbell.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
