"""Faults 26, 27, 28 and 35: between commit and publish, and schedulers that are two, away, or killed."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from faults.house import has_measured, scaled
from faults.weighing import add_seventh_stage, replace_in, weigh_run_of, weighed
from measuring import MEASURE, add_articles, outcomes
from servers import wait_until
from sqlalchemy import update
from workers import measured

from shared.db import now, write_session
from shared.ledger_models import RunState, StageRun
from shared.store.stage_runs import make_due

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

#: Added to every promised duration: what a busy machine of two cores may take beside it.
SLACK_S = 8.0

#: Debian's library that gives a process another clock.
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))

#: A sitecustomize.py: each message that a process sends is noted, and whether its thread had a transaction open.
NOTE_SENDS = """
import os, threading
import celery
from sqlalchemy import event
from sqlalchemy.engine import Engine

thread = threading.local()
event.listen(Engine, "begin", lambda _: setattr(thread, "open", True))
event.listen(Engine, "commit", lambda _: setattr(thread, "open", False))
event.listen(Engine, "rollback", lambda _: setattr(thread, "open", False))
send_task = celery.Celery.send_task

def noted(self, *args, **kwargs):
    with open(os.environ["SENDS_LOG"], "a") as log:
        print("inside" if getattr(thread, "open", False) else "outside", os.getpid(), file=log)
    return send_task(self, *args, **kwargs)

celery.Celery.send_task = noted
"""

#: A sitecustomize.py: a process whose clock is off by so many seconds.
SHIFT_CLOCK = """
import datetime, os, time

shift_s = float(os.environ.get("CLOCK_SHIFT_S", "0"))
real_time = time.time

class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.UTC).replace(tzinfo=None)

time.time = lambda: real_time() + shift_s
datetime.datetime = Shifted
"""

#: A sitecustomize.py: libfaketime 0.9.10 refuses a sleep until a moment of the monotonic clock, as Python's is.
PLAIN_SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds)\n"


def due_without_message(*headlines: str) -> list[int]:
    """Articles due for measure, as a publisher leaves them that could not send."""
    article_ids = add_articles(*headlines)
    with write_session() as session:
        make_due(session, MEASURE, article_ids)
    return article_ids


def set_runs(article_ids: list[int], **values: object) -> None:
    with write_session() as session:
        session.execute(update(StageRun).where(StageRun.subject_id.in_(article_ids)).values(**values))


@pytest.mark.fault(26)
@pytest.mark.slow
def test_what_a_crash_between_commit_and_publish_left_is_swept(house):
    add_seventh_stage(house.tree)
    is_crash = '    if made and os.environ.get("CRASH"):\n        os.killpg(0, 9)\n'
    publish = "    unsent = publish([pair for pair in made"
    replace_in(house.tree / "shared" / "stage.py", publish, is_crash + publish)
    (article_id,) = house.add("count")
    with house.scheduler():
        with house.worker(CRASH="1") as process:
            process.wait(20)
        assert process.returncode == -signal.SIGKILL
        assert measured() == [article_id]
        left = weigh_run_of(article_id)
        assert left is not None
        assert (left.state, left.published_at is not None) == (RunState.DUE, True)
        assert house.broker.llen("kiosque:tagger") == 0
        with house.worker("second.log"):
            wait_until(lambda: weighed() == [article_id], scaled(90) + SLACK_S, what="the message sent again")
    assert (measured(), weighed()) == ([article_id], [article_id])


@pytest.mark.fault(27)
@pytest.mark.slow
def test_no_message_is_sent_while_a_transaction_is_open(house, monkeypatch):
    add_seventh_stage(house.tree)
    sends = house.folder / "sends.log"
    monkeypatch.setenv("SENDS_LOG", str(sends))
    (house.tree / "sitecustomize.py").write_text(NOTE_SENDS)
    article_ids = due_without_message(*["count"] * 5)
    with house.worker() as worker, house.scheduler() as scheduler:
        wait_until(lambda: len(weighed()) == 5, seconds=30, what="five articles weighed")
        command = [sys.executable, "-m", "services.cli", "publish", "measure", "--again", *map(str, article_ids)]
        by_hand = subprocess.Popen(command, cwd=house.tree, env={**os.environ, "PYTHONPATH": str(house.tree)})
        assert by_hand.wait(90) == 0
        wait_until(lambda: len(weighed()) == 10, seconds=30, what="five articles weighed again")
    lines = [line.split() for line in sends.read_text().splitlines()]
    assert {where for where, _ in lines} == {"outside"}
    senders = {int(pid) for _, pid in lines}
    assert {scheduler.pid, by_hand.pid} < senders
    assert senders - {scheduler.pid, by_hand.pid, worker.pid}  # the worker's child


@pytest.mark.fault(28)
@pytest.mark.slow
def test_two_schedulers_send_each_message_once(house):
    article_ids = due_without_message(*["count"] * 200)
    began_at = time.monotonic()
    sent: Counter[int] = Counter()

    def all_sent() -> bool:
        taken = house.broker.rpop("kiosque:tagger", 1000) or []  # as by fast workers, and lost
        sent.update(_articles_of(taken))
        return len(sent) == 200

    with house.scheduler("one.log"), house.scheduler("two.log"):
        wait_until(all_sent, 40, what="a message for every article")
        # the rest is what nobody claimed for a while
        assert max(sent.values()) <= 1 + (time.monotonic() - began_at) // scaled(60)
        with house.worker():
            house.converges(article_ids)
    assert Counter(outcome for one in article_ids for outcome, _ in outcomes(one)) == {"done": 200}


@on_sqlite
@pytest.mark.fault(28)
@pytest.mark.slow
def test_an_hour_without_a_scheduler_is_caught_up(house):
    article_ids = due_without_message(*["count"] * 60)
    fell_due, lost, held = article_ids[:20], article_ids[20:40], article_ids[40:]
    set_runs(fell_due, due_at=now(-1800))
    set_runs(lost, published_at=now(-3600))
    set_runs(held, state=RunState.RUNNING, token=None, lease_until=now(-3500), published_at=now(-3600), attempts=1)
    with house.worker(), house.scheduler():
        house.converges(article_ids, seconds=30)
    assert sorted(measured()) == article_ids


@on_sqlite  # its clock is that of the processes
@pytest.mark.fault(28)
@pytest.mark.slow
@pytest.mark.needs_package
@pytest.mark.skipif(not FAKETIME, reason="needs libfaketime: apt-get install faketime")
def test_a_clock_put_forward_and_back_by_an_hour_makes_nothing_happen_twice_and_nothing_wait(house):
    (house.tree / "sitecustomize.py").write_text(PLAIN_SLEEP)
    offset = house.folder / "clock"
    offset.write_text("+0\n")
    clock = {
        "LD_PRELOAD": str(FAKETIME[0]), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    article_ids = due_without_message(*[f"sleep {scaled(10)}", "count", "count"] * 10)
    with house.worker(**clock), house.worker("second.log", **clock), house.scheduler(**clock):
        for done, moved in ((5, "+3600\n"), (12, "-3600\n"), (20, "+0\n")):
            wait_until(has_measured(done), scaled(120) + SLACK_S, what=f"{done} articles measured")
            offset.write_text(moved)
        house.converges(article_ids)
    assert "clock.put_back" in house.log("scheduler.log")
    assert sorted(measured()) == article_ids


@on_postgresql  # SQLite's clock is the machine's
@pytest.mark.fault(28)
@pytest.mark.slow
def test_workers_whose_clocks_are_an_hour_off_keep_the_database_s_leases(house):
    (house.tree / "sitecustomize.py").write_text(SHIFT_CLOCK)
    article_ids = due_without_message(*[f"sleep {scaled(21)}"] * 4, *["count"] * 20)
    late, early = {"CLOCK_SHIFT_S": "-3600"}, {"CLOCK_SHIFT_S": "3600"}
    with (
        house.worker("late.log", **late), house.worker("early.log", **early),
        house.scheduler("late_scheduler.log", **late), house.scheduler("early_scheduler.log", **early),
    ):  # fmt: skip
        house.converges(article_ids)
    assert Counter(outcome for one in article_ids for outcome, _ in outcomes(one)) == {"done": 24}


@pytest.mark.fault(35)
@pytest.mark.slow
def test_three_schedulers_at_once_killed_midway_publish_each_row_once_an_interval(house):
    article_ids = due_without_message(*["count"] * 600)
    set_runs(article_ids, state=RunState.DONE)
    with house.scheduler("a.log") as a, house.scheduler("b.log") as b, house.scheduler("c.log") as c:
        for process in (a, b, c):
            os.killpg(process.pid, signal.SIGSTOP)
        set_runs(article_ids, state=RunState.DUE, published_at=now(-3600))
        time.sleep(scaled(30) + 1)  # then all three are to reconcile at once
        began_at = time.monotonic()
        for process in (a, b, c):
            os.killpg(process.pid, signal.SIGCONT)
        wait_until(lambda: house.broker.llen("kiosque:tagger") > 100, scaled(90) + SLACK_S, what="messages")
        for process in (a, b, c):
            os.killpg(process.pid, signal.SIGKILL)
    assert max(_messages(house).values()) == 1
    with house.scheduler("d.log"), house.scheduler("e.log"), house.scheduler("f.log"):
        wait_until(lambda: len(_messages(house)) == 600, scaled(150) + SLACK_S, what="a message for every row")
        counts = _messages(house)
        assert max(counts.values()) <= 1 + (time.monotonic() - began_at) // scaled(60)
        with house.worker():
            house.converges(article_ids)


def _messages(house) -> Counter[int]:
    """How many messages each article has in the queue."""
    return _articles_of(house.broker.lrange("kiosque:tagger", 0, -1))


def _articles_of(items: list[bytes]) -> Counter[int]:
    return Counter(json.loads(base64.b64decode(json.loads(item)["body"]))[0][0] for item in items)
