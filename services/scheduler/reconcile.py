"""Each half minute: lost messages sent again, rows that the map asks for made, attempts of the dead closed."""

import structlog

from services.scheduler.dispatch import publish_again
from shared.db import read_session, write_session
from shared.pipeline import STAGES, Stage, Subject
from shared.store import clock_steps, overdue, totals

log = structlog.get_logger()


def reconcile() -> None:
    """Put right what a crash, a flushed Redis or a new stage left undone; safe to run twice at once."""
    publish_again()
    for stage in STAGES.values():
        made = _make_missing(stage)
        if made:
            log.info("rows.made", stage=stage.name, rows=made)
    with write_session() as session:
        totals.close_abandoned(session)


def mend_clock() -> None:
    """Free what a database clock that was put back would hold until the old time comes again."""
    with read_session() as session:  # looking reads every open row: no writer waits for that
        was_put_back = clock_steps.was_put_back(session)
    if was_put_back:
        with write_session() as session:
            mended = clock_steps.mend(session)
        log.warning("clock.put_back", rows=mended)


def _make_missing(stage: Stage) -> int:
    with read_session() as session:  # looking reads every article
        subject_ids = overdue.subjects_without(session, stage)
    made = 0
    if subject_ids:
        with write_session() as session:
            made = overdue.make_missing(session, stage, subject_ids)
    if stage.subject == Subject.SOURCE:
        with write_session() as session:
            made += overdue.revive(session, stage)
    return made
