"""A database clock that was put back: what it had already written would else wait until the old time comes again."""

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.ledger_models import Host, HostTurn, RunState, StageRun
from shared.settings import scaled
from shared.store.statements import LEASE_S

#: A row that was changed further ahead than this was written before the clock was put back, seconds.
TRUSTED_S = 60.0


def mend_after_step_back(session: Session) -> int:
    """Make due now, and lease anew, what was written under a later clock; returns how many rows.

    A lease is not ended: its worker may be at work, and renews it if it is. Every host may be asked from now on.
    """
    ahead = StageRun.changed_at > now(TRUSTED_S)
    if session.scalar(select(StageRun.id).where(_is_open(), ahead).limit(1)) is None:
        return 0
    mended = 0
    for state, values in (
        (RunState.DUE, {"due_at": now(), "published_at": None}),
        (RunState.RUNNING, {"lease_until": now(scaled(LEASE_S)), "published_at": now()}),
    ):
        changed = session.execute(
            update(StageRun)
            .where(StageRun.state == state, ahead)
            .values(**values, changed_at=now())
            .execution_options(synchronize_session=False)
        )
        mended += int(changed.rowcount)  # type: ignore[attr-defined]
    session.execute(delete(HostTurn).execution_options(synchronize_session=False))
    session.execute(update(Host).values(next_at=None).execution_options(synchronize_session=False))
    return mended


def _is_open() -> ColumnElement[bool]:
    return or_(StageRun.state == RunState.DUE, StageRun.state == RunState.RUNNING)
