"""Takes a backup while the house runs: rows as one moment shows them, then the blobs that those rows name."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select

from shared import blobs
from shared.backup import cells
from shared.backup.archive import BackupError, Start, Writer, new_archive
from shared.db import engine, now
from shared.errors import StorageAway
from shared.migrations import current_revision
from shared.settings import settings
from shared.store.blob_holds import Hold, holding
from shared.store.blob_names import all_named

T = TypeVar("T")
#: Told how many rows or blobs were just dealt with, and of how many in all.
Progress = Callable[[int, int], None]
#: Rows fetched at a time.
AT_ONCE = 2000
#: Times that a blob is asked for while its store does not answer, half a minute apart: a hundred thousand are asked for
#: one by one, and the store may well be slow for one of them.
TRIES = 5


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was taken."""

    path: Path
    taken_at: datetime
    rows: dict[str, int]
    blobs: int
    missing_blobs: int  # named by a row, and not there
    size: int


def default_path(moment: datetime) -> Path:
    """Where a backup goes that nobody gave a name: under KIOSQUE_VAR."""
    return settings().var / "backups" / f"kiosque-{moment:%Y%m%d-%H%M%S}.tar.gz"


def save_backup(wanted: Path | None, progress: Progress) -> Saved:
    """Write a backup to a new file, or one of a default name into a folder."""
    # before the snapshot: what its rows name is then there until its blobs are read
    with holding("backup") as hold, _snapshot() as connection:
        moment = connection.scalar(select(now()))
        assert moment is not None
        path = _free_path(wanted, moment)
        revision = current_revision(connection)
        if revision is None:
            raise BackupError("the database has no tables yet: there is nothing to back up")
        start = Start(revision, connection.dialect.name, moment.isoformat())
        with new_archive(path, start) as writer:
            keys = _write_tables(connection, writer, hold, progress)
            connection.close()  # copying blobs may take long, and needs no snapshot: the hold keeps them
            missing = _write_blobs(keys, writer, hold, progress, sum(writer.contents.rows.values()))
    contents = writer.contents
    return Saved(path, moment, contents.rows, contents.blobs, missing, path.stat().st_size)


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """A connection on which every read sees the same moment."""
    made = engine()
    if made.dialect.name == "postgresql":
        made = made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with made.connect() as connection:  # SQLite: a read transaction of a WAL is a snapshot
        yield connection


def _free_path(wanted: Path | None, moment: datetime) -> Path:
    named = default_path(moment)
    path = named if wanted is None else wanted / named.name if wanted.is_dir() else wanted
    if path.exists():
        raise BackupError(f"{path} exists already: name another file, or delete it first")
    return path


def _write_tables(connection: Connection, writer: Writer, hold: Hold, progress: Progress) -> list[str]:
    keys = all_named(connection)
    found = {table: _count(connection, table) for table in cells.tables()}
    total = sum(found.values()) + len(keys)
    for table in found:
        rows = cells.encode(table, _read(connection, table, hold, progress, total))
        writer.add_table(table.name, [column.name for column in table.columns], rows)
    return keys


def _count(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def _read(connection: Connection, table: Table, hold: Hold, progress: Progress, total: int) -> Iterator[Any]:
    ordered = select(table).order_by(*table.primary_key.columns)
    result = connection.execute(ordered, execution_options={"yield_per": AT_ONCE})
    for rows in result.partitions():
        yield from rows
        progress(len(rows), total)
        hold.renew_when_due()


def _write_blobs(keys: list[str], writer: Writer, hold: Hold, progress: Progress, rows: int) -> int:
    """Returns how many of them are not there."""
    missing = 0
    for key in keys:
        try:
            writer.add_blob(key, ask_store(partial(blobs.get, key), hold))
        except blobs.BlobMissing:
            missing += 1
        progress(1, rows + len(keys))
        hold.renew_when_due()
    if keys and missing == len(keys):
        raise BackupError(
            f"not one of the {missing} pages and thumbnails that the database names is in {settings().blobs}: "
            "is it mounted, and is KIOSQUE_BLOBS_URL the house's?"
        )
    return missing


def ask_store(ask: Callable[[], T], hold: Hold) -> T:
    """Ask the blobs' store, and again where it does not answer; one that refuses us is an operator's to mend."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except StorageAway as error:
            if error.reason != "storage_away":
                raise
            hold.renew_when_due()
            time.sleep(max(0.0, (error.until - datetime.now(UTC)).total_seconds()))
    return ask()
