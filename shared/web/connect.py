"""Connections for httpcore: a host is resolved once, all its addresses tested, and only a tested one connected to."""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

from shared.errors import Retryable, Unprocessable
from shared.web.addresses import Resolve, check_addresses

#: One address may take this long to answer; the next is tried then.
CONNECT_S = 10.0
#: A host's addresses that are tried before giving up; all are tested.
CONNECT_TRIES = 4

# httpcore's own time limits are for each read, so a server that sends a byte a second would never meet one. The streams
# below look here instead: one moment for the whole answer, redirects included, of the thread's request.
_ends_at: ContextVar[float] = ContextVar("ends_at", default=float("inf"))


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Every wait for the network inside ends `seconds` from now at the latest, with httpcore.TimeoutException.

    One inside another (a redirect leads to a host whose robots.txt is not known) ends with it.
    """
    token = _ends_at.set(min(_ends_at.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left() -> float:
    """What is left of the deadline; httpcore.ReadTimeout if nothing is."""
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left


class TestedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to tested addresses only."""

    __test__ = False  # no test class, whatever its name begins with

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, test every address, connect to the first that answers."""
        addresses = self._resolve_in_time(host, port)
        check_addresses(host, port, addresses)
        failures: list[str] = []
        for address in addresses[:CONNECT_TRIES]:
            try:
                connection = socket.create_connection((address, port), min(CONNECT_S, seconds_left()))
            except OSError as error:
                failures.append(f"{address}: {error.strerror or error}")
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Stream(connection)
        raise httpcore.ConnectError("; ".join(failures))

    def _resolve_in_time(self, host: str, port: int) -> tuple[str, ...]:
        """getaddrinfo knows no time limit: it waits in a thread that is left behind when the deadline passes."""
        outcome: list[tuple[str, ...] | BaseException] = []

        def work() -> None:
            try:
                outcome.append(self._resolve(host, port))
            except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that asked
                outcome.append(error)

        thread = threading.Thread(target=work, name=f"resolve {host}", daemon=True)
        thread.start()
        thread.join(min(seconds_left(), threading.TIMEOUT_MAX))
        if not outcome:
            raise Retryable("dns_failed", f"{host}: no answer in time")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


class _Stream(httpcore.NetworkStream):
    """A socket whose every wait ends at the deadline."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _errors_as(httpcore.ReadTimeout, httpcore.ReadError):
            self._limit()
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _errors_as(httpcore.WriteTimeout, httpcore.WriteError):
            while buffer:
                self._limit()
                buffer = buffer[self._socket.send(buffer) :]

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            with _errors_as(httpcore.ConnectTimeout, httpcore.ConnectError):
                self._limit()  # for the whole handshake: Python's ssl counts it so
                return _Stream(_shake_hands(self._socket, ssl_context, server_hostname))
        except BaseException:
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        return None  # httpcore asks for what HTTP/2, proxies and idle connections need: there are none

    def _limit(self) -> None:
        left = seconds_left()
        self._socket.settimeout(None if left == float("inf") else left)


def _shake_hands(connection: socket.socket, context: ssl.SSLContext, host: str | None) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):  # cut off: the network's fault, not the certificate's
        raise
    except ssl.SSLError as error:
        raise Unprocessable("bad_tls", f"{host}: {getattr(error, 'verify_message', '') or error}") from error


@contextmanager
def _errors_as(timeout: type[Exception], failure: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise timeout(str(error)) from error
    except OSError as error:
        raise failure(str(error)) from error
