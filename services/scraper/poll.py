"""Poll: every feed of a source asked what is new; one bad feed does not lose the others."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from services.scraper.feeds import read_feed, sniff_kind
from services.scraper.sitemaps import list_sitemaps, read_sitemap, unpack
from shared.contracts import FeedEntry, FeedRequest, PolledFeed, PolledSource, SourceRequest
from shared.errors import Postponed, Retryable, Unprocessable
from shared.settings import settings
from shared.web.client import Answer, status_of

FEED_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json;q=0.9, application/xml;q=0.8, text/xml;q=0.8, "
    "*/*;q=0.5"
)
#: A hundred entries with their whole texts are under a megabyte; reading more holds one of the scraper's threads.
FEED_MAX_BYTES = 5_000_000
#: Sitemaps of an index that are read at one poll: the two changed last hold what is new, also at the turn of a month.
SITEMAPS_OF_INDEX = 2
#: Of the stage's limit of 60 s: nothing ends a thread that takes longer, its lease only runs out. A feed that is not
#: come to by then is left for the next poll, which asks first what was asked longest ago.
TIME_MOST_S = 50.0
#: With less than this left no other feed is begun.
TIME_LEAST_S = 5.0
ERROR_MAX_LENGTH = 500


class GetFeed(Protocol):
    """A polite GET: robots.txt, pace and limits are its business; Postponed if its turn is not yet."""

    def __call__(
        self,
        url: str,
        *,
        max_bytes: int,
        accept: str,
        deadline_s: float,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Answer: ...


def poll(
    request: SourceRequest,
    get: GetFeed,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> PolledSource:
    """What the feeds of a source announce, in the order given.

    A feed that fails is told with its error, for a source must be polled again whatever its feeds say; one whose turn
    did not come is left out. Postponed if that is every one.
    """
    patient = _PatientGet(get, sleep, monotonic)
    answers: list[PolledFeed] = []
    postponed: list[Postponed] = []
    for feed in request.feeds:
        try:
            answers.append(_poll_feed(feed, patient, request.time_zone))
        except Postponed as later:
            postponed.append(later)
        except (Retryable, Unprocessable) as error:
            answers.append(PolledFeed(feed.feed_id, status_of(error), error=str(error)[:ERROR_MAX_LENGTH]))
    if postponed and not answers:
        raise min(postponed, key=lambda later: later.until)
    return PolledSource(request.source_id, tuple(answers))


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
        try:
            answer = get(url)
        except Postponed as later:
            if entries:
                break
            # put off, the feed would begin with its index again, for ever
            raise Retryable("slow_index", f"{url} came too late: make it a feed in place of its index") from later
        for entry in read_sitemap(answer.content, answer.url, time_zone):
            entries.setdefault(entry.url, entry)
    return tuple(entries.values())


class _PatientGet:
    """A GET that waits for its turn, as long as the whole poll stays within its time."""

    def __init__(self, get: GetFeed, sleep: Callable[[float], None], monotonic: Callable[[], float]) -> None:
        self._get = get
        self._sleep = sleep
        self._monotonic = monotonic
        self._ends_at = monotonic() + TIME_MOST_S

    def __call__(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Answer:
        while True:
            left_s = self._ends_at - self._monotonic()
            if left_s < TIME_LEAST_S:
                raise Postponed("no_time", datetime.now(UTC), f"{url}: no time left in this poll")
            try:
                return self._get(
                    url,
                    max_bytes=FEED_MAX_BYTES,
                    accept=FEED_ACCEPT,
                    deadline_s=min(left_s, settings().fetch_timeout_s),
                    etag=etag,
                    last_modified=last_modified,
                )
            except Postponed as later:
                # At least a little, so that a clock that runs behind the database's does not spin.
                wait_s = max((later.until - datetime.now(UTC)).total_seconds(), 0.1)
                if wait_s > left_s - TIME_LEAST_S:
                    raise
                self._sleep(wait_s)
