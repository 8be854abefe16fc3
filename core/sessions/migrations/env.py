"""How Alembic reaches the database: over the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context

from core.sessions.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
