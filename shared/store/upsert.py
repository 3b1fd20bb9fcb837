"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy twice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.models import Base


def upsert(
    session: Session,
    table: type[Base],
    rows: Sequence[dict[str, Any]],
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
) -> int:
    """Insert rows; where the unique `key` is taken, set `update`'s columns to the new values, or leave the row alone.

    Returns how many rows were inserted or changed.
    """
    if not rows:
        return 0
    make = postgresql.insert if dialect_of(session) == "postgresql" else sqlite.insert
    statement = make(table).values(list(rows))
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=list(key), set_={column: statement.excluded[column] for column in update}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    # without preserve_rowcount PostgreSQL's answer to an INSERT is -1, whatever it did
    options = {"synchronize_session": False, "preserve_rowcount": True}
    return int(session.execute(statement, execution_options=options).rowcount)  # type: ignore[attr-defined]


def add_up(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], *, key: Sequence[str], sums: Sequence[str]
) -> None:
    """Insert rows; where the unique `key` is taken, add `sums`'s columns to what is there. One row a key.

    In the key's order, so that two who add to the same rows wait for each other and not both for ever.
    """
    if not rows:
        return
    make = postgresql.insert if dialect_of(session) == "postgresql" else sqlite.insert
    statement = make(table).values(sorted(rows, key=lambda row: tuple(str(row[column]) for column in key)))
    added = {column: getattr(table, column) + statement.excluded[column] for column in sums}
    statement = statement.on_conflict_do_update(index_elements=list(key), set_=added)
    session.execute(statement, execution_options={"synchronize_session": False})


def dialect_of(session: Session) -> str:
    """The name of the session's database: postgresql or sqlite."""
    return session.get_bind().dialect.name
