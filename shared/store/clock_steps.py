"""A database clock that was put back: what it had already written would else wait until the old time comes again."""

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.ledger_models import OPEN, Host, HostTurn, RunState, StageRun
from shared.models import ArticleImage
from shared.settings import scaled
from shared.store.statements import LEASE_S

#: A row that was changed further ahead than this was written before the clock was put back, seconds.
TRUSTED_S = 60.0


def was_put_back(session: Session) -> bool:
    """Whether an open row was written under a later clock than the database's is now."""
    return session.scalar(select(StageRun.id).where(StageRun.state.in_(OPEN), _is_ahead()).limit(1)) is not None


def mend(session: Session) -> int:
    """Make due now, and lease anew, what was written under a later clock; returns how many rows.

    A lease is not ended: its worker may be at work, and renews it if it is. What was put off further than TRUSTED_S,
    a host or a picture, is not: whether that was asked for can no longer be told.
    """
    mended = 0
    for state, values in (
        (RunState.DUE, {"due_at": now(), "published_at": None}),
        (RunState.RUNNING, {"lease_until": now(scaled(LEASE_S)), "published_at": now()}),
    ):
        changed = session.execute(
            update(StageRun)
            .where(StageRun.state == state, _is_ahead())
            .values(**values, changed_at=now())
            .execution_options(synchronize_session=False)
        )
        mended += int(changed.rowcount)  # type: ignore[attr-defined]
    late = now(TRUSTED_S)
    for statement in (
        delete(HostTurn).where(HostTurn.turn_at > late),
        update(Host).where(Host.next_at > late).values(next_at=None),
        update(ArticleImage).where(ArticleImage.again_at > late).values(again_at=now()),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    return mended


def _is_ahead() -> ColumnElement[bool]:
    """A message's time is written by dispatch, which changes nothing else of its row."""
    return or_(StageRun.changed_at > now(TRUSTED_S), StageRun.published_at > now(TRUSTED_S))
