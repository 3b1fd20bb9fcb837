"""What a command prints: rows for a person, or the same as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str = "nothing") -> None:
    """Print rows with the same keys as columns, or as a JSON array."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        click.echo(empty)
        return
    columns = list(rows[0])
    cells = [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(len(column), *(len(row[at]) for row in cells)) for at, column in enumerate(columns)]
    for line in [columns, *cells]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_json(value: Any) -> None:
    """Print a value as JSON, times as ISO 8601."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_json))


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return ",".join(str(one) for one in value)
    return str(value)
