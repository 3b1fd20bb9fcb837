"""Celery's consumer, which drops no message: one that names nothing we can work on becomes a row of bad_message.

Celery 5.7 logs and forgets an unknown task, forbidden content and arguments that are none.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from celery.worker import consumer, state
from kombu.exceptions import ContentDisallowed
from kombu.utils.json import dumps

from shared.broker.transport import PAUSE_S, keep_or_give_back
from shared.pipeline import Stage, stage_of_task
from shared.settings import scaled
from shared.store import bad_messages

log = structlog.get_logger()

#: Between two tries to reach the broker, seconds.
RETRY_MOST_S = 10.0


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Looks at each message before Celery does, catches what Celery raises, and is patient with its broker."""

    def ensure_connected(self, conn: Any) -> Any:
        """As Celery's, which would wait up to 30 s between two tries after a long outage."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=scaled(1), interval_step=scaled(1), interval_max=scaled(RETRY_MOST_S)
        )
        return super().ensure_connected(conn)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """A Redis that is full or read-only lets itself be connected to: without a pause Celery tries without end."""
        super().on_connection_error_before_connected(exc)
        time.sleep(PAUSE_S)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        handle = super().create_task_handler(*args, **kwargs)

        def on_task_received(message: Any) -> None:
            fault = fault_of(message)
            if fault is not None:
                self._refuse(message, *fault)
                return
            message.headers = plain_headers(message.headers, message.payload[0][0])
            try:
                handle(message)
            except self.connection_errors + self.channel_errors:
                raise
            except Exception as error:  # noqa: BLE001 - a worker must not die of a header that nobody thought of
                _let_go(message)
                self._refuse(message, "unreadable", f"{type(error).__name__}: {error}")

        return on_task_received

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        self._refuse(message, "unreadable", f"{type(exc).__name__}: {exc}")  # an eta or expires that is no time

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        self._refuse(message, "undecodable", f"{type(exc).__name__}: {exc}")

    def _refuse(self, message: Any, reason: str, detail: str) -> None:
        queue = str(message.delivery_info.get("routing_key", ""))
        if keep_or_give_back(queue, dumps(message._raw).encode(), reason, detail[:500], give_back=message.requeue):
            message.ack_log_error(log, self.connection_errors)


def _let_go(message: Any) -> None:
    """Celery counts a request before it looks at all of it: left in the count, it would keep a slot for ever."""
    for request in tuple(state.reserved_requests):
        if request.message is message:
            state.task_ready(request)


def fault_of(message: Any) -> tuple[str, str] | None:
    """Why no stage can take this message: a reason and its detail; None if one can."""
    try:
        body = message.payload
    except Exception as error:  # noqa: BLE001 - forbidden, undecodable, an unknown encoding: whatever kombu raises
        return ("content_refused" if isinstance(error, ContentDisallowed) else "undecodable"), str(error)
    headers = message.headers
    if not isinstance(headers, dict) or "task" not in headers:
        return "no_task", "its headers name no task (Celery's message protocol 2)"
    if odd := [header for header in ("eta", "expires") if not isinstance(headers.get(header), str | None)]:
        return "unreadable", f"{odd[0]} is no text"
    name = headers["task"]
    stage = stage_of_task(name)
    if stage is None:
        return "unknown_task", f"no stage has the task {name!r}"
    if message.delivery_info.get("routing_key") != stage.service:
        return "wrong_queue", f"{name} belongs in the queue {stage.service}"
    return _fault_of_body(stage, body)


def _fault_of_body(stage: Stage, body: Any) -> tuple[str, str] | None:
    """It holds arguments, keyword arguments, and callbacks, chains and chords, of which a stage has none."""
    args, kwargs, embedded = body if isinstance(body, list) and len(body) == 3 else (None, None, None)
    if embedded and not (isinstance(embedded, dict) and not any(embedded.values())):
        return "unreadable", "callbacks, chains and chords are no part of a stage's message"
    return bad_messages.fault_of_arguments(stage, args, kwargs)


def plain_headers(headers: dict[str, Any], subject_id: int) -> dict[str, Any]:
    """What a stage's message needs of its headers: limits, retries, groups and chains are the map's and the ledger's.

    Celery believes them unread: a limit that is no number costs a prefork worker its slot for ever. What Flower shows
    as arguments is the id itself, whatever a publisher says or leaves out.
    """
    texts = {name: headers[name] for name in _TEXTS if isinstance(headers.get(name), str)}
    return {
        "id": uuid4().hex, **texts, "task": headers["task"], "retries": 0, "timelimit": [None, None],
        "argsrepr": f"[{subject_id}]", "kwargsrepr": "{}",
    }  # fmt: skip


_TEXTS = ("id", "eta", "expires", "origin", "lang")
