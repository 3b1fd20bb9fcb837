"""Sources and what a poll of one brings."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from shared.contracts import FeedEntry, FeedRequest, PolledFeed, PolledSource, SourceRequest
from shared.db import clock, now
from shared.errors import UnknownSubject, Unprocessable
from shared.models import Article, Feed, Source
from shared.store.stage_runs import FallsDue
from shared.store.upsert import upsert

#: addresses a query names at once (SQLite takes 32,766 parameters)
CHUNK = 500


def load_source_request(session: Session, source_id: int) -> SourceRequest:
    """What poll asks for; Unprocessable for a source that is paused or removed (resuming it makes its poll due again)."""
    source = session.get(Source, source_id, options=[selectinload(Source.feeds)])
    if source is None:
        raise UnknownSubject(f"no source {source_id}")
    if source.state != "active":
        raise Unprocessable(source.state, f"source {source.key} is {source.state}: kiosque sources resume {source.key}")
    feeds = tuple(FeedRequest(feed.id, feed.url, feed.etag, feed.last_modified) for feed in source.feeds)
    return SourceRequest(source.id, feeds, source.pace_s, source.time_zone)


def save_polled(session: Session, source_id: int, polled: PolledSource) -> FallsDue:
    """Keep what the feeds said; the articles that are new or announced anew fall due, and the poll itself, later."""
    source = session.get_one(Source, source_id)
    due: list[int] = []
    for answer in polled.feeds:
        _save_feed(session, answer)
        due += _save_entries(session, source_id, answer.entries)
    spread_s = source.poll_every_s * random.uniform(0.9, 1.1)  # sources added together must not be polled together
    return FallsDue(due, again_at=clock(session) + timedelta(seconds=spread_s))


def _save_feed(session: Session, answer: PolledFeed) -> None:
    feed = session.get(Feed, answer.feed_id)
    if feed is None:
        return
    feed.polled_at = clock(session)
    feed.status = answer.status
    feed.error = answer.error
    feed.failures = feed.failures + 1 if answer.error else 0
    if answer.error is None and answer.status != 304:
        feed.etag, feed.last_modified = answer.etag, answer.last_modified


def _save_entries(session: Session, source_id: int, entries: Sequence[FeedEntry]) -> list[int]:
    """The articles to fetch: unknown addresses, and known ones whose entry changed. Newest last, so with the highest id."""
    by_url = {entry.url: entry for entry in reversed(entries)}
    known = {article.url: article for article in _articles_at(session, list(by_url))}
    due = [
        article.id for url, article in known.items() if article.removed_at is None and _is_changed(article, by_url[url])
    ]
    fresh = [entry for url, entry in by_url.items() if url not in known]
    for entry in fresh:
        # one by one and unconditionally unique: two feeds of two sources may carry one address at the same moment
        upsert(session, Article, [_row(source_id, entry)], key=("url",))
    if fresh:
        due += [article.id for article in _articles_at(session, [entry.url for entry in fresh])]
    return sorted(due)


def _articles_at(session: Session, urls: Sequence[str]) -> list[Article]:
    found: list[Article] = []
    for start in range(0, len(urls), CHUNK):
        found += session.scalars(select(Article).where(Article.url.in_(urls[start : start + CHUNK])))
    return found


def _is_changed(article: Article, entry: FeedEntry) -> bool:
    fingerprint = _fingerprint(entry)
    if article.feed_hash == fingerprint:
        return False
    article.feed_hash, article.feed_headline = fingerprint, entry.headline
    return True


def _row(source_id: int, entry: FeedEntry) -> dict[str, object]:
    return {
        "source_id": source_id,
        "url": entry.url,
        "feed_headline": entry.headline,
        "feed_published_at": entry.published_at,
        "feed_hash": _fingerprint(entry),
        "found_at": now(),
        "byline": [],
    }


def _fingerprint(entry: FeedEntry) -> str:
    parts: Iterable[str] = (entry.headline, entry.summary, str(entry.updated_at or entry.published_at or ""))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
