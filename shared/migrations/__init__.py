"""Alembic's migrations, and the one call that brings a database to their head."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from shared.db import engine

#: One number everywhere: two processes that start at once migrate one after the other (PostgreSQL advisory lock).
LOCK = 5_410_233


def upgrade() -> None:
    """Bring the database to the newest revision; nothing happens if it is there, or at a later version's."""
    with engine().execution_options(kiosque_writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        if not _is_newer(current_revision(connection)):  # else this version could not be gone back to
            command.upgrade(alembic_config(connection), "head")


def is_current() -> bool:
    """Whether the database has this version's tables, or a newer one's: while that is rolled out, this one goes on."""
    with engine().connect() as connection:
        revision = current_revision(connection)
    return revision == newest_revision() or _is_newer(revision)


def _is_newer(revision: str | None) -> bool:
    known = {one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    return revision is not None and revision not in known


def current_revision(connection: Connection) -> str | None:
    """The revision that a database is at; None if it has no tables."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision that this version's tables are of."""
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert newest is not None
    return newest


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: there is no alembic.ini to keep in step."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
