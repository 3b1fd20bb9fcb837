"""Commands of the queue: publish, status, why, retry, pause, resume."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from sqlalchemy.orm import Session

from services.scheduler import publishing
from services.scheduler.filters import read_filters, with_filters
from services.scheduler.status_report import print_status, read_status
from shared.app import make_app
from shared.db import read_session, write_session
from shared.errors import UnknownSubject
from shared.ledger_models import RunState
from shared.models import ID_MOST, Article, Source
from shared.pipeline import STAGES, Stage, Subject
from shared.store import funnel, pauses, source_rows
from shared.store.run_filters import RunFilter, find_runs
from shared.tables import print_json, print_rows

_STAGE = click.Choice(list(STAGES))
_STATE = click.Choice([state.value for state in RunState])
_ID = click.IntRange(1, ID_MOST)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("stage", type=_STAGE)
@click.argument("subject_ids", metavar="[ID...]", type=_ID, nargs=-1)
@with_filters
@click.option("--state", "states", type=_STATE, multiple=True, help="Only what is in this state.")
@click.option("--again", is_flag=True, help="Also what is done: start every part anew.")
@click.option("--dry-run", is_flag=True, help="Of a set: say how many there are, and the first ones; change nothing.")
@click.option("--yes", is_flag=True, help="Of a set: do not ask.")
@_JSON
def publish(
    stage: str,
    subject_ids: tuple[int, ...],
    states: tuple[str, ...],
    again: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Run a STAGE now for these articles (poll: sources), or for a set that filters name.

    Writes the ledger first. An ID's message is sent at once, before everything else; a set's are sent by the scheduler
    as the queue has room.
    """
    make_app()
    row, wanted = STAGES[stage], read_filters(**filters)
    if bool(subject_ids) == (wanted is not None or bool(states)):
        raise click.UsageError("name IDs, or a set: --source, --language, --since, --until, --reason, --state or --all")
    if subject_ids:
        if dry_run:
            raise click.UsageError("--dry-run is for a set: name one by filter")
        rows = publishing.publish_subjects(row, subject_ids, again=again)
        print_rows(rows, as_json=as_json)
        if any(line["outcome"] == "refused" for line in rows):
            raise SystemExit(2)
        return
    wanted = wanted or RunFilter()
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: add --yes to do it, or --dry-run to look")
    publishing.publish_set(row, wanted, states, again=again, dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@_JSON
def status(as_json: bool) -> None:
    """Show the funnel, what waits, is set aside or paused and why, the queues, and where no worker consumes."""
    make_app()
    told = read_status()
    if as_json:
        print_json(told)
    else:
        print_status(told)


@click.command()
@click.argument("subject_id", metavar="ID", type=_ID)
@click.option("--source", "is_source", is_flag=True, help="ID is a source's, not an article's.")
@_JSON
def why(subject_id: int, is_source: bool, as_json: bool) -> None:
    """Tell the life of one article: every stage, part, attempt, worker, duration and reason."""
    with read_session() as session:
        title = _title_of(session, subject_id, is_source)
        life = funnel.life_of(session, subject_id, Subject.SOURCE if is_source else Subject.ARTICLE)
    if as_json:
        print_json({"id": subject_id, **title, **life})
        return
    for name, value in title.items():
        click.echo(f"{name}: {value}")
    click.echo("\nstages")
    print_rows(life["stages"], as_json=False)
    click.echo("\nattempts")
    print_rows(life["attempts"], as_json=False)


@click.command()
@click.argument("article_id", metavar="[ID]", type=_ID, required=False)
@click.option("--stage", type=_STAGE, help="Only this stage.")
@with_filters
@click.option("--waiting", is_flag=True, help="What waits, instead of what is set aside.")
@click.option("--yes", is_flag=True, help="Do it; without this the command only says what it would do.")
@_JSON
def retry(article_id: int | None, stage: str | None, waiting: bool, yes: bool, as_json: bool, **filters: Any) -> None:
    """Make what is set aside due again: one article, by filter, or all. A dry run unless --yes."""
    wanted = read_filters(**filters)
    if not (article_id or stage or wanted):
        raise click.UsageError("name an article, --stage, --source, --language, --since, --until, --reason or --all")
    states = (RunState.WAITING,) if waiting else (RunState.SET_ASIDE,)
    with read_session() as session:
        found = find_runs(
            session,
            stage=STAGES[stage] if stage else None,
            states=states,
            wanted=replace(wanted or RunFilter(), article_id=article_id),
        )
    made_due = 0
    if yes:
        made_due = publishing.retry_found(found, states, filters["reason"], as_json=as_json)
    if as_json:
        print_json({"found": [{"stage": one.name, "id": id_} for one, id_ in found], "made_due": made_due})
        return
    print_rows([{"stage": one.name, "id": id_} for one, id_ in found], as_json=False, empty="nothing to retry")
    if found:
        click.echo(f"{made_due} rows are due again" if yes else f"{len(found)} would be retried: add --yes to do it")


@click.command()
@click.argument("name", metavar="STAGE|SOURCE")
@_JSON
def pause(name: str, as_json: bool) -> None:
    """For the hour of an incident: nothing of a STAGE is begun, its rows stay due; or a SOURCE is asked no more."""
    changed = _switch(name, pauses.pause_stage, source_rows.pause_source)
    print_rows([{"name": name, "outcome": "paused" if changed else "was paused already"}], as_json=as_json)


@click.command()
@click.argument("name", metavar="STAGE|SOURCE")
@_JSON
def resume(name: str, as_json: bool) -> None:
    """Go on at once with a STAGE or SOURCE that was paused."""
    changed = _switch(name, pauses.resume_stage, source_rows.resume_source)
    print_rows([{"name": name, "outcome": "resumed" if changed else "was not paused"}], as_json=as_json)


def _switch(name: str, stage: Callable[[Session, Stage], bool], source: Callable[[Session, str], None]) -> bool:
    """Whether the stage of this name, or else the source, changed."""
    with write_session() as session:
        if name in STAGES:
            return stage(session, STAGES[name])
        source(session, name)
        return True


def _title_of(session: Any, subject_id: int, is_source: bool) -> dict[str, Any]:
    if is_source:
        source = session.get(Source, subject_id)
        if source is None:
            raise UnknownSubject(f"no source {subject_id}: see kiosque sources list")
        return {"source": source.key, "name": source.name, "state": source.state}
    article = session.get(Article, subject_id)
    if article is None:
        raise UnknownSubject(f"no article {subject_id}: see kiosque articles list")
    return {
        "headline": article.headline or article.feed_headline,
        "url": article.url,
        "language": article.language,
        "published_at": article.published_at,
        "removed_at": article.removed_at,
    }


commands: tuple[click.Command, ...] = (publish, status, why, retry, pause, resume)
