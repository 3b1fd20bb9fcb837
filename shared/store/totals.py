"""Attempts counted by hour, stage, source, outcome and reason, so that nothing counts done rows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from shared.db import clock, now
from shared.ledger_models import StageAttempt, StageRun, StageTotal
from shared.models import Article
from shared.pipeline import STAGES, Subject
from shared.store import counts
from shared.store.upsert import add_up

KEY = ("hour", "stage", "source_id", "outcome", "reason")
#: Attempts counted in one round.
AT_ONCE = 2000
#: An attempt that is still open after this, and whose row another claim holds, will never close itself.
OPEN_MOST = timedelta(minutes=15)


def count_attempts(session: Session) -> int:
    """Add closed attempts to the totals, each once; returns how many."""
    closed = session.scalars(
        select(StageAttempt)
        .where(StageAttempt.counted.is_(False), StageAttempt.outcome != "running")
        .order_by(StageAttempt.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    sources = _sources_of(session, closed)
    sums: dict[tuple[datetime, str, int, str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for attempt in closed:
        finished_at = attempt.finished_at or attempt.started_at
        hour = finished_at.replace(minute=0, second=0, microsecond=0)
        key = (hour, attempt.stage, sources[attempt.id], attempt.outcome, attempt.reason)
        sums[key][0] += 1
        sums[key][1] += max(0.0, (finished_at - attempt.started_at).total_seconds())
        attempt.counted = True
    rows = [
        dict(zip(KEY, key, strict=True)) | {"attempts": int(attempts), "seconds": seconds}
        for key, (attempts, seconds) in sums.items()
    ]
    add_up(session, StageTotal, rows, key=KEY, sums=("attempts", "seconds"))
    counts.count_attempts(session, closed, sources)
    return len(closed)


def close_abandoned(session: Session) -> int:
    """Close attempts whose worker died and whose row has gone on without them; returns how many."""
    held = exists().where(StageRun.token == StageAttempt.token)
    closed = session.execute(
        update(StageAttempt)
        .where(StageAttempt.outcome == "running", StageAttempt.started_at < clock(session) - OPEN_MOST, ~held)
        .values(outcome="lost", reason="worker_lost", finished_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(closed.rowcount)  # type: ignore[attr-defined]


def _sources_of(session: Session, rows: Sequence[StageAttempt]) -> dict[int, int]:
    articles = {row.subject_id for row in rows if _subject_of(row.stage) == Subject.ARTICLE}
    rows_of = session.execute(select(Article.id, Article.source_id).where(Article.id.in_(articles)))
    by_article = {row.id: row.source_id for row in rows_of}
    return {
        row.id: by_article.get(row.subject_id, 0) if _subject_of(row.stage) == Subject.ARTICLE else row.subject_id
        for row in rows
    }


def _subject_of(stage: str) -> Subject:
    return STAGES[stage].subject if stage in STAGES else Subject.ARTICLE
