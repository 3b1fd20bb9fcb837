"""How far the articles are: the funnel, what waits, what is set aside, and the life of one article."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from shared.db import clock
from shared.ledger_models import BadMessage, RunState, StageAttempt, StageRun
from shared.models import Article, Source
from shared.pipeline import STAGES, Stage, Subject


@dataclass(frozen=True, slots=True)
class Progress:
    """The line that `kiosque run` keeps up to date."""

    found: int
    on_portal: int
    waiting: int  # articles with a part that waits for an engine
    set_aside: int  # articles with a stage set aside
    due: int  # rows still to be done


def progress(session: Session) -> Progress:
    """Counts over all articles."""
    of_articles = [stage.name for stage in STAGES.values() if stage.subject == Subject.ARTICLE]

    def articles_in(*states: str) -> int:
        rows = select(func.count(StageRun.subject_id.distinct())).where(
            StageRun.stage.in_(of_articles), StageRun.state.in_(states)
        )
        return session.scalar(rows) or 0

    open_rows = select(func.count()).where(
        StageRun.stage.in_(of_articles), StageRun.state.in_((RunState.DUE, RunState.RUNNING))
    )
    return Progress(
        found=session.scalar(select(func.count(Article.id)).where(Article.removed_at.is_(None))) or 0,
        on_portal=session.scalar(select(func.count(Article.id)).where(*is_shown())) or 0,
        waiting=articles_in(RunState.WAITING),
        set_aside=articles_in(RunState.SET_ASIDE),
        due=session.scalar(open_rows) or 0,
    )


def is_shown() -> tuple[Any, ...]:
    """The conditions under which readers see an article."""
    return (
        Article.parsed_at.is_not(None),
        Article.headline != "",
        Article.removed_at.is_(None),
        Article.duplicate_of_id.is_(None),
    )


def stage_counts(session: Session) -> list[dict[str, Any]]:
    """One row a stage of the map: how many of its rows are in each state, and how old the oldest due one is."""
    counts = {
        (row.stage, row.state): row
        for row in session.execute(
            select(
                StageRun.stage, StageRun.state, func.count().label("rows"), func.min(StageRun.due_at).label("oldest")
            ).group_by(StageRun.stage, StageRun.state)
        )
    }
    moment = clock(session)
    table = []
    for stage in STAGES.values():
        row: dict[str, Any] = {"stage": stage.name}
        for state in RunState:
            found = counts.get((stage.name, state.value))
            row[state.value] = found.rows if found else 0
        due = counts.get((stage.name, RunState.DUE.value))
        oldest: datetime | None = due.oldest if due else None
        row["oldest_due_s"] = max(0, round((moment - oldest).total_seconds())) if oldest else None
        table.append(row)
    return table


def reasons(session: Session, state: RunState) -> list[dict[str, Any]]:
    """What is in a state, by stage and reason."""
    detail = func.min(StageRun.detail)
    rows = session.execute(
        select(StageRun.stage, StageRun.reason, func.count().label("rows"), detail.label("example"))
        .where(StageRun.state == state)
        .group_by(StageRun.stage, StageRun.reason)
        .order_by(func.count().desc())
    )
    return [dict(row._mapping) for row in rows]


def bad_message_counts(session: Session) -> list[dict[str, Any]]:
    """Messages that could not be read, by queue and reason."""
    rows = session.execute(
        select(BadMessage.queue, BadMessage.reason, func.count().label("messages"))
        .group_by(BadMessage.queue, BadMessage.reason)
        .order_by(BadMessage.queue)
    )
    return [dict(row._mapping) for row in rows]


def life_of(session: Session, subject_id: int, subject: Subject = Subject.ARTICLE) -> dict[str, Any]:
    """Every stage, part and attempt of one article (or source)."""
    names = [stage.name for stage in STAGES.values() if stage.subject == subject]
    runs = session.scalars(
        select(StageRun).where(StageRun.subject_id == subject_id, StageRun.stage.in_(names)).order_by(StageRun.id)
    ).all()
    attempts = session.scalars(
        select(StageAttempt)
        .where(StageAttempt.subject_id == subject_id, StageAttempt.stage.in_(names))
        .order_by(StageAttempt.id)
    ).all()
    return {
        "stages": [_columns(run, _RUN) for run in sorted(runs, key=lambda run: (names.index(run.stage), run.part))],
        "attempts": [{**_columns(one, _ATTEMPT), "seconds": _seconds(one)} for one in attempts],
    }


_RUN = ("stage", "part", "state", "attempts", "reason", "detail", "due_at", "changed_at", "worker")
_ATTEMPT = ("stage", "part", "outcome", "reason", "detail", "started_at", "worker")


def _columns(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _seconds(attempt: StageAttempt) -> float | None:
    if attempt.finished_at is None:
        return None
    return round((attempt.finished_at - attempt.started_at).total_seconds(), 3)


def find_runs(
    session: Session,
    *,
    stage: Stage | None,
    states: Sequence[str],
    reason: str | None = None,
    source_key: str | None = None,
    article_id: int | None = None,
) -> list[tuple[Stage, int]]:
    """The stages and subjects that a filter names, for `kiosque retry`."""
    found = select(StageRun.stage, StageRun.subject_id).where(StageRun.state.in_(states)).distinct()
    if stage is not None:
        found = found.where(StageRun.stage == stage.name)
    if reason is not None:
        found = found.where(StageRun.reason == reason)
    if article_id is not None:
        names = [one.name for one in STAGES.values() if one.subject == Subject.ARTICLE]
        found = found.where(StageRun.subject_id == article_id, StageRun.stage.in_(names))
    if source_key is not None:
        article, source = aliased(Article), aliased(Source)
        names = [one.name for one in STAGES.values() if one.subject == Subject.ARTICLE]
        of_source = exists().where(
            article.id == StageRun.subject_id, article.source_id == source.id, source.key == source_key
        )
        found = found.where(StageRun.stage.in_(names), of_source)
    return [
        (STAGES[row.stage], row.subject_id)
        for row in session.execute(found.order_by(StageRun.stage, StageRun.subject_id))
        if row.stage in STAGES
    ]
