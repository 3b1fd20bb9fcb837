"""A worker that hears nothing ends itself, to be started again; and a file whose age says that it consumes.

A Redis worker can be alive and deaf: its blocking read is never answered although the server is well (celery#8030,
#10096). No health check that asks the worker sees it, and a restart cures it.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import billiard
import structlog
from celery import bootsteps
from celery.worker import state

from shared.broker.transport import Channel
from shared.settings import scaled, settings

log = structlog.get_logger()

#: A consumer with a free slot asks again each second: kombu's BRPOP comes back empty after one, whatever our scale.
HEARD_S = 5.0
LOOK_S = 1.0
#: What a deaf worker leaves behind, for its supervisor's log.
EXIT_CODE = os.EX_SOFTWARE


class Watchdog:
    """Touches `health_file` while the worker consumes, and calls `end` once it is deaf for `deaf_after_s`."""

    def __init__(
        self,
        *,
        is_at_work: Callable[[], bool],  # with every slot: it asks the broker for nothing meanwhile
        does_broker_answer: Callable[[], bool],
        end: Callable[[], None],
        deaf_after_s: float,
        health_file: Path,
    ) -> None:
        self._is_at_work, self._does_broker_answer, self._end = is_at_work, does_broker_answer, end
        self._deaf_after_s, self._health_file = deaf_after_s, health_file
        self._deaf_since: float | None = None
        health_file.parent.mkdir(parents=True, exist_ok=True)

    def look(self) -> None:
        """Once a second. A broker that is away, full or read-only is no deafness: ending would cure nothing."""
        moment = time.monotonic()
        if self._is_at_work() or moment - Channel.heard_at < HEARD_S:
            self._health_file.touch()
            self._deaf_since = None
        elif not self._does_broker_answer():
            self._deaf_since = None
        elif self._deaf_since is None:
            self._deaf_since = moment
        elif moment - self._deaf_since >= self._deaf_after_s:
            log.critical("worker.deaf", seconds=round(moment - self._deaf_since), broker="answers")
            self._end()

    def run(self) -> None:
        """For ever, in a thread."""
        while True:
            time.sleep(LOOK_S)
            try:
                self.look()
            except OSError as error:  # a full disk under the health file
                log.warning("health.not_written", error=str(error))


class TurnStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Has the event loop itself say that it turns: a worker with every slot at work says nothing else for minutes."""

    requires = ("celery.worker.consumer.connection:Connection",)  # Celery takes its timers away with the connection
    #: time.monotonic() of the loop's last turn; 0.0 before the first.
    turned_at: ClassVar[float] = 0.0
    _timer: Any = None

    def start(self, parent: Any) -> None:
        self._turn()
        self._timer = parent.timer.call_repeatedly(LOOK_S, self._turn)

    def stop(self, parent: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        TurnStep.turned_at = time.monotonic()


class WatchStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Starts the watchdog with the worker."""

    requires = ("celery.worker.components:Pool",)  # and so before the consumer, whose start does not return

    def start(self, parent: Any) -> None:
        Channel.heard_at = time.monotonic()  # it has its time to connect
        watchdog = Watchdog(
            is_at_work=lambda: is_at_work(parent.concurrency),
            does_broker_answer=lambda: _does_answer(parent.app),
            end=_end_at_once,
            # a soft shutdown sleeps in a signal's handler, and no loop turns meanwhile
            deaf_after_s=max(scaled(settings().deaf_after_s), settings().soft_shutdown_s),
            health_file=settings().health(settings().service),
        )
        threading.Thread(target=watchdog.run, name="watchdog", daemon=True).start()


def is_at_work(slots: int) -> bool:
    """Whether every slot has its task, and the loop turns that will ask for the next."""
    return len(state.reserved_requests) >= slots and time.monotonic() - TurnStep.turned_at < HEARD_S


def _does_answer(app: Any) -> bool:
    """Whether a fresh connection is served, writes too: a full or read-only Redis answers PING and no consumer."""
    try:
        with app.connection_for_read() as connection:
            return bool(connection.default_channel.client.set("answers", "", ex=60))
    except Exception:  # noqa: BLE001 - any transport's error says the same
        return False


def _end_at_once() -> None:
    """Without the loop, which does not answer: what was claimed comes back when its lease runs out."""
    for child in billiard.active_children():
        os.kill(child.pid, signal.SIGKILL)
    os._exit(EXIT_CODE)
