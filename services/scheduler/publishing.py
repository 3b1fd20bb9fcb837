"""What `kiosque publish` and `retry` do: the ledger first; a message at once for a few, by dispatch for a set."""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click
from sqlalchemy.orm import Session

from shared.db import read_session, write_session
from shared.errors import UnknownSubject
from shared.ledger_models import RunState
from shared.pipeline import Stage, Subject
from shared.queue import publish, room
from shared.store import by_hand, releases
from shared.store.by_hand import NothingDueError
from shared.store.run_filters import RunFilter, count_states, describe_subjects, find_runs
from shared.tables import print_json, print_rows

#: Rows made due in one commit: SQLite has one writer, and workers want to write too.
AT_ONCE = 200
#: So many are not asked about.
FEW = 20
#: So many are shown to whoever is asked.
SHOWN = 10

LEFT_ALONE = (RunState.DONE, RunState.RUNNING)


def publish_subjects(stage: Stage, subject_ids: Sequence[int], *, again: bool) -> list[dict[str, Any]]:
    """Run the stage now for each of these, before everything else; tells what became of each."""
    rows: list[dict[str, Any]] = []
    messages = []
    for subject_id in subject_ids:
        try:
            with write_session() as session:
                by_hand.run_now(session, stage, subject_id, again=again)
            messages.append((stage, subject_id))
            rows.append({"task": stage.task, "id": subject_id, "outcome": "published", "detail": ""})
        except (NothingDueError, UnknownSubject) as refused:
            rows.append({"task": stage.task, "id": subject_id, "outcome": "refused", "detail": str(refused)})
    taken = room(stage.service, fresh=True)
    unsent = [subject_id for _, subject_id in (*publish(messages[:taken]), *messages[taken:])]
    if unsent:
        with write_session() as session:
            releases.unpublish(session, stage, unsent)
    for line in rows:
        if line["outcome"] == "published" and line["id"] in unsent:
            line.update(outcome="due", detail="its queue is full, or the broker away; dispatch sends it when it can")
    return rows


def publish_set(
    stage: Stage, wanted: RunFilter, states: Sequence[str], *, again: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Make due what a filter names, behind the news if it is done anew; dispatch sends it as the queue has room."""
    if stage.subject == Subject.SOURCE and wanted.names_articles:
        raise click.UsageError(f"{stage.name} is for sources: --language, --since and --until name articles")
    if set(states) & set(LEFT_ALONE) and not again:
        raise click.UsageError("what is done or running is left alone: add --again to start it anew")
    states = states or [one for one in RunState if again or one not in LEFT_ALONE]
    with read_session() as session:
        by_hand.require_running(session, stage)
        subject_ids = [subject_id for _, subject_id in find_runs(session, stage=stage, states=states, wanted=wanted)]
        told = {
            "stage": stage.name,
            "task": stage.task,
            "found": len(subject_ids),
            "states": count_states(session, stage, states, wanted),
            "first": describe_subjects(session, stage, subject_ids[:SHOWN]),
        }
    if not as_json:
        _tell(stage, told)
    goes_on = bool(subject_ids) and not dry_run and (yes or _is_meant(len(subject_ids)))
    make_due = by_hand.run_anew if again else partial(by_hand.retry, states=states, reason=wanted.reason)
    made_due = len(set(_in_commits(make_due, stage, subject_ids, quiet=as_json))) if goes_on else 0
    if as_json:
        print_json({**told, "dry_run": dry_run, "made_due": made_due})
    elif goes_on:
        click.echo(f"{_number(stage, made_due)} due; dispatch sends them as the queue has room: kiosque status")
    elif dry_run and subject_ids:
        click.echo("nothing was changed: this was a dry run")


def _tell(stage: Stage, told: dict[str, Any]) -> None:
    print_rows(told["first"], as_json=False, empty=f"nothing to {stage.name}")
    if told["found"]:
        if told["found"] > SHOWN:
            click.echo(f"… and {told['found'] - SHOWN:,} more")
        states = ", ".join(f"{state} {rows:,}" for state, rows in sorted(told["states"].items()))
        click.echo(f"{stage.task}: {_number(stage, told['found'])}; rows: {states}")


def _number(stage: Stage, number: int) -> str:
    return f"{number:,} {stage.subject}{'' if number == 1 else 's'}"


def _is_meant(number: int) -> bool:
    if number <= FEW:
        return True
    try:
        return click.confirm("make them due?", abort=False)
    except click.Abort:
        raise click.UsageError("nobody answers: add --yes to do it, or --dry-run to look") from None


def retry_found(found: Sequence[tuple[Stage, int]], states: Sequence[str], reason: str | None, *, as_json: bool) -> int:
    """Make due again what was found, as far as it is still so; returns how many rows."""
    made_due = 0
    make_due = partial(by_hand.retry, states=states, reason=reason)
    for stage in dict.fromkeys(stage for stage, _ in found):
        subject_ids = [subject_id for one, subject_id in found if one is stage]
        made_due += len(_in_commits(make_due, stage, subject_ids, quiet=as_json))
    return made_due


def _in_commits(
    make_due: Callable[[Session, Stage, Sequence[int]], list[int]],
    stage: Stage,
    subject_ids: Sequence[int],
    *,
    quiet: bool,
) -> list[int]:
    made_due: list[int] = []
    is_hidden = quiet or not sys.stderr.isatty() or len(subject_ids) <= AT_ONCE
    with click.progressbar(length=len(subject_ids), file=sys.stderr, hidden=is_hidden) as progress:
        for place in range(0, len(subject_ids), AT_ONCE):
            some = subject_ids[place : place + AT_ONCE]
            with write_session() as session:
                made_due += make_due(session, stage, some)
            progress.update(len(some))
    return made_due
