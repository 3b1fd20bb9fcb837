"""What dispatch and reconcile look for: rows whose time has come, messages that were lost, rows that are missing."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from shared.db import now
from shared.ledger_models import BACKLOG, SETTLED, RunState, StageRun
from shared.models import Article, Source
from shared.pipeline import Stage, Subject
from shared.settings import scaled
from shared.store import pauses
from shared.store.stage_runs import KEY, rows_of
from shared.store.statements import FRESH
from shared.store.upsert import upsert

Take = Callable[[Session, Sequence[Stage], int], list[tuple[Stage, int]]]

#: A message that nobody claimed for this long is sent again.
UNCLAIMED_S = 60.0
#: Missing rows made in one round, so that a new stage over a large archive does not hold the database.
MISSING_AT_ONCE = 1000
#: A source's stage that was set aside is tried again after this.
RECURS_S = 3600.0


def stages_due(session: Session) -> set[str]:
    """The names of the stages that have something due without a message, and are not paused."""
    names = select(StageRun.stage).where(is_overdue(), _has_no_message()).distinct()
    return set(session.scalars(names)) - pauses.paused_stages(session)


def take_due(session: Session, stages: Sequence[Stage], most: int) -> list[tuple[Stage, int]]:
    """Mark as published, and return, what is due and has no message: by priority, newest first, `most` rows at most."""
    return _take(session, stages, most, _has_no_message())


def take_unclaimed(session: Session, stages: Sequence[Stage], most: int) -> list[tuple[Stage, int]]:
    """The same for what has a message that nobody claimed within UNCLAIMED_S."""
    return _take(session, stages, most, StageRun.published_at < now(-scaled(UNCLAIMED_S)))


def make_missing(session: Session, stage: Stage) -> int:
    """Make the rows that the map asks for and that are missing (a stage newer than its articles); returns how many.

    A row that is there by now, made by another scheduler or by hand, is left alone.
    """
    if stage.subject == Subject.IMAGE:
        return 0
    missing = _sources_without(stage) if stage.subject == Subject.SOURCE else _articles_without(stage)
    subject_ids = list(session.scalars(missing.limit(MISSING_AT_ONCE)))
    rows = rows_of(session, stage, subject_ids, BACKLOG)
    fresh = {**FRESH, "due_at": now(), "changed_at": now()}
    made = upsert(session, StageRun, [row | fresh for row in rows], key=KEY)
    return made + (_revive(session, stage) if stage.subject == Subject.SOURCE else 0)


def _revive(session: Session, stage: Stage) -> int:
    """A source's stage recurs: one that was set aside a while ago (a fault of ours, lost workers) is tried again."""
    actives = select(Source.id).where(Source.state == "active")
    revived = session.execute(
        update(StageRun)
        .where(StageRun.stage == stage.name, StageRun.subject_id.in_(actives))
        .where(StageRun.state == RunState.SET_ASIDE, StageRun.changed_at <= now(-RECURS_S))
        .values(**FRESH, due_at=now(), published_at=None, changed_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(revived.rowcount)  # type: ignore[attr-defined]


def _take(
    session: Session, stages: Sequence[Stage], most: int, condition: ColumnElement[bool]
) -> list[tuple[Stage, int]]:
    paused = pauses.paused_stages(session)
    by_name = {stage.name: stage for stage in stages if stage.name not in paused}
    of_articles = [stage.name for stage in stages if stage.subject != Subject.SOURCE]
    wanted = (
        select(StageRun.id)
        .where(StageRun.stage.in_(by_name), is_overdue(), condition)
        # polls before the articles of their queue: a source's id says nothing beside an article's
        .order_by(StageRun.priority, StageRun.stage.in_(of_articles), StageRun.subject_id.desc())
        .limit(most)
        .with_for_update(skip_locked=True)  # two schedulers share the work; SQLite leaves it out
        .cte("wanted")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # as a plain subquery it may run anew for each row: no limit
    )
    taken = session.execute(
        update(StageRun)
        .where(StageRun.id.in_(select(wanted.c.id)), is_overdue(), condition)
        .values(published_at=now())
        .returning(StageRun.stage, StageRun.subject_id, StageRun.priority)
        .execution_options(synchronize_session=False)
    ).all()
    # RETURNING keeps no order
    taken = sorted(taken, key=lambda row: (row.priority, row.stage in of_articles, -row.subject_id))
    return list(dict.fromkeys((by_name[row.stage], row.subject_id) for row in taken))


def is_overdue() -> ColumnElement[bool]:
    """Due and its time has come, or running past its lease."""
    return or_(
        and_(StageRun.state == RunState.DUE, StageRun.due_at <= now()),
        and_(StageRun.state == RunState.RUNNING, StageRun.lease_until < now()),
    )


def _has_no_message() -> ColumnElement[bool]:
    return or_(
        StageRun.published_at.is_(None),
        and_(StageRun.state == RunState.RUNNING, StageRun.published_at < StageRun.lease_until),
    )


def _sources_without(stage: Stage) -> Select[int]:
    run = aliased(StageRun)
    has_run = exists().where(run.stage == stage.name, run.subject_id == Source.id)
    return select(Source.id).where(Source.state == "active", ~has_run).order_by(Source.id)


def _articles_without(stage: Stage) -> Select[int]:
    run = aliased(StageRun)
    missing = (
        select(Article.id)
        .where(Article.removed_at.is_(None), Article.duplicate_of_id.is_(None))
        .where(~exists().where(run.stage == stage.name, run.subject_id == Article.id))
        .order_by(Article.id.desc())
    )
    parents = [parent.name for parent in stage.after if parent.subject == Subject.ARTICLE]
    for parent in parents:
        row = aliased(StageRun)
        missing = missing.where(exists().where(row.stage == parent, row.subject_id == Article.id))
    if parents:
        of_parents = aliased(StageRun)
        rows = exists().where(of_parents.subject_id == Article.id, of_parents.stage.in_(parents))
        missing = missing.where(
            ~rows.where(of_parents.state.not_in(SETTLED)), rows.where(of_parents.state != RunState.SET_ASIDE)
        )
    return missing
