"""Celery's pool of threads, which a worker may cancel work in: Celery 5.7's ends the worker instead.

At a soft shutdown that runs out of time, and when the broker's connection is lost, Celery cancels what is at work. A
thread cannot be ended: it goes on, and its finish is refused once its row was handed back.
"""

from concurrent.futures import Future
from typing import Any

from celery.concurrency import thread
from celery.worker import state


class ApplyResult(thread.ApplyResult):  # type: ignore[misc]
    """Work in a thread."""

    def terminate(self, signal: Any = None) -> None:
        """Leave the thread; work that has not begun never does."""
        future: Future[Any] = self.f
        future.cancel()


class TaskPool(thread.TaskPool):  # type: ignore[misc]
    """As Celery's, but what is at work holds up a warm shutdown only."""

    def on_stop(self) -> None:
        self.executor.shutdown(wait=not state.should_terminate, cancel_futures=True)

    def on_apply(self, *args: Any, **kwargs: Any) -> ApplyResult:
        return ApplyResult(super().on_apply(*args, **kwargs).f)

    def terminate_job(self, pid: int, signal: Any = None) -> None:
        """There is no process to end."""
