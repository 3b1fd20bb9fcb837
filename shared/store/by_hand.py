"""What an operator asks for: one stage of one subject run now, or again; and what was set aside, retried."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import and_, case, func, select, true, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.errors import KiosqueError, UnknownSubject
from shared.ledger_models import BACKLOG, BY_HAND, OPEN, RunState, StageRun
from shared.models import Article, Source
from shared.pipeline import Stage, Subject
from shared.store import pauses
from shared.store.stage_runs import make_due, of_subject
from shared.store.statements import due_anew


class NothingDueError(KiosqueError):
    """The stage is done, or running, for this subject, and was not asked for again; or it is paused."""


def run_now(session: Session, stage: Stage, subject_id: int, *, again: bool) -> None:
    """Make the stage due now, before everything else; the caller publishes the message.

    What is done or running is left alone unless `again`, which starts every part anew and refuses a worker still on it.
    """
    require_subject(session, stage.subject, subject_id)
    require_running(session, stage)
    states = session.scalars(select(StageRun.state).where(of_subject(stage, subject_id))).all()
    if again or not states:
        if not make_due(session, stage, [subject_id], priority=BY_HAND, published=True):
            raise NothingDueError(f"{stage.subject} {subject_id} has nothing to {stage.name}: kiosque why {subject_id}")
        return
    if not set(states) - {RunState.DONE, RunState.RUNNING}:
        raise NothingDueError(
            f"{stage.name} is {states[0]} for {stage.subject} {subject_id}: use --again to do it anew"
        )
    session.execute(
        update(StageRun)
        .where(of_subject(stage, subject_id), StageRun.state.not_in((RunState.DONE, RunState.RUNNING)))
        .values(**due_anew(published_at=now(), priority=BY_HAND))
        .execution_options(synchronize_session=False)
    )


def run_anew(session: Session, stage: Stage, subject_ids: Sequence[int]) -> list[int]:
    """Start every part anew for many; returns their subjects. Dispatch sends the messages, at the queue's pace.

    It goes behind the news: an archive that is parsed again keeps no headline waiting. What is still to be done keeps
    its place in the line, for it may be news itself.
    """
    has_place = and_(StageRun.stage == stage.name, StageRun.state.in_(OPEN))
    rows = session.execute(
        select(StageRun.subject_id, func.min(StageRun.priority).label("place"))
        .where(has_place, StageRun.subject_id.in_(subject_ids))
        .group_by(StageRun.subject_id)
    )
    places: dict[int, int] = {row.subject_id: row.place for row in rows}
    in_place = defaultdict(list)
    for subject_id in subject_ids:
        in_place[places.get(subject_id, BACKLOG)].append(subject_id)
    return [one for place, some in in_place.items() for one in make_due(session, stage, some, priority=place)]


def retry(
    session: Session, stage: Stage, subject_ids: Sequence[int], states: Sequence[str], reason: str | None = None
) -> list[int]:
    """Make due the parts that are in one of `states`, for this reason; dispatch sends the messages.

    Returns the subject of each row, in its own place in the line; what is due now already keeps the message it has.
    """
    is_on_its_way = and_(StageRun.state == RunState.DUE, StageRun.due_at <= now())
    changed = session.execute(
        update(StageRun)
        .where(StageRun.stage == stage.name, StageRun.subject_id.in_(subject_ids), StageRun.state.in_(states))
        .where(true() if reason is None else StageRun.reason == reason)
        .values(**due_anew(published_at=case((is_on_its_way, StageRun.published_at), else_=None)))
        .returning(StageRun.subject_id)
        .execution_options(synchronize_session=False)
    )
    return list(changed.scalars())


def require_running(session: Session, stage: Stage) -> None:
    """NothingDueError if the stage is paused."""
    if stage.name in pauses.paused_stages(session):
        raise NothingDueError(f"{stage.name} is paused: kiosque resume {stage.name}")


def require_subject(session: Session, subject: Subject, subject_id: int) -> None:
    """UnknownSubject if there is no such row, or if it was taken down."""
    table = Source if subject == Subject.SOURCE else Article
    row = session.get(table, subject_id)
    if row is None:
        raise UnknownSubject(f"no {subject} {subject_id}")
    if isinstance(row, Article) and row.removed_at is not None:
        raise UnknownSubject(f"article {subject_id} was taken down")
