"""Rows given back without their worker: at its end, after its child's death, or when what they waited for is there."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.ledger_models import OPEN, RunState, StageRun
from shared.pipeline import Stage
from shared.store.stage_runs import (
    LOST_DELAY_S,
    Claim,
    close_attempts,
    come_back,
    lock_subject,
    make_followers_due,
    of_subject,
    settle,
)
from shared.store.statements import due_anew


def release_held_by(session: Session, worker: str) -> int:
    """At a worker's end: make what it still holds due at once, the attempt given back; returns how many rows."""
    held = (StageRun.worker == worker, StageRun.state == RunState.RUNNING)
    tokens = list(session.scalars(select(StageRun.token).where(*held)))
    close_attempts(session, tokens, outcome="postponed", reason="shutdown")
    released = session.execute(
        update(StageRun)
        .where(*held)
        .values(**due_anew(attempts=StageRun.attempts - 1, reason="shutdown"))
        .execution_options(synchronize_session=False)
    )
    return int(released.rowcount)  # type: ignore[attr-defined]


def release_lost(
    session: Session, stage: Stage, subject_id: int, *, message_id: str, worker: str, reason: str, detail: str
) -> None:
    """A child of `worker` died over this message: its row is due again, or set aside if that was the last try.

    Followers that do not need its output may fall due; dispatch sends their messages.
    """
    lock_subject(session, stage, subject_id)
    held = session.scalars(
        select(StageRun).where(
            of_subject(stage, subject_id),
            StageRun.state == RunState.RUNNING,
            StageRun.worker == worker,
            StageRun.token.startswith(f"{message_id}/"),
        )
    ).all()
    for row in held:
        assert row.token is not None
        lost = Claim(row.id, row.stage, row.subject_id, row.part, row.token, row.attempts, row.priority)
        if row.attempts >= stage.tries:
            settle(session, lost, RunState.SET_ASIDE, reason, detail)
            make_followers_due(
                session, stage, [subject_id], priority=row.priority, published=frozenset(), has_output=False
            )
        else:
            come_back(session, lost, "lost", reason, detail, due_at=now(LOST_DELAY_S), attempts=row.attempts)


def release_waiting(session: Session, stage: Stage, reason: str, details: Iterable[str]) -> int:
    """Make due what waits for one of `details` (an engine's pairs, "fr>es"); returns how many rows."""
    released = session.execute(
        update(StageRun)
        .where(StageRun.stage == stage.name, StageRun.state == RunState.WAITING, StageRun.reason == reason)
        .where(StageRun.detail.in_(list(details)))
        .values(**due_anew())
        .execution_options(synchronize_session=False)
    )
    return int(released.rowcount)  # type: ignore[attr-defined]


def unpublish(session: Session, stage: Stage, subject_ids: Sequence[int]) -> None:
    """A message that was to be sent was not: leave its row, which may be a lapsed one, to dispatch."""
    session.execute(
        update(StageRun)
        .where(StageRun.stage == stage.name, StageRun.subject_id.in_(subject_ids), StageRun.state.in_(OPEN))
        .values(published_at=None)
        .execution_options(synchronize_session=False)
    )
