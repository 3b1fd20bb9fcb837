"""What an operator asks for: one stage of one subject run now, or again; and what was set aside, retried."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.errors import KiosqueError, UnknownSubject
from shared.ledger_models import BY_HAND, RunState, StageRun
from shared.models import Article, Source
from shared.pipeline import Stage, Subject
from shared.store import pauses
from shared.store.stage_runs import make_due, of_subject


class NothingDueError(KiosqueError):
    """The stage is done, or running, for this subject, and was not asked for again; or it is paused."""


def run_now(session: Session, stage: Stage, subject_id: int, *, again: bool) -> None:
    """Make the stage due now, before everything else; the caller publishes the message.

    What is done or running is left alone unless `again`, which starts every part anew and refuses a worker still on it.
    """
    require_subject(session, stage.subject, subject_id)
    if stage.name in pauses.paused_stages(session):
        raise NothingDueError(f"{stage.name} is paused: kiosque resume {stage.name}")
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
        .values(
            state=RunState.DUE, due_at=now(), published_at=now(), priority=BY_HAND, attempts=0, token=None,
            lease_until=None, reason="", detail="", changed_at=now(),
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def retry(session: Session, found: Sequence[tuple[Stage, int]], states: Sequence[str]) -> int:
    """Make these stages and subjects due again where they are in one of `states`; dispatch sends the messages."""
    rows = 0
    for stage, subject_id in found:
        changed = session.execute(
            update(StageRun)
            .where(of_subject(stage, subject_id), StageRun.state.in_(states))
            .values(
                state=RunState.DUE, due_at=now(), published_at=None, attempts=0, token=None, lease_until=None,
                reason="", detail="", changed_at=now(),
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        rows += int(changed.rowcount)  # type: ignore[attr-defined]
    return rows


def require_subject(session: Session, subject: Subject, subject_id: int) -> None:
    """UnknownSubject if there is no such row, or if it was taken down."""
    table = Source if subject == Subject.SOURCE else Article
    row = session.get(table, subject_id)
    if row is None:
        raise UnknownSubject(f"no {subject} {subject_id}")
    if isinstance(row, Article) and row.removed_at is not None:
        raise UnknownSubject(f"article {subject_id} was taken down")
