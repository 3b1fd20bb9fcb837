"""The one worker entry point: `SERVICE=parser python -m services.worker`, or `… celery -A services.worker worker`.

Without SERVICE it is a client that can only publish, which is what `celery -A services.worker call` needs.
"""

import logging
import os
import sys
import threading
from typing import Any

import structlog
from celery import Celery, bootsteps, signals
from celery.bin.celery import celery as command
from sqlalchemy.exc import SQLAlchemyError

from shared import stage
from shared.app import make_app
from shared.broker.asked_events import AskedEventsStep
from shared.broker.checks import CheckStep
from shared.broker.watchdog import TurnStep, WatchStep
from shared.db import write_session
from shared.logs import configure_logs
from shared.settings import settings
from shared.store import releases

log = structlog.get_logger()

app: Celery = make_app(settings().service)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _configure_logs(**_: Any) -> None:
    configure_logs()


@signals.worker_init.connect  # type: ignore[untyped-decorator]
def _name_worker(**_: Any) -> None:
    stage.name_worker(settings().service)


@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def _hand_back(**_: Any) -> None:
    try:
        with write_session() as session:
            released = releases.release_held_by(session, stage.worker_name())
    except SQLAlchemyError as error:  # its leases run out by themselves
        log.warning("worker.not_handed_back", error=str(error).partition("\n")[0])
        return
    log.info("worker.stopped", service=settings().service, handed_back=released)


class HandBackStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """A cold shutdown, which follows a soft one that ran out of time, sends no worker_shutdown signal."""

    def terminate(self, parent: Any) -> None:
        _hand_back()


app.steps["worker"].update({HandBackStep, WatchStep})
app.steps["consumer"].update({CheckStep, AskedEventsStep, TurnStep})


def main() -> None:
    """Start the worker of SERVICE with the map's pool and concurrency."""
    if not settings().service:
        sys.exit("SERVICE is not set: SERVICE=parser python -m services.worker")
    # heartbeats stay on, one small message each two seconds: without them Flower shows no worker
    options = ["--without-gossip", "--without-mingle", "--loglevel", settings().log_level]
    # its banner is no JSON
    quiet = ["--quiet"] if settings().log_format == "json" else []
    # as app.worker_main does, which forgets the exit code: a worker that refused to start must not look well
    command.params[0].default = app
    try:
        code = command.main(
            [*quiet, "worker", "--hostname", f"{settings().service}@%h", *options], standalone_mode=False
        )
    except SystemExit as end:
        code = end.code
    _leave_threads()
    sys.exit(code)


def _leave_threads() -> None:
    """End at once if a thread of the pool is still at work: Python would wait for it, as long as a stage's limit.

    Only after a soft shutdown ran out of time. What such a thread holds is handed back by then, and its finish, had it
    one, would be refused.
    """
    if any(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    # under its importable name, so that children and Flower see the same application
    from services.worker import main as run_worker

    run_worker()
