"""Faults 33 and 34: a slow stage, and a backlog of 100,000; with a real scheduler, workers and Redis."""

import json
import time

import pytest
from measuring import MEASURE
from press import add_article, add_source
from servers import wait_until
from sqlalchemy import func, insert, select
from workers import measured

from services.scheduler.status_report import read_status
from shared.db import write_session
from shared.ledger_models import StageRun
from shared.models import Article
from shared.pipeline import TAG, TRANSLATE
from shared.queue import queue_lengths
from shared.settings import settings
from shared.store.stage_runs import make_due

MB = 1_000_000
MANY = 100_000


def add_due(stage, count: int, *, headline: str = "Titre") -> list[int]:
    """So many parsed articles of 2 kB, due for a stage, without messages."""
    source_id = add_source(f"{stage.name}-{count}")
    with write_session() as session:
        before = session.scalar(select(func.max(Article.id))) or 0
        rows = [
            {"source_id": source_id, "url": f"https://{stage.name}.example/{number}", "headline": headline,
             "body": "mot " * 500, "language": "fr"}
            for number in range(count)
        ]  # fmt: skip
        session.execute(insert(Article), rows)
        session.execute(Article.__table__.update().values(parsed_at=Article.found_at))
        ids = list(session.scalars(select(Article.id).where(Article.id > before).order_by(Article.id)))
        runs = [{"stage": stage.name, "subject_id": id_, "state": "due"} for id_ in ids]
        session.execute(insert(StageRun), runs)
    return ids


def memory(broker) -> int:
    return int(broker.info("memory")["used_memory"])


def queued_ids(broker, service: str) -> list[int]:
    """Whom the queue's messages name, the next one first: kombu pushes on the left and takes from the right."""
    bodies = [json.loads(item) for item in reversed(broker.lrange(f"kiosque:{service}", 0, -1))]
    return [json.loads(body["headers"]["argsrepr"].replace(",)", "]").replace("(", "[").replace(")", "]"))[0]
            for body in bodies]  # fmt: skip


@pytest.mark.slow
@pytest.mark.fault(33)
def test_a_slow_stage_starves_no_other_and_fills_no_redis(house, broker):
    """The translator has no worker at all here, slower than ten times: its 3,000 articles wait as rows."""
    add_due(TRANSLATE, 3_000)
    before = memory(broker)
    fast = add_due(MEASURE, 200)
    with house.scheduler(), house.worker():
        wait_until(lambda: queue_lengths(["translator"])["translator"] == settings().queue_cap, 60, what="a full queue")
        wait_until(lambda: len(measured()) == len(fast), 120, what="the work of the fast stage")
        assert queue_lengths(["translator"])["translator"] <= settings().queue_cap
    assert sorted(measured()) == fast  # each once
    assert memory(broker) - before < 5 * MB


@pytest.mark.slow
@pytest.mark.fault(33)
def test_two_stages_of_one_queue_share_it(house, broker):
    """A backlog of one stage leaves the newest of the other stage of the same worker its turn."""
    add_due(TAG, 3_000)
    newest = add_due(MEASURE, 5)
    with house.scheduler():
        wait_until(lambda: queue_lengths(["tagger"])["tagger"] == settings().queue_cap, 60, what="a full queue")
    assert set(queued_ids(broker, "tagger")[:5]) == set(newest)


@pytest.mark.slow
@pytest.mark.fault(34)
def test_a_backlog_of_a_hundred_thousand_costs_little_redis_and_status_a_second(house, broker):
    before = memory(broker)
    backlog = add_due(MEASURE, MANY)
    with house.scheduler():
        wait_until(lambda: queue_lengths(["tagger"])["tagger"] == settings().queue_cap, 90, what="a full queue")
        cost = memory(broker) - before
        assert cost < 150 * MB
        seconds = min(timed_status() for _ in range(3))  # the best of three: others use this machine
        print(f"\nRedis {cost / MB:.2f} MB, status {seconds * 1000:.0f} ms")
        assert seconds < 1
        newest = add_article(add_source("nouveau"), 1, headline="Nouveau")
        with write_session() as session:
            make_due(session, MEASURE, [newest])
        broker.ltrim("kiosque:tagger", -10, -1)  # as if all but ten were done: the queue has room
        with house.worker():
            wait_until(lambda: newest in measured(), 60, what="the new headline")
        assert len(measured()) < 100
        assert backlog[0] not in measured()


def timed_status() -> float:
    started = time.perf_counter()
    told = read_status()
    assert told["stages"]
    return time.perf_counter() - started
