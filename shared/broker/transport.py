"""kombu's Redis transport, whose worker does not die of a list item that is no message.

kombu 5.7 parses an item after BRPOP, outside every callback: one that is not JSON, or JSON without an envelope, ends
the worker (celery#4308). Here it is looked at where the reply is read, before kombu sees it.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import structlog
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.transport import redis as kombu_redis
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import loads
from sqlalchemy.exc import SQLAlchemyError

from shared.pipeline import SERVICES
from shared.settings import settings
from shared.store import bad_messages

log = structlog.get_logger()

#: How long a consumer waits before it reads on when the database cannot take a bad message in, seconds.
PAUSE_S = 1.0


def client_name(service: str) -> str:
    """What CLIENT LIST calls the connection by which a service's worker reads: `kiosque status` looks for it."""
    return f"kiosque-{service or 'client'}"


def keep_or_give_back(queue: str, content: bytes, reason: str, detail: str, *, give_back: Callable[[], object]) -> bool:
    """Write down what cannot be worked on; with the database away `give_back` it to its queue. Whether it was kept."""
    try:
        bad_messages.keep(queue, content, reason, detail)
    except SQLAlchemyError as error:
        log.warning("message.not_kept", queue=queue, reason=reason, error=str(error))
        give_back()
        time.sleep(PAUSE_S)
        return False
    return True


class Client(kombu_redis.PrefixedStrictRedis):
    """A client that takes out of BRPOP's replies what is no message."""

    def __init__(self, *args: Any, channel: "Channel", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._channel = channel

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        reply = super().parse_response(connection, command_name, **options)
        if command_name != "BRPOP":
            return reply
        Channel.heard_at = time.monotonic()
        if not reply:
            return reply
        queue, item = bytes_to_str(reply[0]), reply[1]
        fault = self._channel.fault_of(queue, item)
        if fault is None:
            return reply
        keep_or_give_back(queue, item, *fault, give_back=partial(self._give_back, queue, item))
        return None  # as if nothing had come

    def _give_back(self, queue: str, item: bytes) -> None:
        with self._channel.conn_or_acquire() as client:  # this one is in the middle of a reply
            client.lpush(queue, item)  # to the end of the line


class QoS(kombu_redis.QoS):
    """What the channel holds unacknowledged."""

    def ack(self, delivery_tag: str) -> None:
        """As kombu's, but a message whose ack failed is held no more: Redis brings it back after a while.

        In kombu 5.7 it would count against the prefetch limit for as long as the connection is thought good, and the
        worker would ask for nothing more.
        """
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            if not self.channel.closed:
                raise
            # else the work outlived its connection, and in kombu 5.7 its ack would end the worker

    def restore_unacked_once(self, stderr: Any = None) -> None:
        """As kombu's, which ends a worker that holds a message when Redis goes away: it comes back by itself."""
        try:
            super().restore_unacked_once(stderr)
        except Exception as error:  # noqa: BLE001 - also AttributeError: kombu 5.7 tries again on a transport it has closed
            log.warning("messages.not_restored", error=str(error))


class Channel(kombu_redis.Channel):
    """A channel that knows what a message is, and when the process last had an answer."""

    QoS = QoS

    #: time.monotonic() of the process's last answer to BRPOP, an empty one included; 0.0 before the first.
    heard_at: ClassVar[float] = 0.0

    def fault_of(self, queue: str, item: bytes) -> tuple[str, str] | None:
        """Why kombu could not take this list item: a reason and its detail; None if it can."""
        try:
            envelope = loads(bytes_to_str(item))
        except Exception as error:  # noqa: BLE001 - whatever its decoders raise
            return "not_json", f"{type(error).__name__}: {error}"[:500]
        try:
            message = self.Message(envelope, channel=self)
            where = message.delivery_info
            is_whole = isinstance(message.delivery_tag, str) and {"exchange", "routing_key"} <= where.keys()
        except Exception as error:  # noqa: BLE001 - as above
            return "no_envelope", f"{type(error).__name__}: {error}"[:500]
        if not is_whole:
            return "no_envelope", "delivery_tag or delivery_info is missing"
        # kombu gives a message back to where it says it belongs, not to where it lay: there nobody may read
        if queue in SERVICES and (where["exchange"] not in ("", queue) or where["routing_key"] != queue):
            return "wrong_queue", f"its delivery_info names another queue than {queue}"
        return None

    def _connparams(self, asynchronous: bool = False) -> Any:
        made = super()._connparams(asynchronous=asynchronous)
        if asynchronous:  # the connection that a consumer reads by
            made["client_name"] = client_name(settings().service)
        return made

    def _get_client(self) -> Any:
        made = super()._get_client()
        return partial(Client, channel=self, **made.keywords)


class Transport(kombu_redis.Transport):
    """kombu's, with our channel."""

    Channel = Channel


def use_our_transport() -> None:
    """Have every redis URL served by Transport: kombu looks for a URL's scheme nowhere but here."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
