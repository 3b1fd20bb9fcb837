"""The scheduler's one loop: a few jobs, each at its own interval, each safe to run twice."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from services.scheduler import exporter
from services.scheduler.dispatch import Dispatcher
from services.scheduler.reconcile import mend_clock, reconcile
from services.scheduler.retain import retain
from services.scheduler.sweep import sweep
from shared.db import write_session
from shared.settings import scaled, settings
from shared.store import totals

log = structlog.get_logger()

#: The longest that attempts are counted at a time, seconds.
COUNTING_S = 1.0


@dataclass(slots=True)
class Job:
    """Something done again and again."""

    name: str
    every_s: float
    run: Callable[[], object]
    next_at: float = field(default=0.0)  # monotonic
    succeeded_at: float = field(default=0.0)  # Unix time, as Prometheus has it


def jobs() -> list[Job]:
    """What the scheduler does."""
    return [
        Job("dispatch", 1.0, Dispatcher().dispatch),
        Job("health", 1.0, _say_healthy),
        Job("count", 5.0, _count_attempts),
        Job("clock", scaled(30.0), mend_clock),
        Job("reconcile", scaled(30.0), reconcile),
        Job("retain", 5.0, retain),
        Job("sweep", 600.0, sweep),
    ]


def run_forever(all_jobs: list[Job], stopping: threading.Event) -> None:
    """Run each job when its time comes until told to stop; a job that fails is logged and runs again next time."""
    while not stopping.is_set():
        for job in all_jobs:
            if time.monotonic() < job.next_at:
                continue
            try:
                job.run()
                job.succeeded_at = time.time()
            except Exception:  # the database or the broker may be down: the loop must outlive that
                log.exception("job.failed", job=job.name)
            job.next_at = time.monotonic() + job.every_s
        stopping.wait(max(0.0, min(job.next_at for job in all_jobs) - time.monotonic()))


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    all_jobs = jobs()
    exporter.serve_metrics(lambda: {job.name: job.succeeded_at for job in all_jobs})
    log.info("scheduler.started")
    run_forever(all_jobs, stopping)
    log.info("scheduler.stopped")


def _say_healthy() -> None:
    """The loop turns: whether the broker or the database is away is for their own checks to say."""
    path = settings().health("scheduler")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _count_attempts() -> None:
    until = time.monotonic() + COUNTING_S
    while time.monotonic() < until:  # after an hour without a scheduler there are many: dispatch must not wait for all
        with write_session() as session:
            if totals.count_attempts(session) < totals.AT_ONCE:
                return
