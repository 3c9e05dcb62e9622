"""Alembic's way in: on the connection that `run` gives it."""

from alembic import context

from middleware.models.base import Registry

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Registry.metadata,
    render_as_batch=True,
)
context.run_migrations()
