"""Counters that only grow, for /metrics: in the database, so that no restart and no second scheduler begins anew."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from shared.ledger_models import AttemptCount, MessageCount, RunState, StageAttempt, WorkBucket
from shared.store.upsert import add_up

#: Bounds of the histogram of work, seconds: a tag takes some hundredths, a translation up to its limit of 240. Dense
#: below each stage's limit, for an alarm asks whether work comes near it.
BOUNDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0)
WITHIN = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")
#: Attempts that did their work to its end; one that was put off or lost says nothing about how long work takes.
_WORKED = frozenset({RunState.DONE, RunState.WAITING, RunState.SET_ASIDE, "retry"})


def count_attempts(session: Session, closed: Sequence[StageAttempt], sources: Mapping[int, int]) -> None:
    """Add closed attempts, whose sources are known by the attempt's id."""
    by_outcome = Counter((one.stage, sources[one.id], one.outcome, one.reason) for one in closed)
    key = ("stage", "source_id", "outcome", "reason")
    rows = [dict(zip(key, values, strict=True)) | {"attempts": number} for values, number in by_outcome.items()]
    add_up(session, AttemptCount, rows, key=key, sums=("attempts",))
    buckets: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in closed:
        if one.outcome in _WORKED and one.finished_at is not None:
            seconds = max(0.0, (one.finished_at - one.started_at).total_seconds())
            buckets[one.stage, WITHIN[bisect_left(BOUNDS, seconds)]].append(seconds)
    rows = [
        {"stage": stage, "within": within, "attempts": len(all_s), "seconds": sum(all_s)}
        for (stage, within), all_s in buckets.items()
    ]
    add_up(session, WorkBucket, rows, key=("stage", "within"), sums=("attempts", "seconds"))


def count_messages(session: Session, queue: str, event: str, messages: int = 1) -> None:
    """Add messages of a queue to which this befell."""
    row = {"queue": queue, "event": event, "messages": messages}
    add_up(session, MessageCount, [row], key=("queue", "event"), sums=("messages",))
