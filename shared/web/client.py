"""The one HTTP client: GET with a limit on everything that the other side decides."""

import os
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import certifi
import httpcore

from shared.errors import Retryable, StageOutcome, Unprocessable
from shared.settings import settings
from shared.web import addresses
from shared.web.body import read_body, too_large
from shared.web.connect import TestedBackend, deadline, seconds_left
from shared.web.urls import WebUrl, join_url, parse_url

MAX_REDIRECTS = 3
#: A server may ask for peace this long at the most (reference: peers.md section 5).
RETRY_AFTER_MAX_S = 24 * 3600.0
#: Longer validators are not worth a column, nor sending back.
VALIDATOR_MAX_LENGTH = 1000

# reference: peers.md section 5, the statuses that are retried
_RETRIED = {408: "timeout", 429: "rate_limited"} | dict.fromkeys((500, 502, 503, 504, 522, 524), "server_error")
_REFUSED = {401: "forbidden", 403: "forbidden", 404: "not_found", 410: "gone", 451: "forbidden"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_UNSENDABLE = re.compile(r"[^\x20-\x7e\xa0-\xff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer (2xx, or 304 without content); `url` is where it came from, after redirects."""

    url: str
    status: int
    content: bytes
    content_type: str = ""  # the header whole
    etag: str | None = None
    last_modified: str | None = None
    retry_after_s: float | None = None
    location_permanent: str | None = None  # where permanent redirects, if the chain began with one, pointed


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, and how much of it at the most."""

    url: str
    max_bytes: int
    accept: str = "*/*"
    etag: str | None = None
    last_modified: str | None = None
    referer: str | None = None
    identity: bool = False  # refuse a compressed body: pictures gain nothing from it
    deadline_s: float | None = None  # for the whole, redirects included; None is the setting
    max_redirects: int = MAX_REDIRECTS
    truncate: bool = False  # cut a longer body at max_bytes, in place of refusing it


#: Called with an address that a redirect leads to.
AtHop = Callable[[str], None]


class HttpRetryable(Retryable):
    """A server's "not now"."""

    def __init__(self, status: int, reason: str, detail: str, delay_s: float | None) -> None:
        super().__init__(reason, detail, delay_s)
        self.status = status


class HttpUnprocessable(Unprocessable):
    """A server's "no"."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.status = status


def status_of(error: StageOutcome) -> int:
    """The HTTP status behind an error, 0 if it came to none."""
    return error.status if isinstance(error, HttpRetryable | HttpUnprocessable) else 0


def _go_on(_: str) -> None:
    """Redirects are followed without more ado."""


def send(request: Request, at_hop: AtHop = _go_on) -> Answer:
    """GET an address; Retryable or Unprocessable with a reason for everything that is no good answer."""
    return _client_of(os.getpid()).send(request, at_hop)


def prepare() -> None:
    """Make this process's client now: reading certificates takes too long between a turn and its request."""
    _client_of(os.getpid())


class WebClient:
    """For threads, but not to be taken through a fork. No proxy, no cookies, no credentials."""

    def __init__(self, resolve: addresses.Resolve = addresses.resolve, tls: ssl.SSLContext | None = None) -> None:
        # None is kept idle: a host is asked again after five seconds, when common servers have closed the connection,
        # and bytes that a server sends past its Content-Length would be read as the next request's answer.
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or _verified_tls(),
            max_connections=16,
            max_keepalive_connections=0,
            network_backend=TestedBackend(resolve),
        )

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()

    def send(self, request: Request, at_hop: AtHop = _go_on) -> Answer:
        """GET, following redirects, each hop under the same rules and all under one deadline.

        `at_hop` is called with each address that a redirect leads to, before it is asked; what it raises ends it.
        """
        url, moved_to, is_permanent = parse_url(request.url), None, True
        with deadline(request.deadline_s or settings().fetch_timeout_s):
            for hop in range(request.max_redirects + 1):
                if hop:
                    at_hop(str(url))
                outcome = self._ask(url, request)
                if isinstance(outcome, Answer):
                    return replace(outcome, location_permanent=moved_to)
                url = outcome.target
                is_permanent = is_permanent and outcome.is_permanent
                moved_to = str(url) if is_permanent else moved_to
        raise Unprocessable("too_many_redirects", f"{request.url} redirects more than {request.max_redirects} times")

    def _ask(self, url: WebUrl, request: Request) -> "Answer | _Redirect":
        if not addresses.is_port_open(url.port):
            raise Unprocessable("bad_port", f"{url}: only ports 80 and 443 are asked")
        target = httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        with _errors_named(url):
            waits = {"timeout": {"pool": seconds_left()}}  # the other waits end at the deadline by themselves
            with self._pool.stream("GET", target, headers=_headers(url, request), extensions=waits) as response:
                return _read(url, request, response)


@dataclass(frozen=True, slots=True)
class _Redirect:
    target: WebUrl
    is_permanent: bool


@cache
def _client_of(pid: int) -> WebClient:
    """The process's client, made at its first request: a forked child must not share its parent's locks."""
    return WebClient()


def _verified_tls() -> ssl.SSLContext:
    """The machine's certificates and certifi's: a slim image may have none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _headers(url: WebUrl, request: Request) -> list[tuple[str, str]]:
    headers = {
        "Host": url.host_header,
        "User-Agent": settings().user_agent,
        "Accept": request.accept,
        "Accept-Encoding": "identity" if request.identity else "gzip",
        "Connection": "close",
        "If-None-Match": request.etag,
        "If-Modified-Since": request.last_modified,
        "Referer": _referer(request.referer),
    }
    return [(name, value) for name, value in headers.items() if value and not _UNSENDABLE.search(value)]


def _referer(url: str | None) -> str | None:
    try:
        return str(parse_url(url)) if url else None
    except Unprocessable:
        return None  # a courtesy, not worth failing for


def _read(url: WebUrl, request: Request, response: httpcore.Response) -> Answer | _Redirect:
    headers = {name.lower(): value for name, value in reversed(response.headers)}  # the first of a kind is left
    status = response.status
    if status in _REDIRECTS and b"location" in headers:
        return _Redirect(join_url(str(url), _text(headers[b"location"])), status in _PERMANENT)
    retry_after_s = _read_retry_after(_text(headers.get(b"retry-after", b"")))
    _raise_for_status(url, status, retry_after_s)
    if status == 304 and not (request.etag or request.last_modified):
        raise Retryable("bad_answer", f"{url}: HTTP 304, though no validator was sent")
    content = b"" if status == 304 else _read_content(request, response, headers)
    return Answer(
        url=str(url),
        status=status,
        content=content,
        content_type=_text(headers.get(b"content-type", b""))[:VALIDATOR_MAX_LENGTH],
        etag=_validator(headers.get(b"etag")),
        last_modified=_validator(headers.get(b"last-modified")),
        retry_after_s=retry_after_s,
    )


def _raise_for_status(url: WebUrl, status: int, retry_after_s: float | None) -> None:
    if status == 304 or (200 <= status < 300 and status != 206):  # a part was not asked for
        return
    if status in _RETRIED:
        raise HttpRetryable(status, _RETRIED[status], f"{url}: HTTP {status}", retry_after_s)
    raise HttpUnprocessable(status, _REFUSED.get(status, "unexpected_status"), f"{url}: HTTP {status}")


def _read_content(request: Request, response: httpcore.Response, headers: dict[bytes, bytes]) -> bytes:
    length = headers.get(b"content-length", b"")
    if not request.truncate and length.isdigit() and int(length) > request.max_bytes:
        raise too_large(request.max_bytes)
    encoding = _text(headers.get(b"content-encoding", b""))
    if request.identity and encoding.strip().lower() not in ("", "identity"):
        raise Unprocessable("bad_encoding", f"{request.url}: encoded as {encoding[:40]!r} against our asking")
    return read_body(response.iter_stream(), encoding, request.max_bytes, truncate=request.truncate)


def _read_retry_after(text: str) -> float | None:
    """Seconds or a date (RFC 9110 10.2.3) as seconds from now, within a day."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return min(float(text), RETRY_AFTER_MAX_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter: a day, year or zone of twenty digits
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S)


def _validator(value: bytes | None) -> str | None:
    """A validator that can be kept in a column and sent back; None for what cannot."""
    text = (value or b"").decode("latin-1")
    return None if not text or len(text) > VALIDATOR_MAX_LENGTH or _UNSENDABLE.search(text) else text


def _text(value: bytes) -> str:
    """A header's text: UTF-8 where it is that (Arabic paths in Location), else Latin-1, which takes every byte."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


@contextmanager
def _errors_named(url: WebUrl) -> Iterator[None]:
    """httpcore's errors as Kiosque's."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise Retryable("timeout", f"{url}: no whole answer in time") from error
    except httpcore.RemoteProtocolError as error:
        raise Retryable("bad_answer", f"{url}: {error}") from error
    except httpcore.LocalProtocolError as error:
        raise Unprocessable("bad_request", f"{url}: {error}") from error
    except httpcore.NetworkError as error:
        raise Retryable("connection_failed", f"{url}: {error}") from error
