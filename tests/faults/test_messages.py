"""Faults 9 to 12, 21, 22 and 29: messages that come twice, late, too early, or are none."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from faults.house import House, scaled
from faults.weighing import WEIGH, add_seventh_stage, weighed
from measuring import MEASURE, add_articles, outcomes, run_of, send, state_is
from servers import wait_until
from sqlalchemy import select
from workers import measured

from shared.app import UnknownTaskError, make_app
from shared.db import read_session, write_session
from shared.ledger_models import BadMessage, RunState, StageTotal
from shared.pipeline import STAGES
from shared.store.stage_runs import make_due

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

#: Added to every promised duration: what a busy machine of two cores may take beside it.
SLACK_S = 8.0


def queue_is_empty(house):
    return lambda: house.broker.llen("kiosque:tagger") == 0 and house.nothing_unacked()


@on_sqlite
@pytest.mark.fault(9)
@pytest.mark.slow
def test_a_task_longer_than_the_visibility_time_out_is_delivered_again_and_refused(house):
    house.set_limit(180)
    (article_id,) = house.add(f"sleep {scaled(90)}")
    with house.worker("one.log"), house.worker("two.log"):
        refused = lambda: "stage.refused" in house.log("one.log") + house.log("two.log")  # noqa: E731
        wait_until(refused, scaled(60 + 5) + SLACK_S, what="the second delivery refused")
        assert run_of(article_id).state == RunState.RUNNING
        house.converges([article_id])
    assert measured() == [article_id]
    assert outcomes(article_id) == [("done", "")]


@pytest.mark.fault(10)
@pytest.mark.slow
def test_a_worker_paused_past_its_lease_is_refused_when_it_finishes(house):
    house.set_limit(180)  # else its parent may end the child, whose time was over in the pause, before it finishes
    (article_id,) = house.add(f"sleep {scaled(10)}")
    with house.scheduler(), house.worker("paused.log") as paused:
        wait_until(house.attempts, what="the first attempt")
        os.killpg(paused.pid, signal.SIGSTOP)
        with house.worker("second.log"):
            house.converges([article_id])
            os.killpg(paused.pid, signal.SIGCONT)
            wait_until(lambda: "stage.stale" in house.log("paused.log"), what="the finish refused")
            wait_until(lambda: _total("stale") == 1, what="the stale attempt counted")
    assert measured() == [article_id]
    assert outcomes(article_id) == [("stale", "stale"), ("done", "")]
    assert run_of(article_id).state == RunState.DONE


def _total(outcome: str) -> int:
    with read_session() as session:
        return sum(session.scalars(select(StageTotal.attempts).filter_by(stage="measure", outcome=outcome)))


@pytest.mark.fault(11)
@pytest.mark.slow
def test_messages_delivered_ten_times_to_two_workers_have_one_effect_each(house):
    article_ids = house.add(*["count"] * 30)
    for _ in range(9):
        for article_id in article_ids:
            send(article_id)
    with house.worker("one.log"), house.worker("two.log"):
        wait_until(queue_is_empty(house), seconds=60, what="every message consumed")
        house.converges(article_ids)
    assert sorted(measured()) == article_ids
    assert (house.log("one.log") + house.log("two.log")).count("stage.refused") == 9 * 30


@on_postgresql  # SQLite has one writer: there a claim waits for the commit
@pytest.mark.fault(12)
@pytest.mark.slow
def test_messages_in_reverse_and_before_their_commit_are_refused_and_swept(house, monkeypatch):
    monkeypatch.setitem(STAGES, "weigh", WEIGH)
    add_seventh_stage(house.tree)
    article_ids = add_articles(*["count"] * 10)
    with house.worker():
        for article_id in article_ids:  # the later stage's first
            make_app().send_task("tagger.weigh_article", args=(article_id,), queue="tagger")
        with write_session() as session:
            make_due(session, MEASURE, article_ids, published=True)
            session.flush()
            for article_id in reversed(article_ids):
                send(article_id)
            wait_until(lambda: house.log().count("stage.refused") == 20, what="every message refused")
        with house.scheduler():
            house.converges(article_ids)
            wait_until(lambda: len(weighed()) == 10, scaled(150) + SLACK_S, what="the later stage")
    assert weighed() == article_ids
    assert "[error" not in house.log()
    assert "Traceback" not in house.log()


@on_sqlite
@pytest.mark.fault(21)
def test_items_that_are_no_message_are_kept_and_the_queue_keeps_moving(house):
    bad = [b"hello", b"1234", b"{}", b"null", b"\x80\x04\x95", b"[]"]
    article_ids = []
    for number, article_id in enumerate(house.add(*["count"] * 12, publish=False)):
        house.broker.lpush("kiosque:tagger", bad[number % len(bad)])
        send(article_id)
        article_ids.append(article_id)
    with house.worker() as process:
        house.converges(article_ids, seconds=10)
        wait_until(lambda: len(_bad_messages()) == 12, what="every bad item kept")
        assert process.poll() is None
    assert sorted({reason for reason, _ in _bad_messages()}) == ["no_envelope", "not_json"]
    assert {content for _, content in _bad_messages()} == set(bad)


def _bad_messages() -> list[tuple[str, bytes]]:
    with read_session() as session:
        return [(row.reason, row.content) for row in session.scalars(select(BadMessage).order_by(BadMessage.id))]


@on_sqlite
@pytest.mark.fault(22)
@pytest.mark.slow
def test_messages_that_nobody_can_run_become_rows_with_their_reason(house):
    (article_id,) = house.add("count", publish=False)
    with house.worker() as process:
        _send_raw([[1], {}, {}], task="tagger.sing")
        _send_raw([[1, 2], {}, {}])
        _send_raw([["one"], {}, {}])
        _send_raw([[987654], {}, {}])
        _send_raw([[1], {}, {}], serializer="pickle")
        send(article_id)
        house.converges([article_id], seconds=10)
        assert process.poll() is None
    assert sorted(reason for reason, _ in _bad_messages()) == [
        "content_refused", "unknown_subject", "unknown_task", "wrong_arguments", "wrong_arguments",
    ]  # fmt: skip
    with pytest.raises(UnknownTaskError):
        make_app().send_task("tagger.sing", args=(1,))
    assert _exit_code(house, "services.cli", "publish", "sing", "1") == 2
    assert _exit_code(house, "services.cli", "publish", "measure", "987654") == 2
    assert _exit_code(house, "celery", "-A", "services.worker", "call", "tagger.sing", "--args=[1]") != 0


def _send_raw(body, *, task="tagger.measure_article", serializer="json") -> None:
    """As a stranger would, who knows nothing of our map."""
    headers = {"task": task, "id": f"raw-{task}-{serializer}", "lang": "py"}
    with make_app().producer_pool.acquire(block=True) as producer:
        producer.publish(body, routing_key="tagger", serializer=serializer, headers=headers)


def _exit_code(house, *arguments: str) -> int:
    environment = {**os.environ, "PYTHONPATH": str(house.tree)}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=house.tree, env=environment, check=False, capture_output=True).returncode


@on_sqlite
@pytest.mark.fault(29)
@pytest.mark.slow
def test_two_versions_of_workers_together_run_everything_or_keep_it_with_a_reason(house):
    newer = House(shutil.copytree(house.tree, house.folder / "newer"), house.folder, house.broker)
    add_seventh_stage(newer.tree)
    article_ids = house.add(*["sleep 0.1"] * 20)
    _send_raw([[article_ids[0]], {}, {}], task="tagger.measure_before")  # the version before had another name
    with newer.scheduler():
        with house.worker("older.log"), newer.worker("newer.log"):
            house.converges(article_ids)
        with newer.worker("newer.log"):  # the rolling update is over
            wait_until(lambda: len(weighed()) == 20, scaled(150) + SLACK_S, what="the newer stage")
    assert weighed() == article_ids
    assert all(state_is(one, RunState.DONE)() for one in article_ids)
    assert {reason for reason, _ in _bad_messages()} == {"unknown_task"}
