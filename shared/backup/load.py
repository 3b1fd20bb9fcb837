"""Restores a backup: checked whole first, then its blobs, then its rows in one transaction: all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam, delete, exists, func, literal, select, update
from sqlalchemy.exc import DataError

from shared import blobs
from shared.backup import archive, cells
from shared.backup.archive import BackupError, Contents, Start
from shared.backup.save import Progress, ask_store
from shared.db import engine, now
from shared.ledger_models import RunState, StageAttempt, StageRun
from shared.migrations import current_revision, newest_revision, upgrade
from shared.store.blob_holds import Hold, holding
from shared.store.statements import due_anew

#: Rows of one INSERT.
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was restored."""

    taken_at: str
    revision: str
    database: str  # that it was taken from
    rows: dict[str, int]
    blobs: int
    due: int  # rows of the ledger that were running when it was taken, and are due


def restore_backup(path: Path, *, replace: bool, progress: Progress) -> Restored:
    """Bring the database and the blobs to what a backup has; BackupError, and nothing changed, where that cannot be."""
    start, contents = archive.verify(path)
    _check_revision(path, start)
    _prepare_database()
    with engine().connect() as connection:
        _check_empty(connection, replace)
    with holding("restore") as hold:
        _restore_blobs(path, contents, hold, progress)
        hold.renew()  # on SQLite nobody renews it while the rows are written
        with engine().execution_options(kiosque_writes=True).begin() as connection:
            due = _restore_rows(connection, path, contents, replace, progress)
    return Restored(start.taken_at, start.revision, start.database, contents.rows, contents.blobs, due)


def _check_revision(path: Path, start: Start) -> None:
    newest = newest_revision()
    if start.revision != newest:
        raise BackupError(
            f"{path} has the tables of revision {start.revision}, this version has {newest}: "
            "restore it with the version that took it, into an empty database, then kiosque migrate with this one"
        )


def _prepare_database() -> None:
    """An empty database gets its tables; one of another version is the operator's to migrate."""
    with engine().connect() as connection:
        revision = current_revision(connection)
    if revision is None:
        upgrade()
    elif revision != newest_revision():
        raise BackupError(
            f"the database is at revision {revision}, this version at {newest_revision()}: kiosque migrate"
        )


def _check_empty(connection: Connection, replace: bool) -> None:
    if replace:
        return
    filled = [
        table.name
        for table in cells.tables()
        if connection.scalar(select(exists(select(literal(1)).select_from(table))))
    ]
    if filled:
        raise BackupError(
            f"the database is not empty ({', '.join(filled)}): restore into a new one, or add --replace, "
            "which deletes everything in it"
        )


def _restore_blobs(path: Path, contents: Contents, hold: Hold, progress: Progress) -> None:
    for content in archive.blobs_in(path):
        ask_store(partial(blobs.put, content), hold)
        progress(1, contents.steps)
        hold.renew_when_due()


def _restore_rows(connection: Connection, path: Path, contents: Contents, replace: bool, progress: Progress) -> int:
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway; readers go on
        names = ", ".join(table.name for table in cells.all_tables())
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    _check_empty(connection, replace)
    if replace:
        _empty(connection)
    by_name = {table.name: table for table in cells.tables()}
    links: list[tuple[Column[Any], list[dict[str, Any]]]] = []
    for name, columns, rows in archive.tables_in(path):
        table = by_name[name]
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            links += _insert(connection, table, cells.decode(table, columns, some))
            progress(len(some), contents.steps)
    for column, pairs in links:
        _link(connection, column, pairs)
    if connection.dialect.name == "postgresql":
        _set_sequences(connection)
    return _begin_again(connection)


def _empty(connection: Connection) -> None:
    for table in reversed(cells.all_tables()):
        for column in _own_links(table):
            connection.execute(update(table).values({column: None}))
        connection.execute(delete(table))


def _insert(
    connection: Connection, table: Table, rows: list[dict[str, Any]]
) -> list[tuple[Column[Any], list[dict[str, Any]]]]:
    """Insert rows; what links them to rows of their own table, which may come later, is left for the end."""
    links = []
    for column in _own_links(table):
        pairs = [{"of_id": row["id"], "to_id": row[column.name]} for row in rows if row[column.name] is not None]
        links.append((column, pairs))
        for row in rows:
            row[column.name] = None
    try:
        if rows:
            connection.execute(table.insert(), rows)
    except DataError as error:  # SQLite keeps what is too long for its column, or has a NUL
        raise BackupError(
            f"{table.name} has a row that this kind of database does not take ({str(error.orig).strip()}): "
            "restore it into SQLite, and mend it there; no row was changed"
        ) from error
    return links


def _own_links(table: Table) -> Sequence[Column[Any]]:
    return [column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]


def _link(connection: Connection, column: Column[Any], pairs: list[dict[str, Any]]) -> None:
    if pairs:
        table = column.table
        linked = update(table).where(table.c.id == bindparam("of_id")).values({column.name: bindparam("to_id")})
        connection.execute(linked, pairs)


def _set_sequences(connection: Connection) -> None:
    """The next row gets an id after the highest restored one."""
    for table in cells.all_tables():
        column = table.autoincrement_column
        if column is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            highest = select(func.max(column)).scalar_subquery()
            connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))


def _begin_again(connection: Connection) -> int:
    """What was running is due, its attempt given back; of what is due nobody has a message. Returns the former."""
    connection.execute(
        update(StageAttempt)
        .where(StageAttempt.outcome == "running")
        .values(outcome="postponed", reason="restored", finished_at=now())
    )
    connection.execute(update(StageRun).where(StageRun.state == RunState.DUE).values(published_at=None))
    running = connection.execute(
        update(StageRun)
        .where(StageRun.state == RunState.RUNNING)
        .values(**due_anew(attempts=StageRun.attempts - 1, reason="restored"))
    )
    return int(running.rowcount)
