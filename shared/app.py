"""make_app(service): the Celery application of one worker, or without a service a client that can only publish.

The options are those of docs/decisions.md ("Celery's options"): each one was measured or read before it was set.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from celery import Celery
from kombu.entity import Queue

from shared.broker.transport import use_our_transport
from shared.errors import KiosqueError
from shared.pipeline import SERVICES, STAGES, Service, stage_of_task
from shared.settings import Settings, scaled, settings

#: Hard limit of any task, seconds: over every stage's own, and less than half of the visibility time-out.
TASK_LIMIT_S = 300


class UnknownTaskError(KiosqueError):
    """No stage of the map has this task name."""


def make_app(service: str = "") -> Celery:
    """The application for `service`'s worker: its own queue, its own tasks, JSON only, late acks."""
    read = settings()
    use_our_transport()
    app = Celery("kiosque", set_as_current=True)
    app.set_default()  # what is current is so in one thread only
    app.config_from_object(_options(read))
    if service:
        row = _row_of(service)
        app.conf.task_queues = [Queue(row.name)]  # type: ignore[no-untyped-call]
        app.conf.task_default_queue = row.name
        app.conf.worker_pool = _POOLS.get(row.pool, row.pool)
        app.conf.worker_concurrency = row.concurrency
        import_tasks(service)
    return app


def import_tasks(service: str) -> None:
    """Import a service's tasks: `tasks.py`, and `<verb>_tasks.py` beside it where a stage has a file of its own."""
    package = importlib.import_module(f"services.{service}")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name == "tasks" or module.name.endswith("_tasks"):
            importlib.import_module(f"services.{service}.{module.name}")


def _row_of(service: str) -> Service:
    if service not in SERVICES:
        raise KiosqueError(f"SERVICE={service!r} is no service of shared/pipeline.py: use one of {', '.join(SERVICES)}")
    return SERVICES[service]


def _route(name: str, *_: Any, **__: Any) -> Mapping[str, str]:
    stage = stage_of_task(name)
    if stage is not None:
        return {"queue": stage.service}
    if name.startswith("celery."):
        return {}
    known = ", ".join(stage.task for stage in STAGES.values())
    raise UnknownTaskError(f"no stage has the task {name!r}; the tasks are: {known}")


def _options(read: Settings) -> dict[str, Any]:
    return {
        **_broker(read),
        **_TASKS,
        **_WORKER,
        "task_routes": (_route,),
        "worker_soft_shutdown_timeout": read.soft_shutdown_s,
    }


def _broker(read: Settings) -> dict[str, Any]:
    return {
        "broker_url": read.broker,
        "broker_transport_options": {
            "global_keyprefix": "kiosque:",
            # over twice the longest hard limit, and the same for every process: the shortest wins, across queues
            "visibility_timeout": read.visibility_timeout_s,
            # a killed worker's message is back within the time-out + 5 s, not + 100 s
            "unacked_restore_interval": scaled(5),
            "unacked_restore_throttle": 1,
            # without these a silently dead connection is never noticed (reference: queue.md, finding 2)
            "socket_timeout": scaled(10),
            "socket_connect_timeout": scaled(5),
            "socket_keepalive": True,
            "health_check_interval": scaled(10),
            "retry_on_timeout": False,
            # a publisher gives up at once, and the row waits for dispatch; consumers have their own patience
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.2,
            "interval_max": 0.2,
        },
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "broker_pool_acquire_timeout": scaled(10),
    }


#: Where a pool of the map is not Celery's own.
_POOLS = {"threads": "shared.broker.threads:TaskPool"}

_TASKS: dict[str, Any] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,  # safe only because the claim counts attempts in the database
    "task_acks_on_timeout": True,
    "task_time_limit": TASK_LIMIT_S,
    "task_ignore_result": True,
    "result_backend": None,
    "accept_content": ["json"],
    "task_serializer": "json",
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.2, "interval_max": 1},
    "task_send_sent_event": False,
    "timezone": "UTC",
}

_WORKER: dict[str, Any] = {
    "worker_consumer": "shared.broker.consumer:Consumer",
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    "worker_enable_soft_shutdown_on_idle": False,  # else an idle worker sleeps its whole soft time-out before it stops
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 400_000,  # KiB
    "worker_eta_task_limit": 100,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "worker_send_task_events": False,  # the dearest option: 12 > 30 ms of CPU an article
}
