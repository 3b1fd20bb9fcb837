"""Poll: every feed of a source asked what is new; one bad feed does not lose the others."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from services.scraper.feeds import read_feed, sniff_kind
from services.scraper.sitemaps import list_sitemaps, read_sitemap, unpack
from shared.contracts import FeedEntry, FeedRequest, PolledFeed, PolledSource, SourceRequest
from shared.errors import Postponed, Retryable, StageOutcome, Unprocessable
from shared.web.client import Answer, status_of

FEED_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json;q=0.9, application/xml;q=0.8, text/xml;q=0.8, "
    "*/*;q=0.5"
)
#: A hundred entries with their whole texts are under a megabyte; reading more holds one of the scraper's threads.
FEED_MAX_BYTES = 5_000_000
#: Sitemaps of an index that are read at one poll: the two changed last hold what is new, also at the turn of a month.
SITEMAPS_OF_INDEX = 2
#: Two thirds of the stage's limit: feeds of one host wait here for each other's pace, for a poll put off begins anew.
WAIT_MOST_S = 40.0


class GetFeed(Protocol):
    """A polite GET: robots.txt, pace and limits are its business; Postponed if its turn is not yet."""

    def __call__(
        self, url: str, *, max_bytes: int, accept: str, etag: str | None = None, last_modified: str | None = None
    ) -> Answer: ...


def poll(request: SourceRequest, get: GetFeed, sleep: Callable[[float], None] = time.sleep) -> PolledSource:
    """What the feeds of a source announce; raises only if not one of them answered and a later try may mend that."""
    patient = _PatientGet(get, sleep)
    answers: dict[int, PolledFeed] = {}
    failed: dict[int, StageOutcome] = {}
    # By lot, so that those at the end of a long list are not the ones that never get a turn.
    for feed in random.sample(request.feeds, len(request.feeds)):
        try:
            answers[feed.feed_id] = _poll_feed(feed, patient, request.time_zone)
        except (Postponed, Retryable, Unprocessable) as error:
            failed[feed.feed_id] = error
            answers[feed.feed_id] = PolledFeed(feed.feed_id, status_of(error), error=error.reason)
    if failed and len(failed) == len(request.feeds):
        _raise_if_all_may_mend([failed[feed.feed_id] for feed in request.feeds])
    return PolledSource(request.source_id, tuple(answers[feed.feed_id] for feed in request.feeds))


def _raise_if_all_may_mend(failures: list[StageOutcome]) -> None:
    postponed = [error for error in failures if isinstance(error, Postponed)]
    if len(postponed) == len(failures):
        raise min(postponed, key=lambda error: error.until)
    retryable = next((error for error in failures if isinstance(error, Retryable)), None)
    if retryable is not None and not any(isinstance(error, Unprocessable) for error in failures):
        raise retryable


def _poll_feed(feed: FeedRequest, get: "_PatientGet", time_zone: str) -> PolledFeed:
    answer = get(feed.url, feed.etag, feed.last_modified)
    moved_to = answer.location_permanent
    if answer.status == 304:
        return PolledFeed(feed.feed_id, 304, feed.etag, feed.last_modified, moved_to=moved_to)
    content = unpack(answer.content)
    kind = sniff_kind(content)
    if kind == "sitemapindex":
        # Without validators: an index may stay as it is while the sitemaps that it names change.
        entries = _read_index(list_sitemaps(content, answer.url), get, time_zone)
        return PolledFeed(feed.feed_id, answer.status, entries=entries, moved_to=moved_to)
    if kind == "urlset":
        entries = read_sitemap(content, answer.url, time_zone)
    else:
        entries = read_feed(content, answer.url, answer.content_type, time_zone)
    return PolledFeed(feed.feed_id, answer.status, answer.etag, answer.last_modified, entries, moved_to)


def _read_index(sitemaps: tuple[str, ...], get: "_PatientGet", time_zone: str) -> tuple[FeedEntry, ...]:
    entries: dict[str, FeedEntry] = {}
    for url in sitemaps[:SITEMAPS_OF_INDEX]:
        answer = get(url)
        for entry in read_sitemap(answer.content, answer.url, time_zone):
            entries.setdefault(entry.url, entry)
    return tuple(entries.values())


class _PatientGet:
    """A GET that waits for its turn, as long as all the waiting of one poll is short."""

    def __init__(self, get: GetFeed, sleep: Callable[[float], None]) -> None:
        self._get = get
        self._sleep = sleep
        self._left_s = WAIT_MOST_S

    def __call__(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Answer:
        while True:
            try:
                return self._get(
                    url, max_bytes=FEED_MAX_BYTES, accept=FEED_ACCEPT, etag=etag, last_modified=last_modified
                )
            except Postponed as later:
                # At least a little, so that a clock that runs behind the database's does not spin.
                wait_s = max((later.until - datetime.now(UTC)).total_seconds(), 0.1)
                if wait_s > self._left_s:
                    raise
                self._left_s -= wait_s
                self._sleep(wait_s)
