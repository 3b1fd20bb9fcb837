"""The ledger's statements on the way of every message, built once: building them took longer than running them.

Core, not ORM: a claim and a finish cost 2 ms of CPU less so (bench/queue.py). Parameters are named in each docstring.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from shared.db import now
from shared.ledger_models import PausedStage, RunState, StageAttempt, StageRun
from shared.settings import scaled

#: A killed worker's row is free again after this; renewed every RENEW_S while the work runs.
LEASE_S = 20.0
RENEW_S = 5.0


def due_anew(**changes: Any) -> dict[str, Any]:
    """The values of a row that is due at once and has no message; `changes` beside or instead.

    A worker still on the old text is refused, and the attempts start anew.
    """
    fresh = {"state": RunState.DUE, "attempts": 0, "lease_until": None, "token": None, "reason": "", "detail": ""}
    return {**fresh, "due_at": now(), "published_at": None, "changed_at": now(), **changes}


RUN: Table = StageRun.__table__  # type: ignore[assignment]
ATTEMPT: Table = StageAttempt.__table__  # type: ignore[assignment]


def is_due_now() -> ColumnElement[bool]:
    """Due, and its time has come."""
    return and_(RUN.c.state == RunState.DUE, RUN.c.due_at <= now())


def is_lapsed() -> ColumnElement[bool]:
    """Running past its lease: its worker died."""
    return and_(RUN.c.state == RunState.RUNNING, RUN.c.lease_until < now())


@cache
def claim_row(dialect: str) -> Update:
    """Take the first due part, unless the stage is paused: of_stage, of_subject_id, new_token, new_worker."""
    ready = or_(is_due_now(), is_lapsed())
    first: Select[Any] = (
        select(RUN.c.id)
        .where(RUN.c.stage == bindparam("of_stage"), RUN.c.subject_id == bindparam("of_subject_id"), ready)
        .where(~exists().where(PausedStage.stage == bindparam("of_stage")))
        .order_by(RUN.c.part)
        .limit(1)
    )
    if dialect == "postgresql":
        first = first.with_for_update(skip_locked=True)
    return (
        update(RUN)
        .where(RUN.c.id == first.scalar_subquery(), ready)
        .values(
            state=RunState.RUNNING,
            attempts=RUN.c.attempts + 1,
            lease_until=now(scaled(LEASE_S)),
            token=bindparam("new_token"),
            worker=bindparam("new_worker"),
            changed_at=now(),
        )
        .returning(RUN.c.id, RUN.c.part, RUN.c.attempts, RUN.c.priority)
    )


@cache
def open_attempt() -> Insert:
    """An attempt's row: of_stage, of_subject_id, of_part, new_token, new_worker."""
    return insert(ATTEMPT).values(
        stage=bindparam("of_stage"),
        subject_id=bindparam("of_subject_id"),
        part=bindparam("of_part"),
        token=bindparam("new_token"),
        worker=bindparam("new_worker"),
        **_OPENED,
    )


@cache
def close_lost_attempts() -> Update:
    """The attempts whose worker died, when their row is claimed again: of_stage, of_subject_id, of_part."""
    return _lost_attempts().where(ATTEMPT.c.part == bindparam("of_part"))


@cache
def claim_in_one() -> Select[Any]:
    """The three above as one statement, which PostgreSQL takes: what claim_row takes, and a row as it returns.

    A claim is a third of a hop's round trips so, and needs no BEGIN and COMMIT around it.
    """
    claimed = claim_row("postgresql").cte("claimed")
    # sees the attempts as they were before this statement: not the one that it opens
    lost = _lost_attempts().where(ATTEMPT.c.part.in_(select(claimed.c.part).where(claimed.c.attempts > 1)))
    opened = insert(ATTEMPT).from_select(
        ["stage", "subject_id", "part", "token", "worker", *_OPENED],
        select(
            bindparam("of_stage", type_=String),
            bindparam("of_subject_id", type_=BigInteger),
            claimed.c.part,
            bindparam("new_token", type_=String),
            bindparam("new_worker", type_=String),
            *(value if isinstance(value, now) else literal(value) for value in _OPENED.values()),
        ),
    )
    return select(claimed).add_cte(lost.cte("lost"), opened.cte("opened"))


_OPENED: dict[str, Any] = {"started_at": now(), "outcome": "running", "reason": "", "detail": "", "counted": False}


def _lost_attempts() -> Update:
    return (
        update(ATTEMPT)
        .where(ATTEMPT.c.stage == bindparam("of_stage"), ATTEMPT.c.subject_id == bindparam("of_subject_id"))
        .where(ATTEMPT.c.outcome == "running")
        .values(finished_at=now(), outcome="lost", reason="lease_expired")
    )


@cache
def close_attempt() -> Update:
    """The end of an open attempt: held_token, new_state, new_reason, new_detail."""
    return (
        update(ATTEMPT)
        .where(ATTEMPT.c.token == bindparam("held_token"), ATTEMPT.c.outcome == "running")
        .values(
            finished_at=now(),
            outcome=bindparam("new_state"),
            reason=bindparam("new_reason"),
            detail=bindparam("new_detail"),
        )
    )


@cache
def settle_row() -> Update:
    """The end of a claim: held_id, held_token, new_state, new_reason, new_detail; matches nothing if it is stale."""
    return (
        update(RUN)
        .where(RUN.c.id == bindparam("held_id"), RUN.c.token == bindparam("held_token"))
        .where(RUN.c.state == RunState.RUNNING)
        .values(
            state=bindparam("new_state"),
            token=None,
            lease_until=None,
            reason=bindparam("new_reason"),
            detail=bindparam("new_detail"),
            changed_at=now(),
        )
        .returning(RUN.c.id)
    )


@cache
def settle_in_one() -> Select[Any]:
    """settle_row and close_attempt as one statement, which PostgreSQL takes: what settle_row takes and returns."""
    settled = settle_row().cte("settled")
    closed = close_attempt().where(exists(select(settled.c.id)))
    return select(settled).add_cte(closed.cte("closed"))


@cache
def lock_subject(table: Table) -> Select[Any]:
    """A subject's row, locked until the commit: of_id.

    NO KEY UPDATE: a row that names it by foreign key must not wait, or a poll and a parse wait for each other.
    """
    return select(table.c.id).where(table.c.id == bindparam("of_id")).with_for_update(key_share=True)


@cache
def make_row_due(dialect: str, published: bool) -> Insert:
    """A row due now, new or not: stage, subject_id, part, priority; `published`: the caller sends its message."""
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    fresh = due_anew(published_at=now() if published else None)
    statement = build(RUN).values(**fresh, worker="")
    return statement.on_conflict_do_update(
        index_elements=["stage", "subject_id", "part"],
        set_={name: statement.excluded[name] for name in ("priority", *fresh)},
    )
