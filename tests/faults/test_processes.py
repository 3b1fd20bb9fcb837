"""Faults 1 to 8, 30 and 31: processes that are killed, stopped, stuck or too large, at the worst moment."""

import os
import random
import signal
import subprocess
import time
from collections import Counter

import psutil
import pytest
from faults.house import IS_FULL, scaled
from measuring import outcomes, run_of, state_is
from servers import wait_until
from workers import measured, set_pool

from shared.ledger_models import RunState

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Added to every promised duration: what a busy machine of two cores may take beside it.
SLACK_S = 8.0
#: What a worker may take to start on a busy machine.
STARTS_S = 10.0
#: In containers and under `kiosque run`, SIGTERM is Celery's soft shutdown.
SOFT = {"REMAP_SIGTERM": "SIGQUIT"}


def kill_all(process) -> None:
    """SIGKILL of a worker with its children, as a container's end."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def began(house, article_id, times=1):
    """Whether the sixth stage has begun with this article so many times."""
    return lambda: sum(line.split()[-2] == str(article_id) for line in house.attempts()) >= times


@pytest.mark.fault(1)
@pytest.mark.slow
def test_a_busy_worker_killed_again_and_again_loses_nothing_and_does_nothing_twice(house):
    kills = 40 if IS_FULL else 10  # on each database
    chance = random.Random(1)
    article_ids = house.add(*["sleep 0.02"] * 20 * kills)
    with house.scheduler():
        for number in range(kills):
            with house.worker(f"worker-{number}.log") as process:
                before = len(house.attempts())
                wait_until(lambda n=before: len(house.attempts()) > n, seconds=30, what="a busy worker")
                time.sleep(chance.uniform(0, 0.5))
                if chance.random() < 0.5:
                    kill_all(process)
                else:
                    process.kill()  # its children find out by themselves
                    process.wait()
        with house.worker():
            house.converges(article_ids, seconds=600)
    assert Counter(run_of(one).state for one in article_ids)[RunState.DONE] >= len(article_ids) - kills


@pytest.mark.fault(2)
@pytest.mark.slow
def test_a_killed_child_s_article_is_run_again_within_ten_seconds_and_the_attempt_counts(house):
    (article_id,) = house.add(f"sleep {scaled(20)}")
    with house.scheduler(), house.worker():  # the attempt begins with the worker, and must be caught at work
        wait_until(house.attempts, what="the first attempt")
        os.kill(int(house.attempts()[0].split()[-1]), signal.SIGKILL)
        wait_until(began(house, article_id, times=2), scaled(10) + SLACK_S, what="the second attempt")
        house.converges([article_id])
    assert outcomes(article_id) == [("lost", "worker_lost"), ("done", "")]
    assert run_of(article_id).attempts == 2


@on_sqlite
@pytest.mark.fault(3)
@pytest.mark.slow
def test_an_article_that_kills_its_child_is_set_aside_after_its_tries_and_others_are_served(house):
    deadly, *others = house.add("die", *["count"] * 20)
    with house.worker() as process, house.scheduler():
        house.converges([deadly, *others])
        assert process.poll() is None
    assert (run_of(deadly).state, run_of(deadly).reason) == (RunState.SET_ASIDE, "worker_lost")
    assert sorted(measured()) == others
    assert sum(line.startswith("die") for line in house.attempts()) == 3


@on_sqlite
@pytest.mark.fault(4)
@pytest.mark.slow
def test_an_article_that_kills_its_whole_container_is_set_aside_after_its_tries(house):
    deadly, other = house.add("crash", "count")
    crashes = 0
    with house.scheduler():
        while run_of(deadly).state != RunState.SET_ASIDE:  # a container that is started anew each time
            with house.worker(f"worker-{crashes}.log") as process:
                wait_until(
                    lambda one=process: one.poll() is not None or run_of(deadly).state == RunState.SET_ASIDE,
                    scaled(150) + SLACK_S,
                    what="the crash",
                )
                crashes += process.poll() is not None
        with house.worker() as process:
            house.converges([deadly, other])
            assert process.poll() is None
    assert crashes == 3
    assert sum(line.startswith("crash") for line in house.attempts()) == 3
    assert (run_of(deadly).reason, run_of(other).state) == ("worker_lost", RunState.DONE)


@on_sqlite
@pytest.mark.fault(5)
@pytest.mark.parametrize("pool", ["prefork", "threads"])  # the scraper's are threads
def test_a_worker_told_to_stop_ends_its_short_task_and_leaves_nothing_unacknowledged(house, pool):
    set_pool(house.tree, pool)
    (article_id,) = house.add(f"sleep {scaled(5)}")
    with house.worker(**SOFT) as process:
        wait_until(began(house, article_id))
        process.terminate()
        process.wait(scaled(25 + 5) + SLACK_S)
    assert run_of(article_id).state == RunState.DONE
    assert measured() == [article_id]
    assert house.nothing_unacked()
    assert house.broker.llen("kiosque:tagger") == 0


@pytest.mark.fault(6)
@pytest.mark.slow
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_told_to_stop_in_a_long_task_hands_it_to_another_at_once(house, pool):
    set_pool(house.tree, pool)
    house.set_limit(120)
    (article_id,) = house.add(f"sleep {scaled(60) + STARTS_S}")
    with house.scheduler(), house.worker(**SOFT) as first:
        wait_until(began(house, article_id))
        with house.worker("second.log"):
            first.terminate()
            first.wait(scaled(45) + SLACK_S)
            wait_until(began(house, article_id, times=2), scaled(10) + SLACK_S, what="the second attempt")
            assert run_of(article_id).attempts == 1  # the first is given back
            house.converges([article_id])
    assert outcomes(article_id) == [("postponed", "shutdown"), ("done", "")]


@on_sqlite
@pytest.mark.fault(7)
@pytest.mark.slow
def test_twenty_stops_of_a_worker_busy_with_tiny_tasks_all_end_in_time(house):
    article_ids = house.add(*["count"] * 1500)
    chance = random.Random(7)
    with house.scheduler():
        for number in range(20):
            with house.worker(f"worker-{number}.log", **SOFT) as process:
                before = len(house.attempts())
                wait_until(lambda n=before: len(house.attempts()) > n, seconds=30, what="a busy worker")
                time.sleep(chance.uniform(0, 0.1))
                process.terminate()
                process.wait(scaled(45) + SLACK_S)
                assert house.nothing_unacked()
        with house.worker():
            house.converges(article_ids, seconds=300)
    assert len(measured()) == len(article_ids)


@on_sqlite
@pytest.mark.fault(8)
@pytest.mark.slow
def test_a_worker_killed_in_its_soft_shutdown_loses_nothing_and_status_shows_what_it_held(house):
    article_ids = house.add(*[f"sleep {scaled(20)}"] * 4)
    with house.worker(**SOFT) as process:
        wait_until(house.attempts, what="a busy worker")
        process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(scaled(10))
        kill_all(process)
    (row,) = [row for row in house.status()["stages"] if row["stage"] == "measure"]
    assert row["running"] == 1
    with house.scheduler(), house.worker("second.log"):
        house.converges(article_ids)
    assert sorted(measured()) == article_ids


@on_sqlite
@pytest.mark.parametrize("order", ["sleep 1000", "regex"])
@pytest.mark.fault(30)
@pytest.mark.slow
def test_a_stage_that_hangs_is_ended_at_its_limit_and_counted_once_each_time(house, order):
    stuck, other = house.add(order, "count")
    with house.worker() as process, house.scheduler():
        house.converges([stuck, other])
        assert process.poll() is None
    assert outcomes(stuck) == [("lost", "time_limit"), ("lost", "time_limit"), ("set_aside", "time_limit")]
    assert run_of(other).state == RunState.DONE
    assert len(house.attempts()) == 4
    assert house.log().count("Hard time limit") == 3


@on_sqlite
@pytest.mark.fault(31)
@pytest.mark.slow
def test_a_child_that_leaks_is_replaced_before_it_is_too_large(house):
    leak_mb, most_mb = 40, 400
    article_ids = house.add(*[f"leak {leak_mb}"] * 25)  # a gigabyte in all
    largest = 0
    with house.worker() as process, house.scheduler():
        while any(not state_is(one, RunState.DONE)() for one in article_ids):
            largest = max(largest, *_sizes_mb(process.pid))
            time.sleep(0.05)
        assert process.poll() is None
    assert largest <= most_mb + 2 * leak_mb
    assert len({line.split()[-1] for line in house.attempts()}) > 2  # children
    assert [one for article_id in article_ids for one in outcomes(article_id)] == [("done", "")] * 25


def _sizes_mb(pid: int) -> list[int]:
    sizes = [0]
    for child in psutil.Process(pid).children():
        try:
            sizes.append(child.memory_info().rss // 1_000_000)
        except psutil.NoSuchProcess:
            continue
    return sizes
