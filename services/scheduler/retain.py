"""Each hour: raw pages, evidence, attempts and articles that are past their age are forgotten, a little at a time."""

import time

import structlog

from shared.db import read_session, write_session
from shared.store import retention
from shared.store.retention import DAY_S, Kind

log = structlog.get_logger()

#: The scheduler's other jobs wait so long at most; what is left is gone on with at its next turn.
RETAIN_S = 0.5
#: After each batch: SQLite's writers ask for their turn ten times a second, and get none between two batches on end.
PAUSE_S = 0.1


def retain() -> None:
    """Forget what is past its age; safe to run twice at once."""
    ends_at = time.monotonic() + RETAIN_S
    with read_session() as session:
        kinds = retention.due_kinds(session)
    for kind in kinds:
        if time.monotonic() < ends_at:
            _forget(kind, ends_at)


def _forget(kind: Kind, ends_at: float) -> None:
    with write_session() as session:
        if not retention.claim(session, kind):
            return
    forgotten = 0
    while True:
        with write_session() as session:
            batch = kind.forget(session, kind.days * DAY_S)
            retention.note(session, kind, batch)
        forgotten += batch
        if not batch:
            break
        time.sleep(PAUSE_S)
        if time.monotonic() >= ends_at:
            with write_session() as session:
                retention.go_on_soon(session, kind)
            break
    if forgotten:
        log.info(f"{kind.name}.forgotten", count=forgotten)
