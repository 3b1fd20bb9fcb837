"""/metrics: its numbers for a known ledger on both databases, and what it says when it cannot ask."""

import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from press import add_article, add_source
from prometheus_client.parser import text_string_to_metric_families
from servers import free_port
from structlog.testing import capture_logs

from services.scheduler import dispatch, exporter
from services.scheduler.database_metrics import DatabaseMetrics
from shared.app import make_app
from shared.db import clock, forget_engines, now, read_session, write_session
from shared.ledger_models import PausedStage, RunState, StageAttempt, StageRun
from shared.models import Feed
from shared.pipeline import FETCH, PARSE, SERVICES, TAG
from shared.queue import publish
from shared.store import bad_messages, funnel, totals
from shared.store.stage_runs import make_due

Sample = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(metrics) -> Sample:
    """Every sample by name and labels, as Prometheus gets it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for metric in metrics
        for sample in metric.samples
    }


def value(samples: Sample, name: str, /, **labels: str) -> float | None:
    """One of them; None if it is not told."""
    return samples.get((name, tuple(sorted(labels.items()))))


def scrape(address: str) -> Sample:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
        return read(text_string_to_metric_families(answer.read().decode()))


@pytest.fixture
def served(broker, database, set_settings):
    """An exporter in this process, and its address."""
    address = f"127.0.0.1:{free_port()}"
    set_settings(metrics_address=address)
    exporter.serve_metrics(lambda: {"dispatch": 1234.5})
    return address


def attempt(number: int, stage: str, subject_id: int, outcome: str, reason: str = "", seconds: float = 0.2) -> None:
    began_at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with write_session() as session:
        session.add(
            StageAttempt(
                stage=stage, subject_id=subject_id, token=f"t{number}", worker="w", outcome=outcome, reason=reason,
                started_at=began_at, finished_at=began_at + timedelta(seconds=seconds),
            )
        )  # fmt: skip


def count() -> None:
    with write_session() as session:
        totals.count_attempts(session)


def test_rows_by_stage_and_state_and_how_long_the_oldest_waits(served):
    source_id = add_source()
    ids = [add_article(source_id, number) for number in range(4)]
    with write_session() as session:
        make_due(session, PARSE, ids[:2], due_at=now(-90))
        make_due(session, PARSE, ids[2:3], due_at=now(3600))
        make_due(session, TAG, ids[3:])
        session.add(PausedStage(stage="tag"))
        session.flush()
        session.query(StageRun).filter_by(subject_id=ids[1]).update({"state": RunState.DONE})
    told = scrape(served)
    parse = {"service": "parser", "stage": "parse"}
    assert value(told, "kiosque_rows", **parse, state="due") == 2
    assert value(told, "kiosque_rows", **parse, state="done") == 1
    assert value(told, "kiosque_rows", **parse, state="set_aside") == 0
    assert value(told, "kiosque_overdue_rows", **parse) == 1
    assert 90 <= value(told, "kiosque_oldest_due_seconds", **parse) <= 120
    assert value(told, "kiosque_oldest_due_seconds", service="scraper", stage="fetch") == 0
    assert value(told, "kiosque_stage_paused", service="tagger", stage="tag") == 1
    assert value(told, "kiosque_stage_paused", **parse) == 0
    assert value(told, "kiosque_stage_limit_seconds", **parse) == PARSE.limit_s


def test_attempts_drops_and_seconds_of_work_are_counted_once(served):
    source_id = add_source()
    article_id = add_article(source_id)
    attempt(1, "fetch", article_id, "retry", "timeout", 31)
    attempt(2, "fetch", article_id, "done", "", 0.3)
    attempt(3, "fetch", article_id, "lost", "lease_expired", 20)
    attempt(4, "parse", article_id, "set_aside", "no_text", 0.02)
    attempt(5, "poll", source_id, "set_aside", "error", 1)
    count()
    count()
    attempt(6, "fetch", article_id, "done", "", 0.4)
    count()
    told = scrape(served)
    fetch = {"service": "scraper", "stage": "fetch"}
    assert value(told, "kiosque_attempts_total", **fetch, outcome="done", reason="") == 2
    assert value(told, "kiosque_attempts_total", **fetch, outcome="retry", reason="timeout") == 1
    assert value(told, "kiosque_attempts_total", **fetch, outcome="set_aside", reason="error") == 0
    assert value(told, "kiosque_attempts_total", **fetch, outcome="postponed", reason="storage_away") == 0
    assert value(told, "kiosque_lease_expiries_total", **fetch) == 1
    assert value(told, "kiosque_lease_expiries_total", service="tagger", stage="tag") == 0
    assert value(told, "kiosque_source_settled_total", source="courrier", outcome="done") == 2
    assert value(told, "kiosque_source_settled_total", source="courrier", outcome="set_aside") == 1  # not the poll's
    assert value(told, "kiosque_source_drops_total", source="courrier", stage="parse", reason="no_text") == 1
    assert value(told, "kiosque_source_drops_total", source="courrier", stage="poll", reason="error") == 1
    assert value(told, "kiosque_work_seconds_count", **fetch) == 3  # what was lost did no work to its end
    assert value(told, "kiosque_work_seconds_sum", **fetch) == pytest.approx(31.7)
    assert value(told, "kiosque_work_seconds_bucket", **fetch, le="0.25") == 0
    assert value(told, "kiosque_work_seconds_bucket", **fetch, le="0.5") == 2
    assert value(told, "kiosque_work_seconds_bucket", **fetch, le="45") == 3
    assert value(told, "kiosque_work_seconds_bucket", **fetch, le="+Inf") == 3


def test_queues_bad_messages_and_what_was_published_again(served):
    source_id = add_source()
    article_ids = [add_article(source_id, number) for number in range(3)]
    with write_session() as session:
        make_due(session, TAG, article_ids, published=True)
        session.query(StageRun).update({"published_at": now(-61)})
    assert dispatch.publish_again() == 3
    publish([(FETCH, 7)])
    bad_messages.keep("parser", b"?", "not_json")
    bad_messages.keep("parser", b"!", "not_json")
    told = scrape(served)
    assert {queue: value(told, "kiosque_queue_messages", queue=queue) for queue in SERVICES} == {
        "scraper": 1, "parser": 0, "translator": 0, "tagger": 3, "moderator": 0,
    }  # fmt: skip
    assert value(told, "kiosque_queue_consumed", queue="tagger") == 0
    assert value(told, "kiosque_messages_published_again_total", queue="tagger") == 3
    assert value(told, "kiosque_messages_published_again_total", queue="parser") == 0
    assert value(told, "kiosque_bad_messages_total", queue="parser") == 2
    assert value(told, "kiosque_bad_messages_total", queue="tagger") == 0


def test_the_last_article_and_the_usual_gap_by_source_and_language(served):
    source_id = add_source()
    with read_session() as session:
        moment = clock(session)
    for number in range(7):  # an hour apart, but for one night
        printed_at = moment - timedelta(hours=number + (9 if number > 4 else 0))
        add_article(source_id, number, published_at=printed_at, published_has_time=True, found_at=moment)
    days = [moment.replace(hour=0, minute=0) - timedelta(days=2)] * 6
    for number, day in enumerate(days):  # only a day is printed: then when we found it counts
        add_article(
            source_id, 10 + number, language="ar", published_at=day, found_at=moment - timedelta(minutes=number)
        )
    add_article(source_id, 20, language="en", published_at=moment, found_at=moment)
    add_article(add_source("paused", state="paused"), 30, found_at=moment)
    told = scrape(served)
    french, arabic = {"source": "courrier", "language": "fr"}, {"source": "courrier", "language": "ar"}
    assert value(told, "kiosque_last_article_timestamp_seconds", **french) == pytest.approx(moment.timestamp(), abs=1)
    assert value(told, "kiosque_article_gap_median_seconds", **french) == 3600
    assert value(told, "kiosque_article_gap_longest_seconds", **french) == 36000
    assert value(told, "kiosque_article_gap_median_seconds", **arabic) == 60
    assert value(told, "kiosque_last_article_timestamp_seconds", source="courrier", language="en") is not None
    assert value(told, "kiosque_article_gap_median_seconds", source="courrier", language="en") is None  # one article
    assert not [labels for _, labels in told if ("source", "paused") in labels]


def test_a_feed_that_fails_is_told_with_its_source(served):
    source_id = add_source()
    with write_session() as session:
        session.add_all(
            [
                Feed(source_id=source_id, url="https://courrier.example/a", failures=4),
                Feed(source_id=source_id, url="https://courrier.example/b"),
            ]
        )
    assert value(scrape(served), "kiosque_source_feed_failures", source="courrier") == 4


def test_a_second_exporter_counts_on_where_the_first_was(served):
    article_id = add_article(add_source())
    attempt(1, "tag", article_id, "done")
    count()
    told = read(DatabaseMetrics().ask())
    labels = {"service": "tagger", "stage": "tag", "outcome": "done", "reason": ""}
    assert value(told, "kiosque_attempts_total", **labels) == 1
    assert value(scrape(served), "kiosque_attempts_total", **labels) == 1


def test_what_does_not_answer_is_told_as_down_and_the_rest_as_ever(served, set_settings, tmp_path):
    up = scrape(served)
    assert (value(up, "kiosque_database_up"), value(up, "kiosque_broker_up")) == (1, 1)
    assert value(up, "kiosque_job_success_timestamp_seconds", name="dispatch") == 1234.5
    set_settings(broker_url=f"redis+socket://{tmp_path}/nowhere.sock")
    make_app()
    without_broker = scrape(served)
    assert (value(without_broker, "kiosque_database_up"), value(without_broker, "kiosque_broker_up")) == (1, 0)
    assert value(without_broker, "kiosque_rows", service="parser", stage="parse", state="due") == 0
    assert value(without_broker, "kiosque_queue_messages", queue="parser") is None
    set_settings(database_url=f"sqlite:///{tmp_path}/empty.sqlite3")
    forget_engines()
    without_either = scrape(served)
    assert value(without_either, "kiosque_database_up") == 0
    assert value(without_either, "kiosque_job_success_timestamp_seconds", name="dispatch") == 1234.5


def test_what_hangs_holds_one_thread_and_no_scrape_for_longer_than_its_limit(monkeypatch):
    monkeypatch.setattr(exporter, "LIMIT_S", 0.1)
    released, asked = threading.Event(), []

    def hang():
        asked.append(time.monotonic())
        released.wait(30)
        return []

    inquiry = exporter.Inquiry("database", hang)
    told = [value(read(inquiry.metrics()), "kiosque_database_up") for _ in range(3)]
    assert (told, len(asked)) == ([0, 0, 0], 1)
    released.set()
    inquiry._thread.join(10)
    assert value(read(inquiry.metrics()), "kiosque_database_up") == 1


def test_what_is_counted_seldom_is_kept_though_its_first_scrape_was_told_as_down(served, monkeypatch):
    """A large house's first scrape may take longer than its limit; the next one need not count it all again."""
    monkeypatch.setattr(exporter, "LIMIT_S", 0.1)
    released, counted = threading.Event(), []
    count_rows = funnel.count_rows

    def count_slowly(session, states=None):
        if RunState.DONE in states:
            counted.append(states)
            released.wait(30)
        return count_rows(session, states)

    monkeypatch.setattr(funnel, "count_rows", count_slowly)
    inquiry = exporter.Inquiry("database", DatabaseMetrics().ask)
    assert value(read(inquiry.metrics()), "kiosque_database_up") == 0
    released.set()
    inquiry._thread.join(10)
    monkeypatch.setattr(exporter, "LIMIT_S", 10)
    assert value(read(inquiry.metrics()), "kiosque_database_up") == 1
    assert len(counted) == 1


def test_a_taken_address_is_one_warning_with_its_remedy(served):
    with capture_logs() as logs:
        exporter.serve_metrics(dict)
    (line,) = logs
    assert (line["event"], line["log_level"], line["address"]) == ("metrics.not_served", "warning", served)
    assert "KIOSQUE_METRICS_ADDRESS" in line["remedy"]


def test_no_address_is_no_exporter(set_settings):
    set_settings(metrics_address="")
    with capture_logs() as logs:
        exporter.serve_metrics(dict)
    assert not logs
