"""The one database: its engine, sessions that read, sessions that write, and its clock.

SQLite needs its writers declared: a transaction that reads first and writes later ends in "database is locked" whatever
the time-out (4764 of them in a 3 s trial), so a write session begins with BEGIN IMMEDIATE and is kept short.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, Float, create_engine, event, literal, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from shared.settings import settings

#: How long a SQLite writer waits for the others, ms: under four writers the slowest commit seen took 3 s.
SQLITE_BUSY_MS = 30_000
#: libpq's: a server that vanished without a word is noticed within half a minute, not after Linux's quarter of an hour.
POSTGRESQL_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
#: A PostgreSQL connection used this recently is taken for alive, seconds.
IDLE_TRUSTED_S = 1.0


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on PostgreSQL, text to the millisecond on SQLite so that it sorts and compares."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sqlite.DATETIME(storage_format=_SQLITE_FORMAT))  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: times here are aware and UTC")
        value = value.astimezone(UTC)
        # cut to ms, as SQLite's clock has them: else a time bound in Python sorts after the same ms of the database
        return value.replace(
            microsecond=value.microsecond // 1000 * 1000, tzinfo=None if dialect.name == "sqlite" else UTC
        )

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_SQLITE_FORMAT = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d.%(microsecond)06d"


class now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it is
    """The database's clock, `seconds` from now: leases and due times never use a worker's own clock."""

    type = UtcDateTime()
    inherit_cache = True  # the offset is a bound parameter, so that compiled statements are kept

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(*([] if seconds is None else [literal(float(seconds), Float())]))


@compiles(now, "sqlite")
def _sqlite_now(element: now, compiler: Any, **kwargs: Any) -> str:
    offset = "".join(f", {compiler.process(part, **kwargs)} || ' seconds'" for part in element.clauses)
    # three digits of milliseconds, filled up to the six that UtcDateTime stores
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now'{offset}) || '000')"


@compiles(now)
def _postgresql_now(element: now, compiler: Any, **kwargs: Any) -> str:
    offset = "".join(f" + make_interval(secs => {compiler.process(part, **kwargs)})" for part in element.clauses)
    return f"date_trunc('milliseconds', clock_timestamp(){offset})"


_engines: dict[str, Engine] = {}


def engine() -> Engine:
    """The process's engine, made at the first call."""
    url = settings().database
    made = _engines.get(url)
    # of two threads that are first at once, both go on with one: the other's connections would be closed by nobody
    return made or _engines.setdefault(url, make_engine(url))


def forget_engines(close: bool = True) -> None:
    """Close every connection, or in a forked child leave them, unclosed, to the parent whose they are."""
    for made in _engines.values():
        made.dispose(close=close)
    _engines.clear()
    _reading.cache_clear()
    _writing.cache_clear()


os.register_at_fork(after_in_child=lambda: forget_engines(close=False))


def make_engine(url: str) -> Engine:
    """An engine with the pragmas, transactions and pool that this module promises."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        made = create_engine(url, connect_args={"timeout": SQLITE_BUSY_MS / 1000, "check_same_thread": False})
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    made = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=4,
        max_overflow=4,
        connect_args={
            "connect_timeout": 5,
            "application_name": f"kiosque-{settings().service or 'client'}",
            **POSTGRESQL_ALIVE,
        },
    )
    event.listen(made, "checkin", _note_use)
    event.listen(made, "checkout", _ping_if_idle)
    return made


def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_if_idle(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Ask an idle connection whether it lives; SQLAlchemy's own pre-ping asks each time, three round trips a stage."""
    if time.monotonic() - record.info.get("used_at", 0.0) < IDLE_TRUSTED_S:
        return
    import psycopg  # only where PostgreSQL is: SQLite's workers do without its memory

    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError as error:
        raise DisconnectionError(str(error)) from error  # the pool opens another


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by sqlite3's guesses
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={SQLITE_BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("kiosque_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def read_session() -> Iterator[Session]:
    """A session that only reads; nothing is committed. On PostgreSQL each statement sees what is committed by then."""
    with Session(_reading(engine()), expire_on_commit=False, autoflush=False) as session:
        yield session


@cache
def _reading(whole: Engine) -> Engine:
    # without BEGIN and ROLLBACK around it, a read is one round trip
    return whole.execution_options(isolation_level="AUTOCOMMIT") if whole.dialect.name == "postgresql" else whole


@cache
def _writing(whole: Engine) -> Engine:
    return whole.execution_options(kiosque_writes=True)


@contextmanager
def write_session() -> Iterator[Session]:
    """A session for one short transaction, committed at the end, rolled back on an exception."""
    with Session(_writing(engine()), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def claim_session() -> Iterator[Session]:
    """A session for a claim: on PostgreSQL, where that is one statement and so atomic, without BEGIN and COMMIT."""
    if engine().dialect.name == "postgresql":
        with read_session() as session:
            yield session
    else:
        with write_session() as session:
            yield session


def clock(session: Session) -> datetime:
    """The database's time."""
    moment: datetime | None = session.scalar(select(now()))
    assert moment is not None
    return moment
