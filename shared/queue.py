"""Messages out: a task name and a subject's id to a service's queue; and how long the queues are."""

import threading
import time
from collections.abc import Iterable
from typing import Any

import structlog
from celery import current_app
from redis.exceptions import ResponseError

from shared.broker.transport import client_name
from shared.pipeline import Stage
from shared.settings import settings

log = structlog.get_logger()

#: How long a queue's length is believed, seconds: a publisher asks Redis at most twice a second for each queue.
LENGTH_BELIEVED_S = 0.5

#: Messages that a queue holds at least, if so much is due: a second or two of a fast worker's time; one whose engine
#: takes 15 s an article has five minutes of work in it.
SHORT_LINE = 20

#: A worker with a free slot asks its queue each second.
ASKED_S = 10

#: A broker that did not answer is not asked again for this long: each asking may take seconds.
UNREACHABLE_BELIEVED_S = 2.0

_lengths: dict[str, tuple[float, int]] = {}
_unreachable = [0.0]  # until when (time.monotonic)
_lock = threading.Lock()


def publish(messages: Iterable[tuple[Stage, int]]) -> list[tuple[Stage, int]]:
    """Send a message for each stage and subject; returns those that were not sent. Never raises for a dead broker."""
    wanted = list(dict.fromkeys(messages))
    if not wanted:
        return []
    sent = 0
    try:
        with current_app.producer_pool.acquire(block=True, timeout=10) as producer:
            for stage, subject_id in wanted:
                current_app.send_task(
                    stage.task, args=(subject_id,), queue=stage.service, producer=producer, ignore_result=True
                )
                sent += 1
    except Exception as error:  # noqa: BLE001 - any transport's error; the ledger has the row, dispatch sends it later
        log.warning("publish.failed", error=str(error), messages=len(wanted) - sent)
    return wanted[sent:]


def has_room(service: str) -> bool:
    """Whether a stage may hand on to this service at once: few wait there, so that news is in no long line.

    What is not handed on is dispatched, newest first, within a second of there being room. False too when the broker
    does not answer.
    """
    return waiting(service) < min(SHORT_LINE, settings().queue_cap)


def room(service: str, *, fresh: bool = False) -> int:
    """How many more messages a service's queue takes; 0 when the broker does not answer."""
    return max(0, settings().queue_cap - waiting(service, fresh=fresh))


def waiting(service: str, *, fresh: bool = False) -> int:
    """How many messages wait in a service's queue; as if it were full when the broker does not answer."""
    with _lock:
        moment = time.monotonic()
        if moment < _unreachable[0]:
            return settings().queue_cap
        known = _lengths.get(service)
        if known is None or fresh or moment - known[0] > LENGTH_BELIEVED_S:
            known = (moment, _ask_length(service))
            _lengths[service] = known
    return known[1]


def queue_lengths(services: Iterable[str]) -> dict[str, int]:
    """Messages waiting in each service's queue; raises the transport's error when the broker does not answer."""
    with current_app.pool.acquire(block=True, timeout=10) as connection:
        client: Any = connection.default_channel.client
        return {service: int(client.llen(service)) for service in services}


def consuming_services(services: Iterable[str]) -> set[str] | None:
    """The services of which a worker read its queue within ASKED_S; None where Redis does not let us look."""
    with current_app.pool.acquire(block=True, timeout=10) as connection:
        client: Any = connection.default_channel.client
        try:
            # not those by which it hears commands: whoever asks all workers (Flower) makes them look awake
            reading = {
                one["name"] for one in client.client_list() if one["cmd"] == "brpop" and int(one["idle"]) <= ASKED_S
            }
        except ResponseError:  # an account that may not use CLIENT LIST
            return None
    return {service for service in services if client_name(service) in reading}


def forget_lengths() -> None:
    """Believe nothing: the broker is another one now."""
    with _lock:
        _lengths.clear()
        _unreachable[0] = 0.0


def _ask_length(service: str) -> int:
    try:
        return queue_lengths([service])[service]
    except Exception as error:  # noqa: BLE001 - as above: without a broker nothing is published, and nothing is lost
        log.warning("queue.unreachable", queue=service, error=str(error))
        _unreachable[0] = time.monotonic() + UNREACHABLE_BELIEVED_S
        return settings().queue_cap
