"""Faults 1, 5, 13, 14, 15, 16 and 38 on the project's own containers: built images, the real compose file, PostgreSQL.

Time-outs are those of production, but for the two that can be set there: what a fault lasts is what differs from
`make faults-full`.
"""

import random
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from containers import PASSWORD, Stack, docker, health, look, taken_down
from faults.house import CONVERGES_S, IS_FULL, all_done, converge
from measuring import MEASURE, add_articles, run_of
from servers import free_port, wait_until
from sqlalchemy import func, select
from workers import copy_with_sixth_stage, measured

from shared.db import read_session, write_session
from shared.ledger_models import RunState, StageRun
from shared.models import Article
from shared.pipeline import FETCH, STAGES
from shared.store.stage_runs import make_due

pytestmark = [pytest.mark.containers, pytest.mark.slow, pytest.mark.timeout(7200 if IS_FULL else 900)]

#: Added to every promised duration: what a busy machine of two cores may take beside it.
SLACK_S = 8.0
#: What these tests run, of the compose file's services; the translator's and the others' images need not be built.
BUILT = ("scraper", "tagger", "scheduler", "portal", "newsstand")
SERVICES = ("redis", "postgres", *BUILT)
SITE = "/opt/kiosque/lib/python3.13/site-packages"
SOFT_S, VISIBILITY_S = 8.0, 60

OVERRIDE = """
x-measuring: &measuring
  environment: &environment
    KIOSQUE_VAR: /tmp/var
    KIOSQUE_VISIBILITY_TIMEOUT_S: "{visibility}"
    KIOSQUE_SOFT_SHUTDOWN_S: "{soft}"
  volumes:
    - "{tree}/shared/pipeline.py:{site}/shared/pipeline.py:ro"
    - "{tree}/services/tagger/measure_tasks.py:{site}/services/tagger/measure_tasks.py:ro"
  healthcheck: {{interval: 2s, start_period: 180s}}
services:
  tagger: *measuring
  scheduler: *measuring
  scraper: {{environment: *environment}}
  postgres: {{networks: [inside, outside], ports: ["127.0.0.1:{postgres}:5432"]}}
  portal: {{ports: !override ["127.0.0.1:{portal}:8000"]}}
"""


class ContainerHouse:
    """The stack with the sixth stage in its tagger; the tests ask its database, and its Redis in the container."""

    def __init__(self, folder: Path) -> None:
        tree = copy_with_sixth_stage(folder / "tree")
        postgres, portal = free_port(), free_port()
        override = OVERRIDE.format(
            tree=tree, site=SITE, soft=SOFT_S, visibility=VISIBILITY_S, postgres=postgres, portal=portal
        )
        self.stack = Stack(folder, override, KIOSQUE_PRIVATE_ADDRESSES="newsstand:8765")
        self.database_url = f"postgresql://kiosque:{PASSWORD}@127.0.0.1:{postgres}/kiosque"
        self.portal_url = f"http://127.0.0.1:{portal}/"

    def add(self, *headlines: str) -> list[int]:
        """Articles due for measure, their headlines its orders (tests/sixth_stage.py); the scheduler sends them."""
        article_ids = add_articles(*headlines)
        with write_session() as session:
            make_due(session, MEASURE, article_ids)
        return article_ids

    def holds_no_message(self) -> bool:
        """Whether Redis has none for the tagger, and none that a worker has taken and not acknowledged."""
        return self.stack.redis("LLEN", "kiosque:tagger") == self.stack.redis("HLEN", "kiosque:unacked") == "0"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerHouse]:
    """The stack, built and started once."""
    house = ContainerHouse(tmp_path_factory.mktemp("containers"))
    with taken_down(house.stack) as stack:
        stack.compose("build", "--quiet", *BUILT, seconds=900)
        stack.up(*SERVICES)
        yield house


@pytest.fixture
def house(running: ContainerHouse, set_settings, monkeypatch) -> ContainerHouse:
    """The stack with one worker, whatever the last test left; the test itself asks its database."""
    monkeypatch.setitem(STAGES, "measure", MEASURE)
    set_settings(database_url=running.database_url)
    running.stack.scale(tagger=1)
    return running


def measured_of(article_ids: Sequence[int]) -> int:
    """How many of these were measured."""
    return len(set(article_ids) & set(measured()))


def has_measured(article_ids: Sequence[int], number: int) -> Callable[[], bool]:
    """A condition: so many of these were measured."""
    return lambda: measured_of(article_ids) >= number


def works_on(container: str, article_ids: Sequence[int]) -> Callable[[], bool]:
    """A condition: this container holds a claim on one of these."""

    def does_work() -> bool:
        with read_session() as session:
            held = select(StageRun.subject_id).where(
                StageRun.stage == MEASURE.name,
                StageRun.state == RunState.RUNNING,
                StageRun.subject_id.in_(article_ids),
                StageRun.worker.like(f"tagger@{container[:12]}:%"),
            )
            return session.scalar(held.limit(1)) is not None

    return does_work


def resumes_within(promised_s: float, article_ids: Sequence[int]) -> None:
    """What was waiting is worked on again within so many seconds."""
    before = measured_of(article_ids)
    wait_until(has_measured(article_ids, before + 2), promised_s + SLACK_S, what="work")


@pytest.mark.fault(1)
def test_busy_containers_killed_again_and_again_lose_nothing_and_do_nothing_twice(house):
    kills = 40 if IS_FULL else 8
    chance = random.Random(1)
    house.stack.scale(tagger=2)
    workers, article_ids = house.stack.containers("tagger"), []
    for number in range(kills):
        added = house.add(*["sleep 0.1"] * 15)  # what it held when it was killed, a container seems to hold on to
        article_ids += added
        victim = workers[number % 2]
        wait_until(
            works_on(victim, added), 90, what="a busy worker"
        )  # what it held when it was killed, it seems to hold
        time.sleep(chance.uniform(0, 0.5))
        house.stack.crash(victim)
    converge(article_ids, CONVERGES_S)
    assert all_done(article_ids)
    assert sum(look(one)["RestartCount"] for one in workers) == kills  # Docker started each again


@pytest.mark.fault(5)
def test_a_container_told_to_stop_ends_its_short_task_and_leaves_nothing_unacknowledged(house):
    wait_until(house.holds_no_message, VISIBILITY_S + SLACK_S, what="the end of an earlier fault's messages")
    (article_id,) = house.add("sleep 5")
    worker = house.stack.container("tagger")
    wait_until(works_on(worker, [article_id]))
    began_at = time.monotonic()
    house.stack.compose("stop", "tagger")
    assert time.monotonic() - began_at < SOFT_S + 5 + SLACK_S
    assert look(worker)["State"]["ExitCode"] != 137  # it was not killed
    assert run_of(article_id).state == RunState.DONE
    assert measured_of([article_id]) == 1
    assert house.holds_no_message()


@pytest.mark.fault(13)
def test_a_redis_container_that_is_killed_under_load_loses_nothing_and_workers_resume(house):
    article_ids = house.add(*["sleep 0.2"] * 80)
    redis = house.stack.container("redis")
    for done in (5, 25, 45):
        wait_until(has_measured(article_ids, done), 60)
        house.stack.crash(redis)
        resumes_within(10, article_ids)
    converge(article_ids, CONVERGES_S)
    assert all_done(article_ids)


@pytest.mark.fault(14)
def test_a_redis_container_that_forgot_everything_fills_again(house):
    article_ids = house.add(*["sleep 0.1"] * 80)
    for done, forget in ((5, "FLUSHALL"), (25, "FLUSHDB")):
        wait_until(has_measured(article_ids, done), CONVERGES_S)
        house.stack.redis(forget)
    wait_until(has_measured(article_ids, 45), CONVERGES_S)
    house.stack.execute("redis", "rm", "-r", "/data/appendonlydir")
    house.stack.crash(house.stack.container("redis"))
    converge(article_ids, CONVERGES_S)
    assert all_done(article_ids)


@pytest.mark.fault(16)
def test_a_container_in_a_black_hole_is_not_healthy_and_consumes_soon_after_it(house):
    article_ids = house.add(*["sleep 0.5"] * 60)
    worker, redis = house.stack.container("tagger"), house.stack.container("redis")
    before = look(worker)
    network = f"{house.stack.project}_inside"
    wait_until(has_measured(article_ids, 5), 60)
    docker("network", "disconnect", network, redis)  # nobody is left to answer, not even by a reset
    try:
        until = time.monotonic() + 60
        wait_until(lambda: health(worker) == "unhealthy", 60, what="not healthy")
        if IS_FULL:
            wait_until(lambda: time.monotonic() > until, 60)
    finally:
        docker("network", "connect", "--alias", "redis", network, redis)
    resumes_within(30, article_ids)
    wait_until(lambda: health(worker) == "healthy", 30, what="healthy")
    converge(article_ids, CONVERGES_S)
    assert all_done(article_ids)
    after = look(worker)
    assert (after["RestartCount"], after["State"]["Pid"]) == (before["RestartCount"], before["State"]["Pid"])


@pytest.mark.fault(38)
def test_containers_scaled_from_one_to_six_and_back_under_load_lose_nothing(house):
    article_ids = house.add(*["sleep 0.5"] * 120)
    wait_until(has_measured(article_ids, 5), 60, what="one worker at work")
    house.stack.scale(tagger=6)
    for worker in house.stack.containers("tagger"):
        wait_until(works_on(worker, article_ids), 60, what="six workers at work")
    house.stack.scale(tagger=1)
    assert len(house.stack.containers("tagger")) == 1
    converge(article_ids, CONVERGES_S)
    assert all_done(article_ids)
    # what a message's worker could not acknowledge, or an earlier fault's, goes back after the visibility time-out
    wait_until(house.holds_no_message, VISIBILITY_S + SLACK_S, what="the end of every message")


#: The newsstand's own buttons answer only callers in its container, where Python is all there is.
BUTTON = """
import sys
from urllib.request import Request, urlopen
method, path, body = sys.argv[1:]
request = Request("http://127.0.0.1:8765/-/" + path, body.encode() or None, method=method)
print(urlopen(request).read().decode())
"""


def press_button(house: ContainerHouse, method: str, path: str, body: str = "") -> str:
    return house.stack.execute("newsstand", "python", "-c", BUTTON, method, path, body)


@pytest.mark.fault(15)
def test_with_the_redis_container_down_readers_read_on_and_the_scraper_ends_its_work(house):
    (known,) = house.add("count")
    converge([known], CONVERGES_S)
    # the poll is under way when Redis dies
    press_button(house, "PUT", "faults", '{"path": "*", "kind": "slow", "seconds": 3, "times": 8}')
    house.stack.execute("scheduler", "kiosque", "sources", "load", "newsstand", "--at", "newsstand:8765")
    wait_until(lambda: "/" in press_button(house, "GET", "requests"), 30, what="a poll under way")
    house.stack.compose("kill", "redis")
    try:
        began_at = time.monotonic()
        said = house.stack.execute("scheduler", "kiosque", "publish", "measure", str(known), "--again", "--json")
        assert '"due"' in said
        assert time.monotonic() - began_at < 10 + SLACK_S
        until = began_at + (600 if IS_FULL else 30)
        while time.monotonic() < until:
            with urllib.request.urlopen(house.portal_url, timeout=10) as answer:
                assert answer.status == 200
            time.sleep(0.5)
        assert fetches("due") > 0  # what the poll found
        assert fetches("done") == 0
        scraper = look(house.stack.container("scraper"))
        assert (scraper["State"]["Running"], scraper["RestartCount"]) == (True, 0)
    finally:
        house.stack.compose("start", "redis")
    wait_until(lambda: fetches("done") > 0, 30 + SLACK_S, what="the scraper at work again")
    wait_until(lambda: not fetches("due", "running"), CONVERGES_S, what="the end")
    wait_until(lambda: measured().count(known) == 2, 30, what="what was published meanwhile")


def fetches(*states: str) -> int:
    """How many of the newsstand's articles are in one of these states of fetch."""
    with read_session() as session:
        rows = (
            select(func.count(StageRun.id))
            .join(Article, Article.id == StageRun.subject_id)
            .where(
                StageRun.stage == FETCH.name, StageRun.state.in_(states), Article.url.startswith("http://newsstand:")
            )
        )
        return session.scalar(rows) or 0
