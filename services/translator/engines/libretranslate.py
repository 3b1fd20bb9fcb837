"""A LibreTranslate server over HTTP: the pairs that it says it has, one language a request."""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from shared.errors import Postponed, Retryable, StageOutcome, Unprocessable
from shared.settings import settings

if TYPE_CHECKING:
    from services.translator.json_client import JsonClient

log = structlog.get_logger()

#: How long the server's word on its languages is good, and how soon one that gave none is asked again, seconds.
PAIRS_GOOD_S, PAIRS_AGAIN_S = 300.0, 15.0
#: One answer. A batch is translated one text at a time, so a small one is soon done.
ANSWER_S, LANGUAGES_S = 60.0, 10.0
BATCH_SEGMENTS, BATCH_CHARACTERS = 25, 4_000


class Engine:
    """Off while no address is set. What the server refuses is Unprocessable, in its own words."""

    name = "libretranslate"
    reads_capitals = False  # they come back as they are, or in circles (LibreTranslate's issues 399, 710 and 755)

    def __init__(self) -> None:
        self.version = "unknown"
        self._client = _make_client() if settings().libretranslate_url else None
        self._api_key = settings().libretranslate_api_key
        self._pairs: frozenset[tuple[str, str]] = frozenset()
        self._ask_again_at = 0.0
        self._busy: Postponed | None = None
        self._lock = threading.Lock()

    def serves(self, source: str, target: str) -> bool:
        """Whether the server has the pair; it is asked every few minutes."""
        if self._client is None:
            return False
        with self._lock:
            if time.monotonic() >= self._ask_again_at:
                self._pairs = self._ask_pairs(self._client)
                self._ask_again_at = time.monotonic() + (PAIRS_GOOD_S if self._pairs else PAIRS_AGAIN_S)
            return (source, target) in self._pairs

    def translate(self, segments: Sequence[str], source: str, target: str) -> list[str]:
        """Every segment, a batch at a time; Postponed, unasked, until the time that a busy server named."""
        if self._client is None:
            raise Unprocessable("engine_off", "KIOSQUE_LIBRETRANSLATE_URL is not set")
        if self._busy is not None and datetime.now(UTC) < self._busy.until:
            # each more request would be counted against us (LT_REQ_FLOOD_THRESHOLD bans for it)
            raise Postponed(self._busy.reason, self._busy.until, self._busy.detail)
        answers: list[str] = []
        try:
            for batch in _batches(segments):
                answers += self._translate_batch(self._client, batch, source, target)
        except Postponed as busy:
            self._busy = busy
            raise
        except Retryable as error:
            if error.reason == "connection_failed":
                # a server that is away serves nothing: what comes now waits for it, and uses up no tries
                self._ask_again_at = 0.0
            raise
        return answers

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _translate_batch(self, client: "JsonClient", batch: Sequence[str], source: str, target: str) -> list[str]:
        asked: dict[str, Any] = {"q": list(batch), "source": source, "target": target, "format": "text"}
        if self._api_key:
            asked["api_key"] = self._api_key
        try:
            return _read_texts(client, client.ask("POST", "/translate", asked, ANSWER_S), len(batch))
        except Unprocessable as error:
            if len(batch) == 1 or not _is_over_limit(error):
                raise
        half = len(batch) // 2
        return [
            answer
            for part in (batch[:half], batch[half:])
            for answer in self._translate_batch(client, part, source, target)
        ]

    def _ask_pairs(self, client: "JsonClient") -> frozenset[tuple[str, str]]:
        try:
            pairs = _read_pairs(client.ask("GET", "/languages", None, LANGUAGES_S))
            self.version = _ask_version(client)
        except StageOutcome as error:
            log.warning("libretranslate.unavailable", detail=str(error))
            return frozenset()
        return pairs


def _make_client() -> "JsonClient":
    from services.translator.json_client import JsonClient

    return JsonClient(settings().libretranslate_url, "KIOSQUE_LIBRETRANSLATE_URL")


def _batches(segments: Sequence[str]) -> Iterator[Sequence[str]]:
    batch: list[str] = []
    for segment in segments:
        if batch and (len(batch) == BATCH_SEGMENTS or sum(map(len, batch)) + len(segment) > BATCH_CHARACTERS):
            yield batch
            batch = []
        batch.append(segment)
    if batch:
        yield batch


def _is_over_limit(error: Unprocessable) -> bool:
    """Over the operator's LT_BATCH_LIMIT or LT_CHAR_LIMIT ("exceeds text limit"), which the server tells nobody."""
    return getattr(error, "status", 0) == 400 and "exceeds" in error.detail


def _read_texts(client: "JsonClient", said: Any, count: int) -> list[str]:
    texts = said.get("translatedText") if isinstance(said, dict) else None
    if not isinstance(texts, list) or len(texts) != count or not all(isinstance(text, str) for text in texts):
        raise Retryable("bad_answer", f"{client.url}/translate: no list of {count} texts")
    return texts


def _read_pairs(said: Any) -> frozenset[tuple[str, str]]:
    try:
        return frozenset((row["code"], target) for row in said for target in row["targets"] if target != row["code"])
    except (TypeError, KeyError) as error:
        raise Retryable("bad_answer", f"/languages: {error!r}") from error


def _ask_version(client: "JsonClient") -> str:
    """The server's own; it says nothing of its models."""
    try:
        return str(client.ask("GET", "/spec", None, LANGUAGES_S)["info"]["version"])[:50]
    except (StageOutcome, TypeError, KeyError):
        return "unknown"
