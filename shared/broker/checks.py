"""What a production worker asks of its broker before it consumes: one that may lose messages is refused."""

import os
from typing import Any

import redis
import structlog
from celery import bootsteps
from celery.exceptions import WorkerShutdown

from shared.errors import SettingError
from shared.settings import settings

log = structlog.get_logger()

#: The visibility time-out that the workers of this broker agree on; kept while one of them runs.
AGREED_KEY = "kiosque:visibility_timeout_s"
AGREED_FOR_S = 120
RENEW_S = 30.0
EXIT_CODE = os.EX_CONFIG


def refuse_unsafe(client: redis.Redis) -> None:
    """SettingError, with the remedy, if this Redis evicts, keeps no log, or serves another visibility time-out."""
    memory, persistence = client.info("memory"), client.info("persistence")
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise SettingError(
            f"the broker's Redis evicts keys (maxmemory-policy {policy}), messages among them: "
            "set maxmemory-policy noeviction in redis.conf, as deploy/redis.conf does"
        )
    if not persistence.get("aof_enabled"):
        raise SettingError(
            "the broker's Redis keeps no log (appendonly no) and forgets its queues when it ends: "
            "set appendonly yes in redis.conf, as deploy/redis.conf does"
        )
    agree_on_visibility(client)


def agree_on_visibility(client: redis.Redis) -> None:
    """The first worker's time-out holds for all: the shortest would win, and messages come back while they are run."""
    own = str(settings().visibility_timeout_s)
    client.set(AGREED_KEY, own, nx=True, ex=AGREED_FOR_S)
    agreed = client.get(AGREED_KEY)
    if agreed is not None and agreed.decode() != own:  # type: ignore[union-attr]
        raise SettingError(
            f"KIOSQUE_VISIBILITY_TIMEOUT_S is {own} here and {agreed.decode()} in the workers that run on this broker: "  # type: ignore[union-attr]
            f"set it alike everywhere, or stop all workers for {AGREED_FOR_S} s to change it"
        )
    client.expire(AGREED_KEY, AGREED_FOR_S)


class CheckStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """After each connect, since the broker may be another one by then; renewed while the worker runs."""

    requires = ("celery.worker.consumer.connection:Connection",)
    _timer: Any = None

    def include_if(self, parent: Any) -> bool:
        return settings().env == "production"

    def start(self, parent: Any) -> None:
        client = redis.Redis(connection_pool=parent.connection.default_channel.pool)  # ours adds no prefix to keys
        try:
            refuse_unsafe(client)
        except SettingError as error:
            log.critical("broker.unsafe", detail=str(error))
            raise WorkerShutdown(EXIT_CODE) from None  # its line is in the log
        self._timer = parent.timer.call_repeatedly(RENEW_S, client.expire, (AGREED_KEY, AGREED_FOR_S))

    def stop(self, parent: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
