"""A worker tells of its tasks only while somebody asks: events are the dearest option that Celery has.

Flower asks each 5 s. Celery 5.7 itself would go on telling after the last one who asked is gone.
"""

import time
from typing import Any

import structlog
from celery import bootsteps
from celery.worker import control
from celery.worker.consumer.events import Events

from shared.settings import scaled

log = structlog.get_logger()

#: For so long after somebody asked, seconds.
TOLD_S = 30.0
LOOK_S = 5.0

_asked_at = [0.0]  # time.monotonic


@control.control_command()  # type: ignore[untyped-decorator]  # in the place of Celery's own
def enable_events(state: Any) -> Any:
    """Tell worker(s) to send task-related events, for half a minute."""
    _asked_at[0] = time.monotonic()
    return control.enable_events(state)


class AskedEventsStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Looks now and then whether anybody still asks."""

    requires = (Events,)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        self._timer = parent.timer.call_repeatedly(scaled(LOOK_S), _stop_if_unasked, (parent,))

    def stop(self, parent: Any) -> None:
        if self._timer is not None:
            parent.timer.cancel(self._timer)
            self._timer = None


def _stop_if_unasked(consumer: Any) -> None:
    dispatcher = consumer.event_dispatcher
    is_asked = time.monotonic() - _asked_at[0] < scaled(TOLD_S)
    if dispatcher is not None and "task" in dispatcher.groups and not is_asked:
        dispatcher.groups.discard("task")
        log.info("events.stopped", seconds_unasked=TOLD_S)
