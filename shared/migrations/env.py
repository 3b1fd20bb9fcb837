"""Alembic's entry: runs the revisions on the connection that shared.migrations hands it."""

from alembic import context

import shared.ledger_models  # noqa: F401 - its tables belong to the metadata
from shared.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
