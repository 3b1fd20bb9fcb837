"""Health, deafness, and a broker that production must not use: real workers, real Redis servers."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis
from measuring import add_articles, make_measure_due, outcomes, send
from servers import python_process, redis_server, wait_until
from workers import worker

from shared.broker import watchdog
from shared.broker.transport import Channel
from shared.settings import settings

#: A worker whose loop is stuck, as one that never hears again: by SIGUSR2, from then on.
_STUCK = """
import signal, time
signal.signal(signal.SIGUSR2, lambda *_: time.sleep(1000))
"""


def health_file() -> Path:
    return Path(os.environ["KIOSQUE_VAR"]) / "health" / "tagger"


def age_s() -> float:
    return time.time() - health_file().stat().st_mtime


def test_a_consuming_worker_is_healthy_and_so_is_one_whose_slots_are_taken(house, tmp_path):
    (article_id,) = add_articles("sleep 9")
    make_measure_due([article_id])
    with worker("tagger", tree=house, log=tmp_path / "log"):
        wait_until(health_file().exists)
        send(article_id)
        wait_until(lambda: outcomes(article_id) == [("running", "")])
        taken_at = time.time()
        # past HEARD_S: what keeps it fresh now is that it is at work
        wait_until(lambda: health_file().stat().st_mtime > taken_at + watchdog.HEARD_S + 2, seconds=30)


def test_a_deaf_worker_ends_itself_and_one_without_a_broker_does_not(house, tmp_path):
    with (house / "services" / "tagger" / "tasks.py").open("a") as tasks:
        tasks.write(_STUCK)
    with worker("tagger", tree=house, log=tmp_path / "log", KIOSQUE_DEAF_AFTER_S="2") as process:
        wait_until(health_file().exists)
        os.kill(process.pid, signal.SIGUSR2)
        assert process.wait(timeout=30) == watchdog.EXIT_CODE
    assert "worker.deaf" in (tmp_path / "log").read_text()


def test_a_worker_stuck_with_every_slot_at_work_is_not_healthy_and_ends_itself(house, tmp_path):
    with (house / "services" / "tagger" / "tasks.py").open("a") as tasks:
        tasks.write(_STUCK)
    (article_id,) = add_articles("sleep 18")
    make_measure_due([article_id])
    with worker("tagger", tree=house, log=tmp_path / "log", KIOSQUE_DEAF_AFTER_S="4") as process:
        send(article_id)
        wait_until(lambda: outcomes(article_id) == [("running", "")])
        os.kill(process.pid, signal.SIGUSR2)
        stuck_at = time.time()
        assert process.wait(timeout=30) == watchdog.EXIT_CODE
    assert health_file().stat().st_mtime < stuck_at + watchdog.HEARD_S + watchdog.LOOK_S + 1


def test_a_worker_whose_broker_is_away_is_not_healthy_lives_and_recovers(house, tmp_path, set_settings):
    with redis_server(tmp_path / "own") as url:
        set_settings(broker_url=url)
        environment = {"KIOSQUE_BROKER_URL": url, "KIOSQUE_DEAF_AFTER_S": "2"}
        with worker("tagger", tree=house, log=tmp_path / "log", **environment) as process:
            wait_until(health_file().exists)
            pid = _server_pid(url)
            os.kill(pid, signal.SIGSTOP)
            try:
                wait_until(lambda: age_s() > watchdog.HEARD_S + 4, seconds=40)
                assert process.poll() is None
            finally:
                os.kill(pid, signal.SIGCONT)
            wait_until(lambda: age_s() < 2, seconds=60)


def _server_pid(url: str) -> int:
    with redis.Redis(unix_socket_path=url.removeprefix("redis+socket://")) as client:
        return int(client.info("server")["process_id"])


def _production(tmp_path) -> dict[str, str]:
    return {
        "KIOSQUE_ENV": "production",
        "KIOSQUE_DATABASE_URL": settings().database,
        "KIOSQUE_BROKER_URL": settings().broker,
        "KIOSQUE_BLOBS_URL": str(tmp_path / "blobs"),
        "KIOSQUE_SECRET_KEY": "a secret of the tests",
    }


def _ended_worker(house, tmp_path, **environment: str) -> int:
    """The exit code of a worker that does not begin to consume."""
    variables = {"PYTHONPATH": str(house), "SERVICE": "tagger", **_production(tmp_path), **environment}
    log = tmp_path / "log"
    with python_process("-m", "services.worker", environment=variables, log=log, cwd=house) as process:
        return process.wait(timeout=30)


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        ({"maxmemory-policy": "allkeys-lru"}, "maxmemory-policy noeviction"),
        ({"appendonly": "no"}, "appendonly yes"),
    ],
)
def test_production_refuses_a_broker_that_loses_messages(house, broker, tmp_path, odd, named):
    before = {name: broker.config_get(name)[name] for name in odd}
    for name, value in odd.items():
        broker.config_set(name, value)
    try:
        assert _ended_worker(house, tmp_path) == 78
    finally:
        for name, value in before.items():
            broker.config_set(name, value)
    assert named in (tmp_path / "log").read_text()


def test_production_refuses_a_second_visibility_time_out(house, broker, tmp_path):
    broker.config_set("appendonly", "yes")
    log = tmp_path / "first.log"
    with worker("tagger", tree=house, log=log, **_production(tmp_path)):
        assert _ended_worker(house, tmp_path, KIOSQUE_VISIBILITY_TIMEOUT_S="600") == 78
    assert "KIOSQUE_VISIBILITY_TIMEOUT_S is 600 here and 900" in (tmp_path / "log").read_text()


def test_a_worker_that_was_never_answered_is_deaf_only_while_the_broker_answers(tmp_path, monkeypatch):
    clock, answers, ended = [100.0], [False], []
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(Channel, "heard_at", 0.0)
    watched = watchdog.Watchdog(
        is_at_work=lambda: False,
        does_broker_answer=lambda: answers[0],
        end=lambda: ended.append(clock[0]),
        deaf_after_s=30,
        health_file=tmp_path / "health" / "tagger",
    )
    for second in range(100, 400):
        clock[0] = float(second)
        answers[0] = second >= 300
        watched.look()
        if ended:
            break
    assert ended == [330.0]
    assert not (tmp_path / "health" / "tagger").exists()
