"""Asks a server that the operator runs for JSON, with a limit on time and size."""

import contextlib
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from shared.errors import Postponed, Retryable, SettingError, Unprocessable
from shared.settings import settings

CONNECT_S = 5.0
ANSWER_MAX_BYTES = 4_000_000
#: "Not now": over its limit, or away behind its proxy (still loading its models). No fault of the text's, and no try.
BUSY = {429: "rate_limited", 503: "engine_busy"}
#: When to come back to a busy server that does not say; and the least and the most that is believed of one that does.
BUSY_S, BUSY_LEAST_S, BUSY_MOST_S = 60.0, 5.0, 86_400.0
#: So much of what the server says is worth a line in the ledger.
SAID_LENGTH = 300


class RefusedError(Unprocessable):
    """The server's "no", in its own words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__("engine_refused", detail)
        self.status = status


class JsonClient:
    """For the operator's own servers, named by a setting.

    Not through shared/web: that reaches public addresses only, because the press names where it goes; a server of the
    operator's usually has a private one, and nobody but the operator names it.
    """

    def __init__(self, url: str, setting: str) -> None:
        self.url = url.rstrip("/")
        self._check(setting)
        # nothing is kept idle: a request is worth more than a connection, and a stale one would cost a try
        limits = httpx.Limits(max_connections=4, max_keepalive_connections=0)
        headers = {"User-Agent": settings().user_agent, "Accept": "application/json"}
        self._client = httpx.Client(limits=limits, headers=headers, trust_env=False)

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def ask(self, method: str, path: str, body: dict[str, Any] | None, answer_s: float) -> Any:
        """The answer's JSON; Postponed from a busy server, Retryable or RefusedError for everything else."""
        url = f"{self.url}{path}"
        try:
            with self._client.stream(method, url, json=body, timeout=httpx.Timeout(answer_s, connect=CONNECT_S)) as got:
                content = _read(got, time.monotonic() + answer_s)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Retryable("connection_failed", f"{url}: {error}") from error
        except httpx.TimeoutException as error:
            raise Retryable("timeout", f"{url}: no whole answer within {answer_s:g} s") from error
        except httpx.TransportError as error:
            raise Retryable("bad_answer", f"{url}: {error}") from error
        said = _parse(content)
        _raise_for_status(url, got, said)
        if said is None:
            raise Retryable("bad_answer", f"{url}: not JSON")
        return said

    def _check(self, setting: str) -> None:
        try:
            read = httpx.URL(self.url)
        except httpx.InvalidURL:
            read = httpx.URL("")
        if read.scheme not in ("http", "https") or not read.host:
            raise SettingError(f"{setting}={self.url!r} is not an address, as in http://127.0.0.1:5000")


def _read(response: httpx.Response, until: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > ANSWER_MAX_BYTES:
            raise Retryable("bad_answer", f"{response.url}: over {ANSWER_MAX_BYTES:,} bytes")
        if time.monotonic() > until:
            raise httpx.ReadTimeout("too slow")
    return bytes(content)


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _raise_for_status(url: str, response: httpx.Response, said: Any) -> None:
    status = response.status_code
    if status == 200:
        return
    words = str(said.get("error", "")) if isinstance(said, dict) else ""
    detail = f"{url}: HTTP {status} {words}"[:SAID_LENGTH].rstrip()
    if status in BUSY:
        raise Postponed(BUSY[status], _read_retry_after(response.headers.get("Retry-After", "")), detail)
    if status == 408 or status >= 500:
        raise Retryable("server_error", detail)
    raise RefusedError(status, detail)


def _read_retry_after(text: str) -> datetime:
    """The moment that the header names, in seconds or as a date (RFC 9110, 10.2.3)."""
    moment, seconds = datetime.now(UTC), BUSY_S
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        with contextlib.suppress(ValueError):
            named = parsedate_to_datetime(text)
            seconds = (named.replace(tzinfo=named.tzinfo or UTC) - moment).total_seconds()
    return moment + timedelta(seconds=min(max(seconds, BUSY_LEAST_S), BUSY_MOST_S))
