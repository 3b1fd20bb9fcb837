"""Each half minute: lost messages sent again, rows that the map asks for made, attempts of the dead closed."""

import structlog

from services.scheduler.dispatch import publish_again
from shared.db import write_session
from shared.pipeline import STAGES
from shared.store import clock_steps, overdue, totals

log = structlog.get_logger()


def reconcile() -> None:
    """Put right what a crash, a flushed Redis or a new stage left undone; safe to run twice at once."""
    with write_session() as session:
        mended = clock_steps.mend_after_step_back(session)
    if mended:
        log.warning("clock.put_back", rows=mended)
    publish_again()
    for stage in STAGES.values():
        with write_session() as session:
            made = overdue.make_missing(session, stage)
        if made:
            log.info("rows.made", stage=stage.name, rows=made)
    with write_session() as session:
        totals.close_abandoned(session)
