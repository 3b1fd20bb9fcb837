"""A table's rows as lists that JSON can hold, and back: the same from either database."""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, Table

from shared.db import UtcDateTime
from shared.ledger_models import BlobHold, HostTurn, Retention
from shared.models import Base

#: What is of the moment: turns that stood in line, holds, and when retention last ran.
_LEFT_OUT = frozenset({HostTurn.__tablename__, BlobHold.__tablename__, Retention.__tablename__})


def tables() -> list[Table]:
    """What is backed up, parents before their children."""
    return [table for table in Base.metadata.sorted_tables if table.name not in _LEFT_OUT]


def all_tables() -> list[Table]:
    """Every table, parents before their children."""
    return list(Base.metadata.sorted_tables)


def encode(table: Table, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Rows in the order of the table's columns."""
    special = [(at, _ENCODE[kind]) for at, column in enumerate(table.columns) if (kind := _kind(column))]
    for row in rows:
        cells = list(row)
        for at, change in special:
            if cells[at] is not None:
                cells[at] = change(cells[at])
        yield cells


def decode(table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows by their columns' names, as an INSERT takes them."""
    special = [(name, _DECODE[kind]) for name in columns if (kind := _kind(table.columns[name]))]
    decoded = [dict(zip(columns, row, strict=True)) for row in rows]
    for row in decoded:
        for name, change in special:
            if row[name] is not None:
                row[name] = change(row[name])
    return decoded


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, UtcDateTime):
        return "time"
    return "bytes" if isinstance(column.type, LargeBinary) else ""


_ENCODE: dict[str, Callable[[Any], str]] = {
    "time": datetime.isoformat,
    "bytes": lambda content: base64.b64encode(content).decode(),
}
_DECODE: dict[str, Callable[[str], Any]] = {"time": datetime.fromisoformat, "bytes": base64.b64decode}
