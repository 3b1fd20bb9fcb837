"""What dispatch and reconcile look for: rows whose time has come, messages that were lost, rows that are missing."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from shared.db import now
from shared.ledger_models import BACKLOG, SETTLED, RunState, StageRun
from shared.models import Article, Source
from shared.pipeline import STAGES, Stage, Subject
from shared.settings import scaled
from shared.store import pauses
from shared.store.stage_runs import KEY, rows_of
from shared.store.statements import due_anew, is_due_now, is_lapsed
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
    return {
        name
        for name in STAGES.keys() - pauses.paused_stages(session)
        if any(_is_any(session, StageRun.stage == name, condition) for condition in (_unsent(), _lapsed_unsent()))
    }


def _is_any(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return session.execute(select(StageRun.id).where(*conditions).limit(1)).first() is not None


def take_due(
    session: Session, stages: Sequence[Stage], most: int, *, polls_first: bool = True
) -> list[tuple[Stage, int]]:
    """Mark as published, and return, what is due and has no message: by priority, newest first, `most` at most.

    What a dead worker left goes first.
    """
    return _take(session, stages, most, [_lapsed_unsent(), _unsent()], polls_first)


def take_unclaimed(session: Session, stages: Sequence[Stage], most: int) -> list[tuple[Stage, int]]:
    """The same for what has a message that nobody claimed within UNCLAIMED_S."""
    long_ago = StageRun.published_at < now(-scaled(UNCLAIMED_S))
    return _take(session, stages, most, [and_(is_lapsed(), long_ago), and_(is_due_now(), long_ago)])


def subjects_without(session: Session, stage: Stage) -> list[int]:
    """Subjects whose rows the map asks for and that have none (a stage newer than its articles)."""
    if stage.subject == Subject.IMAGE:
        return []
    missing = _sources_without(stage) if stage.subject == Subject.SOURCE else _articles_without(stage)
    return list(session.scalars(missing.limit(MISSING_AT_ONCE)))


def make_missing(session: Session, stage: Stage, subject_ids: Sequence[int]) -> int:
    """Make the rows of these subjects; returns how many.

    A row that is there by now, made by another scheduler or by hand, is left alone.
    """
    rows = rows_of(session, stage, subject_ids, BACKLOG)
    return upsert(session, StageRun, [row | due_anew() for row in rows], key=KEY)


def revive(session: Session, stage: Stage) -> int:
    """A source's stage recurs: one that was set aside a while ago (a fault of ours, lost workers) is tried again."""
    actives = select(Source.id).where(Source.state == "active")
    revived = session.execute(
        update(StageRun)
        .where(StageRun.stage == stage.name, StageRun.subject_id.in_(actives))
        .where(StageRun.state == RunState.SET_ASIDE, StageRun.changed_at <= now(-RECURS_S))
        .values(**due_anew())
        .execution_options(synchronize_session=False)
    )
    return int(revived.rowcount)  # type: ignore[attr-defined]


def _take(
    session: Session,
    stages: Sequence[Stage],
    most: int,
    conditions: Sequence[ColumnElement[bool]],
    polls_first: bool = True,
) -> list[tuple[Stage, int]]:
    """One condition after the other, each a range of the index: both in one OR read every row.

    Polls go before or after the articles of their queue, for a source's id says nothing beside an article's.
    """
    paused = pauses.paused_stages(session)
    polls = [stage for stage in stages if stage.subject == Subject.SOURCE and stage.name not in paused]
    others = [stage for stage in stages if stage.subject != Subject.SOURCE and stage.name not in paused]
    taken: dict[tuple[Stage, int], None] = {}
    for group in (polls, others) if polls_first else (others, polls):
        for condition in conditions if group else ():
            while (left := most - len(taken)) > 0:  # rounds, for the rows of one subject, its parts, have one message
                rows = _take_ordered(session, group, left, condition)
                taken |= dict.fromkeys(rows)
                if len(rows) < left:
                    break
    return list(taken)


def _take_ordered(
    session: Session, stages: Sequence[Stage], most: int, condition: ColumnElement[bool]
) -> list[tuple[Stage, int]]:
    by_name = {stage.name: stage for stage in stages}
    wanted = (
        select(StageRun.id)
        .where(StageRun.stage.in_(by_name), condition)
        .order_by(StageRun.priority, StageRun.subject_id.desc())
        .limit(most)
        .with_for_update(skip_locked=True)  # two schedulers share the work; SQLite leaves it out
        .cte("wanted")
        .prefix_with("MATERIALIZED", dialect="postgresql")  # as a plain subquery it may run anew for each row: no limit
    )
    taken = session.execute(
        update(StageRun)
        .where(StageRun.id.in_(select(wanted.c.id)))  # locked, and with it looked at again, by the select
        .values(published_at=now())
        .returning(StageRun.stage, StageRun.subject_id, StageRun.priority)
        .execution_options(synchronize_session=False)
    ).all()
    taken = sorted(taken, key=lambda row: (row.priority, -row.subject_id))  # RETURNING keeps no order
    return [(by_name[row.stage], row.subject_id) for row in taken]


def _unsent() -> ColumnElement[bool]:
    return and_(is_due_now(), StageRun.published_at.is_(None))


def _lapsed_unsent() -> ColumnElement[bool]:
    sent_before = or_(StageRun.published_at.is_(None), StageRun.published_at < StageRun.lease_until)
    return and_(is_lapsed(), sent_before)


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
