"""The options by which `kiosque publish` and `kiosque retry` name a set of rows: the same words in both."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from shared.db import read_session
from shared.languages import LANGUAGES
from shared.store.run_filters import RunFilter
from shared.store.source_rows import find_source


def moment(text: str) -> datetime:
    """A date or a time in ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{text!r} is no date: use 2026-01-31 or 2026-01-31T12:00 (UTC)") from None


_OPTIONS = (
    click.option("--source", "source_key", help="Only of this source (its key)."),
    click.option("--language", type=click.Choice(list(LANGUAGES)), help="Only articles written in this language."),
    click.option("--since", type=moment, metavar="DATE", help="Only articles that appeared then or later (UTC)."),
    click.option("--until", type=moment, metavar="DATE", help="Only articles that appeared before that."),
    click.option("--reason", help="Only what has this reason."),
    click.option("--all", "everything", is_flag=True, help="Without any other filter: everything."),
)


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it hands their values to read_filters."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_filters(*, everything: bool, **asked: Any) -> RunFilter | None:
    """The filter that was asked for, `--all` for the one that asks nothing; None if none was."""
    named = [name for name, value in asked.items() if value is not None]
    if everything and named:
        raise click.UsageError("--all names everything: leave it out, or the other filters")
    if not (everything or named):
        return None
    if (key := asked["source_key"]) is not None:
        with read_session() as session:
            find_source(session, key)  # a key that nobody has is a mistake, not an empty set
    return RunFilter(**asked)
