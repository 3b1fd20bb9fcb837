"""Faults of Redis and of the way to it: nothing that was due is lost, and workers go on by themselves."""

import contextlib
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.house import CONVERGES_S, SCALE, House, all_done, fault_house, has_measured, scaled
from faults.proxy import FaultProxy, fault_proxy
from newsstand_press import newsstand_press
from servers import RedisServer, free_port, listens, own_redis, python_process, wait_until
from sqlalchemy import func, select
from workers import measured, running, scheduler, worker

from shared.app import make_app
from shared.db import read_session, write_session
from shared.ledger_models import StageRun
from shared.pipeline import FETCH
from shared.queue import publish
from shared.settings import ROOT, settings
from shared.store import source_rows

#: What a bound of a promise is given on top, for a machine of two cores that others use too.
SLACK_S = 8.0


@pytest.fixture
def server(tmp_path: Path, sqlite: None, set_settings) -> Iterator[RedisServer]:
    """A Redis of the test's own; the test itself speaks to it directly."""
    with own_redis(tmp_path / "redis", "--appendfsync", "everysec") as started:
        set_settings(broker_url=started.url)
        make_app()
        yield started


@pytest.fixture
def proxy(server: RedisServer) -> Iterator[FaultProxy]:
    """The way of workers to that Redis."""
    with fault_proxy(server.path) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, server: RedisServer, set_settings, monkeypatch) -> Iterator[House]:
    """A house on that Redis and SQLite: what the broker does is no matter of the database."""
    with fault_house(tmp_path, server.client, set_settings, monkeypatch) as made:
        yield made


def by_way_of(proxy: FaultProxy) -> dict[str, str]:
    return {"KIOSQUE_BROKER_URL": f"redis://127.0.0.1:{proxy.port}/0"}


def consumes_within(house: House, promised_s: float) -> None:
    """A message sent now is consumed within so many (unscaled) seconds."""
    (article_id,) = house.add("count")
    wait_until(lambda: article_id in measured(), min(promised_s, scaled(promised_s) + SLACK_S), what="consumption")


def resumes_within(promised_s: float) -> None:
    """What was waiting is worked on again within so many (unscaled) seconds."""
    before = len(measured())
    wait_until(has_measured(before + 2), min(promised_s, scaled(promised_s) + SLACK_S), what="work")


def unheard_s() -> float:
    """How long ago the worker last consumed: from 30 s on it is not healthy (docker-compose.yml)."""
    return time.time() - settings().health("tagger").stat().st_mtime


@pytest.mark.fault(13)
@pytest.mark.slow
def test_a_redis_that_is_killed_under_load_loses_nothing_and_workers_resume(house, server):
    article_ids = house.add(*["sleep 0.1"] * 60)
    with house.scheduler(), house.worker():
        for done in (5, 20, 35):
            wait_until(has_measured(done))
            server.kill()
            server.start()
            resumes_within(10)
        house.converges(article_ids)
    assert all_done(article_ids)


@pytest.mark.fault(14)
@pytest.mark.slow
def test_a_redis_that_forgot_everything_fills_again(house, server):
    article_ids = house.add(*["sleep 0.05"] * 60)
    with house.scheduler(), house.worker():
        for done, forget in ((5, server.client.flushall), (20, server.client.flushdb)):
            wait_until(has_measured(done), scaled(CONVERGES_S) + SLACK_S)
            forget()
            house.converges(article_ids[:done])
        wait_until(has_measured(35), scaled(CONVERGES_S) + SLACK_S)
        server.kill()
        for log in (server.folder / "appendonlydir").iterdir():
            log.unlink()
        server.start()
        assert server.client.dbsize() == 0
        house.converges(article_ids)
    assert all_done(article_ids)


@pytest.mark.fault(16)
@pytest.mark.slow
def test_a_worker_in_a_black_hole_is_not_healthy_and_consumes_soon_after_it(house, proxy):
    article_ids = house.add(*["sleep 0.2"] * 60)
    with house.scheduler(**by_way_of(proxy)), house.worker(**by_way_of(proxy)) as process:
        wait_until(has_measured(5))
        with proxy.black_hole():
            until = time.monotonic() + scaled(60)
            wait_until(lambda: unheard_s() > scaled(30), scaled(60), what="not healthy")
            wait_until(lambda: time.monotonic() > until, scaled(60) + 1)
        resumes_within(30)
        wait_until(lambda: unheard_s() < 3, scaled(30), what="healthy")
        house.converges(article_ids)
        assert process.poll() is None
    assert all_done(article_ids)


@pytest.mark.fault(17)
def test_a_worker_whose_connections_are_killed_consumes_at_once(house, server):
    with house.worker() as process:
        consumes_within(house, 30)
        for _ in range(5):
            server.client.client_kill_filter(_type="normal", skipme=True)
            consumes_within(house, 5)
        assert process.poll() is None


@pytest.mark.fault(18)
@pytest.mark.slow
def test_a_redis_that_is_read_only_for_a_while_ends_no_worker(house, server, tmp_path):
    """As after a failover that left the workers with the old master."""
    article_ids = house.add(*["sleep 0.1"] * 30)
    with (
        own_redis(tmp_path / "other", "--port", str(port := free_port())),
        house.scheduler() as scheduler,
        house.worker() as worker,
    ):
        wait_until(has_measured(5))
        server.client.replicaof("127.0.0.1", port)  # it takes over the other's data: none
        lasts(120)
        assert unheard_s() > scaled(30)  # not healthy
        assert (worker.poll(), scheduler.poll()) == (None, None)
        server.client.replicaof("NO", "ONE")
        consumes_within(house, 30)
        house.converges(article_ids)
    assert all_done(article_ids)


@pytest.mark.fault(19)
@pytest.mark.slow
def test_a_full_redis_ends_no_worker_not_even_one_that_starts(house, server):
    article_ids = house.add(*["sleep 0.2"] * 60)
    with house.scheduler() as scheduler, house.worker() as worker:
        wait_until(has_measured(5))
        server.client.config_set("maxmemory", 1)
        second_log = house.folder / "second.log"  # it is not ready: its first word of the broker is that it is full
        with running("services.worker", "maxmemory", tree=house.tree, log=second_log, SERVICE="tagger") as second:
            lasts(60)
            assert unheard_s() > scaled(30)  # not healthy: the alert
            assert (worker.poll(), scheduler.poll(), second.poll()) == (None, None, None)
            server.client.config_set("maxmemory", 0)
            resumes_within(30)
            house.converges(article_ids)
    assert all_done(article_ids)
    assert "maxmemory" in house.log() + house.log("scheduler.log")  # Redis's own words: "used memory > 'maxmemory'"


@pytest.mark.fault(20)
@pytest.mark.slow
def test_a_slow_way_to_redis_only_slows(house, proxy):
    proxy.latency_s = scaled(0.5)
    with house.scheduler(**by_way_of(proxy)), house.worker(**by_way_of(proxy)):
        article_ids = house.add(*["count"] * 20)
        house.converges(article_ids)
    assert all_done(article_ids)
    assert len(house.attempts()) == 20
    assert "[error" not in house.log()


@pytest.mark.fault(15)
@pytest.mark.slow
def test_with_redis_down_for_long_readers_read_on_and_the_scraper_ends_its_work(tmp_path, server, set_settings):
    address = f"127.0.0.1:{free_port()}"
    with newsstand_press() as press:
        set_settings(time_scale=SCALE, private_addresses=press.address, portal_address=address)
        press.faults.add("*", "slow", seconds=2, times=4)  # the poll is under way when Redis dies
        with write_session() as session:
            source_rows.save_source(session, press.source_rows()[0])
        with (
            running("services.portal", "portal.started", tree=ROOT, log=tmp_path / "portal.log"),
            scheduler(log=tmp_path / "scheduler.log"),
            worker("scraper", log=tmp_path / "worker.log") as scraper,
        ):
            wait_until(lambda: press.requests, 30, what="a poll under way")
            server.kill()
            began_at = time.monotonic()
            assert publish([(FETCH, 1)]) == [(FETCH, 1)]
            assert time.monotonic() - began_at < scaled(10) + 2
            until = began_at + scaled(600)
            while time.monotonic() < until:
                with urllib.request.urlopen(f"http://{address}/", timeout=10) as answer:
                    assert answer.status == 200
                time.sleep(0.5)
            assert fetches("due") > 0  # what the poll found
            assert fetches("done") == 0
            assert scraper.poll() is None
            server.start()
            wait_until(lambda: fetches("done") > 0, scaled(30) + SLACK_S, what="the scraper at work again")
            wait_until(lambda: not fetches("due", "running"), scaled(CONVERGES_S) + 30, what="the end")


def fetches(*states: str) -> int:
    with read_session() as session:
        rows = select(func.count()).where(StageRun.stage == FETCH.name, StageRun.state.in_(states))
        return session.scalar(rows) or 0


@pytest.mark.fault(36)
@pytest.mark.slow
def test_the_pipeline_does_without_flower(house, tmp_path):
    port = free_port()
    environment = {"PYTHONPATH": str(house.tree), "KIOSQUE_FLOWER_ADDRESS": f"127.0.0.1:{port}"}
    flower_log = tmp_path / "flower.log"
    with (
        house.scheduler(),
        house.worker(),
        python_process("-m", "services.cli.flower", environment=environment, log=flower_log, cwd=house.tree) as flower,
    ):
        wait_until(lambda: listens(port), 40, what="Flower")
        article_ids = house.add(*["sleep 0.1"] * 40)
        wait_until(has_measured(10))
        flower.kill()
        house.converges(article_ids)
    assert all_done(article_ids)


@pytest.mark.fault(36)
@pytest.mark.slow
def test_the_pipeline_does_without_its_exporter(house):
    with contextlib.ExitStack() as taken:
        squatter = taken.enter_context(socket.create_server(("127.0.0.1", 0)))
        address = f"127.0.0.1:{squatter.getsockname()[1]}"
        with house.scheduler(KIOSQUE_METRICS_ADDRESS=address), house.worker():
            assert "metrics.not_served" in house.log("scheduler.log")
            house.converges(house.add(*["count"] * 10, publish=False))


@pytest.mark.fault(36)
@pytest.mark.slow
def test_scrapers_that_hang_or_vanish_hold_nothing_up(house):
    port = free_port()
    with (
        house.scheduler(KIOSQUE_METRICS_ADDRESS=f"127.0.0.1:{port}"),
        house.worker(),
        contextlib.ExitStack() as clients,
    ):
        for number in range(40):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            if number % 2:  # asks, and never reads
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: kiosque\r\n\r\n")
        house.converges(house.add(*["count"] * 10, publish=False))
        clients.close()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
            assert b"kiosque_rows" in answer.read()


def lasts(seconds: float) -> None:
    """A fault's own duration, unscaled."""
    time.sleep(scaled(seconds))
