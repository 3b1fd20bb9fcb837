"""Commands of the queue: publish, status, why, retry, pause, resume."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from services.scheduler.status_report import print_status, read_status
from shared.app import make_app
from shared.db import read_session, write_session
from shared.errors import UnknownSubject
from shared.ledger_models import RunState
from shared.models import Article, Source
from shared.pipeline import STAGES, Stage, Subject
from shared.queue import publish as publish_messages
from shared.store import by_hand, funnel, pauses, releases, source_rows
from shared.store.by_hand import NothingDueError
from shared.tables import print_json, print_rows

_STAGE = click.Choice(list(STAGES))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("stage", type=_STAGE)
@click.argument("subject_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--again", is_flag=True, help="Also what is done: start every part anew.")
@_JSON
def publish(stage: str, subject_ids: tuple[int, ...], again: bool, as_json: bool) -> None:
    """Run a STAGE now for these articles (poll: sources): writes the ledger, then publishes the message."""
    make_app()
    row = STAGES[stage]
    rows: list[dict[str, Any]] = []
    messages = []
    for subject_id in subject_ids:
        try:
            with write_session() as session:
                by_hand.run_now(session, row, subject_id, again=again)
            messages.append((row, subject_id))
            rows.append({"task": row.task, "id": subject_id, "outcome": "published", "detail": ""})
        except (NothingDueError, UnknownSubject) as refused:
            rows.append({"task": row.task, "id": subject_id, "outcome": "refused", "detail": str(refused)})
    unsent = [subject_id for _, subject_id in publish_messages(messages)]
    if unsent:
        with write_session() as session:
            releases.unpublish(session, row, unsent)
    for line in rows:
        if line["outcome"] == "published" and line["id"] in unsent:
            line.update(outcome="due", detail="the broker does not answer; dispatch sends it when it does")
    print_rows(rows, as_json=as_json)
    if any(line["outcome"] == "refused" for line in rows):
        raise SystemExit(2)


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
@click.argument("subject_id", metavar="ID", type=int)
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
@click.argument("article_id", metavar="[ID]", type=int, required=False)
@click.option("--stage", type=_STAGE, help="Only this stage.")
@click.option("--reason", help="Only what has this reason.")
@click.option("--source", "source_key", help="Only articles of this source (its key).")
@click.option("--all", "everything", is_flag=True, help="Everything that is set aside.")
@click.option("--waiting", is_flag=True, help="What waits, instead of what is set aside.")
@click.option("--yes", is_flag=True, help="Do it; without this the command only says what it would do.")
@_JSON
def retry(  # noqa: PLR0913, PLR0917 - click hands each option over by its name
    article_id: int | None,
    stage: str | None,
    reason: str | None,
    source_key: str | None,
    everything: bool,
    waiting: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make what is set aside due again: one article, by filter, or all. A dry run unless --yes."""
    if not (article_id or stage or reason or source_key or everything):
        raise click.UsageError("name an article, --stage, --reason, --source or --all")
    states = (RunState.WAITING,) if waiting else (RunState.SET_ASIDE,)
    with read_session() as session:
        found = funnel.find_runs(
            session,
            stage=STAGES[stage] if stage else None,
            states=states,
            reason=reason,
            source_key=source_key,
            article_id=article_id,
        )
    made_due = 0
    if yes:
        with write_session() as session:
            made_due = by_hand.retry(session, found, states)
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
