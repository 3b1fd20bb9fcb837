"""How far the articles are: the funnel, what waits, what is set aside, and the life of one article."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from shared.db import clock, now
from shared.errors import STORAGE_REASONS
from shared.ledger_models import OPEN, BadMessage, PausedStage, RunState, StageAttempt, StageRun, StageTotal
from shared.models import IS_HEADLESS, Article, Source
from shared.pipeline import STAGES, Subject, stage_names
from shared.store.statements import is_due_now, is_lapsed

#: What `kiosque status` calls lately.
DROPS_OF = timedelta(hours=24)


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
    of_articles = stage_names(Subject.ARTICLE)

    def articles_in(*states: str) -> int:
        rows = select(func.count(StageRun.subject_id.distinct())).where(
            StageRun.stage.in_(of_articles), StageRun.state.in_(states)
        )
        return session.scalar(rows) or 0

    open_rows = select(func.count()).where(StageRun.stage.in_(of_articles), StageRun.state.in_(OPEN))
    has_text = (Article.removed_at.is_(None), Article.duplicate_of_id.is_(None), Article.parsed_at.is_not(None))
    return Progress(
        found=_count(session, Article.removed_at.is_(None)),
        on_portal=_count(session, *has_text) - _headless(session),
        waiting=articles_in(RunState.WAITING),
        set_aside=articles_in(RunState.SET_ASIDE),
        due=session.scalar(open_rows) or 0,
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Article).where(*conditions)) or 0


def _headless(session: Session) -> int:
    """Of those with a text the few without a headline: to ask for it among the other conditions reads every article."""
    rows = session.execute(select(Article.removed_at, Article.duplicate_of_id).where(text(IS_HEADLESS)))
    return sum(row.removed_at is None and row.duplicate_of_id is None for row in rows)


def is_shown() -> tuple[Any, ...]:
    """The conditions under which readers see an article; progress counts them in another way."""
    return (
        Article.parsed_at.is_not(None),
        Article.headline != "",
        Article.removed_at.is_(None),
        Article.duplicate_of_id.is_(None),
    )


def stage_counts(session: Session) -> list[dict[str, Any]]:
    """One row a stage of the map: its rows in each state, how many are overdue, how long the oldest of these is."""
    counts = count_rows(session)
    late = {stage: overdue(session, stage) for stage in STAGES}
    table = []
    for stage in STAGES.values():
        row: dict[str, Any] = {"stage": stage.name}
        row |= {state.value: counts.get((stage.name, state.value), 0) for state in RunState}
        row["overdue"], row["oldest_due_s"] = late[stage.name]
        table.append(row)
    return table


def count_rows(session: Session, states: Sequence[str] | None = None) -> dict[tuple[str, str], int]:
    """Rows of the ledger by stage and state; in these states, or in every one."""
    counted = select(StageRun.stage, StageRun.state, func.count()).group_by(StageRun.stage, StageRun.state)
    if states is not None:
        counted = counted.where(StageRun.state.in_(states))
    return {(stage, state): rows for stage, state, rows in session.execute(counted)}


def overdue(session: Session, stage: str) -> tuple[int, int | None]:
    """How many rows of a stage are overdue, and for how many seconds the oldest is."""
    rows = select(func.count().label("rows"), func.min(StageRun.due_at).label("oldest")).where(StageRun.stage == stage)
    found = [session.execute(rows.where(condition)).one() for condition in (is_due_now(), is_lapsed())]
    oldest = min((row.oldest for row in found if row.oldest), default=None)
    seconds = max(0, round((clock(session) - oldest).total_seconds())) if oldest else None
    return sum(row.rows for row in found), seconds


def working_services(session: Session) -> set[str]:
    """The services of which a worker holds a row under a lease."""
    held = select(StageRun.stage).where(StageRun.state == RunState.RUNNING, StageRun.lease_until >= now()).distinct()
    return {STAGES[name].service for name in session.scalars(held) if name in STAGES}


def drops(session: Session) -> list[dict[str, Any]]:
    """What was set aside within DROPS_OF, by source, stage and reason: the totals, so that nothing counts old rows."""
    attempts = func.sum(StageTotal.attempts)
    rows = session.execute(
        select(Source.key.label("source"), StageTotal.stage, StageTotal.reason, attempts.label("drops"))
        .join(Source, Source.id == StageTotal.source_id)
        .where(StageTotal.outcome == RunState.SET_ASIDE, StageTotal.hour >= clock(session) - DROPS_OF)
        .group_by(Source.key, StageTotal.stage, StageTotal.reason)
        .order_by(attempts.desc(), Source.key)
    )
    return [{**row._mapping, "drops": int(row.drops)} for row in rows]


def storage_failures(session: Session) -> list[dict[str, Any]]:
    """What was postponed since the last full hour but one because the blobs' store was away or refused us."""
    attempts = func.sum(StageTotal.attempts)
    rows = session.execute(
        select(StageTotal.stage, StageTotal.reason, attempts.label("attempts"))
        .where(StageTotal.hour >= clock(session) - timedelta(hours=1), StageTotal.outcome == "postponed")
        .where(StageTotal.reason.in_(STORAGE_REASONS))
        .group_by(StageTotal.stage, StageTotal.reason)
        .order_by(StageTotal.stage, StageTotal.reason)
    )
    return [{**row._mapping, "attempts": int(row.attempts)} for row in rows]


def paused(session: Session) -> list[dict[str, Any]]:
    """What an operator paused: stages, and sources."""
    stages = session.scalars(select(PausedStage).order_by(PausedStage.paused_at)).all()
    sources = session.scalars(select(Source.key).where(Source.state == "paused").order_by(Source.key)).all()
    return [
        *({"paused": "stage", "name": one.stage, "since": one.paused_at} for one in stages),
        *({"paused": "source", "name": key, "since": None} for key in sources),
    ]


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
    names = stage_names(subject)
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
