"""Faults 33 and 34: a slow stage, and a backlog of 100,000; with a real scheduler, workers and Redis."""

import json
import time
from collections.abc import Callable

import pytest
from measuring import MEASURE
from press import add_article, add_source
from servers import wait_until
from sqlalchemy import func, insert, select
from workers import measured, worker

from services.scheduler.status_report import read_status
from shared.db import read_session, write_session
from shared.ledger_models import StageRun
from shared.models import Article, Translation
from shared.pipeline import TAG, TRANSLATE
from shared.queue import SHORT_LINE, publish, queue_lengths
from shared.store.stage_runs import make_due

MB = 1_000_000
MANY = 100_000


def add_due(stage, count: int, *, headline: str = "Titre") -> list[int]:
    """So many parsed articles of 2 kB, due for a stage, without messages."""
    source_id = add_source(f"{stage.name}-{count}")
    with write_session() as session:
        before = session.scalar(select(func.max(Article.id))) or 0
        rows = [
            {"source_id": source_id, "url": f"https://{stage.name}.example/{source_id}/{number}", "headline": headline,
             "body": "mot " * 500, "language": "fr"}
            for number in range(count)
        ]  # fmt: skip
        session.execute(insert(Article), rows)
        session.execute(Article.__table__.update().values(parsed_at=Article.found_at))
        ids = list(session.scalars(select(Article.id).where(Article.id > before).order_by(Article.id)))
        if stage.parted:
            make_due(session, stage, ids)
        else:
            session.execute(insert(StageRun), [{"stage": stage.name, "subject_id": id_, "state": "due"} for id_ in ids])
    return ids


def memory(broker) -> int:
    return int(broker.info("memory")["used_memory"])


def queued_ids(broker, service: str) -> list[int]:
    """Whom the queue's messages name, the next one first: kombu pushes on the left and takes from the right."""
    bodies = [json.loads(item) for item in reversed(broker.lrange(f"kiosque:{service}", 0, -1))]
    return [json.loads(body["headers"]["argsrepr"].replace(",)", "]").replace("(", "[").replace(")", "]"))[0]
            for body in bodies]  # fmt: skip


#: A translation engine ten times slower than the sixth stage: six parts an article, each this long.
SLOW_ENGINE = """
import time

class Engine:
    name, version, reads_capitals = "slow", "1", True

    def serves(self, source, target):
        return True

    def translate(self, segments, source, target):
        time.sleep(0.2)
        return [f"{target}: {one}" for one in segments]
"""


@pytest.mark.slow
@pytest.mark.fault(33)
def test_a_stage_ten_times_slower_starves_no_other_fills_no_redis_and_lets_news_overtake(house, broker):
    (house.tree / "services" / "translator" / "engines" / "slow.py").write_text(SLOW_ENGINE)
    slow = {"KIOSQUE_TRANSLATOR_ENGINES": "slow"}
    add_due(TRANSLATE, 3_000)
    fast = add_due(MEASURE, 200)
    before = memory(broker)
    longest = 0
    with house.scheduler(), house.worker(), worker("translator", tree=house.tree, log=house.folder / "t.log", **slow):
        wait_until(translated, 60, what="the slow stage at work")
        while len(measured()) < len(fast):
            longest = max(longest, queue_lengths(["translator"])["translator"])
            assert len(translated()) < len(fast)
        (newest,) = add_due(TRANSLATE, 1, headline="Nouveau")
        # behind the line that is there, before 3,000 older ones
        wait_until(lambda: newest in translated(), 120, what="the new headline in another language")
        assert len(translated()) < 200
    assert sorted(measured()) == fast  # each once
    assert longest <= 2 * SHORT_LINE
    assert memory(broker) - before < 5 * MB


def translated() -> set[int]:
    with read_session() as session:
        return set(session.scalars(select(Translation.article_id)))


@pytest.mark.slow
@pytest.mark.fault(33)
def test_two_stages_of_one_queue_share_it(house, broker):
    """A backlog of one stage leaves the newest of the other stage of the same worker its turn."""
    add_due(TAG, 3_000)
    newest = add_due(MEASURE, 5)
    with house.scheduler():
        wait_until(lambda: queue_lengths(["tagger"])["tagger"] == SHORT_LINE, 60, what="a queue filled to its mark")
    assert set(queued_ids(broker, "tagger")[:5]) == set(newest)


@pytest.mark.slow
@pytest.mark.fault(34)
def test_a_backlog_of_a_hundred_thousand_costs_little_redis_and_status_a_second(house, broker):
    before = memory(broker)
    backlog = add_due(MEASURE, MANY)
    with house.scheduler():
        wait_until(lambda: queue_lengths(["tagger"])["tagger"] == SHORT_LINE, 90, what="a queue filled to its mark")
        assert memory(broker) - before < 1 * MB
        # the best of three, for others use this machine; and less Python's start for the same reason
        seconds = min(timed(read_status) for _ in range(3))
        print(f"\nstatus {seconds * 1000:.0f} ms, the command {timed(house.status) * 1000:.0f} ms")
        assert seconds < 1
        newest = add_article(add_source("nouveau"), 1, headline="Nouveau")
        with write_session() as session:
            make_due(session, MEASURE, [newest])
        with house.worker():
            wait_until(lambda: newest in measured(), 60, what="the new headline")
    assert len(measured()) < 1000
    assert backlog[0] not in measured()


@pytest.mark.slow
@pytest.mark.fault(34)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hundred_thousand_messages_fit_into_redis(house, broker):
    before = memory(broker)
    assert not publish([(MEASURE, number) for number in range(MANY)])
    assert queue_lengths(["tagger"])["tagger"] == MANY
    cost = memory(broker) - before
    print(f"\nRedis {cost / MB:.1f} MB")
    assert cost < 150 * MB


def timed(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    assert do()
    return time.perf_counter() - started
