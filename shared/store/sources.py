"""Sources and what a poll of one brings."""

import hashlib
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from shared.contracts import FeedEntry, FeedRequest, PolledFeed, PolledSource, SourceRequest
from shared.db import clock
from shared.errors import UnknownSubject, Unprocessable, Waiting
from shared.ledger_models import BY_HAND, OPEN, StageRun
from shared.models import Article, Feed, Source
from shared.pipeline import FETCH, POLL
from shared.store import past_addresses
from shared.store.stage_runs import FallsDue, make_due, of_subject
from shared.store.upsert import upsert

log = structlog.get_logger()

#: Addresses that a query names at once (SQLite takes 32,766 parameters).
CHUNK = 500
#: A feed that fails is asked again after 5 s, doubling, six hours at most: one that a paper's move or a dead host took
#: away for a week "comes back surprisingly often" (reference: peers.md section 5), and nobody has to wake it.
FAILED_FIRST_S, FAILED_MOST_S = 5.0, 6 * 3600.0
#: Feeds due within this share of their wait are asked in the same poll.
TOGETHER = 0.85
#: What a poll left out is asked this much later.
LEFT_OUT_S = 1.0
#: Marks of an entry's forms that an article keeps; in feed_hash, 16 characters each. Two feeds of a paper often
#: announce one article differently (a section's without its summary), and neither is an edit.
MARK_LENGTH, MARKS_KEPT = 16, 4
#: An article whose entry changes is fetched again when half as much time has passed since its last fetch as had passed
#: until then: a feed that says "changed" at each poll costs a dozen requests a day, not a hundred.
REFETCH_SHARE, REFETCH_MOST = 0.5, timedelta(hours=6)


def load_source_request(session: Session, source_id: int) -> SourceRequest:
    """What poll asks for: the feeds whose time has come, longest waiting first; all of them if it is by hand.

    Waiting for a source that is paused, Unprocessable for one that is removed: `kiosque sources resume` ends both.
    """
    source = session.get(Source, source_id, options=[selectinload(Source.feeds)])
    if source is None:
        raise UnknownSubject(f"no source {source_id}")
    if source.state == "paused":
        raise Waiting("paused", f"source {source.key} is paused: kiosque sources resume {source.key}")
    if source.state != "active":
        raise Unprocessable(source.state, f"source {source.key} is {source.state}: kiosque sources resume {source.key}")
    moment = clock(session)
    is_by_hand = session.scalar(select(StageRun.priority).where(of_subject(POLL, source_id))) == BY_HAND
    waiting = sorted(source.feeds, key=lambda feed: (feed.polled_at is not None, feed.polled_at, feed.id))
    due = [feed for feed in waiting if is_by_hand or _is_due(feed, moment)]
    feeds = tuple(_feed_request(feed, moment) for feed in due or waiting)
    return SourceRequest(source.id, feeds, source.pace_s, source.time_zone)


def save_polled(session: Session, source_id: int, polled: PolledSource) -> FallsDue:
    """Keep what the feeds said; the articles that are new or announced anew fall due, and the poll itself, later.

    It always falls due again: a source that is down is asked ever more seldom, and never forgotten.
    """
    source = session.get_one(Source, source_id)
    moment = clock(session)
    due: list[int] = []
    for answer in polled.feeds:
        _save_feed(session, source_id, answer, moment)
        due += _save_entries(session, source_id, answer.entries, moment)
    session.flush()
    feeds = session.scalars(select(Feed).where(Feed.source_id == source_id)).all()
    again_at = min((_due_at(feed) or moment for feed in feeds), default=moment + timedelta(seconds=source.poll_every_s))
    wait_s = max((again_at - moment).total_seconds(), LEFT_OUT_S)
    wait_s *= random.uniform(0.9, 1.1)  # sources added together must not be polled together
    return FallsDue(sorted(set(due)), again_at=moment + timedelta(seconds=wait_s))


def _feed_request(feed: Feed, moment: datetime) -> FeedRequest:
    # once a day whole: some servers answer "not modified" for ever (reference: peers.md section 5)
    if feed.polled_at is None or feed.polled_at.date() != moment.date():
        return FeedRequest(feed.id, feed.url)
    return FeedRequest(feed.id, feed.url, feed.etag, feed.last_modified)


def _wait_s(feed: Feed) -> float:
    if not feed.failures:
        return float(feed.source.poll_every_s)
    return min(FAILED_FIRST_S * 2.0 ** min(feed.failures - 1, 30), FAILED_MOST_S)


def _due_at(feed: Feed) -> datetime | None:
    return feed.polled_at and feed.polled_at + timedelta(seconds=_wait_s(feed))


def _is_due(feed: Feed, moment: datetime) -> bool:
    return feed.polled_at is None or moment - feed.polled_at >= timedelta(seconds=_wait_s(feed) * TOGETHER)


def _save_feed(session: Session, source_id: int, answer: PolledFeed, moment: datetime) -> None:
    feed = session.get(Feed, answer.feed_id)
    if feed is None or feed.source_id != source_id:  # taken out of its source meanwhile
        return
    feed.polled_at = moment
    feed.status = answer.status
    feed.error = answer.error
    if answer.error:
        feed.failures += 1
        log.warning("feed.failed", feed=feed.url, error=answer.error, failures=feed.failures)
        return
    feed.failures = 0
    if answer.status != 304:
        feed.etag, feed.last_modified = answer.etag, answer.last_modified
    if answer.moved_to and answer.moved_to != feed.url:
        _move_feed(session, feed, answer.moved_to)


def _move_feed(session: Session, feed: Feed, url: str) -> None:
    """Follow a permanent redirect for good, as the feed was read there; unless another feed of the source is there."""
    there = select(Feed.id).where(Feed.source_id == feed.source_id, Feed.url == url)
    if session.scalar(there) is None:
        log.info("feed.moved", feed=feed.url, moved_to=url)
        feed.url = url


def _save_entries(session: Session, source_id: int, entries: Sequence[FeedEntry], moment: datetime) -> list[int]:
    """The articles to fetch now: unknown addresses, and known ones whose entry changed. Newest last: highest id."""
    by_url = {entry.url: entry for entry in reversed(entries)}
    known = {article.url: article for article in _articles_at(session, list(by_url))}
    changed = [article for url, article in known.items() if _take_in(article, by_url[url], moment)]
    unknown = [url for url in by_url if url not in known]
    past = past_addresses.seen_again(session, unknown, moment)
    fresh = [by_url[url] for url in unknown if url not in past]
    for entry in fresh:
        # one by one and unconditionally unique: two feeds of two sources may carry one address at the same moment
        upsert(session, Article, [_row(source_id, entry, moment)], key=("url",))
    due = _due_again(session, changed, moment)
    if fresh:
        due += [article.id for article in _articles_at(session, [entry.url for entry in fresh])]
    return due


def _due_again(session: Session, changed: Sequence[Article], moment: datetime) -> list[int]:
    """Those of the changed articles to fetch now; those fetched too lately are made due for later here."""
    ids = [article.id for article in changed]
    open_runs = select(StageRun.subject_id).where(StageRun.stage == FETCH.name, StageRun.subject_id.in_(ids))
    still_due = set(session.scalars(open_runs.where(StageRun.state.in_(OPEN))))
    due: list[int] = []
    for article in changed:
        if article.id in still_due:
            continue
        at = _refetch_at(article)
        if at <= moment:
            due.append(article.id)
        else:
            make_due(session, FETCH, [article.id], due_at=at)
    return due


def _refetch_at(article: Article) -> datetime:
    if article.fetched_at is None:
        return article.found_at
    age = max(article.fetched_at - article.found_at, timedelta(0))
    return article.fetched_at + min(age * REFETCH_SHARE, REFETCH_MOST)


def _articles_at(session: Session, urls: Sequence[str]) -> list[Article]:
    found: list[Article] = []
    for start in range(0, len(urls), CHUNK):
        found += session.scalars(select(Article).where(Article.url.in_(urls[start : start + CHUNK])))
    return found


def _take_in(article: Article, entry: FeedEntry, moment: datetime) -> bool:
    """Keep what the entry says of a known article; True if it says something new."""
    mark, marks = _mark(entry), article.feed_hash
    if article.removed_at is not None or mark in _split(marks):
        return False
    article.feed_hash = (mark + marks)[: MARK_LENGTH * MARKS_KEPT]
    article.feed_headline = entry.headline or article.feed_headline
    article.feed_published_at = article.feed_published_at or _past(entry.published_at, moment)
    return True


def _row(source_id: int, entry: FeedEntry, moment: datetime) -> dict[str, object]:
    return {
        "source_id": source_id,
        "url": entry.url,
        "feed_headline": entry.headline,
        "feed_published_at": _past(entry.published_at, moment),
        "feed_hash": _mark(entry),
        "found_at": moment,
        "byline": [],
    }


def _past(published_at: datetime | None, moment: datetime) -> datetime | None:
    """A date in the future is a wrong zone or a slip: believed, it would stand above all news until it comes."""
    return published_at and min(published_at, moment)


def _split(marks: str) -> set[str]:
    return {marks[start : start + MARK_LENGTH] for start in range(0, len(marks), MARK_LENGTH)}


def _mark(entry: FeedEntry) -> str:
    parts: Iterable[str] = (entry.headline, entry.summary, str(entry.updated_at or entry.published_at or ""))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:MARK_LENGTH]
