"""Faults of the database and of the way to it: no message is acknowledged that did nothing, nothing happens twice."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from faults.house import House, all_done, fault_house, has_measured, scaled
from faults.proxy import FaultProxy, fault_proxy
from measuring import outcomes
from servers import PostgresqlCluster, find_postgresql, python_process, wait_until
from sqlalchemy import Engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from workers import measured

from shared.db import engine, forget_engines, read_session
from shared.migrations import upgrade
from shared.models import Audit
from shared.settings import settings

#: Added to every promised duration: what a busy machine of two cores may take beside it.
SLACK_S = 8.0


@pytest.fixture
def house(tmp_path: Path, broker: redis.Redis, set_settings, monkeypatch) -> Iterator[House]:
    """A house whose database is the test's own choice: ask for it first."""
    with fault_house(tmp_path, broker, set_settings, monkeypatch) as made:
        yield made


@pytest.fixture
def proxy(postgresql: None) -> Iterator[FaultProxy]:
    """The way of workers to PostgreSQL; the test itself speaks to it directly."""
    url = make_url(settings().database)
    folder = url.query.get("host")
    port = url.port or 5432
    with fault_proxy(Path(str(folder)) / f".s.PGSQL.{port}" if folder else (str(url.host), port)) as made:
        yield made


def by_way_of(proxy: FaultProxy) -> dict[str, str]:
    url = make_url(settings().database).set(host="127.0.0.1", port=proxy.port, query={})
    return {"KIOSQUE_DATABASE_URL": url.render_as_string(hide_password=False)}


def messages(house: House) -> int:
    """Sent and not acknowledged."""
    return int(house.broker.llen("kiosque:tagger") + house.broker.hlen("kiosque:unacked"))


@pytest.mark.fault(23)
@pytest.mark.slow
def test_with_the_database_down_no_message_is_acknowledged_and_work_goes_on_after_it(proxy, house):
    article_ids = house.add(*["sleep 0.1"] * 40)
    with house.scheduler(**by_way_of(proxy)) as scheduler, house.worker(**by_way_of(proxy)) as worker:
        wait_until(has_measured(5))
        with proxy.down():
            done, until = len(measured()), time.monotonic() + scaled(60)
            while time.monotonic() < until:
                assert messages(house) >= len(article_ids) - done
                time.sleep(0.1)
            assert (worker.poll(), scheduler.poll()) == (None, None)
        house.converges(article_ids)
    assert all_done(article_ids)
    assert house.log().count("database.away") < 30  # with back-off: no storm


@pytest.mark.fault(23)
@pytest.mark.slow
def test_a_database_that_restarts_loses_nothing(proxy, house):
    article_ids = house.add(*["sleep 0.1"] * 60)
    with house.scheduler(**by_way_of(proxy)), house.worker(**by_way_of(proxy)):
        for done in (5, 20, 35):
            wait_until(has_measured(done), seconds=40)
            crash(engine())
        house.converges(article_ids)
    assert all_done(article_ids)


@pytest.mark.fault(23)
@pytest.mark.slow
@pytest.mark.needs_package
@pytest.mark.skipif(find_postgresql() is None, reason="needs PostgreSQL's programs: apt-get install postgresql")
def test_a_failover_to_the_standby_loses_nothing_and_does_nothing_twice(tmp_path, broker, set_settings, monkeypatch):
    with contextlib.ExitStack() as stack:
        primary, standby = two_clusters(stack)
        way = stack.enter_context(fault_proxy(("127.0.0.1", primary.port)))
        set_settings(database_url=f"postgresql://kiosque@127.0.0.1:{way.port}/postgres")
        upgrade()
        house = stack.enter_context(fault_house(tmp_path, broker, set_settings, monkeypatch))
        article_ids = house.add(*["sleep 0.1"] * 60)
        scheduler, worker = stack.enter_context(house.scheduler()), stack.enter_context(house.worker())
        wait_until(has_measured(15), seconds=40)
        with way.down():
            primary.stop(signal.SIGQUIT)
            way.target = ("127.0.0.1", standby.port)
        # until it is promoted the standby answers, and takes no write
        wait_until(lambda: house.log().count("read-only transaction") >= 2, scaled(60) + SLACK_S, what="refused writes")
        standby.promote()
        forget_engines()  # the test's own connections
        house.converges(article_ids)
        assert (worker.poll(), scheduler.poll()) == (None, None)
        assert all_done(article_ids)


def two_clusters(stack: contextlib.ExitStack) -> tuple[PostgresqlCluster, PostgresqlCluster]:
    """A primary and its hot standby."""
    # not under pytest's folder: another session of the same user closes that to the server's own user
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kiosque-")))
    binaries = find_postgresql()
    assert binaries
    primary, standby = (PostgresqlCluster(binaries, folder / name) for name in ("primary", "standby"))
    primary.init()
    primary.start()
    standby.follow(primary)
    standby.start()
    stack.callback(forget_engines)
    stack.callback(standby.stop, signal.SIGINT)
    return primary, standby


def crash(server: Engine) -> None:
    """PostgreSQL ends every connection and recovers from its log when one of its own processes is killed."""
    with server.connect() as connection:
        os.kill(connection.scalar(text("SELECT pg_backend_pid()")), 9)
        connection.invalidate()
    server.dispose()
    wait_until(lambda: _answers(server), what="the recovery of PostgreSQL")


def _answers(server: Engine) -> bool:
    try:
        with server.connect() as connection:
            return bool(connection.scalar(text("SELECT 1")))
    except OperationalError:
        return False


@pytest.mark.fault(20)
@pytest.mark.slow
def test_a_slow_way_to_the_database_only_slows(proxy, house):
    proxy.latency_s = scaled(0.5)
    with house.scheduler(**by_way_of(proxy)), house.worker(**by_way_of(proxy)):
        article_ids = house.add(*["count"] * 10)
        house.converges(article_ids)
    assert all_done(article_ids)
    assert len(house.attempts()) == 10
    assert "[error" not in house.log()


@pytest.mark.fault(24)
@pytest.mark.slow
def test_eight_writers_at_once_fail_no_task_of_a_worker(sqlite, house, tmp_path):
    with contextlib.ExitStack() as stack:
        stack.enter_context(house.scheduler())
        stack.enter_context(house.worker())
        writers = [stack.enter_context(writer(house, tmp_path / "writers.log")) for _ in range(8)]
        wait_until(lambda: written() >= 100)
        before, article_ids = written(), house.add(*["count"] * 40)
        house.converges(article_ids)
        assert written() > before  # they wrote meanwhile
        assert [one.poll() for one in writers] == [None] * 8
    assert [outcomes(one) for one in article_ids] == [[("done", "")]] * 40
    assert "locked" not in house.log() + house.log("scheduler.log") + house.log("writers.log")


def writer(house: House, log: Path):
    return python_process("-c", _WRITER, environment={"PYTHONPATH": str(house.tree)}, log=log)


def written() -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).where(Audit.action == "written")) or 0


#: A writer among others: short transactions as fast as it can.
_WRITER = """
from shared.db import write_session
from shared.models import Audit
while True:
    with write_session() as session:
        session.add(Audit(actor="writer", action="written", subject="article", subject_id=1, evidence={}))
"""
