"""Commands of the articles: list, remove."""

from contextlib import suppress

import click

from shared import blobs
from shared.db import read_session, write_session
from shared.errors import StorageAway
from shared.languages import LANGUAGES
from shared.models import ID_MOST
from shared.store import removals
from shared.store.article_rows import article_rows
from shared.store.blob_holds import is_held
from shared.tables import print_rows

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def articles() -> None:
    """The articles: list, remove."""


@articles.command("list")
@click.option("--source", "source_key", help="Only this source (its key).")
@click.option("--language", type=click.Choice(list(LANGUAGES)), help="Only articles written in this language.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@_JSON
def list_(source_key: str | None, language: str | None, limit: int, as_json: bool) -> None:
    """The newest articles first."""
    with read_session() as session:
        rows = article_rows(session, source_key=source_key, language=language, limit=limit)
    print_rows(rows, as_json=as_json, empty="no articles")


@articles.command()
@click.argument("article_id", metavar="ID", type=click.IntRange(1, ID_MOST))
@click.option("--reason", required=True, help="Why: kept in the audit.")
@_JSON
def remove(article_id: int, reason: str, as_json: bool) -> None:
    """Take an article down everywhere, for good; its address is never taken in again."""
    if not reason.strip():
        raise click.BadParameter("is empty, and the audit has to say why", param_hint="--reason")
    with write_session() as session:
        unused = removals.remove_article(session, article_id, reason)
    with suppress(StorageAway):  # what this leaves, what is too young or held by a backup: the sweep's, within the day
        for key in () if is_held() else unused:
            blobs.delete_unnamed(key)
    print_rows([{"id": article_id, "outcome": "removed", "reason": reason}], as_json=as_json)


commands: tuple[click.Command, ...] = (articles,)
