"""What /metrics reads of the database beside the funnel: counters, and how each source's news goes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from sqlalchemy import Float, case, cast, extract, func, select
from sqlalchemy.orm import Session

from shared.db import clock
from shared.languages import LANGUAGES
from shared.ledger_models import AttemptCount, MessageCount, RunState, WorkBucket
from shared.models import Article, Feed, Source

#: A source's gaps are those of its last four weeks, its newest so many articles at most.
GAPS_OF = timedelta(weeks=4)
ARTICLES_MOST = 1000
#: With fewer gaps a source has no median of its own yet.
GAPS_LEAST = 5


@dataclass(frozen=True, slots=True)
class Gaps:
    """How long a source is silent in a language between two articles, seconds."""

    median_s: float
    longest_s: float


def attempts(session: Session) -> dict[tuple[str, str, str], int]:
    """Attempts by stage, outcome and reason."""
    number = func.sum(AttemptCount.attempts)
    key = (AttemptCount.stage, AttemptCount.outcome, AttemptCount.reason)
    return {(row[0], row[1], row[2]): int(row[3]) for row in session.execute(select(*key, number).group_by(*key))}


def source_attempts(session: Session) -> dict[tuple[str, str, str, str], int]:
    """Attempts that settled, by source, stage, outcome (done, set_aside) and reason."""
    rows = session.execute(
        select(Source.key, AttemptCount.stage, AttemptCount.outcome, AttemptCount.reason, AttemptCount.attempts)
        .join(Source, Source.id == AttemptCount.source_id)
        .where(AttemptCount.outcome.in_((RunState.DONE, RunState.SET_ASIDE)))
    )
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


def work_buckets(session: Session) -> dict[tuple[str, str], tuple[int, float]]:
    """Attempts and their seconds, by stage and bound (not cumulated)."""
    rows = session.execute(select(WorkBucket.stage, WorkBucket.within, WorkBucket.attempts, WorkBucket.seconds))
    return {(row.stage, row.within): (row.attempts, row.seconds) for row in rows}


def messages(session: Session) -> dict[tuple[str, str], int]:
    """Messages by queue and what befell them."""
    rows = session.execute(select(MessageCount.queue, MessageCount.event, MessageCount.messages))
    return {(row.queue, row.event): row.messages for row in rows}


def active_sources(session: Session) -> dict[str, int]:
    """The key of each source that is asked for news, and how many times in a row its worst feed has failed."""
    rows = session.execute(
        select(Source.key, func.max(Feed.failures))
        .outerjoin(Feed, Feed.source_id == Source.id)
        .where(Source.state == "active")
        .group_by(Source.key)
    )
    return {key: failures or 0 for key, failures in rows}


def last_found(session: Session) -> dict[tuple[str, str], datetime]:
    """When the last article of each active source and language was found, by our clock: papers print what they like."""
    found: dict[tuple[str, str], datetime] = {}
    for language in LANGUAGES:
        last = (
            select(func.max(Article.found_at))
            .where(Article.source_id == Source.id, Article.language == language)
            .scalar_subquery()
        )
        for key, found_at in session.execute(select(Source.key, last).where(Source.state == "active")):
            if found_at is not None:
                found[key, language] = found_at
    return found


def gaps(session: Session) -> dict[tuple[str, str], Gaps]:
    """The gaps between two articles of each active source and language.

    Between the times that the paper gives, for a first poll finds twenty at once; where a page gives only the day,
    between the times that we found them.
    """
    since = clock(session) - GAPS_OF
    measured = {}
    for source_id, key in session.execute(select(Source.id, Source.key).where(Source.state == "active")).all():
        for language, moments in _moments(session, source_id, since).items():
            between = [later - earlier for earlier, later in pairwise(sorted(moments))]
            if len(between) >= GAPS_LEAST:
                measured[key, language] = Gaps(median(between), max(between))
    return measured


def _moments(session: Session, source_id: int, since: datetime) -> dict[str, list[float]]:
    """By language, in seconds as the database makes them: times made in Python took most of a scrape."""
    came_at = case((Article.published_has_time, Article.published_at), else_=Article.found_at)
    rows = session.execute(
        select(Article.language, cast(extract("epoch", came_at), Float))
        .where(Article.source_id == source_id, Article.published_at >= since, Article.language.is_not(None))
        .order_by(Article.published_at.desc())
        .limit(ARTICLES_MOST)
    )
    by_language: defaultdict[str, list[float]] = defaultdict(list)
    for language, moment in rows:
        by_language[language].append(moment)
    return by_language
