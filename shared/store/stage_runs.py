"""The ledger of work: claim a due row, settle it, make rows due; every change is one conditional statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, select, update
from sqlalchemy.orm import Session

from shared.db import now
from shared.errors import KiosqueError, Unprocessable
from shared.ledger_models import NEWS, SETTLED, RunState, StageAttempt, StageRun
from shared.models import Article, Image, Source
from shared.pipeline import Stage, Subject, followers_of
from shared.settings import scaled
from shared.store import statements
from shared.store.parts import parts_of
from shared.store.upsert import dialect_of, upsert

#: Back-off of a Retryable: 5 s, doubling, an hour at most.
BACKOFF_FIRST_S, BACKOFF_MOST_S = 5.0, 3600.0
#: A lost child's row comes back after this: a crash loop does not spin, and the promised 10 s are far.
LOST_DELAY_S = 1.0


#: Where a stage's subjects stand.
TABLES: dict[Subject, type[Source] | type[Article] | type[Image]] = {
    Subject.SOURCE: Source,
    Subject.ARTICLE: Article,
    Subject.IMAGE: Image,
}
KEY = ("stage", "subject_id", "part")


class Stale(KiosqueError):
    """The row is no longer this claim's: it was made due again, or its lease ran out and another worker has it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at one row, held until `token` no longer matches."""

    run_id: int
    stage: str
    subject_id: int
    part: str
    token: str
    attempts: int
    priority: int


@dataclass(frozen=True, slots=True)
class FallsDue:
    """What a save hands on: the followers' subjects, and when its own stage is due again."""

    subjects: Sequence[int] = ()
    again_at: datetime | None = None
    set_aside: Unprocessable | None = None  # saved, and yet not to be gone on with (a duplicate)


def claim(session: Session, stage: Stage, subject_id: int, *, worker: str, token: str) -> Claim | None:
    """Take the first due part of a subject and count the attempt; None if nothing of it is due.

    An attempt beyond the stage's tries (its worker died each time) is for the caller to set aside.
    """
    asked = {"of_stage": stage.name, "of_subject_id": subject_id, "new_token": token, "new_worker": worker}
    row = _claim_row(session, asked)
    return row and Claim(row.id, stage.name, subject_id, row.part, token, row.attempts, row.priority)


def _claim_row(session: Session, asked: dict[str, Any]) -> Any | None:
    if dialect_of(session) == "postgresql":
        return session.execute(statements.claim_in_one(), asked).one_or_none()
    row = session.execute(statements.claim_row("sqlite"), asked).one_or_none()
    if row is not None:
        part = {"of_part": row.part}
        if row.attempts > 1:
            session.execute(statements.close_lost_attempts(), asked | part)
        session.execute(statements.open_attempt(), asked | part)
    return row


def settle(session: Session, held: Claim, state: RunState, reason: str = "", detail: str = "") -> None:
    """Mark a claimed row done, waiting or set aside; Stale if it is no longer ours."""
    ended = {"held_token": held.token, "new_state": state, "new_reason": reason, "new_detail": detail}
    is_one = dialect_of(session) == "postgresql"
    settle_row = statements.settle_in_one() if is_one else statements.settle_row()
    if session.execute(settle_row, {**ended, "held_id": held.run_id}).one_or_none() is None:
        raise stale(held)
    if not is_one:
        session.execute(statements.close_attempt(), ended)


def come_back(
    session: Session, held: Claim, outcome: str, reason: str, detail: str, *, due_at: Any, attempts: int
) -> None:
    """Make a claimed row due at `due_at` with so many attempts counted; Stale if it is no longer ours.

    One that was done and recurs has no longer been asked for by hand.
    """
    is_done = outcome == RunState.DONE
    changed: Any = session.execute(
        update(StageRun)
        .where(StageRun.id == held.run_id, StageRun.token == held.token, StageRun.state == RunState.RUNNING)
        .values(
            **statements.due_anew(due_at=due_at, attempts=attempts, reason=reason, detail=detail),
            **({"priority": NEWS} if is_done else {}),
        )
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount:
        raise stale(held)
    close_attempts(session, [held.token], outcome=outcome, reason=reason, detail=detail)


def make_due(
    session: Session,
    stage: Stage,
    subject_ids: Iterable[int],
    *,
    due_at: Any = None,
    priority: int = NEWS,
    published: bool = False,
) -> list[int]:
    """Make every part of these subjects due, new or not; a worker still on one of them is refused when it finishes.

    `due_at` is a time or SQL expression, now if None; `published` says that the caller sends the messages.
    Returns the subjects that have such a part.
    """
    wanted = sorted(set(subject_ids))
    if not wanted:
        return []
    rows = rows_of(session, stage, wanted, priority)
    if stage.parted:
        _drop_other_parts(session, stage, wanted, rows)
    if rows and due_at is None:
        session.execute(statements.make_row_due(dialect_of(session), published), rows)
    elif rows:
        fresh = statements.due_anew(due_at=due_at, published_at=now() if published else None)
        upsert(session, StageRun, [row | fresh for row in rows], key=KEY, update=("priority", *fresh))
    return sorted({int(row["subject_id"]) for row in rows})


def rows_of(session: Session, stage: Stage, subject_ids: Sequence[int], priority: int) -> list[dict[str, Any]]:
    """The key and priority of every row that the stage has for these subjects, one for each part."""
    parts = parts_of(session, stage, subject_ids) if stage.parted else dict.fromkeys(subject_ids, ("",))
    return [
        {"stage": stage.name, "subject_id": subject_id, "part": part, "priority": priority}
        for subject_id in subject_ids
        for part in parts.get(subject_id, ())
    ]


def _drop_other_parts(
    session: Session, stage: Stage, subject_ids: Sequence[int], rows: Sequence[dict[str, Any]]
) -> None:
    """An edited article may have lost its standfirst, or changed its language."""
    for subject_id in subject_ids:
        kept = [row["part"] for row in rows if row["subject_id"] == subject_id]
        session.execute(delete(StageRun).where(of_subject(stage, subject_id), StageRun.part.not_in(kept)))


def make_followers_due(
    session: Session,
    stage: Stage,
    subject_ids: Sequence[int],
    *,
    priority: int,
    published: frozenset[str],
    has_output: bool = True,
) -> list[tuple[Stage, int]]:
    """Make due, for these subjects, each later stage whose parents are all settled; returns the pairs made due.

    `published` names the services whose messages the caller will send. Without an output (waiting, set aside) only a
    stage that has another parent to work on can fall due.
    """
    made: list[tuple[Stage, int]] = []
    for later in followers_of(stage):
        ready = [one for one in subject_ids if _parents_allow(session, later, stage, one, has_output)]
        due = make_due(session, later, ready, priority=priority, published=later.service in published)
        made += [(later, subject_id) for subject_id in due]
    return made


def is_settled(session: Session, stage: Stage, subject_id: int) -> bool:
    """Whether no part of the stage is left to do for this subject."""
    open_rows = select(StageRun.id).where(of_subject(stage, subject_id), StageRun.state.not_in(SETTLED)).limit(1)
    return session.scalar(open_rows) is None


def renew(session: Session, claims: Sequence[Claim]) -> None:
    """Put off the end of these claims' leases."""
    session.execute(
        update(StageRun)
        .where(StageRun.token.in_([held.token for held in claims]), StageRun.state == RunState.RUNNING)
        .values(lease_until=now(scaled(statements.LEASE_S)))
        .execution_options(synchronize_session=False)
    )


def of_subject(stage: Stage, subject_id: int) -> ColumnElement[bool]:
    return and_(StageRun.stage == stage.name, StageRun.subject_id == subject_id)


def _parents_allow(session: Session, later: Stage, finished: Stage, subject_id: int, has_output: bool) -> bool:
    """Every parent of the same subject settled, and not all of them set aside: then there is nothing to work on."""
    parents = [parent.name for parent in later.after if parent.subject == later.subject]
    if not has_output and (parents == [finished.name] or later.subject != finished.subject):
        return False  # a poll that brought nothing: its own id is a source's, not an article's
    if not parents or (parents == [finished.name] and not finished.parted):
        return True  # the caller has just settled the only one
    rows = session.execute(
        select(StageRun.stage, StageRun.state)
        .where(StageRun.subject_id == subject_id, StageRun.stage.in_(parents))
        .distinct()
    ).all()
    states = {row.state for row in rows}
    return {row.stage for row in rows} == set(parents) and states <= set(SETTLED) and states != {RunState.SET_ASIDE}


def stale(held: Claim) -> Stale:
    return Stale(f"{held.stage} of {held.subject_id} {held.part} is no longer held by this attempt")


def close_stale(session: Session, held: Claim) -> None:
    """Record that an attempt came to its end after its row had been taken from it.

    Who took it may have written it down as lost, and that may be counted: what it was after all is counted too.
    """
    session.execute(
        update(StageAttempt)
        .where(StageAttempt.token == held.token, StageAttempt.outcome.in_(("running", "lost")))
        .values(finished_at=now(), outcome="stale", reason="stale", detail="", counted=False)
        .execution_options(synchronize_session=False)
    )


def close_attempts(
    session: Session, tokens: Sequence[str | None], *, outcome: str, reason: str, detail: str = ""
) -> None:
    session.execute(
        update(StageAttempt)
        .where(StageAttempt.token.in_(tokens), StageAttempt.outcome == "running")
        .values(finished_at=now(), outcome=outcome, reason=reason, detail=detail)
        .execution_options(synchronize_session=False)
    )


def lock_subject(session: Session, stage: Stage, subject_id: int) -> bool:
    """Lock the subject's row until the commit, so that two parents finishing at once see each other; False if gone."""
    table: Table = TABLES[stage.subject].__table__  # type: ignore[assignment]
    return session.execute(statements.lock_subject(table), {"of_id": subject_id}).one_or_none() is not None
