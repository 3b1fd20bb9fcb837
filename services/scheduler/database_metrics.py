"""What /metrics tells of the database: the ledger by stage, counters, and how each source's news goes."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy.orm import Session

from shared.db import read_session
from shared.errors import STORAGE_REASONS
from shared.ledger_models import RunState
from shared.pipeline import SERVICES, STAGES, Subject, stage_names
from shared.store import figures, funnel, pauses
from shared.store.counts import WITHIN

#: Rows that are done are most of the table and no alarm's: counted so often. Gaps change slowly too. Seconds.
DONE_BELIEVED_S = 300.0
GAPS_BELIEVED_S = 600.0

#: Told as 0 before the first one, else Prometheus does not see a counter begin.
_FROM_ZERO = (
    ("done", ""),
    ("set_aside", "error"),
    ("retry", "error"),
    ("lost", "lease_expired"),
    *(("postponed", reason) for reason in STORAGE_REASONS),
)
_NOT_DONE = tuple(state for state in RunState if state != RunState.DONE)


class DatabaseMetrics:
    """Reads on each scrape; only what is dear and slow to change is remembered for some minutes."""

    def __init__(self) -> None:
        self._done: dict[tuple[str, str], int] = {}
        self._gaps: dict[tuple[str, str], figures.Gaps] = {}
        self._done_until = self._gaps_until = 0.0  # monotonic

    def ask(self) -> list[Metric]:
        """Raises the driver's error when the database does not answer."""
        with read_session() as session:
            self._remember(session)
            sources = figures.active_sources(session)
            return [
                *_ledger(session, self._done),
                *_attempts(session),
                _work(session),
                *_messages(session),
                *_of_sources(session, sources),
                *_silences(session, self._gaps),
            ]

    def _remember(self, session: Session) -> None:
        moment = time.monotonic()
        if moment >= self._done_until:
            self._done = funnel.count_rows(session, [RunState.DONE])
            self._done_until = moment + DONE_BELIEVED_S
        if moment >= self._gaps_until or not self._gaps:  # none yet: the first poll is still on its way
            self._gaps = figures.gaps(session)
            self._gaps_until = moment + GAPS_BELIEVED_S


def _ledger(session: Session, done: dict[tuple[str, str], int]) -> Iterator[Metric]:
    rows = GaugeMetricFamily("kiosque_rows", "Rows of the ledger.", labels=["service", "stage", "state"])
    overdue = GaugeMetricFamily("kiosque_overdue_rows", "Rows whose time has come.", labels=["service", "stage"])
    oldest = GaugeMetricFamily(
        "kiosque_oldest_due_seconds", "For how long the oldest of these waits.", labels=["service", "stage"]
    )
    limit = GaugeMetricFamily("kiosque_stage_limit_seconds", "A stage's time limit.", labels=["service", "stage"])
    paused = GaugeMetricFamily(
        "kiosque_stage_paused", "Whether an operator has paused it.", labels=["service", "stage"]
    )
    counted = done | funnel.count_rows(session, _NOT_DONE)
    paused_stages = pauses.paused_stages(session)
    for stage in STAGES.values():
        labels = [stage.service, stage.name]
        for state in RunState:
            rows.add_metric([*labels, state], counted.get((stage.name, state), 0))
        number, oldest_s = funnel.overdue(session, stage.name)
        overdue.add_metric(labels, number)
        oldest.add_metric(labels, oldest_s or 0)
        limit.add_metric(labels, stage.limit_s)
        paused.add_metric(labels, float(stage.name in paused_stages))
    working = GaugeMetricFamily(
        "kiosque_service_working", "Whether a worker holds a row under a lease.", labels=["service"]
    )
    working_services = funnel.working_services(session)
    for service in SERVICES:
        working.add_metric([service], float(service in working_services))
    yield from (rows, overdue, oldest, limit, paused, working)


def _attempts(session: Session) -> Iterator[Metric]:
    attempts = CounterMetricFamily(
        "kiosque_attempts", "Attempts that ended, by how and why.", labels=["service", "stage", "outcome", "reason"]
    )
    expired = CounterMetricFamily(
        "kiosque_lease_expiries", "Attempts whose worker died or hung.", labels=["service", "stage"]
    )
    counted = figures.attempts(session)
    lost: Counter[str] = Counter()
    zeros = {(stage, *what): 0 for stage in STAGES for what in _FROM_ZERO}
    for (stage, outcome, reason), number in (zeros | counted).items():
        if stage in STAGES:  # an earlier version's stage has no alarm and no place on a dashboard
            attempts.add_metric([STAGES[stage].service, stage, outcome, reason], number)
            lost[stage] += number if outcome == "lost" else 0
    for stage, number in lost.items():
        expired.add_metric([STAGES[stage].service, stage], number)
    yield from (attempts, expired)


def _work(session: Session) -> Metric:
    work = HistogramMetricFamily(
        "kiosque_work_seconds", "How long attempts took that did their work.", labels=["service", "stage"]
    )
    counted = figures.work_buckets(session)
    for stage in STAGES.values():
        buckets = [counted.get((stage.name, within), (0, 0.0)) for within in WITHIN]
        cumulated = accumulate(attempts for attempts, _ in buckets)
        work.add_metric(
            [stage.service, stage.name],
            buckets=list(zip(WITHIN, cumulated, strict=True)),
            sum_value=sum(seconds for _, seconds in buckets),
        )
    return work


def _messages(session: Session) -> Iterator[Metric]:
    counted = figures.messages(session)
    told = {
        "published_again": ("kiosque_messages_published_again", "Messages sent again that nobody claimed in a minute."),
        "bad": ("kiosque_bad_messages", "Messages kept in bad_message: they could not be read or name nothing."),
    }
    for event, (name, description) in told.items():
        family = CounterMetricFamily(name, description, labels=["queue"])
        others = {queue for queue, one in counted if one == event} - SERVICES.keys()
        for queue in (*SERVICES, *sorted(others)):
            family.add_metric([queue], counted.get((queue, event), 0))
        yield family


def _of_sources(session: Session, sources: dict[str, int]) -> Iterator[Metric]:
    settled = CounterMetricFamily(
        "kiosque_source_settled", "Attempts that ended in done or set_aside.", labels=["source", "outcome"]
    )
    drops = CounterMetricFamily(
        "kiosque_source_drops", "What was set aside, by stage and reason.", labels=["source", "stage", "reason"]
    )
    of_articles = stage_names(Subject.ARTICLE)
    sums = Counter(dict.fromkeys(((key, outcome) for key in sources for outcome in ("done", "set_aside")), 0))
    for (key, stage, outcome, reason), number in figures.source_attempts(session).items():
        if stage in of_articles:
            sums[key, outcome] += number
        if outcome == RunState.SET_ASIDE:
            drops.add_metric([key, stage, reason], number)
    for (key, outcome), number in sums.items():
        settled.add_metric([key, outcome], number)
    failures = GaugeMetricFamily(
        "kiosque_source_feed_failures", "Failed polls in a row of a source's worst feed.", labels=["source"]
    )
    for key, number in sources.items():
        failures.add_metric([key], number)
    yield from (settled, drops, failures)


def _silences(session: Session, gaps: dict[tuple[str, str], figures.Gaps]) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "kiosque_last_article_timestamp_seconds", "When the last one was found.", labels=["source", "language"]
    )
    for (key, language), found_at in figures.last_found(session).items():
        last.add_metric([key, language], found_at.timestamp())
    usual = GaugeMetricFamily(
        "kiosque_article_gap_median_seconds", "Between two articles, of four weeks.", labels=["source", "language"]
    )
    longest = GaugeMetricFamily(
        "kiosque_article_gap_longest_seconds", "The longest of these gaps.", labels=["source", "language"]
    )
    for (key, language), gap in gaps.items():
        usual.add_metric([key, language], gap.median_s)
        longest.add_metric([key, language], gap.longest_s)
    yield from (last, usual, longest)
